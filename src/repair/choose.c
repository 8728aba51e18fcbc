/* Which parameters: all are tried on examples that the fit has not seen, and the best one by the rule is
 * taken. What choosing adds to its accuracy is estimated as for epochs. */
#include "repair/layer.h"

#include "base/memory.h"
#include "despur/stats.h"

#include <math.h>
#include <string.h>

/* What a candidate is worth does not hang on its last digits; the one that is chosen is fitted to the end. */
enum { TRIAL_PASSES = 500 };

enum { LEAST_CELL = 10 }; /* examples of a cell of one among several partitions, to be judged by */

#define TRIAL_TOLERANCE 1e-3

void repair_release_one(despur_repaired *of) {
  for (size_t c = 0; of->candidates && c < of->candidates_count; c++) mem_free(of->candidates[c].correct);
  mem_free(of->candidates);
  mem_free(of->weight);
  mem_free(of->bias);
}

/* ---- what is fitted on what ---- */

/* Rows in a random order within each group, dealt out to the folds one by one, so that every fold has its
 * share of each group. */
static despur_status deal(repair_folds *folds, const repair_work *work, repair_rows pool,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *shuffled = NULL, *turn = NULL, *fold_of = NULL;
  const uint32_t *given = work->data->folds;
  random_stream stream = random_open(work->options.seed, "folds", 0);
  TRY(mem_alloc(&shuffled, pool.count, sizeof *shuffled, error));
  TRY(mem_alloc(&fold_of, pool.count, sizeof *fold_of, error));
  TRY(mem_alloc(&turn, work->groups_count, sizeof *turn, error));
  memcpy(shuffled, pool.items, pool.count * sizeof *shuffled);
  random_shuffle(&stream, shuffled, pool.count);
  for (size_t g = 0; g < work->groups_count; g++) turn[g] = (uint32_t)(g % folds->count);
  for (size_t i = 0; i < pool.count; i++) {
    uint32_t *next = &turn[work->groups[shuffled[i]]];
    fold_of[i] = given ? given[shuffled[i]] : *next;
    *next = (uint32_t)((*next + 1) % folds->count);
  }
  size_t at = 0;
  for (size_t f = 0; f < folds->count; f++) {
    folds->begin[f] = at;
    for (size_t i = 0; i < pool.count; i++)
      if (fold_of[i] == f) folds->rows[at++] = shuffled[i];
  }
  folds->begin[folds->count] = at;
cleanup:
  mem_free(shuffled);
  mem_free(turn);
  mem_free(fold_of);
  return status;
}

despur_status repair_folds_create(repair_folds *out, const repair_work *work, despur_split fitted_on,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  const bool crossed = fitted_on == DESPUR_VAL || work->counts[DESPUR_VAL] == 0;
  const repair_rows pool = {work->rows[fitted_on], work->counts[fitted_on]};
  const size_t folds = work->data->folds ? work->data->folds_count : work->options.folds;
  *out = (repair_folds){.count = crossed ? folds : 1,
                        .train = {work->rows[DESPUR_TRAIN], work->counts[DESPUR_TRAIN]},
                        .judged = {work->rows[DESPUR_VAL], work->counts[DESPUR_VAL]}};
  if (!crossed) return DESPUR_OK;
  TRY(mem_alloc(&out->rows, pool.count, sizeof *out->rows, error));
  TRY(mem_alloc(&out->rest, pool.count, sizeof *out->rest, error));
  TRY(mem_alloc(&out->begin, out->count + 1, sizeof *out->begin, error));
  out->judged = (repair_rows){out->rows, pool.count};
  TRY(deal(out, work, pool, error));
cleanup:
  return status;
}

void repair_folds_release(repair_folds *folds) {
  mem_free(folds->rows);
  mem_free(folds->rest);
  mem_free(folds->begin);
}

repair_rows repair_fold_fitted(const repair_folds *folds, size_t fold) {
  if (!folds->rows) return folds->train;
  const size_t before = folds->begin[fold], behind = folds->judged.count - folds->begin[fold + 1];
  memcpy(folds->rest, folds->rows, before * sizeof *folds->rest);
  memcpy(folds->rest + before, folds->rows + folds->begin[fold + 1], behind * sizeof *folds->rest);
  return (repair_rows){folds->rest, before + behind};
}

repair_rows repair_fold_judged(const repair_folds *folds, size_t fold) {
  if (!folds->rows) return folds->judged;
  return (repair_rows){folds->rows + folds->begin[fold], folds->begin[fold + 1] - folds->begin[fold]};
}

/* ---- counting ---- */

static double share(double right, double whole) {
  return whole > 0 ? right / whole : (double)NAN;
}

/* The mean over all partitions of the worst of their cells that are not too small to tell. */
static despur_status worst_of_partitions(double *out, const repair_work *work, repair_rows judged,
                                         const uint8_t *right, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t partitions = 1 + work->data->partitions_count,
               most = work->groups_count > work->data->cells ? work->groups_count : work->data->cells;
  size_t *count = NULL;
  double *whole = NULL, *correct = NULL;
  TRY(mem_alloc(&count, most, sizeof *count, error));
  TRY(mem_alloc(&whole, most, sizeof *whole, error));
  TRY(mem_alloc(&correct, most, sizeof *correct, error));
  *out = 0;
  for (size_t p = 0; p < partitions; p++) {
    const repair_partition of = repair_partition_of(work, p);
    double worst = (double)NAN;
    memset(count, 0, most * sizeof *count);
    memset(whole, 0, most * sizeof *whole);
    memset(correct, 0, most * sizeof *correct);
    for (size_t i = 0; i < judged.count; i++) {
      const uint32_t g = of.of_row[judged.items[i]];
      const double weight = repair_row_weight(work, judged.items[i]);
      count[g]++;
      whole[g] += weight;
      correct[g] += right[i] ? weight : 0;
    }
    for (size_t g = 0; g < of.count; g++)
      if (count[g] >= LEAST_CELL) worst = fmin(worst, share(correct[g], whole[g]));
    for (size_t g = 0; isnan(worst) && g < of.count; g++) worst = fmin(worst, share(correct[g], whole[g]));
    *out += worst / (double)partitions;
  }
cleanup:
  mem_free(count);
  mem_free(whole);
  mem_free(correct);
  return status;
}

/* Sums of weights: of all, and of what is right. */
typedef struct weighed {
  double whole, right;
} weighed;

static void weigh(weighed *w, double weight, bool right) {
  w->whole += weight;
  w->right += right ? weight : 0;
}

despur_status repair_count(despur_repair_candidate *out, const repair_work *work, repair_rows judged,
                           const uint8_t *right, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t classes = work->data->classes;
  weighed *groups = NULL, *of_class = NULL, all = {0, 0};
  TRY(mem_alloc(&out->correct, work->groups_count, sizeof *out->correct, error));
  TRY(mem_alloc(&groups, work->groups_count, sizeof *groups, error));
  TRY(mem_alloc(&of_class, classes, sizeof *of_class, error));
  for (size_t i = 0; i < judged.count; i++) {
    const uint32_t g = work->groups[judged.items[i]];
    const double weight = repair_row_weight(work, judged.items[i]);
    out->correct[g] += right[i];
    weigh(&groups[g], weight, right[i]);
    weigh(&of_class[work->data->labels[judged.items[i]]], weight, right[i]);
    weigh(&all, weight, right[i]);
  }
  out->average = share(all.right, all.whole);
  out->worst_group = out->worst_class = (double)NAN;
  for (size_t g = 0; g < work->groups_count; g++)
    out->worst_group = fmin(out->worst_group, share(groups[g].right, groups[g].whole));
  for (size_t c = 0; c < classes; c++)
    out->worst_class = fmin(out->worst_class, share(of_class[c].right, of_class[c].whole));
  if (work->data->partitions_count > 0)
    TRY(worst_of_partitions(&out->worst_group, work, judged, right, error));
cleanup:
  mem_free(groups);
  mem_free(of_class);
  return status;
}

double repair_score(const repair_work *work, const despur_repair_candidate *candidate) {
  switch (work->options.rule) {
  case DESPUR_BY_WORST_CLASS:
    return candidate->worst_class;
  case DESPUR_BY_AVERAGE:
    return candidate->average;
  default:
    return candidate->worst_group;
  }
}

/* ---- trying ---- */

/* All combinations of the values of a method's lists, those of the last list changing first. */
static despur_status list_candidates(despur_repaired *out, const layer *method, const repair_work *work,
                                     despur_error *error) {
  const despur_repair_list *lists[DESPUR_REPAIR_PARAMETERS] = {NULL};
  out->candidates_count = 1;
  for (size_t p = 0; p < DESPUR_REPAIR_PARAMETERS && method->parameters[p]; p++) {
    out->parameters[p] = method->parameters[p];
    lists[p] = repair_list(&work->options, method->parameters[p]);
    out->candidates_count *= lists[p]->count;
  }
  despur_status status = mem_alloc(&out->candidates, out->candidates_count, sizeof *out->candidates, error);
  if (status != DESPUR_OK) return status;
  for (size_t c = 0; c < out->candidates_count; c++) {
    size_t rest = c;
    for (size_t p = DESPUR_REPAIR_PARAMETERS; p-- > 0;)
      if (lists[p]) {
        out->candidates[c].parameters[p] = lists[p]->values[rest % lists[p]->count];
        rest /= lists[p]->count;
      }
  }
  return DESPUR_OK;
}

/* Whether the last candidate has the strongest penalty, where a path begins. */
static bool runs_backwards(const despur_repaired *of, const layer *method) {
  const despur_repair_candidate *first = of->candidates, *last = first + of->candidates_count - 1;
  return method->parameters[0] && strcmp(method->parameters[0], "c") == 0 &&
         first->parameters[0] > last->parameters[0];
}

/* One fold; right: [candidates, judged by all folds], of which this fold's begin at `at`. */
static despur_status try_fold(uint8_t *right, size_t stride, const despur_repaired *of, const layer *method,
                              const repair_work *work, const repair_folds *folds, size_t fold,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  const repair_rows judged = repair_fold_judged(folds, fold);
  const size_t at = folds->rows ? folds->begin[fold] : 0, classes = work->data->classes;
  float *weight = NULL, *bias = NULL;
  double *scratch = NULL;
  repair_fit fit = {0};
  TRY(mem_alloc(&weight, classes * work->data->columns, sizeof *weight, error));
  TRY(mem_alloc(&bias, classes, sizeof *bias, error));
  TRY(mem_alloc(&scratch, classes, sizeof *scratch, error));
  for (size_t turn = 0; turn < of->candidates_count; turn++) {
    const size_t c = runs_backwards(of, method) ? of->candidates_count - 1 - turn : turn;
    const repair_ask ask = {.parameters = of->candidates[c].parameters,
                            .rows = repair_fold_fitted(folds, fold),
                            .refits = repair_trial_refits(method, work)};
    TRY(method->fit(&fit, work, &ask, error));
    repair_fold(weight, bias, work, &fit.head);
    for (size_t i = 0; i < judged.count; i++)
      right[c * stride + at + i] =
          repair_predict(work, weight, bias, judged.items[i], scratch) == work->data->labels[judged.items[i]];
  }
cleanup:
  despur_logistic_release(&fit.head);
  mem_free(weight);
  mem_free(bias);
  mem_free(scratch);
  return status;
}

/* Of equals by the rule the more accurate one, then the first. */
static void take_best(despur_repaired *out, const repair_work *work) {
  out->chosen = 0;
  for (size_t c = 1; c < out->candidates_count; c++) {
    const despur_repair_candidate *now = &out->candidates[c], *best = &out->candidates[out->chosen];
    const double gain = repair_score(work, now) - repair_score(work, best);
    if (gain > 0 || (gain == 0 && now->average > best->average)) out->chosen = c;
  }
}

/* ---- what choosing adds ---- */

/* Candidates in place of epochs. */
typedef struct tallies {
  size_t *count, *correct, *kept, *chosen;
} tallies;

static despur_status tally(tallies *t, const despur_repaired *of, const repair_work *work,
                           const repair_folds *folds, const uint8_t *right, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t cells = work->groups_count, n = folds->judged.count;
  TRY(mem_alloc(&t->count, cells, sizeof *t->count, error));
  TRY(mem_alloc(&t->correct, cells, of->candidates_count * sizeof *t->correct, error));
  TRY(mem_alloc(&t->kept, cells, of->candidates_count * sizeof *t->kept, error));
  TRY(mem_alloc(&t->chosen, cells, sizeof *t->chosen, error));
  for (size_t i = 0; folds->judged.items && i < n; i++) {
    const uint32_t row = folds->judged.items[i], g = work->groups[row];
    t->count[g]++;
    if (work->options.rule == DESPUR_BY_WORST_CLASS) t->chosen[g] = work->data->labels[row];
    for (size_t c = 1; c < of->candidates_count; c++)
      t->kept[c * cells + g] += right[c * n + i] & right[(c - 1) * n + i];
  }
  for (size_t c = 0; c < of->candidates_count; c++)
    memcpy(t->correct + c * cells, of->candidates[c].correct, cells * sizeof *t->correct);
cleanup:
  return status;
}

static despur_status find_optimism(despur_repaired *out, const repair_work *work, const repair_folds *folds,
                                   const uint8_t *right, despur_error *error) {
  despur_status status = DESPUR_OK;
  tallies t = {0};
  TRY(tally(&t, out, work, folds, right, error));
  const despur_epoch_counts counts = {.epochs = out->candidates_count,
                                      .cells = work->groups_count,
                                      .count = t.count,
                                      .correct = t.correct,
                                      .kept = t.kept,
                                      .chosen =
                                          work->options.rule == DESPUR_BY_WORST_GROUP ? NULL : t.chosen};
  TRY(despur_selection_optimism(&out->optimism, &counts, error));
cleanup:
  mem_free(t.count);
  mem_free(t.correct);
  mem_free(t.kept);
  mem_free(t.chosen);
  return status;
}

/* ---- what choosing adds, where there are no validation examples: nested cross-validation ---- */

/* All of it, choosing included, without the examples of a fold, which then are judged. */
static despur_status try_without(uint8_t *right, const despur_repaired *of, const repair_work *work,
                                 const repair_folds *folds, size_t fold, despur_error *error) {
  despur_status status = DESPUR_OK;
  const repair_rows judged = repair_fold_judged(folds, fold), fitted = repair_fold_fitted(folds, fold);
  repair_work inner = *work;
  despur_repaired chosen = {.method = of->method};
  double *scratch = NULL;
  inner.nested = false;
  inner.tolerance = fmax(inner.tolerance, TRIAL_TOLERANCE);
  inner.rows[DESPUR_TRAIN] = folds->rest; /* which is what is fitted on */
  inner.counts[DESPUR_TRAIN] = fitted.count;
  TRY(mem_alloc(&scratch, work->data->classes, sizeof *scratch, error));
  TRY(repair_choose(&chosen, &inner, error));
  for (size_t i = 0; i < judged.count; i++)
    right[i] = repair_predict(work, chosen.weight, chosen.bias, judged.items[i], scratch) ==
               work->data->labels[judged.items[i]];
cleanup:
  mem_free(scratch);
  repair_release_one(&chosen);
  return status;
}

static despur_status find_nested_optimism(despur_repaired *out, const repair_work *work,
                                          const repair_folds *folds, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_repair_candidate nested = {.correct = NULL};
  uint8_t *right = NULL;
  TRY(mem_alloc(&right, folds->judged.count, 1, error));
  for (size_t f = 0; f < folds->count; f++)
    if (repair_fold_judged(folds, f).count > 0)
      TRY(try_without(right + folds->begin[f], out, work, folds, f, error));
  TRY(repair_count(&nested, work, folds->judged, right, error));
  out->optimism = out->candidates[out->chosen].worst_group - nested.worst_group;
cleanup:
  mem_free(right);
  mem_free(nested.correct);
  return status;
}

/* ---- the whole ---- */

/* Training and validation examples, ascending. */
static despur_status list_both(uint32_t **rows, size_t *count, const repair_work *work, despur_error *error) {
  const size_t train = work->counts[DESPUR_TRAIN], val = work->counts[DESPUR_VAL];
  size_t t = 0, v = 0;
  despur_status status = mem_alloc(rows, train + val, sizeof **rows, error);
  if (status != DESPUR_OK) return status;
  for (*count = 0; t < train || v < val; ++*count) {
    const bool first = v == val || (t < train && work->rows[DESPUR_TRAIN][t] < work->rows[DESPUR_VAL][v]);
    (*rows)[*count] = first ? work->rows[DESPUR_TRAIN][t++] : work->rows[DESPUR_VAL][v++];
  }
  return DESPUR_OK;
}

static despur_status fit_chosen(despur_repaired *out, const layer *method, const repair_work *work,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t classes = work->data->classes;
  repair_fit fit = {0};
  uint32_t *both = NULL;
  repair_ask ask = {.parameters = out->candidates[out->chosen].parameters,
                    .rows = {work->rows[method->fitted_on], work->counts[method->fitted_on]},
                    .refits = method->refits ? method->refits : work->options.refits};
  if (work->options.fit_on_both && method->fitted_on == DESPUR_TRAIN) {
    TRY(list_both(&both, &ask.rows.count, work, error));
    ask.rows.items = both;
  }
  TRY(method->fit(&fit, work, &ask, error));
  TRY(mem_alloc(&out->weight, classes * work->data->columns, sizeof *out->weight, error));
  TRY(mem_alloc(&out->bias, classes, sizeof *out->bias, error));
  repair_fold(out->weight, out->bias, work, &fit.head);
  out->fitted_on = ask.rows.count;
  out->fitted_on_both = both != NULL;
  out->gap = fit.gap;
  out->converged = fit.converged;
cleanup:
  mem_free(both);
  despur_logistic_release(&fit.head);
  return status;
}

/* On what has not been seen; then of the best one what choosing adds. */
static despur_status judge(despur_repaired *out, const layer *method, const repair_work *work,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  repair_folds folds = {0};
  uint8_t *right = NULL;
  repair_work trial = *work;
  if (trial.tolerance < TRIAL_TOLERANCE) trial.tolerance = TRIAL_TOLERANCE;
  trial.most_passes = TRIAL_PASSES;
  TRY(repair_folds_create(&folds, work, method->fitted_on, error));
  out->cross_validated = folds.rows != NULL;
  TRY(mem_alloc(&right, folds.judged.count, out->candidates_count, error));
  for (size_t f = 0; f < folds.count; f++) /* folds that were given may be empty within others */
    if (repair_fold_judged(&folds, f).count > 0)
      TRY(try_fold(right, folds.judged.count, out, method, &trial, &folds, f, error));
  for (size_t c = 0; c < out->candidates_count; c++)
    TRY(repair_count(&out->candidates[c], work, folds.judged, right + c * folds.judged.count, error));
  take_best(out, work);
  if (work->options.head_only) goto cleanup;
  if (work->nested && work->counts[DESPUR_VAL] == 0 && out->candidates_count > 1)
    TRY(find_nested_optimism(out, work, &folds, error));
  else
    TRY(find_optimism(out, work, &folds, right, error));
cleanup:
  repair_folds_release(&folds);
  mem_free(right);
  return status;
}

despur_status repair_choose(despur_repaired *out, const repair_work *work, despur_error *error) {
  despur_status status = DESPUR_OK;
  const layer *method = layer_of(out->method);
  TRY(list_candidates(out, method, work, error));
  if (work->options.head_only && out->candidates_count == 1) {
    despur_repair_candidate *only = &out->candidates[0];
    only->worst_group = only->worst_class = only->average = (double)NAN;
    TRY(mem_alloc(&only->correct, work->groups_count, sizeof *only->correct, error));
  } else {
    TRY(judge(out, method, work, error));
  }
  TRY(fit_chosen(out, method, work, error));
cleanup:
  return status;
}
