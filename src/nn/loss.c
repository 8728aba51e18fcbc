#include "nn/loss.h"

#include "base/math.h"

double log_sum_exp(const float *logits, size_t classes) {
  double largest = (double)logits[0], sum = 0;
  for (size_t c = 1; c < classes; c++)
    if ((double)logits[c] > largest) largest = (double)logits[c];
  for (size_t c = 0; c < classes; c++) sum += math_exp((double)logits[c] - largest);
  return largest + math_log(sum);
}

void softmax(float *logits, size_t classes) {
  double total = log_sum_exp(logits, classes);
  for (size_t c = 0; c < classes; c++) logits[c] = (float)math_exp((double)logits[c] - total);
}

void cross_entropy(const float *logits, const uint32_t *labels, size_t count, size_t classes,
                   double *losses) {
  for (size_t i = 0; i < count; i++) {
    const float *row = logits + i * classes;
    losses[i] = log_sum_exp(row, classes) - (double)row[labels[i]];
  }
}

void cross_entropy_gradient(const float *logits, const uint32_t *labels, const double *weights, size_t count,
                            size_t classes, float *gradient) {
  for (size_t i = 0; i < count; i++) {
    const float *row = logits + i * classes;
    double total = log_sum_exp(row, classes);
    for (size_t c = 0; c < classes; c++)
      gradient[i * classes + c] = (float)(weights[i] * (math_exp((double)row[c] - total) - (c == labels[i])));
  }
}
