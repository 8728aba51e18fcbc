/* EIIL: environment inference for invariant learning (Creager, Jacobsen and Zemel 2021, section 3.1).
 *
 * Example i has the cross entropy l_i(s) of s * logits_i, and belongs to environment 1 with probability q_i =
 * sigmoid(w_i). The environments' losses are La(s) = mean of q_i l_i(s) and Lb(s) = mean of (1 - q_i) l_i(s),
 * and w maximises the mean of (dLa/ds)^2 and (dLb/ds)^2 at s = 1. No automatic differentiation is needed:
 * with p = softmax(logits),
 *
 *   g_i = dl_i/ds = sum over c of p_ic z_ic - z_iy,    A = mean of q_i g_i,    B = mean of (1 - q_i) g_i,
 *   d/dw_i of -(A^2 + B^2) / 2  =  -(A - B) g_i q_i (1 - q_i) / n,
 *
 * so a step of Adam costs O(n). */
#include "despur/infer.h"

#include "base/error.h"
#include "base/level.h"
#include "base/math.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/watch.h"
#include "infer/eiil_kernels.h"

#include <math.h>
#include <stdio.h>

LEVEL_FUNCTIONS(eiil_table, eiil, eiil_table)

enum { CHUNK = 2048 }; /* examples of a task: a multiple of LANES whose arrays stay in the second cache */
#define BETA1 0.9
#define BETA2 0.999

/* One optimisation: over all training examples, or over those of a class. Arrays are filled up to whole
 * blocks by examples with g = 0, which add nothing to any sum. */
typedef struct problem {
  const eiil_table *kernels;
  size_t n, chunks;
  double *g, *w, *q;             /* [n] */
  double *first, *second;        /* [n] Adam's moments */
  double *scratch;               /* [n] */
  double *partial_a, *partial_b; /* [chunks] sums of q g and (1 - q) g */
  eiil_job job;                  /* of the step, for all examples */
} problem;

static void problem_release(problem *p) {
  mem_free(p->g);
  mem_free(p->w);
  mem_free(p->q);
  mem_free(p->first);
  mem_free(p->second);
  mem_free(p->scratch);
  mem_free(p->partial_a);
  mem_free(p->partial_b);
}

static despur_status problem_init(problem *p, const eiil_table *kernels, size_t n, double lr,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t room = block_count(n) * LANES;
  *p = (problem){.kernels = kernels, .n = n, .chunks = (n + CHUNK - 1) / CHUNK, .job.lr = lr};
  TRY(mem_alloc(&p->g, room, sizeof *p->g, error));
  TRY(mem_alloc(&p->w, room, sizeof *p->w, error));
  TRY(mem_alloc(&p->q, room, sizeof *p->q, error));
  TRY(mem_alloc(&p->first, room, sizeof *p->first, error));
  TRY(mem_alloc(&p->second, room, sizeof *p->second, error));
  TRY(mem_alloc(&p->scratch, room, sizeof *p->scratch, error));
  TRY(mem_alloc(&p->partial_a, p->chunks, sizeof *p->partial_a, error));
  TRY(mem_alloc(&p->partial_b, p->chunks, sizeof *p->partial_b, error));
cleanup:
  return status;
}

/* g of one example, the largest logit taken out of the exponents, so that none overflows. */
static double slope_of(const float *logits, size_t classes, uint32_t label) {
  double largest = (double)logits[0], total = 0, expected = 0;
  for (size_t c = 1; c < classes; c++)
    if ((double)logits[c] > largest) largest = (double)logits[c];
  for (size_t c = 0; c < classes; c++) {
    double e = math_exp((double)logits[c] - largest);
    total += e;
    expected += e * (double)logits[c];
  }
  return expected / total - (double)logits[label];
}

/* The examples of one task. */
static eiil_job job_of(const problem *p, size_t chunk) {
  size_t from = chunk * CHUNK, room = block_count(p->n) * LANES;
  eiil_job job = p->job;
  job.n = from + CHUNK < room ? CHUNK : room - from;
  job.g = p->g + from;
  job.w = p->w + from;
  job.q = p->q + from;
  job.first = p->first + from;
  job.second = p->second + from;
  job.scratch = p->scratch + from;
  job.a = &p->partial_a[chunk];
  job.b = &p->partial_b[chunk];
  return job;
}

static void assign_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const problem *p = context;
  eiil_job job = job_of(p, chunk);
  p->kernels->assign(&job);
}

static void step_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const problem *p = context;
  eiil_job job = job_of(p, chunk);
  p->kernels->step(&job);
}

/* (A - B) / n, its sums in the order of chunks: one n makes means of the sums, the other is that of the
 * derivative.
 */
static double total_slope(const problem *p) {
  double a = 0, b = 0, n = (double)p->n;
  for (size_t c = 0; c < p->chunks; c++) {
    a += p->partial_a[c];
    b += p->partial_b[c];
  }
  return (a - b) / n / n;
}

static despur_status solve(problem *p, const despur_eiil_options *options, parallel *pool,
                           random_stream stream, despur_error *error) {
  despur_status status = DESPUR_OK;
  double power1 = 1, power2 = 1;
  for (size_t i = 0; i < p->n; i++) p->w[i] = random_normal(&stream);
  parallel_for(pool, p->chunks, assign_chunk, p);
  for (size_t step = 0; step < options->steps; step++) {
    TRY(watch_ask(&options->watch, error));
    power1 *= BETA1;
    power2 *= BETA2;
    p->job.correction1 = 1 - power1;
    p->job.correction2 = 1 - power2;
    p->job.slope = total_slope(p);
    parallel_for(pool, p->chunks, step_chunk, p);
  }
cleanup:
  return status;
}

/* Which side of the rounded assignment is environment 1: the one whose logits fall short, where g is larger
 * on average. What is maximised is the same for q and 1 - q, so the optimisation itself does not say. */
static int is_flipped(const problem *p) {
  double sum[2] = {0, 0};
  size_t members[2] = {0, 0};
  for (size_t i = 0; i < p->n; i++) {
    int side = p->q[i] > 0.5;
    sum[side] += p->g[i];
    members[side]++;
  }
  if (!members[0] || !members[1]) return members[1] ? sum[1] <= 0 : sum[0] > 0;
  return sum[0] / (double)members[0] > sum[1] / (double)members[1];
}

/* The examples of one class (or all), in order: rows [n] of the input. */
static despur_status infer_part(uint32_t *groups, const despur_eiil_input *input, const uint32_t *rows,
                                size_t n, size_t part, parallel *pool, const despur_eiil_options *options,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  problem p = {0};
  const eiil_table *kernels;
  TRY(eiil_table_choose(&kernels, error));
  TRY(problem_init(&p, kernels, n, options->lr, error));
  for (size_t i = 0; i < n; i++)
    p.g[i] = slope_of(input->logits + rows[i] * input->classes, input->classes, input->labels[rows[i]]);
  TRY(solve(&p, options, pool, random_open(options->seed, "eiil", part), error));
  int flipped = is_flipped(&p);
  for (size_t i = 0; i < n; i++) groups[rows[i]] = (uint32_t)(2 * part) + ((p.q[i] > 0.5) != flipped);
cleanup:
  problem_release(&p);
  return status;
}

static despur_status check_input(const despur_eiil_input *input, const despur_eiil_options *options,
                                 despur_error *error) {
  size_t classes = input->classes;
  if (input->n == 0) return error_set(error, DESPUR_BAD_INPUT, "eiil: there are no training examples");
  if (options->steps < 1)
    return error_set(error, DESPUR_BAD_USAGE, "eiil: expected at least 1 step, found 0");
  if (!(options->lr > 0) || !isfinite(options->lr))
    return error_set(error, DESPUR_BAD_USAGE, "eiil: expected a positive learning rate, found %g",
                     options->lr);
  for (size_t i = 0; i < input->n; i++)
    if (input->labels[i] >= classes)
      return error_set(error, DESPUR_BAD_INPUT, "eiil: training example %zu has label %u of %zu classes", i,
                       input->labels[i], classes);
  for (size_t i = 0; i < input->n * classes; i++)
    if (!isfinite(input->logits[i]))
      return error_set(error, DESPUR_BAD_INPUT,
                       "eiil: expected finite logits, found %g as logit %zu of training "
                       "example %zu",
                       (double)input->logits[i], i % classes, i / classes);
  return DESPUR_OK;
}

despur_status despur_eiil(uint32_t *groups, const despur_eiil_input *input,
                          const despur_eiil_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *rows = NULL;
  parallel *pool = NULL;
  size_t parts = options->pooled ? 1 : input->classes;
  TRY(check_input(input, options, error));
  TRY(parallel_create(&pool, options->threads, error));
  TRY(mem_alloc(&rows, input->n, sizeof *rows, error));
  for (size_t part = 0; part < parts; part++) {
    size_t n = 0;
    for (size_t i = 0; i < input->n; i++)
      if (options->pooled || input->labels[i] == part) rows[n++] = (uint32_t)i;
    if (n > 0) TRY(infer_part(groups, input, rows, n, part, pool, options, error));
    watch_tell(&options->watch, "classes", part + 1, parts);
  }
cleanup:
  parallel_free(pool);
  mem_free(rows);
  return status;
}

static void name_groups(despur_groups *out, int pooled) {
  for (size_t g = 0; g < out->count; g++) {
    if (pooled)
      snprintf(out->names[g], DESPUR_GROUP_NAME, "e=%zu", g);
    else
      snprintf(out->names[g], DESPUR_GROUP_NAME, "y=%zu,e=%zu", g / 2, g % 2);
    if (!pooled) out->labels[g] = (uint32_t)(g / 2);
  }
}

despur_status despur_infer_eiil(despur_groups *out, const despur_dataset *dataset, const float *logits,
                                const despur_eiil_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *labels = NULL, *groups = NULL;
  size_t count, parts = options->pooled ? 1 : despur_dataset_classes(dataset);
  const uint32_t *examples = despur_dataset_split(dataset, DESPUR_TRAIN, &count);
  *out = (despur_groups){0};
  TRY(mem_alloc(&labels, count, sizeof *labels, error));
  TRY(mem_alloc(&groups, count, sizeof *groups, error));
  for (size_t i = 0; i < count; i++) labels[i] = despur_dataset_labels(dataset)[examples[i]];
  const despur_eiil_input input = {logits, labels, count, despur_dataset_classes(dataset)};
  TRY(despur_eiil(groups, &input, options, error));
  TRY(despur_groups_create(out, despur_dataset_count(dataset), 2 * parts, error));
  name_groups(out, options->pooled);
  for (size_t i = 0; i < count; i++) {
    out->of_example[examples[i]] = groups[i];
    out->train_sizes[groups[i]]++;
  }
cleanup:
  if (status != DESPUR_OK) despur_groups_release(out);
  mem_free(labels);
  mem_free(groups);
  return status;
}
