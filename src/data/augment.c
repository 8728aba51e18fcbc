/* Augmentation: what is drawn, crops and flips.
 *
 * Each kind has a stream of its own, named by seed, training and visit, so that neither threads nor an
 * interruption nor another kind change what a visit sees. */
#include "data/augment.h"

#include "base/math.h"
#include "base/random.h"
#include "data/dataset.h"
#include "data/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what cannot be ---- */

static bool jitters(const despur_augmentation *o) {
  return o->brightness > 0 || o->contrast > 0 || o->saturation > 0 || o->hue > 0;
}

bool augment_changes(const despur_augmentation *o) {
  return o->flip || o->crop != DESPUR_CROP_NONE || jitters(o);
}

static bool is_range(const double range[2], double most) {
  return range[0] > 0 && range[0] <= range[1] && range[1] <= most;
}

static despur_status check_crop(const despur_augmentation *o, despur_shape shape, despur_error *error) {
  const size_t shorter = shape.height < shape.width ? shape.height : shape.width;
  if ((unsigned)o->crop > DESPUR_CROP_RESIZED)
    return error_set(error, DESPUR_BAD_USAGE, "augmentation: no crop has the number %u", (unsigned)o->crop);
  if (o->crop == DESPUR_CROP_PADDED && (o->pad == 0 || o->pad >= shorter))
    return error_set(error, DESPUR_BAD_USAGE,
                     "augmentation: expected a frame of 1 to %zu pixels round images of %zu x %zu, found %zu",
                     shorter - 1, shape.height, shape.width, o->pad);
  if (o->crop == DESPUR_CROP_RESIZED && !(is_range(o->scale, 1) && is_range(o->ratio, 1000)))
    return error_set(error, DESPUR_BAD_USAGE,
                     "augmentation: expected a least and a greatest scale above 0 and up to 1, and such "
                     "ratios up to 1000; found %g and %g, %g and %g",
                     o->scale[0], o->scale[1], o->ratio[0], o->ratio[1]);
  return DESPUR_OK;
}

static despur_status check_colours(const despur_augmentation *o, const despur_dataset *dataset,
                                   despur_error *error) {
  const size_t channels = dataset->shape.channels;
  const double factors[] = {o->brightness, o->contrast, o->saturation};
  for (size_t i = 0; i < 3; i++)
    if (!(factors[i] >= 0) || isinf(factors[i]))
      return error_set(error, DESPUR_BAD_USAGE,
                       "augmentation: expected changes of colours of at least 0, found %g", factors[i]);
  if (!(o->hue >= 0 && o->hue <= 0.5))
    return error_set(error, DESPUR_BAD_USAGE,
                     "augmentation: expected a change of hue from 0 to 0.5, found %g", o->hue);
  if (!jitters(o)) return DESPUR_OK;
  if (dataset->pixels_are_float)
    return error_set(error, DESPUR_BAD_USAGE,
                     "augmentation: expected bytes, whose colours can be changed, found floats");
  if (channels != 3 && (channels != 1 || o->saturation > 0 || o->hue > 0))
    return error_set(error, DESPUR_BAD_USAGE,
                     "augmentation: expected images of 3 channels%s, whose colours can be changed, found %zu",
                     o->saturation > 0 || o->hue > 0 ? "" : " or 1", channels);
  return DESPUR_OK;
}

despur_status augment_check(const despur_augmentation *o, const despur_dataset *dataset,
                            despur_error *error) {
  const despur_shape shape = dataset->shape;
  if (!augment_changes(o)) return check_colours(o, dataset, error);
  if (dataset->kind != DESPUR_INPUT_IMAGES)
    return error_set(error, DESPUR_BAD_USAGE, "augmentation: expected images, found features");
  if (shape.height > AUGMENT_SIDE || shape.width > AUGMENT_SIDE)
    return error_set(error, DESPUR_BAD_USAGE,
                     "augmentation: expected images of at most %d pixels a side, found %zu x %zu",
                     AUGMENT_SIDE, shape.height, shape.width);
  despur_status status = check_crop(o, shape, error);
  return status == DESPUR_OK ? check_colours(o, dataset, error) : status;
}

/* ---- draws ---- */

static double between(random_stream *stream, double least, double greatest) {
  return least + (greatest - least) * random_uniform(stream);
}

static void draw_padded(augment_draw *out, random_stream *stream, size_t pad) {
  const uint32_t places = (uint32_t)(2 * pad + 1);
  out->top = (long)random_below(stream, places) - (long)pad;
  out->left = (long)random_below(stream, places) - (long)pad;
}

/* As torchvision's RandomResizedCrop: ten attempts, then the largest part in the middle whose ratio is
 * allowed.
 */
static void draw_resized(augment_draw *out, random_stream *stream, const despur_augmentation *o,
                         despur_shape shape) {
  const double height = (double)shape.height, width = (double)shape.width;
  double w, h;
  for (int attempt = 0; attempt < 10; attempt++) {
    const double area = height * width * between(stream, o->scale[0], o->scale[1]);
    const double ratio = math_exp(between(stream, math_log(o->ratio[0]), math_log(o->ratio[1])));
    w = rint(math_sqrt(area * ratio));
    h = rint(math_sqrt(area / ratio));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    out->box.width = (size_t)w;
    out->box.height = (size_t)h;
    out->box.top = random_below(stream, (uint32_t)(shape.height - out->box.height + 1));
    out->box.left = random_below(stream, (uint32_t)(shape.width - out->box.width + 1));
    return;
  }
  w = width;
  h = height;
  if (width / height < o->ratio[0]) h = rint(width / o->ratio[0]);
  if (width / height > o->ratio[1]) w = rint(height * o->ratio[1]);
  out->box.width = w < 1 ? 1 : (size_t)w;
  out->box.height = h < 1 ? 1 : (size_t)h;
  out->box.top = (shape.height - out->box.height) / 2;
  out->box.left = (shape.width - out->box.width) / 2;
}

static double draw_factor(random_stream *stream, double change) {
  const double least = change < 1 ? 1 - change : 0;
  return between(stream, least, 1 + change);
}

void augment_draw_visit(augment_draw *out, const augment_plan *plan, despur_shape shape, uint64_t visit) {
  const despur_augmentation *o = &plan->options;
  const uint64_t index = plan->stage << 48 | visit;
  random_stream crop = random_open(plan->seed, "augment crop", index);
  random_stream flip = random_open(plan->seed, "augment flip", index);
  random_stream colour = random_open(plan->seed, "augment colour", index);
  *out = (augment_draw){0};
  if (o->crop == DESPUR_CROP_PADDED) draw_padded(out, &crop, o->pad);
  if (o->crop == DESPUR_CROP_RESIZED) draw_resized(out, &crop, o, shape);
  if (o->flip) out->flip = random_u32(&flip) & 1;
  out->factor[0] = draw_factor(&colour, o->brightness);
  out->factor[1] = draw_factor(&colour, o->contrast);
  out->factor[2] = draw_factor(&colour, o->saturation);
  out->hue = between(&colour, -o->hue, o->hue);
}

/* ---- what they do ---- */

/* Row `row` of the new plane is row + top of the old one: going the way that reads a row before it is
 * written.
 */
static void shift_plane(float *plane, size_t height, size_t width, long top, long left) {
  const size_t kept = width - (size_t)labs(left), from = left > 0 ? (size_t)left : 0,
               to = left < 0 ? (size_t)-left : 0;
  for (size_t i = 0; i < height; i++) {
    const size_t row = top >= 0 ? i : height - 1 - i;
    const long source = (long)row + top;
    float *out = plane + row * width;
    if (source < 0 || source >= (long)height) {
      memset(out, 0, width * sizeof *out);
      continue;
    }
    memmove(out + to, plane + (size_t)source * width + from, kept * sizeof *out);
    memset(out, 0, to * sizeof *out);
    memset(out + to + kept, 0, (width - to - kept) * sizeof *out);
  }
}

/* What a number of an enlarged row is made of: three numbers at most. */
typedef struct tap {
  size_t first, count;
  double weights[3];
} tap;

static void find_taps(tap *taps, size_t from, size_t to) {
  for (size_t i = 0; i < to; i++)
    taps[i].count = resample_weights(taps[i].weights, &taps[i].first, from, to, i, false);
}

/* `to` numbers, a stride apart, from a line of no more. */
static void enlarge(float *out, size_t stride, size_t to, const float *line, const tap *taps) {
  for (size_t i = 0; i < to; i++) {
    double sum = 0;
    for (size_t k = 0; k < taps[i].count; k++) sum += (double)line[taps[i].first + k] * taps[i].weights[k];
    out[i * stride] = (float)sum;
  }
}

/* The box of every channel: first along its rows, in their place, then along the columns. */
static void enlarge_box(float *image, despur_shape shape, const augment_draw *draw) {
  const size_t height = shape.height, width = shape.width, plane = height * width;
  float line[AUGMENT_SIDE];
  tap taps[AUGMENT_SIDE];
  find_taps(taps, draw->box.width, width);
  for (size_t i = 0; i < shape.channels * draw->box.height; i++) {
    float *row = image + i / draw->box.height * plane + (draw->box.top + i % draw->box.height) * width;
    memcpy(line, row + draw->box.left, draw->box.width * sizeof *line);
    enlarge(row, 1, width, line, taps);
  }
  find_taps(taps, draw->box.height, height);
  for (size_t i = 0; i < shape.channels * width; i++) {
    float *column = image + i / width * plane + i % width;
    for (size_t k = 0; k < draw->box.height; k++) line[k] = column[(draw->box.top + k) * width];
    enlarge(column, width, height, line, taps);
  }
}

static void mirror(float *row, size_t width) {
  for (size_t i = 0; i < width / 2; i++) {
    const float swap = row[i];
    row[i] = row[width - 1 - i];
    row[width - 1 - i] = swap;
  }
}

void augment_apply(float *image, despur_shape shape, const augment_draw *draw) {
  for (size_t c = 0; c < shape.channels; c++) {
    float *plane = image + c * shape.height * shape.width;
    if (draw->top != 0 || draw->left != 0)
      shift_plane(plane, shape.height, shape.width, draw->top, draw->left);
  }
  if (draw->box.height > 0) enlarge_box(image, shape, draw);
  for (size_t row = 0; row < shape.channels * shape.height && draw->flip; row++)
    mirror(image + row * shape.width, shape.width);
  augment_colour(image, shape, draw);
}
