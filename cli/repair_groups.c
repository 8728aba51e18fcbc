#include "repair_groups.h"

#include "despur/array.h"
#include "despur/groups.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 100000, NAME_ROOM = 256 };

static despur_status no_memory(despur_error *error) {
  return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
}

void repair_groups_release(repair_groups *groups) {
  for (size_t g = 0; groups->names && g < groups->count; g++) free(groups->names[g]);
  free(groups->names);
  free(groups->of_row);
  free(groups->codes);
  free(groups->partitions);
  *groups = (repair_groups){0};
}

/* Values of a code, for names. */
typedef struct coded {
  const uint32_t *codes; /* [count of examples], below values_count, or DESPUR_NO_VALUE */
  size_t values_count;
  void (*name)(char out[NAME_ROOM], const struct coded *of, uint32_t code);
  const despur_example_column
      *columns; /* of name_columns: those that the code is made of, the last one first */
  size_t columns_count;
} coded;

static void name_columns(char out[NAME_ROOM], const coded *of, uint32_t code) {
  char rest[NAME_ROOM] = "", now[NAME_ROOM];
  for (size_t c = of->columns_count; c-- > 0;) {
    const despur_example_column *column = &of->columns[c];
    snprintf(now, sizeof now, ",%.40s=%.60s%.150s", column->name, column->values[code % column->values_count],
             rest);
    memcpy(rest, now, sizeof rest);
    code /= (uint32_t)column->values_count;
  }
  memcpy(out, rest, NAME_ROOM);
}

static void name_number(char out[NAME_ROOM], const coded *of, uint32_t code) {
  (void)of;
  snprintf(out, NAME_ROOM, ",k=%u", (unsigned)code);
}

/* Groups are the pairs of label and code that occur, in their order. */
static despur_status cross(repair_groups *out, const despur_examples *examples, const coded *by,
                           despur_error *error) {
  const size_t pairs = examples->classes * by->values_count;
  if (pairs > MOST_GROUPS)
    return cli_fail(error, DESPUR_BAD_INPUT, "repair: more than %d groups", MOST_GROUPS);
  uint32_t *number = calloc(pairs + 1, sizeof *number);
  out->of_row = calloc(examples->count + 1, sizeof *out->of_row);
  out->names = calloc(pairs + 1, sizeof *out->names);
  if (!number || !out->of_row || !out->names) {
    free(number);
    return no_memory(error);
  }
  for (size_t i = 0; i < examples->count; i++)
    if (by->codes[i] != DESPUR_NO_VALUE) number[examples->labels[i] * by->values_count + by->codes[i]] = 1;
  for (size_t p = 0; p < pairs; p++) {
    char name[NAME_ROOM];
    if (!number[p]) continue;
    by->name(name, by, (uint32_t)(p % by->values_count));
    number[p] = (uint32_t)out->count;
    if (asprintf(&out->names[out->count], "y=%.100s%s", examples->class_names[p / by->values_count], name) <
        0) {
      free(number);
      return no_memory(error);
    }
    out->count++;
  }
  for (size_t i = 0; i < examples->count; i++)
    out->of_row[i] = by->codes[i] == DESPUR_NO_VALUE
                         ? DESPUR_NO_GROUP
                         : number[examples->labels[i] * by->values_count + by->codes[i]];
  free(number);
  return DESPUR_OK;
}

/* One code for the values of all columns. */
static despur_status combine(uint32_t **codes, size_t *values, const despur_examples *examples,
                             const despur_example_column *columns, size_t count, despur_error *error) {
  *codes = calloc(examples->count + 1, sizeof **codes);
  if (!*codes) return no_memory(error);
  *values = 1;
  for (size_t c = 0; c < count; c++) {
    *values *= columns[c].values_count;
    if (*values > MOST_GROUPS)
      return cli_fail(error, DESPUR_BAD_INPUT, "--by: more than %d combinations of values", MOST_GROUPS);
    for (size_t i = 0; i < examples->count; i++) {
      uint32_t *code = &(*codes)[i];
      const uint32_t now = columns[c].codes[i];
      *code = *code == DESPUR_NO_VALUE || now == DESPUR_NO_VALUE
                  ? DESPUR_NO_VALUE
                  : *code * (uint32_t)columns[c].values_count + now;
    }
  }
  return DESPUR_OK;
}

despur_status repair_groups_known(repair_groups *out, const despur_examples *examples, despur_error *error) {
  const bool attribute = examples->attribute.codes != NULL;
  const despur_example_column *columns = attribute ? &examples->attribute : examples->by;
  const size_t count = attribute ? 1 : examples->by_count;
  coded by = {.values_count = 1, .name = name_columns, .columns = columns, .columns_count = count};
  *out = (repair_groups){0};
  despur_status status = combine(&out->codes, &by.values_count, examples, columns, count, error);
  by.codes = out->codes;
  if (status == DESPUR_OK) status = cross(out, examples, &by, error);
  if (count == 0) {
    free(out->codes);
    out->codes = NULL;
  }
  if (status != DESPUR_OK) repair_groups_release(out);
  return status;
}

/* ---- from a file ---- */

static bool ends_with(const char *text, const char *ending) {
  const size_t length = strlen(text), wanted = strlen(ending);
  return length >= wanted && strcmp(text + length - wanted, ending) == 0;
}

static despur_status check_count(size_t found, const despur_examples *examples, const char *path,
                                 despur_error *error) {
  if (found == examples->count) return DESPUR_OK;
  return cli_fail(error, DESPUR_BAD_INPUT, "%s: expected a group for each of %zu examples, found %zu", path,
                  examples->count, found);
}

static despur_status read_array(repair_groups *out, const despur_examples *examples, const char *path,
                                despur_error *error) {
  uint32_t *codes = NULL;
  size_t count = 0;
  coded by = {.name = name_number};
  despur_status status = despur_array_read_labels(&codes, &count, MOST_GROUPS, path, error);
  if (status == DESPUR_OK) status = check_count(count, examples, path, error);
  for (size_t i = 0; status == DESPUR_OK && i < count; i++)
    if (codes[i] >= by.values_count) by.values_count = codes[i] + 1;
  by.codes = codes;
  if (status == DESPUR_OK) status = cross(out, examples, &by, error);
  free(codes);
  return status;
}

/* ---- from a matrix ---- */

/* The codes of a column; false when one is below 0, that is, when not all examples have a cell. */
static bool take_column(uint32_t *codes, size_t *values, const float *matrix, size_t rows, size_t columns,
                        size_t column) {
  *values = 1;
  for (size_t i = 0; i < rows; i++) {
    const float value = matrix[i * columns + column];
    if (value < 0) return false;
    codes[i] = (uint32_t)value;
    if (codes[i] >= *values) *values = codes[i] + 1;
  }
  return true;
}

static despur_status check_cells(const float *matrix, size_t rows, size_t columns, const char *path,
                                 despur_error *error) {
  for (size_t i = 0; i < rows * columns; i++)
    if (!(matrix[i] >= -1 && matrix[i] <= MOST_GROUPS && matrix[i] == floorf(matrix[i])))
      return cli_fail(error, DESPUR_BAD_INPUT,
                      "%s: row %zu, column %zu: expected a whole number from -1 to %d, found %g", path,
                      i / columns, i % columns, MOST_GROUPS, (double)matrix[i]);
  return DESPUR_OK;
}

/* The next partition: the groups, if there are none yet, else one behind the others. */
static despur_status add_partition(repair_groups *out, const despur_examples *examples, const coded *by,
                                   despur_error *error) {
  repair_groups next = {0};
  despur_status status = cross(&next, examples, by, error);
  if (status == DESPUR_OK && out->of_row && next.of_row) {
    memcpy(out->partitions + out->partitions_count++ * examples->count, next.of_row,
           examples->count * sizeof *next.of_row);
    if (next.count > out->cells) out->cells = next.count;
  } else if (status == DESPUR_OK) {
    out->of_row = next.of_row;
    out->names = next.names;
    out->count = next.count;
    next = (repair_groups){0};
  }
  repair_groups_release(&next);
  return status;
}

static despur_status add_columns(repair_groups *out, const despur_examples *examples, const float *matrix,
                                 size_t columns, const char *path, despur_error *error) {
  uint32_t *codes = calloc(examples->count + 1, sizeof *codes);
  coded by = {.codes = codes, .name = name_number};
  out->partitions = calloc(examples->count * columns + 1, sizeof *out->partitions);
  if (!codes || !out->partitions) {
    free(codes);
    return no_memory(error);
  }
  despur_status status = check_cells(matrix, examples->count, columns, path, error);
  for (size_t c = 0; c < columns && status == DESPUR_OK; c++)
    if (take_column(codes, &by.values_count, matrix, examples->count, columns, c))
      status = add_partition(out, examples, &by, error);
  free(codes);
  if (status == DESPUR_OK && !out->of_row)
    return cli_fail(error, DESPUR_BAD_INPUT, "%s: no column has a cell for every example", path);
  return status;
}

/* *found: whether the file holds a matrix. */
static despur_status read_matrix(repair_groups *out, bool *found, const despur_examples *examples,
                                 const char *path, despur_error *error) {
  float *matrix = NULL;
  size_t rows, columns;
  *found = despur_array_read_matrix(&matrix, &rows, &columns, path, NULL) == DESPUR_OK;
  if (!*found) return DESPUR_OK;
  despur_status status = check_count(rows, examples, path, error);
  if (status == DESPUR_OK) status = add_columns(out, examples, matrix, columns, path, error);
  free(matrix);
  return status;
}

/* ---- from a table ---- */

static despur_status check_ids(const despur_examples *table, const despur_examples *examples,
                               const char *path, despur_error *error) {
  for (size_t i = 0; table->ids && examples->ids && i < examples->count; i++)
    if (strcmp(table->ids[i], examples->ids[i]) != 0)
      return cli_fail(error, DESPUR_BAD_INPUT, "%s: line %zu is of example '%s', expected '%s'", path, i + 2,
                      table->ids[i], examples->ids[i]);
  return DESPUR_OK;
}

/* Which example the id of a row numbers, from 0; count for another id. */
static size_t example_of(const char *id, size_t count) {
  char *end;
  if (!isdigit((unsigned char)*id)) return count;
  const unsigned long long number = strtoull(id, &end, 10);
  return *end || number >= count ? count : (size_t)number;
}

/* Whether the ids of a table number the examples, each once; their codes are in place then. */
static bool place_by_id(uint32_t *codes, bool *seen, const despur_examples *table, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const size_t example = example_of(table->ids[i], count);
    if (example == count || seen[example]) return false;
    seen[example] = true;
    codes[example] = table->attribute.codes[i];
  }
  return true;
}

/* A name cannot be meant by a number; ids that are numbers themselves may be. */
static bool ids_are_names(const despur_examples *examples) {
  for (size_t i = 0; examples->ids && i < examples->count; i++)
    if (example_of(examples->ids[i], SIZE_MAX) != SIZE_MAX) return false;
  return true;
}

/* The rows of a table by its column `example`, which numbers the examples from 0: 'despur audit' and 'despur
 * infer --apply' write it. False where it has none such; then the table is empty. Any other column of names
 * may number rows of another table, such as one that was shuffled with its features. */
static bool read_numbered(despur_examples *table, uint32_t *codes, bool *seen, despur_examples_source source,
                          const despur_examples *examples) {
  source.id = "example";
  if (!ids_are_names(examples)) return false;
  if (despur_examples_read(table, &source, NULL) == DESPUR_OK && table->count == examples->count &&
      place_by_id(codes, seen, table, table->count))
    return true;
  despur_examples_release(table);
  return false;
}

/* The rows of a table in the order of the examples, by their ids where both have some. */
static despur_status read_in_order(despur_examples *table, uint32_t *codes,
                                   const despur_examples_source *source, const despur_examples *examples,
                                   despur_error *error) {
  despur_status status = despur_examples_read(table, source, error);
  if (status == DESPUR_OK) status = check_count(table->count, examples, source->table, error);
  if (status == DESPUR_OK) status = check_ids(table, examples, source->table, error);
  if (status == DESPUR_OK) memcpy(codes, table->attribute.codes, examples->count * sizeof *codes);
  return status;
}

static despur_status read_table(repair_groups *out, const despur_examples *examples, const char *path,
                                const char *labels, despur_error *error) {
  despur_examples table = {0};
  const despur_examples_source source = {.labels = labels,
                                         .table = path,
                                         /* the table's own labels say nothing new */
                                         .label = labels ? NULL : "group",
                                         .attribute = "group"};
  uint32_t *codes = calloc(examples->count + 1, sizeof *codes);
  bool *seen = calloc(examples->count + 1, sizeof *seen);
  despur_status status = DESPUR_OK;
  if (!codes || !seen)
    status = no_memory(error);
  else if (!read_numbered(&table, codes, seen, source, examples))
    status = read_in_order(&table, codes, &source, examples, error);
  if (status == DESPUR_OK) {
    const coded by = {.codes = codes,
                      .values_count = table.attribute.values_count,
                      .name = name_columns,
                      .columns = &table.attribute,
                      .columns_count = 1};
    status = cross(out, examples, &by, error);
  }
  free(codes);
  free(seen);
  despur_examples_release(&table);
  return status;
}

despur_status repair_groups_read(repair_groups *out, const despur_examples *examples, const char *path,
                                 const char *labels, despur_error *error) {
  const bool array = ends_with(path, ".npy") || strstr(path, ".npz:") || strstr(path, ".safetensors:");
  *out = (repair_groups){0};
  bool matrix = false;
  despur_status status = array ? read_matrix(out, &matrix, examples, path, error) : DESPUR_OK;
  if (status == DESPUR_OK && !matrix)
    status = array ? read_array(out, examples, path, error) : read_table(out, examples, path, labels, error);
  if (status != DESPUR_OK) repair_groups_release(out);
  return status;
}
