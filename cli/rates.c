#include "rates.h"

#include "cli.h"
#include "terminal.h"

#include "despur/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

despur_status rates_list_compute(rates_list *out, const despur_predicted *p, double confidence,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (rates_list){.items = calloc(p->alone_count + 1, sizeof *out->items)};
  if (!out->items) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  for (size_t i = 0; status == DESPUR_OK && i <= p->alone_count; i++) {
    const despur_predicted *by = i < p->alone_count ? &p->alone[i] : p;
    status = despur_rates_compute(&out->items[i], by, confidence, error);
    out->count += status == DESPUR_OK;
  }
  if (status != DESPUR_OK) rates_list_release(out);
  return status;
}

void rates_list_release(rates_list *list) {
  for (size_t i = 0; i < list->count; i++) despur_rates_release(&list->items[i]);
  free(list->items);
  *list = (rates_list){0};
}

/* Of one column, or of all together. */
static const char *attribute_of(const despur_predicted *p, size_t i) {
  const char *name = i < p->alone_count ? p->alone[i].attribute : p->attribute;
  return name ? name : "attribute";
}

/* ---- tables ---- */

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

void rates_print(const rates_list *list, const despur_predicted *p) {
  size_t classes = list->items[0].classes_count;
  if (classes == 0) printf("\nrates: %zu classes are too many to show each (one: --positive)\n", p->classes);
  for (size_t c = 0; c < classes; c++) {
    print_positive(p, list->items[0].classes[c].class_index);
    for (size_t i = 0; i < list->count; i++)
      print_class(&list->items[i], &list->items[i].classes[c], attribute_of(p, i));
  }
}

/* ---- JSON ---- */

static void emit_rates(emit *j, const despur_rates_part *part, double confidence) {
  emit_text(j, "name", part->name);
  emit_count(j, "count", part->count);
  for (int kind = 0; kind < DESPUR_RATE_KINDS; kind++) {
    despur_rate rate = despur_rates_rate(part, (despur_rate_kind)kind, confidence);
    emit_open(j, despur_rate_word((despur_rate_kind)kind), '{');
    emit_real(j, "value", rate.value);
    emit_real(j, "low", rate.low);
    emit_real(j, "high", rate.high);
    emit_count(j, "of", rate.whole);
    emit_close(j, '}');
  }
}

static void emit_spreads(emit *j, const despur_rates *rates, const despur_class_rates *of) {
  for (int kind = 0; kind < DESPUR_SPREAD_KINDS; kind++) {
    const despur_spread *s = &of->spreads[kind];
    bool any = s->lowest < rates->parts_count;
    emit_open(j, despur_rate_word((despur_rate_kind)kind), '{');
    emit_text(j, "lowest", any ? rates->names[s->lowest] : NULL);
    emit_text(j, "highest", any ? rates->names[s->highest] : NULL);
    emit_real(j, "difference", s->difference);
    emit_real(j, "difference_low", s->difference_low);
    emit_real(j, "difference_high", s->difference_high);
    emit_real(j, "ratio", s->ratio);
    emit_real(j, "ratio_low", s->ratio_low);
    emit_real(j, "ratio_high", s->ratio_high);
    emit_close(j, '}');
  }
}

static void emit_class(emit *j, const despur_rates *rates, const despur_class_rates *of,
                       const char *attribute) {
  emit_open(j, NULL, '{');
  emit_text(j, "attribute", attribute);
  emit_open(j, "groups", '[');
  for (size_t k = 0; k < rates->parts_count; k++) {
    emit_open(j, NULL, '{');
    emit_rates(j, &of->parts[k], rates->confidence);
    emit_flag(j, "aside", k >= rates->parts_count - rates->parts_aside);
    emit_close(j, '}');
  }
  emit_close(j, ']');
  emit_open(j, "spreads", '{');
  emit_spreads(j, rates, of);
  emit_close(j, '}');
  emit_close(j, '}');
}

void rates_emit(emit *j, const rates_list *list, const despur_predicted *p) {
  emit_open(j, "rates", '[');
  for (size_t c = 0; c < list->items[0].classes_count; c++) {
    const despur_class_rates *first = &list->items[0].classes[c];
    emit_open(j, NULL, '{');
    if (p->class_names)
      emit_text(j, "positive", p->class_names[first->class_index]);
    else
      emit_count(j, "positive", first->class_index);
    emit_open(j, "all", '{');
    emit_rates(j, &first->all, list->items[0].confidence);
    emit_close(j, '}');
    emit_open(j, "by", '[');
    for (size_t i = 0; i < list->count; i++)
      if (list->items[i].parts_count > 0)
        emit_class(j, &list->items[i], &list->items[i].classes[c], attribute_of(p, i));
    emit_close(j, ']');
    emit_close(j, '}');
  }
  emit_close(j, ']');
}
