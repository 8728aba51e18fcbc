#include "despur/check.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/text.h"
#include "despur/stats.h"
#include "despur/text.h"
#include "eval/difference.h"
#include "eval/predicted.h"
#include "io/file.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

static const double POWER = 0.8; /* of what `needed` promises */

void despur_check_name(const despur_check *check, char name[64]) {
  static const char *const NAMES[] = {"worst group at least", "average at least", "gap at most"};
  name[0] = 0;
  if ((unsigned)check->condition <= DESPUR_GAP_AT_MOST)
    format_text(name, 64, "%s %g", NAMES[check->condition], check->bound);
}

static despur_status worst_interval(despur_interval *out, const despur_scores *scores, double confidence,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *correct = NULL, groups = scores->groups_count - scores->groups_aside;
  TRY(mem_alloc(&correct, 2 * groups, sizeof *correct, error));
  for (size_t g = 0; g < groups; g++) {
    correct[g] = scores->groups[g].correct;
    correct[groups + g] = scores->groups[g].count;
  }
  TRY(despur_minimum_interval(out, correct, correct + groups, groups, confidence, error));
cleanup:
  mem_free(correct);
  return status;
}

static despur_answer answer(const despur_check *check) {
  bool at_most = check->condition == DESPUR_GAP_AT_MOST;
  if (at_most ? check->high <= check->bound : check->low >= check->bound) return DESPUR_HOLDS;
  if (at_most ? check->low > check->bound : check->high < check->bound) return DESPUR_DOES_NOT_HOLD;
  return DESPUR_UNDECIDED;
}

static void measure(despur_check *check, const despur_scores *scores, despur_interval worst,
                    double confidence) {
  despur_interval average = despur_wilson_interval(scores->correct, scores->count, confidence), interval;
  check->needed = 0;
  check->degenerate = scores->degenerate;
  check->group =
      check->condition == DESPUR_AVERAGE_AT_LEAST ? NULL : scores->groups[scores->worst_group].name;
  switch (check->condition) {
  case DESPUR_WORST_GROUP_AT_LEAST:
    check->value = scores->worst_group_accuracy;
    interval = worst;
    break;
  case DESPUR_AVERAGE_AT_LEAST:
    check->value = scores->average_accuracy;
    interval = average;
    break;
  default:
    check->value = scores->average_accuracy - scores->worst_group_accuracy;
    interval = difference_interval(scores->worst_group_accuracy, worst, scores->average_accuracy, average, 0);
  }
  check->low = interval.low;
  check->high = interval.high;
  check->answer = answer(check);
  if (check->answer == DESPUR_UNDECIDED && check->condition != DESPUR_GAP_AT_MOST)
    check->needed = despur_plan_threshold(check->value, check->bound, confidence, POWER);
}

static despur_status explain(text *out, const despur_check *check, despur_error *error) {
  static const char *const WORDS[] = {"holds", "does not hold", "undecided: too little data"};
  despur_status status = DESPUR_OK;
  char name[64], sentence[256];
  despur_check_name(check, name);
  TRY(text_add(out, error, "%s: %s; it is %.4f (%.4f to %.4f)", name, WORDS[check->answer], check->value,
               check->low, check->high));
  if (check->group) TRY(text_add(out, error, ", worst group %s", check->group));
  if (check->needed > 0)
    TRY(text_add(out, error, "; %zu examples%s would probably tell", check->needed,
                 check->condition == DESPUR_WORST_GROUP_AT_LEAST ? " of the worst group" : ""));
  if (despur_degenerate_sentence(sentence, &check->degenerate) > 0)
    TRY(text_add(out, error, "; DEGENERATE predictions: %s", sentence));
cleanup:
  return status;
}

despur_status despur_check_scores(despur_check *checks, size_t count, const despur_scores *scores,
                                  double confidence, despur_error *error) {
  despur_status status = DESPUR_OK, verdict = DESPUR_OK;
  despur_interval worst;
  text words = {0};
  size_t groups = 0;
  for (size_t g = 0; g + scores->groups_aside < scores->groups_count; g++)
    groups += scores->groups[g].count > 0;
  TRY(check_confidence(confidence, error));
  for (size_t i = 0; i < count; i++)
    if ((unsigned)checks[i].condition > DESPUR_GAP_AT_MOST)
      FAIL(error, DESPUR_BAD_USAGE, "check: no condition has the number %u", (unsigned)checks[i].condition);
  if (groups == 0) FAIL(error, DESPUR_BAD_INPUT, "check: no group has an example");
  TRY(worst_interval(&worst, scores, confidence, error));
  for (size_t i = 0; i < count; i++) {
    despur_status one[] = {DESPUR_OK, DESPUR_GATE_FAILED, DESPUR_TOO_LITTLE_DATA};
    measure(&checks[i], scores, worst, confidence);
    if (checks[i].answer == DESPUR_HOLDS || verdict == DESPUR_GATE_FAILED) continue;
    if (verdict == DESPUR_TOO_LITTLE_DATA && checks[i].answer == DESPUR_UNDECIDED) continue;
    mem_free(words.data);
    words = (text){0};
    TRY(explain(&words, &checks[i], error));
    verdict = error_set(error, one[checks[i].answer], "%s", words.data);
  }
  status = verdict;
cleanup:
  mem_free(words.data);
  return status;
}

/* ---- JUnit ---- */

static despur_status print_escaped(file_writer *writer, const char *at, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t length; *at; at += length ? length : 1) {
    length = despur_text_character(at);
    switch (length == 1 ? *at : 0) {
    case '&':
      TRY(file_print(writer, error, "&amp;"));
      break;
    case '<':
      TRY(file_print(writer, error, "&lt;"));
      break;
    case '"':
      TRY(file_print(writer, error, "&quot;"));
      break;
    default:
      TRY(file_print(writer, error, "%.*s", length ? (int)length : 1, length ? at : "?"));
    }
  }
cleanup:
  return status;
}

static despur_status print_case(file_writer *writer, const despur_check *check, const char *subject,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  static const char *const ELEMENTS[] = {NULL, "failure", "error"};
  char name[64];
  text words = {0};
  despur_check_name(check, name);
  TRY(explain(&words, check, error));
  TRY(file_print(writer, error, "  <testcase classname=\""));
  TRY(print_escaped(writer, subject, error));
  TRY(file_print(writer, error, "\" name=\"%s\">", name));
  if (ELEMENTS[check->answer])
    TRY(file_print(writer, error, "<%s message=\"", ELEMENTS[check->answer]));
  else
    TRY(file_print(writer, error, "<system-out>"));
  TRY(print_escaped(writer, words.data, error));
  TRY(file_print(writer, error, ELEMENTS[check->answer] ? "\"/>" : "</system-out>"));
  TRY(file_print(writer, error, "</testcase>\n"));
cleanup:
  mem_free(words.data);
  return status;
}

despur_status despur_check_write_junit(const despur_check *checks, size_t count, const char *subject,
                                       const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  size_t answers[3] = {0};
  for (size_t i = 0; i < count; i++) answers[checks[i].answer]++;
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"despur check\" "));
  TRY(file_print(writer, error, "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n", count,
                 answers[DESPUR_DOES_NOT_HOLD], answers[DESPUR_UNDECIDED]));
  for (size_t i = 0; i < count; i++) TRY(print_case(writer, &checks[i], subject, error));
  TRY(file_print(writer, error, "</testsuite>\n"));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}
