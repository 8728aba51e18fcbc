/* Inside of the benchmark: pieces of work are described by what they must compute or move, carried out a few
 * times, and held against what the machine was measured to be able to do.
 *
 * A piece of work names its working set, so that its bytes are compared with the bandwidth of the cache that
 * holds them. Shares are computed at the end, from the best peaks that were seen. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "base/error.h"
#include "base/parallel.h"
#include "despur/bench.h"
#include "despur/dataset.h"
#include "despur/net.h"

#include <stdbool.h>

enum { BENCH_ROOM = 160 }; /* pieces of work */

/* What the machine's limits are measured with; kernels_limits.c, once for each instruction set. */
typedef struct limits_table {
  const char *level;
  size_t flops_of_round, double_flops_of_round;
  /* Rounds of multiply-adds on registers; the result only keeps the compiler from leaving them out. */
  float (*multiply_add)(size_t rounds);
  double (*multiply_double)(size_t rounds);
  void (*update)(float *y, const float *x, float a, size_t n); /* y += a x; n a multiple of LANES */
} limits_table;

typedef struct bench {
  const despur_bench_options *options;
  despur_bench_result *result;
  despur_error *error;
  const limits_table *limits;
  parallel *pool; /* options->threads */
  double *peaks;  /* [result->peak_repeats] every try at the multiply-add peak of one thread */
  double working_set[BENCH_ROOM]; /* bytes, of each row */
  despur_dataset *digits;         /* SpuCoMNIST of built-in digits; bench_digits creates it */
  float *points;                  /* bench_points creates them */
  size_t points_count;            /* values */
} bench;

/* One piece of work. */
typedef struct bench_work {
  const char *name;
  int threads;
  double flops, bytes, working_set; /* as in despur_bench_row; working_set 0: the same as bytes */
  bool in_double;
  despur_status (*run)(void *context, despur_error *error); /* carries it out once */
  void *context;
} bench_work;

/* Whether anybody wants to know; name as in bench_work. */
bool bench_wanted(const bench *b, const char *name);

/* Measures a piece of work and adds its row, if it is wanted. */
DESPUR_MUST_USE despur_status bench_measure(bench *b, const bench_work *work);

/* Adds a row for work that was timed elsewhere: seconds [count] of single executions, which get sorted. */
DESPUR_MUST_USE despur_status bench_add(bench *b, const bench_work *work, double *seconds, size_t count);

/* The value below which a share of the values lies, by linear interpolation. Sorts them. */
double bench_quantile(double *values, size_t count, double share);

/* Another measurement of what the machine can do. The first also measures bandwidths. */
DESPUR_MUST_USE despur_status limits_measure(bench *b);

/* limit and share of all rows, from the peaks. */
void limits_apply(bench *b);

/* What several pieces of work run on. */
DESPUR_MUST_USE despur_status bench_digits(bench *b);
DESPUR_MUST_USE despur_status bench_points(bench *b, size_t values); /* normal numbers */

/* The pieces of work, one file for each kind. */
DESPUR_MUST_USE despur_status bench_kernels(bench *b);
DESPUR_MUST_USE despur_status bench_training(bench *b);
DESPUR_MUST_USE despur_status bench_data(bench *b);
DESPUR_MUST_USE despur_status bench_clustering(bench *b);

/* Their shared vocabulary: the two networks. */
typedef struct bench_arch {
  const char *name;
  despur_arch arch;
} bench_arch;

enum { BENCH_ARCHS = 2, BENCH_CLASSES = 5 };
extern const bench_arch bench_archs[BENCH_ARCHS];

DESPUR_MUST_USE despur_status bench_net(despur_net **out, bench *b, despur_arch arch, size_t batch,
                                        int threads);

#endif
