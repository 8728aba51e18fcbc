#include "model/images.h"

#include "base/format.h"

#include <math.h>
#include <string.h>

const char *const despur_preprocess_names[] = {"none", "unit", "imagenet", "half", "lite", "clip", NULL};

enum { PREPROCESS_COUNT = sizeof despur_preprocess_names / sizeof *despur_preprocess_names - 1 };
enum { COLOURS = 3, GREY = 1 };

/* By preset and colour. A network of one channel gets the first of them. */
static const struct {
  double mean[COLOURS], deviation[COLOURS];
} PRESETS[PREPROCESS_COUNT] = {
    [DESPUR_PREPROCESS_NONE] = {{0, 0, 0}, {1, 1, 1}},
    [DESPUR_PREPROCESS_UNIT] = {{0, 0, 0}, {1, 1, 1}},
    [DESPUR_PREPROCESS_IMAGENET] = {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}},
    [DESPUR_PREPROCESS_HALF] = {{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}},
    [DESPUR_PREPROCESS_LITE] = {{127.0 / 255, 127.0 / 255, 127.0 / 255},
                                {128.0 / 255, 128.0 / 255, 128.0 / 255}},
    [DESPUR_PREPROCESS_CLIP] = {{0.48145466, 0.4578275, 0.40821073}, {0.26862954, 0.26130258, 0.27577711}}};

void preprocess_numbers(double *mean, double *deviation, despur_preprocess preprocess, size_t channel) {
  *mean = PRESETS[preprocess].mean[channel < COLOURS ? channel : 0];
  *deviation = PRESETS[preprocess].deviation[channel < COLOURS ? channel : 0];
}

/* ---- what fits ---- */

static bool allows(int64_t wanted, size_t size) {
  return wanted < 0 || wanted == (int64_t)size;
}

/* "[n, 3, 224, 224]" */
static const char *shape_text(char out[128], const runtime_shape *shape) {
  size_t used = 0;
  out[0] = 0;
  for (size_t i = 0; i < shape->rank; i++) {
    if (shape->sizes[i] < 0)
      used += (size_t)format_text(out + used, 128 - used, "%sn", i ? ", " : "[");
    else
      used +=
          (size_t)format_text(out + used, 128 - used, "%s%lld", i ? ", " : "[", (long long)shape->sizes[i]);
  }
  format_text(out + used, 128 - used, "]");
  return out;
}

/* Whether channels come first or last, by the dimension that can be the channels of these pictures. */
static despur_status choose_order(images *in, const runtime_shape *wanted, const char *path,
                                  despur_error *error) {
  char text[128];
  if (wanted->rank == 4 && allows(wanted->sizes[1], in->channels) &&
      !(wanted->sizes[1] < 0 && wanted->sizes[3] == (int64_t)in->channels)) {
    in->last = false;
    return DESPUR_OK;
  }
  if (wanted->rank == 4 && allows(wanted->sizes[3], in->channels)) {
    in->last = true;
    return DESPUR_OK;
  }
  return error_set(error, DESPUR_BAD_INPUT, "%s: pictures of %zu channels, but the model's input is %s", path,
                   in->channels, shape_text(text, wanted));
}

static despur_status plan(images *in, const runtime_shape *wanted, const char *path, despur_error *error) {
  despur_status status = choose_order(in, wanted, path, error);
  char text[128];
  if (status != DESPUR_OK) return status;
  int64_t rows = wanted->sizes[in->last ? 1 : 2], columns = wanted->sizes[in->last ? 2 : 3];
  if (!allows(rows, in->rows) || !allows(columns, in->columns))
    return error_set(error, DESPUR_BAD_INPUT, "%s: pictures of %zu x %zu, but the model's input is %s", path,
                     in->rows, in->columns, shape_text(text, wanted));
  in->shape = (runtime_shape){.rank = 4};
  in->shape.sizes[in->last ? 3 : 1] = (int64_t)in->channels;
  in->shape.sizes[in->last ? 1 : 2] = (int64_t)in->rows;
  in->shape.sizes[in->last ? 2 : 3] = (int64_t)in->columns;
  in->numbers = in->channels * in->rows * in->columns;
  return DESPUR_OK;
}

/* Numbers of other types are not pictures. */
static despur_status check_type(images *in, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  const npy_array *a = &in->array;
  const float *values = a->data;
  if (a->type == NPY_U8) {
    if (in->preprocess == DESPUR_PREPROCESS_NONE)
      FAIL(error, DESPUR_BAD_INPUT, "%s: bytes want preprocessing: unit, imagenet, half, lite or clip", path);
    return DESPUR_OK;
  }
  TRY(npy_narrow(&in->array, error));
  if (a->type != NPY_F32)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected pictures as bytes or floats, found %s", path,
         npy_type_name(a->type));
  if (in->preprocess != DESPUR_PREPROCESS_NONE)
    FAIL(error, DESPUR_BAD_INPUT, "%s: floats are taken as they are: expected no preprocessing, found '%s'",
         path, despur_preprocess_names[in->preprocess]);
  for (size_t i = 0; i < a->count; i++)
    if (!isfinite(values[i]))
      FAIL(error, DESPUR_BAD_INPUT, "%s: picture %zu has a number that is not finite", path,
           i / (a->count / a->shape[0]));
cleanup:
  return status;
}

despur_status images_open(images *out, const char *path, despur_preprocess preprocess,
                          const runtime_shape *wanted, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (images){.preprocess = preprocess};
  TRY(npy_open(&out->array, path, error));
  if (out->array.rank != 4 || out->array.count == 0)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: expected pictures [n, channels, rows, columns], found %zu dimensions of %zu numbers", path,
         out->array.rank, out->array.count);
  out->channels = out->array.shape[1];
  out->rows = out->array.shape[2];
  out->columns = out->array.shape[3];
  TRY(check_type(out, path, error));
  TRY(plan(out, wanted, path, error));
cleanup:
  return status;
}

void images_release(images *in) {
  npy_close(&in->array);
  *in = (images){0};
}

/* ---- filling ---- */

/* What each of the 256 bytes becomes in a channel. */
static void make_table(float table[256], despur_preprocess preprocess, size_t channel) {
  double mean, deviation;
  preprocess_numbers(&mean, &deviation, preprocess, channel);
  for (int i = 0; i < 256; i++) table[i] = (float)((i / 255.0 - mean) / deviation);
}

void images_fill(float *out, const images *in, size_t first, size_t count) {
  const size_t places = in->rows * in->columns, channels = in->channels;
  const size_t step = in->last ? channels : 1;
  for (size_t c = 0; c < channels; c++) {
    float table[256];
    make_table(table, in->preprocess, c);
    for (size_t i = 0; i < count; i++) {
      const size_t from = ((first + i) * channels + c) * places;
      const uint8_t *bytes = (const uint8_t *)in->array.data + from;
      const float *floats = (const float *)in->array.data + from;
      float *to = out + i * in->numbers + (in->last ? c : c * places);
      for (size_t p = 0; p < places; p++)
        to[p * step] = in->array.type == NPY_U8 ? table[bytes[p]] : floats[p];
    }
  }
}
