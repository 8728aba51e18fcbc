/* Gradients of weights by channels against their definition in double precision, within the bound of any
 * order of summation, and all instruction sets against each other, to the bit. */
#include "testing.h"

#include "base/memory.h"
#include "base/random.h"
#include "kernels_testing.h"
#include "nn/channels.h"
#include "reference_kernels.h"

static despur_error error;
static random_stream stream;

static int open_stream(void **state) {
  (void)state;
  stream = random_open(1, "channels test", 0);
  return 0;
}

static float *zeros(size_t n) {
  float *x;
  assert_ok(mem_alloc(&x, n, sizeof *x, &error));
  return x;
}

/* A block whose padding is zero. */
static float *drawn_block(block_layout layout) {
  float *x = zeros(block_floats(layout));
  for (size_t channel = 0; channel < layout.channels; channel++)
    for (size_t row = 0; row < layout.height; row++)
      for (size_t i = 0; i < layout.width * LANES; i++)
        x[block_at(layout, channel, row) + i] = (float)(2 * random_uniform(&stream) - 1);
  return x;
}

typedef struct channels_case {
  size_t in_channels, out_channels, height, width, kernel, stride, padding;
} channels_case;

static void assert_weights(const conv_gradient_job *job, const float *gradient, const char *level) {
  const size_t kernels = job->in_channels * job->out_channels, elements = job->kernel * job->kernel;
  for (size_t sample = 0; sample < 60; sample++) {
    size_t w = random_below(&stream, (uint32_t)(kernels * elements)), element = w / kernels;
    size_t out = w % kernels / job->in_channels, in = w % job->in_channels;
    reference_sum wanted = reference_conv_weight(job, out, in, element / job->kernel, element % job->kernel);
    if (!(fabs((double)gradient[w] - wanted.value) <= reference_bound(wanted)))
      fail_msg("%s, [%zu]: %.9g, expected %.17g within %g", level, w, (double)gradient[w], wanted.value,
               reference_bound(wanted));
  }
}

static void check(const channels_case *c) {
  const block_layout in = {c->in_channels, c->height, c->width, c->padding};
  const block_layout out = {c->out_channels, (c->height + 2 * c->padding - c->kernel) / c->stride + 1,
                            (c->width + 2 * c->padding - c->kernel) / c->stride + 1, 1};
  const size_t weights = c->in_channels * c->out_channels * c->kernel * c->kernel;
  float *x = drawn_block(in), *dy = drawn_block(out), *first = zeros(weights), *gradient = zeros(weights);
  const conv_gradient_job job = {.x = x + block_at(in, 0, 0) - c->padding * LANES,
                                 .x_channel = block_channel(in),
                                 .x_row = block_row(in),
                                 .x_rows = in.height,
                                 .dy = dy + block_at(out, 0, 0),
                                 .y_channel = block_channel(out),
                                 .y_row = block_row(out),
                                 .weight_gradient = gradient,
                                 .in_channels = in.channels,
                                 .out_channels = out.channels,
                                 .rows = out.height,
                                 .columns = out.width,
                                 .kernel = c->kernel,
                                 .stride = c->stride,
                                 .padding = c->padding};
  float *scratch = zeros(channels_scratch(&job));
  assert_true(channels_pay(c->in_channels, c->out_channels));
  for (size_t t = 0; tested_table(t); t++) {
    for (size_t i = 0; i < weights; i++) gradient[i] = NAN; /* what is there before has no effect */
    tested_table(t)->channels->gradient(&(channels_gradient_job){&job, in.width, scratch});
    if (t == 0) {
      assert_weights(&job, gradient, tested_table(t)->level);
      memcpy(first, gradient, weights * sizeof *first);
    }
    assert_memory_equal(gradient, first, weights * sizeof *first);
  }
  mem_free(scratch);
  mem_free(gradient);
  mem_free(first);
  mem_free(dy);
  mem_free(x);
}

/* Every number of vectors that a tile may have, maps of one place and of several patches, elements of a
 * kernel that meet nothing but padding. */
static void weight_gradient_by_channels_is_the_sum_over_outputs_and_lanes(void **state) {
  (void)state;
  for (size_t vectors = 1; vectors <= 7; vectors++)
    check(&(channels_case){16 * vectors, vectors % 2 ? 16 : 48, 3, 2 + vectors, 3, 1 + vectors % 2, 1});
  for (size_t kernel = 1; kernel <= 5; kernel += 2)
    for (size_t stride = 1; stride <= 3; stride++)
      for (size_t padding = 0; padding < kernel; padding++) {
        check(&(channels_case){16, 16, 5, 19, kernel, stride, padding});
        if (2 * padding + 1 >= kernel) check(&(channels_case){32, 16, 1, 1, kernel, stride, padding});
      }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(weight_gradient_by_channels_is_the_sum_over_outputs_and_lanes, open_stream),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
