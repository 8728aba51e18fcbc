#include "io/tensor_array.h"

#include "base/json_read.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/array_file.h"
#include "io/half.h"
#include "io/safetensors.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char ENDING[] = ".safetensors";
enum { ENDING_BYTES = sizeof ENDING - 1, NAMES_SHOWN = 5, BLOCK = 1 << 18 /* elements */ };

static const struct {
  const char *name;
  npy_type type;
  size_t bytes;
} TYPES[] = {{"F32", NPY_F32, 4},   {"F16", NPY_F16, 2}, {"BF16", NPY_F16, 2}, {"F64", NPY_F64, 8},
             {"BOOL", NPY_BOOL, 1}, {"U8", NPY_U8, 1},   {"I8", NPY_I8, 1},    {"U16", NPY_U16, 2},
             {"I16", NPY_I16, 2},   {"U32", NPY_U32, 4}, {"I32", NPY_I32, 4},  {"U64", NPY_U64, 8},
             {"I64", NPY_I64, 8}};

bool tensor_array_is_meant(const char *path) {
  const char *found = NULL;
  for (const char *at = path; (at = strstr(at, ENDING)); at++) found = at;
  return found && (found[ENDING_BYTES] == 0 || (found[ENDING_BYTES] == ':' && !file_exists(path)));
}

/* "found 'a', 'b' and 3 more" */
static despur_status no_such_tensor(const json_value *root, const char *name, const char *path,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  text names = {0};
  size_t count = 0;
  for (size_t i = 0; i < json_members(root); i++) {
    const char *key = root->items[i]->name;
    if (!strcmp(key, "__metadata__") || count++ >= NAMES_SHOWN) continue;
    TRY(text_add(&names, error, "%s'%.60s'", count > 1 ? ", " : "", key));
  }
  if (count > NAMES_SHOWN) TRY(text_add(&names, error, " and %zu more", count - NAMES_SHOWN));
  if (name)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected a tensor '%.60s', found %s", path, name,
         count ? names.data : "none");
  FAIL(error, DESPUR_BAD_INPUT, "%s: expected a file of one tensor%s, found %s", path,
       count ? ", or the name of one (FILE.safetensors:NAME)" : "", count ? names.data : "none");
cleanup:
  mem_free(names.data);
  return status;
}

/* The tensor of that name; NULL: the only one. */
static despur_status find(const json_value **out, const json_value *root, const char *name, const char *path,
                          despur_error *error) {
  size_t count = 0;
  *out = name ? json_find(root, name) : NULL;
  for (size_t i = 0; i < json_members(root); i++) {
    if (name || !strcmp(root->items[i]->name, "__metadata__")) continue;
    *out = root->items[i];
    count++;
  }
  return *out && (name || count == 1) ? DESPUR_OK : no_such_tensor(root, name, path, error);
}

/* Type, shape and count of a tensor, and where its *bytes begin in the data, of which there are `held`. */
static despur_status describe(npy_array *out, const char **type, size_t *begin, size_t *bytes,
                              const json_value *entry, size_t held, const char *path, despur_error *error) {
  const json_value *shape = json_find(entry, "shape"), *offsets = json_find(entry, "data_offsets");
  size_t known = 0, end = 0, wanted = 0;
  *begin = 0;
  *type = json_text(json_find(entry, "dtype"));
  while (known < sizeof TYPES / sizeof *TYPES && (!*type || strcmp(TYPES[known].name, *type) != 0)) known++;
  if (known == sizeof TYPES / sizeof *TYPES)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: expected integers of 8 to 64 bits, floats of 16 to 64 or booleans, found dtype %s",
                     path, *type ? *type : "none");
  out->type = TYPES[known].type;
  out->rank = json_elements(shape);
  bool good = json_is(shape, JSON_KIND_LIST) && out->rank <= NPY_MAX_RANK &&
              json_size(begin, json_at(offsets, 0)) && json_size(&end, json_at(offsets, 1)) &&
              *begin <= end && end <= held;
  out->count = 1;
  for (size_t i = 0; good && i < out->rank; i++)
    good = json_size(&out->shape[i], json_at(shape, i)) &&
           !__builtin_mul_overflow(out->count, out->shape[i], &out->count);
  good = good && !__builtin_mul_overflow(out->count, TYPES[known].bytes, &wanted) && wanted == end - *begin;
  *bytes = good ? wanted : 0;
  if (good) return DESPUR_OK;
  return error_set(
      error, DESPUR_BAD_INPUT,
      "%s: its shape and its data_offsets do not go together, or lie outside of the %s bytes of data "
      "(truncated file?)",
      path, file_grouped(held).text);
}

/* float16 and bfloat16 are of one size. */
static despur_status widen(npy_array *array, despur_error *error) {
  const uint16_t *upper = array->data;
  float *values;
  despur_status status = mem_alloc(&values, array->count, sizeof *values, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < array->count; i++) values[i] = bfloat_to_float(upper[i]);
  mem_free(array->data);
  array->data = values;
  array->type = NPY_F32;
  return DESPUR_OK;
}

static size_t size_of(npy_type type) {
  size_t k = 0;
  while (TYPES[k].type != type) k++;
  return TYPES[k].bytes;
}

/* Block by block. `about` has the type that the file has; bfloat16 is told as what it becomes. */
static despur_status pour(const npy_sink *sink, const npy_array *about, bool bfloat, int fd, const char *path,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t size = size_of(about->type);
  npy_array told = *about, block = {0};
  if (bfloat) told.type = NPY_F32;
  TRY(sink->begin(sink->context, &told, error));
  for (size_t first = 0; first < about->count; first += block.count) {
    size_t left = about->count - first;
    mem_free(block.data);
    block = (npy_array){.type = about->type, .rank = 1, .count = left < BLOCK ? left : BLOCK};
    block.shape[0] = block.count;
    TRY(mem_alloc(&block.data, block.count, size, error));
    TRY(file_read_all(fd, block.data, block.count * size, path, error));
    if (bfloat) TRY(widen(&block, error));
    TRY(sink->take(sink->context, &block, first, error));
  }
cleanup:
  mem_free(block.data);
  return status;
}

despur_status tensor_array_open(npy_array *out, const npy_sink *sink, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *file = NULL;
  const char *type;
  const json_value *entry;
  json_value *root = NULL;
  int fd = -1;
  size_t all, held, begin, bytes;
  *out = (npy_array){0};
  TRY(array_file_name(&file, path, error));
  TRY(file_open(&fd, &all, file, error));
  held = all;
  TRY(safetensors_read_header(&root, &held, fd, file, error));
  const char *name = strlen(path) > strlen(file) ? path + strlen(file) + 1 : NULL;
  TRY(find(&entry, root, name, name ? path : file, error));
  TRY(describe(out, &type, &begin, &bytes, entry, held, path, error));
  if (!sink) TRY(mem_alloc(&out->data, bytes, 1, error));
  if (lseek(fd, (off_t)(all - held + begin), SEEK_SET) < 0) {
    status = file_read_failed(file, errno, error);
    goto cleanup;
  }
  const bool bfloat = strcmp(type, "BF16") == 0;
  if (sink)
    TRY(pour(sink, out, bfloat, fd, path, error));
  else
    TRY(file_read_all(fd, out->data, bytes, path, error));
  if (!sink && bfloat) TRY(widen(out, error));
cleanup:
  if (fd >= 0) close(fd);
  mem_free(root);
  mem_free(file);
  if (status != DESPUR_OK) {
    mem_free(out->data);
    *out = (npy_array){0};
  }
  return status;
}
