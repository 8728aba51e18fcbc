#include "report/models/model_columns.h"

#include "base/json_read.h"

#include <stddef.h>
#include <string.h>

typedef enum kind { TEXT, CHARACTER, NUMBER, COUNT, FLAG } kind;

/* One list for both directions. What nobody has asked for is not written. */
static const struct {
  const char *name; /* the option of the command line */
  kind kind;
  size_t at;
} FIELDS[] = {{"label", TEXT, offsetof(despur_columns, label)},
              {"prediction", TEXT, offsetof(despur_columns, prediction)},
              {"score", TEXT, offsetof(despur_columns, score)},
              {"positive", TEXT, offsetof(despur_columns, positive)},
              {"threshold", NUMBER, offsetof(despur_columns, threshold)},
              {"probabilities", TEXT, offsetof(despur_columns, probabilities)},
              {"by", TEXT, offsetof(despur_columns, by)},
              {"overlapping", TEXT, offsetof(despur_columns, overlapping)},
              {"at", NUMBER, offsetof(despur_columns, at)},
              {"split", TEXT, offsetof(despur_columns, split)},
              {"min-count", COUNT, offsetof(despur_columns, min_count)},
              {"not-label", TEXT, offsetof(despur_columns, not_label)},
              {"from-scores", FLAG, offsetof(despur_columns, from_scores)},
              {"whole-groups", FLAG, offsetof(despur_columns, whole_groups)},
              {"with-missing", FLAG, offsetof(despur_columns, with_missing)},
              {"id", TEXT, offsetof(despur_columns, id)},
              {"unit", TEXT, offsetof(despur_columns, unit)},
              {"weight", TEXT, offsetof(despur_columns, weight)},
              {"separator", CHARACTER, offsetof(despur_columns, separator)},
              {"comment", CHARACTER, offsetof(despur_columns, comment)}};

enum { FIELD_COUNT = sizeof FIELDS / sizeof *FIELDS };

/* Nothing for what was not asked for. */
static void write_field(json_writer *j, const despur_columns *columns, size_t field) {
  const char *at = (const char *)columns + FIELDS[field].at, *name = FIELDS[field].name;
  const char character[2] = {*at, 0};
  const char *words;
  double number;
  size_t count;
  switch (FIELDS[field].kind) {
  case TEXT:
    memcpy(&words, at, sizeof words);
    if (words) json_write_text(j, name, words);
    break;
  case CHARACTER:
    if (*at) json_write_text(j, name, character);
    break;
  case NUMBER:
    memcpy(&number, at, sizeof number);
    if (number > 0) json_write_real(j, name, number);
    break;
  case COUNT:
    memcpy(&count, at, sizeof count);
    if (count > 0) json_write_count(j, name, count);
    break;
  default:
    if (*(const bool *)at) json_write_flag(j, name, true);
  }
}

void model_columns_write(json_writer *j, const despur_model *model, bool with_table) {
  json_open(j, NULL, '{');
  json_write_text(j, "label", model->label);
  if (with_table) json_write_text(j, "table", model->path);
  json_open(j, "asked", '{');
  for (size_t f = 0; f < FIELD_COUNT; f++) write_field(j, &model->columns, f);
  json_close(j);
  json_write_text(j, "read", model->predicted.columns);
  json_close(j);
}

static despur_status read_field(despur_columns *out, size_t field, const json_value *value, const char *path,
                                despur_error *error) {
  char *at = (char *)out + FIELDS[field].at;
  const char *words = json_text(value);
  double number = json_number(value);
  bool fits = FIELDS[field].kind == TEXT        ? words != NULL
              : FIELDS[field].kind == CHARACTER ? words && *words && !words[1]
              : FIELDS[field].kind == NUMBER    ? number > 0 && number <= 1
              : FIELDS[field].kind == COUNT     ? json_is(value, JSON_KIND_WHOLE) && number > 0
                                                : json_flag(value);
  if (!fits)
    return error_set(error, DESPUR_BAD_INPUT, "%s: \"%s\": not what despur has written", path,
                     FIELDS[field].name);
  switch (FIELDS[field].kind) {
  case TEXT:
    *(const char **)(void *)at = words;
    break;
  case CHARACTER:
    *at = *words;
    break;
  case NUMBER:
    *(double *)(void *)at = number;
    break;
  case COUNT:
    *(size_t *)(void *)at = (size_t)number;
    break;
  default:
    *(bool *)at = true;
  }
  return DESPUR_OK;
}

despur_status model_columns_read(despur_columns *out, const char **label, const char **table,
                                 const json_value *object, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  const json_value *asked = json_find(object, "asked");
  *out = (despur_columns){0};
  *label = json_member_text(object, "label", "");
  *table = json_member_text(object, "table", "");
  if (!**table || !json_is(asked, JSON_KIND_OBJECT))
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected the table and the columns of each model", path);
  for (size_t f = 0; f < FIELD_COUNT; f++) {
    const json_value *value = json_find(asked, FIELDS[f].name);
    if (value) TRY(read_field(out, f, value, path, error));
  }
cleanup:
  return status;
}
