/* Whole training steps, as despur_train takes them: from gathering and painting examples to the update of the
 * weights. And evaluation. */
#include "bench/bench.h"

#include "base/memory.h"
#include "despur/eval.h"
#include "despur/train.h"
#include "nn/net.h"
#include "run/state/clock.h"

#include <stdio.h>

enum { BATCHES = 4, MOST_STEPS = 400 };
static const size_t BATCH[BATCHES] = {32, 64, 128, 256};

/* The clock after every step. */
typedef struct stopwatch {
  double last, enough, spent; /* seconds */
  double steps[MOST_STEPS];
  size_t count;
  bool started;
} stopwatch;

static void after_step(void *context, size_t step, double loss, size_t examples) {
  (void)step;
  (void)loss;
  (void)examples;
  stopwatch *watch = context;
  double now = run_seconds();
  if (watch->started && watch->count < MOST_STEPS) {
    watch->steps[watch->count++] = now - watch->last;
    watch->spent += now - watch->last;
  }
  watch->started = true; /* the first step warms up */
  watch->last = now;
}

static int stop_asked(void *context) {
  const stopwatch *watch = context;
  return watch->count >= MOST_STEPS || (watch->count >= 5 && watch->spent > watch->enough);
}

/* Training ends when the stopwatch has seen enough, not when epochs are over. */
static despur_status train_for_a_while(bench *b, despur_net *net, size_t batch, stopwatch *watch) {
  size_t count;
  const uint32_t *examples = despur_dataset_split(b->digits, DESPUR_TRAIN, &count);
  const despur_train_options options = {
      .epochs = 1000,
      .batch_size = batch,
      .optimizer = {.name = DESPUR_SGD, .lr = 0.01, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.0005},
      .order = examples,
      .order_length = count / batch * batch}; /* whole batches only */
  const despur_train_hooks hooks = {.context = watch, .step = after_step, .stop = stop_asked};
  despur_status status = despur_train(net, b->digits, &options, &hooks, NULL, b->error);
  return status == DESPUR_INTERRUPTED ? DESPUR_OK : status;
}

static despur_status measure_step(bench *b, const bench_arch *arch, size_t batch, int threads) {
  despur_status status = DESPUR_OK;
  despur_net *net = NULL;
  stopwatch *watch = NULL;
  char name[DESPUR_BENCH_NAME];
  snprintf(name, sizeof name, "step/%s/batch %zu", arch->name, batch);
  if (!bench_wanted(b, name)) return DESPUR_OK;
  if (b->options->progress) b->options->progress(b->options->context, name);
  TRY(bench_net(&net, b, arch->arch, batch, threads));
  TRY(mem_alloc(&watch, 1, sizeof *watch, b->error));
  watch->enough = b->options->quick ? 0.03 : 0.4;
  TRY(train_for_a_while(b, net, batch, watch));
  /* weights, gradients and momentum are each read and written once */
  double slab = (double)net->slab * sizeof(float);
  TRY(bench_add(b,
                &(bench_work){.name = name,
                              .threads = threads,
                              .flops = 2.0 * (double)batch * (double)net_multiply_adds(net, true),
                              .bytes = 6 * slab,
                              .working_set = 3 * slab},
                watch->steps, watch->count));
cleanup:
  mem_free(watch);
  despur_net_free(net);
  return status;
}

/* The test split through a network. */
typedef struct evaluation {
  const despur_dataset *dataset;
  despur_net *net;
  const uint32_t *examples;
  size_t count;
  float *logits;
  uint32_t *predictions;
} evaluation;

static despur_status evaluate(void *context, despur_error *error) {
  evaluation *e = context;
  despur_status status =
      despur_outputs(e->net, e->dataset, e->examples, e->count, DESPUR_LOGITS, e->logits, error);
  despur_predictions(e->logits, e->dataset, e->examples, e->count, BENCH_CLASSES, e->predictions);
  return status;
}

static despur_status measure_evaluation(bench *b, const bench_arch *arch, int threads) {
  despur_status status = DESPUR_OK;
  evaluation e = {.dataset = b->digits};
  char name[DESPUR_BENCH_NAME];
  snprintf(name, sizeof name, "evaluate/%s", arch->name);
  if (!bench_wanted(b, name)) return DESPUR_OK;
  e.examples = despur_dataset_split(b->digits, DESPUR_TEST, &e.count);
  TRY(bench_net(&e.net, b, arch->arch, 64, threads));
  TRY(mem_alloc(&e.logits, e.count * BENCH_CLASSES, sizeof *e.logits, b->error));
  TRY(mem_alloc(&e.predictions, e.count, sizeof *e.predictions, b->error));
  TRY(bench_measure(b, &(bench_work){.name = name,
                                     .threads = threads,
                                     .flops = 2.0 * (double)e.count * (double)net_multiply_adds(e.net, false),
                                     .run = evaluate,
                                     .context = &e}));
cleanup:
  mem_free(e.predictions);
  mem_free(e.logits);
  despur_net_free(e.net);
  return status;
}

despur_status bench_training(bench *b) {
  despur_status status = DESPUR_OK;
  TRY(bench_digits(b));
  for (size_t arch = 0; arch < BENCH_ARCHS; arch++) {
    for (size_t i = 0; i < BATCHES; i++)
      for (size_t p = 0; p < b->result->peak_count; p++)
        TRY(measure_step(b, &bench_archs[arch], BATCH[i], b->result->peaks[p].threads));
    for (size_t p = 0; p < b->result->peak_count; p++)
      TRY(measure_evaluation(b, &bench_archs[arch], b->result->peaks[p].threads));
  }
cleanup:
  return status;
}
