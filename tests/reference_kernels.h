/* The kernels of src/nn/kernels.h in plain scalar C with sums in double precision: the oracle of their tests.
 *
 * Each function that sums also adds up the absolute values of the terms, from which the error bound of a
 * float32 sum follows: n roundings, each of at most 2^-24 of a partial sum, which is never larger than the
 * sum of absolute terms. */
#ifndef REFERENCE_KERNELS_H
#define REFERENCE_KERNELS_H

#include "base/block.h"
#include "nn/kernels.h"

/* A sum of n terms, and what float32 arithmetic may make of it at most. */
typedef struct reference_sum {
  double value, magnitude;
  size_t terms;
} reference_sum;

static inline void reference_add(reference_sum *sum, double term) {
  sum->value += term;
  sum->magnitude += term < 0 ? -term : term;
  sum->terms++;
}

/* Higham's gamma_n = n u / (1 - n u) stays below 1.001 n u for the n of these tests; each rounding may also
 * lose half of the smallest subnormal number. The last rounding is that of the double sum to float32. */
static inline double reference_bound(reference_sum sum) {
  double roundings = (double)sum.terms + 1;
  return 1.001 * roundings * 0x1p-24 * sum.magnitude + roundings * 0x1p-149;
}

/* Output (out, row, column, lane) of a convolution. */
static inline reference_sum reference_conv(const conv_job *job, size_t out, size_t row, size_t column,
                                           size_t lane) {
  reference_sum sum = {0};
  if (job->bias) reference_add(&sum, (double)job->bias[out]);
  for (size_t in = 0; in < job->in_channels; in++)
    for (size_t kr = 0; kr < job->kernel; kr++)
      for (size_t kc = 0; kc < job->kernel; kc++) {
        size_t padded_row = row * job->stride + kr;
        if (padded_row < job->padding || padded_row - job->padding >= job->x_rows) continue;
        const float *x = job->x + in * job->x_channel + (padded_row - job->padding) * job->x_row;
        float weight = job->weight[((out * job->in_channels + in) * job->kernel + kr) * job->kernel + kc];
        reference_add(&sum, (double)weight * (double)x[(column * job->stride + kc) * LANES + lane]);
      }
  return sum;
}

/* The gradient of weight (out, in, kr, kc). */
static inline reference_sum reference_conv_weight(const conv_gradient_job *job, size_t out, size_t in,
                                                  size_t kr, size_t kc) {
  reference_sum sum = {0};
  for (size_t row = 0; row < job->rows; row++)
    for (size_t column = 0; column < job->columns; column++)
      for (size_t lane = 0; lane < LANES; lane++) {
        size_t padded_row = row * job->stride + kr;
        if (padded_row < job->padding || padded_row - job->padding >= job->x_rows) continue;
        const float *x = job->x + in * job->x_channel + (padded_row - job->padding) * job->x_row;
        const float *dy = job->dy + out * job->y_channel + row * job->y_row;
        reference_add(&sum, (double)x[(column * job->stride + kc) * LANES + lane] *
                                (double)dy[column * LANES + lane]);
      }
  return sum;
}

static inline reference_sum reference_conv_bias(const conv_gradient_job *job, size_t out) {
  reference_sum sum = {0};
  for (size_t row = 0; row < job->rows; row++)
    for (size_t i = 0; i < job->columns * LANES; i++)
      reference_add(&sum, (double)job->dy[out * job->y_channel + row * job->y_row + i]);
  return sum;
}

static inline reference_sum reference_linear(const linear_job *job, size_t out, size_t lane) {
  reference_sum sum = {0};
  if (job->bias) reference_add(&sum, (double)job->bias[out]);
  for (size_t in = 0; in < job->inputs; in++)
    reference_add(&sum, (double)job->weight[out * job->weight_out + in * job->weight_in] *
                            (double)job->x[in * LANES + lane]);
  return sum;
}

static inline reference_sum reference_linear_weight(const linear_gradient_job *job, size_t out, size_t in) {
  reference_sum sum = {0};
  for (size_t e = 0; e < job->examples; e++)
    reference_add(&sum, (double)job->dy[e * job->dy_stride + out] * (double)job->x[e * job->x_stride + in]);
  return sum;
}

/* The window position of the first maximum; *best gets its value. */
static inline size_t reference_max(const pool_job *job, size_t channel, size_t row, size_t column,
                                   size_t lane, float *best) {
  size_t winner = SIZE_MAX;
  *best = 0;
  for (size_t r = 0; r < job->window; r++)
    for (size_t c = 0; c < job->window; c++) {
      size_t x_row = row * job->stride + r - job->padding, x_column = column * job->stride + c - job->padding;
      if (job->padding > 0 && (x_row >= job->x_rows || x_column >= job->x_columns)) continue;
      float value = job->x[channel * job->x_channel + x_row * job->x_row + x_column * LANES + lane];
      if (winner == SIZE_MAX || value > *best) {
        *best = value;
        winner = r * job->window + c;
      }
    }
  return winner;
}

#endif
