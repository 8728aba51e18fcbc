/* despur repair: a better last layer for features that some network has computed. */
#include "columns.h"
#include "emit.h"
#include "examples.h"
#include "output.h"
#include "repair_again.h"
#include "repair_groups.h"
#include "repair_head.h"
#include "repair_settings.h"
#include "report.h"
#include "terminal.h"

#include "despur/report.h"
#include "despur/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_FOLDS = 5 };

typedef struct task {
  const cli_arguments *arguments;
  despur_examples examples;
  repair_groups known, given; /* by what is known of examples; those of --groups */
  uint32_t *drawn, *folds;    /* splits, when none were given; folds, where examples belong together */
  despur_head head;           /* that is to be repaired, and its weights for each class */
  float *old_weight, *old_bias;
  despur_repair_options options;
  despur_repair_data data;
  despur_repair_result result;
  despur_repair_view view;
  despur_repair_outcome outcome;
  despur_repair_check reread; /* what was written, read and computed again */
} task;

static void task_release(task *t) {
  despur_repair_outcome_release(&t->outcome);
  despur_repair_release(&t->result);
  repair_groups_release(&t->known);
  repair_groups_release(&t->given);
  despur_examples_release(&t->examples);
  free(t->drawn);
  free(t->folds);
  despur_head_release(&t->head);
  free(t->old_weight);
  free(t->old_bias);
}

/* ---- what goes in ---- */

/* All rows of a unit are of one split. */
static despur_status draw_units(task *t, despur_error *error) {
  const despur_example_column *unit = &t->examples.unit;
  uint32_t *of_unit = calloc(unit->values_count + 1, sizeof *of_unit);
  if (!of_unit) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  despur_repair_draw_splits(of_unit, unit->values_count, t->options.seed);
  for (size_t i = 0; i < t->examples.count; i++) t->drawn[i] = of_unit[unit->codes[i]];
  t->data.splits = t->drawn;
  free(of_unit);
  return DESPUR_OK;
}

static despur_status read_splits(task *t, despur_error *error) {
  t->data.splits = t->examples.splits;
  if (t->examples.splits) return DESPUR_OK;
  t->drawn = calloc(t->examples.count + 1, sizeof *t->drawn);
  if (!t->drawn) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  if (t->examples.unit.codes) return draw_units(t, error);
  despur_repair_draw_splits(t->drawn, t->examples.count, t->options.seed);
  t->data.splits = t->drawn;
  return DESPUR_OK;
}

/* What is fitted on some rows of a unit must not be judged by others. */
static despur_status deal_units(task *t, despur_error *error) {
  const despur_example_column *unit = &t->examples.unit;
  const size_t folds = t->options.folds ? t->options.folds : USUAL_FOLDS;
  if (!unit->codes) return DESPUR_OK;
  if (unit->values_count < folds)
    return cli_fail(error, DESPUR_BAD_INPUT,
                    "repair: expected at least %zu values of '%s', one for each fold, found %zu", folds,
                    unit->name, unit->values_count);
  t->folds = calloc(t->examples.count + 1, sizeof *t->folds);
  if (!t->folds) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  for (size_t i = 0; i < t->examples.count; i++) t->folds[i] = unit->codes[i] % (uint32_t)folds;
  t->data.folds = t->folds;
  t->data.folds_count = folds;
  return DESPUR_OK;
}

static despur_status read_data(task *t, despur_error *error) {
  const cli_arguments *arguments = t->arguments;
  const despur_examples_source source = {.features = arguments->positional[0],
                                         .labels = cli_value(arguments, "labels"),
                                         .splits = cli_value(arguments, "splits"),
                                         .attributes = cli_value(arguments, "attributes"),
                                         .table = cli_value(arguments, "table"),
                                         .label = cli_value(arguments, "label"),
                                         .split = cli_value(arguments, "split"),
                                         .attribute = cli_value(arguments, "attribute"),
                                         .id = cli_value(arguments, "id"),
                                         .unit = cli_value(arguments, "unit"),
                                         .weight = cli_value(arguments, "weight"),
                                         .by = cli_value(arguments, "by")};
  const char *groups = cli_value(arguments, "groups");
  despur_status status = despur_examples_read(&t->examples, &source, error);
  if (status == DESPUR_OK) status = read_splits(t, error);
  if (status == DESPUR_OK) status = deal_units(t, error);
  if (status == DESPUR_OK) status = repair_groups_known(&t->known, &t->examples, error);
  if (status == DESPUR_OK && groups)
    status = repair_groups_read(&t->given, &t->examples, groups, source.labels, error);
  if (status != DESPUR_OK) return status;
  const repair_groups *fit = groups ? &t->given : t->known.codes ? &t->known : NULL;
  t->data.features = t->examples.x;
  t->data.rows = t->examples.count;
  t->data.columns = t->examples.columns;
  t->data.labels = t->examples.labels;
  t->data.classes = t->examples.classes;
  t->data.weights = t->examples.weights;
  t->data.groups = fit ? fit->of_row : NULL;
  t->data.groups_count = fit ? fit->count : 0;
  t->data.partitions = fit ? fit->partitions : NULL;
  t->data.partitions_count = fit ? fit->partitions_count : 0;
  t->data.cells = fit ? fit->cells : 0;
  t->view.fit_names = (const char *const *)(fit ? fit->names : t->known.names);
  const char *head = cli_value(arguments, "head");
  if (!head) return DESPUR_OK;
  status = repair_head_read(&t->head, &t->old_weight, &t->old_bias, head, &t->data, error);
  t->data.old_weight = t->old_weight;
  t->data.old_bias = t->old_bias;
  return status;
}

/* ---- what comes out ---- */

static double best_average(const despur_repair_result *result) {
  double most = 0;
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++) most = fmax(most, result->dial[p].average);
  return most;
}

static despur_status turn_dial(task *t, despur_error *error) {
  despur_dial_wish wish;
  size_t point = DESPUR_DIAL_POINTS - 1;
  despur_status status = cli_real(&wish.min_average, t->arguments, "min-average", 0, 1, (double)NAN, error);
  if (status == DESPUR_OK)
    status = cli_real(&wish.max_loss, t->arguments, "max-loss", 0, 1, (double)NAN, error);
  if (status != DESPUR_OK) return status;
  t->view.position = 1;
  if (isnan(wish.min_average) && isnan(wish.max_loss)) return DESPUR_OK;
  switch (despur_dial_choose(&point, &t->result, &wish)) {
  case DESPUR_DIAL_FOUND:
    t->view.position = t->result.dial[point].position;
    return DESPUR_OK;
  case DESPUR_DIAL_UNDECIDED:
    return cli_fail(error, DESPUR_TOO_LITTLE_DATA,
                    "repair: %zu validation examples are too few to be sure of any head that it is accurate "
                    "enough",
                    t->result.judged);
  default:
    return cli_fail(error, DESPUR_GATE_FAILED,
                    "repair: no head between the old and the repaired one is accurate enough: the average is "
                    "at most %.1f %% on validation",
                    100 * best_average(&t->result));
  }
}

static despur_status measure(task *t, despur_error *error) {
  t->view.data = &t->data;
  t->view.result = &t->result;
  t->view.rule = t->options.rule;
  t->view.class_names = t->examples.class_names;
  t->view.ids = t->examples.ids;
  t->view.units = t->examples.unit.codes;
  t->view.units_count = t->examples.unit.values_count;
  t->view.unit = t->examples.unit.name;
  t->view.weight = t->examples.weight;
  t->view.features = t->arguments->positional[0];
  /* true groups if they are known, else those that were given */
  const repair_groups *by = t->known.codes || !t->given.of_row ? &t->known : &t->given;
  t->view.groups = by->of_row;
  t->view.groups_given = by == &t->given;
  t->view.attributes = by == &t->given ? by->of_row : by->codes;
  t->view.group_names = (const char *const *)by->names;
  t->view.groups_count = by->count;
  return despur_repair_measure(&t->outcome, &t->view, error);
}

/* YAML's single quotes: only they themselves are written twice. */
static void put_pair(FILE *out, const char *key, const char *value) {
  fprintf(out, "%s: '", key);
  for (; *value; value++) fputs(*value == '\'' ? "''" : (char[2]){*value, 0}, out);
  fputs("'\n", out);
}

/* The words of the command line, one a line. */
static despur_status write_directory(task *t, despur_error *error) {
  static const char *const FILES[] = {"labels", "splits", "attributes", "table", "groups", "head", "patch"};
  const cli_arguments *arguments = t->arguments;
  despur_repair_input inputs[1 + sizeof FILES / sizeof *FILES];
  size_t count = 0;
  char *config = NULL;
  size_t bytes;
  FILE *out = open_memstream(&config, &bytes);
  if (!out) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  inputs[count++] = (despur_repair_input){"features", arguments->positional[0]};
  for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
    if (cli_value(arguments, FILES[i]))
      inputs[count++] = (despur_repair_input){FILES[i], cli_value(arguments, FILES[i])};
  fprintf(out, "# despur repair\n");
  for (size_t i = 0; i < arguments->given_count; i++) {
    const cli_option *option = &arguments->verb->options[arguments->given[i].option];
    static const char *const OWN[] = {"out", "force", "json", "quiet", "threads", "dial"};
    bool own = false;
    for (size_t o = 0; o < sizeof OWN / sizeof *OWN; o++) own |= strcmp(option->name, OWN[o]) == 0;
    if (!own) put_pair(out, option->name, arguments->given[i].value);
  }
  put_pair(out, "features", arguments->positional[0]);
  for (size_t i = 1; i < arguments->count; i++) {
    const char *word = arguments->positional[i], *equals = strchr(word, '=');
    fprintf(out, "%.*s: %s\n", (int)(equals - word), word, equals + 1);
  }
  despur_status status = fclose(out) == 0 ? DESPUR_OK : cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  const despur_repair_directory directory = {.path = cli_value(arguments, "out"),
                                             .force = cli_value(arguments, "force"),
                                             .config = config,
                                             .inputs = inputs,
                                             .inputs_count = count,
                                             .head = t->data.old_weight ? &t->head : NULL,
                                             .patch = cli_value(arguments, "patch")};
  if (status == DESPUR_OK)
    status = despur_report_repair(&t->outcome, &t->view, &directory, &t->reread, error);
  free(config);
  return status;
}

/* ---- text ---- */

static void print_methods(const task *t) {
  printf("%-14s %-11s %10s %10s %10s  %-14s %8s\n", "method", "groups", "validation", "corrected",
         "test worst", "interval", "average");
  for (size_t m = 0; m < t->result.methods_count; m++) {
    const despur_repaired *of = &t->result.methods[m];
    printf("%-14s %-11s", despur_last_layer_label(of->method), despur_last_layer_groups(of->method));
    if (of->skipped) {
      printf(" not fitted: %s\n", of->skipped);
      continue;
    }
    const despur_scores *s = &t->outcome.methods[m];
    char interval[32];
    snprintf(interval, sizeof interval, "%.1f to %.1f", 100 * s->worst_group_low, 100 * s->worst_group_high);
    printf(" %10.1f %10.1f %10.1f  %-14s %8.1f%s\n", 100 * of->candidates[of->chosen].worst_group,
           100 * (of->candidates[of->chosen].worst_group - of->optimism), 100 * s->worst_group_accuracy,
           interval, 100 * s->average_accuracy, m == t->result.best ? "  *" : "");
  }
  putchar('\n');
}

/* A head that is not the optimum says nothing of what its method can do. */
static void print_gaps(const task *t) {
  bool any = false;
  for (size_t m = 0; m < t->result.methods_count; m++) {
    const despur_repaired *of = &t->result.methods[m];
    if (of->skipped || of->converged) continue;
    printf(
        "note: %s: the solver stopped before its optimum was certain (relative gap %.2g); the method may do "
        "better than this\n",
        despur_last_layer_label(of->method), of->gap);
    any = true;
  }
  if (any) putchar('\n');
}

/* Else the column of validation is taken for that of the head that is handed back. */
static void print_fitted_again(const task *t) {
  for (size_t m = 0; m < t->result.methods_count; m++)
    if (t->result.methods[m].fitted_on_both) {
      printf("note: figures of validation, dial included, are of heads that had not seen it; the final ones "
             "were fitted on it, too\n\n");
      return;
    }
}

static void print_groups(const task *t) {
  const despur_comparison *c = &t->outcome.comparison;
  printf("%-28s %7s %8s %8s %8s  %-16s %8s\n", t->view.attributes ? "group" : "class", "count", "before",
         "after", "change", "interval", "Holm");
  for (size_t g = 0; g <= c->groups_count; g++) {
    const despur_group_comparison *of = g < c->groups_count ? &c->groups[g] : &c->all;
    if (isnan(of->difference)) continue;
    char interval[40];
    snprintf(interval, sizeof interval, "%+.1f to %+.1f", 100 * of->low, 100 * of->high);
    terminal_put_left(of->name, 28);
    printf(" %7zu %8.1f %8.1f %+8.1f  %-16s %8.2g\n",
           of->pairs.both + of->pairs.only_first + of->pairs.only_second + of->pairs.neither, 100 * of->first,
           100 * of->second, 100 * of->difference, interval, of->adjusted);
  }
  putchar('\n');
}

static void print_dial(const task *t) {
  printf("dial      average  interval        worst  interval\n");
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++) {
    const despur_dial_point *of = &t->result.dial[p];
    printf("%4.0f %%   %6.1f   %.1f to %.1f   %6.1f   %.1f to %.1f%s\n", 100 * of->position,
           100 * of->average, 100 * of->average_low, 100 * of->average_high, 100 * of->worst,
           100 * of->worst_low, 100 * of->worst_high, of->position == t->view.position ? "  *" : "");
  }
  printf("On validation; all intervals hold together at 95 %%.\n\n");
}

/* Whether a group that is fitted has no training examples. */
static bool is_unseen(const task *t, size_t group) {
  for (size_t i = 0; i < t->data.rows; i++)
    if (t->data.groups[i] == group && t->data.splits[i] == DESPUR_TRAIN) return false;
  return true;
}

/* Splits that came from elsewhere may divide them. */
static void print_divided_units(const task *t) {
  size_t divided = 0;
  unsigned char *seen = t->view.units ? calloc(t->view.units_count, 1) : NULL; /* a bit for each split */
  for (size_t i = 0; seen && i < t->data.rows; i++)
    seen[t->view.units[i]] |= (unsigned char)(1 << t->data.splits[i]);
  for (size_t u = 0; seen && u < t->view.units_count; u++) divided += (seen[u] & (seen[u] - 1)) != 0;
  free(seen);
  if (divided > 0)
    terminal_print(stdout,
                   "note: %zu of %zu values of %s have rows in several splits: test is not of new ones\n",
                   divided, t->view.units_count, t->view.unit);
}

static void print_unseen(const task *t) {
  if (t->data.groups && t->data.groups_count <= t->data.classes)
    printf("note: every class is one group: balancing groups is balancing classes\n");
  for (size_t g = 0; g < t->data.groups_count; g++)
    if (is_unseen(t, g))
      terminal_print(stdout,
                     "note: no training example is in %s: methods that fit training groups cannot help it\n",
                     t->view.fit_names[g]);
}

/* What the chosen method gains by the groups of --groups, less what choosing adds: nobody has checked these.
 */
static double gain_given(const task *t) {
  const despur_repaired *of = &t->result.methods[t->result.best];
  return of->candidates[of->chosen].worst_group - of->optimism - t->result.before.worst_group;
}

static void print_given(const task *t) {
  const despur_repair_result *r = &t->result;
  const despur_repaired *of = &r->methods[r->best];
  const despur_repair_candidate *now = &of->candidates[of->chosen];
  if (!t->given.of_row) return;
  terminal_print(
      stdout,
      "By the groups of %s, on validation: the worst %.1f %% before and %.1f %% now (%.1f corrected), "
      "the average %.1f %% and %.1f %%.\n",
      cli_value(t->arguments, "groups"), 100 * r->before.worst_group, 100 * now->worst_group,
      100 * (now->worst_group - of->optimism), 100 * r->before.average, 100 * now->average);
  if (t->outcome.caution) printf("%s\n", t->outcome.caution);
  if (!(gain_given(t) > 0))
    printf("note: that is no gain even by these groups; the head before is the better one\n");
  putchar('\n');
}

static void print_text(const task *t) {
  const despur_repair_result *r = &t->result;
  size_t counts[DESPUR_SPLITS] = {0};
  for (size_t i = 0; i < t->data.rows; i++) counts[t->data.splits[i]]++;
  printf("%zu training, %zu validation and %zu test examples of %zu features; %zu %s; chosen by %s\n",
         counts[DESPUR_TRAIN], counts[DESPUR_VAL], counts[DESPUR_TEST], t->data.columns, r->groups_count,
         r->of_classes ? "classes (no groups are known)" : "groups",
         despur_repair_rule_name(t->options.rule));
  print_unseen(t);
  print_divided_units(t);
  printf("before: %s\n\n", r->before_given ? "the head that was given" : "ERM");
  print_methods(t);
  print_gaps(t);
  print_fitted_again(t);
  if (cli_value(t->arguments, "dial")) print_dial(t);
  print_groups(t);
  print_given(t);
  printf("%s\n%zu of %zu test examples are predicted otherwise.\n", t->outcome.verdict, t->outcome.changed,
         t->outcome.models[0].predicted.count);
  if (!cli_value(t->arguments, "out")) return;
  if (*t->reread.patched)
    terminal_print(stdout, "patched: %s/%s\n", cli_value(t->arguments, "out"), t->reread.patched);
  printf(
      "Computed again from what was written: logits differ by at most %.2g, %zu of %zu predictions differ.\n",
      t->reread.difference, t->reread.otherwise, t->data.rows);
  terminal_print(stdout, "page: %s/report.html\n", cli_value(t->arguments, "out"));
}

/* ---- JSON ---- */

/* By the groups of --groups, which only the tool knows. */
static void emit_given(emit *j, const task *t) {
  const despur_repair_result *r = &t->result;
  const despur_repaired *of = &r->methods[r->best];
  if (!t->given.of_row) return;
  emit_open(j, "by_given_groups", '{');
  emit_count(j, "partitions", 1 + t->given.partitions_count);
  emit_real(j, "worst_before", r->before.worst_group);
  emit_real(j, "worst_after", of->candidates[of->chosen].worst_group);
  emit_real(j, "gain_corrected", gain_given(t));
  emit_real(j, "average_before", r->before.average);
  emit_real(j, "average_after", of->candidates[of->chosen].average);
  emit_close(j, '}');
}

/* What results.json says, and what only the tool knows. */
static despur_status print_json(const task *t, despur_error *error) {
  emit j = {0};
  char *json = NULL;
  despur_status status = despur_repair_json(&json, &t->outcome, &t->view, error);
  if (status != DESPUR_OK) return status;
  emit_open(&j, NULL, '{');
  emit_members(&j, json);
  examples_emit(&j, &t->examples);
  emit_given(&j, t);
  emit_open(&j, "groups_without_training", '[');
  for (size_t g = 0; g < t->data.groups_count; g++)
    if (is_unseen(t, g)) emit_text(&j, NULL, t->view.fit_names[g]);
  emit_close(&j, ']');
  emit_close(&j, '}');
  free(json);
  return DESPUR_OK;
}

static despur_status print_all(const task *t, despur_error *error) {
  const despur_model *after = &t->outcome.models[1];
  if (cli_value(t->arguments, "json")) return print_json(t, error);
  examples_print(&t->examples);
  despur_status status = columns_print_units(&after->predicted, &after->scores, error);
  if (status == DESPUR_OK) print_text(t);
  return status;
}

/* ---- the verb ---- */

static despur_status check_words(const cli_arguments *arguments, despur_error *error) {
  if (arguments->count == 0)
    return cli_fail(error, DESPUR_BAD_USAGE, "repair: expected a file of features, found none");
  if (cli_value(arguments, "patch") && !cli_value(arguments, "out"))
    return cli_fail(error, DESPUR_BAD_USAGE, "--patch: the copy is written into --out DIR");
  if (cli_value(arguments, "patch") && !cli_value(arguments, "head"))
    return cli_fail(error, DESPUR_BAD_USAGE, "--patch: goes with --head, which says what is exchanged");
  return DESPUR_OK;
}

despur_status repair_carry_out(const cli_arguments *arguments, bool print, despur_error *error) {
  task t = {.arguments = arguments};
  long threads = 1;
  despur_status status = check_words(arguments, error);
  if (status == DESPUR_OK) status = repair_settings(&t.options, arguments, error);
  if (status == DESPUR_OK)
    status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  t.options.threads = (int)threads;
  if (status == DESPUR_OK) status = read_data(&t, error);
  if (status == DESPUR_OK) status = despur_repair(&t.result, &t.data, &t.options, error);
  if (status == DESPUR_OK) status = turn_dial(&t, error);
  if (status == DESPUR_OK) status = measure(&t, error);
  if (status == DESPUR_OK && cli_value(arguments, "out")) status = write_directory(&t, error);
  if (status == DESPUR_OK && print) status = print_all(&t, error);
  task_release(&t);
  return status;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  return repair_carry_out(arguments, true, error);
}

const cli_verb cli_repair = {
    .name = "repair",
    .usage = "FEATURES --labels FILE [OPTIONS] [KEY=VALUE...]",
    .summary = "fit a better last layer on features, and hand it back",
    .help =
        "Fits the last layer of a network again, on the features that the rest computes, so that its worst "
        "group does\n"
        "better. Groups are the label with --groups (inferred, as 'despur audit' leaves them, or your own); "
        "without them\n"
        "the label with --attributes or --by; without those the classes. Fitting and choosing see these "
        "groups; test\n"
        "examples are measured by the attributes, if there are any. Without --splits half of the examples, "
        "drawn by\n"
        "seed, are for training, a fifth for validation, the rest for test. Rows of one --unit stay together "
        "in splits\n"
        "and folds, and intervals on test hold for units; --weight is how much an example counts, in "
        "fitting, "
        "choosing\n"
        "and measuring (the dial and what choosing adds are of rows). Each example is in one group: --by "
        "male,female\n"
        "makes a group of each combination, in place of --overlapping.\n"
        "\n"
        "Methods, and the groups that must be known to fit them:\n"
        "  erm        none        every example counts the same; l2\n"
        "  afr        none        weights beta exp(-gamma p), pulled to the old head; gamma, lambda\n"
        "  balanced   training    every group counts the same; l2\n"
        "  groupdro   training    the largest loss of a group is as small as can be; l2\n"
        "  dfr_train  training    l1 on balanced subsets, averaged; c\n"
        "  dfr        validation  the same on validation examples; c\n"
        "  dispel     validation  the same on mixtures with training examples; c, mix\n"
        "  dpe        validation  an ensemble of unlike prototypes on balanced subsets; scale, diversity\n"
        "  offsets    validation  a threshold for each class, nothing else\n"
        "\n"
        "Settings: select=worst_group|worst_class|average is the rule by which parameters, and of several "
        "methods one,\n"
        "are chosen on validation examples (in folds where a method is fitted on them); seed, folds (5), "
        "refits "
        "(20);\n"
        "fit=both: what is chosen is fitted on training and validation examples, by methods that are fitted "
        "on the former;\n"
        "l2, c, mix, gamma, lambda, scale, diversity: a value or several with commas. Test examples are "
        "looked "
        "at once,\n"
        "afterwards.\n"
        "\n"
        "The head before is --head (FILE or FILE:NAME: safetensors, .pth, ONNX) or ERM's. --out leaves "
        "report.html,\n"
        "results.json, changes.csv, and the new head in head.safetensors and head.npz; --patch a copy of a "
        "model with\n"
        "the head exchanged. --min-average and --max-loss choose a head between the old and the new one: the "
        "best worst\n"
        "group among those that surely are accurate enough on validation. Exit status 1: none is; 5: too few "
        "examples to\n"
        "tell.\n"
        "\n"
        "Examples:\n"
        "  despur repair x.npy --labels y.npy --attributes a.npy --splits s.npy --method all --out repaired\n"
        "  despur repair x.npy --labels y.npy --groups groups.csv --method groupdro --json\n"
        "  despur repair x.npy --labels y.npy --attributes a.npy --head model.pth:fc --patch model.pth --out "
        "r\n"
        "  despur repair x.npy --table meta.csv --label y --by sex --max-loss 0.01 select=worst_group\n"
        "  despur repair x.npy --table visits.csv --by site --unit patient --weight wt\n",
    .options = {{"labels", "FILE",
                 "a whole number for each row: its class (.npy, FILE.npz:NAME, FILE.safetensors:NAME)"},
                {"splits", "FILE", "0, 1 or 2 for each row: training, validation, test"},
                {"attributes", "FILE", "a whole number for each row: what is known of it beside the class"},
                {"table", "FILE", "a table with a line for each row, for the columns that follow"},
                {"label", "COL", "the column with the labels"},
                {"split", "COL", "the column that says train, val or test"},
                {"attribute", "COL", "the column with the attribute"},
                {"id", "COL", "the column that tells examples apart"},
                {"by", "COL,COL", "columns that make groups within labels; age:4, age:18,65 cut numbers"},
                {"unit", "COL",
                 "patients, documents, ...: kept together, and intervals on test hold for them"},
                {"weight", "COL", "how much each example counts: survey or importance weights"},
                {"groups", "FILE",
                 "groups within labels: whole numbers (a matrix: several partitions), or a table with "
                 "a column 'group'"},
                {"method", "NAME", "which one, or all of them (default)"},
                {"head", "FILE:NAME", "the last layer to repair"},
                {"patch", "MODEL", "write a copy of it with the new last layer into DIR"},
                {"dial", NULL, "print accuracies between the old head and the new one"},
                {"min-average", "A", "average accuracy, from 0 to 1, that must surely remain"},
                {"max-loss", "L", "how much of it, from 0 to 1, may be lost"},
                {"out", "DIR", "leave the head, a page and results.json there"},
                {"force", NULL, "write into DIR although something else is there"},
                {"threads", "N", "processors to use (default all); results do not depend on it"},
                {"json", NULL, "results as JSON on stdout"}},
    .never = {{"overlapping", NULL,
               "groups must be a partition, for each example counts in one; --by male,female makes "
               "one group of each combination (of fractions: --by male:0.5,female:0.5)"}},
    .words = CLI_KEYS,
    .execute = execute};
