#include "report/drawing/chart.h"

#include "base/format.h"
#include "io/file.h"
#include "report/drawing/style.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Widths of the characters 32 to 126 in per cent of the font's size: DejaVu Sans', which few fonts exceed. */
static const unsigned char WIDTHS[95] = {
    32, 41, 46, 84, 64, 96, 78, 28, 40,  40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 54, 100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79,
    61, 79, 70, 64, 62, 74, 69, 99, 69,  62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64,
    64, 28, 28, 58, 28, 98, 64, 62, 64,  64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84};

static bool continues(char c) {
  return ((unsigned char)c & 0xc0) == 0x80; /* a later byte of a UTF-8 character */
}

static double character_width(const char *s) {
  if (continues(*s)) return 0;
  return CHART_TEXT * (*s >= 32 && *s < 127 ? 0.01 * WIDTHS[*s - 32] : 1.0);
}

double text_width(const char *words) {
  double width = 0;
  for (; *words; words++) width += character_width(words);
  return width;
}

short_text text_fit(const char *words, double pixels) {
  enum { ELLIPSIS = 3 /* bytes */ };
  short_text out;
  size_t length = 0, room = sizeof out.text - 1 - ELLIPSIS;
  if (text_width(words) <= pixels && strlen(words) <= room) {
    snprintf(out.text, sizeof out.text, "%s", words);
    return out;
  }
  double left = pixels - CHART_TEXT;
  while (words[length] && length < room && left >= character_width(words + length))
    left -= character_width(words + length++);
  while (length > 0 && continues(words[length])) length--;
  snprintf(out.text, sizeof out.text, "%.*s\xe2\x80\xa6", (int)length, words);
  return out;
}

void chart_open(chart *c, double height, const char *title, const char *description) {
  markup *m = c->m;
  c->height = height;
  c->left = 44;
  c->right = CHART_WIDTH - 12;
  c->top = 38;
  c->bottom = height - 40;
  c->x = (scale){.from = c->left, .to = c->right};
  c->y = (scale){.from = c->bottom, .to = c->top};
  if (c->standalone)
    markup_raw(
        m, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- Made by despur from the files of a run -->\n");
  markup_print(m, "<svg class=\"plot\" viewBox=\"0 0 %d %g\" role=\"img\"", CHART_WIDTH, height);
  if (c->standalone)
    markup_print(m, " xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%g\"", CHART_WIDTH, height);
  markup_print(m, ">\n<title>%s</title>\n<desc>%s</desc>\n", title, description);
  if (c->standalone) {
    markup_raw(m, "<style>\n");
    for (size_t i = 0; STYLE_CHARTS[i]; i++) markup_raw(m, STYLE_CHARTS[i]);
    markup_raw(m, "</style>\n");
  }
  chart_text(c, 0, 13, "start", "head", title);
}

enum { LEADER = 14 }; /* from the end of a line to a label that had to move */

void chart_label_margin(chart *c, const chart_label *labels, size_t count) {
  double widest = 0;
  for (size_t i = 0; i < count; i++)
    if (text_width(labels[i].text) > widest) widest = text_width(labels[i].text);
  c->right = c->x.to = CHART_WIDTH - widest - LEADER - 4;
}

void chart_close(chart *c) {
  markup_raw(c->m, "</svg>\n");
}

void chart_text(chart *c, double x, double y, const char *anchor, const char *class, const char *words) {
  markup_print(c->m, "<text x=\"%.1f\" y=\"%.1f\"", x, y);
  if (strcmp(anchor, "start") != 0) markup_print(c->m, " text-anchor=\"%s\"", anchor);
  if (*class) markup_print(c->m, " class=\"%s\"", class);
  markup_print(c->m, ">%s</text>\n", words);
}

/* A tick's number. */
static void format_tick(char out[48], double value, int decimals) {
  if (value >= 1000 && value < 1e15)
    snprintf(out, 48, "%s", file_grouped((uint64_t)value).text);
  else if (decimals < 0)
    format_text(out, 48, "%g", value);
  else
    format_text(out, 48, "%.*f", decimals, value);
}

static void line(chart *c, double x1, double y1, double x2, double y2, const char *class) {
  markup_print(c->m, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", class, x1, y1, x2, y2);
}

void chart_y_axis(chart *c, const ticks *t) {
  for (size_t i = 0; i < t->count; i++) {
    char number[48];
    double y = scale_at(&c->y, t->values[i]);
    format_tick(number, t->values[i], t->decimals);
    line(c, c->left, y, c->right, y, "grid");
    chart_text(c, c->left - 6, y + 4, "end", "mute", number);
  }
}

void chart_x_axis(chart *c, const ticks *t, const char *name) {
  double taken = -INFINITY; /* where the last number ended */
  line(c, c->left, c->bottom, c->right, c->bottom, "axis");
  for (size_t i = 0; i < t->count; i++) {
    char number[48];
    double x = scale_at(&c->x, t->values[i]);
    format_tick(number, t->values[i], t->decimals);
    double half = text_width(number) / 2;
    if (x - half < taken || x + half > CHART_WIDTH) continue;
    line(c, x, c->bottom, x, c->bottom + 4, "axis");
    chart_text(c, x, c->bottom + 17, "middle", "mute", number);
    taken = x + half + 6;
  }
  chart_text(c, (c->left + c->right) / 2, c->bottom + 34, "middle", "mute", name);
}

void chart_vertical(chart *c, double x, const char *class) {
  double at = scale_at(&c->x, x);
  line(c, at, c->top, at, c->bottom, class);
}

void chart_line(chart *c, const double *x, const double *y, size_t count, const char *class) {
  bool down = false; /* the pen */
  markup_print(c->m, "<path class=\"line %s\" d=\"", class);
  for (size_t i = 0; i < count; i++) {
    if (isfinite(x[i]) && isfinite(y[i]))
      markup_print(c->m, "%c%.1f %.1f", down ? 'L' : 'M', scale_at(&c->x, x[i]), scale_at(&c->y, y[i]));
    down = isfinite(x[i]) && isfinite(y[i]);
  }
  markup_raw(c->m, "\"/>\n");
}

void chart_dot(chart *c, double x, double y, double radius, const char *class) {
  if (!isfinite(x) || !isfinite(y)) return;
  markup_print(c->m, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%g\"/>\n", class, scale_at(&c->x, x),
               scale_at(&c->y, y), radius);
}

void chart_interval(chart *c, double x, double low, double high, const char *class) {
  if (!isfinite(low) || !isfinite(high)) return;
  double at = scale_at(&c->x, x);
  line(c, at, scale_at(&c->y, low), at, scale_at(&c->y, high), class);
}

void chart_legend(chart *c, const char *before, const char *after) {
  const char *names[2] = {before, after};
  double at = 5;
  for (size_t i = 0; i < 2; i++) {
    if (!names[i]) continue;
    short_text name = text_fit(names[i], i ? CHART_WIDTH - at - 9 : 120);
    markup_print(c->m, "<circle class=\"%s\" cx=\"%.1f\" cy=\"28\" r=\"3.5\"/>\n", i ? "f-after" : "o-before",
                 at);
    chart_text(c, at + 9, 32, "start", "mute", name.text);
    at += 9 + text_width(name.text) + 14;
  }
}

/* Where a label goes. */
typedef struct place {
  double from, y; /* pixels: the end of its line, and its own middle */
  size_t label;
} place;

/* Sorted by where they come from, labels are pushed down where they touch, and back up where they would leave
 * the plot. */
static void move_apart(place *places, size_t count, double top, double bottom) {
  for (size_t i = 1; i < count; i++)
    for (size_t j = i; j > 0 && places[j].from < places[j - 1].from; j--) {
      place other = places[j];
      places[j] = places[j - 1];
      places[j - 1] = other;
    }
  for (size_t i = 0; i < count; i++) {
    double least = i ? places[i - 1].y + CHART_LINE : top;
    places[i].y = places[i].from < least ? least : places[i].from;
  }
  for (size_t i = count; i-- > 0;) {
    double most = i + 1 < count ? places[i + 1].y - CHART_LINE : bottom;
    if (places[i].y > most) places[i].y = most;
  }
}

void chart_labels(chart *c, const chart_label *labels, size_t count) {
  place places[MOST_LABELS];
  char class[32];
  double x = c->right + 4;
  for (size_t i = 0; i < count; i++) places[i] = (place){.from = scale_at(&c->y, labels[i].y), .label = i};
  move_apart(places, count, c->top, c->bottom);
  for (size_t i = 0; i < count; i++) {
    const place *p = &places[i];
    const chart_label *label = &labels[p->label];
    bool moved = label->at_point || fabs(p->y - p->from) > 3;
    double start = label->at_point ? scale_at(&c->x, label->x) : x;
    snprintf(class, sizeof class, "thin s-%s", label->tone);
    if (moved) line(c, start, p->from, x + LEADER - 4, p->y, class);
    snprintf(class, sizeof class, "t-%s", label->tone);
    chart_text(c, moved ? x + LEADER - 2 : x + 1, p->y + 4, "start", class, label->text);
  }
}
