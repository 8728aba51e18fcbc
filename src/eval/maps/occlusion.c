/* Occlusion: what an answer loses when a part of the picture is covered. */
#include "base/memory.h"
#include "base/watch.h"
#include "data/dataset.h"
#include "despur/cam.h"
#include "eval/maps/outputs.h"
#include "nn/engine.h"
#include "nn/loss.h"

#include <math.h>
#include <string.h>

/* A batch with one region covered. */
typedef struct covered_batch {
  dataset_batch batch;
  size_t count;
  const float *mean; /* [channels, height, width]; NULL: nothing is covered */
  size_t top, bottom, left, right;
} covered_batch;

static void covered_row(void *context, size_t i, float *x) {
  covered_batch *c = context;
  despur_shape shape = c->batch.dataset->shape;
  dataset_row(&c->batch, i, x);
  for (size_t channel = 0; c->mean && channel < shape.channels; channel++)
    for (size_t row = c->top; row < c->bottom; row++) {
      size_t at = (channel * shape.height + row) * shape.width;
      memcpy(x + at + c->left, c->mean + at + c->left, (c->right - c->left) * sizeof *x);
    }
}

/* The mean of the training pictures, of every so manyth when there are many; without any, of the examples. */
static despur_status mean_image(float **out, const despur_dataset *dataset, const uint32_t *examples,
                                size_t count, despur_error *error) {
  enum { MOST = 2000 };
  despur_status status = DESPUR_OK;
  size_t values = dataset->shape.channels * dataset->shape.height * dataset->shape.width, used = 0;
  float *image = NULL;
  double *sums = NULL;
  if (dataset->sizes[DESPUR_TRAIN] > 0)
    examples = dataset->members[DESPUR_TRAIN], count = dataset->sizes[DESPUR_TRAIN];
  TRY(mem_alloc(&image, values, sizeof *image, error));
  TRY(mem_alloc(&sums, values, sizeof *sums, error));
  TRY(mem_alloc(out, values, sizeof **out, error));
  for (size_t i = 0; i < count; i += 1 + (count - 1) / MOST) {
    despur_dataset_image(dataset, examples[i], image);
    for (size_t v = 0; v < values; v++) sums[v] += (double)image[v];
    used++;
  }
  for (size_t v = 0; v < values && used > 0; v++) (*out)[v] = (float)(sums[v] / (double)used);
cleanup:
  mem_free(image);
  mem_free(sums);
  return status;
}

/* What the measurement of a batch needs. */
typedef struct occluder {
  despur_occlusion *out;
  despur_net *net;
  const despur_groups *groups;
  covered_batch covered;
  uint32_t *predictions; /* [batch] */
  float *row;            /* [classes] */
  double *before;        /* [batch] the probability of each prediction */
} occluder;

/* The probability that example i of the batch gets for a class, or for its most probable one. */
static double probability(const occluder *o, size_t i, uint32_t *chosen, bool choose) {
  size_t classes = despur_net_classes(o->net);
  const float *logits = engine_of(o->net)->logits(o->net) + i * classes;
  for (size_t c = 0; c < classes; c++) o->row[c] = logits[c];
  if (choose) {
    *chosen = 0;
    for (uint32_t c = 1; c < classes; c++)
      if (logits[c] > logits[*chosen]) *chosen = c;
  }
  softmax(o->row, classes);
  return (double)o->row[*chosen];
}

static void cover(occluder *o, const float *mean, size_t row, size_t column) {
  despur_shape shape = o->covered.batch.dataset->shape;
  size_t grid = o->out->grid, height = shape.height, width = shape.width;
  o->covered.mean = mean;
  o->covered.top = row * height / grid, o->covered.bottom = (row + 1) * height / grid;
  o->covered.left = column * width / grid, o->covered.right = (column + 1) * width / grid;
  engine_of(o->net)->forward(o->net, &(net_batch){o->covered.count, covered_row, &o->covered}, false, 0);
}

static despur_status measure_batch(occluder *o, const float *mean, despur_error *error) {
  const uint32_t *examples = o->covered.batch.examples;
  size_t grid = o->out->grid, count = o->covered.count;
  cover(o, NULL, 0, 0);
  for (size_t i = 0; i < count; i++) {
    o->before[i] = probability(o, i, &o->predictions[i], true);
    if (!isfinite(o->before[i])) return outputs_not_finite(examples[i], error);
    if (o->groups->of_example[examples[i]] != DESPUR_NO_GROUP)
      o->out->counts[o->groups->of_example[examples[i]]]++;
  }
  for (size_t place = 0; place < grid * grid; place++) {
    despur_status status = watch_ask(&net_options(o->net)->watch, error);
    if (status != DESPUR_OK) return status;
    cover(o, mean, place / grid, place % grid);
    for (size_t i = 0; i < count; i++) {
      uint32_t group = o->groups->of_example[examples[i]];
      double after = probability(o, i, &o->predictions[i], false);
      if (!isfinite(after)) return outputs_not_finite(examples[i], error);
      if (group != DESPUR_NO_GROUP) o->out->losses[group * grid * grid + place] += o->before[i] - after;
    }
  }
  return DESPUR_OK;
}

static despur_status check_regions(const despur_net *net, const despur_dataset *dataset,
                                   const despur_groups *groups, const uint32_t *examples, size_t count,
                                   size_t grid, despur_error *error) {
  despur_shape shape = dataset->shape;
  despur_status status = outputs_check_fit(net, dataset, examples, count, error);
  if (status != DESPUR_OK) return status;
  if (groups->examples != dataset->count)
    return error_set(error, DESPUR_BAD_INPUT, "occlusion: groups of %zu examples for a data set with %zu",
                     groups->examples, dataset->count);
  if (grid == 0 || grid > shape.height || grid > shape.width)
    return error_set(error, DESPUR_BAD_USAGE,
                     "occlusion: expected a grid of 1 to %zu regions on a side, found %zu",
                     shape.height < shape.width ? shape.height : shape.width, grid);
  return DESPUR_OK;
}

despur_status despur_occlude(despur_occlusion *out, despur_net *net, const despur_dataset *dataset,
                             const despur_groups *groups, const uint32_t *examples, size_t count, size_t grid,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  float *mean = NULL;
  size_t batch = net_options(net)->batch, cells = grid * grid, classes = despur_net_classes(net);
  occluder o = {.out = out, .net = net, .groups = groups};
  *out = (despur_occlusion){.grid = grid, .groups_count = groups->count};
  TRY(check_regions(net, dataset, groups, examples, count, grid, error));
  TRY(mem_alloc(&out->counts, groups->count, sizeof *out->counts, error));
  TRY(mem_alloc(&out->losses, groups->count * cells, sizeof *out->losses, error));
  TRY(mem_alloc(&o.predictions, batch, sizeof *o.predictions, error));
  TRY(mem_alloc(&o.before, batch, sizeof *o.before, error));
  TRY(mem_alloc(&o.row, classes, sizeof *o.row, error));
  TRY(mean_image(&mean, dataset, examples, count, error));
  for (size_t at = 0; at < count; at += batch) {
    size_t left = count - at;
    o.covered = (covered_batch){.batch = {.dataset = dataset, .examples = examples + at},
                                .count = left < batch ? left : batch};
    TRY(measure_batch(&o, mean, error));
  }
  for (size_t g = 0; g < groups->count; g++)
    for (size_t r = 0; r < cells; r++)
      out->losses[g * cells + r] =
          out->counts[g] ? out->losses[g * cells + r] / (double)out->counts[g] : (double)NAN;
cleanup:
  mem_free(mean);
  mem_free(o.predictions);
  mem_free(o.before);
  mem_free(o.row);
  if (status != DESPUR_OK) despur_occlusion_release(out);
  return status;
}

void despur_occlusion_release(despur_occlusion *occlusion) {
  mem_free(occlusion->counts);
  mem_free(occlusion->losses);
  *occlusion = (despur_occlusion){0};
}
