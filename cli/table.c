/* Tables on stdout. Accuracies are in per cent; what does not exist is a dash. */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const SPLITS[] = {"train", "validation", "test"};

enum { NAME_WIDTH = 34, CELL_WIDTH = 12 };

/* Headings may be wider than a cell. */
static int cell_width(const char *label) {
  int length = (int)strlen(label);
  return length + 2 > CELL_WIDTH ? length + 2 : CELL_WIDTH;
}

static void print_percent(double accuracy, int width) {
  if (isnan(accuracy))
    printf("%*s", width, "-");
  else
    printf("%*.1f %%", width - 2, 100 * accuracy);
}

/* One row: a measure of every stage. */
static void print_row(const char *name, const despur_stage_result *stages, size_t count,
                      double (*measure)(const despur_scores *scores)) {
  printf("%-*s", NAME_WIDTH, name);
  for (size_t i = 0; i < count; i++) print_percent(measure(&stages[i].scores), cell_width(stages[i].label));
  putchar('\n');
}

static double worst_group(const despur_scores *s) {
  return s->worst_group < s->groups_count ? s->worst_group_accuracy : (double)NAN;
}

static double average(const despur_scores *s) {
  return s->average_accuracy;
}

static double weighted(const despur_scores *s) {
  return s->train_weighted_average;
}

static double balanced(const despur_scores *s) {
  return s->balanced_group_accuracy;
}

static double worst_class(const despur_scores *s) {
  return s->worst_class_accuracy;
}

static double attribute(const despur_scores *s) {
  return s->attribute_accuracy;
}

static void print_heading(const char *name, const despur_stage_result *stages, size_t count) {
  printf("%-*s", NAME_WIDTH, name);
  for (size_t i = 0; i < count; i++) printf("%*s", cell_width(stages[i].label), stages[i].label);
  putchar('\n');
}

static void print_measures(const despur_stage_result *stages, size_t count) {
  print_row("worst group", stages, count, worst_group);
  print_row("average over examples", stages, count, average);
  print_row("average weighted by training", stages, count, weighted);
  print_row("mean over groups", stages, count, balanced);
  print_row("worst class", stages, count, worst_class);
  print_row("predicts the attribute", stages, count, attribute);
}

static void print_groups(const despur_stage_result *stages, size_t count) {
  const despur_scores *first = &stages[0].scores;
  for (size_t g = 0; g < first->groups_count; g++) {
    char name[DESPUR_GROUP_NAME + 64];
    const despur_group_score *group = &first->groups[g];
    snprintf(name, sizeof name, "  %-12s %7zu %9zu", group->name, group->count, group->train_count);
    printf("%-*s", NAME_WIDTH, name);
    for (size_t i = 0; i < count; i++)
      print_percent(stages[i].scores.groups[g].accuracy, cell_width(stages[i].label));
    putchar('\n');
  }
}

static void print_share(const char *name, double share) {
  if (isnan(share))
    printf(", %s undefined", name);
  else
    printf(", %s %.1f %%", name, 100 * share);
}

static void print_agreement(const despur_run_result *result) {
  if (!result->inferred) return;
  printf("inferred groups against true ones: adjusted Rand index %.3f", result->agreement.adjusted_rand);
  print_share("minority precision", result->agreement.minority_precision);
  print_share("recall", result->agreement.minority_recall);
  printf("\n\n");
}

/* Words in lines of at most that many characters. */
static void print_wrapped(const char *words, size_t width) {
  size_t column = 0;
  while (*words) {
    size_t length = strcspn(words, " ");
    if (column > 0 && column + 1 + length > width) {
      putchar('\n');
      column = 0;
    }
    column += (size_t)printf("%s%.*s", column ? " " : "", (int)length, words);
    words += length;
    words += strspn(words, " ");
  }
  putchar('\n');
}

static void print_verdict(const despur_run_result *result) {
  if (result->verdict) {
    print_wrapped(result->verdict, 78);
    putchar('\n');
  }
  if (result->stage_count == 0) return;
  printf("worst-group accuracy: ");
  for (size_t i = 0; i < result->stage_count; i++)
    printf("%s%s %.1f %%", i ? " -> " : "", result->stages[i].label,
           100 * result->stages[i].scores.worst_group_accuracy);
  putchar('\n');
}

void report_print_run(const despur_run_result *result) {
  const despur_stage_result *stages = result->stages;
  char title[64];
  if (result->stage_count > 0) {
    snprintf(title, sizeof title, "accuracy on the %s split", SPLITS[result->split]);
    print_heading(title, stages, result->stage_count);
    print_measures(stages, result->stage_count);
    putchar('\n');
    snprintf(title, sizeof title, "group %14s %9s", SPLITS[result->split], "train");
    print_heading(title, stages, result->stage_count);
    print_groups(stages, result->stage_count);
    putchar('\n');
  }
  print_agreement(result);
  print_verdict(result);
  printf("run directory: %s\n", result->directory);
}

void report_print_scores(const despur_scores *scores, const char *label) {
  despur_stage_result stage = {.scores = *scores};
  snprintf(stage.label, sizeof stage.label, "%s", label);
  print_heading("accuracy", &stage, 1);
  print_measures(&stage, 1);
  putchar('\n');
  print_heading("group           count     train", &stage, 1);
  print_groups(&stage, 1);
}

void report_json_string(const char *text) {
  putchar('"');
  for (; *text; text++) {
    if (*text == '"' || *text == '\\')
      printf("\\%c", *text);
    else if ((unsigned char)*text < 0x20)
      printf("\\u%04x", (unsigned char)*text);
    else
      putchar(*text);
  }
  putchar('"');
}

void report_json_number(const char *name, double value) {
  if (isfinite(value))
    printf("\"%s\":%.12g", name, value);
  else
    printf("\"%s\":null", name);
}

void report_print_scores_json(const despur_scores *scores, const char *label) {
  printf("{\"label\":");
  report_json_string(label);
  putchar(',');
  report_json_number("worst_group_accuracy", worst_group(scores));
  putchar(',');
  report_json_number("average_accuracy", scores->average_accuracy);
  putchar(',');
  report_json_number("train_weighted_average", scores->train_weighted_average);
  putchar(',');
  report_json_number("balanced_group_accuracy", scores->balanced_group_accuracy);
  putchar(',');
  report_json_number("worst_class_accuracy", scores->worst_class_accuracy);
  putchar(',');
  report_json_number("attribute_accuracy", scores->attribute_accuracy);
  putchar(',');
  report_json_number("loss", scores->loss);
  printf(",\"groups\":[");
  for (size_t g = 0; g < scores->groups_count; g++) {
    printf("%s{\"name\":", g ? "," : "");
    report_json_string(scores->groups[g].name);
    printf(",\"count\":%zu,\"correct\":%zu,", scores->groups[g].count, scores->groups[g].correct);
    report_json_number("accuracy", scores->groups[g].accuracy);
    printf(",\"train_count\":%zu}", scores->groups[g].train_count);
  }
  printf("]}");
}

void report_print_run_json(const despur_run_result *result) {
  printf("{\"directory\":");
  report_json_string(result->directory);
  if (result->verdict) {
    printf(",\"verdict\":");
    report_json_string(result->verdict);
  }
  printf(",\"split\":\"%s\",\"stages\":[", SPLITS[result->split]);
  for (size_t i = 0; i < result->stage_count; i++) {
    if (i) putchar(',');
    report_print_scores_json(&result->stages[i].scores, result->stages[i].label);
  }
  putchar(']');
  if (result->inferred) {
    printf(",\"agreement\":{");
    report_json_number("adjusted_rand", result->agreement.adjusted_rand);
    putchar(',');
    report_json_number("minority_precision", result->agreement.minority_precision);
    putchar(',');
    report_json_number("minority_recall", result->agreement.minority_recall);
    putchar('}');
  }
  printf("}\n");
}
