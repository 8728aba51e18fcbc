/* The arithmetic of the optimisers, one table of functions for each instruction set: products and sums are
 * rounded one by one, so all give the same bits. */
#ifndef NN_STEP_KERNELS_H
#define NN_STEP_KERNELS_H

#include <stddef.h>

/* [rows, count] each, which do not overlap. v is written by SGD as its momentum, by Adam as the second
 * moment. */
typedef struct step_arrays {
  const float *gradient;
  float *w, *m, *v; /* m: Adam's first moment */
  size_t rows, count;
  size_t gradient_row, w_row; /* floats from a row to the next; w_row: also of m and v */
} step_arrays;

/* g += decay w; v = mu v + g; w -= lr (direct g + through v). */
typedef struct sgd_numbers {
  float lr, mu, decay, direct, through;
} sgd_numbers;

/* g += decay w; m = beta1 m + rest1 g; v = beta2 v + rest2 g g; w = shrink w - step m / (sqrt(v) / correction
 * + eps). */
typedef struct adam_numbers {
  float beta1, rest1, beta2, rest2, step, correction, eps, decay, shrink;
} adam_numbers;

typedef struct step_table {
  void (*sgd)(const step_arrays *a, const sgd_numbers *by);
  void (*adam)(const step_arrays *a, const adam_numbers *by);
} step_table;

#endif
