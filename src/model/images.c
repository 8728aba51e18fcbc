#include "model/images.h"

#include "base/format.h"
#include "base/memory.h"
#include "picture/resize.h"

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

/* The size that the network sees: its own where it has one. */
static despur_status plan(images *in, const runtime_shape *wanted, const char *path, despur_error *error) {
  despur_status status = choose_order(in, wanted, path, error);
  char text[128];
  if (status != DESPUR_OK) return status;
  const int64_t rows = wanted->sizes[in->last ? 1 : 2], columns = wanted->sizes[in->last ? 2 : 3];
  in->fitted = !allows(rows, in->rows) || !allows(columns, in->columns);
  if (in->fitted && (in->array.type != NPY_U8 || in->channels != COLOURS || rows != columns))
    return error_set(
        error, DESPUR_BAD_INPUT,
        "%s: pictures of %zu x %zu, but the model's input is %s (bytes of three colours would be "
        "brought to a square)",
        path, in->rows, in->columns, shape_text(text, wanted));
  if (in->fitted) in->rows = in->columns = (size_t)rows;
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
  const despur_preprocess preprocess = in->job->preprocess;
  if (a->type == NPY_U8) {
    if (preprocess == DESPUR_PREPROCESS_NONE)
      FAIL(error, DESPUR_BAD_INPUT, "%s: bytes want preprocessing: unit, imagenet, half, lite or clip", path);
    return DESPUR_OK;
  }
  TRY(npy_narrow(&in->array, error));
  const float *values = a->data;
  if (a->type != NPY_F32)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected pictures as bytes or floats, found %s", path,
         npy_type_name(a->type));
  if (preprocess != DESPUR_PREPROCESS_NONE)
    FAIL(error, DESPUR_BAD_INPUT, "%s: floats are taken as they are: expected no preprocessing, found '%s'",
         path, despur_preprocess_names[preprocess]);
  for (size_t i = 0; i < a->count; i++)
    if (!isfinite(values[i]))
      FAIL(error, DESPUR_BAD_INPUT, "%s: picture %zu has a number that is not finite", path,
           i / (a->count / a->shape[0]));
cleanup:
  return status;
}

static despur_status open_array(images *out, const char *path, const runtime_shape *wanted,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(npy_open(&out->array, path, error));
  if (out->array.rank != 4 || out->array.count == 0)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: expected pictures [n, channels, rows, columns], found %zu dimensions of %zu numbers", path,
         out->array.rank, out->array.count);
  out->count = out->array.shape[0];
  out->channels = out->array.shape[1];
  out->rows = out->array.shape[2];
  out->columns = out->array.shape[3];
  TRY(check_type(out, path, error));
  TRY(plan(out, wanted, path, error));
cleanup:
  return status;
}

/* The side of the square that a network wants; one that takes any gets the usual one. */
static size_t side_of(const runtime_shape *wanted) {
  enum { USUAL = 224 };
  const int64_t side = wanted->rank == 4 ? wanted->sizes[2] : USUAL; /* rows or columns, whatever the order */
  return side > 0 ? (size_t)side : USUAL;
}

static despur_status open_folder(images *out, const despur_onnx_job *job, const runtime_shape *wanted,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_pictures_options options = {.folder = job->images,
                                           .layout = job->layout,
                                           .side = side_of(wanted),
                                           .shorter = job->shorter,
                                           .filter = job->filter,
                                           .skip_unreadable = job->skip_unreadable,
                                           .threads = job->threads,
                                           .watch = job->watch};
  if (job->preprocess == DESPUR_PREPROCESS_NONE)
    FAIL(error, DESPUR_BAD_INPUT, "%s: pictures want preprocessing: unit, imagenet, half, lite or clip",
         job->images);
  TRY(despur_pictures_open(&out->pictures, &options, error));
  out->count = despur_pictures_count(out->pictures);
  out->channels = COLOURS;
  out->rows = out->columns = options.side;
  TRY(plan(out, wanted, job->images, error));
  if (out->fitted)
    FAIL(error, DESPUR_BAD_INPUT, "%s: the model wants no square, to which pictures of a folder are cut",
         job->images);
cleanup:
  return status;
}

despur_status images_open(images *out, const despur_onnx_job *job, const runtime_shape *wanted, size_t batch,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (images){.job = job};
  if (file_is_directory(job->images))
    TRY(open_folder(out, job, wanted, error));
  else if (job->layout)
    FAIL(error, DESPUR_BAD_INPUT, "%s: a layout is of a folder of pictures", job->images);
  else
    TRY(open_array(out, job->images, wanted, error));
  if (out->fitted || out->pictures) TRY(mem_alloc(&out->bytes, batch, out->numbers, error));
  if (out->fitted) TRY(mem_alloc(&out->turned, out->array.shape[2] * out->array.shape[3], COLOURS, error));
cleanup:
  return status;
}

void images_release(images *in) {
  npy_close(&in->array);
  despur_pictures_free(in->pictures);
  mem_free(in->bytes);
  mem_free(in->turned);
  *in = (images){0};
}

/* ---- filling ---- */

/* Picture i of the array, at the size that the network wants. */
static despur_status fit(const images *in, size_t i, uint8_t *out, despur_error *error) {
  const size_t places = in->array.shape[2] * in->array.shape[3];
  const uint8_t *from = (const uint8_t *)in->array.data + i * COLOURS * places;
  for (size_t c = 0; c < COLOURS; c++)
    for (size_t p = 0; p < places; p++) in->turned[p * COLOURS + c] = from[c * places + p];
  const picture turned = {.width = in->array.shape[3], .height = in->array.shape[2], .rgb = in->turned};
  return picture_fit(out, &turned, in->rows, in->job->shorter ? in->job->shorter : in->rows, in->job->filter,
                     error);
}

/* *out = count pictures as bytes, [count, channels, rows, columns]. */
static despur_status take_bytes(const uint8_t **out, const images *in, size_t first, size_t count,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = in->bytes;
  if (in->pictures) return despur_pictures_read(in->pictures, first, count, in->bytes, error);
  if (!in->fitted) *out = (const uint8_t *)in->array.data + first * in->numbers;
  for (size_t i = 0; in->fitted && i < count; i++)
    TRY(fit(in, first + i, in->bytes + i * in->numbers, error));
cleanup:
  return status;
}

/* What each of the 256 bytes becomes in a channel. */
static void make_table(float table[256], despur_preprocess preprocess, size_t channel) {
  double mean, deviation;
  preprocess_numbers(&mean, &deviation, preprocess, channel);
  for (int i = 0; i < 256; i++) table[i] = (float)((i / 255.0 - mean) / deviation);
}

/* Where value `place` of a channel of picture i goes. */
static size_t target(const images *in, size_t i, size_t channel, size_t place) {
  return i * in->numbers +
         (in->last ? place * in->channels + channel : channel * in->rows * in->columns + place);
}

/* One channel of `count` pictures, [count, channels, rows, columns]. */
static void fill_bytes(float *out, const images *in, size_t channel, const uint8_t *bytes, size_t count) {
  const size_t places = in->rows * in->columns;
  float table[256];
  make_table(table, in->job->preprocess, channel);
  for (size_t i = 0; i < count; i++)
    for (size_t p = 0; p < places; p++)
      out[target(in, i, channel, p)] = table[bytes[(i * in->channels + channel) * places + p]];
}

static void fill_floats(float *out, const images *in, size_t channel, const float *floats, size_t count) {
  const size_t places = in->rows * in->columns;
  for (size_t i = 0; i < count; i++)
    for (size_t p = 0; p < places; p++)
      out[target(in, i, channel, p)] = floats[(i * in->channels + channel) * places + p];
}

despur_status images_fill(float *out, const images *in, size_t first, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  const uint8_t *bytes;
  const float *floats = in->array.data;
  if (!in->pictures && in->array.type == NPY_F32) {
    for (size_t c = 0; c < in->channels; c++) fill_floats(out, in, c, floats + first * in->numbers, count);
    return DESPUR_OK;
  }
  TRY(take_bytes(&bytes, in, first, count, error));
  for (size_t c = 0; c < in->channels; c++) fill_bytes(out, in, c, bytes, count);
cleanup:
  return status;
}
