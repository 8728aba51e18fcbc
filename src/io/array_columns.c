#include "io/array_columns.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/file.h"
#include "io/half.h"
#include "io/npy.h"
#include "io/number.h"
#include "io/zip.h"

#include <string.h>
#include <unistd.h>

enum { VALUE_ROOM = 32 };

typedef struct member {
  npy_array array;
  size_t columns; /* of the table */
  size_t stride;  /* of text: bytes from that of one row to the next; 0: numbers */
} member;

struct array_columns {
  member *members;
  size_t member_count, rows, next, file_bytes, bytes; /* bytes: of all members */
  text_list names;                                    /* of the columns */
  size_t *of, *at;                                    /* [columns] the member of each, and its column there */
  char (*texts)[VALUE_ROOM];
  csv_field *fields;
};

static bool ends_with(const char *path, const char *ending) {
  size_t length = strlen(path);
  return length > 4 && strcmp(path + length - 4, ending) == 0;
}

bool array_columns_is_meant(const char *path) {
  return ends_with(path, ".npz") || ends_with(path, ".npy");
}

void array_columns_close(array_columns *c) {
  if (!c) return;
  for (size_t i = 0; i < c->member_count; i++) npy_close(&c->members[i].array);
  mem_free(c->members);
  text_list_release(&c->names);
  mem_free(c->of);
  mem_free(c->at);
  mem_free(c->texts);
  mem_free(c->fields);
  mem_free(c);
}

const char *const *array_columns_names(const array_columns *c, size_t *count) {
  *count = c->names.count;
  return (const char *const *)c->names.items;
}

/* ---- opening ---- */

static despur_status list_members(text_list *out, size_t *bytes, const char *path, despur_error *error) {
  int fd = -1;
  despur_status status = file_open(&fd, bytes, path, error);
  if (status == DESPUR_OK) status = zip_list(out, fd, *bytes, path, error);
  if (fd >= 0) close(fd);
  return status;
}

/* Text as others know it: UTF-8 with a NUL behind it. What is no character stays one that is not UTF-8. */
static despur_status decode(member *m, size_t character_bytes, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t rows = m->array.shape[0], bytes = m->array.shape[1];
  const uint8_t *from = m->array.data;
  char *texts = NULL;
  m->stride = bytes + 1;
  TRY(mem_alloc(&texts, rows, m->stride, error));
  for (size_t i = 0; i < rows; i++, from += bytes) {
    size_t used = bytes;
    char *out = texts + i * m->stride;
    while (used > 0 && from[used - 1] == 0) used--;
    for (size_t at = 0; at < used; at += character_bytes) {
      uint32_t code = from[at];
      if (character_bytes == 4) memcpy(&code, from + at, sizeof code);
      bool wide = character_bytes == 4 && code >= 0x80;
      if (code == 0 || code > 0x10ffff) code = 0xff, wide = false;
      if (wide)
        out = text_put_utf8(out, code);
      else
        *out++ = (char)code;
    }
  }
  mem_free(m->array.data);
  m->array.data = texts;
cleanup:
  return status;
}

/* The last member, called whole. name: of its column, or the beginning of its columns' names; "" for numbers.
 */
static despur_status add_columns(array_columns *c, const char *path, const char *name, size_t character_bytes,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  text whole = {0};
  member *m = &c->members[c->member_count - 1];
  TRY(text_add(&whole, error, *name ? "%s:%s" : "%s", path, name));
  size_t rank = m->array.rank, rows = rank > 0 ? m->array.shape[0] : 0;
  if (rank < 1 || rank > 2)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: expected a column of a table, which has one dimension, or two for several columns, found %zu",
         whole.data, rank);
  if (c->member_count > 1 && rows != c->rows)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected %zu rows as in the arrays before it, found %zu", whole.data,
         c->rows, rows);
  c->rows = rows;
  if (character_bytes > 0) {
    TRY(decode(m, character_bytes, error));
    rank = 1;
  }
  m->columns = rank == 1 ? 1 : m->array.shape[1];
  if (m->columns > CSV_MOST_FIELDS - c->names.count)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected at most %d columns in all", whole.data, CSV_MOST_FIELDS);
  for (size_t k = 0; k < m->columns; k++) {
    whole.length = 0;
    if (rank == 1 && *name)
      TRY(text_add(&whole, error, "%s", name));
    else
      TRY(text_add(&whole, error, "%s%s%zu", name, *name ? "_" : "", k));
    TRY(text_list_add(&c->names, whole.data, error));
  }
cleanup:
  mem_free(whole.data);
  return status;
}

/* name: without ".npy". */
static despur_status add_member(array_columns *c, const char *path, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  text whole = {0};
  member *m = &c->members[c->member_count];
  size_t character_bytes;
  TRY(text_add(&whole, error, "%s:%s", path, name));
  TRY(npy_open_text(&m->array, &character_bytes, whole.data, error));
  c->member_count++;
  c->bytes += m->array.count * npy_type_bytes(m->array.type);
  /* members may lie over each other */
  TRY(inflate_check_size(c->file_bytes, c->bytes, path, "arrays", error));
  TRY(add_columns(c, path, name, character_bytes, error));
cleanup:
  mem_free(whole.data);
  return status;
}

/* A file of one array: the fields of a structured one, or the columns of a plain one. */
static despur_status add_fields(array_columns *c, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  npy_fields fields;
  TRY(npy_open_fields(&fields, path, error));
  TRY(mem_alloc(&c->members, fields.count, sizeof *c->members, error));
  for (size_t k = 0; k < fields.count; k++) {
    c->members[c->member_count++].array = fields.items[k].array;
    fields.items[k].array.data = NULL;
    TRY(add_columns(c, path, fields.items[k].name, fields.items[k].character_bytes, error));
  }
cleanup:
  npy_fields_close(&fields);
  return status;
}

static despur_status place_columns(array_columns *c, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = c->names.count, used = 0;
  TRY(mem_alloc(&c->of, count, sizeof *c->of, error));
  TRY(mem_alloc(&c->at, count, sizeof *c->at, error));
  TRY(mem_alloc(&c->texts, count, sizeof *c->texts, error));
  TRY(mem_alloc(&c->fields, count, sizeof *c->fields, error));
  for (size_t m = 0; m < c->member_count; m++)
    for (size_t k = 0; k < c->members[m].columns; k++, used++) {
      c->of[used] = m;
      c->at[used] = k;
      c->fields[used] = (csv_field){.text = c->texts[used], .column = used + 1};
    }
cleanup:
  return status;
}

static despur_status add_archive(array_columns *c, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  text_list members = {0};
  TRY(list_members(&members, &c->file_bytes, path, error));
  TRY(mem_alloc(&c->members, members.count, sizeof *c->members, error));
  for (size_t i = 0; i < members.count; i++) {
    char *name = members.items[i];
    size_t length = strlen(name);
    if (length < 5 || strcmp(name + length - 4, ".npy") != 0)
      FAIL(error, DESPUR_BAD_INPUT, "%s: expected arrays only, found the member '%.60s'", path, name);
    name[length - 4] = 0;
    TRY(add_member(c, path, name, error));
  }
cleanup:
  text_list_release(&members);
  return status;
}

despur_status array_columns_open(array_columns **out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  array_columns *c = NULL;
  *out = NULL;
  TRY(mem_alloc(&c, 1, sizeof *c, error));
  TRY((ends_with(path, ".npy") ? add_fields : add_archive)(c, path, error));
  TRY(place_columns(c, error));
  *out = c;
  c = NULL;
cleanup:
  array_columns_close(c);
  return status;
}

/* ---- rows ---- */

/* The fewest digits that give the number again: as float32 where it was no wider. */
static void write_real(char out[VALUE_ROOM], double value, bool narrow) {
  double again;
  number_form form;
  for (int digits = narrow ? 6 : 15; digits <= 17; digits++) {
    format_text(out, VALUE_ROOM, "%.*g", digits, value);
    if (!number_read(&again, out, '.', &form)) return; /* no number: nan, inf */
    if (narrow ? (float)again == (float)value : again == value) return;
  }
}

#define WHOLE(type, conversion, wide) /* an integer of one type */                                           \
  format_text(out, VALUE_ROOM, conversion, (wide)((const type *)array->data)[i]);                            \
  return

static void write_value(char out[VALUE_ROOM], const npy_array *array, size_t i) {
  switch (array->type) {
  case NPY_U8:
    WHOLE(uint8_t, "%llu", unsigned long long);
  case NPY_U16:
    WHOLE(uint16_t, "%llu", unsigned long long);
  case NPY_U32:
    WHOLE(uint32_t, "%llu", unsigned long long);
  case NPY_U64:
    WHOLE(uint64_t, "%llu", unsigned long long);
  case NPY_I8:
    WHOLE(int8_t, "%lld", long long);
  case NPY_I16:
    WHOLE(int16_t, "%lld", long long);
  case NPY_I32:
    WHOLE(int32_t, "%lld", long long);
  case NPY_I64:
    WHOLE(int64_t, "%lld", long long);
  case NPY_BOOL:
    format_text(out, VALUE_ROOM, "%s", ((const uint8_t *)array->data)[i] ? "True" : "False");
    return;
  case NPY_F16:
    write_real(out, (double)half_to_float(((const uint16_t *)array->data)[i]), true);
    return;
  case NPY_F32:
    write_real(out, (double)((const float *)array->data)[i], true);
    return;
  case NPY_F64:
    write_real(out, ((const double *)array->data)[i], false);
  }
}

void array_columns_next(array_columns *c, const size_t *used, size_t count, const csv_field **fields) {
  *fields = NULL;
  if (c->next == c->rows) return;
  for (size_t u = 0; u < count; u++) {
    size_t column = used[u];
    const member *m = &c->members[c->of[column]];
    if (m->stride > 0)
      c->fields[column].text = (const char *)m->array.data + c->next * m->stride;
    else
      write_value(c->texts[column], &m->array, c->next * m->columns + c->at[column]);
    c->fields[column].length = strlen(c->fields[column].text);
    c->fields[column].line = c->next + 1;
  }
  c->fields[0].line = c->next + 1;
  c->next++;
  *fields = c->fields;
}
