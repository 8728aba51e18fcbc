/* Speed: how fast everything runs here, and how near that is to what this machine can do. Thread-safe, but
 * two at a time measure each other. */
#ifndef DESPUR_BENCH_H
#define DESPUR_BENCH_H

#include "despur/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What keeps a piece of work from being faster. */
typedef enum despur_bench_limit {
  DESPUR_LIMIT_NONE,            /* nothing that is measured here */
  DESPUR_LIMIT_MULTIPLY_ADD,    /* in single precision */
  DESPUR_LIMIT_MULTIPLY_DOUBLE, /* in double precision */
  DESPUR_LIMIT_BANDWIDTH        /* of the caches or the memory, whichever hold the data */
} despur_bench_limit;

enum { DESPUR_BENCH_NAME = 48, DESPUR_BENCH_SIZES = 4 };

/* One piece of work. */
typedef struct despur_bench_row {
  char name[DESPUR_BENCH_NAME]; /* such as "lenet/conv1/forward" or "silhouette" */
  int threads;
  size_t repeats;
  double seconds; /* of one execution; the median of the repeats */
  double spread;  /* distance of the quartiles, as a share of the median */
  double flops;   /* useful operations of one execution, a multiply-add counted as two; 0: not counted */
  double bytes;   /* that one execution has to read and write; 0: not counted */
  despur_bench_limit limit;
  double share; /* the least time that the limit allows, by the time taken; NaN without a limit */
} despur_bench_row;

/* What this machine can do with a number of threads: the best of all measurements. */
typedef struct despur_bench_peak {
  int threads;
  double multiply_add, multiply_double; /* operations a second, a multiply-add counted as two */
  double bandwidth[DESPUR_BENCH_SIZES]; /* bytes a second of y += a x over arrays of `size` bytes in all */
} despur_bench_peak;

typedef struct despur_bench_result {
  char kernels[16]; /* "baseline", "v3", "v4" */
  size_t size[DESPUR_BENCH_SIZES];
  size_t peak_count; /* 1, or 2: one thread, then all */
  despur_bench_peak peaks[2];
  size_t peak_repeats;          /* tries at the multiply-add peak of one thread, spread over the whole time */
  double peak_low, peak_median; /* of these, beside the best */
  size_t count;
  despur_bench_row *rows; /* [count] */
} despur_bench_result;

typedef struct despur_bench_options {
  int quick;        /* smaller work and fewer repeats: seconds in place of a minute */
  const char *only; /* work whose name contains this; NULL: everything */
  int threads;      /* the most to use, at least 1 */
  void *context;
  void (*progress)(void *context, const char *name); /* before each piece of work; or NULL */
} despur_bench_options;

/* Measures. Everything runs on built-in digits and random points. DESPUR_BAD_USAGE when no name contains
 * `only`. Release the result with despur_bench_release, also after an error. */
DESPUR_API DESPUR_MUST_USE despur_status despur_bench(despur_bench_result *out,
                                                      const despur_bench_options *options,
                                                      despur_error *error);

DESPUR_API void despur_bench_release(despur_bench_result *result);

#ifdef __cplusplus
}
#endif
#endif
