/* Predictions of any model, from a CSV file. */
#include "base/memory.h"
#include "base/text.h"
#include "despur/measures.h"
#include "despur/text.h"
#include "io/csv.h"
#include "io/file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_CLASSES = CSV_MOST_FIELDS, MOST_GROUPS = 1 << 16, SLOTS = 2 * MOST_GROUPS };

static const uint32_t NO_SLOT = UINT32_MAX;

enum { LABEL, ATTRIBUTE, GROUP, PREDICTION, EXAMPLE, NAMED, ABSENT = CSV_MOST_FIELDS };

static const char *const COLUMN_NAMES[] = {"y", "a", "group", "prediction", "example", NULL};

/* A file on its way into a table. */
typedef struct loader {
  csv_reader *reader;
  despur_predicted *out;
  size_t columns, room;             /* room: rows that the arrays can hold */
  size_t at[NAMED];                 /* column of each name, or ABSENT */
  size_t probabilities;             /* how many columns prob_0, prob_1, ... */
  size_t *probability_at;           /* [columns]: column of each */
  uint32_t *slots;                  /* [SLOTS] groups by the hash of their name, or NO_SLOT */
  char (*names)[DESPUR_GROUP_NAME]; /* [groups_count] */
  size_t names_room;
} loader;

/* The k of "prob_k", or -1. */
static long class_of_column(const char *name) {
  char digits[8];
  long k;
  if (strncmp(name, "prob_", 5) != 0 || strlen(name + 5) > 6 || sscanf(name + 5, "%7[0-9]", digits) != 1 ||
      strlen(digits) != strlen(name + 5) || (digits[0] == '0' && digits[1]))
    return -1;
  sscanf(digits, "%ld", &k);
  return k;
}

static despur_status place_column(loader *l, const csv_field *field, size_t column, despur_error *error) {
  for (int name = 0; name < NAMED; name++) {
    if (strcmp(field->text, COLUMN_NAMES[name]) != 0) continue;
    if (l->at[name] != ABSENT)
      return csv_fail(l->reader, field, error, "column '%s' is there twice", COLUMN_NAMES[name]);
    l->at[name] = column;
  }
  long k = class_of_column(field->text);
  if (k < 0) return DESPUR_OK;
  if ((size_t)k >= l->columns)
    return csv_fail(l->reader, field, error, "column '%s', but not one for every class before it",
                    field->text);
  if (l->probability_at[k] != ABSENT)
    return csv_fail(l->reader, field, error, "column '%s' is there twice", field->text);
  l->probability_at[k] = column;
  l->probabilities++;
  return DESPUR_OK;
}

/* Says what is missing, and what may be meant for it. */
static despur_status missing(const loader *l, const csv_field *fields, const char *name, const char *or_else,
                             despur_error *error) {
  const char *hint = "";
  char meant[80];
  for (size_t i = 0; i < l->columns; i++) {
    const char *candidates[] = {name, NULL};
    if (l->columns == 1 && strpbrk(fields[i].text, ";\t|"))
      hint = " (fields must be separated by commas)";
    else if (!*hint && fields[i].length < 40 && despur_nearest_word(fields[i].text, candidates)) {
      snprintf(meant, sizeof meant, " (is it '%s'?)", fields[i].text);
      hint = meant;
    }
  }
  return csv_fail(l->reader, &fields[0], error, "expected a column '%s'%s%s", name, or_else, hint);
}

static despur_status check_columns(const loader *l, const csv_field *fields, despur_error *error) {
  if (l->at[LABEL] == ABSENT) return missing(l, fields, "y", "", error);
  if (l->at[ATTRIBUTE] == ABSENT && l->at[GROUP] == ABSENT)
    return missing(l, fields, "a", " or 'group'", error);
  if (l->at[PREDICTION] == ABSENT && l->probabilities == 0)
    return missing(l, fields, "prediction", " or 'prob_0', 'prob_1', ...", error);
  if (l->probabilities == 1)
    return csv_fail(l->reader, &fields[0], error,
                    "expected a column 'prob_k' for each class, found one only");
  for (size_t k = 0; k < l->probabilities; k++)
    if (l->probability_at[k] == ABSENT)
      return csv_fail(l->reader, &fields[0], error,
                      "expected a column 'prob_%zu' beside the other probabilities", k);
  return DESPUR_OK;
}

static despur_status read_header(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const csv_field *fields;
  TRY(csv_next(l->reader, &fields, &l->columns, error));
  if (l->columns == 0) {
    const csv_field start = {.line = 1, .column = 1};
    return csv_fail(l->reader, &start, error,
                    "expected a line with the names of the columns, found an empty file");
  }
  for (int name = 0; name < NAMED; name++) l->at[name] = ABSENT;
  TRY(mem_alloc(&l->probability_at, l->columns, sizeof *l->probability_at, error));
  for (size_t i = 0; i < l->columns; i++) l->probability_at[i] = ABSENT;
  for (size_t i = 0; i < l->columns; i++) TRY(place_column(l, &fields[i], i, error));
  TRY(check_columns(l, fields, error));
  if (l->probabilities > 0) l->out->classes = l->probabilities;
cleanup:
  return status;
}

/* Room for one row more. */
static despur_status reserve(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_predicted *p = l->out;
  size_t old = l->room, room = old ? 2 * old : 1024, size = sizeof *p->labels;
  if (p->count < old) return DESPUR_OK;
  if (room > UINT32_MAX) FAIL(error, DESPUR_BAD_INPUT, "expected fewer than 4,000,000,000 rows");
  TRY(mem_grow(&p->labels, old, room, size, error));
  TRY(mem_grow(&p->predictions, old, room, size, error));
  TRY(mem_grow(&p->groups, old, room, size, error));
  if (l->at[ATTRIBUTE] != ABSENT) TRY(mem_grow(&p->attributes, old, room, size, error));
  if (l->at[EXAMPLE] != ABSENT) TRY(mem_grow(&p->examples, old, room, size, error));
  if (l->probabilities)
    TRY(mem_grow(&p->probabilities, old * l->probabilities, room * l->probabilities, sizeof *p->probabilities,
                 error));
  l->room = room;
cleanup:
  return status;
}

static despur_status read_class(uint32_t *out, loader *l, const csv_field *field, const char *what,
                                despur_error *error) {
  uint32_t most = (uint32_t)(l->probabilities ? l->probabilities : MOST_CLASSES) - 1;
  despur_status status = csv_whole(out, l->reader, field, what, most, error);
  if (status == DESPUR_OK && *out >= l->out->classes) l->out->classes = *out + 1;
  return status;
}

/* A row's probabilities, and the most likely class. */
static despur_status read_probabilities(uint32_t *best, loader *l, const csv_field *fields,
                                        despur_error *error) {
  despur_status status = DESPUR_OK;
  double *row = l->out->probabilities + l->out->count * l->probabilities;
  double sum = 0, value;
  *best = 0;
  for (size_t k = 0; k < l->probabilities; k++) {
    const csv_field *field = &fields[l->probability_at[k]];
    TRY(csv_number(&value, l->reader, field, "a probability", error));
    if (value < 0 || value > 1.000001)
      return csv_fail(l->reader, field, error, "expected a probability from 0 to 1, found '%.60s'",
                      field->text);
    row[k] = value > 1 ? 1 : value;
    sum += value;
    if (row[k] > row[*best]) *best = (uint32_t)k;
  }
  if (sum < 0.99 || sum > 1.01)
    return csv_fail(l->reader, &fields[l->probability_at[0]], error,
                    "expected probabilities that add up to 1, found a sum of %.4g (are these logits?)", sum);
cleanup:
  return status;
}

/* The slot of a group's name: its own, or the free one where it belongs. */
static size_t find_slot(const loader *l, const char *name) {
  uint32_t hash = 2166136261u; /* FNV-1a */
  for (const char *c = name; *c; c++) hash = (hash ^ (uint8_t)*c) * 16777619u;
  size_t slot = hash % SLOTS;
  while (l->slots[slot] != NO_SLOT && strcmp(l->names[l->slots[slot]], name) != 0) slot = (slot + 1) % SLOTS;
  return slot;
}

static despur_status add_group(loader *l, const csv_field *field, size_t slot, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_predicted *p = l->out;
  if (p->groups_count == MOST_GROUPS)
    return csv_fail(l->reader, field, error,
                    "expected at most %d different groups (a number for each example?)", MOST_GROUPS);
  if (p->groups_count == l->names_room) {
    size_t room = l->names_room ? 2 * l->names_room : 16;
    TRY(mem_grow(&l->names, l->names_room, room, sizeof *l->names, error));
    l->names_room = room;
  }
  memcpy(l->names[p->groups_count], field->text, field->length + 1);
  l->slots[slot] = (uint32_t)p->groups_count++;
cleanup:
  return status;
}

static despur_status read_group(uint32_t *out, loader *l, const csv_field *field, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (field->length == 0 || field->length >= DESPUR_GROUP_NAME)
    return csv_fail(l->reader, field, error, "column 'group': expected a name of 1 to %d bytes, found %zu",
                    DESPUR_GROUP_NAME - 1, field->length);
  for (size_t i = 0, length; i < field->length; i += length) {
    length = text_character(field->text + i);
    if (length == 0 || (unsigned char)field->text[i] < 0x20)
      return csv_fail(l->reader, field, error,
                      "column 'group': expected a name in UTF-8 without control characters");
  }
  size_t slot = find_slot(l, field->text);
  if (l->slots[slot] == NO_SLOT) TRY(add_group(l, field, slot, error));
  *out = l->slots[slot];
cleanup:
  return status;
}

static despur_status read_row(loader *l, const csv_field *fields, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_predicted *p = l->out;
  size_t i = p->count;
  uint32_t best = 0;
  TRY(reserve(l, error));
  TRY(read_class(&p->labels[i], l, &fields[l->at[LABEL]], "column 'y'", error));
  if (l->probabilities) TRY(read_probabilities(&best, l, fields, error));
  p->predictions[i] = best;
  if (l->at[PREDICTION] != ABSENT)
    TRY(read_class(&p->predictions[i], l, &fields[l->at[PREDICTION]], "column 'prediction'", error));
  if (p->attributes)
    TRY(csv_whole(&p->attributes[i], l->reader, &fields[l->at[ATTRIBUTE]], "column 'a'", MOST_GROUPS - 1,
                  error));
  if (p->examples)
    TRY(csv_whole(&p->examples[i], l->reader, &fields[l->at[EXAMPLE]], "column 'example'", UINT32_MAX - 1,
                  error));
  if (l->at[GROUP] != ABSENT) TRY(read_group(&p->groups[i], l, &fields[l->at[GROUP]], error));
  p->count++;
cleanup:
  return status;
}

static despur_status read_rows(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const csv_field *fields;
  size_t count;
  for (;;) {
    TRY(csv_next(l->reader, &fields, &count, error));
    if (count == 0) break;
    if (count != l->columns)
      return csv_fail(l->reader, &fields[count < l->columns ? 0 : l->columns], error,
                      "expected %zu fields as in the first line, found %zu", l->columns, count);
    TRY(read_row(l, fields, error));
  }
cleanup:
  return status;
}

/* Groups of every label with every attribute, once their numbers are known. */
static despur_status set_groups(loader *l, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_predicted *p = l->out;
  uint32_t attributes = 1;
  for (size_t i = 0; i < p->count; i++)
    if (p->attributes[i] >= attributes) attributes = p->attributes[i] + 1;
  p->groups_count = p->classes * attributes;
  if (p->groups_count > MOST_GROUPS)
    FAIL(error, DESPUR_BAD_INPUT, "%s: %zu classes and %u attributes make %zu groups, more than %d", path,
         p->classes, attributes, p->groups_count, MOST_GROUPS);
  TRY(mem_alloc(&l->names, p->groups_count, sizeof *l->names, error));
  for (size_t g = 0; g < p->groups_count; g++)
    snprintf(l->names[g], sizeof l->names[g], "y=%zu,a=%zu", g / attributes, g % attributes);
  for (size_t i = 0; i < p->count; i++) p->groups[i] = p->labels[i] * attributes + p->attributes[i];
cleanup:
  return status;
}

static despur_status take_names(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char **names = NULL;
  TRY(mem_alloc(&names, l->out->groups_count, sizeof *names, error));
  for (size_t g = 0; g < l->out->groups_count; g++) names[g] = l->names[g];
  TRY(text_copy_all(&l->out->names, names, l->out->groups_count, error));
cleanup:
  mem_free(names);
  return status;
}

static despur_status load(loader *l, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&l->slots, SLOTS, sizeof *l->slots, error));
  for (size_t i = 0; i < SLOTS; i++) l->slots[i] = NO_SLOT;
  TRY(csv_open(&l->reader, path, error));
  TRY(read_header(l, error));
  TRY(read_rows(l, error));
  if (l->out->count == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected predictions below the first line, found none", path);
  if (l->at[GROUP] == ABSENT) TRY(set_groups(l, path, error));
  TRY(take_names(l, error));
cleanup:
  return status;
}

despur_status despur_predicted_read(despur_predicted *out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  loader l = {.out = out};
  char inside[1024];
  *out = (despur_predicted){.loss = (double)NAN};
  if (file_is_directory(path)) {
    int length = snprintf(inside, sizeof inside, "%s/predictions.csv", path);
    if (length < 0 || (size_t)length >= sizeof inside)
      FAIL(error, DESPUR_BAD_USAGE, "%s: the path is too long", path);
    path = inside;
  }
  TRY(load(&l, path, error));
cleanup:
  csv_close(l.reader);
  mem_free(l.probability_at);
  mem_free(l.slots);
  mem_free(l.names);
  if (status != DESPUR_OK) despur_predicted_release(out);
  return status;
}

void despur_predicted_release(despur_predicted *predicted) {
  mem_free(predicted->labels);
  mem_free(predicted->predictions);
  mem_free(predicted->groups);
  mem_free(predicted->attributes);
  mem_free(predicted->examples);
  mem_free(predicted->probabilities);
  mem_free(predicted->names);
  mem_free(predicted->train_sizes);
  *predicted = (despur_predicted){0};
}
