/* The arithmetic of principal components. */
#ifndef CLUSTER_COMPONENTS_H
#define CLUSTER_COMPONENTS_H

#include "base/block.h"
#include "base/error.h"

typedef struct components_table {
  /* sums[a * stride + b] += x[row][a] y[row][b] for the rows in their order, a and b < LANES, each product
   * rounded before it is added; x and y [rows, LANES], 64-byte aligned, as are sums, and stride a multiple of
   * LANES */
  void (*add_products)(double *sums, size_t stride, const double *x, const double *y, size_t rows);
} components_table;

/* The table that this processor runs best, or the one that $DESPUR_CPU names (DESPUR_BAD_USAGE when there is
 * none). */
DESPUR_MUST_USE despur_status components_choose(const components_table **out, despur_error *error);

/* The i-th table that this processor can run, slowest first; NULL past the end. */
const components_table *components_available(size_t i);

#endif
