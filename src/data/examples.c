/* Examples as a network sees them, and those that are seen as they are stored. */
#include "data/augment.h"
#include "data/dataset.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static void write_stored(const despur_dataset *dataset, size_t example, float *out) {
  const despur_shape shape = dataset->shape;
  const size_t values = shape.channels * shape.height * shape.width;
  const size_t image = dataset->image ? dataset->image[example] : example;
  if (dataset->pixels_are_float) {
    memcpy(out, (const float *)dataset->pixels + image * values, values * sizeof *out);
    return;
  }
  const uint8_t *bytes = (const uint8_t *)dataset->pixels + image * values;
  for (size_t i = 0; i < values; i++) out[i] = (float)bytes[i] / 255;
}

const example_reader stored_examples = {write_stored, NULL};

void despur_dataset_image(const despur_dataset *dataset, size_t example, float *out) {
  const despur_shape shape = dataset->shape;
  if (example < dataset->count)
    dataset->reader->write(dataset, example, out);
  else
    for (size_t i = 0; i < shape.channels * shape.height * shape.width; i++) out[i] = NAN;
}

void dataset_row(void *context, size_t i, float *x) {
  const dataset_batch *batch = context;
  const despur_dataset *dataset = batch->dataset;
  augment_draw draw;
  dataset->reader->write(dataset, batch->examples[i], x);
  if (!batch->augment) return;
  augment_draw_visit(&draw, batch->augment, dataset->shape, batch->visit + i);
  augment_apply(x, dataset->shape, &draw);
}

static void tell_region(const despur_dataset *dataset, uint8_t *out) {
  const despur_shape shape = dataset->shape;
  const despur_region region = dataset->region;
  memset(out, DESPUR_PIXEL_CORE, shape.height * shape.width);
  for (size_t row = 0; row < region.height; row++)
    memset(out + (region.top + row) * shape.width + region.left, DESPUR_PIXEL_PAINTED, region.width);
}

static void tell_mask(const despur_dataset *dataset, size_t mask, uint8_t *out) {
  const size_t pixels = dataset->shape.height * dataset->shape.width;
  const uint8_t *bits = dataset->masks + mask * ((pixels + CHAR_BIT - 1) / CHAR_BIT);
  for (size_t i = 0; i < pixels; i++)
    out[i] = bits[i / CHAR_BIT] >> i % CHAR_BIT & 1 ? DESPUR_PIXEL_PAINTED : DESPUR_PIXEL_CORE;
}

int despur_dataset_pixels(const despur_dataset *dataset, size_t example, uint8_t *out) {
  if (example >= dataset->count) return 0;
  if (dataset->masks && dataset->mask_of[example] > 0)
    tell_mask(dataset, dataset->mask_of[example] - 1, out);
  else if (dataset->region.width > 0)
    tell_region(dataset, out);
  else if (dataset->reader->tell_pixels)
    dataset->reader->tell_pixels(dataset, example, out);
  else
    return 0;
  return 1;
}

despur_status despur_dataset_mark_region(despur_dataset *dataset, despur_region r, despur_error *error) {
  const despur_shape shape = dataset->shape;
  if (dataset->kind != DESPUR_INPUT_IMAGES || dataset->reader->tell_pixels)
    return error_set(error, DESPUR_BAD_USAGE, "region: expected images of which nothing is known, found %s",
                     dataset->description);
  if (r.width == 0 || r.height == 0 || r.width > shape.width || r.left > shape.width - r.width ||
      r.height > shape.height || r.top > shape.height - r.height)
    return error_set(
        error, DESPUR_BAD_USAGE,
        "region: expected a part of images of %zu x %zu, found %zu x %zu from column %zu, row %zu",
        shape.width, shape.height, r.width, r.height, r.left, r.top);
  if (r.width == shape.width && r.height == shape.height)
    return error_set(error, DESPUR_BAD_USAGE, "region: expected a part of the images, found all of them");
  dataset->region = r;
  return DESPUR_OK;
}

despur_region despur_dataset_region(const despur_dataset *dataset) {
  return dataset->region;
}
