/* Tables on stdout. Accuracies are in per cent, beside them the ends of their 95 % intervals; what does not
 * exist is a dash. On narrow terminals bars go first, then intervals. */
#include "report.h"

#include "terminal.h"

#include "despur/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  VALUE = 5,     /* "100.0" */
  INTERVAL = 10, /* "99.1-100.0" */
  COUNT = 9,
  GAP = 2,
  NAME_LEAST = 28, /* "average weighted by training" */
  BAR_LEAST = 5,
  BAR_MOST = 20,
  FEW_GROUPS = 10 /* more than that are sorted */
};

/* Networks side by side, and the room for each. */
typedef struct table {
  const despur_stage_result *stages;
  size_t count;
  int name;   /* columns for the names of rows, counts included */
  int counts; /* columns of a group's row that are counts */
  int bar;    /* columns; 0: no bars */
  int cell;   /* columns for each network; more than "ERM", the name of the first of two */
  bool intervals;
} table;

/* Labels and attributes of somebody's data need not be all numbers from 0 on: combinations that neither
 * training nor what is measured has are not there. */
static bool occurs(const despur_group_score *group) {
  return group->count > 0 || group->train_count > 0;
}

static int longest_name(const despur_scores *scores) {
  int longest = 5; /* "group" */
  for (size_t g = 0; g < scores->groups_count; g++) {
    if (!occurs(&scores->groups[g])) continue;
    int columns = terminal_columns(scores->groups[g].name);
    if (columns > longest) longest = columns;
  }
  return longest;
}

static table lay_out(const despur_stage_result *stages, size_t count, bool train) {
  table t = {.stages = stages, .count = count, .counts = train ? 2 * COUNT : COUNT, .intervals = true};
  int width = terminal_width(STDOUT_FILENO), each = GAP + VALUE + 1 + INTERVAL, n = (int)count;
  int name = longest_name(&stages[0].scores), most = width - t.counts - n * each;
  if (name > most) name = most > 12 ? most : 12;
  t.name = name + t.counts > NAME_LEAST ? name + t.counts : NAME_LEAST;
  int free = (width - t.name) / n - each - 1;
  if (free >= BAR_LEAST) t.bar = free < BAR_MOST ? free : BAR_MOST;
  if (free < -1) {
    int room = width - n * (GAP + VALUE), least = t.counts + 4;
    t.intervals = false;
    if (t.name > room) t.name = room > least ? room : least;
  }
  t.cell = VALUE + (t.intervals ? 1 + INTERVAL : 0) + (t.bar ? 1 + t.bar : 0);
  return t;
}

/* The part surely reached, the interval, and a mark where the accuracy is. */
static void print_bar(double accuracy, double low, double high, int width) {
  int mark = (int)(accuracy * width);
  if (mark >= width) mark = width - 1;
  terminal_set(STYLE_BAR);
  for (int i = 0; i < width; i++) {
    double middle = (i + 0.5) / width;
    putchar(i == mark ? '|' : middle < low ? '=' : middle <= high ? '-' : '.');
  }
  terminal_set(STYLE_PLAIN);
}

/* Returns the columns that it took. */
static int print_value(double accuracy, bool strong) {
  if (isnan(accuracy)) return terminal_print(stdout, "%*s", VALUE, "-");
  if (strong) terminal_set(STYLE_STRONG);
  printf("%*.1f", VALUE, 100 * accuracy);
  if (strong) terminal_set(STYLE_PLAIN);
  return VALUE;
}

static int print_interval(const table *t, double low, double high) {
  char text[32];
  if (!t->intervals || isnan(low)) return 0;
  snprintf(text, sizeof text, "%.1f-%.1f", 100 * low, 100 * high);
  terminal_set(STYLE_FAINT);
  terminal_print(stdout, " %*s", INTERVAL, text);
  terminal_set(STYLE_PLAIN);
  return 1 + INTERVAL;
}

/* Spaces to the end of a cell, except at the end of the line. */
static void pad(const table *t, size_t i, int used) {
  if (i + 1 < t->count) terminal_print(stdout, "%*s", t->cell - used, "");
}

/* The interval of a measure; NaN for one that has none. */
static despur_interval interval_of(const despur_scores *s, despur_score_kind kind) {
  if (kind == DESPUR_SCORE_WORST_GROUP) return (despur_interval){s->worst_group_low, s->worst_group_high};
  if (kind == DESPUR_SCORE_AVERAGE)
    return despur_effective_interval(s->correct, s->count, s->effective, 0.95);
  return (despur_interval){(double)NAN, (double)NAN};
}

static void print_row(const table *t, const char *name, despur_score_kind kind) {
  terminal_put_left(name, t->name);
  for (size_t i = 0; i < t->count; i++) {
    const despur_scores *scores = &t->stages[i].scores;
    despur_interval interval = interval_of(scores, kind);
    terminal_print(stdout, "%*s", GAP, "");
    int used = print_value(despur_score_value(scores, kind), false);
    pad(t, i, used + print_interval(t, interval.low, interval.high));
  }
  putchar('\n');
}

static void print_labels(const table *t) {
  for (size_t i = 0; i < t->count; i++) {
    terminal_print(stdout, "%*s", GAP, "");
    terminal_set(STYLE_STRONG);
    if (i + 1 < t->count)
      terminal_put_left(t->stages[i].label, t->cell);
    else
      terminal_print(stdout, "%s", t->stages[i].label);
    terminal_set(STYLE_PLAIN);
  }
  putchar('\n');
}

/* What is known of the attribute is a row only where something is known. */
static bool has_row(const table *t, despur_score_kind kind) {
  bool known = kind != DESPUR_SCORE_ATTRIBUTE && kind != DESPUR_SCORE_ATTRIBUTE_CHANCE;
  for (size_t i = 0; i < t->count; i++) known |= !isnan(despur_score_value(&t->stages[i].scores, kind));
  return known;
}

/* classes: the groups are the classes. */
static void print_summary(const table *t, const char *title, bool classes) {
  terminal_put_left(title, t->name);
  print_labels(t);
  for (despur_score_kind kind = 0; kind < DESPUR_SCORE_KINDS; kind++) {
    const char *line = despur_score_describe(kind)->lines[classes];
    if (line && has_row(t, kind)) print_row(t, line, kind);
  }
}

void report_print_degenerate(const despur_degenerate *degenerate, const char *of) {
  char words[512], sentence[256];
  if (despur_degenerate_sentence(sentence, degenerate) == 0) return;
  snprintf(words, sizeof words, "DEGENERATE predictions%s: %s", of, sentence);
  terminal_set(STYLE_STRONG);
  terminal_print_wrapped(words, 78);
  terminal_set(STYLE_PLAIN);
}

/* What decides, before all tables: whether the predictions are worth the name, and the worst group. */
static void print_first(const despur_stage_result *stages, size_t count, bool classes) {
  char of[sizeof stages->label + 4] = "";
  for (size_t i = 0; i < count; i++) {
    const despur_scores *s = &stages[i].scores;
    if (count > 1) snprintf(of, sizeof of, " of %s", stages[i].label);
    report_print_degenerate(&s->degenerate, of);
    if (s->worst_group == s->groups_count) continue;
    terminal_print(stdout, "worst %s%s: %s, %.1f %% (%.1f to %.1f)\n", classes ? "class" : "group", of,
                   s->groups[s->worst_group].name, 100 * s->worst_group_accuracy, 100 * s->worst_group_low,
                   100 * s->worst_group_high);
  }
}

static void print_group(const table *t, size_t g) {
  const despur_group_score *first = &t->stages[0].scores.groups[g];
  terminal_put_left(first->name, t->name - t->counts);
  printf("%*zu", COUNT, first->count);
  if (t->counts > COUNT) printf("%*zu", COUNT, first->train_count);
  for (size_t i = 0; i < t->count; i++) {
    const despur_scores *scores = &t->stages[i].scores;
    const despur_group_score *group = &scores->groups[g];
    terminal_print(stdout, "%*s", GAP, "");
    int used = print_value(group->accuracy, g == scores->worst_group);
    used += print_interval(t, group->low, group->high);
    if (t->bar && group->count > 0) {
      putchar(' ');
      print_bar(group->accuracy, group->low, group->high, t->bar);
      used += 1 + t->bar;
    }
    pad(t, i, used);
  }
  putchar('\n');
}

typedef struct ranked_group {
  double accuracy;
  size_t index;
} ranked_group;

/* Worst first, empty ones last, equal ones in their order. */
static int by_accuracy(const void *a, const void *b) {
  const ranked_group *x = a, *y = b;
  if (isnan(x->accuracy) != isnan(y->accuracy)) return isnan(x->accuracy) ? 1 : -1;
  if (x->accuracy < y->accuracy) return -1;
  if (x->accuracy > y->accuracy) return 1;
  return (x->index > y->index) - (x->index < y->index);
}

size_t *report_worst_first(const double *accuracies, size_t count) {
  size_t *order = malloc((count ? count : 1) * sizeof *order);
  ranked_group *ranked = malloc((count ? count : 1) * sizeof *ranked);
  for (size_t g = 0; order && ranked && g < count; g++) ranked[g] = (ranked_group){accuracies[g], g};
  if (ranked && count > FEW_GROUPS) qsort(ranked, count, sizeof *ranked, by_accuracy);
  for (size_t g = 0; order && ranked && g < count; g++) order[g] = ranked[g].index;
  if (!ranked) {
    free(order);
    order = NULL;
  }
  free(ranked);
  return order;
}

/* NULL when there is no memory. Groups that cannot be the worst come last. */
static size_t *rank_groups(const despur_scores *scores) {
  size_t count = scores->groups_count;
  double *accuracies = malloc((count ? count : 1) * sizeof *accuracies);
  for (size_t g = 0; accuracies && g < count; g++)
    accuracies[g] = g + scores->groups_aside < count ? scores->groups[g].accuracy : (double)NAN;
  size_t *order = accuracies ? report_worst_first(accuracies, count) : NULL;
  free(accuracies);
  return order;
}

/* A heading where a kind of groups begins that cannot be the worst. */
static void print_aside(const despur_scores *s, size_t g, int *kind) {
  int here = g + s->groups_aside < s->groups_count ? 0 : s->groups[g].count < s->least_count ? 2 : 1;
  if (here != *kind && here == 1) printf("\nset aside: cannot be the worst\n");
  if (here != *kind && here == 2) printf("\ntoo small to say: fewer than %zu examples\n", s->least_count);
  *kind = here;
}

static void print_groups(const table *t, const char *what, const char *split) {
  terminal_put_left(what, t->name - t->counts);
  terminal_print(stdout, "%*s", COUNT, split);
  if (t->counts > COUNT) terminal_print(stdout, "%*s", COUNT, "train");
  print_labels(t);
  const despur_scores *last = &t->stages[t->count - 1].scores;
  int kind = 0;
  size_t *order = rank_groups(last);
  for (size_t g = 0; g < last->groups_count; g++) {
    size_t at = order ? order[g] : g;
    if (!occurs(&last->groups[at])) continue;
    print_aside(last, at, &kind);
    print_group(t, at);
  }
  free(order);
}

static void print_share(const char *name, double share) {
  if (isnan(share))
    terminal_print(stdout, ", %s undefined", name);
  else
    terminal_print(stdout, ", %s %.1f %%", name, 100 * share);
}

static void print_agreement(const despur_run_result *result) {
  if (!result->inferred || !result->attributes) return;
  printf("inferred groups against true ones: adjusted Rand index %.3f", result->agreement.adjusted_rand);
  print_share("minority precision", result->agreement.minority_precision);
  print_share("recall", result->agreement.minority_recall);
  printf("\n\n");
}

void report_print_choice(const despur_rule_result *rule, bool tested, bool classes) {
  char words[512];
  double found = 100 * rule->val_worst_group_accuracy, added = 100 * rule->optimism;
  if (rule->epoch == 0 || isnan(added)) return;
  snprintf(words, sizeof words,
           "epoch %zu was chosen on validation (%s), where its worst %s has %.1f %%; choosing the best epoch "
           "adds about %.1f points to that: fresh examples would give about %.1f %%%s",
           rule->epoch, rule->name, classes ? "class" : "group", found, added, found - added,
           tested ? "; nothing was chosen on test" : "");
  terminal_print_wrapped(words, 78);
}

/* The lowest of the groups that count here, and which one it is. */
static void print_worst(const despur_run_result *result) {
  bool inferred = result->stages[0].inferred.groups_count > 0;
  terminal_print(stdout, "%s accuracy: ",
                 inferred             ? "worst inferred group's"
                 : result->attributes ? "worst-group"
                                      : "worst class's");
  for (size_t i = 0; i < result->stage_count; i++) {
    const despur_stage_result *stage = &result->stages[i];
    const despur_scores *scores = inferred ? &stage->inferred : &stage->scores;
    terminal_print(stdout, "%s%s", i ? " -> " : "", stage->label);
    if (scores->worst_group < scores->groups_count)
      terminal_print(stdout, " %.1f %% (%s)", 100 * scores->worst_group_accuracy,
                     scores->groups[scores->worst_group].name);
  }
  putchar('\n');
}

static void print_verdict(const despur_run_result *result) {
  if (result->verdict) {
    terminal_print_wrapped(result->verdict, 78);
    putchar('\n');
  }
  if (result->stage_count == 0) return;
  print_worst(result);
  const despur_stage_result *last = &result->stages[result->stage_count - 1];
  if (last->rule > 0)
    report_print_choice(&last->rules[last->rule], result->split == DESPUR_TEST, !result->attributes);
}

/* The accuracies in the inferred groups, where these are all that divides a class. */
static void print_inferred(const despur_run_result *result) {
  despur_stage_result stages[DESPUR_NETWORK_COUNT];
  if (result->stage_count == 0 || result->stages[0].inferred.groups_count == 0) return;
  for (size_t i = 0; i < result->stage_count; i++) {
    stages[i] = result->stages[i];
    stages[i].scores = stages[i].inferred;
  }
  table t = lay_out(stages, result->stage_count, true);
  print_groups(&t, "inferred", despur_split_name(result->inferred_split));
  putchar('\n');
}

despur_status report_warn_outcome(despur_run_end *out, const char *directory, bool json,
                                  despur_error *error) {
  despur_status status = despur_run_outcome(out, directory, error);
  if (status != DESPUR_OK || strcmp(out->outcome, "complete") == 0) return status;
  if (!*out->outcome)
    terminal_print(json ? stderr : stdout, "THIS RUN HAS NOT ENDED, or left no manifest.json.");
  else
    terminal_print(json ? stderr : stdout, "THIS RUN DID NOT END WELL (%s): %s.", out->outcome, out->message);
  terminal_print(json ? stderr : stdout, " What follows measures the weights that it left.\n%s",
                 json ? "" : "\n");
  return DESPUR_OK;
}

void report_print_run(const despur_run_result *result) {
  char title[64];
  bool classes = !result->attributes;
  if (result->stage_count > 0) {
    table t = lay_out(result->stages, result->stage_count, true);
    snprintf(title, sizeof title, "accuracy in %%, %s split", despur_split_name(result->split));
    print_first(result->stages, result->stage_count, classes);
    putchar('\n');
    print_summary(&t, title, classes);
    putchar('\n');
    print_groups(&t, classes ? "class" : "group", despur_split_name(result->split));
    putchar('\n');
  }
  print_inferred(result);
  print_agreement(result);
  print_verdict(result);
  terminal_print(stdout, "run directory: %s\n", result->directory);
}

/* ---- what probabilities are worth ---- */

static void print_real(double value, int width) {
  if (isnan(value))
    terminal_print(stdout, "%*s", width, "-");
  else
    printf("%*.3f", width, value);
}

static void print_measures_row(const char *name, int width, const despur_group_measures *m) {
  terminal_put_left(name, width);
  printf("%*zu", COUNT, m->count);
  print_real(m->calibration_error, 13);
  print_real(m->brier, 8);
  print_real(m->log_loss, 10);
  print_real(m->auroc, 8);
  putchar('\n');
}

static int longest_part(const despur_scores *scores, const despur_measures *measures, bool by_group) {
  int longest = by_group ? longest_name(scores) : 0;
  for (size_t k = 0; k < measures->attributes_count; k++) {
    int columns = terminal_columns(measures->attribute_names[k]);
    if (columns > longest) longest = columns;
  }
  return longest < 16 ? 16 : longest > 40 ? 40 : longest;
}

/* Of parts for which calibration means something; those of one label only if they are asked for. */
static void print_measures(const despur_predicted *predicted, const despur_scores *scores,
                           const despur_measures *measures, bool by_group) {
  char name[64];
  by_group = by_group || !measures->groups_have_one_label;
  int width = longest_part(scores, measures, by_group);
  putchar('\n');
  terminal_put_left("among", width);
  terminal_print(stdout, "%*s%13s%8s%10s%8s\n", COUNT, "count", "calibration", "Brier", "log loss", "AUROC");
  print_measures_row("all examples", width, &measures->all);
  for (size_t k = 0; k < measures->attributes_count; k++)
    print_measures_row(measures->attribute_names[k], width, &measures->attributes[k]);
  for (size_t c = 0; c < measures->classes; c++) {
    if (measures->predictions[c].count == 0) continue;
    if (predicted->class_names)
      snprintf(name, sizeof name, "predicted %.40s", predicted->class_names[c]);
    else
      snprintf(name, sizeof name, "predicted %zu", c);
    print_measures_row(name, width, &measures->predictions[c]);
  }
  for (size_t g = 0; by_group && g < scores->groups_count; g++)
    print_measures_row(scores->groups[g].name, width, &measures->groups[g]);
}

/* The worst groups of each column alone. The worst of all is one of the intersections. */
static void print_worst_alone(const despur_predicted *predicted, const despur_scores *alone) {
  for (size_t i = 0; i < predicted->alone_count; i++) {
    const despur_scores *s = &alone[i];
    if (s->worst_group == s->groups_count) continue;
    terminal_print(stdout, "by %s alone: %s, %.1f %% (%.1f to %.1f)\n", predicted->alone[i].attribute,
                   s->groups[s->worst_group].name, 100 * s->worst_group_accuracy, 100 * s->worst_group_low,
                   100 * s->worst_group_high);
  }
}

static void print_groups_alone(const despur_predicted *predicted, const despur_scores *alone) {
  for (size_t i = 0; i < predicted->alone_count; i++) {
    despur_stage_result stage = {.label = "model", .scores = alone[i]};
    char title[64];
    table t = lay_out(&stage, 1, false);
    snprintf(title, sizeof title, "by %.50s alone", predicted->alone[i].attribute);
    putchar('\n');
    print_groups(&t, title, "count");
  }
}

void report_print_predicted(const report_measured *of) {
  const despur_predicted *predicted = &of->model->predicted;
  despur_stage_result stage = {.label = "model", .scores = of->model->scores};
  bool train = !isnan(of->model->scores.train_weighted_average), classes = !predicted->attributes;
  table t = lay_out(&stage, 1, train);
  print_first(&stage, 1, classes);
  if (of->model->alone) print_worst_alone(predicted, of->model->alone);
  putchar('\n');
  print_summary(&t, "accuracy in %", classes);
  putchar('\n');
  print_groups(&t, classes ? "class" : "group", "count");
  if (of->model->alone) print_groups_alone(predicted, of->model->alone);
  if (of->model->measures.all.bins)
    print_measures(predicted, &of->model->scores, &of->model->measures, of->by_group);
}
