/* Charts in SVG: a frame with a title, two scales, axes, and marks. Every chart is 360 pixels wide and is
 * shown at about that size: as one column of a phone, or as one of three on a desk. Colours and fonts are
 * classes, whose rules stand in style.c, so that a chart follows the page into the dark and onto paper.
 *
 * Texts never overlap: their widths are bounded by those of a wide font, and labels at the ends of lines are
 * moved apart. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "report/drawing/markup.h"

#include <stdbool.h>
#include <stddef.h>

enum { CHART_WIDTH = 360, CHART_TEXT = 12, CHART_LINE = 15 /* distance of two lines of text */ };

typedef struct scale {
  double low, high; /* values */
  double from, to;  /* their pixels */
  bool logarithmic;
} scale;

double scale_at(const scale *s, double value);

enum { MOST_TICKS = 24 };

typedef struct ticks {
  double values[MOST_TICKS];
  size_t count;
  int decimals; /* that tell them apart; -1: each as short as it can be */
} ticks;

/* Round values (1, 2 or 5 times a power of ten) within low..high, about as many as asked for. */
ticks ticks_linear(double low, double high, size_t about);

/* Whole numbers within low..high, at most about eight. */
ticks ticks_whole(double low, double high);

/* Powers of ten within low..high, with 2 and 5 times them when there are few. */
ticks ticks_logarithmic(double low, double high);

/* Widens low..high to whole ticks. */
void scale_round(scale *s, size_t about);

typedef struct chart {
  markup *m;
  bool standalone; /* the SVG is a file of its own */
  double height;
  double left, right, top, bottom; /* of the plot, in pixels */
  scale x, y;                      /* chart_open and chart_label_margin set their pixels */
} chart;

/* Starts a chart whose m and standalone are set. The title stands above the plot; the description is the
 * text alternative. Margins leave room for the title and for axes. */
void chart_open(chart *c, double height, const char *title, const char *description);
void chart_close(chart *c);

/* Makes room at the right for the labels of lines. */
typedef struct chart_label {
  double y; /* the value where the line ends */
  double x; /* with at_point: where the point is that has the label, else the right end of the plot */
  bool at_point;
  const char *text; /* at most CHART_LABEL wide, see text_fit */
  const char *tone; /* the line's class without "s-" */
} chart_label;

enum { MOST_LABELS = 12, CHART_LABEL = 96 };

void chart_label_margin(chart *c, const chart_label *labels, size_t count);

/* Axes: horizontal grid lines with numbers before them, and ticks below with a name. */
void chart_y_axis(chart *c, const ticks *t);
void chart_x_axis(chart *c, const ticks *t, const char *name);
void chart_vertical(chart *c, double x, const char *class); /* a line across the plot */

/* Marks at values. Those that are not finite are left out. */
void chart_line(chart *c, const double *x, const double *y, size_t count, const char *class);
void chart_dot(chart *c, double x, double y, double radius, const char *class);
void chart_interval(chart *c, double x, double low, double high, const char *class);

/* Text at pixels; anchor is "start", "middle" or "end". */
void chart_text(chart *c, double x, double y, const char *anchor, const char *class, const char *words);

/* A ring and a dot with their names in one line below the title; before NULL: the dot alone. */
void chart_legend(chart *c, const char *before, const char *after);

/* Labels at the right ends of lines, moved apart; a thin line leads to those that had to move. */
void chart_labels(chart *c, const chart_label *labels, size_t count);

/* An upper bound of the width of a text in pixels, in the fonts that style.c asks for. */
double text_width(const char *words);

/* The text, shortened with an ellipsis when it is wider than that many pixels. */
typedef struct short_text {
  char text[64];
} short_text;

short_text text_fit(const char *words, double pixels);

#endif
