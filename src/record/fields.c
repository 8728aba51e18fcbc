#include "record/fields.h"

#include "base/json_read.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* ---- values ---- */

static void tell(const fields *f, const char *name, double value) {
  if (f->number && isfinite(value)) f->number(f->context, name, f->element, value);
}

static const json_value *member(const fields *f, const char *name) {
  return json_find(f->in, name);
}

/* Whether the member is to be read. */
static bool reads(const fields *f) {
  return !f->out && !f->number;
}

void field_text(fields *f, const char *name, const char **value) {
  if (f->out)
    json_write_text(f->out, name, *value);
  else if (reads(f))
    *value = json_text(member(f, name));
  if (strcmp(name, "name") == 0) f->element = *value;
}

void field_optional_text(fields *f, const char *name, const char **value) {
  if (!f->out || *value) field_text(f, name, value);
}

void field_real(fields *f, const char *name, double *value) {
  if (f->out)
    json_write_real(f->out, name, *value);
  else if (reads(f))
    *value = json_member_number(f->in, name);
  tell(f, name, *value);
}

void field_count(fields *f, const char *name, size_t *value) {
  if (f->out)
    json_write_count(f->out, name, *value);
  else if (reads(f))
    *value = json_member_count(f->in, name, 0);
  tell(f, name, (double)*value);
}

static uint32_t code_of(const json_value *value) {
  size_t found;
  return json_size(&found, value) && found < DESPUR_NO_CODE ? (uint32_t)found : DESPUR_NO_CODE;
}

void field_code(fields *f, const char *name, uint32_t *value) {
  if (f->out && *value != DESPUR_NO_CODE)
    json_write_count(f->out, name, *value);
  else if (reads(f))
    *value = code_of(member(f, name));
}

void field_flag(fields *f, const char *name, bool *value) {
  if (f->out)
    json_write_flag(f->out, name, *value);
  else if (reads(f))
    *value = json_flag(member(f, name));
}

/* ---- objects and lists ---- */

static fields inside(const fields *f, const json_value *in) {
  fields inner = *f;
  inner.in = in;
  return inner;
}

fields field_object(fields *f, const char *name) {
  if (f->out) json_open(f->out, name, '{');
  return inside(f, member(f, name));
}

void field_end(const fields *object) {
  if (object->out) json_close(object->out);
}

/* *out = zeros that live as long as the record. */
static void reserve(const fields *f, void *out, size_t count, size_t bytes) {
  fields_memory *m = f->memory;
  void *none = NULL, *block = NULL;
  memcpy(out, &none, sizeof none);
  if (m->status != DESPUR_OK) return;
  if ((m->count & (m->count - 1)) == 0) /* room doubles: it is full at powers of two */
    m->status = mem_grow(&m->blocks, m->count, m->count ? 2 * m->count : 1, sizeof *m->blocks, m->error);
  if (m->status == DESPUR_OK) m->status = mem_alloc(&block, count, bytes, m->error);
  if (m->status != DESPUR_OK) return;
  m->blocks[m->count++] = block;
  memcpy(out, &block, sizeof block);
}

/* Room for the elements of a list that is read; none when there is no memory. */
static void begin_list(const fields *f, const json_value *list, size_t *count, void *items, size_t bytes) {
  *count = json_elements(list);
  reserve(f, items, *count, bytes);
  if (f->memory->status != DESPUR_OK) *count = 0;
}

fields field_list(fields *f, const char *name, size_t *count, void *items, size_t bytes) {
  const json_value *list = member(f, name);
  if (f->out) json_open(f->out, name, '[');
  if (reads(f)) begin_list(f, list, count, items, bytes);
  return inside(f, list);
}

fields field_element(fields *list, size_t i) {
  if (list->out) json_open(list->out, NULL, '{');
  return inside(list, json_at(list->in, i));
}

void field_texts(fields *f, const char *name, size_t *count, const char *const **items) {
  const json_value *list = member(f, name);
  if (f->out) {
    json_open(f->out, name, '[');
    for (size_t i = 0; i < *count; i++) json_write_text(f->out, NULL, (*items)[i]);
    json_close(f->out);
  } else if (reads(f)) {
    const char **found;
    begin_list(f, list, count, &found, sizeof *found);
    for (size_t i = 0; i < *count; i++) found[i] = json_text(json_at(list, i));
    *items = found;
  }
}

void field_reals(fields *f, const char *name, size_t *count, const double **items) {
  const json_value *list = member(f, name);
  if (f->out) {
    json_open(f->out, name, '[');
    for (size_t i = 0; i < *count; i++) json_write_real(f->out, NULL, (*items)[i]);
    json_close(f->out);
  } else if (reads(f)) {
    double *found;
    begin_list(f, list, count, &found, sizeof *found);
    for (size_t i = 0; i < *count; i++) found[i] = json_number(json_at(list, i));
    *items = found;
  }
}

void field_counts(fields *f, const char *name, size_t *count, const size_t **items) {
  const json_value *list = member(f, name);
  if (f->out) {
    json_open(f->out, name, '[');
    for (size_t i = 0; i < *count; i++) json_write_count(f->out, NULL, (*items)[i]);
    json_close(f->out);
  } else if (reads(f)) {
    size_t *found;
    begin_list(f, list, count, &found, sizeof *found);
    for (size_t i = 0; i < *count; i++) (void)json_size(&found[i], json_at(list, i));
    *items = found;
  }
}

void field_flags(fields *f, const char *name, size_t *count, const bool **items) {
  const json_value *list = member(f, name);
  if (f->out) {
    json_open(f->out, name, '[');
    for (size_t i = 0; i < *count; i++) json_write_flag(f->out, NULL, (*items)[i]);
    json_close(f->out);
  } else if (reads(f)) {
    bool *found;
    begin_list(f, list, count, &found, sizeof *found);
    for (size_t i = 0; i < *count; i++) found[i] = json_flag(json_at(list, i));
    *items = found;
  }
}

static bool all_there(const uint32_t *codes, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (codes[i] == DESPUR_NO_CODE) return false;
  return true;
}

void field_codes(fields *f, const char *name, size_t count, const uint32_t **items) {
  if (f->out && *items && all_there(*items, count)) {
    json_open(f->out, name, '[');
    for (size_t i = 0; i < count; i++) json_write_count(f->out, NULL, (*items)[i]);
    json_close(f->out);
  } else if (reads(f)) {
    const json_value *list = member(f, name);
    uint32_t *found = NULL;
    size_t there = json_elements(list);
    if (list && there == count) begin_list(f, list, &there, &found, sizeof *found);
    for (size_t i = 0; found && i < there; i++) found[i] = code_of(json_at(list, i));
    *items = found;
  }
}

/* ---- tables ---- */

static void write_squares(json_writer *j, const char *name, size_t count, size_t side, const double *values) {
  json_open(j, name, '[');
  for (size_t i = 0; i < count; i++) {
    json_open(j, NULL, '[');
    for (size_t row = 0; row < side; row++) {
      json_open(j, NULL, '[');
      for (size_t column = 0; column < side; column++) json_write_real(j, NULL, *values++);
      json_close(j);
    }
    json_close(j);
  }
  json_close(j);
}

/* Whether all tables of the list are of one size, so that there are as many numbers as the text has. */
static bool are_squares(const json_value *list, size_t side) {
  for (size_t i = 0; i < json_elements(list); i++) {
    if (json_elements(json_at(list, i)) != side) return false;
    for (size_t row = 0; row < side; row++)
      if (json_elements(json_at(json_at(list, i), row)) != side) return false;
  }
  return true;
}

static void read_squares(const fields *f, const json_value *list, size_t *count, size_t *side,
                         const double **values) {
  double *found;
  *side = json_elements(json_at(list, 0));
  *count = *side > 0 && are_squares(list, *side) ? json_elements(list) : 0;
  const size_t cells = *side * *side; /* which are there once at least, or *count is 0 */
  reserve(f, &found, *count ? *count * cells : 0, sizeof *found);
  if (!found) *count = 0;
  for (size_t i = 0; i < *count * cells; i++) {
    const json_value *row = json_at(json_at(list, i / cells), i % cells / *side);
    found[i] = json_number(json_at(row, i % *side));
  }
  *values = found;
}

void field_squares(fields *f, const char *name, size_t *count, size_t *side, const double **values) {
  if (f->out)
    write_squares(f->out, name, *count, *side, *values);
  else if (reads(f))
    read_squares(f, member(f, name), count, side, values);
}

static void write_table(json_writer *j, const char *name, size_t rows, size_t columns, const size_t *cells) {
  json_open(j, name, '[');
  for (size_t row = 0; row < rows; row++) {
    json_open(j, NULL, '[');
    for (size_t column = 0; column < columns; column++)
      json_write_count(j, NULL, cells[row * columns + column]);
    json_close(j);
  }
  json_close(j);
}

/* Of the sizes, so that the table is no larger than the text. */
static despur_status check_table(const fields *f, const char *name, const json_value *table, size_t rows,
                                 size_t columns) {
  if (json_elements(table) != rows)
    return error_set(f->memory->error, DESPUR_BAD_INPUT, "expected a %s table of %zu rows, found %zu", name,
                     rows, json_elements(table));
  for (size_t row = 0; row < rows; row++)
    if (json_elements(json_at(table, row)) != columns)
      return error_set(f->memory->error, DESPUR_BAD_INPUT,
                       "expected a %s table of %zu columns, found %zu in row %zu", name, columns,
                       json_elements(json_at(table, row)), row);
  return DESPUR_OK;
}

void field_table(fields *f, const char *name, size_t rows, size_t columns, const size_t **cells) {
  const json_value *table = member(f, name);
  size_t *found, count = 0;
  if (f->out) write_table(f->out, name, rows, columns, *cells);
  if (!reads(f) || f->memory->status != DESPUR_OK) return;
  f->memory->status = mem_multiply(&count, rows, columns, f->memory->error);
  if (f->memory->status == DESPUR_OK) f->memory->status = check_table(f, name, table, rows, columns);
  reserve(f, &found, count, sizeof *found);
  *cells = found;
  for (size_t i = 0; found && i < count; i++)
    (void)json_size(&found[i], json_at(json_at(table, i / columns), i % columns));
}

void fields_release(fields_memory *memory) {
  for (size_t i = 0; i < memory->count; i++) mem_free(memory->blocks[i]);
  mem_free(memory->blocks);
  *memory = (fields_memory){0};
}
