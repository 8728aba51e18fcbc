/* What came of conditions, in files for other programs. */
#include "base/memory.h"
#include "base/text.h"
#include "despur/text.h"
#include "eval/check_words.h"
#include "eval/units_words.h"
#include "io/file.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* "Intervals hold for 40 units drawn at random, not for rows; design effect up to 3.0 in ..."; empty where
 * examples are drawn by themselves and weigh alike. */
static despur_status add_effect(text *out, const despur_scores *scores, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (scores->units_count > 0)
    TRY(text_add(out, error, "Intervals hold for %zu units drawn at random, not for rows",
                 scores->units_count));
  if (scores->weighted)
    TRY(text_add(out, error, "%s: %zu are worth %.1f that weigh alike",
                 scores->units_count > 0 ? "; rows weigh" : "Rows weigh", scores->count,
                 scores->effective.count));
  if (scores->overlapping)
    TRY(text_add(out, error,
                 "%s: intervals of the worst group and of differences between groups take it into account",
                 out->length > 0 ? "; groups overlap" : "Groups overlap"));
  if (scores->effective.units > 0) TRY(units_add_effect(out, scores, error));
cleanup:
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

static despur_status print_effect(file_writer *writer, const despur_scores *scores, despur_error *error) {
  despur_status status = DESPUR_OK;
  text words = {0};
  if (scores) TRY(add_effect(&words, scores, error));
  if (words.length == 0) goto cleanup;
  TRY(file_print(writer, error, "  <properties><property name=\"design effect\" value=\""));
  TRY(print_escaped(writer, words.data, error));
  TRY(file_print(writer, error, "\"/></properties>\n"));
cleanup:
  mem_free(words.data);
  return status;
}

static despur_status print_case(file_writer *writer, const despur_check *check, const char *subject,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  static const char *const ELEMENTS[] = {NULL, "failure", "error"};
  char name[DESPUR_CHECK_NAME];
  text words = {0};
  despur_check_name(check, name);
  TRY(check_explain(&words, check, error));
  TRY(file_print(writer, error, "  <testcase classname=\""));
  TRY(print_escaped(writer, subject, error));
  TRY(file_print(writer, error, "\" name=\""));
  TRY(print_escaped(writer, name, error));
  TRY(file_print(writer, error, "\">"));
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

despur_status despur_check_write_junit(const despur_check *checks, size_t count,
                                       const despur_check_subject *subject, const char *path,
                                       despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  size_t answers[3] = {0};
  for (size_t i = 0; i < count; i++) answers[checks[i].answer]++;
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"despur check\" "));
  TRY(file_print(writer, error, "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n", count,
                 answers[DESPUR_DOES_NOT_HOLD], answers[DESPUR_UNDECIDED]));
  TRY(print_effect(writer, subject->scores, error));
  for (size_t i = 0; i < count; i++) TRY(print_case(writer, &checks[i], subject->name, error));
  TRY(file_print(writer, error, "</testsuite>\n"));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}

/* ---- Markdown ---- */

/* What could be markup, or call somebody, becomes a number that is shown as the character. */
static despur_status add_plain(text *out, const char *at, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t length; *at; at += length ? length : 1) {
    length = despur_text_character(at);
    unsigned char c = (unsigned char)*at;
    if (length == 0 || c < ' ' || c == 127)
      TRY(text_add(out, error, "?"));
    else if (strchr("\\`*_[]<>#|~&@:$", *at))
      TRY(text_add(out, error, "&#%d;", *at));
    else
      TRY(text_add(out, error, "%.*s", (int)length, at));
  }
cleanup:
  return status;
}

static despur_status add_row(text *out, const despur_check *check, despur_error *error) {
  static const char *const WORDS[] = {"holds", "**does not hold**", "*undecided*"};
  despur_status status = DESPUR_OK;
  char name[DESPUR_CHECK_NAME];
  bool ratio = check->condition == DESPUR_RATIO_AT_LEAST;
  double scale = ratio ? 1 : 100;
  int decimals = ratio ? 3 : 2;
  despur_check_name(check, name);
  TRY(text_add(out, error, "| "));
  TRY(add_plain(out, name, error));
  TRY(text_add(out, error, " | %s | ", WORDS[check->answer]));
  if (isnan(check->value))
    TRY(text_add(out, error, "- | - | "));
  else
    TRY(text_add(out, error, "%.*f%s | %.*f to %.*f | ", decimals, scale * check->value, ratio ? "" : " %",
                 decimals, scale * check->low, decimals, scale * check->high));
  if (check->group) TRY(add_plain(out, check->group, error));
  if (check->other) TRY(text_add(out, error, " to "));
  if (check->other) TRY(add_plain(out, check->other, error));
  TRY(text_add(out, error, " |\n"));
cleanup:
  return status;
}

static despur_status add_markdown(text *out, const despur_check *checks, size_t count,
                                  const despur_check_subject *subject, double confidence,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t answers[3] = {0};
  char sentence[256];
  text effect = {0};
  for (size_t i = 0; i < count; i++) answers[checks[i].answer]++;
  TRY(text_add(out, error, "<!-- Made by despur check -->\n### "));
  TRY(add_plain(out, subject->name, error));
  TRY(text_add(out, error, ": %s\n\n",
               answers[DESPUR_DOES_NOT_HOLD] ? "conditions do not hold"
               : answers[DESPUR_UNDECIDED]   ? "too little data to say"
                                             : "all conditions hold"));
  if (despur_degenerate_sentence(sentence, &subject->scores->degenerate) > 0) {
    TRY(text_add(out, error, "**Degenerate predictions**: "));
    TRY(add_plain(out, sentence, error));
    TRY(text_add(out, error, ".\n\n"));
  }
  TRY(add_effect(&effect, subject->scores, error));
  if (effect.length > 0) {
    TRY(add_plain(out, effect.data, error));
    TRY(text_add(out, error, ".\n\n"));
  }
  TRY(text_add(out, error, "| condition | | measured | %g %% interval | groups |\n|---|---|--:|---|---|\n",
               100 * confidence));
  for (size_t i = 0; i < count; i++) TRY(add_row(out, &checks[i], error));
cleanup:
  mem_free(effect.data);
  return status;
}

despur_status despur_check_markdown(char **out, const despur_check *checks, size_t count,
                                    const despur_check_subject *subject, double confidence,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  text words = {0};
  *out = NULL;
  TRY(add_markdown(&words, checks, count, subject, confidence, error));
  *out = words.data;
  words.data = NULL;
cleanup:
  mem_free(words.data);
  return status;
}

despur_status despur_check_write_markdown(const despur_check *checks, size_t count,
                                          const despur_check_subject *subject, double confidence,
                                          const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  text words = {0};
  TRY(add_markdown(&words, checks, count, subject, confidence, error));
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error, "%s", words.data));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  mem_free(words.data);
  return status;
}
