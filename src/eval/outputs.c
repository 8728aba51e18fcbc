/* What a network says of examples. */
#include "data/dataset.h"
#include "despur/eval.h"
#include "nn/loss.h"
#include "nn/net.h"

#include <string.h>

static void copy_outputs(const despur_net *net, size_t count, despur_output what, float *out) {
  size_t classes = net->options.classes, width = despur_net_features(net), stride;
  const float *logits = net_logits(net), *features = net_features(net, &stride);
  for (size_t i = 0; i < count; i++) {
    if (what == DESPUR_FEATURES)
      memcpy(out + i * width, features + i * stride, width * sizeof *out);
    else
      memcpy(out + i * classes, logits + i * classes, classes * sizeof *out);
    if (what == DESPUR_PROBABILITIES) softmax(out + i * classes, classes);
  }
}

void despur_outputs(despur_net *net, const despur_dataset *dataset, const uint32_t *examples, size_t count,
                    despur_output what, float *out) {
  size_t width = what == DESPUR_FEATURES ? despur_net_features(net) : net->options.classes;
  for (size_t at = 0; at < count; at += net->options.batch) {
    size_t left = count - at, used = left < net->options.batch ? left : net->options.batch;
    dataset_batch batch = {
        .dataset = dataset, .examples = examples + at, .count = used, .layout = net_input(net)};
    net_forward(net, used, dataset_fill, &batch, false, 0);
    copy_outputs(net, used, what, out + at * width);
  }
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
