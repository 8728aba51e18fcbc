/* What this machine can do, and how near to it the rows came. */
#include "bench/bench.h"

#include "base/block.h"
#include "base/level.h"
#include "base/memory.h"
#include "run/state/clock.h"

#include <math.h>

extern const limits_table limits_baseline, limits_v3, limits_v4;
static const limits_table *const TABLES[] = LEVEL_TABLES(limits);

/* Half of a first cache, half of a second, a good part of a third, and memory, on processors of this time. */
static const size_t SIZES[DESPUR_BENCH_SIZES] = {24 << 10, 512 << 10, 8 << 20, 128 << 20};

enum {
  PIECES = 4, /* tasks for each thread, so that a late thread leaves little to wait for */
  TRIES = 6
};

/* One loop that keeps threads busy. */
typedef struct load_job {
  const limits_table *limits;
  size_t rounds;  /* of a task, or passes over its part */
  bool in_double; /* of the arithmetic */
  float *x, *y;   /* [tasks, part] */
  size_t part;
} load_job;

static void arithmetic_task(void *context, size_t task, int thread) {
  (void)task;
  (void)thread;
  const load_job *job = context;
  volatile double sink;
  sink = job->in_double ? job->limits->multiply_double(job->rounds)
                        : (double)job->limits->multiply_add(job->rounds);
  (void)sink;
}

static void update_task(void *context, size_t task, int thread) {
  (void)thread;
  const load_job *job = context;
  for (size_t round = 0; round < job->rounds; round++)
    job->limits->update(job->y + task * job->part, job->x + task * job->part, 0x1p-20f, job->part);
}

/* Seconds that one loop takes; with one thread nothing is handed over. */
static double time_loop(parallel *pool, int threads, size_t tasks, parallel_body *body, load_job *job) {
  double start = run_seconds();
  if (threads == 1)
    for (size_t task = 0; task < tasks; task++) body(job, task, 0);
  else
    parallel_for(pool, tasks, body, job);
  return run_seconds() - start;
}

/* Keeps what one try at the peak of one thread gave. */
static despur_status note_peak(bench *b, double rate) {
  size_t count = b->result->peak_repeats;
  if (count % 64 == 0) {
    despur_status status = mem_grow(&b->peaks, count, count + 64, sizeof *b->peaks, b->error);
    if (status != DESPUR_OK) return status;
  }
  b->peaks[b->result->peak_repeats++] = rate;
  return DESPUR_OK;
}

/* Raises *best to the most operations a second in a few tries. The number of rounds doubles until a loop
 * takes long enough. */
static despur_status measure_arithmetic(bench *b, int threads, bool in_double, double *best) {
  size_t tasks = (size_t)threads * PIECES;
  load_job job = {.limits = b->limits, .rounds = 1024, .in_double = in_double};
  double of_round = (double)(in_double ? b->limits->double_flops_of_round : b->limits->flops_of_round);
  double seconds;
  while ((seconds = time_loop(b->pool, threads, tasks, arithmetic_task, &job)) < 0.002) job.rounds *= 2;
  for (int repeat = 0; repeat < TRIES; repeat++) {
    double rate = of_round * (double)(tasks * job.rounds) / seconds;
    if (rate > *best) *best = rate;
    if (threads == 1 && !in_double) {
      despur_status status = note_peak(b, rate);
      if (status != DESPUR_OK) return status;
    }
    seconds = time_loop(b->pool, threads, tasks, arithmetic_task, &job);
  }
  return DESPUR_OK;
}

/* Bytes a second of reading two arrays and writing one, `size` bytes in all, a part for each thread. */
static despur_status measure_bandwidth(bench *b, int threads, size_t size, double *out) {
  despur_status status = DESPUR_OK;
  load_job job = {.limits = b->limits, .rounds = 1};
  const size_t tasks = (size_t)threads, quantum = (size_t)4 * LANES;
  job.part = size / 2 / sizeof *job.x / tasks / quantum * quantum;
  TRY(mem_alloc(&job.x, tasks * job.part, sizeof *job.x, b->error));
  TRY(mem_alloc(&job.y, tasks * job.part, sizeof *job.y, b->error));
  double seconds, best = 0;
  while ((seconds = time_loop(b->pool, threads, tasks, update_task, &job)) < 0.003) job.rounds *= 2;
  for (int repeat = 0; repeat < TRIES; repeat++) {
    double rate = 3.0 * sizeof *job.x * (double)(tasks * job.part * job.rounds) / seconds;
    if (rate > best) best = rate;
    seconds = time_loop(b->pool, threads, tasks, update_task, &job);
  }
  *out = best;
cleanup:
  mem_free(job.x);
  mem_free(job.y);
  return status;
}

static despur_status measure_first(bench *b) {
  despur_status status = DESPUR_OK;
  despur_bench_result *result = b->result;
  size_t level;
  TRY(level_choose(&level, b->error));
  b->limits = TABLES[level];
  TRY(parallel_create(&b->pool, b->options->threads, b->error));
  result->peak_count = b->options->threads > 1 ? 2 : 1;
  result->peaks[0].threads = 1;
  result->peaks[1].threads = b->options->threads;
  for (size_t s = 0; s < DESPUR_BENCH_SIZES; s++) result->size[s] = SIZES[s];
  for (size_t p = 0; p < result->peak_count; p++)
    for (size_t s = 0; s < DESPUR_BENCH_SIZES; s++)
      TRY(measure_bandwidth(b, result->peaks[p].threads, SIZES[s], &result->peaks[p].bandwidth[s]));
cleanup:
  return status;
}

despur_status limits_measure(bench *b) {
  despur_status status = DESPUR_OK;
  despur_bench_result *result = b->result;
  if (!b->limits) TRY(measure_first(b));
  for (size_t p = 0; p < result->peak_count; p++) {
    despur_bench_peak *peak = &result->peaks[p];
    TRY(measure_arithmetic(b, peak->threads, false, &peak->multiply_add));
    TRY(measure_arithmetic(b, peak->threads, true, &peak->multiply_double));
  }
cleanup:
  return status;
}

/* The bandwidth of the smallest size that holds the working set. */
static double bandwidth_of(const despur_bench_result *result, const despur_bench_peak *peak,
                           double working_set) {
  size_t s = 0;
  while (s + 1 < DESPUR_BENCH_SIZES && working_set > (double)result->size[s]) s++;
  return peak->bandwidth[s];
}

void limits_apply(bench *b) {
  despur_bench_result *result = b->result;
  for (size_t i = 0; i < result->count; i++) {
    despur_bench_row *row = &result->rows[i];
    const despur_bench_peak *peak = &result->peaks[row->threads > 1];
    bool in_double = row->limit == DESPUR_LIMIT_MULTIPLY_DOUBLE;
    double computing = row->flops / (in_double ? peak->multiply_double : peak->multiply_add);
    double moving = row->bytes / bandwidth_of(result, peak, b->working_set[i]);
    if (computing == 0 && moving == 0) {
      row->limit = DESPUR_LIMIT_NONE;
      row->share = NAN;
      continue;
    }
    if (moving > computing) row->limit = DESPUR_LIMIT_BANDWIDTH;
    row->share = fmax(computing, moving) / row->seconds;
  }
}
