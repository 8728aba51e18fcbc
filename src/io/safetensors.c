#include "io/safetensors.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "base/memory.h"
#include "io/half.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are read as they lie in the file");

enum { LENGTH_BYTES = 8, ALIGNMENT = 8 };

static const struct {
  const char *name;
  size_t bytes;
} TYPES[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}};

enum { TYPE_F32, TYPE_F16, TYPE_BF16, TYPE_F64, TYPE_COUNT };

static const char METADATA[] = "__metadata__";

/* ---- reading ---- */

despur_status safetensors_read_header(json_value **root, size_t *bytes, int fd, const char *path,
                                      despur_error *error) {
  despur_status status = DESPUR_OK;
  uint64_t length = 0;
  char *header = NULL;
  if (*bytes < LENGTH_BYTES)
    FAIL(error, DESPUR_BAD_INPUT, "%s: not a safetensors file: expected at least 8 bytes, found %zu", path,
         *bytes);
  TRY(file_read_all(fd, &length, sizeof length, path, error));
  *bytes -= LENGTH_BYTES;
  if (length > SAFETENSORS_HEADER_MOST)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: not a safetensors file: expected a header of at most %s bytes, found %s", path,
         file_grouped(SAFETENSORS_HEADER_MOST).text, file_grouped(length).text);
  if (length > *bytes)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected a header of %s bytes, found %s (truncated file?)", path,
         file_grouped(length).text, file_grouped(*bytes).text);
  TRY(mem_alloc(&header, (size_t)length, 1, error));
  TRY(file_read_all(fd, header, (size_t)length, path, error));
  *bytes -= (size_t)length;
  json_fault fault = {0};
  status = json_parse(root, header, (size_t)length, &fault);
  if (status == DESPUR_NO_RESOURCES) FAIL(error, status, "%s: out of memory", path);
  if (status != DESPUR_OK)
    FAIL(error, DESPUR_BAD_INPUT, "%s: header at byte %zu: %s", path, fault.byte, fault.text);
  size_t start = LENGTH_BYTES + (size_t)length;
  if (start % sizeof(float) != 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected data to start at a multiple of 4 bytes, found %zu", path,
         start);
cleanup:
  mem_free(header);
  return status;
}

static despur_status check_metadata(const json_value *metadata, const char *path, despur_error *error) {
  bool good = json_is(metadata, JSON_KIND_OBJECT);
  for (size_t i = 0; i < json_members(metadata); i++)
    good = good && json_is(metadata->items[i], JSON_KIND_TEXT);
  if (good) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s: %s: expected an object of strings", path, METADATA);
}

static bool read_sizes(size_t *sizes, size_t most, size_t *count, const json_value *array) {
  if (!json_is(array, JSON_KIND_LIST) || json_elements(array) > most) return false;
  *count = json_elements(array);
  for (size_t i = 0; i < *count; i++)
    if (!json_size(&sizes[i], json_at(array, i))) return false;
  return true;
}

/* Where a tensor lies, in bytes from the start of the data. */
typedef struct extent {
  size_t begin, end;
  int type;
  tensor tensor;
} extent;

static despur_status check_keys(const json_value *entry, const char *path, despur_error *error) {
  const char *name = entry->name;
  if (strlen(name) >= TENSOR_NAME)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: tensor '%.40s...': expected a name of at most %d bytes, found %zu", path, name,
                     TENSOR_NAME - 1, strlen(name));
  if (!json_is(entry, JSON_KIND_OBJECT))
    return error_set(error, DESPUR_BAD_INPUT, "%s: tensor '%s': expected an object", path, name);
  for (size_t i = 0; i < json_members(entry); i++) {
    const char *key = entry->items[i]->name;
    if (strcmp(key, "dtype") != 0 && strcmp(key, "shape") != 0 && strcmp(key, "data_offsets") != 0)
      return error_set(error, DESPUR_BAD_INPUT, "%s: tensor '%s': unknown key '%s'", path, name, key);
  }
  return DESPUR_OK;
}

/* The shape must need exactly the bytes between the offsets. Sets the count. A size of 0 makes a tensor of
 * none, whatever the others multiply to. */
static despur_status check_shape(extent *out, const char *path, despur_error *error) {
  tensor *t = &out->tensor;
  size_t bytes = TYPES[out->type].bytes, held = out->end - out->begin;
  bool overflow = false, empty = false;
  for (size_t i = 0; i < t->rank; i++) {
    overflow |= __builtin_mul_overflow(bytes, t->shape[i], &bytes);
    empty |= t->shape[i] == 0;
  }
  if (empty) {
    overflow = false;
    bytes = 0;
  }
  if (overflow || bytes != held)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: tensor '%s': its shape needs %s bytes, its data_offsets hold %s", path, t->name,
                     overflow ? "more than 2^64" : file_grouped(bytes).text, file_grouped(held).text);
  t->count = bytes / TYPES[out->type].bytes;
  return DESPUR_OK;
}

static despur_status read_extent(extent *out, const json_value *entry, const char *path, size_t data_bytes,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  tensor *t = &out->tensor;
  const char *name = entry->name;
  TRY(check_keys(entry, path, error));
  memcpy(t->name, name, strlen(name) + 1);
  const char *type = json_text(json_find(entry, "dtype"));
  while (type && out->type < TYPE_COUNT && strcmp(type, TYPES[out->type].name) != 0) out->type++;
  if (!type || out->type == TYPE_COUNT)
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%s': expected dtype F32, F16, BF16 or F64, found %s", path,
         name, type ? type : "none");
  if (!read_sizes(t->shape, TENSOR_MAX_RANK, &t->rank, json_find(entry, "shape")))
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%s': expected a shape of at most %d sizes", path, name,
         TENSOR_MAX_RANK);
  size_t offsets[2], pair = 0;
  if (!read_sizes(offsets, 2, &pair, json_find(entry, "data_offsets")) || pair != 2)
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%s': expected two data_offsets", path, name);
  out->begin = offsets[0];
  out->end = offsets[1];
  if (out->begin > out->end || out->end > data_bytes)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: tensor '%s': data_offsets %s to %s lie outside of the %s bytes of data%s", path, name,
         file_grouped(out->begin).text, file_grouped(out->end).text, file_grouped(data_bytes).text,
         out->begin > out->end ? "" : " (truncated file?)");
  TRY(check_shape(out, path, error));
cleanup:
  return status;
}

static int compare_sizes(size_t a, size_t b) {
  return (a > b) - (a < b);
}

static int compare_extents(const void *left, const void *right) {
  const extent *a = left, *b = right;
  int order = compare_sizes(a->begin, b->begin);
  if (order == 0) order = compare_sizes(a->end, b->end);
  return order ? order : strcmp(a->tensor.name, b->tensor.name);
}

/* The extents, sorted, must follow each other without gap or overlap and fill the data. */
static despur_status check_cover(const extent *extents, size_t count, size_t data_bytes, const char *path,
                                 despur_error *error) {
  size_t end = 0;
  for (size_t i = 0; i < count; end = extents[i++].end) {
    const char *name = extents[i].tensor.name;
    if (extents[i].begin > end)
      return error_set(error, DESPUR_BAD_INPUT, "%s: tensor '%s': %s unused bytes of data before it", path,
                       name, file_grouped(extents[i].begin - end).text);
    if (extents[i].begin < end)
      return error_set(error, DESPUR_BAD_INPUT, "%s: tensor '%s': its data overlap those of tensor '%s'",
                       path, name, extents[i - 1].tensor.name);
  }
  if (end == data_bytes) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s: expected %s bytes of data, found %s (trailing bytes)", path,
                   file_grouped(end).text, file_grouped(data_bytes).text);
}

/* The numbers of a tensor from the bytes that the file has of it. */
static void to_floats(float *values, const uint8_t *bytes, const extent *e) {
  const size_t size = TYPES[e->type].bytes;
  for (size_t i = 0; i < e->tensor.count; i++) {
    uint16_t half;
    double wide;
    memcpy(&half, bytes + i * size, sizeof half);
    if (e->type == TYPE_F64) memcpy(&wide, bytes + i * size, sizeof wide);
    if (e->type == TYPE_F32)
      memcpy(&values[i], bytes + i * size, sizeof *values);
    else
      values[i] = e->type == TYPE_F64   ? (float)wide
                  : e->type == TYPE_F16 ? half_to_float(half)
                                        : bfloat_to_float(half);
  }
}

/* Reads the data of all tensors, which stand in the file in this order. */
static despur_status read_values(float **values, const extent *extents, size_t count, int fd,
                                 size_t data_bytes, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint8_t *raw = NULL;
  size_t total = 0;
  bool plain = true;
  for (size_t i = 0; i < count; i++) {
    total += extents[i].tensor.count; /* no more than there are bytes */
    plain &= extents[i].type == TYPE_F32;
  }
  TRY(mem_alloc(values, total, sizeof **values, error));
  if (plain) return file_read_all(fd, *values, data_bytes, path, error);
  TRY(mem_alloc(&raw, data_bytes, 1, error));
  TRY(file_read_all(fd, raw, data_bytes, path, error));
  total = 0;
  for (size_t i = 0; i < count; total += extents[i++].tensor.count)
    to_floats(*values + total, raw + extents[i].begin, &extents[i]);
cleanup:
  mem_free(raw);
  return status;
}

static despur_status read_tensors(tensor_file *file, const json_value *root, int fd, size_t data_bytes,
                                  const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  extent *extents = NULL;
  size_t count = 0;
  TRY(mem_alloc(&extents, json_members(root), sizeof *extents, error));
  for (size_t i = 0; i < json_members(root); i++) {
    const json_value *entry = root->items[i];
    if (strcmp(entry->name, METADATA) == 0) {
      TRY(check_metadata(entry, path, error));
    } else {
      TRY(read_extent(&extents[count], entry, path, data_bytes, error));
      count++;
    }
  }
  qsort(extents, count, sizeof *extents, compare_extents);
  TRY(check_cover(extents, count, data_bytes, path, error));
  TRY(mem_alloc(&file->tensors, count, sizeof *file->tensors, error));
  TRY(read_values(&file->values, extents, count, fd, data_bytes, path, error));
  file->count = count;
  for (size_t i = 0, total = 0; i < count; total += extents[i++].tensor.count) {
    file->tensors[i] = extents[i].tensor;
    file->tensors[i].data = file->values + total;
  }
cleanup:
  mem_free(extents);
  return status;
}

despur_status safetensors_open(tensor_file *file, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  json_value *root = NULL;
  int fd = -1;
  size_t bytes;
  *file = (tensor_file){0};
  TRY(file_open(&fd, &bytes, path, error));
  TRY(safetensors_read_header(&root, &bytes, fd, path, error));
  TRY(read_tensors(file, root, fd, bytes, path, error));
cleanup:
  if (fd >= 0) close(fd);
  mem_free(root);
  if (status != DESPUR_OK) safetensors_close(file);
  return status;
}

void safetensors_close(tensor_file *file) {
  mem_free(file->tensors);
  mem_free(file->values);
  *file = (tensor_file){0};
}

const tensor *safetensors_find(const tensor_file *file, const char *name) {
  for (size_t i = 0; i < file->count; i++)
    if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
  return NULL;
}

/* ---- writing ---- */

/* Describes a tensor, its data at byte *end, which is moved behind them. */
static despur_status describe(json_writer *j, const tensor *t, size_t *end, const char *path,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = 1, bytes, begin = *end;
  if (t->rank > TENSOR_MAX_RANK)
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%s': expected at most %d dimensions, found %zu", path, t->name,
         TENSOR_MAX_RANK, t->rank);
  for (size_t i = 0; i < t->rank; i++) TRY(mem_multiply(&count, count, t->shape[i], error));
  if (count != t->count)
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%s': its shape holds %zu numbers, its count is %zu", path,
         t->name, count, t->count);
  TRY(mem_multiply(&bytes, count, sizeof(float), error));
  *end = begin + bytes;
  json_open(j, t->name, '{');
  json_write_text(j, "dtype", "F32");
  json_open(j, "shape", '[');
  for (size_t i = 0; i < t->rank; i++) json_write_count(j, NULL, t->shape[i]);
  json_close(j);
  json_open(j, "data_offsets", '[');
  json_write_count(j, NULL, begin);
  json_write_count(j, NULL, *end);
  json_close(j);
  json_close(j);
cleanup:
  return status;
}

static despur_status check_name(const tensor *tensors, size_t i, const char *path, despur_error *error) {
  const char *name = tensors[i].name;
  bool taken = strcmp(name, METADATA) == 0;
  for (size_t k = 0; k < i; k++) taken |= strcmp(name, tensors[k].name) == 0;
  if (taken) return error_set(error, DESPUR_BAD_INPUT, "%s: tensor '%s': the name is taken", path, name);
  if (!text_is_utf8(name))
    return error_set(error, DESPUR_BAD_INPUT, "%s: tensor '%s': expected a name that is text", path, name);
  return DESPUR_OK;
}

static despur_status make_header(char **json, const tensor *tensors, size_t count, const char *path,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t end = 0;
  json_writer j = {0};
  *json = NULL;
  json_open(&j, NULL, '{');
  for (size_t i = 0; i < count; i++) {
    TRY(check_name(tensors, i, path, error));
    TRY(describe(&j, &tensors[i], &end, path, error));
  }
  json_close(&j);
  status = json_finish(json, &j, error);
  if (status != DESPUR_OK) error_prefix(error, "%s: ", path);
cleanup:
  json_drop(&j);
  return status;
}

despur_status safetensors_write(const char *path, const tensor *tensors, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  char *json = NULL;
  TRY(make_header(&json, tensors, count, path, error));
  size_t length = strlen(json), padding = (ALIGNMENT - length % ALIGNMENT) % ALIGNMENT;
  uint64_t header_bytes = length + padding;
  if (header_bytes > SAFETENSORS_HEADER_MOST) /* nothing would read it */
    FAIL(error, DESPUR_BAD_INPUT, "%s: %zu tensors need a header of %s bytes; it has at most %s", path, count,
         file_grouped(header_bytes).text, file_grouped(SAFETENSORS_HEADER_MOST).text);
  TRY(file_writer_open(&writer, path, error));
  TRY(file_write(writer, &header_bytes, sizeof header_bytes, error));
  TRY(file_write(writer, json, length, error));
  TRY(file_write(writer, "        ", padding, error));
  for (size_t i = 0; i < count; i++)
    TRY(file_write(writer, tensors[i].data, tensors[i].count * sizeof(float), error));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  mem_free(json);
  file_writer_discard(writer);
  return status;
}
