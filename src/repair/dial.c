/* The dial: heads on the straight line from the old one to the best one, and which of them a wish allows. */
#include "repair/layer.h"

#include "base/memory.h"
#include "despur/stats.h"

#include <math.h>
#include <string.h>

/* All intervals of all points hold together: the average, the worst group, and the loss of each (Bonferroni).
 */
#define TOGETHER (1 - 0.05 / (3 * DESPUR_DIAL_POINTS))

static double position_of(size_t point) {
  return (double)point / (DESPUR_DIAL_POINTS - 1);
}

static void blend(float *to, const float *from_old, const float *from_new, size_t count, double position) {
  for (size_t i = 0; i < count; i++)
    to[i] = (float)((1 - position) * (double)from_old[i] + position * (double)from_new[i]);
}

/* ---- trying ---- */

typedef struct dial {
  const repair_work *work;
  repair_folds folds;
  float *weight, *bias, *new_weight, *new_bias; /* [classes, columns], [classes] */
  double *scratch;                              /* [classes] */
  uint8_t *right;                               /* [points, judged] */
} dial;

static void judge(dial *d, size_t fold) {
  const repair_work *work = d->work;
  const repair_rows judged = repair_fold_judged(&d->folds, fold);
  const size_t classes = work->data->classes, at = d->folds.rows ? d->folds.begin[fold] : 0;
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++) {
    blend(d->weight, work->old_weight, d->new_weight, classes * work->data->columns, position_of(p));
    blend(d->bias, work->old_bias, d->new_bias, classes, position_of(p));
    for (size_t i = 0; i < judged.count; i++)
      d->right[p * d->folds.judged.count + at + i] =
          repair_predict(work, d->weight, d->bias, judged.items[i], d->scratch) ==
          work->data->labels[judged.items[i]];
  }
}

/* A head that has seen the examples is not the one that they may judge: each fold has its own. */
static despur_status judge_fold(dial *d, const despur_repaired *best, size_t fold, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t classes = d->work->data->classes;
  repair_fit fit = {0};
  if (d->folds.rows || d->work->options.fit_on_both) {
    const layer *method = layer_of(best->method);
    const repair_ask ask = {.parameters = best->candidates[best->chosen].parameters,
                            .rows = repair_fold_fitted(&d->folds, fold),
                            .refits = repair_trial_refits(method, d->work)};
    TRY(method->fit(&fit, d->work, &ask, error));
    repair_fold(d->new_weight, d->new_bias, d->work, &fit.head);
  } else {
    memcpy(d->new_weight, best->weight, classes * d->work->data->columns * sizeof *d->new_weight);
    memcpy(d->new_bias, best->bias, classes * sizeof *d->new_bias);
  }
  judge(d, fold);
cleanup:
  despur_logistic_release(&fit.head);
  return status;
}

/* ---- measuring ---- */

static void measure_loss(despur_dial_point *point, const uint8_t *old, const uint8_t *now, size_t count) {
  despur_pairs pairs = {0};
  for (size_t i = 0; i < count; i++)
    ++*(old[i] && now[i] ? &pairs.both
        : old[i]         ? &pairs.only_first
        : now[i]         ? &pairs.only_second
                         : &pairs.neither);
  const despur_interval gain = despur_paired_interval(&pairs, TOGETHER);
  point->loss = ((double)pairs.only_first - (double)pairs.only_second) / (double)count;
  point->loss_low = -gain.high;
  point->loss_high = -gain.low;
}

static despur_status measure(despur_dial_point *point, const dial *d, size_t p, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t judged = d->folds.judged.count;
  const uint8_t *right = d->right + p * judged;
  despur_repair_candidate counted = {0};
  despur_interval interval;
  size_t *sizes = NULL, all = 0;
  TRY(repair_count(&counted, d->work, d->folds.judged, right, error));
  *point = (despur_dial_point){.position = position_of(p),
                               .correct = counted.correct,
                               .average = counted.average,
                               .worst = counted.worst_group};
  TRY(mem_alloc(&sizes, d->work->groups_count, sizeof *sizes, error));
  for (size_t i = 0; i < judged; i++) {
    sizes[d->work->groups[d->folds.judged.items[i]]]++;
    all += right[i];
  }
  interval = despur_wilson_interval(all, judged, TOGETHER);
  point->average_low = interval.low;
  point->average_high = interval.high;
  TRY(despur_minimum_interval(&interval, point->correct, sizes, d->work->groups_count, TOGETHER, error));
  point->worst_low = interval.low;
  point->worst_high = interval.high;
  if (p > 0) measure_loss(point, d->right, right, judged); /* the old head surely loses nothing */
cleanup:
  mem_free(sizes);
  return status;
}

despur_status repair_dial(despur_dial_point points[DESPUR_DIAL_POINTS], const repair_work *work,
                          const despur_repaired *best, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t classes = work->data->classes, values = classes * work->data->columns;
  dial d = {.work = work};
  TRY(repair_folds_create(&d.folds, work, layer_of(best->method)->fitted_on, error));
  TRY(mem_alloc(&d.weight, values, sizeof *d.weight, error));
  TRY(mem_alloc(&d.bias, classes, sizeof *d.bias, error));
  TRY(mem_alloc(&d.new_weight, values, sizeof *d.new_weight, error));
  TRY(mem_alloc(&d.new_bias, classes, sizeof *d.new_bias, error));
  TRY(mem_alloc(&d.scratch, classes, sizeof *d.scratch, error));
  TRY(mem_alloc(&d.right, d.folds.judged.count, DESPUR_DIAL_POINTS, error));
  for (size_t f = 0; f < d.folds.count; f++) TRY(judge_fold(&d, best, f, error));
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++) TRY(measure(&points[p], &d, p, error));
cleanup:
  repair_folds_release(&d.folds);
  mem_free(d.weight);
  mem_free(d.bias);
  mem_free(d.new_weight);
  mem_free(d.new_bias);
  mem_free(d.scratch);
  mem_free(d.right);
  return status;
}

/* ---- wishes ---- */

static bool surely(const despur_dial_point *p, const despur_dial_wish *wish) {
  return !(p->average_low < wish->min_average) && !(p->loss_high > wish->max_loss);
}

static bool possibly(const despur_dial_point *p, const despur_dial_wish *wish) {
  return !(p->average_high < wish->min_average) && !(p->loss_low > wish->max_loss);
}

despur_dial_answer despur_dial_choose(size_t *point, const despur_repair_result *result,
                                      const despur_dial_wish *wish) {
  despur_dial_answer answer = DESPUR_DIAL_NONE;
  *point = 0;
  if (result->best >= result->methods_count) return answer;
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++) {
    const despur_dial_point *now = &result->dial[p];
    if (answer == DESPUR_DIAL_NONE && possibly(now, wish)) answer = DESPUR_DIAL_UNDECIDED;
    if (!surely(now, wish)) continue;
    if (answer != DESPUR_DIAL_FOUND || now->worst > result->dial[*point].worst) *point = p;
    answer = DESPUR_DIAL_FOUND;
  }
  return answer;
}

void despur_dial_head(float *weight, float *bias, const despur_repair_result *result,
                      const despur_repair_data *data, double position) {
  const despur_repaired *best = &result->methods[result->best];
  blend(weight, result->before_weight, best->weight, data->classes * data->columns, position);
  blend(bias, result->before_bias, best->bias, data->classes, position);
}
