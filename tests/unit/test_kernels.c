/* Every kernel of every instruction set against plain scalar sums in double precision, within the bound that
 * float32 arithmetic guarantees, and against the kernels of the other sets, to the bit. */
#include "testing.h"

#include "base/memory.h"
#include "base/random.h"
#include "kernels_testing.h"
#include "reference_kernels.h"

static despur_error error;
static random_stream stream;

static int open_stream(void **state) {
  (void)state;
  stream = random_open(1, "kernel test", 0);
  return 0;
}

/* What inputs are made of. Huge and tiny ones are such that products neither overflow nor vanish altogether;
 * tiny products are subnormal. */
typedef enum material { UNIFORM, ZEROS, HUGE_AND_TINY, NEGATIVE, TINY, MATERIALS } material;

static float draw(material m) {
  double u = 2 * random_uniform(&stream) - 1;
  switch (m) {
  case ZEROS:
    return random_below(&stream, 3) ? 0 : (float)u;
  case HUGE_AND_TINY:
    return (float)(u * (random_below(&stream, 2) ? 1e15 : 1e-15));
  case NEGATIVE:
    return (float)-(fabs(u) + 1);
  case TINY:
    return (float)(u * 1e-21);
  default:
    return (float)u;
  }
}

static float *drawn(size_t n, material m) {
  float *x;
  assert_ok(mem_alloc(&x, n, sizeof *x, &error));
  for (size_t i = 0; i < n; i++) x[i] = draw(m);
  return x;
}

static float *zeros(size_t n) {
  float *x;
  assert_ok(mem_alloc(&x, n, sizeof *x, &error));
  return x;
}

/* A block whose padding columns are zero. */
static float *drawn_block(block_layout layout, material m) {
  float *x = zeros(block_floats(layout));
  for (size_t channel = 0; channel < layout.channels; channel++)
    for (size_t row = 0; row < layout.height; row++)
      for (size_t i = 0; i < layout.width * LANES; i++) x[block_at(layout, channel, row) + i] = draw(m);
  return x;
}

static void assert_within(float got, reference_sum wanted, const char *level, const char *what) {
  if (!(fabs((double)got - wanted.value) <= reference_bound(wanted)))
    fail_msg("%s of %s: %.9g, expected %.17g within %g", what, level, (double)got, wanted.value,
             reference_bound(wanted));
}

/* The result of the first table is kept in *first; the others must equal it. */
static void assert_same_bytes(const float *got, float **first, size_t n, const char *level,
                              const char *what) {
  if (!*first) {
    *first = zeros(n);
    memcpy(*first, got, n * sizeof *got);
  }
  for (size_t i = 0; i < n; i++)
    if (memcmp(got + i, *first + i, sizeof *got) != 0)
      fail_msg("%s of %s and %s differ at [%zu]: %.9g and %.9g", what, level, kernels_available(0)->level, i,
               (double)got[i], (double)(*first)[i]);
}

typedef struct conv_case {
  size_t in_channels, out_channels, height, width, kernel, stride, padding;
  material material;
} conv_case;

static block_layout conv_input(const conv_case *c) {
  return (block_layout){
      .channels = c->in_channels, .height = c->height, .width = c->width, .pad = c->padding};
}

/* Outputs have two columns of padding, which the kernels must leave alone. */
static block_layout conv_output(const conv_case *c) {
  return (block_layout){.channels = c->out_channels,
                        .height = (c->height + 2 * c->padding - c->kernel) / c->stride + 1,
                        .width = (c->width + 2 * c->padding - c->kernel) / c->stride + 1,
                        .pad = 2};
}

static void check_conv(const conv_case *c) {
  block_layout in = conv_input(c), out = conv_output(c);
  size_t weights = c->in_channels * c->out_channels * c->kernel * c->kernel;
  float *x = drawn_block(in, c->material), *weight = drawn(weights, c->material);
  float *bias = random_below(&stream, 2) ? drawn(c->out_channels, c->material) : NULL, *first = NULL;
  for (size_t t = 0; tested_table(t); t++) {
    const kernel_table *table = tested_table(t);
    float *y = zeros(block_floats(out));
    conv_job job = {.x = x + block_at(in, 0, 0) - c->padding * LANES,
                    .x_channel = block_channel(in),
                    .x_row = block_row(in),
                    .x_rows = in.height,
                    .weight = weight,
                    .bias = bias,
                    .y = y + block_at(out, 0, 0),
                    .y_channel = block_channel(out),
                    .y_row = block_row(out),
                    .y_column = LANES,
                    .in_channels = in.channels,
                    .out_channels = out.channels,
                    .rows = out.height,
                    .columns = out.width,
                    .kernel = c->kernel,
                    .kernel_columns = c->kernel,
                    .stride = c->stride,
                    .padding = c->padding};
    table->conv(&job);
    if (t == 0)
      for (size_t o = 0; o < out.channels; o++)
        for (size_t i = 0; i < out.height * out.width * LANES; i++) {
          size_t row = i / LANES / out.width, column = i / LANES % out.width, lane = i % LANES;
          assert_within(y[block_at(out, o, row) + column * LANES + lane],
                        reference_conv(&job, o, row, column, lane), table->level, "conv");
        }
    assert_same_bytes(y, &first, block_floats(out), table->level, "conv");
    mem_free(y);
  }
  mem_free(first);
  mem_free(bias);
  mem_free(weight);
  mem_free(x);
}

static void check_conv_gradient(const conv_case *c) {
  block_layout in = conv_input(c), out = conv_output(c);
  size_t size = c->kernel * c->kernel, weights = c->in_channels * c->out_channels * size;
  float *x = drawn_block(in, c->material), *dy = drawn_block(out, c->material), *first = NULL;
  for (size_t t = 0; tested_table(t); t++) {
    const kernel_table *table = tested_table(t);
    float *gradient = drawn(weights + c->out_channels, UNIFORM);
    conv_gradient_job job = {.x = x + block_at(in, 0, 0) - c->padding * LANES,
                             .x_channel = block_channel(in),
                             .x_row = block_row(in),
                             .x_rows = in.height,
                             .dy = dy + block_at(out, 0, 0),
                             .y_channel = block_channel(out),
                             .y_row = block_row(out),
                             .weight_gradient = gradient,
                             .bias_gradient = gradient + weights,
                             .in_channels = in.channels,
                             .out_channels = out.channels,
                             .rows = out.height,
                             .columns = out.width,
                             .kernel = c->kernel,
                             .stride = c->stride,
                             .padding = c->padding};
    table->conv_gradient(&job);
    if (t == 0) {
      for (size_t w = 0; w < weights; w++)
        assert_within(gradient[w],
                      reference_conv_weight(&job, w / size / in.channels, w / size % in.channels,
                                            w % size / c->kernel, w % c->kernel),
                      table->level, "conv_gradient");
      for (size_t o = 0; o < out.channels; o++)
        assert_within(gradient[weights + o], reference_conv_bias(&job, o), table->level, "bias gradient");
    }
    assert_same_bytes(gradient, &first, weights + c->out_channels, table->level, "conv_gradient");
    mem_free(gradient);
  }
  mem_free(first);
  mem_free(dy);
  mem_free(x);
}

/* All kernels, strides and paddings, with sizes and materials drawn for each. */
static void for_conv_cases(void (*check)(const conv_case *)) {
  static const size_t CHANNELS[] = {1, 2, 3, 4, 5, 6, 7, 16, 17};
  for (size_t kernel = 1; kernel <= 7; kernel += 2)
    for (size_t stride = 1; stride <= 3; stride++)
      for (size_t padding = 0; padding < kernel; padding++)
        for (size_t m = 0; m < MATERIALS; m++) {
          size_t least = kernel > 2 * padding ? kernel - 2 * padding : 1;
          conv_case c = {.in_channels = 1 + random_below(&stream, 3),
                         .out_channels = CHANNELS[random_below(&stream, 9)],
                         .height = least + random_below(&stream, 4),
                         .width = least + random_below(&stream, (uint32_t)(16 - least)),
                         .kernel = kernel,
                         .stride = stride,
                         .padding = padding,
                         .material = (material)m};
          check(&c);
        }
}

/* Every width and number of channels that makes tiles of another shape. */
static void for_conv_tiles(void (*check)(const conv_case *)) {
  for (size_t kernel = 1; kernel <= 5; kernel += 2)
    for (size_t width = 1; width <= 15; width++) {
      conv_case c = {.in_channels = 2,
                     .height = 2,
                     .width = width,
                     .kernel = kernel,
                     .stride = 1,
                     .padding = kernel / 2};
      for (c.out_channels = 1; c.out_channels <= 7; c.out_channels++) check(&c);
      c.out_channels = 16 + width % 2;
      check(&c);
    }
}

static void convolution_is_the_sum_over_its_window(void **state) {
  (void)state;
  for_conv_cases(check_conv);
  for_conv_tiles(check_conv);
}

static void convolution_takes_many_input_channels(void **state) {
  (void)state;
  for (size_t channels = 4; channels <= 17; channels++) {
    conv_case c = {
        .in_channels = channels, .out_channels = 3, .height = 5, .width = 5, .kernel = 3, .stride = 1};
    check_conv(&c);
    check_conv_gradient(&c);
  }
}

static void weight_gradient_of_convolution_is_the_sum_over_outputs_and_lanes(void **state) {
  (void)state;
  for_conv_cases(check_conv_gradient);
  for_conv_tiles(check_conv_gradient);
}

/* transposed: the weights of a layer, read as its backward pass does. */
static void check_linear(size_t inputs, size_t outputs, int transposed, material m) {
  float *x = drawn(inputs * LANES, m), *weight = drawn(inputs * outputs, m);
  float *bias = transposed ? NULL : drawn(outputs, m), *first = NULL;
  for (size_t t = 0; tested_table(t); t++) {
    const kernel_table *table = tested_table(t);
    float *y = zeros(outputs * LANES);
    linear_job job = {.x = x,
                      .weight = weight,
                      .weight_out = transposed ? 1 : inputs,
                      .weight_in = transposed ? outputs : 1,
                      .bias = bias,
                      .y = y,
                      .inputs = inputs,
                      .outputs = outputs};
    table->linear(&job);
    if (t == 0)
      for (size_t i = 0; i < outputs * LANES; i++)
        assert_within(y[i], reference_linear(&job, i / LANES, i % LANES), table->level, "linear");
    assert_same_bytes(y, &first, outputs * LANES, table->level, "linear");
    mem_free(y);
  }
  mem_free(first);
  mem_free(bias);
  mem_free(weight);
  mem_free(x);
}

static void linear_is_the_sum_over_inputs(void **state) {
  (void)state;
  for (size_t outputs = 1; outputs <= 26; outputs++)
    for (size_t m = 0; m < MATERIALS; m++) {
      check_linear(1 + random_below(&stream, 200), outputs, 0, (material)m);
      check_linear(1 + random_below(&stream, 200), outputs, 1, (material)m);
    }
}

/* Outputs first..last-1 of `outputs`; those outside must stay as they are. */
static void check_linear_gradient(size_t examples, size_t inputs, size_t outputs, size_t first_out,
                                  size_t last_out, material m) {
  size_t stride = (inputs + LANES - 1) / LANES * LANES, n = inputs * outputs;
  float *x = drawn(examples * stride, m), *dy = drawn(examples * outputs, m), *first = NULL;
  for (size_t t = 0; tested_table(t); t++) {
    const kernel_table *table = tested_table(t);
    float *gradient = zeros(n);
    for (size_t i = 0; i < n; i++) gradient[i] = 7;
    linear_gradient_job job = {.x = x,
                               .x_stride = stride,
                               .dy = dy,
                               .dy_stride = outputs,
                               .gradient = gradient,
                               .examples = examples,
                               .inputs = inputs,
                               .first = first_out,
                               .last = last_out};
    table->linear_gradient(&job);
    for (size_t i = 0; t == 0 && i < n; i++)
      if (i / inputs < first_out || i / inputs >= last_out)
        assert_true(gradient[i] == 7);
      else
        assert_within(gradient[i], reference_linear_weight(&job, i / inputs, i % inputs), table->level,
                      "linear_gradient");
    assert_same_bytes(gradient, &first, n, table->level, "linear_gradient");
    mem_free(gradient);
  }
  mem_free(first);
  mem_free(dy);
  mem_free(x);
}

static void weight_gradient_of_linear_is_the_sum_over_examples(void **state) {
  (void)state;
  for (size_t inputs = 1; inputs <= 70; inputs++) {
    size_t outputs = 1 + random_below(&stream, 17), first = random_below(&stream, (uint32_t)outputs);
    size_t last = first + random_below(&stream, (uint32_t)(outputs - first + 1));
    check_linear_gradient(1 + random_below(&stream, 35), inputs, outputs, first, last,
                          (material)random_below(&stream, MATERIALS));
    check_linear_gradient(1 + inputs % 5, inputs, outputs, 0, outputs, UNIFORM);
  }
}

typedef struct pool_case {
  size_t channels, height, width, window, stride, padding;
  material material;
} pool_case;

static void assert_pool_is_maximum(const pool_job *job, const kernel_table *table) {
  for (size_t i = 0; i < job->channels * job->rows * job->columns * LANES; i++) {
    size_t lane = i % LANES, column = i / LANES % job->columns, row = i / LANES / job->columns % job->rows;
    size_t channel = i / LANES / job->columns / job->rows;
    float best, got = job->y[channel * job->y_channel + row * job->y_row + column * LANES + lane];
    size_t winner = reference_max(job, channel, row, column, lane, &best);
    if (memcmp(&got, &best, sizeof got) != 0 || job->choice[i] != winner)
      fail_msg("max_pool of %s at [%zu]: %.9g from %u, expected %.9g from %zu", table->level, i, (double)got,
               job->choice[i], (double)best, winner);
  }
}

/* The gradient goes to the winners, and windows that overlap add up in the order of outputs. */
static void add_pool_gradient(const pool_job *job, float *dx) {
  const uint8_t *choice = job->choice;
  for (size_t channel = 0; channel < job->channels; channel++)
    for (size_t row = 0; row < job->rows; row++)
      for (size_t i = 0; i < job->columns * LANES; i++, choice++) {
        size_t x_row = row * job->stride + *choice / job->window - job->padding;
        size_t x_column = i / LANES * job->stride + *choice % job->window - job->padding;
        dx[channel * job->x_channel + x_row * job->x_row + x_column * LANES + i % LANES] +=
            job->y[channel * job->y_channel + row * job->y_row + i];
      }
}

static void check_pool(const pool_case *c) {
  block_layout in = {.channels = c->channels, .height = c->height, .width = c->width, .pad = 3};
  block_layout out = {.channels = c->channels,
                      .height = (c->height + 2 * c->padding - c->window) / c->stride + 1,
                      .width = (c->width + 2 * c->padding - c->window) / c->stride + 1,
                      .pad = 1};
  float *x = drawn_block(in, c->material), *dy = drawn_block(out, c->material);
  uint8_t *choice;
  assert_ok(mem_alloc(&choice, block_features(out) * LANES, 1, &error));
  for (size_t t = 0; tested_table(t); t++) {
    const kernel_table *table = tested_table(t);
    float *y = zeros(block_floats(out)), *dx = zeros(block_floats(in)), *wanted = zeros(block_floats(in));
    pool_job job = {.x = x + block_at(in, 0, 0),
                    .dx = dx + block_at(in, 0, 0),
                    .x_channel = block_channel(in),
                    .x_row = block_row(in),
                    .y = y + block_at(out, 0, 0),
                    .y_channel = block_channel(out),
                    .y_row = block_row(out),
                    .choice = choice,
                    .channels = out.channels,
                    .rows = out.height,
                    .columns = out.width,
                    .window = c->window,
                    .stride = c->stride,
                    .padding = c->padding,
                    .x_rows = c->height,
                    .x_columns = c->width};
    table->max_pool(&job);
    assert_pool_is_maximum(&job, table);
    job.y = dy + block_at(out, 0, 0);
    table->max_pool_gradient(&job);
    add_pool_gradient(&job, wanted + block_at(in, 0, 0));
    assert_memory_equal(dx, wanted, block_floats(in) * sizeof *dx);
    mem_free(wanted);
    mem_free(dx);
    mem_free(y);
  }
  mem_free(choice);
  mem_free(dy);
  mem_free(x);
}

static void pooling_takes_the_first_maximum_and_returns_the_gradient_to_it(void **state) {
  (void)state;
  for (size_t window = 2; window <= 3; window++)
    for (size_t stride = 1; stride <= 3; stride++)
      for (size_t width = window; width <= 15; width++)
        for (size_t m = 0; m < MATERIALS; m++) {
          pool_case c = {.channels = 1 + random_below(&stream, 7),
                         .height = window + random_below(&stream, 6),
                         .width = width,
                         .window = window,
                         .stride = stride,
                         .material = (material)m};
          check_pool(&c);
          c.padding = 1 + random_below(&stream, (uint32_t)(window - 1));
          check_pool(&c);
        }
}

static void relu_keeps_what_is_positive_and_what_is_not_a_number(void **state) {
  (void)state;
  static const float EDGES[] = {0.0f, -0.0f, 1e-45f, -1e-45f, INFINITY, -INFINITY, NAN, 3e38f, -3e38f};
  enum { N = 83, EDGE_COUNT = sizeof EDGES / sizeof *EDGES };
  for (size_t t = 0; tested_table(t); t++) {
    const kernel_table *table = tested_table(t);
    for (size_t n = 1; n <= N; n++) {
      float *x = drawn(n, UNIFORM), *y = zeros(n), *dx = drawn(n, NEGATIVE);
      for (size_t i = 0; i < EDGE_COUNT && i < n; i++) x[i] = EDGES[i];
      memcpy(y, x, n * sizeof *y);
      table->relu(y, n);
      for (size_t i = 0; i < n; i++) assert_true(isnan(x[i]) ? isnan(y[i]) : y[i] == (x[i] > 0 ? x[i] : 0));
      float *before = zeros(n);
      memcpy(before, dx, n * sizeof *dx);
      table->relu_gradient(dx, y, n);
      for (size_t i = 0; i < n; i++) assert_true(dx[i] == (y[i] > 0 ? before[i] : 0));
      mem_free(before);
      mem_free(dx);
      mem_free(y);
      mem_free(x);
    }
  }
}

/* Copies: to the place, through padding that is left alone, without a value too many. */
static void check_rows(block_layout layout, size_t used) {
  size_t features = block_features(layout), stride = features + 3, floats = block_floats(layout);
  float *rows = drawn(LANES * stride + LANES, UNIFORM), *back = zeros(LANES * stride);
  for (size_t t = 0; tested_table(t); t++) {
    const row_table *table = tested_table(t)->rows;
    float *x = zeros(floats);
    for (size_t i = 0; i < floats; i++) x[i] = -77;
    table->to_lanes(x, layout, rows, stride);
    size_t values = 0;
    for (size_t i = 0; i < floats; i++) values += x[i] != -77;
    assert_int_equal(values, features * LANES);
    for (size_t lane = 0; lane < LANES; lane++)
      for (size_t f = 0; f < features; f++) {
        size_t row = f / layout.width, column = f % layout.width;
        const float *at = x + block_at(layout, row / layout.height, row % layout.height) + column * LANES;
        assert_true(at[lane] == rows[lane * stride + f]);
      }
    for (size_t i = 0; i < LANES * stride; i++) back[i] = -77;
    table->to_rows(back, stride, x, layout, used);
    for (size_t i = 0; i < LANES * stride; i++)
      assert_true(back[i] == (i / stride < used && i % stride < features ? rows[i] : -77));
    mem_free(x);
  }
  mem_free(rows);
  mem_free(back);
}

static void rows_become_lanes_and_rows_again(void **state) {
  (void)state;
  for (size_t width = 1; width <= 35; width++)
    for (size_t pad = 0; pad <= 2; pad++) check_rows((block_layout){2, 3, width, pad}, LANES);
  for (size_t used = 0; used < LANES; used++) {
    check_rows((block_layout){1, 2, 17, 1}, used);
    check_rows((block_layout){21, 1, 1, 0}, used);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(convolution_is_the_sum_over_its_window, open_stream),
      cmocka_unit_test_setup(convolution_takes_many_input_channels, open_stream),
      cmocka_unit_test_setup(weight_gradient_of_convolution_is_the_sum_over_outputs_and_lanes, open_stream),
      cmocka_unit_test_setup(linear_is_the_sum_over_inputs, open_stream),
      cmocka_unit_test_setup(weight_gradient_of_linear_is_the_sum_over_examples, open_stream),
      cmocka_unit_test_setup(pooling_takes_the_first_maximum_and_returns_the_gradient_to_it, open_stream),
      cmocka_unit_test_setup(rows_become_lanes_and_rows_again, open_stream),
      cmocka_unit_test_setup(relu_keeps_what_is_positive_and_what_is_not_a_number, open_stream),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
