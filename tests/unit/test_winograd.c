/* Winograd's products against the definition of a convolution in double precision, within the bound that
 * follows from the formulas with absolute values, and all instruction sets against each other, to the bit. */
#include "testing.h"

#include "base/memory.h"
#include "base/random.h"
#include "kernels_testing.h"
#include "nn/winograd.h"
#include "reference_kernels.h"

static despur_error error;
static random_stream stream;

static int open_stream(void **state) {
  (void)state;
  stream = random_open(1, "winograd test", 0);
  return 0;
}

static float *zeros(size_t n) {
  float *x;
  assert_ok(mem_alloc(&x, n, sizeof *x, &error));
  return x;
}

/* Now and then a value is a thousand times as large, so that sums cancel. */
static float *drawn(size_t n) {
  float *x = zeros(n);
  for (size_t i = 0; i < n; i++)
    x[i] = (float)((2 * random_uniform(&stream) - 1) * (random_below(&stream, 50) ? 1 : 1000));
  return x;
}

static float *drawn_block(block_layout layout) {
  float *x = zeros(block_floats(layout));
  for (size_t channel = 0; channel < layout.channels; channel++)
    for (size_t row = 0; row < layout.height; row++) {
      float *values = drawn(layout.width * LANES);
      memcpy(x + block_at(layout, channel, row), values, layout.width * LANES * sizeof *x);
      mem_free(values);
    }
  return x;
}

typedef struct winograd_case {
  size_t in_channels, out_channels, rows, columns;
} winograd_case;

/* One convolution, with padding of 1 around its input and what its kernels are told. */
typedef struct subject {
  block_layout in, out;
  float *x, *weight, *transformed, *bias, *dy;
  conv_job job;
  conv_gradient_job gradient;
} subject;

static subject make_subject(const winograd_case *c) {
  subject s = {.in = {c->in_channels, c->rows, c->columns, 1},
               .out = {c->out_channels, c->rows, c->columns, 2}};
  size_t kernels = c->in_channels * c->out_channels;
  s.x = drawn_block(s.in);
  s.dy = drawn_block(s.out);
  s.weight = drawn(kernels * 9);
  s.bias = drawn(c->out_channels);
  s.transformed = zeros(WINOGRAD_PLACES * kernels);
  winograd_transform(s.transformed, &(winograd_weights){s.weight, c->in_channels, c->out_channels});
  s.job = (conv_job){.x = s.x + block_at(s.in, 0, 0) - LANES,
                     .x_channel = block_channel(s.in),
                     .x_row = block_row(s.in),
                     .x_rows = c->rows,
                     .bias = s.bias,
                     .y_channel = block_channel(s.out),
                     .y_row = block_row(s.out),
                     .in_channels = c->in_channels,
                     .out_channels = c->out_channels,
                     .rows = c->rows,
                     .columns = c->columns,
                     .kernel = 3,
                     .stride = 1,
                     .padding = 1};
  s.gradient = (conv_gradient_job){.x = s.job.x,
                                   .x_channel = s.job.x_channel,
                                   .x_row = s.job.x_row,
                                   .x_rows = c->rows,
                                   .dy = s.dy + block_at(s.out, 0, 0),
                                   .y_channel = s.job.y_channel,
                                   .y_row = s.job.y_row,
                                   .in_channels = c->in_channels,
                                   .out_channels = c->out_channels,
                                   .rows = c->rows,
                                   .columns = c->columns,
                                   .kernel = 3,
                                   .stride = 1,
                                   .padding = 1};
  return s;
}

static void free_subject(subject *s) {
  mem_free(s->x);
  mem_free(s->dy);
  mem_free(s->weight);
  mem_free(s->bias);
  mem_free(s->transformed);
}

/* x at a row and column of the padded input, a lane of a channel. */
static double input_at(const subject *s, size_t channel, size_t row, size_t column, size_t lane) {
  if (row < 1 || row > s->job.x_rows || column > s->job.columns + 1) return 0;
  return (double)s->job.x[channel * s->job.x_channel + (row - 1) * s->job.x_row + column * LANES + lane];
}

static double delta_at(const subject *s, size_t channel, size_t row, size_t column, size_t lane) {
  if (row >= s->job.rows || column >= s->job.columns) return 0;
  return (double)s->gradient.dy[channel * s->job.y_channel + row * s->job.y_row + column * LANES + lane];
}

/* The matrices of nn/winograd.h without signs. */
static const double B[4][4] = {{1, 0, 1, 0}, {0, 1, 1, 0}, {0, 1, 1, 0}, {0, 1, 0, 1}};
static const double G[4][3] = {{1, 0, 0}, {.5, .5, .5}, {.5, .5, .5}, {0, 0, 1}};
static const double A[2][4] = {{1, 1, 1, 0}, {0, 1, 1, 1}};

static double input_size(const subject *s, size_t channel, size_t tile_row, size_t tile_column, size_t lane,
                         size_t i, size_t j) {
  double sum = 0;
  for (size_t r = 0; r < 4; r++)
    for (size_t c = 0; c < 4; c++)
      sum += B[i][r] * B[j][c] * fabs(input_at(s, channel, 2 * tile_row + r, 2 * tile_column + c, lane));
  return sum;
}

static double weight_size(const subject *s, size_t out, size_t in, size_t i, size_t j) {
  double sum = 0;
  for (size_t r = 0; r < 3; r++)
    for (size_t c = 0; c < 3; c++)
      sum += G[i][r] * G[j][c] * fabs((double)s->weight[(out * s->job.in_channels + in) * 9 + r * 3 + c]);
  return sum;
}

static double delta_size(const subject *s, size_t out, size_t tile_row, size_t tile_column, size_t lane,
                         size_t i, size_t j) {
  double sum = 0;
  for (size_t r = 0; r < 2; r++)
    for (size_t c = 0; c < 2; c++)
      sum += A[r][i] * A[c][j] * fabs(delta_at(s, out, 2 * tile_row + r, 2 * tile_column + c, lane));
  return sum;
}

/* Each of n products passes through at most this many roundings, and all are sums of such products. */
static double bound(double size, double roundings) {
  return 1.001 * roundings * 0x1p-24 * size;
}

enum { ROUNDINGS = 20 }; /* 4 each of inputs, weights or deltas, and results; the bias; and some to spare */

/* The size of what is added up for one output. */
static double output_size(const subject *s, size_t out, size_t row, size_t column, size_t lane) {
  double size = fabs((double)s->bias[out]);
  for (size_t in = 0; in < s->job.in_channels; in++)
    for (size_t i = 0; i < 4; i++)
      for (size_t j = 0; j < 4; j++)
        if (A[row % 2][i] * A[column % 2][j] > 0)
          size += weight_size(s, out, in, i, j) * input_size(s, in, row / 2, column / 2, lane, i, j);
  return size;
}

static void assert_outputs(subject *s, const float *y, const char *level) {
  s->job.weight = s->weight; /* what the reference takes */
  for (size_t out = 0; out < s->job.out_channels; out++)
    for (size_t row = 0; row < s->job.rows; row++)
      for (size_t column = 0; column < s->job.columns; column++) {
        size_t lane = random_below(&stream, LANES);
        double got = (double)y[block_at(s->out, out, row) + column * LANES + lane];
        double wanted = reference_conv(&s->job, out, row, column, lane).value;
        double most = bound(output_size(s, out, row, column, lane), (double)s->job.in_channels + ROUNDINGS);
        if (!(fabs(got - wanted) <= most))
          fail_msg("%s, channel %zu, row %zu, column %zu: %.9g, expected %.17g within %g", level, out, row,
                   column, got, wanted, most);
      }
}

/* The first table's result is kept in *first; the others must equal it. */
static void assert_same(const float *got, float **first, size_t n) {
  if (!*first) {
    *first = zeros(n);
    memcpy(*first, got, n * sizeof *got);
  }
  assert_memory_equal(got, *first, n * sizeof *got);
}

/* Output has columns of padding, which must be left alone. */
static void check_convolution(const winograd_case *c) {
  subject s = make_subject(c);
  float *scratch = zeros(winograd_scratch(c->in_channels)), *first = NULL;
  for (size_t t = 0; tested_table(t); t++) {
    float *y = zeros(block_floats(s.out));
    conv_job job = s.job;
    job.weight = s.transformed;
    job.y = y + block_at(s.out, 0, 0);
    const size_t tiles = winograd_tiles(c->rows, c->columns);
    tested_table(t)->winograd->convolve(&(winograd_job){&job, scratch, tiles / 3, tiles}); /* in two parts */
    tested_table(t)->winograd->convolve(&(winograd_job){&job, scratch, 0, tiles / 3});
    if (t == 0) assert_outputs(&s, y, tested_table(t)->level);
    assert_same(y, &first, block_floats(s.out));
    mem_free(y);
  }
  mem_free(first);
  mem_free(scratch);
  free_subject(&s);
}

/* The size of what is added up for one weight. */
static double gradient_size(const subject *s, size_t out, size_t in, size_t kernel_row,
                            size_t kernel_column) {
  double size = 0;
  for (size_t row = 0; row < (s->job.rows + 1) / 2; row++)
    for (size_t column = 0; column < (s->job.columns + 1) / 2; column++)
      for (size_t lane = 0; lane < LANES; lane++)
        for (size_t i = 0; i < 4; i++)
          for (size_t j = 0; j < 4; j++)
            if (G[i][kernel_row] * G[j][kernel_column] > 0)
              size += G[i][kernel_row] * G[j][kernel_column] * delta_size(s, out, row, column, lane, i, j) *
                      input_size(s, in, row, column, lane, i, j);
  return size;
}

static void assert_weights(const subject *s, const float *e, const char *level) {
  size_t kernels = s->job.in_channels * s->job.out_channels;
  const size_t tiles = (s->job.rows + 1) / 2 * ((s->job.columns + 1) / 2);
  const double terms = (double)tiles + LANES + ROUNDINGS;
  float *gradient = zeros(kernels * 9);
  winograd_weight_gradient(gradient, e, kernels);
  for (size_t sample = 0; sample < 40; sample++) {
    size_t w = random_below(&stream, (uint32_t)(kernels * 9)), out = w / 9 / s->job.in_channels;
    size_t in = w / 9 % s->job.in_channels, row = w % 9 / 3, column = w % 3;
    double wanted = reference_conv_weight(&s->gradient, out, in, row, column).value;
    double most = bound(gradient_size(s, out, in, row, column), terms);
    if (!(fabs((double)gradient[w] - wanted) <= most))
      fail_msg("%s, weight %zu: %.9g, expected %.17g within %g", level, w, (double)gradient[w], wanted, most);
  }
  mem_free(gradient);
}

static void check_gradient(const winograd_case *c) {
  subject s = make_subject(c);
  size_t values = WINOGRAD_PLACES * c->in_channels * c->out_channels;
  float *scratch = zeros(winograd_gradient_scratch(c->in_channels, c->out_channels, c->rows, c->columns));
  float *first = NULL;
  for (size_t t = 0; tested_table(t); t++) {
    float *e = drawn(values); /* what is there before has no effect */
    s.gradient.weight_gradient = e;
    for (size_t tiles = winograd_tiles(c->rows, c->columns), begin = 0, end; begin < tiles; begin = end) {
      end = begin + 2 * WINOGRAD_STRIP < tiles ? begin + 2 * WINOGRAD_STRIP : tiles; /* of two strips */
      tested_table(t)->winograd->gradient(&(winograd_gradient_job){&s.gradient, scratch, begin, end});
    }
    if (t == 0) assert_weights(&s, e, tested_table(t)->level);
    assert_same(e, &first, values);
    mem_free(e);
  }
  mem_free(first);
  mem_free(scratch);
  free_subject(&s);
}

/* Even and odd sizes, one strip and several, numbers of channels that are no multiples of a tile. */
static const winograd_case CASES[] = {{4, 4, 1, 1},   {4, 8, 2, 3},    {8, 4, 5, 4},   {12, 20, 7, 6},
                                      {36, 8, 3, 9},  {8, 36, 6, 6},   {4, 4, 17, 16}, {8, 4, 16, 18},
                                      {40, 12, 5, 5}, {16, 16, 12, 11}};
enum { CASE_COUNT = sizeof CASES / sizeof *CASES };

static void convolution_by_winograd_is_the_sum_over_its_window(void **state) {
  (void)state;
  for (size_t i = 0; i < CASE_COUNT; i++) check_convolution(&CASES[i]);
}

static void weight_gradient_by_winograd_is_the_sum_over_outputs_and_lanes(void **state) {
  (void)state;
  for (size_t i = 0; i < CASE_COUNT; i++) check_gradient(&CASES[i]);
}

/* The transform of kernels that were turned and exchanged beforehand. */
static void turned_weights_are_those_of_turned_kernels(void **state) {
  (void)state;
  enum { INS = 4, OUTS = 8, KERNELS = INS * OUTS };
  const size_t values = (size_t)WINOGRAD_PLACES * KERNELS;
  float *weight = drawn(KERNELS * 9), *turned = zeros(KERNELS * 9);
  float *wanted = zeros(values), *got = zeros(values);
  for (size_t out = 0; out < OUTS; out++)
    for (size_t in = 0; in < INS; in++)
      for (size_t k = 0; k < 9; k++) turned[(in * OUTS + out) * 9 + k] = weight[(out * INS + in) * 9 + 8 - k];
  winograd_transform(wanted, &(winograd_weights){turned, OUTS, INS});
  winograd_transform_turned(got, &(winograd_weights){weight, INS, OUTS});
  assert_memory_equal(got, wanted, values * sizeof *got);
  mem_free(weight);
  mem_free(turned);
  mem_free(wanted);
  mem_free(got);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(convolution_by_winograd_is_the_sum_over_its_window, open_stream),
      cmocka_unit_test_setup(weight_gradient_by_winograd_is_the_sum_over_outputs_and_lanes, open_stream),
      cmocka_unit_test_setup(turned_weights_are_those_of_turned_kernels, open_stream),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
