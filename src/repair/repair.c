/* A better last layer, from data to a choice among methods. */
#include "repair/layer.h"

#include "base/math.h"
#include "base/memory.h"
#include "base/watch.h"
#include "repair/usual.h"

#include <math.h>
#include <string.h>

enum { MOST_FOLDS = 100, MOST_REFITS = 1000, MOST_PASSES = 10000 };

#define USUAL_TOLERANCE 1e-6

/* ---- release ---- */

void despur_repair_release(despur_repair_result *result) {
  for (size_t m = 0; m < result->methods_count; m++) repair_release_one(&result->methods[m]);
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++) mem_free(result->dial[p].correct);
  for (size_t s = 0; s < DESPUR_SPLITS; s++) mem_free(result->group_sizes[s]);
  mem_free(result->before.correct);
  mem_free(result->before_weight);
  mem_free(result->before_bias);
  *result = (despur_repair_result){0};
}

/* ---- options ---- */

#define LIST(...)                                                                                            \
  { {__VA_ARGS__}, sizeof(double[]){__VA_ARGS__} / sizeof(double) }

static const despur_repair_options USUAL = {.l2 = LIST(USUAL_L2),
                                            .c = LIST(USUAL_C),
                                            .mix = LIST(USUAL_MIX),
                                            .gamma = LIST(USUAL_GAMMA),
                                            .lambda = LIST(USUAL_LAMBDA),
                                            .scale = LIST(USUAL_SCALE),
                                            .diversity = LIST(USUAL_DIVERSITY)};

static despur_status take_list(despur_repair_list *list, const despur_repair_list *usual, const char *name,
                               double most, despur_error *error) {
  if (list->count == 0) *list = *usual;
  if (list->count > DESPUR_REPAIR_LIST)
    return error_set(error, DESPUR_BAD_USAGE, "%s: expected at most %d values, found %zu", name,
                     DESPUR_REPAIR_LIST, list->count);
  for (size_t i = 0; i < list->count; i++)
    if (!(list->values[i] > 0 && list->values[i] <= most))
      return error_set(error, DESPUR_BAD_USAGE, "%s: expected values above 0 and at most %g, found %g", name,
                       most, list->values[i]);
  return DESPUR_OK;
}

static despur_status take_options(despur_repair_options *to, const despur_repair_options *from,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  *to = *from;
  TRY(take_list(&to->l2, &USUAL.l2, "l2", 1e6, error));
  TRY(take_list(&to->c, &USUAL.c, "c", 1e6, error));
  TRY(take_list(&to->mix, &USUAL.mix, "mix", 1, error));
  TRY(take_list(&to->gamma, &USUAL.gamma, "gamma", 100, error));
  TRY(take_list(&to->lambda, &USUAL.lambda, "lambda", 1e6, error));
  TRY(take_list(&to->scale, &USUAL.scale, "scale", 1e4, error));
  TRY(take_list(&to->diversity, &USUAL.diversity, "diversity", 1e6, error));
  if (to->folds == 0) to->folds = USUAL_FOLDS;
  if (to->refits == 0) to->refits = USUAL_REFITS;
  if (!(to->tolerance > 0)) to->tolerance = USUAL_TOLERANCE;
  if (to->threads == 0) to->threads = 1;
  if (to->folds < 2 || to->folds > MOST_FOLDS)
    FAIL(error, DESPUR_BAD_USAGE, "folds: expected 2 to %d, found %zu", MOST_FOLDS, to->folds);
  if (to->refits > MOST_REFITS)
    FAIL(error, DESPUR_BAD_USAGE, "refits: expected at most %d, found %zu", MOST_REFITS, to->refits);
  if ((unsigned)to->rule >= DESPUR_REPAIR_RULES) FAIL(error, DESPUR_BAD_USAGE, "select: no such rule");
cleanup:
  return status;
}

/* ---- data ---- */

static despur_status check_rows(const despur_repair_data *data, despur_error *error) {
  for (size_t i = 0; i < data->rows; i++) {
    if (data->labels[i] >= data->classes)
      return error_set(error, DESPUR_BAD_INPUT, "repair: row %zu: expected a label below %zu, found %u", i,
                       data->classes, (unsigned)data->labels[i]);
    if (data->splits[i] >= DESPUR_SPLITS)
      return error_set(error, DESPUR_BAD_INPUT, "repair: row %zu: expected a split from 0 to 2, found %u", i,
                       (unsigned)data->splits[i]);
    if (data->groups && data->groups[i] != DESPUR_NO_GROUP && data->groups[i] >= data->groups_count)
      return error_set(error, DESPUR_BAD_INPUT, "repair: row %zu: expected a group below %zu, found %u", i,
                       data->groups_count, (unsigned)data->groups[i]);
  }
  for (size_t i = 0; i < data->rows; i++) {
    if (data->weights && !(data->weights[i] > 0 && isfinite(data->weights[i])))
      return error_set(error, DESPUR_BAD_INPUT, "repair: row %zu: expected a weight above 0, found %g", i,
                       data->weights[i]);
    if (data->folds && data->folds[i] >= data->folds_count)
      return error_set(error, DESPUR_BAD_INPUT, "repair: row %zu: expected a fold below %zu, found %u", i,
                       data->folds_count, (unsigned)data->folds[i]);
  }
  for (size_t i = 0; i < data->rows * data->columns; i++)
    if (!isfinite(data->features[i]))
      return error_set(error, DESPUR_BAD_INPUT, "repair: row %zu, column %zu is not finite",
                       i / data->columns, i % data->columns);
  for (size_t i = 0; data->old_weight && i < data->classes * (data->columns + 1); i++) {
    const size_t weights = data->classes * data->columns;
    if (!isfinite(i < weights ? data->old_weight[i] : data->old_bias[i - weights]))
      return error_set(error, DESPUR_BAD_INPUT, "repair: the head has a number that is not finite");
  }
  return DESPUR_OK;
}

/* Groups that fit to labels: one label each. */
static despur_status check_groups(const despur_repair_data *data, const uint32_t *groups, size_t count,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *label_of;
  TRY(mem_alloc(&label_of, count, sizeof *label_of, error));
  for (size_t i = 0; i < data->rows; i++) {
    const uint32_t g = groups[i];
    if (g == DESPUR_NO_GROUP) continue;
    if (label_of[g] != 0 && label_of[g] != data->labels[i] + 1)
      FAIL(error, DESPUR_BAD_INPUT, "repair: row %zu: group %u has examples of other labels, too", i,
           (unsigned)g);
    label_of[g] = data->labels[i] + 1;
  }
cleanup:
  mem_free(label_of);
  return status;
}

static despur_status check_partitions(const despur_repair_data *data, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (data->partitions_count > 0 && !data->groups)
    FAIL(error, DESPUR_BAD_USAGE, "repair: partitions go with groups, which are the first of them");
  for (size_t p = 0; p < data->partitions_count; p++) {
    const uint32_t *cells = data->partitions + p * data->rows;
    for (size_t i = 0; i < data->rows; i++)
      if (cells[i] >= data->cells)
        FAIL(error, DESPUR_BAD_INPUT, "repair: partition %zu, row %zu: expected a cell below %zu, found %u",
             p + 1, i, data->cells, (unsigned)cells[i]);
    TRY(check_groups(data, cells, data->cells, error));
  }
cleanup:
  return status;
}

static despur_status check_classes(const repair_work *work, despur_error *error) {
  size_t *sizes;
  despur_status status = mem_alloc(&sizes, work->data->classes, sizeof *sizes, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < work->counts[DESPUR_TRAIN]; i++)
    sizes[work->data->labels[work->rows[DESPUR_TRAIN][i]]]++;
  for (size_t c = 0; c < work->data->classes && status == DESPUR_OK; c++)
    if (sizes[c] == 0)
      status = error_set(error, DESPUR_BAD_INPUT, "repair: class %zu has no training examples", c);
  mem_free(sizes);
  return status;
}

static despur_status list_rows(repair_work *work, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_repair_data *data = work->data;
  for (size_t i = 0; i < data->rows; i++) work->counts[data->splits[i]]++;
  for (size_t s = 0; s < DESPUR_SPLITS; s++) {
    size_t at = 0;
    TRY(mem_alloc(&work->rows[s], work->counts[s], sizeof *work->rows[s], error));
    for (size_t i = 0; i < data->rows; i++)
      if (data->splits[i] == s) work->rows[s][at++] = (uint32_t)i;
  }
cleanup:
  return status;
}

static despur_status measure_columns(repair_work *work, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t columns = work->data->columns, count = work->counts[DESPUR_TRAIN];
  double total = 0;
  for (size_t i = 0; i < count; i++) total += repair_row_weight(work, work->rows[DESPUR_TRAIN][i]);
  TRY(mem_alloc(&work->mean, columns, sizeof *work->mean, error));
  TRY(mem_alloc(&work->spread, columns, sizeof *work->spread, error));
  for (size_t i = 0; i < count; i++) {
    const uint32_t row = work->rows[DESPUR_TRAIN][i];
    const float *x = work->data->features + row * columns;
    const double weight = repair_row_weight(work, row);
    for (size_t j = 0; j < columns; j++) work->mean[j] += weight * (double)x[j] / total;
  }
  for (size_t i = 0; i < count; i++) {
    const uint32_t row = work->rows[DESPUR_TRAIN][i];
    const float *x = work->data->features + row * columns;
    const double weight = repair_row_weight(work, row);
    for (size_t j = 0; j < columns; j++) {
      const double d = (double)x[j] - work->mean[j];
      work->spread[j] += weight * d * d / total;
    }
  }
  for (size_t j = 0; j < columns; j++) {
    work->spread[j] = math_sqrt(work->spread[j]);
    if (!(work->spread[j] > 1e-6 * fabs(work->mean[j]))) work->spread[j] = 1; /* constant, to rounding */
  }
cleanup:
  return status;
}

static bool has_split(const despur_repair_data *data, despur_split split) {
  for (size_t i = 0; i < data->rows; i++)
    if (data->splits[i] == split) return true;
  return false;
}

static despur_status work_create(repair_work *work, const despur_repair_data *data,
                                 const despur_repair_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  *work = (repair_work){.data = data,
                        .groups = data->groups ? data->groups : data->labels,
                        .groups_count = data->groups ? data->groups_count : data->classes,
                        .outputs = data->classes == 2 ? 1 : data->classes};
  TRY(take_options(&work->options, options, error));
  work->tolerance = work->options.tolerance;
  work->most_passes = MOST_PASSES;
  if (data->classes < 2)
    FAIL(error, DESPUR_BAD_INPUT, "repair: expected at least two classes, found %zu", data->classes);
  if (work->options.fit_on_both && !has_split(data, DESPUR_VAL))
    FAIL(error, DESPUR_BAD_USAGE, "repair: there are no validation examples to fit on, too");
  if (data->rows == 0 || data->columns == 0 || data->rows >= UINT32_MAX)
    FAIL(error, DESPUR_BAD_INPUT, "repair: expected rows and columns, found %zu and %zu", data->rows,
         data->columns);
  TRY(check_rows(data, error));
  if (data->groups) TRY(check_groups(data, data->groups, data->groups_count, error));
  TRY(check_partitions(data, error));
  TRY(list_rows(work, error));
  TRY(check_classes(work, error));
  TRY(measure_columns(work, error));
cleanup:
  return status;
}

static void work_release(repair_work *work) {
  for (size_t s = 0; s < DESPUR_SPLITS; s++) mem_free(work->rows[s]);
  mem_free(work->mean);
  mem_free(work->spread);
}

/* ---- which methods can be fitted ---- */

static bool all_known(const repair_work *work, despur_split split) {
  for (size_t i = 0; i < work->counts[split]; i++)
    if (work->groups[work->rows[split][i]] == DESPUR_NO_GROUP) return false;
  return work->counts[split] > 0;
}

static const char *why_not(const repair_work *work, despur_last_layer method) {
  const layer *of = layer_of(method);
  const bool known = work->data->groups != NULL;
  if (of->fitted_on == DESPUR_VAL && work->counts[DESPUR_VAL] < work->options.folds)
    return "it is fitted on validation examples, and there are too few";
  if (work->data->weights && !of->weighs) return "it knows no weights of examples";
  if (of->needs == LAYER_NEEDS_VAL_GROUPS && of->parameters[0] && !known)
    return "it needs groups of the validation examples";
  if (of->needs == LAYER_NEEDS_TRAIN_GROUPS && (!known || !all_known(work, DESPUR_TRAIN)))
    return "it needs groups of all training examples";
  return NULL;
}

/* ---- the head before ---- */

static despur_status copy_floats(float **to, const float *from, size_t count, despur_error *error) {
  despur_status status = mem_alloc(to, count, sizeof **to, error);
  if (status == DESPUR_OK) memcpy(*to, from, count * sizeof **to);
  return status;
}

/* ERM's parameters are chosen as anybody would who knows of no groups: by the average. With a head that came
 * with the data there is nothing to choose. */
static despur_status find_before(despur_repair_result *out, repair_work *work, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_repair_data *data = work->data;
  const despur_repair_rule rule = work->options.rule;
  const bool both = work->options.fit_on_both;
  despur_repaired erm = {.method = DESPUR_LAST_ERM};
  if (!data->old_weight) {
    work->options.rule = DESPUR_BY_AVERAGE;
    work->options.fit_on_both = false; /* validation examples judge it, too */
    status = repair_choose(&erm, work, error);
    work->options.rule = rule;
    work->options.fit_on_both = both;
    if (status != DESPUR_OK) goto cleanup;
    work->erm_l2 = erm.candidates[erm.chosen].parameters[0];
  }
  out->before_given = data->old_weight != NULL;
  TRY(copy_floats(&out->before_weight, data->old_weight ? data->old_weight : erm.weight,
                  data->classes * data->columns, error));
  TRY(copy_floats(&out->before_bias, data->old_weight ? data->old_bias : erm.bias, data->classes, error));
  work->old_weight = out->before_weight;
  work->old_bias = out->before_bias;
cleanup:
  repair_release_one(&erm);
  return status;
}

static despur_status judge_before(despur_repair_result *out, const repair_work *work, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_split split = work->counts[DESPUR_VAL] ? DESPUR_VAL : DESPUR_TRAIN;
  const repair_rows judged = {work->rows[split], work->counts[split]};
  uint8_t *right = NULL;
  double *scratch = NULL;
  TRY(mem_alloc(&right, judged.count, 1, error));
  TRY(mem_alloc(&scratch, work->data->classes, sizeof *scratch, error));
  for (size_t i = 0; i < judged.count; i++)
    right[i] = repair_predict(work, work->old_weight, work->old_bias, judged.items[i], scratch) ==
               work->data->labels[judged.items[i]];
  TRY(repair_count(&out->before, work, judged, right, error));
  out->judged = judged.count;
cleanup:
  mem_free(right);
  mem_free(scratch);
  return status;
}

/* ---- splits ---- */

void despur_repair_draw_splits(uint32_t *splits, size_t rows, uint64_t seed) {
  random_stream stream = random_open(seed, "splits", 0);
  const size_t train = rows / 2, val = rows / 5;
  for (size_t i = 0; i < rows; i++) splits[i] = (uint32_t)i;
  random_shuffle(&stream, splits, rows);
  /* the inverse of a random permutation is as random */
  for (size_t i = 0; i < rows; i++)
    splits[i] = splits[i] < train ? DESPUR_TRAIN : splits[i] < train + val ? DESPUR_VAL : DESPUR_TEST;
}

/* ---- the whole ---- */

static despur_status count_groups(despur_repair_result *out, const repair_work *work, despur_error *error) {
  despur_status status = DESPUR_OK;
  out->groups_count = work->groups_count;
  out->of_classes = !work->data->groups;
  for (size_t s = 0; s < DESPUR_SPLITS; s++) {
    TRY(mem_alloc(&out->group_sizes[s], work->groups_count, sizeof *out->group_sizes[s], error));
    for (size_t i = 0; i < work->counts[s]; i++)
      if (work->groups[work->rows[s][i]] != DESPUR_NO_GROUP)
        out->group_sizes[s][work->groups[work->rows[s][i]]]++;
  }
cleanup:
  return status;
}

/* Who has tried more candidates must not win by that: what choosing adds is taken off first. */
static double worth(const repair_work *work, const despur_repaired *of) {
  const double score = repair_score(work, &of->candidates[of->chosen]);
  return work->options.rule == DESPUR_BY_WORST_GROUP ? score - of->optimism : score;
}

static bool is_better(const repair_work *work, const despur_repaired *a, const despur_repaired *b) {
  const despur_repair_candidate *x = &a->candidates[a->chosen], *y = &b->candidates[b->chosen];
  const double gain = worth(work, a) - worth(work, b);
  return gain > 0 || (gain == 0 && x->average > y->average);
}

static despur_status fit_methods(despur_repair_result *out, const repair_work *work, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t asked = 0;
  for (size_t m = 0; m < DESPUR_LAST_COUNT; m++) asked += work->options.methods[m];
  if (asked == 0) FAIL(error, DESPUR_BAD_USAGE, "repair: expected a method, found none");
  out->best = SIZE_MAX;
  for (size_t m = 0; m < DESPUR_LAST_COUNT; m++) {
    if (!work->options.methods[m]) continue;
    watch_tell(&work->options.watch, despur_last_layer_label((despur_last_layer)m), out->methods_count,
               asked);
    despur_repaired *now = &out->methods[out->methods_count++];
    now->method = (despur_last_layer)m;
    now->skipped = why_not(work, now->method);
    if (now->skipped && asked == 1)
      FAIL(error, DESPUR_BAD_INPUT, "%s: %s", despur_last_layer_label(now->method), now->skipped);
    if (now->skipped) continue;
    TRY(repair_choose(now, work, error));
    if (out->best == SIZE_MAX || is_better(work, now, &out->methods[out->best]))
      out->best = out->methods_count - 1;
  }
  watch_tell(&work->options.watch, "done", asked, asked);
cleanup:
  return status;
}

despur_status despur_repair(despur_repair_result *out, const despur_repair_data *data,
                            const despur_repair_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  repair_work work = {0};
  *out = (despur_repair_result){0};
  TRY(work_create(&work, data, options, error));
  TRY(count_groups(out, &work, error));
  if (!all_known(&work, work.counts[DESPUR_VAL] ? DESPUR_VAL : DESPUR_TRAIN))
    FAIL(error, DESPUR_BAD_INPUT, "repair: a %s example has no group; candidates are chosen by groups there",
         despur_split_word(work.counts[DESPUR_VAL] ? DESPUR_VAL : DESPUR_TRAIN));
  work.nested = !work.options.head_only;
  if (work.nested || work.options.methods[DESPUR_LAST_AFR]) TRY(find_before(out, &work, error));
  if (work.nested) TRY(judge_before(out, &work, error));
  TRY(fit_methods(out, &work, error));
  if (work.nested && out->best < out->methods_count)
    TRY(repair_dial(out->dial, &work, &out->methods[out->best], error));
cleanup:
  work_release(&work);
  if (status != DESPUR_OK) despur_repair_release(out);
  return status;
}
