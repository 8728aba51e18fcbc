/* despur plan: how many examples a difference needs. */
#include "cli.h"
#include "emit.h"

#include "despur/stats.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

static const double STEPS[] = {0.01, 0.02, 0.03, 0.05, 0.1, 0.2};

/* What the numbers depend on. */
typedef struct question {
  double accuracy, power, confidence, corrected; /* corrected: confidence for each of `groups` tests */
  double disagree;                               /* negative: as independent models would */
  long groups;
} question;

typedef struct row {
  double difference, disagree;
  size_t threshold, paired, unpaired;
} row;

static row answer(const question *q, double difference) {
  double first = q->accuracy, second = first + difference;
  row r = {.difference = difference, .disagree = q->disagree};
  if (r.disagree < 0) r.disagree = first * (1 - second) + second * (1 - first);
  r.threshold = despur_plan_threshold(first, second, q->corrected, q->power);
  r.paired = despur_plan_paired(first, second, r.disagree, q->corrected, q->power);
  r.unpaired = despur_plan_unpaired(first, second, q->corrected, q->power);
  return r;
}

static despur_status question_of(question *q, const cli_arguments *arguments, despur_error *error) {
  if (arguments->count > 0)
    return cli_fail(error, DESPUR_BAD_USAGE, "plan: expected options only, found '%s'",
                    arguments->positional[0]);
  if (!cli_value(arguments, "accuracy"))
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "plan: expected --accuracy A, about how accurate the group is, such as 0.75");
  despur_status status = cli_real(&q->accuracy, arguments, "accuracy", 0.001, 0.999, 0, error);
  if (status == DESPUR_OK) status = cli_real(&q->power, arguments, "power", 0.05, 0.999, 0.8, error);
  if (status == DESPUR_OK) status = cli_confidence(&q->confidence, arguments, error);
  if (status == DESPUR_OK) status = cli_real(&q->disagree, arguments, "disagree", 0, 1, -1, error);
  if (status == DESPUR_OK) status = cli_integer(&q->groups, arguments, "groups", 1, 100000, 1, error);
  if (status == DESPUR_OK) q->corrected = 1 - (1 - q->confidence) / (double)q->groups;
  return status;
}

/* The differences to answer for: that of --difference, or a choice of them. */
static despur_status rows_of(row *rows, size_t *count, const question *q, const cli_arguments *arguments,
                             despur_error *error) {
  double difference;
  despur_status status = cli_real(&difference, arguments, "difference", -1, 1, 0, error);
  *count = 0;
  if (status != DESPUR_OK) return status;
  if (cli_value(arguments, "difference")) {
    double other = q->accuracy + difference;
    if (difference == 0 || other <= 0 || other >= 1)
      return cli_fail(
          error, DESPUR_BAD_USAGE,
          "--difference: expected one that leads from %g to another accuracy between 0 and 1, found '%s'",
          q->accuracy, cli_value(arguments, "difference"));
    if (q->disagree >= 0 && q->disagree < fabs(difference))
      return cli_fail(error, DESPUR_BAD_USAGE,
                      "--disagree: models that differ by %g disagree on as much at least", fabs(difference));
    rows[(*count)++] = answer(q, difference);
    return DESPUR_OK;
  }
  for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++)
    if (q->accuracy + STEPS[i] < 0.9995 && (q->disagree < 0 || q->disagree >= STEPS[i]))
      rows[(*count)++] = answer(q, STEPS[i]);
  if (*count == 0)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "plan: none of the usual differences is possible: say --difference");
  return DESPUR_OK;
}

static void print_text(const question *q, const row *rows, size_t count) {
  printf("examples of a group at about %g %%, to see a difference with probability %g %%\n",
         100 * q->accuracy, 100 * q->power);
  printf("at %g %% confidence", 100 * q->confidence);
  if (q->groups > 1) printf(" over %ld groups (%.6g %% each)", q->groups, 100 * q->corrected);
  printf("\n\n%10s%14s%18s%18s\n", "", "", "two models on", "two models, each");
  printf("%10s%14s%18s%18s\n", "difference", "a threshold", "the same examples", "on its own");
  for (size_t i = 0; i < count; i++)
    printf("%+10.1f%14zu%18zu%18zu\n", 100 * rows[i].difference, rows[i].threshold, rows[i].paired,
           rows[i].unpaired);
  puts(q->disagree < 0
           ? "\nSame examples: exactly one of the models is right as often as if they erred independently;\n"
             "--disagree says how often it is."
           : "");
}

static void print_json(const question *q, const row *rows, size_t count) {
  emit j = {0};
  emit_open(&j, NULL, '{');
  emit_real(&j, "accuracy", q->accuracy);
  emit_real(&j, "power", q->power);
  emit_real(&j, "confidence", q->confidence);
  emit_count(&j, "groups", (size_t)q->groups);
  emit_open(&j, "differences", '[');
  for (size_t i = 0; i < count; i++) {
    emit_open(&j, NULL, '{');
    emit_real(&j, "difference", rows[i].difference);
    emit_count(&j, "threshold", rows[i].threshold);
    emit_count(&j, "paired", rows[i].paired);
    emit_real(&j, "disagree", rows[i].disagree);
    emit_count(&j, "unpaired", rows[i].unpaired);
    emit_close(&j, '}');
  }
  emit_close(&j, ']');
  emit_close(&j, '}');
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  question q = {0};
  row rows[sizeof STEPS / sizeof *STEPS];
  size_t count;
  despur_status status = question_of(&q, arguments, error);
  if (status == DESPUR_OK) status = rows_of(rows, &count, &q, arguments, error);
  if (status == DESPUR_OK) (cli_value(arguments, "json") ? print_json : print_text)(&q, rows, count);
  return status;
}

const cli_verb cli_plan = {
    .name = "plan",
    .usage = "--accuracy A [--difference D] [OPTIONS]",
    .summary = "say how many examples of a group one needs to see a difference",
    .help = "Three questions at once, for a group whose accuracy is about A. A threshold: until the group's "
            "interval\n"
            "leaves out A + D. Two models on the same examples, A and A + D accurate: until McNemar's exact "
            "test finds\n"
            "it; the more often exactly one of them is right (--disagree), the more it takes. Two models, "
            "each on\n"
            "examples of its own. Without --difference a choice of differences is shown.\n"
            "\n"
            "Examples:\n"
            "  despur plan --accuracy 0.75\n"
            "  despur plan --accuracy 0.75 --difference 0.05 --disagree 0.12 --groups 25 --power 0.9\n",
    .options = {{"accuracy", "A", "about how accurate the group is (a fraction)"},
                {"difference", "D", "to be seen, such as 0.05 or -0.05"},
                {"power", "P", "probability to see it (default 0.8)"},
                {"confidence", "C", "of not seeing what is not there (default 0.95)"},
                {"disagree", "S", "share of examples on which exactly one model is right"},
                {"groups", "N", "groups that are tested at once, for Holm's correction (default 1)"},
                {"json", NULL, "results as JSON on stdout"}},
    .execute = execute};
