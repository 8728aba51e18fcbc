#include "columns.h"

#include "terminal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WIDTH = 100 }; /* of sentences */

static despur_status character_of(char *out, const cli_arguments *arguments, const char *name,
                                  despur_error *error) {
  const char *value = cli_value(arguments, name);
  *out = 0;
  if (!value) return DESPUR_OK;
  *out = value[0];
  if (strcmp(value, "tab") == 0 || strcmp(value, "\\t") == 0) *out = '\t';
  if ((*out != '\t' && value[1]) || strchr("\"\n\r", *out))
    return cli_fail(error, DESPUR_BAD_USAGE, "--%s: expected one character, or 'tab', found '%s'", name,
                    value);
  return DESPUR_OK;
}

despur_status columns_of(despur_columns *out, const cli_arguments *arguments, despur_error *error) {
  *out = (despur_columns){.label = cli_value(arguments, "label"),
                          .prediction = cli_value(arguments, "prediction"),
                          .score = cli_value(arguments, "score"),
                          .positive = cli_value(arguments, "positive"),
                          .probabilities = cli_value(arguments, "probabilities"),
                          .by = cli_value(arguments, "by"),
                          .overlapping = cli_value(arguments, "overlapping"),
                          .split = cli_value(arguments, "split"),
                          .id = cli_value(arguments, "id"),
                          .unit = cli_value(arguments, "unit"),
                          .weight = cli_value(arguments, "weight"),
                          .whole_groups = cli_value(arguments, "whole-groups"),
                          .with_missing = cli_value(arguments, "with-missing")};
  long least;
  despur_status status = cli_integer(&least, arguments, "min-count", 0, INT32_MAX, 0, error);
  out->min_count = (size_t)least;
  if (status == DESPUR_OK && cli_value(arguments, "at") && !out->overlapping)
    status = cli_fail(error, DESPUR_BAD_USAGE, "--at: goes with --overlapping only");
  if (status == DESPUR_OK) status = cli_fraction(&out->at, arguments, "at", error);
  if (status == DESPUR_OK) status = cli_fraction(&out->threshold, arguments, "threshold", error);
  if (status == DESPUR_OK) status = character_of(&out->separator, arguments, "separator", error);
  if (status == DESPUR_OK) status = character_of(&out->comment, arguments, "comment", error);
  return status;
}

const char *columns_table_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return strcmp(path, "-") == 0 ? "standard input" : slash && slash[1] ? slash + 1 : path;
}

bool columns_given(const cli_arguments *arguments) {
  static const cli_option OPTIONS[] = {COLUMN_OPTIONS};
  for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
    if (strcmp(OPTIONS[i].name, "split") != 0 && cli_value(arguments, OPTIONS[i].name)) return true;
  return false;
}

void columns_print(const despur_predicted *p, const char *path) {
  struct stat about;
  if (!p->columns || (stat(path, &about) == 0 && S_ISDIR(about.st_mode))) return;
  terminal_put(p->columns);
  putchar('\n');
  for (size_t i = 0; i < p->notes_count; i++) {
    fputs("note: ", stdout);
    terminal_put(p->notes[i]);
    putchar('\n');
  }
  putchar('\n');
}

despur_status columns_print_units(const despur_predicted *p, const despur_scores *scores,
                                  despur_error *error) {
  char *sentence = NULL;
  if (!p->units && !p->weights) return DESPUR_OK;
  despur_status status = despur_units_sentence(&sentence, p, scores, error);
  if (status != DESPUR_OK) return status;
  size_t length = strlen(sentence);
  char *line = malloc(length + sizeof "weights: ");
  if (!line) status = cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  if (line) {
    /* "weights of wt, ..." says so itself */
    snprintf(line, length + sizeof "weights: ", "%s%s", p->units ? "units: " : "", sentence);
    terminal_print_wrapped(line, WIDTH);
    putchar('\n');
  }
  free(line);
  free(sentence);
  return status;
}

void columns_emit(emit *j, const despur_predicted *p) {
  if (!p->columns) return;
  if (p->units) {
    emit_open(j, "units", '{');
    emit_text(j, "column", p->unit);
    emit_count(j, "count", p->units_count);
    emit_close(j, '}');
  }
  if (p->weights) emit_text(j, "weights", p->weight);
  emit_text(j, "columns", p->columns);
  emit_open(j, "notes", '[');
  for (size_t i = 0; i < p->notes_count; i++) emit_text(j, NULL, p->notes[i]);
  emit_close(j, ']');
}

despur_status columns_check_alignment(const despur_predicted *first, const char *first_path,
                                      const despur_predicted *second, const char *second_path,
                                      bool same_order, despur_error *error) {
  if ((first->ids && second->ids) || same_order) return DESPUR_OK;
  return cli_fail(
      error, DESPUR_BAD_INPUT,
      "%s: expected a column that tells examples apart, such as 'example' or 'id' (or say which: --id); "
      "--same-order takes the rows of both as they stand",
      first->ids ? second_path : first_path);
}
