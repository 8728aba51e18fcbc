/* Training in step with PyTorch: the same images, initial weights and order of examples must give the same
 * losses, the same outputs and the same weights. tests/golden/make_golden.py describes the files.
 *
 * Float32 sums of another order differ by some 1e-7, and training amplifies that: exponentially once a
 * ReLU or a maximum changes sides. Two versions of PyTorch itself differ by 1e-3 after 60 steps of LeNet. */
#ifndef PARITY_TESTING_H
#define PARITY_TESTING_H

#include "testing.h"

#include "base/memory.h"
#include "despur/eval.h"
#include "despur/train.h"
#include "io/npy.h"
#include "nn/net.h"

static despur_error error;

/* Run `network` in directory `root`. NULL for files that it does not have. */
typedef struct parity_case {
  const char *root, *network, *images, *final;
  despur_arch arch;
  size_t batch;
  despur_optimizer_options optimizer;
  double late, logits; /* tolerances: relative of losses after the first 20, absolute of the final logits */
  size_t steps;        /* so many and no more; 0: all */
} parity_case;

enum { STEPS_ROOM = 100, EXACT_STEPS = 20 };

/* One run in progress. */
typedef struct replay {
  const parity_case *run;
  despur_dataset *dataset;
  despur_net *net;
  double losses[STEPS_ROOM], wanted[STEPS_ROOM];
  size_t steps, wanted_steps;
} replay;

static inline const char *path_in(const parity_case *run, const char *file, char path[256]) {
  snprintf(path, 256, "%s/%s/%s", run->root, run->network, file);
  return path;
}

static inline void read_losses(replay *r) {
  char path[256], line[128];
  FILE *file = fopen(path_in(r->run, "losses.csv", path), "r");
  if (!file) fail_msg("cannot read %s", path);
  assert_non_null(fgets(line, sizeof line, file));
  while (fgets(line, sizeof line, file)) {
    assert_true(r->wanted_steps < STEPS_ROOM);
    assert_int_equal(sscanf(line, "%*u,%lf", &r->wanted[r->wanted_steps]), 1);
    r->wanted_steps++;
  }
  fclose(file);
}

/* The formula of make_golden.py: s is a linear congruential generator, of which the high 24 bits are used. */
static inline void fill_by_formula(despur_net *net) {
  uint32_t tensors = 0;
  for (size_t i = 0; i < net->node_count; i++) {
    const node *l = &net->nodes[i];
    if (l->spec.op != &op_conv && l->spec.op != &op_linear) continue;
    float bound = tensors == 0 ? 1.0f / 8 : 1.0f / 16;
    for (int part = 0; part < (l->bias_count ? 2 : 1); part++) {
      float *values = net->parameters + (part ? l->bias : l->weight);
      uint32_t s = ++tensors;
      for (size_t k = 0; k < (part ? l->bias_count : l->weight_count); k++) {
        s = 1664525 * s + 1013904223;
        values[k] = bound * ((float)(s >> 8) * 0x1p-23f - 1);
      }
    }
  }
}

static inline replay replay_open(const parity_case *run) {
  replay r = {.run = run};
  char images[256], labels[256], init[256];
  snprintf(images, sizeof images, "%s/%s", run->root, run->images);
  snprintf(labels, sizeof labels, "%s/labels.npy", run->root);
  assert_ok(despur_dataset_create_npy(&r.dataset, images, labels, NULL, NULL, &error));
  despur_net_options options = {.arch = run->arch,
                                .input = despur_dataset_shape(r.dataset),
                                .classes = despur_dataset_classes(r.dataset),
                                .batch = run->batch,
                                .threads = 2};
  assert_ok(despur_net_create(&r.net, &options, &error));
  if (file_exists(path_in(run, "init.safetensors", init)))
    assert_ok(despur_net_load(r.net, init, &error));
  else
    fill_by_formula(r.net);
  read_losses(&r);
  return r;
}

static inline void replay_close(replay *r) {
  despur_net_free(r->net);
  despur_dataset_free(r->dataset);
}

/* The outputs of all examples against file, within tolerance. */
static inline void check_outputs(const replay *r, despur_output what, const char *file, double tolerance) {
  char path[256];
  npy_array wanted;
  assert_ok(npy_open(&wanted, path_in(r->run, file, path), &error));
  size_t count = despur_dataset_count(r->dataset);
  size_t width = what == DESPUR_FEATURES ? despur_net_features(r->net) : despur_net_classes(r->net);
  assert_true(wanted.type == NPY_F32 && wanted.rank == 2 && wanted.shape[0] == count &&
              wanted.shape[1] == width);
  uint32_t *all = calloc(count, sizeof *all);
  float *got = calloc(count * width, sizeof *got);
  for (size_t i = 0; i < count; i++) all[i] = (uint32_t)i;
  assert_ok(despur_outputs(r->net, r->dataset, all, count, what, got, &error));
  const float *values = wanted.data;
  for (size_t i = 0; i < count * width; i++)
    if (!(fabs((double)got[i] - (double)values[i]) <= tolerance))
      fail_msg("%s, example %zu: %.9g, expected %.9g within %g", path, i / width, (double)got[i],
               (double)values[i], tolerance);
  free(got);
  free(all);
  npy_close(&wanted);
}

static inline void keep_loss(void *context, size_t step, double loss, size_t examples) {
  (void)examples;
  replay *r = context;
  assert_true(step == r->steps && step < STEPS_ROOM);
  r->losses[r->steps++] = loss;
}

static inline void train(replay *r) {
  char path[256];
  int64_t *order;
  size_t length;
  assert_ok(npy_read_integers(&order, &length, path_in(r->run, "order.npy", path), &error));
  uint32_t *visits = calloc(length, sizeof *visits);
  for (size_t i = 0; i < length; i++) visits[i] = (uint32_t)order[i];
  if (r->run->steps > 0) length = r->run->steps * r->run->batch;
  despur_train_options options = {.epochs = 1,
                                  .batch_size = r->run->batch,
                                  .optimizer = r->run->optimizer,
                                  .schedule = {.name = DESPUR_CONSTANT},
                                  .order = visits,
                                  .order_length = length,
                                  .selection = DESPUR_SELECT_LAST};
  despur_train_hooks hooks = {.context = r, .step = keep_loss};
  assert_ok(despur_train(r->net, r->dataset, &options, &hooks, NULL, &error));
  free(visits);
  mem_free(order);
}

static inline void check_losses(const replay *r) {
  double most = 0; /* of the first ones */
  assert_int_equal(r->steps, r->wanted_steps);
  for (size_t step = 0; step < r->steps; step++) {
    double tolerance = step < EXACT_STEPS ? 2e-5 : r->run->late;
    if (!(fabs(r->losses[step] - r->wanted[step]) <= tolerance * r->wanted[step]))
      fail_msg("%s/%s, step %zu: loss %.9g, expected %.9g within %g of it", r->run->root, r->run->network,
               step, r->losses[step], r->wanted[step], tolerance);
    const double apart = fabs(r->losses[step] / r->wanted[step] - 1);
    if (step < EXACT_STEPS && apart > most) most = apart;
  }
  print_message("figure: %s: the first %d losses differ by at most %.1e of themselves\n", r->run->network,
                EXACT_STEPS, most);
}

static inline void check_final_weights(const replay *r) {
  char path[256];
  despur_net *wanted;
  assert_ok(despur_net_create(&wanted, &r->net->head.options, &error));
  assert_ok(despur_net_load(wanted, path_in(r->run, r->run->final, path), &error));
  for (size_t i = 0; i < wanted->slab; i++)
    if (!(fabs((double)r->net->parameters[i] - (double)wanted->parameters[i]) <= 1e-3))
      fail_msg("%s: parameter %zu is %.9g, expected %.9g", path, i, (double)r->net->parameters[i],
               (double)wanted->parameters[i]);
  despur_net_free(wanted);
}

static inline void check_run(const parity_case *run) {
  replay r = replay_open(run);
  check_outputs(&r, DESPUR_LOGITS, "logits_init.npy", 2e-6);
  check_outputs(&r, DESPUR_FEATURES, "features_init.npy", 2e-6);
  train(&r);
  check_losses(&r);
  check_outputs(&r, DESPUR_LOGITS, "logits_final.npy", run->logits);
  if (run->final) check_final_weights(&r);
  replay_close(&r);
}

#endif
