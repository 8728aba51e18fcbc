/* The clustered examples in two dimensions, twice: the smaller inferred groups of each class in colour, and
 * the smaller true ones. Where inference found the minority, the two look alike. */
#include "base/math.h"
#include "base/memory.h"
#include "report/figures/plot.h"
#include "report/loading/group_name.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t count(const report_run *run) {
  if (run->point_count < 2 || !run->inference.present) return 0;
  return report_has_attributes(run) ? 3 : 2;
}

/* Training examples of a label in an inferred group. */
static size_t of_label(const report_inference *inference, size_t i, uint32_t label) {
  size_t sum = 0;
  for (size_t j = 0; j < inference->truth; j++)
    if (inference->true_labels[j] == label) sum += inference->contingency[i * inference->truth + j];
  return sum;
}

/* Of the inferred groups of a label the largest, the first of equals. */
static size_t largest_inferred(const report_inference *inference, uint32_t label) {
  size_t best = 0;
  for (size_t i = 1; i < inference->inferred; i++)
    if (of_label(inference, i, label) > of_label(inference, best, label)) best = i;
  return best;
}

enum {
  MOST_LABELS_SEEN = 256,
  HEIGHT = 290,
  MARGIN = 36,
  CELL = 4 /* pixels */,
  COLUMNS = CHART_WIDTH / CELL,
  ROWS = HEIGHT / CELL
};

/* For each label its largest inferred group, found once; and how many points each cell of the picture has. */
typedef struct cache {
  bool known[MOST_LABELS_SEEN];
  size_t inferred[MOST_LABELS_SEEN];
  size_t seen[COLUMNS * ROWS];
} cache;

static bool is_minority(cache *known, const report_inference *inference, const report_point *p) {
  if (p->label >= MOST_LABELS_SEEN) return false;
  if (!known->known[p->label]) known->inferred[p->label] = largest_inferred(inference, p->label);
  known->known[p->label] = true;
  return p->inferred != known->inferred[p->label];
}

enum { BY_ATTRIBUTE, BY_CLASS, BY_INFERRED, TONES = 8 };

/* The colour of a point, 0 to TONES - 1. */
static size_t tone(const report_run *run, const report_point *p, size_t kind, cache *known) {
  if (kind == BY_ATTRIBUTE) return p->attribute % TONES;
  if (kind == BY_CLASS) return p->label % TONES;
  return is_minority(known, &run->inference, p);
}

/* Where a point is drawn. Those that fall into one small cell would hide each other: they are set around it
 * like the seeds of a sunflower, so that one sees how many there are. */
static void place(const chart *c, const report_point *p, size_t seen[COLUMNS * ROWS], double *x, double *y) {
  double angle, radius;
  *x = scale_at(&c->x, p->x);
  *y = scale_at(&c->y, p->y);
  if (!(*x >= 0 && *x < CHART_WIDTH && *y >= 0 && *y < HEIGHT)) return;
  size_t before = seen[(size_t)(*y / CELL) * COLUMNS + (size_t)(*x / CELL)]++;
  angle = 2.399963 * (double)before; /* the golden angle */
  radius = 1.7 * math_sqrt((double)before);
  *x += radius * math_cos(angle);
  *y += radius * math_sin(angle);
}

/* One path of dots for each colour: a line of no length has round ends. The points keep their places in every
 * picture. */
static void draw_cloud(chart *c, const report_run *run, size_t kind, size_t wanted, const char *class,
                       cache *known) {
  bool any = false;
  memset(known->seen, 0, sizeof known->seen);
  for (size_t i = 0; i < run->point_count; i++) {
    const report_point *p = &run->points[i];
    double x, y;
    place(c, p, known->seen, &x, &y);
    if (!p->known || tone(run, p, kind, known) != wanted) continue;
    if (!any) markup_print(c->m, "<path class=\"cloud %s\" d=\"", class);
    markup_print(c->m, "M%.1f %.1fh0", x, y);
    any = true;
  }
  if (any) markup_raw(c->m, "\"/>\n");
}

/* What a value is called in the names of true groups, "a=land". */
static void name_value(char name[DESPUR_GROUP_NAME], const report_inference *inference, bool attribute,
                       uint32_t value) {
  const uint32_t *codes = attribute ? inference->true_attributes : inference->true_labels;
  snprintf(name, DESPUR_GROUP_NAME, "%s=%u", attribute ? "a" : "y", value);
  for (size_t j = 0; j < inference->truth; j++) {
    const char *from;
    if (codes[j] != value) continue;
    const size_t length =
        (attribute ? group_name_attribute : group_name_label)(&from, inference->true_names[j]);
    if (length > 0) snprintf(name, DESPUR_GROUP_NAME, "%.*s", (int)length, from);
    return;
  }
}

/* A dot and a name for each value, in one line below the title, as far as there is room. */
static void draw_legend(chart *c, const report_run *run, size_t kind) {
  static const char *const DOTS[TONES] = {"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"};
  uint32_t most = 0;
  double at = 5;
  for (size_t i = 0; i < run->point_count; i++) {
    uint32_t value = kind == BY_ATTRIBUTE ? run->points[i].attribute : run->points[i].label;
    if (run->points[i].known && value > most) most = value;
  }
  for (uint32_t value = 0; value <= most; value++) {
    char name[DESPUR_GROUP_NAME];
    name_value(name, &run->inference, kind == BY_ATTRIBUTE, value);
    if (at + 8 + text_width(name) > CHART_WIDTH) return;
    markup_print(c->m, "<circle class=\"%s\" cx=\"%.1f\" cy=\"28\" r=\"4\"/>\n", DOTS[value % TONES], at);
    chart_text(c, at + 8, 32, "start", "mute", name);
    at += 8 + text_width(name) + 14;
  }
}

/* One unit is as long in both directions. */
static void set_scales(chart *c, const report_run *run) {
  c->x.low = c->y.low = INFINITY, c->x.high = c->y.high = -INFINITY;
  for (size_t i = 0; i < run->point_count; i++) {
    const report_point *p = &run->points[i];
    c->x.low = fmin(c->x.low, p->x), c->x.high = fmax(c->x.high, p->x);
    c->y.low = fmin(c->y.low, p->y), c->y.high = fmax(c->y.high, p->y);
  }
  double width = c->x.to - c->x.from, height = c->y.from - c->y.to;
  double unit = fmax((c->x.high - c->x.low) / width, (c->y.high - c->y.low) / height);
  if (!(unit > 0)) unit = 1;
  double x = (c->x.low + c->x.high) / 2, y = (c->y.low + c->y.high) / 2;
  c->x.low = x - unit * width / 2, c->x.high = x + unit * width / 2;
  c->y.low = y - unit * height / 2, c->y.high = y + unit * height / 2;
}

/* index: of the kinds that there are; without attributes none is by them. */
static void draw(chart *c, const report_run *run, size_t index) {
  static const char *const TITLES[] = {"What was clustered, by attribute", "What was clustered, by class",
                                       "Smaller inferred groups of their class, in orange"};
  static const char *const CLOUDS[TONES] = {"s-k0", "s-k1", "s-k2", "s-k3", "s-k4", "s-k5", "s-k6", "s-k7"};
  cache *known = NULL;
  size_t kind = report_has_attributes(run) ? index : index + BY_CLASS;
  if (c->m->status == DESPUR_OK) c->m->status = mem_alloc(&known, 1, sizeof *known, c->m->error);
  if (c->m->status != DESPUR_OK) return;
  chart_open(c, HEIGHT, TITLES[kind],
             "Outputs of the reference network in two dimensions, a dot for each training example.");
  c->x.from = MARGIN, c->x.to = CHART_WIDTH - MARGIN;
  c->y.from = c->height - MARGIN, c->y.to = 36 + MARGIN;
  set_scales(c, run);
  if (kind == BY_INFERRED) {
    draw_cloud(c, run, kind, 0, "s-mute", known);
    draw_cloud(c, run, kind, 1, "s-before", known);
  } else {
    for (size_t t = 0; t < TONES; t++) draw_cloud(c, run, kind, t, CLOUDS[t], known);
    draw_legend(c, run, kind);
  }
  chart_close(c);
  mem_free(known);
}

const plot plot_embedding = {"embedding", count, draw, NULL};
