/* DISPEL: DFR on mixtures. Training examples, as many of each class, are mixed with examples of the same
 * class from a balanced subset of the validation examples: s of the latter, 1 - s of the former. So few
 * examples whose groups are known lend their balance to many whose are not. */
#include "repair/layer.h"

#include "base/memory.h"

#include <string.h>

/* The first `count` of each class, of rows that are shuffled. */
static size_t take_of_classes(uint32_t *rows, size_t count, const repair_work *work, size_t total,
                              size_t *taken) {
  size_t kept = 0;
  memset(taken, 0, work->data->classes * sizeof *taken);
  for (size_t i = 0; i < total; i++)
    if (taken[work->data->labels[rows[i]]]++ < count) rows[kept++] = rows[i];
  return kept;
}

static size_t smallest_class(const repair_work *work, const uint32_t *rows, size_t total, size_t *sizes) {
  size_t least = total;
  memset(sizes, 0, work->data->classes * sizeof *sizes);
  for (size_t i = 0; i < total; i++) sizes[work->data->labels[rows[i]]]++;
  for (size_t c = 0; c < work->data->classes; c++)
    if (sizes[c] < least) least = sizes[c];
  return least;
}

/* pool: rows of x; each gets a random row of its class from the balanced ones. */
static void mix(repair_problem *pool, const repair_problem *balanced, double s, random_stream *stream) {
  const size_t columns = pool->of.columns, count = balanced->of.rows;
  for (size_t i = 0; i < pool->of.rows; i++) {
    size_t at;
    do at = random_below(stream, (uint32_t)count);
    while (balanced->labels[at] != pool->labels[i]);
    for (size_t j = 0; j < columns; j++)
      pool->x[i * columns + j] =
          (float)(s * (double)balanced->x[at * columns + j] + (1 - s) * (double)pool->x[i * columns + j]);
  }
}

static despur_status draw(repair_problem *out, const repair_work *work, const repair_ask *ask,
                          random_stream *stream, despur_error *error) {
  despur_status status = DESPUR_OK;
  repair_problem balanced = {0};
  uint32_t *subset = NULL, *pool = NULL;
  double *weights = NULL;
  size_t *sizes = NULL, count, total = work->counts[DESPUR_TRAIN] + ask->rows.count;
  TRY(mem_alloc(&subset, ask->rows.count, sizeof *subset, error));
  TRY(mem_alloc(&weights, ask->rows.count, sizeof *weights, error));
  TRY(mem_alloc(&pool, total, sizeof *pool, error));
  TRY(mem_alloc(&sizes, work->data->classes, sizeof *sizes, error));
  TRY(repair_balanced_subset(subset, weights, &count, work, ask->rows, stream, error));
  TRY(repair_problem_create(&balanced, work, (repair_rows){subset, count}, error));
  if (smallest_class(work, subset, count, sizes) == 0)
    FAIL(error, DESPUR_BAD_INPUT, "DISPEL: a class has no validation examples with a group");
  memcpy(pool, work->rows[DESPUR_TRAIN], work->counts[DESPUR_TRAIN] * sizeof *pool);
  memcpy(pool + work->counts[DESPUR_TRAIN], ask->rows.items, ask->rows.count * sizeof *pool);
  random_shuffle(stream, pool, total);
  total = take_of_classes(pool, smallest_class(work, pool, total, sizes), work, total, sizes);
  TRY(repair_problem_create(out, work, (repair_rows){pool, total}, error));
  mix(out, &balanced, ask->parameters[1], stream);
cleanup:
  repair_problem_release(&balanced);
  mem_free(subset);
  mem_free(weights);
  mem_free(pool);
  mem_free(sizes);
  return status;
}

static despur_status fit(repair_fit *out, const repair_work *work, const repair_ask *ask,
                         despur_error *error) {
  const repair_average average = {.draw = draw, .c = ask->parameters[0]};
  return repair_fit_average(out, work, ask, &average, error);
}

const layer layer_dispel = {.label = "DISPEL",
                            .needs = LAYER_NEEDS_VAL_GROUPS,
                            .fitted_on = DESPUR_VAL,
                            .parameters = {"c", "mix"},
                            .fit = fit};
