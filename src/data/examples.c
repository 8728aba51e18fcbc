/* Examples as a network sees them, and those that are seen as they are stored. */
#include "data/augment.h"
#include "data/dataset.h"

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

int despur_dataset_pixels(const despur_dataset *dataset, size_t example, uint8_t *out) {
  if (!dataset->reader->tell_pixels || example >= dataset->count) return 0;
  dataset->reader->tell_pixels(dataset, example, out);
  return 1;
}
