/* The engine's gradients against central differences of a loss computed in double precision. */
#include "network_testing.h"
#include "reference_network.h"

static despur_error error;

/* Float32 rounding through a few layers of values near 1. */
static void assert_same_logits(const reference_network *r, const float *logits) {
  const double *wanted = r->values[r->net->node_count];
  for (size_t i = 0; i < r->count * r->classes; i++)
    if (!(fabs((double)logits[i] - wanted[i]) <= 2e-6 * (1 + fabs(wanted[i]))))
      fail_msg("logit [%zu] = %.9g, expected %.17g", i, (double)logits[i], wanted[i]);
}

static double largest(const float *x, size_t n) {
  double most = 0;
  for (size_t i = 0; i < n; i++)
    if (fabs((double)x[i]) > most) most = fabs((double)x[i]);
  return most;
}

static const double STEP = 1e-6; /* small enough that hardly any ReLU or maximum changes sides */

/* The derivative of the loss along direction [n] of the tensor at `at`, whose layer is i. */
static double derivative(reference_network *r, size_t i, size_t at, const double *direction, size_t n) {
  double loss[2];
  for (int side = 0; side < 2; side++) {
    for (size_t k = 0; k < n; k++) r->parameters[at + k] += (side ? -STEP : STEP) * direction[k];
    loss[side] = reference_loss(r, i);
    for (size_t k = 0; k < n; k++) r->parameters[at + k] = (double)r->net->parameters[at + k];
  }
  return (loss[0] - loss[1]) / (2 * STEP);
}

/* What float32 may make of a gradient that is zero, as that of a bias before batch norm. */
static double rounding(const reference_network *r) {
  return r->net->segments > 1 ? 1e-6 * largest(r->net->gradient, r->net->slab) : 1e-9;
}

/* Every entry of a small tensor, `samples` random ones of a large tensor. */
static void check_entries(reference_network *r, size_t i, size_t at, size_t n, size_t samples) {
  const float *gradient = r->net->gradient + at;
  double most = largest(gradient, n), one = 1;
  random_stream stream = random_open(7, "sample", at);
  for (size_t s = 0; s < (n < samples ? n : samples); s++) {
    size_t k = n <= samples ? s : random_below(&stream, (uint32_t)n);
    double wanted = derivative(r, i, at + k, &one, 1);
    if (!(fabs((double)gradient[k] - wanted) <= 1e-4 * most + rounding(r)))
      fail_msg("layer %zu, gradient [%zu] of %zu = %.9g, expected %.9g (largest %.3g)", i, k, n,
               (double)gradient[k], wanted, most);
  }
}

/* Directions that go through every entry: what sampling misses. */
static void check_directions(reference_network *r, size_t i, size_t at, size_t n) {
  random_stream stream = random_open(7, "direction", at);
  double *direction = reference_allocate(n, sizeof *direction);
  for (int repeat = 0; repeat < 2; repeat++) {
    double got = 0, squares = 0;
    for (size_t k = 0; k < n; k++) {
      double g = (double)r->net->gradient[at + k];
      direction[k] = random_below(&stream, 2) ? 1 : -1;
      got += direction[k] * g;
      squares += g * g;
    }
    double wanted = derivative(r, i, at, direction, n);
    if (!(fabs(got - wanted) <= 1e-4 * sqrt(squares) + sqrt((double)n) * rounding(r)))
      fail_msg("layer %zu, derivative along a direction = %.9g, expected %.9g (norm %.3g)", i, got, wanted,
               sqrt(squares));
  }
  free(direction);
}

enum { SAMPLES = 24, ALL = 100000 };

/* Layers from the last to the first, so that what a layer reads is never disturbed. */
static void check_tensors(reference_network *r, size_t samples) {
  for (size_t i = r->net->node_count; i-- > 0;) {
    const node *l = &r->net->nodes[i];
    if (l->weight_count > 0) {
      check_entries(r, i, l->weight, l->weight_count, samples);
      check_entries(r, i, l->bias, l->bias_count, samples);
      check_directions(r, i, l->weight, l->weight_count);
      check_directions(r, i, l->bias, l->bias_count);
    }
    reference_loss(r, i);
  }
}

static void check_net(despur_net *net, size_t count, size_t samples, uint64_t step) {
  examples from = make_examples(count, net->head.options.input, net->head.options.classes);
  float *gradient = reference_allocate(count * net->head.options.classes, sizeof *gradient);
  forward_examples(net, &from, count, true, step);
  reference_network r = reference_create(net, from.images, from.labels, count);
  reference_loss(&r, 0);
  assert_same_logits(&r, net_logits(net));
  reference_logit_gradient(&r, gradient);
  net_backward(net, gradient);
  check_tensors(&r, samples);
  reference_release(&r);
  free(gradient);
  free_examples(&from);
}

/* A batch that ends within a block, twice as much room as is used. */
static void check_layers(const node_spec *layers, size_t count, despur_shape input) {
  despur_net_options options = {
      .input = input, .classes = layers[count - 1].size, .batch = 40, .seed = 3, .threads = 2};
  despur_net *net;
  assert_ok(create_chain(&net, layers, count, &options, &error));
  check_net(net, 19, ALL, 5);
  despur_net_free(net);
}

#define CHECK_LAYERS(layers, ...)                                                                            \
  check_layers(layers, sizeof layers / sizeof *layers, (despur_shape){__VA_ARGS__})

#define CONV(channels, window, step, zeros)                                                                  \
  { .op = &op_conv, .name = "conv", .size = channels, .kernel = window, .stride = step, .padding = zeros }
#define POOL(window, step)                                                                                   \
  { .op = &op_pool, .size = window, .stride = step }
#define RELU                                                                                                 \
  { .op = &op_relu }
#define DROPOUT(share)                                                                                       \
  { .op = &op_dropout, .drop = share }
#define LINEAR(outputs)                                                                                      \
  { .op = &op_linear, .name = "linear", .size = outputs }

static void gradients_of_linear_layers_are_central_differences(void **state) {
  (void)state;
  const node_spec one[] = {LINEAR(3)}, two[] = {LINEAR(7), LINEAR(4)},
                  three[] = {LINEAR(17), RELU, LINEAR(13), RELU, LINEAR(2)};
  CHECK_LAYERS(one, 1, 1, 5);
  CHECK_LAYERS(two, 2, 3, 3);
  CHECK_LAYERS(three, 1, 5, 4);
}

/* The second convolution must find the gradient of its input as well; what follows it reads its output in two
 * ways. */
static void gradients_hold_for_convolutions_of_any_kernel_stride_and_padding(void **state) {
  (void)state;
  static const size_t KERNELS[] = {1, 2, 3, 5};
  for (size_t k = 0; k < 4; k++)
    for (size_t stride = 1; stride <= 3; stride++)
      for (size_t padding = 0; padding < KERNELS[k]; padding++) {
        const node_spec plain[] = {CONV(2, 3, 1, 1), CONV(3, KERNELS[k], stride, padding), LINEAR(2)};
        const node_spec with_relu[] = {
            CONV(2, 2, 1, 0), RELU, CONV(3, KERNELS[k], stride, padding), RELU, CONV(2, 2, 1, 1), RELU,
            LINEAR(2)};
        CHECK_LAYERS(plain, 1, 5, 7);
        CHECK_LAYERS(with_relu, 2, 6, 7);
      }
}

static void gradients_hold_for_pooling_of_any_window_and_stride(void **state) {
  (void)state;
  for (size_t window = 1; window <= 3; window++)
    for (size_t stride = 1; stride <= 3; stride++) {
      const node_spec after_conv[] = {CONV(2, 3, 1, 1), CONV(3, 3, 1, 0), POOL(window, stride), RELU,
                                      LINEAR(2)};
      const node_spec before_conv[] = {CONV(2, 3, 2, 2), RELU,       POOL(window, stride),
                                       CONV(3, 3, 1, 2), POOL(2, 1), LINEAR(2)};
      CHECK_LAYERS(after_conv, 1, 7, 9);
      CHECK_LAYERS(before_conv, 3, 9, 7);
    }
}

static void gradients_hold_for_pooling_over_the_edge(void **state) {
  (void)state;
  for (size_t window = 2; window <= 3; window++)
    for (size_t stride = 1; stride <= 3; stride++) {
      node_spec layers[] = {CONV(2, 3, 1, 1), CONV(3, 3, 1, 0), POOL(window, stride), RELU, LINEAR(2)};
      layers[2].padding = window - 1;
      CHECK_LAYERS(layers, 1, 7, 9);
    }
}

/* More zeros behind than before; rows and columns whose numbers are even and odd. */
static void gradients_hold_for_convolutions_with_zeros_behind(void **state) {
  (void)state;
  for (size_t kernel = 3; kernel <= 5; kernel += 2) {
    node_spec layers[] = {CONV(4, 3, 1, 1), CONV(4, kernel, 2, (kernel - 2) / 2), RELU, CONV(2, 1, 1, 0),
                          LINEAR(2)};
    layers[1].behind = 1;
    CHECK_LAYERS(layers, 1, 6, 8);
    CHECK_LAYERS(layers, 1, 7, 9);
    layers[1].groups = 4;
    CHECK_LAYERS(layers, 1, 8, 6);
  }
}

/* Weights of such a size that values are cut at both ends. */
static void gradients_hold_where_relu6_cuts(void **state) {
  (void)state;
  const node_spec layers[] = {
      CONV(3, 3, 1, 1), {.op = &op_relu6}, CONV(3, 2, 1, 0), {.op = &op_relu6}, LINEAR(2)};
  despur_net_options options = {.input = {1, 6, 5}, .classes = 2, .batch = 20, .seed = 3, .threads = 2};
  despur_net *net;
  size_t cut[2] = {0};
  assert_ok(create_chain(&net, layers, sizeof layers / sizeof *layers, &options, &error));
  for (size_t i = 0; i < net->nodes[0].weight_count; i++) net->parameters[net->nodes[0].weight + i] *= 16;
  examples from = make_examples(19, options.input, 2);
  forward_examples(net, &from, 19, true, 0);
  reference_network r = reference_create(net, from.images, from.labels, 19);
  reference_loss(&r, 0);
  for (size_t i = 0; i < 19 * reference_features(r.shapes[2]); i++) {
    cut[0] += r.values[2][i] == 0;
    cut[1] += r.values[2][i] == 6;
  }
  assert_true(cut[0] > 100 && cut[1] > 100);
  reference_release(&r);
  free_examples(&from);
  check_net(net, 19, ALL, 0);
  despur_net_free(net);
}

static void gradients_hold_after_layers_without_parameters(void **state) {
  (void)state;
  const node_spec pool[] = {POOL(3, 2), CONV(2, 3, 1, 1), RELU, LINEAR(2)};
  const node_spec relu[] = {RELU, POOL(2, 2), CONV(2, 2, 1, 1), LINEAR(2)};
  const node_spec dropout[] = {DROPOUT(0.25), CONV(2, 3, 1, 2), POOL(2, 2), LINEAR(2)};
  CHECK_LAYERS(pool, 1, 7, 9);
  CHECK_LAYERS(relu, 2, 4, 6);
  CHECK_LAYERS(dropout, 1, 5, 4);
}

static void gradients_hold_for_dropout_between_any_layers(void **state) {
  (void)state;
  const node_spec linear_layers[] = {LINEAR(9), DROPOUT(0.5), LINEAR(8), RELU, DROPOUT(0), LINEAR(3)};
  const node_spec convolutions[] = {
      CONV(2, 3, 1, 1), CONV(3, 3, 1, 0), RELU, DROPOUT(0.3), CONV(2, 3, 1, 1), RELU, LINEAR(2)};
  const node_spec pools[] = {CONV(2, 3, 1, 1), CONV(3, 2, 1, 0), DROPOUT(0.3),
                             POOL(2, 2),       DROPOUT(0.1),     LINEAR(2)};
  CHECK_LAYERS(linear_layers, 1, 2, 5);
  CHECK_LAYERS(convolutions, 1, 5, 6);
  CHECK_LAYERS(pools, 1, 6, 5);
}

static void check_architecture(despur_net_options options, size_t count, uint64_t step) {
  despur_net *net;
  assert_ok(despur_net_create(&net, &options, &error));
  check_net(net, count, SAMPLES, step);
  despur_net_free(net);
}

static void gradients_of_lenet_are_central_differences(void **state) {
  (void)state;
  check_architecture(
      (despur_net_options){
          .arch = DESPUR_LENET, .input = {3, 20, 16}, .classes = 5, .batch = 20, .seed = 1, .threads = 2},
      18, 0);
  check_architecture(
      (despur_net_options){
          .arch = DESPUR_LENET, .input = {1, 12, 13}, .classes = 2, .batch = 3, .seed = 2, .threads = 1},
      3, 0);
}

static void gradients_of_mlp_are_central_differences_without_and_with_dropout(void **state) {
  (void)state;
  despur_net_options options = {
      .arch = DESPUR_MLP, .input = {1, 4, 5}, .classes = 3, .batch = 18, .seed = 1, .threads = 2};
  check_architecture(options, 17, 0);
  options.dropout = 0.5;
  check_architecture(options, 18, 0);
  options.dropout = 0.2;
  check_architecture(options, 5, 1000000);
}

#define NORM                                                                                                 \
  { .op = &op_batch_norm, .name = "norm" }
#define AVERAGE                                                                                              \
  { .op = &op_average }
#define BARE_CONV(channels, window, step, zeros)                                                             \
  {                                                                                                          \
    .op = &op_conv, .name = "conv", .size = channels, .kernel = window, .stride = step, .padding = zeros,    \
    .without_bias = true                                                                                     \
  }

/* The statistics are those of a whole batch: one block, one that is not full, several. */
static void gradients_hold_through_batch_norm_in_training(void **state) {
  (void)state;
  const node_spec first[] = {NORM, LINEAR(3)};
  const node_spec plain[] = {CONV(3, 3, 1, 1), NORM, RELU, BARE_CONV(4, 3, 2, 1), NORM, RELU, LINEAR(3)};
  const node_spec pooled[] = {BARE_CONV(3, 3, 1, 1), NORM, POOL(2, 2), RELU,
                              CONV(2, 1, 1, 0),      NORM, AVERAGE,    LINEAR(2)};
  const node_spec dropped[] = {LINEAR(9), NORM, RELU, DROPOUT(0.3), LINEAR(5), NORM, LINEAR(3)};
  CHECK_LAYERS(first, 2, 3, 4);
  CHECK_LAYERS(plain, 2, 7, 6);
  CHECK_LAYERS(pooled, 1, 6, 8);
  CHECK_LAYERS(dropped, 1, 2, 5);
}

/* Enough channels and tiles, odd and even sizes; behind the last one stands a layer that wants no padding. */
static void gradients_hold_by_winograds_products(void **state) {
  (void)state;
  for (size_t height = 5; height <= 6; height++) {
    const node_spec layers[] = {
        CONV(8, 3, 1, 1), RELU, BARE_CONV(12, 3, 1, 1), NORM, RELU, BARE_CONV(8, 3, 1, 1), RELU, LINEAR(2)};
    despur_net_options options = {
        .input = {1, height, 7}, .classes = 2, .batch = 40, .seed = 3, .threads = 2};
    despur_net *net;
    assert_ok(create_chain(&net, layers, sizeof layers / sizeof *layers, &options, &error));
    assert_true(!net->nodes[0].winograd && net->nodes[2].winograd && net->nodes[5].winograd);
    check_net(net, 19, SAMPLES, 0);
    despur_net_free(net);
  }
}

/* Whose weight gradients go by channels: with and without a bias, several patches, strides. */
static void gradients_hold_by_channels(void **state) {
  (void)state;
  for (size_t stride = 1; stride <= 2; stride++) {
    const node_spec layers[] = {CONV(16, 3, 1, 1),
                                RELU,
                                CONV(16, 3, stride, 1),
                                NORM,
                                RELU,
                                CONV(32, 1, 1, 0),
                                BARE_CONV(16, 1, stride, 0),
                                RELU,
                                LINEAR(2)};
    despur_net_options options = {.input = {1, 3, 9}, .classes = 2, .batch = 40, .seed = 3, .threads = 2};
    despur_net *net;
    assert_ok(create_chain(&net, layers, sizeof layers / sizeof *layers, &options, &error));
    assert_true(!net->nodes[0].by_channels && net->nodes[2].by_channels && net->nodes[5].by_channels);
    assert_true(net->nodes[6].by_channels);
    check_net(net, 19, SAMPLES, 0);
    despur_net_free(net);
  }
}

static void gradients_hold_for_grouped_convolutions(void **state) {
  (void)state;
  for (size_t groups = 1; groups <= 4; groups *= 2)
    for (size_t stride = 1; stride <= 2; stride++) {
      node_spec layers[] = {CONV(4, 3, 1, 1), CONV(8, 3, stride, 1), RELU, CONV(4, 1, stride, 0), LINEAR(2)};
      layers[1].groups = layers[3].groups = groups;
      CHECK_LAYERS(layers, 1, 6, 5);
    }
}

static void gradients_hold_for_global_averages(void **state) {
  (void)state;
  const node_spec layers[] = {CONV(4, 3, 1, 1), RELU, AVERAGE, LINEAR(7), AVERAGE, LINEAR(3)};
  CHECK_LAYERS(layers, 2, 5, 6);
}

static size_t add_node(graph *g, node_spec spec, size_t a, size_t b) {
  spec.inputs[0] = a;
  spec.inputs[1] = b;
  return graph_add(g, spec);
}

/* Values with several readers, inside of a segment and over the border of one. */
static void check_branches(bool norm, size_t stride) {
  graph g = {.error = &error};
  const node_spec one = CONV(3, 3, 1, 1), two = CONV(4, 3, stride, 1), three = CONV(4, 3, 1, 1), relu = RELU,
                  last = LINEAR(3), pointwise = NORM, sum = {.op = &op_add}, mean = AVERAGE,
                  shortcut = {.op = &op_shortcut, .size = 4, .stride = stride};
  size_t x = add_node(&g, relu, add_node(&g, one, 0, 0), 0);
  size_t y = add_node(&g, two, x, 0);
  if (norm) y = add_node(&g, pointwise, y, 0);
  y = add_node(&g, three, add_node(&g, relu, y, 0), 0);
  if (norm) y = add_node(&g, pointwise, y, 0);
  x = add_node(&g, relu, add_node(&g, sum, y, add_node(&g, shortcut, x, 0)), 0);
  y = add_node(&g, relu, add_node(&g, three, x, 0), 0);
  x = add_node(&g, sum, x, add_node(&g, sum, y, y)); /* twice the same, and x is needed by its ReLU */
  add_node(&g, last, add_node(&g, mean, x, 0), 0);
  assert_ok(g.status);
  despur_net_options options = {.input = {2, 6, 5}, .classes = 3, .batch = 40, .seed = 2, .threads = 2};
  despur_net *net;
  assert_ok(net_create_from_graph(&net, &g, &options, &error));
  assert_int_equal(net->segments, norm ? 3 : 1);
  check_net(net, 37, ALL, 0);
  despur_net_free(net);
  graph_release(&g);
}

static void gradients_hold_where_branches_part_and_meet(void **state) {
  (void)state;
  for (size_t stride = 1; stride <= 2; stride++) {
    check_branches(false, stride);
    check_branches(true, stride);
  }
}

/* PyTorch's rule: a tenth of the way to the batch's mean and unbiased variance; and outside of training what
 * they say is used. */
static void batch_norm_keeps_running_averages_and_uses_them_outside_of_training(void **state) {
  (void)state;
  enum { COUNT = 21, FEATURES = 3 };
  const node_spec layers[] = {NORM, LINEAR(2)};
  despur_net_options options = {.input = {FEATURES, 1, 1}, .classes = 2, .batch = 32, .seed = 3};
  despur_net *net;
  assert_ok(create_chain(&net, layers, 2, &options, &error));
  examples from = make_examples(COUNT, options.input, 2);
  forward_examples(net, &from, COUNT, true, 0);
  for (size_t c = 0; c < FEATURES; c++) {
    double mean = 0, variance = 0;
    for (size_t e = 0; e < COUNT; e++) mean += (double)from.images[e * FEATURES + c] / COUNT;
    for (size_t e = 0; e < COUNT; e++)
      variance += pow((double)from.images[e * FEATURES + c] - mean, 2) / (COUNT - 1);
    assert_near((double)net->buffers[net->nodes[0].running_mean + c], 0.1 * mean, 1e-7);
    assert_near((double)net->buffers[net->nodes[0].running_variance + c], 0.9 + 0.1 * variance, 1e-7);
  }
  float before[2 * LANES];
  assert_true(net->buffer_floats <= 2 * LANES);
  memcpy(before, net->buffers, net->buffer_floats * sizeof *before);
  forward_examples(net, &from, COUNT, false, 0);
  assert_memory_equal(net->buffers, before, net->buffer_floats * sizeof *before);
  reference_network r = reference_create(net, from.images, from.labels, COUNT);
  r.running = true;
  reference_loss(&r, 0);
  assert_same_logits(&r, net_logits(net));
  reference_release(&r);
  free_examples(&from);
  despur_net_free(net);
}

/* Within 4.5 standard deviations; values that stay are scaled so that their mean does not change. */
static void dropout_drops_its_share_anew_in_each_step(void **state) {
  (void)state;
  const double drop = 0.3;
  enum { WIDTH = 400, COUNT = 16, N = WIDTH * COUNT };
  const node_spec layers[] = {DROPOUT(drop), LINEAR(2)};
  despur_net_options options = {
      .input = {1, 1, WIDTH}, .classes = 2, .batch = COUNT, .seed = 3, .threads = 1};
  despur_net *net;
  assert_ok(create_chain(&net, layers, 2, &options, &error));
  examples from = make_examples(COUNT, options.input, 2);
  uint8_t masks[2][N], again[N];
  for (size_t step = 0; step < 2; step++) {
    forward_examples(net, &from, COUNT, true, step);
    memcpy(masks[step], net->bytes, N);
    size_t kept = 0;
    for (size_t i = 0; i < N; i++) kept += masks[step][i];
    assert_near((double)kept / N, 1 - drop, 4.5 * sqrt(drop * (1 - drop) / N));
  }
  size_t equal = 0;
  for (size_t i = 0; i < N; i++) equal += masks[0][i] == masks[1][i];
  double agree = drop * drop + (1 - drop) * (1 - drop); /* of independent masks */
  assert_near((double)equal / N, agree, 4.5 * sqrt(agree * (1 - agree) / N));
  forward_examples(net, &from, COUNT, true, 0);
  memcpy(again, net->bytes, N);
  assert_memory_equal(again, masks[0], N);
  free_examples(&from);
  despur_net_free(net);
}

/* Outside of training dropout does nothing: the same logits as a network that has none. */
static void dropout_is_off_when_not_training(void **state) {
  (void)state;
  despur_net_options options = {.arch = DESPUR_MLP,
                                .input = {1, 4, 5},
                                .classes = 3,
                                .batch = 18,
                                .dropout = 0.5,
                                .seed = 1,
                                .threads = 1};
  despur_net *with, *without;
  assert_ok(despur_net_create(&with, &options, &error));
  options.dropout = 0;
  assert_ok(despur_net_create(&without, &options, &error));
  examples from = make_examples(18, options.input, 3);
  size_t bytes = 18 * 3 * sizeof(float);
  forward_examples(without, &from, 18, false, 0);
  forward_examples(with, &from, 18, true, 0);
  assert_memory_not_equal(net_logits(with), net_logits(without), bytes);
  forward_examples(with, &from, 18, false, 0);
  assert_memory_equal(net_logits(with), net_logits(without), bytes);
  free_examples(&from);
  despur_net_free(with);
  despur_net_free(without);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_of_linear_layers_are_central_differences),
      cmocka_unit_test(gradients_hold_for_convolutions_of_any_kernel_stride_and_padding),
      cmocka_unit_test(gradients_hold_for_pooling_of_any_window_and_stride),
      cmocka_unit_test(gradients_hold_for_pooling_over_the_edge),
      cmocka_unit_test(gradients_hold_for_convolutions_with_zeros_behind),
      cmocka_unit_test(gradients_hold_where_relu6_cuts),
      cmocka_unit_test(gradients_hold_after_layers_without_parameters),
      cmocka_unit_test(gradients_hold_for_dropout_between_any_layers),
      cmocka_unit_test(gradients_hold_through_batch_norm_in_training),
      cmocka_unit_test(gradients_hold_by_winograds_products),
      cmocka_unit_test(gradients_hold_by_channels),
      cmocka_unit_test(gradients_hold_for_grouped_convolutions),
      cmocka_unit_test(gradients_hold_for_global_averages),
      cmocka_unit_test(gradients_hold_where_branches_part_and_meet),
      cmocka_unit_test(batch_norm_keeps_running_averages_and_uses_them_outside_of_training),
      cmocka_unit_test(gradients_of_lenet_are_central_differences),
      cmocka_unit_test(gradients_of_mlp_are_central_differences_without_and_with_dropout),
      cmocka_unit_test(dropout_drops_its_share_anew_in_each_step),
      cmocka_unit_test(dropout_is_off_when_not_training),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
