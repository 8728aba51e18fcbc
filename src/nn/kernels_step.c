/* The kernels of the optimisers, compiled once for each instruction set (base/level.h). */
#include "nn/step_kernels.h"

#include "base/level.h"

static void sgd_row(const step_arrays *a, size_t row, const sgd_numbers n) {
  const float *restrict gradient = a->gradient + row * a->gradient_row;
  float *restrict w = a->w + row * a->w_row, *restrict v = a->v + row * a->w_row;
  for (size_t i = 0; i < a->count; i++) {
    const float g = gradient[i] + n.decay * w[i];
    v[i] = n.mu * v[i] + g;
    w[i] -= n.lr * (n.direct * g + n.through * v[i]);
  }
}

static void sgd(const step_arrays *a, const sgd_numbers *by) {
  for (size_t row = 0; row < a->rows; row++) sgd_row(a, row, *by);
}

static void adam_row(const step_arrays *a, size_t row, const adam_numbers n) {
  const float *restrict gradient = a->gradient + row * a->gradient_row;
  float *restrict w = a->w + row * a->w_row, *restrict m = a->m + row * a->w_row,
                  *restrict v = a->v + row * a->w_row;
  for (size_t i = 0; i < a->count; i++) {
    const float g = gradient[i] + n.decay * w[i];
    m[i] = n.beta1 * m[i] + n.rest1 * g;
    v[i] = n.beta2 * v[i] + n.rest2 * g * g;
    w[i] = n.shrink * w[i] - n.step * m[i] / (__builtin_sqrtf(v[i]) / n.correction + n.eps);
  }
}

static void adam(const step_arrays *a, const adam_numbers *by) {
  for (size_t row = 0; row < a->rows; row++) adam_row(a, row, *by);
}

extern const step_table LEVEL_TABLE(step_kernels);
const step_table LEVEL_TABLE(step_kernels) = {.sgd = sgd, .adam = adam};
