/* EIIL's steps in lanes; infer_eiil.c has the formulas. Sums run in sixteen lanes, then over these in order,
 * so every level adds in the same order. */
#include "base/lanes.h"
#include "base/lanes_math.h"
#include "base/level.h"
#include "infer/eiil_kernels.h"

#include <math.h>

#define BETA1 0.9
#define BETA2 0.999
#define EPS   1e-8

INLINE dvec sigmoid(dvec w) {
  dvec x = -w;
  lvec large = (lvec)(x > 700); /* where exp would leave its range */
  x = (dvec)(((lvec)x & ~large) | ((lvec)splat_double(700) & large));
  return 1 / (1 + exp_doubles(x));
}

static double total(const dvec sums[DOUBLE_PARTS]) {
  double sum = 0;
  for (size_t part = 0; part < DOUBLE_PARTS; part++)
    for (size_t i = 0; i < DOUBLES; i++) sum += sums[part][i];
  return sum;
}

static void assign(const eiil_job *job) {
  dvec a[DOUBLE_PARTS], b[DOUBLE_PARTS];
  for (size_t part = 0; part < DOUBLE_PARTS; part++) a[part] = b[part] = splat_double(0);
  for (size_t i = 0; i < job->n; i += LANES) UNROLL for (size_t part = 0; part < DOUBLE_PARTS; part++) {
      size_t at = i + part * DOUBLES;
      dvec q = sigmoid(load_doubles(job->w + at)), g = load_doubles(job->g + at);
      store_doubles(job->q + at, q);
      a[part] += q * g;
      b[part] += (1 - q) * g;
    }
  *job->a = total(a);
  *job->b = total(b);
}

static void update_moments(const eiil_job *job) {
  for (size_t at = 0; at < job->n; at += DOUBLES) {
    dvec q = load_doubles(job->q + at);
    dvec gradient = -job->slope * load_doubles(job->g + at) * q * (1 - q);
    dvec first = BETA1 * load_doubles(job->first + at) + (1 - BETA1) * gradient;
    dvec second = BETA2 * load_doubles(job->second + at) + (1 - BETA2) * gradient * gradient;
    store_doubles(job->first + at, first);
    store_doubles(job->second + at, second);
    store_doubles(job->scratch + at, second / job->correction2);
  }
}

static void step(const eiil_job *job) {
  double *root = job->scratch;
  update_moments(job);
  for (size_t i = 0; i < job->n; i++) root[i] = sqrt(root[i]);
  for (size_t at = 0; at < job->n; at += DOUBLES) {
    dvec move = load_doubles(job->first + at) / job->correction1 / (load_doubles(root + at) + EPS);
    store_doubles(job->w + at, load_doubles(job->w + at) - job->lr * move);
  }
  assign(job);
}

extern const eiil_table LEVEL_TABLE(eiil);
const eiil_table LEVEL_TABLE(eiil) = {.assign = assign, .step = step};
