/* The order of a benchmark. */
#include "bench/bench.h"

#include "base/memory.h"
#include "nn/kernels.h"

#include <stdio.h>

static despur_status run_all(bench *b) {
  static despur_status (*const KINDS[])(bench *) = {bench_kernels, bench_training, bench_data,
                                                    bench_clustering};
  despur_status status = DESPUR_OK;
  const kernel_table *kernels;
  TRY(kernels_choose(&kernels, b->error));
  snprintf(b->result->kernels, sizeof b->result->kernels, "%s", kernels->level);
  TRY(mem_alloc(&b->result->rows, BENCH_ROOM, sizeof *b->result->rows, b->error));
  TRY(limits_measure(b));
  for (size_t kind = 0; kind < sizeof KINDS / sizeof *KINDS; kind++) {
    TRY(KINDS[kind](b));
    TRY(limits_measure(b));
  }
  if (b->result->count == 0)
    FAIL(b->error, DESPUR_BAD_USAGE, "bench: no name contains '%s'; 'despur bench --quick' lists all",
         b->options->only);
  limits_apply(b);
  b->result->peak_low = bench_quantile(b->peaks, b->result->peak_repeats, 0);
  b->result->peak_median = bench_quantile(b->peaks, b->result->peak_repeats, 0.5);
cleanup:
  return status;
}

despur_status despur_bench(despur_bench_result *out, const despur_bench_options *options,
                           despur_error *error) {
  despur_error ignored;
  bench b = {.options = options, .result = out, .error = error ? error : &ignored};
  *out = (despur_bench_result){0};
  despur_status status = run_all(&b);
  parallel_free(b.pool);
  despur_dataset_free(b.digits);
  mem_free(b.points);
  mem_free(b.peaks);
  return status;
}

void despur_bench_release(despur_bench_result *result) {
  mem_free(result->rows);
  *result = (despur_bench_result){0};
}
