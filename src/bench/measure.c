/* How a piece of work is timed, and what several pieces work on. */
#include "base/memory.h"
#include "base/random.h"
#include "bench/bench.h"
#include "run/state/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_REPEATS = 31, LEAST_REPEATS = 3 };

const bench_arch bench_archs[BENCH_ARCHS] = {{"lenet", DESPUR_LENET}, {"mlp", DESPUR_MLP}};

bool bench_wanted(const bench *b, const char *name) {
  return !b->options->only || strstr(name, b->options->only);
}

static int by_size(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

double bench_quantile(double *values, size_t count, double share) {
  qsort(values, count, sizeof *values, by_size);
  double at = share * (double)(count - 1);
  size_t below = (size_t)at;
  if (below + 1 >= count) return values[count - 1];
  return values[below] + (at - (double)below) * (values[below + 1] - values[below]);
}

despur_status bench_add(bench *b, const bench_work *work, double *seconds, size_t count) {
  despur_bench_result *result = b->result;
  if (result->count == BENCH_ROOM)
    return error_set(b->error, DESPUR_BAD_USAGE, "bench: no room for more than %d pieces of work",
                     BENCH_ROOM);
  despur_bench_row *row = &result->rows[result->count];
  *row =
      (despur_bench_row){.threads = work->threads,
                         .repeats = count,
                         .seconds = bench_quantile(seconds, count, 0.5),
                         .flops = work->flops,
                         .bytes = work->bytes,
                         .limit = work->in_double ? DESPUR_LIMIT_MULTIPLY_DOUBLE : DESPUR_LIMIT_MULTIPLY_ADD};
  row->spread = (bench_quantile(seconds, count, 0.75) - bench_quantile(seconds, count, 0.25)) / row->seconds;
  snprintf(row->name, sizeof row->name, "%s", work->name);
  b->working_set[result->count++] = work->working_set > 0 ? work->working_set : work->bytes;
  return DESPUR_OK;
}

/* Seconds of `times` executions in a row. */
static despur_status time_work(const bench_work *work, size_t times, double *seconds, despur_error *error) {
  despur_status status = DESPUR_OK;
  double start = run_seconds();
  for (size_t i = 0; i < times; i++) TRY(work->run(work->context, error));
  *seconds = run_seconds() - start;
cleanup:
  return status;
}

despur_status bench_measure(bench *b, const bench_work *work) {
  despur_status status = DESPUR_OK;
  if (!bench_wanted(b, work->name)) return DESPUR_OK;
  if (b->options->progress) b->options->progress(b->options->context, work->name);
  const double enough = b->options->quick ? 0.02 : 0.25, long_enough = b->options->quick ? 0.0005 : 0.002;
  double samples[MOST_REPEATS], one = 0;
  size_t times = 1, count = 0;
  TRY(time_work(work, 1, &one, b->error)); /* warms up */
  if (one < enough) TRY(time_work(work, 1, &one, b->error));
  while (one < long_enough) {
    times *= 2;
    TRY(time_work(work, times, &one, b->error));
  }
  for (double spent = 0; count < MOST_REPEATS && (count < LEAST_REPEATS || spent < enough); count++) {
    TRY(time_work(work, times, &samples[count], b->error));
    spent += samples[count];
    samples[count] /= (double)times;
  }
  TRY(bench_add(b, work, samples, count));
cleanup:
  return status;
}

despur_status bench_digits(bench *b) {
  static const double STRENGTH = 0.9;
  if (b->digits) return DESPUR_OK;
  const despur_spuco_options options = {.images = "digits",
                                        .class_of_digit = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4},
                                        .classes = BENCH_CLASSES,
                                        .difficulty = DESPUR_MAGNITUDE_LARGE,
                                        .strength = &STRENGTH,
                                        .strengths = 1,
                                        .digits_train = b->options->quick ? 2000 : 10000,
                                        .digits_test = b->options->quick ? 1000 : 4000};
  return despur_dataset_create_spuco_mnist(&b->digits, &options, b->error);
}

despur_status bench_points(bench *b, size_t values) {
  if (values <= b->points_count) return DESPUR_OK;
  mem_free(b->points);
  b->points_count = 0;
  despur_status status = mem_alloc(&b->points, values, sizeof *b->points, b->error);
  if (status != DESPUR_OK) return status;
  random_stream stream = random_open(0, "bench points", 0);
  for (size_t i = 0; i < values; i++) b->points[i] = (float)random_normal(&stream);
  b->points_count = values;
  return status;
}

despur_status bench_net(despur_net **out, bench *b, despur_arch arch, size_t batch, int threads) {
  const despur_net_options options = {.arch = arch,
                                      .input = despur_dataset_shape(b->digits),
                                      .classes = BENCH_CLASSES,
                                      .batch = batch,
                                      .dropout = 0.5,
                                      .threads = threads};
  return despur_net_create(out, &options, b->error);
}
