/* embedding.csv, with label and attribute of its examples from groups.csv. Columns are found by their names.
 */
#include "base/memory.h"
#include "io/csv.h"
#include "report/loading/load.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 8, MOST_POINTS = 20000 };

/* A CSV file of which some columns are wanted. */
typedef struct table {
  csv_reader *reader;
  size_t columns[MOST_COLUMNS], width; /* where they are; the number of fields of a record */
} table;

/* names: NULL-terminated. */
static despur_status open_table(table *out, const char *path, const char *const *names, despur_error *error) {
  despur_status status = DESPUR_OK;
  const csv_field *fields;
  TRY(csv_open(&out->reader, path, (csv_form){.separator = ','}, error));
  TRY(csv_next(out->reader, &fields, &out->width, error));
  for (size_t n = 0; names[n]; n++) {
    size_t i = 0;
    while (i < out->width && strcmp(fields[i].text, names[n]) != 0) i++;
    if (i == out->width)
      FAIL(error, DESPUR_BAD_INPUT, "%s:1: expected a column '%s', found none", path, names[n]);
    out->columns[n] = i;
  }
cleanup:
  return status;
}

/* *found is false at the end. Fields come in the order of the names. */
static despur_status next_row(table *t, csv_field out[MOST_COLUMNS], size_t wanted, bool *found,
                              despur_error *error) {
  const csv_field *fields;
  size_t count;
  despur_status status = csv_next(t->reader, &fields, &count, error);
  if (status != DESPUR_OK) return status;
  *found = count > 0;
  if (!*found) return DESPUR_OK;
  if (count != t->width)
    return csv_fail(t->reader, &fields[0], error, "expected %zu fields, found %zu", t->width, count);
  for (size_t n = 0; n < wanted; n++) out[n] = fields[t->columns[n]];
  return DESPUR_OK;
}

static size_t inferred_index(const report_inference *inference, const char *name) {
  size_t i = 0;
  assert(name);
  while (i < inference->inferred && strcmp(inference->inferred_names[i], name) != 0) i++;
  return i;
}

static despur_status read_points(report_run *out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  static const char *const NAMES[] = {"example", "x", "y", "group", NULL};
  csv_field fields[MOST_COLUMNS] = {{0}};
  bool found;
  table t = {0};
  TRY(mem_alloc(&out->points, MOST_POINTS, sizeof *out->points, error));
  TRY(open_table(&t, path, NAMES, error));
  for (;;) {
    TRY(next_row(&t, fields, 4, &found, error));
    if (!found || out->point_count == MOST_POINTS) break;
    report_point *p = &out->points[out->point_count++];
    TRY(csv_whole(&p->example, t.reader, &fields[0], "column 'example'", UINT32_MAX - 1, error));
    TRY(csv_number(&p->x, t.reader, &fields[1], "column 'x'", error));
    TRY(csv_number(&p->y, t.reader, &fields[2], "column 'y'", error));
    p->inferred = inferred_index(&out->inference, fields[3].text);
  }
cleanup:
  csv_close(t.reader);
  return status;
}

static int compare_points(const void *a, const void *b) {
  uint32_t left = ((const report_point *)a)->example, right = ((const report_point *)b)->example;
  return (left > right) - (left < right);
}

static despur_status read_attributes(report_run *out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  static const char *const NAMES[] = {"example", "y", "a", NULL};
  csv_field fields[MOST_COLUMNS];
  bool found;
  table t = {0};
  TRY(open_table(&t, path, NAMES, error));
  for (;;) {
    report_point key, *p;
    TRY(next_row(&t, fields, 3, &found, error));
    if (!found) break;
    TRY(csv_whole(&key.example, t.reader, &fields[0], "column 'example'", UINT32_MAX - 1, error));
    p = bsearch(&key, out->points, out->point_count, sizeof key, compare_points);
    if (!p) continue;
    TRY(csv_whole(&p->label, t.reader, &fields[1], "column 'y'", UINT32_MAX - 1, error));
    TRY(csv_whole(&p->attribute, t.reader, &fields[2], "column 'a'", UINT32_MAX - 1, error));
    p->known = true;
  }
cleanup:
  csv_close(t.reader);
  return status;
}

despur_status report_load_points(report_run *out, const char *embedding, const char *groups,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(read_points(out, embedding, error));
  qsort(out->points, out->point_count, sizeof *out->points, compare_points);
  TRY(read_attributes(out, groups, error));
cleanup:
  return status;
}
