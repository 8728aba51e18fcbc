#include "audit/head.h"

#include "base/memory.h"
#include "despur/examples.h"
#include "despur/logistic.h"

/* Predictions do not change in digits that a tighter tolerance would give. */
static const double TOLERANCE = 1e-4;
enum { PASSES = 300 };

/* Below the least logit of a row: what a class gets that a head has never seen. */
static const double UNSEEN = 10;

/* A head of the classes that rows with weight have; a class that is never predicted, or whose only example is
 * in the fold that is asked about, is none of them. */
typedef struct head {
  despur_logistic_fit fitted;
  size_t classes, seen;
  uint32_t *place;  /* [classes] among those seen, or DESPUR_NO_VALUE */
  uint32_t *labels; /* [rows] the same of rows with weight; 0 elsewhere */
  double *logits;   /* [seen] scratch */
} head;

static void release(head *h) {
  despur_logistic_release(&h->fitted);
  mem_free(h->place);
  mem_free(h->labels);
  mem_free(h->logits);
}

static despur_status open_head(head *out, const head_problem *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  out->classes = p->classes;
  TRY(mem_alloc(&out->place, p->classes, sizeof *out->place, error));
  TRY(mem_alloc(&out->labels, p->rows, sizeof *out->labels, error));
  TRY(mem_alloc(&out->logits, p->classes, sizeof *out->logits, error));
cleanup:
  return status;
}

static void find_seen(head *h, const head_problem *p, const double *weights) {
  for (size_t c = 0; c < p->classes; c++) h->place[c] = DESPUR_NO_VALUE;
  for (size_t i = 0; i < p->rows; i++)
    if (weights[i] > 0) h->place[p->labels[i]] = 0;
  h->seen = 0;
  for (size_t c = 0; c < p->classes; c++)
    if (h->place[c] != DESPUR_NO_VALUE) h->place[c] = (uint32_t)h->seen++;
  for (size_t i = 0; i < p->rows; i++) h->labels[i] = weights[i] > 0 ? h->place[p->labels[i]] : 0;
}

/* From where the fit before ended, if it had as many classes. */
static despur_status fit(head *h, const head_problem *p, const double *weights, despur_error *error) {
  find_seen(h, p, weights);
  if (h->seen < 2) return DESPUR_OK;
  if (h->fitted.outputs != (h->seen == 2 ? 1 : h->seen)) despur_logistic_release(&h->fitted);
  const despur_logistic_problem problem = {.x = p->x,
                                           .rows = p->rows,
                                           .columns = p->columns,
                                           .labels = h->labels,
                                           .classes = h->seen,
                                           .weights = weights,
                                           .l2 = p->l2};
  const despur_logistic_options options = {
      .tolerance = TOLERANCE, .max_passes = PASSES, .threads = p->threads, .watch = p->watch};
  return despur_logistic_solve(&h->fitted, &problem, &options, error);
}

static void ask(double *logits, const head *h, const float *row) {
  double least = 0;
  if (h->seen >= 2) despur_logistic_logits(&h->fitted, row, 1, h->logits);
  if (h->seen == 1) h->logits[0] = 0;
  for (size_t c = 0; c < h->seen; c++)
    if (c == 0 || h->logits[c] < least) least = h->logits[c];
  for (size_t c = 0; c < h->classes; c++)
    logits[c] = h->place[c] == DESPUR_NO_VALUE ? least - UNSEEN : h->logits[h->place[c]];
}

despur_status head_fit(double *logits, const float *x, size_t rows, const head_problem *problem,
                       const double *weights, despur_error *error) {
  despur_status status = DESPUR_OK;
  head h = {0};
  TRY(open_head(&h, problem, error));
  TRY(fit(&h, problem, weights, error));
  for (size_t i = 0; i < rows; i++) ask(logits + i * problem->classes, &h, x + i * problem->columns);
cleanup:
  release(&h);
  return status;
}

/* Numbers of class c less their mean over all classes. Two classes have one output, the logit of class 1. */
static double centred(const double *values, size_t stride, const head *h, size_t c) {
  if (h->seen == 2) return (c == 1 ? 0.5 : -0.5) * values[0];
  double sum = 0;
  for (size_t k = 0; k < h->seen; k++) sum += values[k * stride];
  return values[c * stride] - sum / (double)h->seen;
}

static void unscale(float *weights, float *bias, const head *h, const head_scale *scale, size_t c) {
  const despur_logistic_fit *f = &h->fitted;
  double sum = centred(f->bias, 1, h, c);
  for (size_t j = 0, column = 0; j < scale->all; j++) {
    if (!(scale->deviation[j] > 0)) continue;
    const double weight = centred(f->weight + column++, f->columns, h, c) / scale->deviation[j];
    weights[j] = (float)weight;
    sum -= weight * scale->mean[j];
  }
  *bias = (float)sum;
}

despur_status head_take_apart(float *weights, float *biases, const head_problem *problem,
                              const double *row_weights, const head_scale *scale, despur_error *error) {
  despur_status status = DESPUR_OK;
  head h = {0};
  TRY(open_head(&h, problem, error));
  TRY(fit(&h, problem, row_weights, error));
  for (size_t c = 0; c < problem->classes; c++) unscale(weights + c * scale->all, &biases[c], &h, scale, c);
cleanup:
  release(&h);
  return status;
}

despur_status head_cross_fit(double *logits, const head_problem *p, const double *weights,
                             const uint32_t *folds, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  head h = {0};
  double *others = NULL;
  TRY(open_head(&h, p, error));
  TRY(mem_alloc(&others, p->rows, sizeof *others, error));
  for (size_t f = 0; f < count; f++) {
    for (size_t i = 0; i < p->rows; i++) others[i] = folds[i] != f ? weights[i] : 0;
    TRY(fit(&h, p, others, error));
    for (size_t i = 0; i < p->rows; i++)
      if (folds[i] == f) ask(logits + i * p->classes, &h, p->x + i * p->columns);
  }
cleanup:
  release(&h);
  mem_free(others);
  return status;
}

uint32_t head_largest(const double *logits, size_t classes, uint32_t without) {
  uint32_t best = without == 0 ? 1 : 0;
  for (uint32_t c = best + 1; c < classes; c++)
    if (c != without && logits[c] > logits[best]) best = c;
  return best;
}
