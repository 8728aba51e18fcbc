/* What a network says of examples. */
#include "eval/maps/outputs.h"

#include "base/watch.h"
#include "data/dataset.h"
#include "nn/engine.h"
#include "nn/loss.h"

#include <math.h>
#include <string.h>

static void copy_outputs(const despur_net *net, size_t count, despur_output what, float *out) {
  size_t classes = despur_net_classes(net), width = despur_net_features(net), stride;
  const float *logits = engine_of(net)->logits(net), *features = engine_of(net)->features(net, &stride);
  for (size_t i = 0; i < count; i++) {
    if (what == DESPUR_FEATURES)
      memcpy(out + i * width, features + i * stride, width * sizeof *out);
    else
      memcpy(out + i * classes, logits + i * classes, classes * sizeof *out);
    if (what == DESPUR_PROBABILITIES) softmax(out + i * classes, classes);
  }
}

despur_status outputs_not_finite(uint32_t example, despur_error *error) {
  return error_set(error, DESPUR_BAD_INPUT,
                   "the network's outputs for example %u are not finite: the weights, or the values of this "
                   "image, are too large",
                   example);
}

despur_status outputs_check_fit(const despur_net *net, const despur_dataset *dataset,
                                const uint32_t *examples, size_t count, despur_error *error) {
  despur_shape wanted = net_options(net)->input, found = dataset->shape;
  if (found.channels != wanted.channels || found.height != wanted.height || found.width != wanted.width)
    return error_set(error, DESPUR_BAD_INPUT,
                     "the images have %zu x %zu x %zu values, the network takes %zu x %zu x %zu",
                     found.channels, found.height, found.width, wanted.channels, wanted.height, wanted.width);
  for (size_t i = 0; i < count; i++)
    if (examples[i] >= dataset->count)
      return error_set(error, DESPUR_BAD_INPUT, "example %u of a data set with %zu", examples[i],
                       dataset->count);
  return DESPUR_OK;
}

static bool is_finite(const float *values, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!isfinite(values[i])) return false;
  return true;
}

/* Of the current batch: logits and, when these are what is wanted, features. Probabilities of infinite logits
 * may look like numbers, and a feature that overflows may be multiplied by zero. */
static despur_status check_finite(const despur_net *net, const uint32_t *examples, size_t count,
                                  bool features, despur_error *error) {
  size_t stride, classes = despur_net_classes(net), width = despur_net_features(net);
  const float *logits = engine_of(net)->logits(net), *values = engine_of(net)->features(net, &stride);
  for (size_t i = 0; i < count; i++)
    if (!is_finite(logits + i * classes, classes) || (features && !is_finite(values + i * stride, width)))
      return outputs_not_finite(examples[i], error);
  return DESPUR_OK;
}

despur_status despur_outputs(despur_net *net, const despur_dataset *dataset, const uint32_t *examples,
                             size_t count, despur_output what, float *out, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t width = what == DESPUR_FEATURES ? despur_net_features(net) : despur_net_classes(net);
  if ((unsigned)what > DESPUR_FEATURES)
    FAIL(error, DESPUR_BAD_USAGE, "no output has the number %u", (unsigned)what);
  TRY(outputs_check_fit(net, dataset, examples, count, error));
  for (size_t at = 0; at < count; at += net_options(net)->batch) {
    size_t left = count - at, used = left < net_options(net)->batch ? left : net_options(net)->batch;
    dataset_batch from = {.dataset = dataset, .examples = examples + at};
    TRY(watch_ask(&net_options(net)->watch, error));
    engine_of(net)->forward(net, &(net_batch){used, dataset_row, &from}, false, 0);
    TRY(check_finite(net, examples + at, used, what == DESPUR_FEATURES, error));
    copy_outputs(net, used, what, out + at * width);
  }
cleanup:
  return status;
}

double despur_predictions(const float *logits, const despur_dataset *dataset, const uint32_t *examples,
                          size_t count, size_t classes, uint32_t *predictions) {
  const uint32_t *labels = despur_dataset_labels(dataset);
  double loss = 0;
  for (size_t i = 0; i < count; i++) {
    const float *row = logits + i * classes;
    uint32_t best = 0;
    for (uint32_t c = 1; c < classes; c++)
      if (row[c] > row[best]) best = c;
    predictions[i] = best;
    loss += log_sum_exp(row, classes) - (double)row[labels[examples[i]]];
  }
  return loss / (double)count;
}
