#include "rates.h"

#include "terminal.h"

#include "despur/stats.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { COUNT = 9, VALUE = 7, INTERVAL = 12, NAME_LEAST = 20, NAME_MOST = 40 };

static const char *const NAMES[DESPUR_RATE_KINDS] = {
    "accuracy",  "error", "true positive", "false negative", "false positive", "true negative",
    "precision", "F1",    "selection"};

/* Side by side: a rate and what it leaves. */
static const struct pair {
  int count;
  despur_rate_kind kinds[2];
} PAIRS[] = {{2, {DESPUR_ACCURACY, DESPUR_ERROR}},
             {1, {DESPUR_SELECTION}},
             {2, {DESPUR_TRUE_POSITIVE, DESPUR_FALSE_NEGATIVE}},
             {2, {DESPUR_FALSE_POSITIVE, DESPUR_TRUE_NEGATIVE}},
             {2, {DESPUR_PRECISION, DESPUR_F1}}};

/* Of one column, or of all together. */
static const char *attribute_of(const despur_predicted *p, size_t i) {
  const char *name = i < p->alone_count ? p->alone[i].attribute : p->attribute;
  return name ? name : "attribute";
}

typedef struct layout {
  int name;
  bool intervals;
} layout;

static layout lay_out(const despur_rates *rates) {
  int longest = NAME_LEAST, width = terminal_width(STDOUT_FILENO);
  layout l = {.intervals = width >= NAME_LEAST + 2 * (COUNT + VALUE + INTERVAL)};
  for (size_t k = 0; k < rates->parts_count; k++) {
    int columns = terminal_columns(rates->names[k]);
    if (columns > longest) longest = columns;
  }
  int room = width - 2 * (COUNT + VALUE + (l.intervals ? INTERVAL : 0));
  l.name = longest < room ? longest : room > NAME_LEAST ? room : NAME_LEAST;
  if (l.name > NAME_MOST) l.name = NAME_MOST;
  return l;
}

/* A value and its interval; last: nothing follows on the line. */
static void print_cell(const layout *l, const despur_interval *ends, double value, int decimals, bool last) {
  char text[40] = "";
  if (isnan(value))
    terminal_print(stdout, "%*s", VALUE, "-");
  else
    printf("%*.*f", VALUE, decimals, value);
  if (!l->intervals || (last && isnan(ends->low))) return;
  if (!isnan(ends->low)) snprintf(text, sizeof text, "%.*f-%.*f", decimals, ends->low, decimals, ends->high);
  terminal_set(STYLE_FAINT);
  terminal_print(stdout, " %*s", INTERVAL - 1, text);
  terminal_set(STYLE_PLAIN);
}

static void print_part(const layout *l, const despur_rates_part *part, const struct pair *pair,
                       double confidence) {
  terminal_put_left(part->name, l->name);
  for (int i = 0; i < pair->count; i++) {
    despur_rate rate = despur_rates_rate(part, pair->kinds[i], confidence);
    despur_interval ends = {100 * rate.low, 100 * rate.high};
    printf("%*zu", COUNT, rate.whole);
    print_cell(l, &ends, 100 * rate.value, 1, i + 1 == pair->count);
  }
  putchar('\n');
}

static void print_spreads(const layout *l, const despur_class_rates *of, const struct pair *pair) {
  terminal_put_left("largest difference", l->name);
  for (int i = 0; i < pair->count; i++) {
    const despur_spread *s = &of->spreads[pair->kinds[i]];
    despur_interval ends = {100 * s->difference_low, 100 * s->difference_high};
    terminal_print(stdout, "%*s", COUNT, "");
    print_cell(l, &ends, 100 * s->difference, 1, i + 1 == pair->count);
  }
  putchar('\n');
  terminal_put_left("smallest ratio", l->name);
  for (int i = 0; i < pair->count; i++) {
    const despur_spread *s = &of->spreads[pair->kinds[i]];
    despur_interval ends = {s->ratio_low, s->ratio_high};
    terminal_print(stdout, "%*s", COUNT, "");
    print_cell(l, &ends, s->ratio, 3, i + 1 == pair->count);
  }
  putchar('\n');
}

static void print_heading(const layout *l, const char *attribute, const struct pair *pair) {
  int room = VALUE + (l->intervals ? INTERVAL : 0);
  terminal_put_left(attribute, l->name);
  for (int i = 0; i < pair->count; i++) {
    terminal_set(STYLE_STRONG);
    terminal_print(stdout, "%*s  %-*s", COUNT, "of", i + 1 < pair->count ? room - 2 : 1,
                   NAMES[pair->kinds[i]]);
    terminal_set(STYLE_PLAIN);
  }
  putchar('\n');
}

static void print_odds(const despur_spread *s) {
  if (isnan(s->difference)) return;
  printf("equalised odds: largest difference %.1f (%.1f-%.1f)", 100 * s->difference, 100 * s->difference_low,
         100 * s->difference_high);
  if (!isnan(s->ratio)) printf(", smallest ratio %.3f (%.3f-%.3f)", s->ratio, s->ratio_low, s->ratio_high);
  putchar('\n');
}

static void print_class(const despur_rates *rates, const despur_class_rates *of, const char *attribute) {
  layout l = lay_out(rates);
  for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
    putchar('\n');
    print_heading(&l, attribute, &PAIRS[i]);
    print_part(&l, &of->all, &PAIRS[i], rates->confidence);
    for (size_t k = 0; k < rates->parts_count; k++)
      print_part(&l, &of->parts[k], &PAIRS[i], rates->confidence);
    if (rates->parts_count - rates->parts_aside > 1) print_spreads(&l, of, &PAIRS[i]);
  }
  if (rates->parts_count - rates->parts_aside > 1) {
    putchar('\n');
    print_odds(&of->spreads[DESPUR_EQUALISED_ODDS]);
  }
}

static void print_positive(const despur_predicted *p, uint32_t class) {
  if (p->class_names)
    terminal_print(stdout, "\nrates in %%, %s is positive", p->class_names[class]);
  else
    printf("\nrates in %%, class %u is positive", class);
  if (!p->positive_known && p->columns && p->classes == 2)
    terminal_print(stdout, " (the other one: --positive)");
  putchar('\n');
}

void rates_print(const despur_rates *rates, const despur_predicted *p) {
  size_t classes = rates->classes_count;
  if (classes == 0) printf("\nrates: %zu classes are too many to show each (one: --positive)\n", p->classes);
  for (size_t c = 0; c < classes; c++) {
    print_positive(p, rates->classes[c].class_index);
    for (size_t i = 0; i <= p->alone_count; i++)
      print_class(&rates[i], &rates[i].classes[c], attribute_of(p, i));
  }
}
