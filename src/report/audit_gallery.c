#include "report/audit_gallery.h"

#include "report/audit_image.h"
#include "report/audit_looks.h"
#include "report/drawing/page_parts.h"

#include <math.h>
#include <stdbool.h>

static void name_of(markup *m, const despur_audit *a, uint32_t example) {
  if (a->ids)
    markup_print(m, "%s", a->ids[example]);
  else
    markup_print(m, "%zu", (size_t)example);
}

static void caption(markup *m, const despur_audit *a, uint32_t example, const char *between) {
  name_of(m, a, example);
  if (a->predictions[example] == a->labels[example]) return;
  markup_raw(m, between);
  markup_print(m, "taken for %s", a->class_names[a->predictions[example]]);
}

/* map: NULL where there is none. */
static void tile(markup *m, const despur_audit *a, uint32_t example, const despur_thumbnail *thumbnail,
                 const float *map) {
  bool any = true;
  markup_raw(m, "<figure>");
  if (map)
    markup_raw(m, "<div style=\"display:grid;grid-template-columns:1fr 1fr;gap:2px;align-items:start\">");
  audit_image(m, thumbnail);
  markup_raw(m, "\" alt=\"");
  caption(m, a, example, ", ");
  markup_raw(m, "\">");
  if (map) {
    any = audit_look_image(m, a, example, thumbnail, map);
    markup_raw(m, "</div>");
  }
  markup_raw(m, "<figcaption>");
  caption(m, a, example, "<br>");
  if (!any) markup_print(m, "<br>no place speaks for %s", a->class_names[a->predictions[example]]);
  markup_raw(m, "</figcaption></figure>\n");
}

static void heading(markup *m, const despur_audit *a, const despur_audit_sample *s) {
  const despur_audit_cell *c = &a->cells[s->cell];
  const despur_audit_cell_words words = despur_audit_words_of(a, c);
  const char *class_name = a->class_names[s->class_index];
  if (s->class_index != c->class_index)
    markup_print(m, "<p><b>Class %s, in this cell.</b> What errors of class %s are taken for.</p>\n",
                 class_name, a->class_names[c->class_index]);
  else if (s->inside)
    markup_print(m, "<h3>%s%s%s</h3>\n<p><b>Class %s, in this cell.</b> %zu of %zu are wrong.</p>\n",
                 words.cell, words.between, words.candidate, class_name, c->wrong, c->count);
  else
    markup_print(m, "<p><b>Class %s, elsewhere.</b> %zu of %zu are wrong.</p>\n", class_name, c->rest_wrong,
                 c->rest_count);
}

static void names(markup *m, const despur_audit *a, const despur_audit_sample *s) {
  markup_raw(m, "<p>");
  for (size_t i = 0; i < s->examples_count; i++) {
    if (i > 0) markup_raw(m, "; ");
    caption(m, a, s->examples[i], ", ");
  }
  markup_raw(m, "</p>\n");
}

/* Pictures to show, and maps of where the model looked: of the examples that are left. */
typedef struct looked {
  const despur_thumbnail *thumbnails;
  const float *maps; /* NULL: none */
} looked;

static bool has_pictures(const despur_thumbnail *thumbnails) {
  return thumbnails && thumbnails[0].rgb;
}

/* Tiles as wide as what they show is worth. */
static const char *tile_width(const looked *left) {
  if (left->maps) return "min(236px,46%)"; /* two pairs on a phone */
  return audit_image_is_small(&left->thumbnails[0]) ? "88px" : "128px";
}

static void side(markup *m, const despur_audit *a, const despur_audit_sample *s, const looked *left) {
  const size_t places = a->map_rows * a->map_columns;
  heading(m, a, s);
  if (!has_pictures(left->thumbnails)) {
    names(m, a, s);
    return;
  }
  markup_print(m,
               "<div class=\"looks\" style=\"grid-template-columns:repeat(auto-fill,minmax(%s,1fr));"
               "margin-bottom:18px\">\n",
               tile_width(left));
  for (size_t i = 0; i < s->examples_count; i++) {
    const float *map = left->maps ? left->maps + i * places : NULL;
    tile(m, a, s->examples[i], &left->thumbnails[i], map && !isnan(map[0]) ? map : NULL);
  }
  markup_raw(m, "</div>\n");
}

/* Whether the model sees a part of a picture alone. */
static bool is_cut(const despur_audit *a, const despur_thumbnail *thumbnails) {
  bool cut = a->model_shorter > a->model_height;
  const size_t count = despur_audit_sampled(NULL, a);
  for (size_t i = 0; i < count; i++) cut |= thumbnails[i].width != thumbnails[i].height;
  return cut && a->model_shorter > 0;
}

void audit_gallery(markup *m, const despur_audit *a, const despur_thumbnail *thumbnails) {
  looked left = {thumbnails, has_pictures(thumbnails) ? a->looks : NULL};
  if (a->samples_count == 0) return;
  section_open(m, "Look at these examples");
  markup_print(
      m,
      "<p>%s of the confirmation half. A cell may only overlap with what the model goes by, and data "
      "alone cannot say whether that belongs to what the class means: that is yours to say.</p>\n",
      a->map ? "Those nearest to the mean of their side," : "The first");
  if (left.maps) audit_explain_looks(m, a, is_cut(a, thumbnails));
  for (size_t i = 0; i < a->samples_count; i++) {
    const size_t count = a->samples[i].examples_count;
    side(m, a, &a->samples[i], &left);
    if (left.thumbnails) left.thumbnails += count;
    if (left.maps) left.maps += count * a->map_rows * a->map_columns;
  }
  markup_print(m, "<p class=\"note\">%s<code>groups.csv</code> has all of them.</p>\n",
               a->ids ? "" : "Numbers are rows, from 0; ");
  section_close(m);
}
