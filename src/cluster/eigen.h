/* Eigenvalues and eigenvectors of symmetric matrices, in double precision, with the same bits everywhere. */
#ifndef CLUSTER_EIGEN_H
#define CLUSTER_EIGEN_H

#include "base/error.h"
#include "despur/watch.h"

#include <stddef.h>

/* values[0] >= values[1] >= ... of the finite symmetric matrix a [n, n], which is destroyed; vectors [n, n]:
 * row i is the unit eigenvector of values[i]. Errors are of the order of n 2^-53 times the largest value in
 * size. DESPUR_INTERRUPTED when the watch says so. */
DESPUR_MUST_USE despur_status eigen_symmetric(double *values, double *vectors, double *a, size_t n,
                                              const despur_watch *watch, despur_error *error);

#endif
