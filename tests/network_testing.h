/* What the tests of networks share: random images, and a function that hands them to a network. */
#ifndef NETWORK_TESTING_H
#define NETWORK_TESTING_H

#include "testing.h"

#include "base/random.h"
#include "nn/net.h"

/* A network of nodes that each read the one before them. */
static inline despur_status create_chain(despur_net **out, const node_spec *nodes, size_t count,
                                         const despur_net_options *options, despur_error *error) {
  graph g = {.error = error};
  for (size_t i = 0; i < count; i++) {
    node_spec spec = nodes[i];
    spec.inputs[0] = i;
    graph_add(&g, spec);
  }
  despur_status status = g.status;
  if (status == DESPUR_OK) status = net_create_from_graph(out, &g, options, error);
  graph_release(&g);
  return status;
}

/* `count` images with labels; the network sees image (start + i) % count as example i. */
typedef struct examples {
  size_t count, start, features;
  float *images; /* [count, features] */
  uint32_t *labels;
} examples;

/* Uniform in [0, 1). */
static inline examples make_examples(size_t count, despur_shape shape, size_t classes) {
  examples made = {.count = count, .features = shape.channels * shape.height * shape.width};
  random_stream stream = random_open(7, "examples", count);
  made.images = calloc(count * made.features, sizeof *made.images);
  made.labels = calloc(count, sizeof *made.labels);
  assert_true(made.images && made.labels);
  for (size_t i = 0; i < count * made.features; i++) made.images[i] = (float)random_uniform(&stream);
  for (size_t i = 0; i < count; i++) made.labels[i] = random_below(&stream, (uint32_t)classes);
  return made;
}

static inline void free_examples(examples *made) {
  free(made->images);
  free(made->labels);
}

static inline void example_row(void *context, size_t i, float *x) {
  const examples *from = context;
  memcpy(x, from->images + (from->start + i) % from->count * from->features, from->features * sizeof *x);
}

static inline void forward_examples(despur_net *net, examples *from, size_t used, bool training,
                                    uint64_t step) {
  net_forward(net, &(net_batch){used, example_row, from}, training, step);
}

#endif
