/* Making data, and inferring environments from what a network says of it. */
#include "bench/bench.h"

#include "base/memory.h"
#include "despur/infer.h"

static despur_status draw_digits(void *context, despur_error *error) {
  despur_dataset *dataset;
  despur_status status = despur_dataset_create_digits(&dataset, *(const size_t *)context, 0, 0, 0, error);
  if (status == DESPUR_OK) despur_dataset_free(dataset);
  return status;
}

typedef struct environments {
  const despur_dataset *dataset;
  const float *logits;
  despur_eiil_options options;
} environments;

static despur_status infer_environments(void *context, despur_error *error) {
  const environments *e = context;
  despur_groups groups = {0};
  despur_status status = despur_infer_eiil(&groups, e->dataset, e->logits, &e->options, error);
  if (status == DESPUR_OK) despur_groups_release(&groups);
  return status;
}

/* Steps of EIIL on random logits. A step reads the slope, the assignment, the weight and two moments of each
 * example and writes all but the first, in double precision. */
static despur_status measure_eiil(bench *b, int threads) {
  size_t count;
  despur_dataset_split(b->digits, DESPUR_TRAIN, &count);
  despur_status status = bench_points(b, count * BENCH_CLASSES);
  if (status != DESPUR_OK) return status;
  environments e = {
      .dataset = b->digits,
      .logits = b->points,
      .options = {.steps = b->options->quick ? 20 : 200, .lr = 0.01, .pooled = 1, .threads = threads}};
  double n = (double)count, steps = (double)e.options.steps;
  return bench_measure(b, &(bench_work){.name = "eiil",
                                        .threads = threads,
                                        .bytes = 9 * sizeof(double) * n * steps,
                                        .working_set = 5 * sizeof(double) * n,
                                        .in_double = true,
                                        .run = infer_environments,
                                        .context = &e});
}

despur_status bench_data(bench *b) {
  despur_status status = DESPUR_OK;
  size_t images = b->options->quick ? 500 : 10000;
  TRY(bench_measure(b, &(bench_work){.name = b->options->quick ? "data/500 digits" : "data/10000 digits",
                                     .threads = 1,
                                     .run = draw_digits,
                                     .context = &images}));
  for (size_t p = 0; bench_wanted(b, "eiil") && p < b->result->peak_count; p++) {
    TRY(bench_digits(b));
    TRY(measure_eiil(b, b->result->peaks[p].threads));
  }
cleanup:
  return status;
}
