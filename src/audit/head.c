#include "audit/head.h"

#include "base/memory.h"
#include "despur/logistic.h"

/* Predictions do not change in digits that a tighter tolerance would give. */
static const double TOLERANCE = 1e-4;
enum { PASSES = 300 };

static despur_status fit(despur_logistic_fit *out, const head_problem *p, const double *weights,
                         despur_error *error) {
  const despur_logistic_problem problem = {.x = p->x,
                                           .rows = p->rows,
                                           .columns = p->columns,
                                           .labels = p->labels,
                                           .classes = p->classes,
                                           .weights = weights,
                                           .l2 = p->l2};
  const despur_logistic_options options = {
      .tolerance = TOLERANCE, .max_passes = PASSES, .threads = p->threads, .watch = p->watch};
  return despur_logistic_solve(out, &problem, &options, error);
}

despur_status head_fit(double *logits, const float *x, size_t rows, const head_problem *problem,
                       const double *weights, despur_error *error) {
  despur_logistic_fit found = {0};
  despur_status status = fit(&found, problem, weights, error);
  if (status == DESPUR_OK) despur_logistic_logits(&found, x, rows, logits);
  despur_logistic_release(&found);
  return status;
}

despur_status head_cross_fit(double *logits, const head_problem *p, const bool *used, const uint32_t *folds,
                             size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_logistic_fit found = {0};
  double *weights = NULL;
  TRY(mem_alloc(&weights, p->rows, sizeof *weights, error));
  for (size_t f = 0; f < count; f++) {
    for (size_t i = 0; i < p->rows; i++) weights[i] = used[i] && folds[i] != f;
    TRY(fit(&found, p, weights, error)); /* from where the fold before ended */
    for (size_t i = 0; i < p->rows; i++)
      if (folds[i] == f) despur_logistic_logits(&found, p->x + i * p->columns, 1, logits + i * p->classes);
  }
cleanup:
  despur_logistic_release(&found);
  mem_free(weights);
  return status;
}

uint32_t head_largest(const double *logits, size_t classes, uint32_t without) {
  uint32_t best = without == 0 ? 1 : 0;
  for (uint32_t c = best + 1; c < classes; c++)
    if (c != without && logits[c] > logits[best]) best = c;
  return best;
}
