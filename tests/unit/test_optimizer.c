/* Optimisers against PyTorch's numbers and against its formulas in double precision; schedules and clipping
 * against closed forms. */
#include "network_testing.h"

#include "nn/net.h"
#include "nn/schedule.h"

static despur_error error;

/* A network whose slab has room for n parameters; the optimisers care for nothing else. */
static despur_net *net_of(size_t n, int threads) {
  const node_spec layers[] = {{.op = &op_linear, .name = "linear", .size = 2}};
  despur_net_options options = {.input = {1, 1, n / 2 + 1}, .classes = 2, .batch = 1, .threads = threads};
  despur_net *net;
  assert_ok(create_chain(&net, layers, 1, &options, &error));
  assert_true(net->slab >= n);
  return net;
}

enum { N = 8 };

static void start(despur_net *net) {
  for (size_t k = 0; k < N; k++) net->parameters[k] = ((float)k - 3.5f) / 4;
}

/* Parameter 2 never has a gradient, as the weights of a pixel that is always black. */
static void set_gradient(despur_net *net, size_t step) {
  for (size_t k = 0; k < N; k++) net->gradient[k] = k == 2 ? 0 : ((float)((5 * k + 3 * step) % 11) - 5) / 16;
}

typedef struct torch_case {
  const char *name;
  despur_optimizer_options options;
  float wanted[N];
} torch_case;

/* Parameters after 6 steps in PyTorch 2.15 on CPU, from start() and set_gradient() as they stand above:
 *   w = torch.nn.Parameter(torch.tensor([(k - 3.5) / 4 for k in range(8)]))
 *   o = torch.optim.SGD([w], ...)             # or Adam, AdamW, with the settings of the line
 *   for t in range(6):
 *       w.grad = torch.tensor([((5 * k + 3 * t) % 11 - 5) / 16 if k != 2 else 0.0 for k in range(8)])
 *       o.step()
 *   print(["%.9g" % v for v in w.tolist()]) */
static const torch_case TORCH[] = {
    {"SGD",
     {.name = DESPUR_SGD, .lr = 0.1},
     {-0.831250012f, -0.631250024f, -0.375f, -0.162499994f, 0.106249988f, 0.375f, 0.643749952f,
      0.912499964f}},
    {"SGD with momentum",
     {.name = DESPUR_SGD, .lr = 0.1, .momentum = 0.9},
     {-0.712880373f, -0.597314358f, -0.375f, -0.222310051f, 0.0572315045f, 0.389125496f, 0.668667078f,
      1.00056112f}},
    {"SGD with Nesterov momentum and weight decay",
     {.name = DESPUR_SGD, .lr = 0.1, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.01},
     {-0.667902768f, -0.592732131f, -0.366777509f, -0.246790543f, 0.0430699661f, 0.37928772f, 0.669148266f,
      1.00536597f}},
    {"SGD with weight decay",
     {.name = DESPUR_SGD, .lr = 0.05, .weight_decay = 0.05},
     {-0.840283811f, -0.618855298f, -0.369410038f, -0.141793206f, 0.113839522f, 0.369386733f, 0.625019372f,
      0.880566597f}},
    {"Adam",
     {.name = DESPUR_ADAM, .lr = 0.01, .betas = {0.9, 0.999}, .eps = 1e-8},
     {-0.843812406f, -0.624883711f, -0.375f, -0.133480132f, 0.111025542f, 0.385610163f, 0.625042081f,
      0.902974844f}},
    {"Adam with weight decay",
     {.name = DESPUR_ADAM, .lr = 0.02, .betas = {0.8, 0.95}, .eps = 1e-6, .weight_decay = 0.1},
     {-0.793833673f, -0.57672286f, -0.256658703f, -0.13664256f, 0.093265295f, 0.370558798f, 0.598771453f,
      0.878094018f}},
    {"AdamW",
     {.name = DESPUR_ADAMW, .lr = 0.02, .betas = {0.9, 0.99}, .eps = 1e-8, .weight_decay = 0.1},
     {-0.802512586f, -0.617247224f, -0.370522469f, -0.140423119f, 0.0957578421f, 0.391561896f, 0.617717922f,
      0.920152009f}},
};
enum { CASES = sizeof TORCH / sizeof *TORCH };

static void optimisers_end_where_pytorch_ends(void **state) {
  (void)state;
  for (size_t c = 0; c < CASES; c++) {
    despur_net *net = net_of(N, 1);
    start(net);
    assert_ok(net_begin(net, &TORCH[c].options, false, &error));
    for (size_t step = 0; step < 6; step++) {
      set_gradient(net, step);
      net_step(net, TORCH[c].options.lr);
    }
    for (size_t k = 0; k < N; k++)
      if (fabs((double)net->parameters[k] - (double)TORCH[c].wanted[k]) > 2e-7)
        fail_msg("%s: parameter %zu = %.9g, PyTorch has %.9g", TORCH[c].name, k, (double)net->parameters[k],
                 (double)TORCH[c].wanted[k]);
    despur_net_free(net);
  }
}

/* One parameter and its moments in double precision. */
typedef struct scalar {
  double w, first, second;
} scalar;

/* The algorithms as the documentation of torch.optim.SGD, Adam and AdamW states them; step counts from 1. */
static void scalar_step(scalar *s, const despur_optimizer_options *o, double lr, double g, size_t step) {
  if (o->name == DESPUR_ADAMW)
    s->w -= lr * o->weight_decay * s->w;
  else
    g += o->weight_decay * s->w;
  if (o->name == DESPUR_SGD) {
    s->first = step > 1 ? o->momentum * s->first + g : g;
    s->w -= lr * (o->nesterov ? g + o->momentum * s->first : s->first);
    return;
  }
  s->first = o->betas[0] * s->first + (1 - o->betas[0]) * g;
  s->second = o->betas[1] * s->second + (1 - o->betas[1]) * g * g;
  double mean = s->first / (1 - pow(o->betas[0], (double)step));
  double square = s->second / (1 - pow(o->betas[1], (double)step));
  s->w -= lr * mean / (sqrt(square) + o->eps);
}

enum { MANY = 40000, STEPS = 25 }; /* parameters in several pieces, the last one cut off */

static float gradient_at(size_t k, size_t step) {
  random_stream stream = random_open(k, "gradient", step);
  return (float)((random_uniform(&stream) - 0.5) / (double)(1 + k % 7));
}

/* After STEPS steps whose rates differ; slab [net->slab] gets the parameters. */
static void run_many(float *slab, const despur_optimizer_options *options, int threads) {
  despur_net *net = net_of(MANY, threads);
  assert_ok(net_begin(net, options, false, &error));
  for (size_t k = 0; k < MANY; k++) net->parameters[k] = gradient_at(k, 1000);
  for (size_t step = 1; step <= STEPS; step++) {
    for (size_t k = 0; k < MANY; k++) net->gradient[k] = gradient_at(k, step);
    net_step(net, options->lr / (double)step);
  }
  memcpy(slab, net->parameters, MANY * sizeof *slab);
  despur_net_free(net);
}

static void optimisers_follow_their_formulas(void **state) {
  (void)state;
  float *got = calloc(MANY, sizeof *got);
  for (size_t c = 0; c < CASES; c++) {
    const despur_optimizer_options *options = &TORCH[c].options;
    run_many(got, options, 1);
    for (size_t k = 0; k < MANY; k += k < MANY - 100 ? 17 : 1) {
      scalar s = {.w = (double)gradient_at(k, 1000)};
      for (size_t step = 1; step <= STEPS; step++)
        scalar_step(&s, options, options->lr / (double)step, (double)gradient_at(k, step), step);
      assert_near((double)got[k], s.w, 1e-6);
    }
  }
  free(got);
}

static void optimisers_give_the_same_bytes_for_any_number_of_threads(void **state) {
  (void)state;
  static const size_t CHOSEN[] = {2, 5, 6}; /* SGD, Adam and AdamW with everything on */
  float *wanted = calloc(MANY, sizeof *wanted), *got = calloc(MANY, sizeof *got);
  for (size_t c = 0; c < 3; c++) {
    run_many(wanted, &TORCH[CHOSEN[c]].options, 1);
    static const int THREADS[] = {2, 3, 7};
    for (size_t t = 0; t < 3; t++) {
      run_many(got, &TORCH[CHOSEN[c]].options, THREADS[t]);
      assert_memory_equal(got, wanted, MANY * sizeof *got);
    }
  }
  free(wanted);
  free(got);
}

/* 6 epochs of 5 steps. */
enum { EPOCHS = 6, EPOCH_STEPS = 5, TOTAL = EPOCHS * EPOCH_STEPS };

static double rate(const despur_schedule_options *schedule, size_t step) {
  return schedule_rate(schedule, 0.1, step, EPOCH_STEPS, EPOCHS);
}

static void schedules_follow_their_closed_forms(void **state) {
  (void)state;
  const despur_schedule_options constant = {.name = DESPUR_CONSTANT};
  const despur_schedule_options stepwise = {.name = DESPUR_STEP, .every = 2, .gamma = 0.3};
  const despur_schedule_options cosine = {.name = DESPUR_COSINE, .final_share = 0.1};
  const despur_schedule_options linear = {.name = DESPUR_LINEAR, .final_share = 0.2};
  for (size_t step = 0; step < TOTAL; step++) {
    double done = (double)step / TOTAL, pi = acos(-1);
    assert_true(rate(&constant, step) == 0.1);
    assert_near(rate(&stepwise, step), 0.1 * pow(0.3, (double)(step / 10)), 1e-15);
    assert_near(rate(&cosine, step), 0.01 + (0.1 - 0.01) * (1 + cos(pi * done)) / 2, 1e-15);
    assert_near(rate(&linear, step), 0.1 + (0.02 - 0.1) * done, 1e-15);
  }
}

/* torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=12, eta_min=0.01) and LinearLR(o, start_factor=1,
 * end_factor=0.2, total_iters=12) in PyTorch 2.15, lr = 0.1, one step an epoch. */
static void schedules_agree_with_pytorch(void **state) {
  (void)state;
  static const double COSINE[12] = {0.1,
                                    0.098466662183008077,
                                    0.093971143170299753,
                                    0.086819805153394644,
                                    0.0775,
                                    0.066646857029613454,
                                    0.055,
                                    0.043353142970386581,
                                    0.0325,
                                    0.023180194846605367,
                                    0.016028856829700261,
                                    0.011533337816991932};
  static const double LINEAR[12] = {
      0.1,  0.093333333333333338, 0.08666666666666667,  0.08, 0.073333333333333334, 0.066666666666666666,
      0.06, 0.05333333333333333,  0.046666666666666662, 0.04, 0.033333333333333326, 0.026666666666666661};
  const despur_schedule_options cosine = {.name = DESPUR_COSINE, .final_share = 0.1};
  const despur_schedule_options linear = {.name = DESPUR_LINEAR, .final_share = 0.2};
  for (size_t step = 0; step < 12; step++) {
    assert_near(schedule_rate(&cosine, 0.1, step, 1, 12), COSINE[step], 1e-15);
    assert_near(schedule_rate(&linear, 0.1, step, 1, 12), LINEAR[step], 1e-15);
  }
}

static double norm_of(const despur_net *net) {
  double sum = 0;
  for (size_t i = 0; i < net->slab; i++) sum += (double)net->gradient[i] * (double)net->gradient[i];
  return sqrt(sum);
}

static void clipping_limits_the_global_norm_and_keeps_the_direction(void **state) {
  (void)state;
  despur_net *net = net_of(MANY, 1);
  for (size_t k = 0; k < MANY; k++) net->gradient[k] = gradient_at(k, 0);
  double norm = norm_of(net), limit = norm / 3;
  float *before = memcpy(malloc(net->slab * sizeof(float)), net->gradient, net->slab * sizeof(float));
  assert_near(net_clip(net, 2 * norm), norm, 1e-9 * norm);
  assert_memory_equal(net->gradient, before, net->slab * sizeof(float));
  assert_near(net_clip(net, limit), norm, 1e-9 * norm);
  assert_near(norm_of(net), limit, 1e-6 * limit);
  assert_true(norm_of(net) <= limit * (1 + 1e-7));
  for (size_t k = 0; k < net->slab; k++)
    assert_near((double)net->gradient[k], (double)before[k] / 3, 1e-6 * fabs((double)before[k]));
  free(before);
  memset(net->gradient, 0, net->slab * sizeof(float));
  assert_true(net_clip(net, 1) == 0);
  assert_true(norm_of(net) == 0);
  despur_net_free(net);
}

/* conv, batch norm, ReLU, linear; one step by gradients of a batch. The parameters, then the buffers. */
static despur_net *stepped(const char *freeze, double head_factor, despur_optimizer name) {
  enum { COUNT = 21, CLASSES = 3 };
  const node_spec layers[] = {
      {.op = &op_conv, .name = "conv", .size = 4, .kernel = 3, .stride = 1, .padding = 1},
      {.op = &op_batch_norm, .name = "norm"},
      {.op = &op_relu},
      {.op = &op_linear, .name = "linear", .size = CLASSES}};
  const despur_net_options options = {
      .input = {1, 4, 5}, .classes = CLASSES, .batch = 32, .seed = 3, .threads = 2, .freeze = freeze};
  const despur_optimizer_options optimizer = {.name = name,
                                              .lr = 0.5,
                                              .head_factor = head_factor,
                                              .weight_decay = 0.1,
                                              .betas = {0.9, 0.99},
                                              .eps = 1e-8};
  float gradient[COUNT * CLASSES];
  despur_net *net;
  assert_ok(create_chain(&net, layers, sizeof layers / sizeof *layers, &options, &error));
  examples from = make_examples(COUNT, options.input, CLASSES);
  for (size_t i = 0; i < COUNT * CLASSES; i++) gradient[i] = (float)((double)(i % 7) - 3) / COUNT;
  assert_ok(net_begin(net, &optimizer, false, &error));
  forward_examples(net, &from, COUNT, true, 0);
  net_backward(net, gradient);
  net_step(net, 0.5);
  free_examples(&from);
  return net;
}

/* The initial weights: the only layer that learns takes a step of nothing. */
static despur_net *untouched(void) {
  return stepped("norm", 1e-30, DESPUR_SGD);
}

static void frozen_layers_and_their_running_averages_stay_as_they_are(void **state) {
  (void)state;
  for (despur_optimizer name = DESPUR_SGD; name <= DESPUR_ADAMW; name++) {
    despur_net *before = untouched(), *frozen = stepped("norm", 1, name), *half = stepped("con", 1, name);
    const node *norm = &before->nodes[1], *linear = &before->nodes[3];
    assert_memory_equal(frozen->parameters, before->parameters, linear->weight * sizeof(float));
    assert_memory_equal(frozen->buffers, before->buffers, before->buffer_floats * sizeof(float));
    assert_memory_not_equal(frozen->parameters + linear->weight, before->parameters + linear->weight,
                            linear->weight_count * sizeof(float));
    assert_memory_equal(half->parameters, before->parameters, norm->weight * sizeof(float));
    assert_memory_not_equal(half->parameters + norm->weight, before->parameters + norm->weight,
                            norm->weight_count * sizeof(float));
    assert_memory_not_equal(half->buffers, before->buffers, before->buffer_floats * sizeof(float));
    despur_net_free(before);
    despur_net_free(frozen);
    despur_net_free(half);
  }
}

/* Nothing that is frozen knows whether it is being trained. */
static void frozen_layers_see_a_training_batch_as_any_other(void **state) {
  (void)state;
  enum { COUNT = 21, CLASSES = 3 };
  float logits[COUNT * CLASSES];
  despur_net *net = stepped("norm", 1, DESPUR_SGD);
  examples from = make_examples(COUNT, (despur_shape){1, 4, 5}, CLASSES);
  forward_examples(net, &from, COUNT, true, 1);
  memcpy(logits, net_logits(net), sizeof logits);
  forward_examples(net, &from, COUNT, false, 1);
  assert_memory_equal(logits, net_logits(net), sizeof logits);
  free_examples(&from);
  despur_net_free(net);
}

static void the_last_layer_may_learn_faster(void **state) {
  (void)state;
  despur_net *before = untouched(), *once = stepped(NULL, 0, DESPUR_SGD),
             *thrice = stepped("", 3, DESPUR_SGD);
  const node *linear = &before->nodes[3];
  assert_memory_equal(once->parameters, thrice->parameters, linear->weight * sizeof(float));
  for (size_t i = linear->weight; i < before->slab; i++) {
    double start = (double)before->parameters[i], step = (double)once->parameters[i] - start;
    assert_near((double)thrice->parameters[i] - start, 3 * step, 1e-6);
  }
  despur_net_free(before);
  despur_net_free(once);
  despur_net_free(thrice);
}

static void layers_that_are_not_there_cannot_be_frozen(void **state) {
  (void)state;
  despur_net_options options = {
      .arch = DESPUR_LENET, .input = {1, 28, 28}, .classes = 2, .batch = 1, .freeze = "conw1"};
  despur_net *net;
  assert_fails(despur_net_create(&net, &options, &error), DESPUR_BAD_INPUT,
               "begins with 'conw1'; layers are called such as 'conv1'");
  options.freeze = "classifier";
  assert_fails(despur_net_create(&net, &options, &error), DESPUR_BAD_INPUT, "before the last one");
}

/* Three steps from random gradients of the logits; together: as engines go back and update at once. */
static void train_a_little(despur_net *net, examples *from, bool together) {
  float gradient[20 * 5];
  for (size_t step = 0; step < 3; step++) {
    random_stream stream = random_open(5, "gradient", step);
    for (size_t i = 0; i < 20 * 5; i++) gradient[i] = (float)(random_uniform(&stream) - 0.5);
    forward_examples(net, from, 20, true, step);
    if (together) {
      net_backward_step(net, gradient, 0.01);
    } else {
      net_backward(net, gradient);
      net_step(net, 0.01);
    }
  }
}

static void a_step_at_once_gives_the_bytes_of_two(void **state) {
  (void)state;
  static const despur_arch ARCHS[] = {DESPUR_MLP, DESPUR_LENET, DESPUR_RESNET20};
  static const char *const FROZEN[] = {"fc1", "conv2", "conv1"};
  static const despur_optimizer_options OPTIONS[] = {
      {.name = DESPUR_SGD, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.01},
      {.name = DESPUR_ADAM, .betas = {0.9, 0.99}, .eps = 1e-8, .weight_decay = 0.01, .head_factor = 10},
      {.name = DESPUR_ADAMW, .betas = {0.9, 0.99}, .eps = 1e-8, .weight_decay = 0.01}};
  for (size_t a = 0; a < 3; a++)
    for (size_t k = 0; k < 6; k++) {
      despur_net *nets[2];
      despur_net_options options = {.arch = ARCHS[a],
                                    .input = {3, 20, 18},
                                    .classes = 5,
                                    .batch = 20,
                                    .seed = 2,
                                    .threads = 1 + (int)(k % 2),
                                    .freeze = k < 3 ? NULL : FROZEN[a]};
      examples from = make_examples(20, options.input, 5);
      for (size_t i = 0; i < 2; i++) {
        assert_ok(despur_net_create(&nets[i], &options, &error));
        assert_ok(net_begin(nets[i], &OPTIONS[k % 3], false, &error));
        train_a_little(nets[i], &from, i == 1);
      }
      const size_t floats = nets[0]->slab;
      assert_memory_equal(nets[0]->parameters, nets[1]->parameters,
                          net_state_floats(nets[0]) * sizeof(float));
      for (size_t m = 0; m < 2; m++)
        if (nets[0]->optimizer.moments[m])
          assert_memory_equal(nets[0]->optimizer.moments[m], nets[1]->optimizer.moments[m],
                              floats * sizeof(float));
      free_examples(&from);
      for (size_t i = 0; i < 2; i++) despur_net_free(nets[i]);
    }
}

/* Every instruction set; what AVX-512 has may be in plain C. */
static void every_level_updates_to_the_same_bytes(void **state) {
  (void)state;
  enum { ROWS = 3, COUNT = 37, ROW = 40, FLOATS = ROWS * ROW };
  static const sgd_numbers SGD = {0.01f, 0.9f, 0.001f, 1, 0.9f};
  static const adam_numbers ADAM = {0.9f, 0.1f, 0.99f, 0.01f, 0.02f, 0.3f, 1e-8f, 0.001f, 0.999f};
  float first[2][3][FLOATS], gradient[FLOATS];
  for (size_t t = 0; kernels_available(t); t++)
    for (size_t kind = 0; kind < 2; kind++) {
      float found[3][FLOATS];
      random_stream stream = random_open(9, "step", kind);
      for (size_t i = 0; i < FLOATS; i++) gradient[i] = (float)(random_uniform(&stream) - 0.5);
      for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < FLOATS; i++) found[k][i] = (float)random_uniform(&stream);
      const step_arrays arrays = {gradient, found[0], found[1], found[2], ROWS, COUNT, COUNT, ROW};
      const float before = found[0][COUNT];
      if (kind == 0)
        kernels_available(t)->step->sgd(&arrays, &SGD);
      else
        kernels_available(t)->step->adam(&arrays, &ADAM);
      assert_true(memcmp(&found[0][COUNT], &before, sizeof before) == 0); /* between two rows */
      if (t == 0) memcpy(first[kind], found, sizeof found);
      assert_memory_equal(found, first[kind], sizeof found);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_step_at_once_gives_the_bytes_of_two),
      cmocka_unit_test(every_level_updates_to_the_same_bytes),
      cmocka_unit_test(optimisers_end_where_pytorch_ends),
      cmocka_unit_test(optimisers_follow_their_formulas),
      cmocka_unit_test(optimisers_give_the_same_bytes_for_any_number_of_threads),
      cmocka_unit_test(frozen_layers_and_their_running_averages_stay_as_they_are),
      cmocka_unit_test(frozen_layers_see_a_training_batch_as_any_other),
      cmocka_unit_test(the_last_layer_may_learn_faster),
      cmocka_unit_test(layers_that_are_not_there_cannot_be_frozen),
      cmocka_unit_test(schedules_follow_their_closed_forms),
      cmocka_unit_test(schedules_agree_with_pytorch),
      cmocka_unit_test(clipping_limits_the_global_norm_and_keeps_the_direction),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
