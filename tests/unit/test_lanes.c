/* What the layout of examples in lanes must never show: neighbours, places in the batch, threads. And what a
 * network starts from, saves and loads. */
#include "network_testing.h"

#include "io/safetensors.h"

static despur_error error;
static char directory[128];

static int make_directory(void **state) {
  (void)state;
  temporary_directory(directory);
  return 0;
}

static const despur_arch ARCHS[] = {DESPUR_LENET, DESPUR_MLP, DESPUR_RESNET20};
enum { ARCH_COUNT = 3 };

static despur_net *new_net(despur_arch arch, size_t batch, int threads) {
  despur_net_options options = {.arch = arch,
                                .input = {3, 20, 18},
                                .classes = 5,
                                .batch = batch,
                                .dropout = arch == DESPUR_MLP ? 0.5 : 0,
                                .seed = 11,
                                .threads = threads};
  despur_net *net;
  assert_ok(despur_net_create(&net, &options, &error));
  return net;
}

/* The outputs of example i: logits, then features. */
enum { OUTPUTS_ROOM = 300 };
typedef struct outputs {
  float values[OUTPUTS_ROOM];
} outputs;

static outputs outputs_of(const despur_net *net, size_t i) {
  outputs out = {0};
  size_t stride, classes = despur_net_classes(net), width = despur_net_features(net);
  assert_true(classes + width <= OUTPUTS_ROOM);
  memcpy(out.values, net_logits(net) + i * classes, classes * sizeof(float));
  const float *features = net_features(net, &stride);
  memcpy(out.values + classes, features + i * stride, width * sizeof(float));
  return out;
}

static void assert_same_outputs(const outputs *a, const outputs *b) {
  assert_memory_equal(a, b, sizeof *a);
}

static void an_example_leaves_the_others_of_its_block_alone(void **state) {
  (void)state;
  for (size_t a = 0; a < ARCH_COUNT; a++) {
    despur_arch arch = ARCHS[a];
    despur_net *net = new_net(arch, LANES, 1);
    examples from = make_examples(LANES, net->head.options.input, 5);
    outputs before[LANES];
    forward_examples(net, &from, LANES, false, 0);
    for (size_t i = 0; i < LANES; i++) before[i] = outputs_of(net, i);
    static const float SPOILERS[] = {0, -1, 1e30f, INFINITY, NAN};
    for (size_t changed = 0; changed < LANES; changed++) {
      float *image = from.images + changed * from.features;
      for (size_t i = 0; i < from.features; i++) image[i] += SPOILERS[changed % 5];
      forward_examples(net, &from, LANES, false, 0);
      for (size_t i = 0; i < LANES; i++) {
        outputs after = outputs_of(net, i);
        if (i != changed)
          assert_same_outputs(&after, &before[i]);
        else if (changed % 5 > 0)
          assert_memory_not_equal(&after, &before[i], sizeof after);
      }
      free_examples(&from);
      from = make_examples(LANES, net->head.options.input, 5);
    }
    free_examples(&from);
    despur_net_free(net);
  }
}

static void outputs_depend_neither_on_the_place_in_the_batch_nor_on_its_size_nor_on_threads(void **state) {
  (void)state;
  enum { COUNT = 37 };
  static const size_t BATCHES[] = {1, 15, 16, 17, 37, 64};
  static const int THREADS[] = {1, 2, 3, 7};
  for (size_t a = 0; a < ARCH_COUNT; a++) {
    despur_arch arch = ARCHS[a];
    despur_net *net = new_net(arch, COUNT, 1);
    examples from = make_examples(COUNT, net->head.options.input, 5);
    outputs *wanted = calloc(COUNT, sizeof *wanted);
    forward_examples(net, &from, COUNT, false, 0);
    for (size_t i = 0; i < COUNT; i++) wanted[i] = outputs_of(net, i);
    despur_net_free(net);
    for (size_t b = 0; b < 6; b++)
      for (size_t t = 0; t < 4; t++) {
        net = new_net(arch, BATCHES[b], THREADS[t]);
        from.start = 5 * b + t;
        size_t used = BATCHES[b] < COUNT ? BATCHES[b] : COUNT - t;
        forward_examples(net, &from, used, false, 0);
        for (size_t i = 0; i < used; i++) {
          outputs got = outputs_of(net, i);
          assert_same_outputs(&got, &wanted[(from.start + i) % COUNT]);
        }
        despur_net_free(net);
      }
    free(wanted);
    free_examples(&from);
  }
}

/* Training passes of different sizes one after the other, as at the end of an epoch. */
static void gradients_are_the_same_bytes_for_any_number_of_threads(void **state) {
  (void)state;
  static const int THREADS[] = {1, 2, 3, 7};
  static const size_t USED[] = {64, 37, 1, 48};
  for (size_t a = 0; a < ARCH_COUNT; a++) {
    despur_arch arch = ARCHS[a];
    float *wanted[4] = {0};
    for (size_t t = 0; t < 4; t++) {
      despur_net *net = new_net(arch, 64, THREADS[t]);
      examples from = make_examples(64, net->head.options.input, 5);
      for (size_t k = 0; k < 4; k++) {
        forward_examples(net, &from, USED[k], true, k);
        net_backward(net, net_logits(net)); /* any gradient will do */
        size_t bytes = net->slab * sizeof(float);
        if (t == 0) wanted[k] = memcpy(malloc(bytes), net->gradient, bytes);
        assert_memory_equal(net->gradient, wanted[k], bytes);
      }
      free_examples(&from);
      despur_net_free(net);
    }
    for (size_t k = 0; k < 4; k++) free(wanted[k]);
  }
}

/* Outputs of training mode, gradients and running averages with the kernels of every instruction set. */
static void a_step_gives_the_same_bytes_with_all_kernels(void **state) {
  (void)state;
  static const char *const LEVELS[] = {"baseline", "v3", "v4"};
  for (size_t a = 0; a < ARCH_COUNT; a++) {
    float *wanted[2] = {0};
    for (size_t level = 0; kernels_available(level); level++) {
      setenv("DESPUR_CPU", LEVELS[level], 1);
      despur_net *net = new_net(ARCHS[a], 32, 2);
      examples from = make_examples(32, net->head.options.input, 5);
      assert_string_equal(despur_net_kernels(net), LEVELS[level]);
      forward_examples(net, &from, 21, true, 0);
      net_backward(net, net_logits(net));
      size_t bytes[2] = {net->slab * sizeof(float), net_state_floats(net) * sizeof(float)};
      const float *got[2] = {net->gradient, net->parameters};
      for (size_t k = 0; k < 2; k++) {
        if (level == 0) wanted[k] = memcpy(malloc(bytes[k]), got[k], bytes[k]);
        assert_memory_equal(got[k], wanted[k], bytes[k]);
      }
      free_examples(&from);
      despur_net_free(net);
    }
    unsetenv("DESPUR_CPU");
    free(wanted[0]);
    free(wanted[1]);
  }
}

/* Dead lanes hold whatever finite values the fill function left there. */
static void dead_lanes_do_not_reach_the_gradient(void **state) {
  (void)state;
  for (size_t a = 0; a < ARCH_COUNT; a++) {
    despur_arch arch = ARCHS[a];
    despur_net *net = new_net(arch, 32, 2);
    examples from = make_examples(32, net->head.options.input, 5);
    size_t bytes = net->slab * sizeof(float);
    forward_examples(net, &from, 21, true, 0);
    net_backward(net, net_logits(net));
    float *wanted = memcpy(malloc(bytes), net->gradient, bytes);
    for (size_t i = 21 * from.features; i < 32 * from.features; i++) from.images[i] *= -1e10f;
    forward_examples(net, &from, 21, true, 0);
    net_backward(net, net_logits(net));
    assert_memory_equal(net->gradient, wanted, bytes);
    free(wanted);
    free_examples(&from);
    despur_net_free(net);
  }
}

static despur_net *coloured_mnist_net(despur_arch arch, uint64_t seed, uint64_t stage) {
  despur_net_options options = {
      .arch = arch, .input = {3, 28, 28}, .classes = 5, .batch = 1, .seed = seed, .stage = stage};
  despur_net *net;
  assert_ok(despur_net_create(&net, &options, &error));
  return net;
}

/* 3*6*25+6 + 6*16*25+16 + 400*120+120 + 120*84+84 + 84*5+5, and 2352*512+512 + 512*256+256 + 256*5+5. */
static void networks_have_the_published_numbers_of_parameters(void **state) {
  (void)state;
  despur_net *lenet = coloured_mnist_net(DESPUR_LENET, 0, 0), *mlp = coloured_mnist_net(DESPUR_MLP, 0, 0);
  assert_int_equal(despur_net_parameter_count(lenet), 61581);
  assert_int_equal(despur_net_parameter_count(mlp), 1337349);
  assert_int_equal(despur_net_features(lenet), 84);
  assert_int_equal(despur_net_features(mlp), 256);
  despur_net_free(lenet);
  despur_net_free(mlp);
}

/* torchvision's number; and EfficientNet-Lite0's without batch norm, as its convolutions count. */
static void networks_of_imagenet_have_the_published_numbers_of_parameters(void **state) {
  (void)state;
  static const struct {
    despur_arch arch;
    size_t parameters, features;
    const char *second;
  } WANTED[] = {{DESPUR_RESNET18, 11689512, 512, "layer1.0.conv1"},
                {DESPUR_EFFICIENTNET_LITE0, 4631000, 1280, "block0.depthwise"}};
  for (size_t k = 0; k < sizeof WANTED / sizeof *WANTED; k++) {
    despur_net_options options = {.arch = WANTED[k].arch, .input = {3, 32, 32}, .classes = 1000, .batch = 1};
    despur_net *net;
    assert_ok(despur_net_create(&net, &options, &error));
    assert_int_equal(despur_net_parameter_count(net), WANTED[k].parameters);
    assert_int_equal(despur_net_features(net), WANTED[k].features);
    assert_string_equal(despur_net_convolution(net, 1), WANTED[k].second);
    despur_net_free(net);
    options.input.width = 48;
    if (WANTED[k].arch == DESPUR_EFFICIENTNET_LITE0)
      assert_fails(despur_net_create(&net, &options, &error), DESPUR_BAD_INPUT,
                   "multiples of 32 pixels, found 32 x 48");
  }
}

/* He et al. 2016, table 6: 0.27 and 0.85 million; exactly those of the usual implementation in PyTorch. */
static void residual_networks_have_the_published_numbers_of_parameters(void **state) {
  (void)state;
  static const size_t WANTED[] = {269722, 853018};
  for (int k = 0; k < 2; k++) {
    despur_net_options options = {
        .arch = k ? DESPUR_RESNET56 : DESPUR_RESNET20, .input = {3, 32, 32}, .classes = 10, .batch = 1};
    despur_net *net;
    assert_ok(despur_net_create(&net, &options, &error));
    assert_int_equal(despur_net_parameter_count(net), WANTED[k]);
    assert_int_equal(despur_net_features(net), 64);
    assert_string_equal(despur_net_convolution(net, 1), "layer1.0.conv1");
    despur_net_free(net);
  }
}

/* Pictures are normalised first, and what stands beside them is zero afterwards: the same bytes as from
 * pictures that were normalised before. */
static void pictures_are_normalised_before_anything_else(void **state) {
  (void)state;
  despur_net_options options = {
      .arch = DESPUR_RESNET20, .input = {3, 9, 8}, .classes = 4, .batch = 5, .seed = 1};
  despur_net *plain, *normalising;
  assert_ok(despur_net_create(&plain, &options, &error));
  options.normalised_channels = 3;
  for (size_t c = 0; c < 3; c++)
    options.mean[c] = 0.1 * (double)c, options.deviation[c] = 0.2 + 0.3 * (double)c;
  assert_ok(despur_net_create(&normalising, &options, &error));
  memcpy(normalising->parameters, plain->parameters, net_state_floats(plain) * sizeof(float));
  examples from = make_examples(5, options.input, 4);
  forward_examples(normalising, &from, 5, false, 0);
  for (size_t i = 0; i < 5 * from.features; i++) {
    size_t c = i / 72 % 3;
    from.images[i] = (from.images[i] - (float)options.mean[c]) / (float)options.deviation[c];
  }
  forward_examples(plain, &from, 5, false, 0);
  assert_memory_equal(net_logits(plain), net_logits(normalising), 5 * 4 * sizeof(float));
  options.normalised_channels = 2;
  despur_net *none;
  assert_fails(despur_net_create(&none, &options, &error), DESPUR_BAD_INPUT,
               "means and deviations of 2 channels, but the images have 3");
  free_examples(&from);
  despur_net_free(plain);
  despur_net_free(normalising);
}

/* Mean and variance of n uniform values in +-bound, within 4.5 standard deviations: the variance of x is
 * bound^2/3, that of x^2 is 4 bound^4/45. */
static void assert_uniform(const float *x, size_t n, double bound) {
  double sum = 0, squares = 0, most = 0, count = (double)n;
  for (size_t i = 0; i < n; i++) {
    double value = (double)x[i];
    if (fabs(value) > most) most = fabs(value);
    sum += value;
    squares += value * value;
  }
  assert_true(most <= (double)(float)bound);
  assert_near(sum / count, 0, 4.5 * bound / sqrt(3 * count));
  assert_near(squares / count, bound * bound / 3, 4.5 * bound * bound * sqrt(4 / (45 * count)));
  if (n >= 1000) assert_true(most > 0.99 * bound);
}

static void initial_weights_are_uniform_in_one_over_the_root_of_the_inputs(void **state) {
  (void)state;
  static const double INPUTS[][6] = {{75, 150, 400, 120, 84}, {2352, 512, 256}};
  for (size_t a = 0; a < ARCH_COUNT; a++) {
    despur_arch arch = ARCHS[a];
    if (arch == DESPUR_RESNET20) continue;
    despur_net *net = coloured_mnist_net(arch, 4, 0);
    size_t n = 0;
    for (size_t i = 0; i < net->node_count; i++) {
      const node *l = &net->nodes[i];
      if (l->weight_count == 0) continue;
      double bound = 1 / sqrt(INPUTS[arch][n++]);
      assert_uniform(net->parameters + l->weight, l->weight_count, bound);
      assert_uniform(net->parameters + l->bias, l->bias_count, bound);
    }
    despur_net_free(net);
  }
}

static void initial_weights_depend_on_seed_and_stage_alone(void **state) {
  (void)state;
  despur_net *net = coloured_mnist_net(DESPUR_LENET, 4, 0), *same = coloured_mnist_net(DESPUR_LENET, 4, 0);
  despur_net *seed = coloured_mnist_net(DESPUR_LENET, 5, 0), *stage = coloured_mnist_net(DESPUR_LENET, 4, 1);
  size_t bytes = net->slab * sizeof(float), equal = 0;
  assert_memory_equal(net->parameters, same->parameters, bytes);
  for (size_t i = 0; i < net->slab; i++) {
    equal += net->parameters[i] != 0 && net->parameters[i] == seed->parameters[i];
    equal += net->parameters[i] != 0 && net->parameters[i] == stage->parameters[i];
  }
  assert_true(equal < 10);
  despur_net_free(net);
  despur_net_free(same);
  despur_net_free(seed);
  despur_net_free(stage);
}

static void saved_weights_come_back(void **state) {
  (void)state;
  char path[256];
  snprintf(path, sizeof path, "%s/saved.safetensors", directory);
  for (size_t a = 0; a < ARCH_COUNT; a++) {
    despur_arch arch = ARCHS[a];
    despur_net *net = coloured_mnist_net(arch, 4, 0), *other = coloured_mnist_net(arch, 5, 0);
    size_t bytes = net_state_floats(net) * sizeof(float);
    for (size_t i = 0; i < net->buffer_floats; i++) net->buffers[i] = (float)i;
    for (size_t i = 0; i < net->buffer_floats; i++)
      other->buffers[i] = (float)i; /* rounding up leaves room */
    if (net->buffer_floats) memset(other->buffers, 0, LANES * sizeof(float));
    assert_ok(despur_net_save(net, path, &error));
    assert_memory_not_equal(net->parameters, other->parameters, bytes);
    assert_ok(despur_net_load(other, path, &error));
    assert_memory_equal(net->parameters, other->parameters, bytes);
    despur_net_free(net);
    despur_net_free(other);
  }
}

static void saved_tensors_have_the_names_and_shapes_of_pytorch(void **state) {
  (void)state;
  static const struct {
    const char *name;
    size_t rank, shape[4];
  } WANTED[] = {{"conv1.weight", 4, {6, 3, 5, 5}},  {"conv1.bias", 1, {6}},
                {"conv2.weight", 4, {16, 6, 5, 5}}, {"conv2.bias", 1, {16}},
                {"fc1.weight", 2, {120, 400}},      {"fc1.bias", 1, {120}},
                {"fc2.weight", 2, {84, 120}},       {"fc2.bias", 1, {84}},
                {"classifier.weight", 2, {5, 84}},  {"classifier.bias", 1, {5}}};
  char path[256];
  tensor_file file;
  snprintf(path, sizeof path, "%s/names.safetensors", directory);
  despur_net *net = coloured_mnist_net(DESPUR_LENET, 4, 0);
  assert_ok(despur_net_save(net, path, &error));
  assert_ok(safetensors_open(&file, path, &error));
  assert_int_equal(file.count, 10);
  for (size_t i = 0; i < 10; i++) {
    const tensor *t = &file.tensors[i];
    assert_string_equal(t->name, WANTED[i].name);
    assert_int_equal(t->rank, WANTED[i].rank);
    assert_memory_equal(t->shape, WANTED[i].shape, t->rank * sizeof *t->shape);
  }
  safetensors_close(&file);
  despur_net_free(net);
}

/* The tensors of a LeNet, changed by `change` (which may also change their number), as a file that LeNet must
 * refuse with this text and unchanged weights. */
static void check_refused(size_t (*change)(tensor *tensors, size_t count), const char *text) {
  char good[256], bad[256];
  tensor_file file;
  tensor changed[11];
  snprintf(good, sizeof good, "%s/good.safetensors", directory);
  snprintf(bad, sizeof bad, "%s/bad.safetensors", directory);
  despur_net *net = coloured_mnist_net(DESPUR_LENET, 4, 0), *other = coloured_mnist_net(DESPUR_LENET, 5, 0);
  assert_ok(despur_net_save(other, good, &error));
  assert_ok(safetensors_open(&file, good, &error));
  memcpy(changed, file.tensors, 10 * sizeof *changed);
  assert_ok(safetensors_write(bad, changed, change(changed, 10), &error));
  float *before = memcpy(malloc(net->slab * sizeof(float)), net->parameters, net->slab * sizeof(float));
  assert_fails(despur_net_load(net, bad, &error), DESPUR_BAD_INPUT, text);
  assert_non_null(strstr(error.message, "bad.safetensors"));
  assert_memory_equal(net->parameters, before, net->slab * sizeof(float));
  free(before);
  safetensors_close(&file);
  despur_net_free(net);
  despur_net_free(other);
}

static size_t drop_last(tensor *tensors, size_t count) {
  (void)tensors;
  return count - 1;
}

static size_t rename_one(tensor *tensors, size_t count) {
  snprintf(tensors[3].name, sizeof tensors[3].name, "conv2.beta");
  return count;
}

static size_t add_one(tensor *tensors, size_t count) {
  tensors[count] = tensors[1];
  snprintf(tensors[count].name, sizeof tensors[count].name, "conv3.bias");
  return count + 1;
}

static size_t exchange_sides(tensor *tensors, size_t count) {
  tensors[6].shape[0] = 120;
  tensors[6].shape[1] = 84;
  return count;
}

static size_t flatten(tensor *tensors, size_t count) {
  tensors[0].shape[1] = 75;
  tensors[0].rank = 2;
  return count;
}

static void loading_refuses_tensors_that_are_missing_or_too_many_or_of_another_shape(void **state) {
  (void)state;
  check_refused(drop_last, "no tensor 'classifier.bias'");
  check_refused(rename_one, "no tensor 'conv2.bias'");
  check_refused(add_one, "expected 10 tensors, found 11");
  check_refused(exchange_sides, "tensor 'fc2.weight': expected shape 84 x 120, found 120 x 84");
  check_refused(flatten, "tensor 'conv1.weight': expected shape 6 x 3 x 5 x 5, found 6 x 75");
}

static void loading_names_a_file_that_is_not_there(void **state) {
  (void)state;
  despur_net *net = coloured_mnist_net(DESPUR_LENET, 4, 0);
  assert_fails(despur_net_load(net, "no/such.safetensors", &error), DESPUR_BAD_INPUT, "no/such.safetensors");
  despur_net_free(net);
}

static void images_that_are_too_small_are_refused(void **state) {
  (void)state;
  despur_net_options options = {.arch = DESPUR_LENET, .input = {1, 12, 11}, .classes = 2, .batch = 1};
  despur_net *net;
  assert_fails(despur_net_create(&net, &options, &error), DESPUR_BAD_INPUT, "12 x 11 pixels are too small");
  assert_null(net);
  options.input.width = 12;
  assert_ok(despur_net_create(&net, &options, &error));
  despur_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_example_leaves_the_others_of_its_block_alone),
      cmocka_unit_test(outputs_depend_neither_on_the_place_in_the_batch_nor_on_its_size_nor_on_threads),
      cmocka_unit_test(gradients_are_the_same_bytes_for_any_number_of_threads),
      cmocka_unit_test(a_step_gives_the_same_bytes_with_all_kernels),
      cmocka_unit_test(dead_lanes_do_not_reach_the_gradient),
      cmocka_unit_test(networks_have_the_published_numbers_of_parameters),
      cmocka_unit_test(networks_of_imagenet_have_the_published_numbers_of_parameters),
      cmocka_unit_test(residual_networks_have_the_published_numbers_of_parameters),
      cmocka_unit_test(pictures_are_normalised_before_anything_else),
      cmocka_unit_test(initial_weights_are_uniform_in_one_over_the_root_of_the_inputs),
      cmocka_unit_test(initial_weights_depend_on_seed_and_stage_alone),
      cmocka_unit_test(saved_weights_come_back),
      cmocka_unit_test(saved_tensors_have_the_names_and_shapes_of_pytorch),
      cmocka_unit_test(loading_refuses_tensors_that_are_missing_or_too_many_or_of_another_shape),
      cmocka_unit_test(loading_names_a_file_that_is_not_there),
      cmocka_unit_test(images_that_are_too_small_are_refused),
  };
  return cmocka_run_group_tests(tests, make_directory, NULL);
}
