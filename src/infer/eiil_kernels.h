/* The arithmetic of EIIL, in double precision. */
#ifndef INFER_EIIL_KERNELS_H
#define INFER_EIIL_KERNELS_H

#include "base/block.h"
#include "base/error.h"

/* Some examples: n a multiple of LANES, every array [n] and 64-byte aligned. Examples that only fill up have
 * g = 0. */
typedef struct eiil_job {
  size_t n;
  const double *g;
  double *w, *q, *first, *second;
  double *scratch;                     /* [n] */
  double slope;                        /* (A - B) / n of the step */
  double lr, correction1, correction2; /* of Adam */
  double *a, *b;                       /* get the sums of q g and (1 - q) g */
} eiil_job;

typedef struct eiil_table {
  /* q = sigmoid(w), and its sums */
  void (*assign)(const eiil_job *job);
  /* one step of Adam, then assign */
  void (*step)(const eiil_job *job);
} eiil_table;

/* The table that this processor runs best, or the one that $DESPUR_CPU names (DESPUR_BAD_USAGE when there is
 * none). */
DESPUR_MUST_USE despur_status eiil_table_choose(const eiil_table **out, despur_error *error);

/* The i-th table that this processor can run, slowest first; NULL past the end. */
const eiil_table *eiil_table_available(size_t i);

#endif
