#include "io/npy.h"

#include "base/memory.h"
#include "io/array_file.h"
#include "io/half.h"
#include "io/tensor_array.h"

#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "arrays are read as they lie in the file");

/* The header is a Python dictionary (NumPy Enhancement Proposal 1): {'descr': '<f4', 'fortran_order': False,
 * 'shape': (3, 4), }. Only the literals that NumPy writes are accepted: nothing is evaluated. */

static const struct {
  char descr[4];
  size_t bytes;
  const char *name;
} TYPES[] = {
    [NPY_U8] = {"|u1", 1, "uint8"},    [NPY_I8] = {"|i1", 1, "int8"},     [NPY_I16] = {"<i2", 2, "int16"},
    [NPY_I32] = {"<i4", 4, "int32"},   [NPY_I64] = {"<i8", 8, "int64"},   [NPY_U16] = {"<u2", 2, "uint16"},
    [NPY_U32] = {"<u4", 4, "uint32"},  [NPY_U64] = {"<u8", 8, "uint64"},  [NPY_F16] = {"<f2", 2, "float16"},
    [NPY_F32] = {"<f4", 4, "float32"}, [NPY_F64] = {"<f8", 8, "float64"}, [NPY_BOOL] = {"|b1", 1, "bool"},
};

enum {
  TYPE_COUNT = sizeof TYPES / sizeof *TYPES,
  WORD = 32,
  ALIGNMENT = 64,
  MAGIC_BYTES = 6,
  START_BYTES = MAGIC_BYTES + 6, /* magic, version and a length of four bytes; format 1.0 has two */
  HEADER_MOST = 1 << 16,
  GROWTH_DIGITS = 21,
  NPY_BLOCK = 1 << 18 /* elements */
};

static const char MAGIC[] = "\x93NUMPY";

/* ---- the header's text ---- */

/* Of a structured array. */
typedef struct record {
  char name[64];
  npy_type type;
  bool swapped, padding;
  size_t character_bytes, offset, bytes;
} record;

typedef struct parser {
  const char *path, *begin, *at, *end;
  bool swapped, fortran_order; /* what was found: the other order of bytes, the other order of dimensions */
  bool may_be_text;
  size_t character_bytes, width; /* of text that was found; 0: it is numbers */
  bool may_be_records;
  record *records; /* [record_count] that were found; released with mem_free */
  size_t record_count, record_bytes;
  despur_error *error;
} parser;

static despur_status expected(const parser *p, const char *what) {
  int shown = p->end - p->at < 16 ? (int)(p->end - p->at) : 16;
  return error_set(p->error, DESPUR_BAD_INPUT, "%s: header at character %td: expected %s, found '%.*s'",
                   p->path, p->at - p->begin, what, shown, p->at);
}

static bool take(parser *p, const char *literal) {
  while (p->at < p->end && (*p->at == ' ' || *p->at == '\n')) p->at++;
  size_t length = strlen(literal);
  if ((size_t)(p->end - p->at) < length || memcmp(p->at, literal, length) != 0) return false;
  p->at += length;
  return true;
}

static despur_status take_word(parser *p, char *word, size_t room, const char *what) {
  const char *quote = take(p, "'") ? "'" : "\"";
  if (*quote == '"' && !take(p, "\"")) return expected(p, what);
  size_t length = 0;
  while (p->at < p->end && *p->at != *quote && *p->at != '\\' && length < room - 1) word[length++] = *p->at++;
  word[length] = 0;
  if (p->at == p->end || *p->at != *quote) return expected(p, "the end of a short quoted word");
  p->at++;
  return DESPUR_OK;
}

static despur_status take_size(parser *p, size_t *size) {
  take(p, ""); /* spaces */
  const char *start = p->at;
  *size = 0;
  for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++)
    if (__builtin_mul_overflow(*size, (size_t)10, size) ||
        __builtin_add_overflow(*size, (size_t)(*p->at - '0'), size)) {
      p->at = start;
      return expected(p, "a size below 2^64");
    }
  if (p->at == start) return expected(p, "a size");
  take(p, "L"); /* Python 2 writes long integers so */
  return DESPUR_OK;
}

/* A tuple: (), (3,), (3, 4) or (3, 4,). */
static despur_status take_shape(parser *p, npy_array *array) {
  despur_status status = DESPUR_OK;
  if (!take(p, "(")) return expected(p, "a tuple of sizes");
  for (array->rank = 0; !take(p, ")"); array->rank++) {
    if (array->rank == NPY_MAX_RANK)
      FAIL(p->error, DESPUR_BAD_INPUT, "%s: expected at most %d dimensions, found more", p->path,
           NPY_MAX_RANK);
    TRY(take_size(p, &array->shape[array->rank]));
    if (take(p, ",")) continue;
    if (array->rank == 0) return expected(p, "','"); /* (3) is a number, not a tuple */
    if (p->at == p->end || *p->at != ')') return expected(p, "',' or ')'");
  }
cleanup:
  return status;
}

/* As numpy.dtype: an order of bytes, or none, and a code ("<f4"), or a name ("float32"). */
static bool find_type(npy_type *type, bool *swapped, const char *word) {
  const char *code = word + (*word && strchr("<>=|", *word) ? 1 : 0);
  if (!strcmp(code, "?")) code = "b1";
  for (size_t i = 0; i < TYPE_COUNT; i++)
    if (strcmp(code, TYPES[i].descr + 1) == 0 || strcmp(word, TYPES[i].name) == 0) {
      *type = (npy_type)i;
      *swapped = *word == '>' && TYPES[i].bytes > 1;
      return true;
    }
  return false;
}

/* "<U6": characters of four bytes, "|S6": of one. */
static bool find_text(parser *p, const char *word) {
  const char *code = word + (*word && strchr("<>=|", *word) ? 1 : 0);
  if (!p->may_be_text || (*code != 'U' && *code != 'S')) return false;
  p->character_bytes = *code == 'U' ? 4 : 1;
  p->swapped = *word == '>' && *code == 'U';
  for (p->width = 0, code++; *code >= '0' && *code <= '9' && p->width < UINT32_MAX; code++)
    p->width = 10 * p->width + (size_t)(*code - '0');
  return *code == 0;
}

static despur_status take_type(parser *p, npy_type *type);

/* "('y', '<i8')", or padding: "('', '|V4')". */
static despur_status take_record(parser *p) {
  despur_status status = DESPUR_OK;
  record r = {.offset = p->record_bytes};
  const char *start;
  if (!take(p, "(")) return expected(p, "a field, such as ('y', '<i8')");
  TRY(take_word(p, r.name, sizeof r.name, "the quoted name of a field"));
  if (!take(p, ",")) return expected(p, "','");
  p->swapped = false;
  p->character_bytes = 0;
  take(p, ""); /* spaces */
  start = p->at;
  r.padding = take(p, "'|V");
  if (r.padding) {
    TRY(take_size(p, &r.bytes));
    if (!take(p, "'")) return expected(p, "a quote");
  } else {
    if (p->at < p->end && *p->at == '[') return expected(p, "a plain type, not fields within a field");
    TRY(take_type(p, &r.type));
    r.character_bytes = p->character_bytes;
    r.bytes = r.character_bytes ? p->width * r.character_bytes : TYPES[r.type].bytes;
    r.swapped = p->swapped;
  }
  if (!take(p, ")")) return expected(p, "')' (one value in each field)");
  if (__builtin_add_overflow(p->record_bytes, r.bytes, &p->record_bytes) || p->record_bytes > UINT32_MAX) {
    p->at = start;
    return expected(p, "a field of fewer bytes");
  }
  TRY(mem_grow(&p->records, p->record_count, p->record_count + 1, sizeof *p->records, p->error));
  p->records[p->record_count++] = r;
cleanup:
  return status;
}

static despur_status take_records(parser *p) {
  while (!take(p, "]")) {
    despur_status status = take_record(p);
    if (status != DESPUR_OK) return status;
    if (!take(p, ",") && (p->at == p->end || *p->at != ']')) return expected(p, "',' or ']'");
  }
  p->swapped = false;
  p->character_bytes = 0;
  return p->record_bytes > 0 ? DESPUR_OK : expected(p, "a field before it");
}

static despur_status take_type(parser *p, npy_type *type) {
  char word[WORD] = {0};
  *type = NPY_U8;
  if (p->may_be_records && p->record_count == 0 && take(p, "[")) return take_records(p);
  if (take(p, "["))
    return error_set(p->error, DESPUR_BAD_INPUT, "%s: expected an array of numbers, found a structured array",
                     p->path);
  despur_status status = take_word(p, word, WORD, "a quoted type");
  if (status != DESPUR_OK) return status;
  if (find_type(type, &p->swapped, word)) return DESPUR_OK;
  *type = NPY_U8;
  if (find_text(p, word)) return DESPUR_OK;
  const char *why = "";
  if (word[1] == 'O') why = " (Python objects)";
  if (word[1] == 'U' || word[1] == 'S') why = " (text)";
  return error_set(p->error, DESPUR_BAD_INPUT,
                   "%s: expected integers of 8 to 64 bits, floats of 16 to 64 or booleans, found '%s'%s",
                   p->path, word, why);
}

static despur_status take_dictionary(parser *p, npy_array *array) {
  static const char *const KEYS[] = {"descr", "fortran_order", "shape"};
  despur_status status = DESPUR_OK;
  bool seen[3] = {false};
  if (!take(p, "{")) return expected(p, "'{'");
  while (!take(p, "}")) {
    char word[WORD];
    size_t key = 0;
    TRY(take_word(p, word, WORD, "a quoted key or '}'"));
    while (key < 3 && strcmp(word, KEYS[key]) != 0) key++;
    if (key == 3 || seen[key])
      FAIL(p->error, DESPUR_BAD_INPUT, "%s: header has the %s key '%s'", p->path,
           key == 3 ? "unknown" : "repeated", word);
    seen[key] = true;
    if (!take(p, ":")) return expected(p, "':'");
    if (key == 0) TRY(take_type(p, &array->type));
    if (key == 1 && !(p->fortran_order = take(p, "True")) && !take(p, "False"))
      return expected(p, "True or False");
    if (key == 2) TRY(take_shape(p, array));
    if (!take(p, ",") && (p->at == p->end || *p->at != '}')) return expected(p, "',' or '}'");
  }
  take(p, ""); /* spaces */
  if (p->at != p->end) return expected(p, "nothing more");
  for (size_t key = 0; key < 3; key++)
    if (!seen[key]) FAIL(p->error, DESPUR_BAD_INPUT, "%s: header lacks the key '%s'", p->path, KEYS[key]);
cleanup:
  return status;
}

/* ---- the file around it ---- */

/* Where the header's text lies in a file of which bytes there are; b: the first START_BYTES of it. */
static despur_status find_header(const uint8_t *b, size_t bytes, const char *path, size_t *start,
                                 size_t *length, despur_error *error) {
  if (bytes < MAGIC_BYTES + 2 || memcmp(b, MAGIC, MAGIC_BYTES) != 0)
    return error_set(error, DESPUR_BAD_INPUT, "%s: not a .npy file: expected it to start with \\x93NUMPY",
                     path);
  unsigned version = b[MAGIC_BYTES];
  if (version < 1 || version > 3 || b[MAGIC_BYTES + 1] != 0)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected format 1.0, 2.0 or 3.0, found %u.%u", path,
                     version, b[MAGIC_BYTES + 1]);
  size_t digits = version == 1 ? 2 : 4;
  *start = MAGIC_BYTES + 2 + digits;
  *length = 0;
  if (bytes >= *start)
    for (size_t i = digits; i > 0; i--) *length = *length << 8 | b[MAGIC_BYTES + 1 + i];
  if (bytes < *start || *length > bytes - *start)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected a header of %s bytes, found %s (truncated file?)",
                     path, file_grouped(*start + *length).text, file_grouped(bytes).text);
  if (*length > HEADER_MOST)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected a header of at most %s bytes, found %s", path,
                     file_grouped(HEADER_MOST).text, file_grouped(*length).text);
  return DESPUR_OK;
}

/* Sets the count; found: bytes that follow the header. */
static despur_status check_data(npy_array *array, const char *path, size_t found, despur_error *error) {
  size_t wanted;
  bool empty = false, overflow = false;
  array->count = 1;
  for (size_t i = 0; i < array->rank; i++) {
    overflow |= __builtin_mul_overflow(array->count, array->shape[i], &array->count);
    empty |= array->shape[i] == 0;
  }
  if (empty) array->count = 0;
  overflow |= __builtin_mul_overflow(array->count, TYPES[array->type].bytes, &wanted);
  if (overflow && !empty)
    return error_set(error, DESPUR_BAD_INPUT, "%s: its shape asks for more elements than a computer can hold",
                     path);
  if (found != wanted)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected %s bytes of elements, found %s (%s)", path,
                     file_grouped(wanted).text, file_grouped(found).text,
                     found < wanted ? "truncated file?" : "trailing bytes");
  return DESPUR_OK;
}

static void swap_bytes(uint8_t *data, size_t count, size_t bytes) {
  for (size_t i = 0; i < count; i++, data += bytes)
    for (size_t k = 0; k < bytes / 2; k++) {
      uint8_t byte = data[k];
      data[k] = data[bytes - 1 - k];
      data[bytes - 1 - k] = byte;
    }
}

/* From Fortran's order of dimensions, where the first index is the fastest, to C's, where the last one is. */
static despur_status transpose(npy_array *array, despur_error *error) {
  size_t bytes = TYPES[array->type].bytes, index[NPY_MAX_RANK] = {0}, stride[NPY_MAX_RANK], from = 0;
  uint8_t *turned;
  if (array->count == 0) return DESPUR_OK;
  despur_status status = mem_alloc(&turned, array->count, bytes, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0, step = 1; i < array->rank; step *= array->shape[i++]) stride[i] = step;
  for (size_t to = 0; to < array->count; to++) {
    memcpy(turned + to * bytes, (const uint8_t *)array->data + from * bytes, bytes);
    for (size_t i = array->rank; i-- > 0;) {
      from += stride[i];
      if (++index[i] < array->shape[i]) break;
      from -= index[i] * stride[i];
      index[i] = 0;
    }
  }
  mem_free(array->data);
  array->data = turned;
  return DESPUR_OK;
}

/* The header's text of a file that has been opened; *length of it. */
static despur_status read_header(char **header, size_t *length, array_file *s, size_t *data,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  uint8_t first[START_BYTES] = {0};
  size_t start;
  TRY(array_file_read(s, first, s->bytes < START_BYTES - 2 ? s->bytes : START_BYTES - 2, error));
  if (s->bytes >= START_BYTES && first[MAGIC_BYTES] > 1)
    TRY(array_file_read(s, first + START_BYTES - 2, 2, error));
  TRY(find_header(first, s->bytes, s->path, &start, length, error));
  TRY(mem_alloc(header, *length, 1, error));
  TRY(array_file_read(s, *header, *length, error));
  *data = s->bytes - start - *length;
cleanup:
  return status;
}

/* Bytes of text, or of records, are a dimension more. */
static despur_status widen(npy_array *array, const parser *p) {
  if (p->record_count > 0) {
    if (array->rank != 1)
      return error_set(p->error, DESPUR_BAD_INPUT, "%s: expected one dimension of fields, found %zu", p->path,
                       array->rank);
    array->rank = 2;
    array->shape[1] = p->record_bytes;
    return DESPUR_OK;
  }
  if (p->character_bytes == 0) return DESPUR_OK;
  if (array->rank != 1)
    return error_set(p->error, DESPUR_BAD_INPUT, "%s: expected one dimension of text, found %zu", p->path,
                     array->rank);
  array->rank = 2;
  array->shape[1] = p->width * p->character_bytes;
  return DESPUR_OK;
}

/* From rows of records. */
static despur_status take_field(npy_field *out, const record *r, const npy_array *rows, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t n = rows->shape[0], piece = r->character_bytes ? r->character_bytes : r->bytes;
  const uint8_t *from = rows->data;
  *out = (npy_field){.character_bytes = r->character_bytes};
  memcpy(out->name, r->name, sizeof out->name);
  out->array = (npy_array){.type = r->type, .rank = 1, .shape = {n, r->bytes}, .count = n};
  if (r->character_bytes > 0) out->array.rank = 2, out->array.count = n * r->bytes;
  TRY(mem_alloc(&out->array.data, n, r->bytes, error));
  uint8_t *to = out->array.data;
  for (size_t i = 0; i < n; i++) memcpy(to + i * r->bytes, from + i * rows->shape[1] + r->offset, r->bytes);
  if (r->swapped) swap_bytes(to, n * r->bytes / piece, piece);
cleanup:
  return status;
}

static despur_status take_fields(npy_fields *out, const parser *p, const npy_array *rows,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&out->items, p->record_count, sizeof *out->items, error));
  for (size_t k = 0; k < p->record_count; k++) {
    if (p->records[k].padding) continue;
    TRY(take_field(&out->items[out->count++], &p->records[k], rows, error));
  }
cleanup:
  return status;
}

/* Block by block from the file. */
static despur_status pour(const npy_sink *sink, const npy_array *about, bool swapped, array_file *s,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t size = TYPES[about->type].bytes;
  npy_array block = {.type = about->type, .rank = 1};
  TRY(sink->begin(sink->context, about, error));
  TRY(mem_alloc(&block.data, about->count < NPY_BLOCK ? about->count : NPY_BLOCK, size, error));
  for (size_t first = 0; first < about->count; first += block.count) {
    block.count = about->count - first < NPY_BLOCK ? about->count - first : NPY_BLOCK;
    block.shape[0] = block.count;
    TRY(array_file_read(s, block.data, block.count * size, error));
    if (swapped) swap_bytes(block.data, block.count, size);
    TRY(sink->take(sink->context, &block, first, error));
  }
  TRY(array_file_finish(s, error));
cleanup:
  npy_close(&block);
  return status;
}

/* character_bytes: NULL where only numbers are wanted; fields: where these are not; sink: NULL, or where
 * numbers go instead of the array, which stays empty. */
static despur_status open_array(npy_array *array, size_t *character_bytes, npy_fields *fields,
                                const npy_sink *sink, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  array_file s;
  size_t length = 0, data = 0;
  char *header = NULL;
  record *records = NULL;
  if (tensor_array_is_meant(path)) return tensor_array_open(array, sink, path, error);
  *array = (npy_array){0};
  TRY(array_file_open(&s, path, error));
  TRY(read_header(&header, &length, &s, &data, error));
  parser p = {.path = path,
              .begin = header,
              .at = header,
              .end = header + length,
              .may_be_text = character_bytes != NULL,
              .may_be_records = fields != NULL,
              .error = error};
  status = take_dictionary(&p, array);
  records = p.records;
  if (status != DESPUR_OK) goto cleanup;
  TRY(widen(array, &p));
  TRY(check_data(array, path, data, error));
  const bool turned = p.fortran_order && array->rank > 1 && p.character_bytes == 0;
  if (sink && !turned) {
    status = pour(sink, array, p.swapped, &s, error);
    goto cleanup;
  }
  TRY(mem_alloc(&array->data, data, 1, error));
  TRY(array_file_read(&s, array->data, data, error));
  TRY(array_file_finish(&s, error));
  size_t piece = p.character_bytes ? p.character_bytes : TYPES[array->type].bytes;
  if (p.swapped) swap_bytes(array->data, data / piece, piece);
  if (turned) TRY(transpose(array, error));
  if (sink) TRY(sink->begin(sink->context, array, error));
  if (sink) TRY(sink->take(sink->context, array, 0, error));
  if (character_bytes) *character_bytes = p.character_bytes;
  if (p.record_count > 0) TRY(take_fields(fields, &p, array, error));
cleanup:
  mem_free(records);
  array_file_close(&s);
  mem_free(header);
  if (status != DESPUR_OK) npy_close(array);
  return status;
}

despur_status npy_open(npy_array *array, const char *path, despur_error *error) {
  return open_array(array, NULL, NULL, NULL, path, error);
}

despur_status npy_pour(const npy_sink *sink, const char *path, despur_error *error) {
  npy_array array;
  despur_status status = open_array(&array, NULL, NULL, sink, path, error);
  if (status == DESPUR_OK) npy_close(&array);
  return status;
}

despur_status npy_open_text(npy_array *array, size_t *character_bytes, const char *path,
                            despur_error *error) {
  *character_bytes = 0;
  return open_array(array, character_bytes, NULL, NULL, path, error);
}

despur_status npy_open_fields(npy_fields *out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  npy_array array = {0};
  size_t character_bytes = 0;
  *out = (npy_fields){0};
  TRY(open_array(&array, &character_bytes, out, NULL, path, error));
  if (out->count > 0) goto cleanup;
  TRY(mem_alloc(&out->items, 1, sizeof *out->items, error));
  out->items[out->count++] = (npy_field){.array = array, .character_bytes = character_bytes};
  array.data = NULL;
cleanup:
  npy_close(&array);
  if (status != DESPUR_OK) npy_fields_close(out);
  return status;
}

void npy_fields_close(npy_fields *fields) {
  for (size_t k = 0; k < fields->count; k++) npy_close(&fields->items[k].array);
  mem_free(fields->items);
  *fields = (npy_fields){0};
}

despur_status npy_narrow(npy_array *array, despur_error *error) {
  float *values;
  if (array->type != NPY_F16 && array->type != NPY_F64) return DESPUR_OK;
  despur_status status = mem_alloc(&values, array->count, sizeof *values, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < array->count; i++)
    values[i] = array->type == NPY_F16 ? half_to_float(((const uint16_t *)array->data)[i])
                                       : (float)((const double *)array->data)[i];
  mem_free(array->data);
  array->data = values;
  array->type = NPY_F32;
  return DESPUR_OK;
}

const char *npy_type_name(npy_type type) {
  return TYPES[type].name;
}

const char *npy_type_code(npy_type type) {
  return TYPES[type].descr;
}

size_t npy_type_bytes(npy_type type) {
  return TYPES[type].bytes;
}

void npy_close(npy_array *array) {
  mem_free(array->data);
  *array = (npy_array){0};
}

/* ---- writing ---- */

enum { HEADER_ROOM = 512 }; /* eight sizes of 20 digits fit */

/* Magic, version 1.0, length and dictionary, padded like NumPy's: room for the first size to grow to 21
 * digits, then up to the next multiple of 64; then more spaces, if wanted. Returns the number of bytes. */
static size_t make_header(char header[HEADER_ROOM], npy_type type, size_t rank, const size_t *shape,
                          size_t more) {
  const size_t text = MAGIC_BYTES + 4;
  size_t used = text, first_digits = GROWTH_DIGITS;
  memset(header, ' ', HEADER_ROOM);
  used += (size_t)snprintf(header + used, HEADER_ROOM - used,
                           "{'descr': '%s', 'fortran_order': False, 'shape': (", TYPES[type].descr);
  for (size_t i = 0; i < rank; i++) {
    int written = snprintf(header + used, HEADER_ROOM - used, "%s%zu", i ? ", " : "", shape[i]);
    if (i == 0) first_digits = (size_t)written;
    used += (size_t)written;
  }
  used += (size_t)snprintf(header + used, HEADER_ROOM - used, "%s), }", rank == 1 ? "," : "");
  header[used] = ' '; /* over the NUL */
  used += GROWTH_DIGITS - first_digits + 1;
  used += ALIGNMENT - used % ALIGNMENT + more;
  header[used - 1] = '\n';
  memcpy(header, MAGIC, MAGIC_BYTES);
  const char version_and_length[4] = {1, 0, (char)((used - text) & 0xff), (char)((used - text) >> 8)};
  memcpy(header + MAGIC_BYTES, version_and_length, sizeof version_and_length);
  return used;
}

static despur_status write_array(const char *path, npy_type type, size_t rank, const size_t *shape,
                                 const void *data, size_t more, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  char header[HEADER_ROOM];
  size_t bytes = TYPES[type].bytes;
  if (rank > NPY_MAX_RANK)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected at most %d dimensions, found %zu", path, NPY_MAX_RANK, rank);
  for (size_t i = 0; i < rank; i++) TRY(mem_multiply(&bytes, bytes, shape[i], error));
  size_t header_bytes = make_header(header, type, rank, shape, more);
  TRY(file_writer_open(&writer, path, error));
  TRY(file_write(writer, header, header_bytes, error));
  TRY(file_write(writer, data, bytes, error));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}

despur_status npy_write(const char *path, npy_type type, size_t rank, const size_t *shape, const void *data,
                        despur_error *error) {
  return write_array(path, type, rank, shape, data, 0, error);
}

despur_status npy_write_marked(const char *path, npy_type type, size_t rank, const size_t *shape,
                               const void *data, despur_error *error) {
  return write_array(path, type, rank, shape, data, NPY_MARK, error);
}
