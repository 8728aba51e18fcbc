/* The list of a model's tensors: adding to it, finding in it, and reading the numbers that it points at. */
#include "model/model.h"

#include "base/format.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/half.h"
#include "io/zip.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

const char *const model_type_names[] = {"F32", "F16", "BF16", "F64", NULL};
const size_t model_type_bytes[] = {4, 2, 2, 8, 0};

static despur_status copy_name(char **out, const char *name, size_t bytes, const char *path,
                               despur_error *error) {
  if (memchr(name, 0, bytes))
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected names without NUL, found '%.40s...'", path, name);
  despur_status status = mem_alloc(out, bytes + 1, 1, error);
  if (status == DESPUR_OK) memcpy(*out, name, bytes);
  return status;
}

/* Arrays grow by doubling: their room is the power of two that holds them. */
static despur_status grow(void *block, size_t count, size_t size, despur_error *error) {
  if (count & (count - 1)) return DESPUR_OK;
  return mem_grow(block, count, count ? 2 * count : 1, size, error);
}

despur_status model_add_tensor(model_tensor **out, model_file *model, const char *name, size_t name_bytes,
                               const size_t *shape, size_t rank, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (rank > MODEL_MAX_RANK)
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%.*s': expected at most %d dimensions, found %zu", model->path,
         (int)(name_bytes < 60 ? name_bytes : 60), name, MODEL_MAX_RANK, rank);
  TRY(grow(&model->tensors, model->count, sizeof *model->tensors, error));
  model_tensor *t = &model->tensors[model->count];
  *t = (model_tensor){.type = MODEL_OTHER, .rank = rank, .count = 1};
  TRY(copy_name(&t->name, name, name_bytes, model->path, error));
  model->count++;
  for (size_t i = rank; i-- > 0;) {
    t->shape[i] = shape[i];
    t->stride[i] = t->count;
    if (__builtin_mul_overflow(t->count, shape[i], &t->count))
      FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%.60s': its shape holds more than 2^64 numbers", model->path,
           t->name);
  }
  *out = t;
cleanup:
  return status;
}

despur_status model_add_layer(model_layer **out, model_file *model, const char *name, size_t name_bytes,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(grow(&model->layers, model->layer_count, sizeof *model->layers, error));
  model_layer *layer = &model->layers[model->layer_count];
  *layer = (model_layer){.bias = MODEL_NONE};
  TRY(copy_name(&layer->name, name, name_bytes, model->path, error));
  model->layer_count++;
  *out = layer;
cleanup:
  return status;
}

void model_close(model_file *model) {
  for (size_t i = 0; i < model->count; i++) {
    mem_free(model->tensors[i].name);
    mem_free(model->tensors[i].storage);
  }
  for (size_t i = 0; i < model->layer_count; i++) {
    mem_free(model->layers[i].name);
    mem_free(model->layers[i].input);
    mem_free(model->layers[i].output);
  }
  mem_free(model->tensors);
  mem_free(model->layers);
  mem_free(model->data);
  mem_free(model->path);
  *model = (model_file){0};
}

const model_tensor *model_find(const model_file *model, const char *name) {
  for (size_t i = 0; i < model->count; i++)
    if (strcmp(model->tensors[i].name, name) == 0) return &model->tensors[i];
  return NULL;
}

model_shape model_shape_text(const model_tensor *t) {
  model_shape out = {"["};
  for (size_t i = 0; i < t->rank; i++) {
    size_t used = strlen(out.text);
    format_text(out.text + used, sizeof out.text - used, "%s%zu", i ? ", " : "", t->shape[i]);
  }
  size_t used = strlen(out.text);
  format_text(out.text + used, sizeof out.text - used, "]");
  return out;
}

/* ---- where numbers lie ---- */

/* The member of a zip archive, and where its checksum stands: in the directory, and before or behind its
 * data. */
static despur_status locate_member(model_place *out, const model_file *model, const model_tensor *t,
                                   despur_error *error) {
  enum { LOCAL_FLAGS = 6, LOCAL_CRC = 14, RECORD_CRC = 16, DESCRIBED_BEHIND = 8, DESCRIPTOR_BYTES = 8 };
  despur_status status = DESPUR_OK;
  zip_member member = {0};
  int fd = -1;
  size_t bytes;
  TRY(file_open(&fd, &bytes, model->path, error));
  if (bytes != model->bytes)
    FAIL(error, DESPUR_BAD_INPUT, "%s: the file has changed while it was read", model->path);
  TRY(zip_find(&member, fd, bytes, t->storage, model->path, error));
  if (member.form != INFLATE_PLAIN)
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%.60s': expected stored data, found compressed ones",
         model->path, t->name);
  out->member = member.offset;
  out->member_bytes = member.bytes;
  out->checksums[0] = member.record + RECORD_CRC;
  const uint8_t *behind = model->data + member.offset + member.bytes;
  if (!(model->data[member.local + LOCAL_FLAGS] & DESCRIBED_BEHIND))
    out->checksums[1] = member.local + LOCAL_CRC;
  else if (model->bytes - member.offset - member.bytes >= DESCRIPTOR_BYTES &&
           memcmp(behind, "PK\7\10", 4) == 0)
    out->checksums[1] = member.offset + member.bytes + 4;
cleanup:
  if (fd >= 0) close(fd);
  return status;
}

/* The numbers from the first to the last, as strides reach; false when that overflows. */
static bool span_of(uint64_t *out, const model_tensor *t) {
  uint64_t last = 0, step;
  for (size_t i = 0; i < t->rank; i++) {
    if (t->shape[i] == 0) {
      *out = 0;
      return true;
    }
    if (__builtin_mul_overflow((uint64_t)t->shape[i] - 1, t->stride[i], &step) ||
        __builtin_add_overflow(last, step, &last))
      return false;
  }
  *out = last + 1;
  return last < UINT64_MAX && !__builtin_mul_overflow(*out, model_type_bytes[t->type], out);
}

despur_status model_locate(model_place *out, const model_file *model, const model_tensor *t,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  uint64_t span;
  *out = (model_place){.member_bytes = model->bytes};
  if (t->unreadable)
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%.60s': %s", model->path, t->name, t->unreadable);
  if (t->type == MODEL_OTHER)
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%.60s': expected numbers of type F16, BF16, F32 or F64",
         model->path, t->name);
  if (model->format == MODEL_TORCH_ZIP) TRY(locate_member(out, model, t, error));
  uint64_t end = t->end > 0 && t->end < out->member_bytes ? t->end : out->member_bytes;
  if (!span_of(&span, t) || t->offset > end || span > end - t->offset)
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%.60s': its numbers lie behind the end (truncated file?)",
         model->path, t->name);
  out->begin = out->member + t->offset;
  out->end = out->begin + span;
cleanup:
  return status;
}

const model_tensor *model_shared(const model_file *model, const model_tensor *t) {
  uint64_t span, other;
  if (!span_of(&span, t)) return NULL;
  for (const model_tensor *o = model->tensors; o < model->tensors + model->count; o++) {
    if (o == t || o->unreadable || (t->storage && (!o->storage || strcmp(t->storage, o->storage) != 0)))
      continue;
    if (span_of(&other, o) && t->offset < o->offset + other && o->offset < t->offset + span) return o;
  }
  return NULL;
}

/* ---- numbers ---- */

static float number_at(const uint8_t *at, model_type type) {
  uint16_t half;
  float single;
  double wide;
  switch (type) {
  case MODEL_F16:
    memcpy(&half, at, sizeof half);
    return half_to_float(half);
  case MODEL_BF16:
    memcpy(&half, at, sizeof half);
    return bfloat_to_float(half);
  case MODEL_F64:
    memcpy(&wide, at, sizeof wide);
    return (float)wide;
  case MODEL_F32:
  case MODEL_OTHER:
    break;
  }
  memcpy(&single, at, sizeof single);
  return single;
}

bool model_put_number(uint8_t *out, model_type type, float value) {
  double wide = (double)value;
  uint16_t half = type == MODEL_BF16 ? bfloat_from_float(value) : half_from_float(value);
  if (type == MODEL_F32) memcpy(out, &value, sizeof value);
  if (type == MODEL_F64) memcpy(out, &wide, sizeof wide);
  if (type == MODEL_F16 || type == MODEL_BF16) memcpy(out, &half, sizeof half);
  return isfinite(value) && isfinite(number_at(out, type));
}

despur_status model_read(float *values, const model_file *model, const model_tensor *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  model_place place;
  size_t index[MODEL_MAX_RANK] = {0}, at = 0;
  TRY(model_locate(&place, model, t, error));
  for (size_t i = 0; i < t->count; i++) {
    values[i] = number_at(model->data + place.begin + at * model_type_bytes[t->type], t->type);
    if (!isfinite(values[i]))
      FAIL(error, DESPUR_BAD_INPUT,
           "%s: tensor '%.60s': expected finite numbers that float32 holds, found "
           "another at number %zu",
           model->path, t->name, i);
    for (size_t d = t->rank; d-- > 0;) {
      at += t->stride[d];
      if (++index[d] < t->shape[d]) break;
      at -= t->stride[d] * t->shape[d];
      index[d] = 0;
    }
  }
cleanup:
  return status;
}
