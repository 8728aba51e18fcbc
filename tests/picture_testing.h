/* A chart taken apart: marks are taken out of its SVG and turned back into values by its own axes, as a
 * reader would. Whatever is drawn must stay on the picture, and texts must stay apart. */
#ifndef PICTURE_TESTING_H
#define PICTURE_TESTING_H

#include "testing.h"

#include "base/memory.h"
#include "report/figures/plot.h"

static despur_error error;

enum { MOST_MARKS = 256, MOST_POINTS = 64 };

typedef struct mark {
  char kind; /* 't'ext, 'c'ircle or 'p'ath */
  char class[24], anchor[8], words[96];
  double x, y, radius;
  double points[MOST_POINTS][2];
  size_t count;
} mark;

typedef struct picture {
  mark marks[MOST_MARKS];
  size_t count;
  double height;
  char title[128], description[512];
} picture;

static picture seen; /* the last one */

/* The text between two strings, the first of which must be there. */
static inline void cut(char *out, size_t room, const char *from, const char *before, const char *after) {
  const char *start = strstr(from, before);
  assert_non_null(start);
  start += strlen(before);
  const char *end = strstr(start, after);
  assert_true(end && (size_t)(end - start) < room);
  memcpy(out, start, (size_t)(end - start));
  out[end - start] = 0;
}

static inline void attribute(char *out, size_t room, const char *tag, const char *name) {
  char before[32];
  const char *end = strchr(tag, '>'), *start;
  snprintf(before, sizeof before, " %s=\"", name);
  start = strstr(tag, before);
  out[0] = 0;
  if (start && start < end) cut(out, room, start, before, "\"");
}

static inline double number(const char *tag, const char *name) {
  char digits[32];
  attribute(digits, sizeof digits, tag, name);
  return strtod(digits, NULL);
}

/* "M1 2L3 4M5 6h0". */
static inline void read_path(mark *m, const char *tag) {
  const char *at = strstr(tag, " d=\"") + 4;
  while (*at != '"') {
    char command = *at++, *end;
    if (command == 'h') {
      strtod(at, &end);
    } else {
      assert_true((command == 'M' || command == 'L') && m->count < MOST_POINTS);
      m->points[m->count][0] = strtod(at, &end);
      m->points[m->count++][1] = strtod(end, &end);
    }
    assert_ptr_not_equal(end, at);
    at = end;
  }
}

static inline void read_picture(const char *svg) {
  memset(&seen, 0, sizeof seen);
  char box[64];
  attribute(box, sizeof box, strstr(svg, "<svg"), "viewBox");
  assert_int_equal(sscanf(box, "0 0 360 %lf", &seen.height), 1);
  cut(seen.title, sizeof seen.title, svg, "<title>", "</title>");
  cut(seen.description, sizeof seen.description, svg, "<desc>", "</desc>");
  for (const char *tag = svg; (tag = strchr(tag, '<')); tag++) {
    bool label = strncmp(tag, "<text", 5) == 0, circle = strncmp(tag, "<circle", 7) == 0;
    if (!label && !circle && strncmp(tag, "<path", 5) != 0) continue;
    assert_true(seen.count < MOST_MARKS);
    mark *m = &seen.marks[seen.count++];
    *m = (mark){.kind = label ? 't' : circle ? 'c' : 'p'};
    attribute(m->class, sizeof m->class, tag, "class");
    attribute(m->anchor, sizeof m->anchor, tag, "text-anchor");
    m->x = number(tag, circle ? "cx" : "x");
    m->y = number(tag, circle ? "cy" : "y");
    m->radius = number(tag, "r");
    if (label) cut(m->words, sizeof m->words, tag, ">", "</text>");
    if (m->kind == 'p') read_path(m, tag);
  }
}

/* ---- what holds for every picture ---- */

typedef struct box {
  double left, right, top, bottom;
} box;

static inline box box_of(const mark *m) {
  double width = text_width(m->words), left = m->x;
  if (strcmp(m->anchor, "end") == 0) left -= width;
  if (strcmp(m->anchor, "middle") == 0) left -= width / 2;
  return (box){left, left + width, m->y - 9, m->y + 2};
}

static inline void assert_inside(double x, double y) {
  if (x < 0 || x > CHART_WIDTH || y < 0 || y > seen.height) fail_msg("%g, %g is off the picture", x, y);
}

static inline void assert_well_laid_out(void) {
  for (size_t i = 0; i < seen.count; i++) {
    const mark *m = &seen.marks[i];
    for (size_t k = 0; k < m->count; k++) assert_inside(m->points[k][0], m->points[k][1]);
    if (m->kind == 'c') {
      assert_inside(m->x - m->radius, m->y - m->radius);
      assert_inside(m->x + m->radius, m->y + m->radius);
    }
    if (m->kind != 't' || !*m->words) continue;
    box a = box_of(m);
    if (strcmp(m->class, "head") != 0) { /* titles are bounded by the words they are made of */
      assert_inside(a.left, a.top);
      assert_inside(a.right, a.bottom);
    }
    for (size_t j = 0; j < i; j++) {
      if (seen.marks[j].kind != 't' || !*seen.marks[j].words) continue;
      box b = box_of(&seen.marks[j]);
      if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        fail_msg("'%s' and '%s' overlap", m->words, seen.marks[j].words);
    }
  }
}

/* Takes apart what was drawn. */
static inline void look_at(markup *m) {
  assert_int_equal(m->status, DESPUR_OK);
  read_picture(m->text.data);
  mem_free(m->text.data);
  assert_well_laid_out();
}

static inline void draw(const plot *kind, const report_run *run, size_t index) {
  markup m = {.error = &error};
  assert_true(index < kind->count(run));
  plot_draw(&m, kind, run, index, false);
  look_at(&m);
}

/* ---- reading ---- */

static inline const mark *find(char kind, const char *class, size_t which) {
  for (size_t i = 0; i < seen.count; i++)
    if (seen.marks[i].kind == kind && strcmp(seen.marks[i].class, class) == 0 && which-- == 0)
      return &seen.marks[i];
  return NULL;
}

static inline size_t count_of(char kind, const char *class) {
  size_t count = 0;
  while (find(kind, class, count)) count++;
  return count;
}

static inline const mark *words(const char *wanted) {
  for (size_t i = 0; i < seen.count; i++)
    if (seen.marks[i].kind == 't' && strcmp(seen.marks[i].words, wanted) == 0) return &seen.marks[i];
  fail_msg("no text '%s'", wanted);
  return NULL;
}

/* Which pixel stands for which value. */
typedef struct axis {
  double pixels[2], values[2];
  size_t ticks;
  bool logarithmic;
} axis;

/* "0.5" or "1,000"; false for other words. */
static inline bool read_number(double *out, const char *shown) {
  char digits[96], *end;
  size_t used = 0;
  for (; *shown; shown++)
    if (*shown != ',') digits[used++] = *shown;
  digits[used] = 0;
  *out = strtod(digits, &end);
  return used > 0 && !*end;
}

static inline double read_at(const axis *a, double pixel) {
  double share = (pixel - a->pixels[0]) / (a->pixels[1] - a->pixels[0]);
  if (a->logarithmic) return a->values[0] * pow(a->values[1] / a->values[0], share);
  return a->values[0] + share * (a->values[1] - a->values[0]);
}

/* The text whose middle is at a tick. */
static inline bool number_at(double *value, bool across, double pixel, double end) {
  for (size_t i = 0; i < seen.count; i++) {
    const mark *m = &seen.marks[i];
    bool beside = across ? strcmp(m->anchor, "middle") == 0 && fabs(m->x - pixel) < 0.11 && m->y > end
                         : strcmp(m->anchor, "end") == 0 && fabs(m->y - 4 - pixel) < 0.11 && m->x < end;
    if (m->kind == 't' && beside && read_number(value, m->words)) return true;
  }
  return false;
}

/* Ticks: below the plot short lines, across it grid lines. All that have a number agree on one scale. */
static inline axis read_axis(bool across, bool logarithmic) {
  axis a = {.logarithmic = logarithmic};
  double pixels[MOST_TICKS] = {0}, values[MOST_TICKS] = {0};
  for (size_t i = 0; i < seen.count; i++) {
    const mark *m = &seen.marks[i];
    bool line = m->kind == 'p' && m->count == 2 && strcmp(m->class, across ? "axis" : "grid") == 0;
    if (!line || fabs(m->points[0][across ? 0 : 1] - m->points[1][across ? 0 : 1]) > 0) continue;
    double pixel = m->points[0][across ? 0 : 1], value;
    if (!number_at(&value, across, pixel, m->points[across ? 1 : 0][across ? 1 : 0])) continue;
    pixels[a.ticks] = pixel;
    values[a.ticks++] = value;
  }
  assert_true(a.ticks >= 2);
  for (size_t i = 0; i < 2; i++) {
    a.pixels[i] = pixels[i * (a.ticks - 1)];
    a.values[i] = values[i * (a.ticks - 1)];
  }
  for (size_t i = 0; i < a.ticks; i++) {
    double range = logarithmic ? values[i] : a.values[1] - a.values[0];
    assert_near(read_at(&a, pixels[i]), values[i], 0.004 * fabs(range));
  }
  return a;
}

static inline axis x_axis(void) {
  return read_axis(true, false);
}

static inline axis y_axis(void) {
  return read_axis(false, false);
}

/* To half a pixel. */
static inline void assert_reads(const axis *a, double pixel, double wanted) {
  double pixels = a->logarithmic ? log(read_at(a, pixel) / wanted) : read_at(a, pixel) - wanted;
  pixels *= (a->pixels[1] - a->pixels[0]) /
            (a->logarithmic ? log(a->values[1] / a->values[0]) : a->values[1] - a->values[0]);
  if (!(fabs(pixels) < 0.5)) fail_msg("reads as %g, not as %g", read_at(a, pixel), wanted);
}

static inline void assert_line(const mark *line, const double *x, const double *y, size_t count) {
  axis across = x_axis(), up = y_axis();
  assert_non_null(line);
  assert_int_equal(line->count, count);
  for (size_t i = 0; i < count; i++) {
    assert_reads(&across, line->points[i][0], x[i]);
    assert_reads(&up, line->points[i][1], y[i]);
  }
}

#endif
