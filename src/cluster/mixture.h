/* The two steps of expectation-maximisation, each a parallel pass over the points.
 *
 * Points are taken in blocks of 16 lanes and blocks in chunks whose bounds depend on the sizes alone; what
 * chunks leave is added in their order. */
#ifndef CLUSTER_MIXTURE_H
#define CLUSTER_MIXTURE_H

#include "base/parallel.h"
#include "cluster/mixture_kernels.h"
#include "despur/cluster.h"

typedef struct mixture_pass {
  const mixture_table *kernels;
  const float *points; /* [n, d] */
  float *lanes;        /* [padded / LANES, d, LANES], the same points */
  size_t n, d, k;
  despur_mixture *model;
  size_t padded;               /* n, rounded up to whole blocks */
  size_t chunks, chunk_points; /* a multiple of a block */
  size_t slices, slice_points; /* of the covariance: fewer, because each keeps a [d, d] matrix of sums */
  parallel *pool;
  double *log_factors;      /* [k], log weight + log |W| - d/2 log 2 pi; -infinity for an empty component */
  double *responsibilities; /* [k, padded] */
  double *log_densities;    /* [padded] */
  double *masses;  /* [chunks, k], sums of responsibilities; the first row holds the totals after merging */
  double *shifts;  /* [chunks, k, d], sums of responsibility times (point - mean) */
  double *scatter; /* [k, slices, values of a covariance] */
  double *floors;  /* [d], added to the variances of every component */
  double *scratch; /* [threads, scratch_values] */
  size_t scratch_values;
} mixture_pass;

/* For expectation only (fitting 0) the sums are left out. model must outlive the pass and may change. */
DESPUR_MUST_USE despur_status mixture_pass_init(mixture_pass *pass, const float *points, size_t n,
                                                despur_mixture *model, int fitting, int threads,
                                                despur_error *error);
void mixture_pass_release(mixture_pass *pass);

/* Responsibilities and log densities under the model. Returns the mean log-likelihood. */
double mixture_expect(mixture_pass *pass);
/* The same without that mean, for as long as the watch lets it. */
DESPUR_MUST_USE despur_status mixture_expect_watched(mixture_pass *pass, const despur_watch *watch,
                                                     despur_error *error);

/* Sets the floors, once before fitting: a share of each column's variance over all points. */
void mixture_set_floors(mixture_pass *pass, double regularisation);

/* The model that the responsibilities make likeliest. */
void mixture_maximise(mixture_pass *pass);

/* Values of one component's whitening. */
size_t mixture_whitening_values(const despur_mixture *model);

#endif
