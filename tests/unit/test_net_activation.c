/* What net_show_activations hands out, against numerical derivatives of the reference network.
 *
 * Networks here have ReLU before pooling, as other tools do, so that the activation in question is one the
 * reference network holds; that the engine's own order gives the same is a test of its own. */
#include "network_testing.h"
#include "reference_network.h"

static despur_error error;

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

enum { COUNT = 19, ROOM = 1 << 15 };

/* Everything that was seen, example by example: [COUNT, channels, height, width]. */
typedef struct seen {
  size_t features;
  float activation[ROOM], gradient[ROOM];
  uint32_t predictions[COUNT];
} seen;

static void keep(void *context, const net_activation *shown) {
  seen *to = context;
  size_t first = shown->example * to->features;
  to->predictions[shown->example] = shown->prediction;
  memcpy(to->activation + first, shown->activation, to->features * sizeof(float));
  memcpy(to->gradient + first, shown->gradient, to->features * sizeof(float));
}

static despur_net *create(const node_spec *layers, size_t count, despur_shape input) {
  despur_net_options options = {
      .input = input, .classes = layers[count - 1].size, .batch = 40, .seed = 3, .threads = 2};
  despur_net *net;
  assert_ok(create_chain(&net, layers, count, &options, &error));
  return net;
}

static seen *look(despur_net *net, size_t convolution, examples *from, const uint32_t *targets) {
  seen *s = reference_allocate(1, sizeof *s);
  s->features = block_features(net->nodes[convolution].out->layout);
  assert_true(COUNT * s->features <= ROOM);
  const net_batch batch = {COUNT, example_row, from};
  net_question question = {.layer = convolution, .batch = &batch, .targets = targets};
  assert_ok(net_show_activations(net, &question, keep, s, &error));
  return s;
}

/* The target's logit of one example, from what layer `first` reads. */
static double logit(reference_network *r, size_t first, size_t example, uint32_t target) {
  for (size_t i = first; i < r->net->node_count; i++) reference_layer(r, i, example);
  return r->values[r->net->node_count][example * r->classes + target];
}

/* The derivative of a logit when n values from x on grow together. */
static double derivative(reference_network *r, size_t first, size_t example, uint32_t target, double *x,
                         size_t n) {
  const double step = 1e-6;
  double side[2];
  for (int k = 0; k < 2; k++) {
    for (size_t i = 0; i < n; i++) x[i] += k ? -step : step;
    side[k] = logit(r, first, example, target);
    for (size_t i = 0; i < n; i++) x[i] -= k ? -step : step;
  }
  return (side[0] - side[1]) / (2 * step);
}

/* The activation is values[after], what layer `after` reads. Its gradient is checked where the activation is
 * above zero (elsewhere pooling may choose among equals), and summed over every channel, where the choice
 * does not matter. */
static void check_example(reference_network *r, const seen *s, size_t after, size_t example,
                          uint32_t target) {
  size_t area = r->shapes[after].height * r->shapes[after].width;
  double *x = r->values[after] + example * s->features;
  const float *activation = s->activation + example * s->features,
              *gradient = s->gradient + example * s->features;
  for (size_t f = 0; f < s->features; f++) assert_near((double)activation[f], x[f], 2e-6 * (1 + fabs(x[f])));
  for (size_t f = 0; f < s->features; f++)
    if (x[f] > 1e-4) assert_near((double)gradient[f], derivative(r, after, example, target, x + f, 1), 1e-5);
  for (size_t channel = 0; channel < s->features / area; channel++) {
    double sum = 0;
    for (size_t i = 0; i < area; i++) sum += (double)gradient[channel * area + i];
    assert_near(sum, derivative(r, after, example, target, x + channel * area, area), 1e-5);
  }
}

static void check(const node_spec *layers, size_t count, despur_shape input, size_t convolution) {
  despur_net *net = create(layers, count, input);
  examples from = make_examples(COUNT, input, net->head.options.classes);
  float *parameters = reference_allocate(net->slab, sizeof *parameters);
  memcpy(parameters, net->parameters, net->slab * sizeof *parameters);
  seen *s = look(net, convolution, &from, from.labels);
  assert_memory_equal(net->parameters, parameters, net->slab * sizeof *parameters);
  reference_network r = reference_create(net, from.images, from.labels, COUNT);
  for (size_t i = 0; i < net->node_count; i++) { /* nothing is dropped */
    free(r.masks[i]);
    r.masks[i] = NULL;
  }
  reference_loss(&r, 0);
  size_t after = convolution + 1 + (layers[convolution + 1].op == &op_relu);
  for (size_t e = 0; e < COUNT; e++) check_example(&r, s, after, e, from.labels[e]);
  reference_release(&r);
  free(parameters);
  free(s);
  free_examples(&from);
  despur_net_free(net);
}

#define CHECK(layers, convolution, ...)                                                                      \
  check(layers, sizeof layers / sizeof *layers, (despur_shape){__VA_ARGS__}, convolution)

static void gradients_by_activations_are_numerical_derivatives(void **state) {
  (void)state;
  const node_spec pooled[] = {CONV(3, 3, 1, 1), RELU,     POOL(2, 2), CONV(4, 3, 1, 0), RELU,
                              POOL(2, 2),       LINEAR(3)};
  const node_spec overlapping[] = {CONV(3, 3, 1, 0), RELU, POOL(3, 2), LINEAR(5), RELU, LINEAR(3)};
  const node_spec strided[] = {CONV(2, 3, 2, 2), RELU, CONV(3, 3, 2, 1), RELU, CONV(2, 2, 1, 1), LINEAR(2)};
  const node_spec bare[] = {CONV(2, 3, 1, 1), CONV(2, 3, 1, 1), LINEAR(2)};
  const node_spec dropped[] = {CONV(2, 3, 1, 1), RELU,     DROPOUT(0.5), CONV(2, 3, 1, 1), RELU,
                               DROPOUT(0.3),     LINEAR(2)};
  CHECK(pooled, 0, 2, 10, 9);
  CHECK(pooled, 3, 2, 10, 9);
  CHECK(overlapping, 0, 1, 9, 8);
  CHECK(strided, 0, 2, 8, 9);
  CHECK(strided, 2, 2, 8, 9);
  CHECK(strided, 4, 2, 8, 9);
  CHECK(bare, 0, 1, 6, 5);
  CHECK(bare, 1, 1, 6, 5);
  CHECK(dropped, 0, 1, 6, 6);
  CHECK(dropped, 3, 1, 6, 6);
}

/* Sums over windows that do not overlap: within a window without a positive value the place may differ. */
static void relu_after_pooling_gives_what_relu_before_pooling_gives(void **state) {
  (void)state;
  const node_spec before[] = {CONV(3, 3, 1, 1), RELU,     POOL(2, 2), CONV(4, 3, 1, 0), RELU,
                              POOL(2, 2),       LINEAR(3)};
  const node_spec after[] = {CONV(3, 3, 1, 1), POOL(2, 2), RELU,     CONV(4, 3, 1, 0),
                             POOL(2, 2),       RELU,       LINEAR(3)};
  despur_shape input = {2, 12, 12};
  despur_net *nets[2] = {create(before, 7, input), create(after, 7, input)};
  examples from = make_examples(COUNT, input, 3);
  for (size_t convolution = 0; convolution < 4; convolution += 3) {
    seen *s[2] = {look(nets[0], convolution, &from, NULL), look(nets[1], convolution, &from, NULL)};
    size_t side = convolution == 0 ? 12 : 4, rows = COUNT * s[0]->features / side;
    assert_memory_equal(s[0]->predictions, s[1]->predictions, sizeof s[0]->predictions);
    assert_floats_near(s[1]->activation, s[0]->activation, COUNT * s[0]->features, 0, 0);
    for (size_t row = 0; row < rows; row += 2)
      for (size_t column = 0; column < side; column += 2) {
        double sums[2] = {0};
        for (size_t k = 0; k < 2; k++)
          for (size_t i = 0; i < 4; i++)
            sums[k] += (double)s[k]->gradient[(row + i / 2) * side + column + i % 2];
        assert_near(sums[1], sums[0], 0);
      }
    free(s[0]);
    free(s[1]);
  }
  free_examples(&from);
  despur_net_free(nets[0]);
  despur_net_free(nets[1]);
}

/* Training goes on as if nobody had looked. */
static void looking_inside_does_not_disturb_training(void **state) {
  (void)state;
  const node_spec layers[] = {CONV(3, 3, 1, 1), POOL(2, 2), RELU, CONV(4, 3, 1, 0), RELU,
                              DROPOUT(0.4),     LINEAR(3)};
  despur_shape input = {2, 9, 8};
  despur_net *nets[2] = {create(layers, 7, input), create(layers, 7, input)};
  examples from = make_examples(COUNT, input, 3);
  float logit_gradient[COUNT * 3];
  for (size_t i = 0; i < COUNT * 3; i++) logit_gradient[i] = (float)i / 50 - 0.5f;
  free(look(nets[0], 0, &from, NULL));
  for (size_t k = 0; k < 2; k++) {
    forward_examples(nets[k], &from, COUNT, true, 1);
    net_backward(nets[k], logit_gradient);
  }
  assert_memory_equal(nets[0]->gradient, nets[1]->gradient, nets[0]->slab * sizeof(float));
  free_examples(&from);
  despur_net_free(nets[0]);
  despur_net_free(nets[1]);
}

static void convolutions_are_found_by_name(void **state) {
  (void)state;
  despur_net *lenet, *mlp;
  size_t index = 99;
  despur_net_options options = {
      .arch = DESPUR_LENET, .input = {1, 28, 28}, .classes = 2, .batch = 1, .threads = 1};
  assert_ok(despur_net_create(&lenet, &options, &error));
  options.arch = DESPUR_MLP;
  assert_ok(despur_net_create(&mlp, &options, &error));
  assert_string_equal(despur_net_convolution(lenet, 0), "conv1");
  assert_string_equal(despur_net_convolution(lenet, 1), "conv2");
  assert_null(despur_net_convolution(lenet, 2));
  assert_null(despur_net_convolution(mlp, 0));
  assert_true(net_find_convolution(lenet, "conv1", &index));
  assert_int_equal(index, 0);
  assert_true(net_find_convolution(lenet, NULL, &index));
  assert_string_equal(lenet->nodes[index].spec.name, "conv2");
  assert_false(net_find_convolution(lenet, "fc1", &index));
  assert_false(net_find_convolution(mlp, NULL, &index));
  despur_net_free(lenet);
  despur_net_free(mlp);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_by_activations_are_numerical_derivatives),
      cmocka_unit_test(relu_after_pooling_gives_what_relu_before_pooling_gives),
      cmocka_unit_test(looking_inside_does_not_disturb_training),
      cmocka_unit_test(convolutions_are_found_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
