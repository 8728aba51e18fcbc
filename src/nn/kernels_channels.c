/* Gradients of a convolution's weights with input channels in the vectors, compiled once for each instruction
 * set (base/level.h).
 *
 * With examples in the lanes every weight's sum ends with one over lanes, which takes longer than the
 * products where maps are small. Here a few outputs at a time, with the inputs that they see, are turned
 * around: a row is one place of one example, with all its channels. A weight's sum then runs over rows. */
#include "nn/channels.h"

#include "base/lanes.h"
#include "base/level.h"
#include "base/transpose.h"

enum { MOST_OUTPUTS = SUMS >= 12 ? 8 : 1, MOST_VECTORS = SUMS >= 12 ? SUMS / 4 : 2 };

/* The outputs that are looked at now: rows and columns of the map. */
typedef struct patch {
  size_t row, column, rows, columns;
} patch;

/* Places of one map as rows of channels: to [rows, columns, LANES, channels], zero outside of the map. */
typedef struct turned {
  const float *from; /* channel 0, row 0, column 0 */
  size_t channel, row, channels;
} turned;

INLINE void turn_place(float *to, const turned *t, size_t row, size_t column) {
  const float *from = t->from + row * t->row + column * LANES;
  for (size_t channel = 0; channel < t->channels; channel += VECTOR)
    for (size_t part = 0; part < LANES; part += VECTOR) {
      vec a[VECTOR];
      UNROLL for (size_t i = 0; i < VECTOR; i++) a[i] = load(from + (channel + i) * t->channel + part);
      transpose(a);
      UNROLL for (size_t i = 0; i < VECTOR; i++) store(to + (part + i) * t->channels + channel, a[i]);
    }
}

/* What one element of the kernel multiplies: `rows` x `columns` places of both, and the way from one to the
 * next. */
typedef struct products {
  const float *x, *dy;
  size_t x_row, x_column, dy_row, dy_column; /* between places, in floats */
  size_t rows, columns;
  size_t ins, outs;
  float *to;  /* [outs, ins] */
  bool begin; /* nothing is there yet */
} products;

INLINE void sum_tile(const products *p, size_t out, size_t in, const size_t OUTPUTS, const size_t VECTORS) {
  vec sum[MOST_OUTPUTS][MOST_VECTORS];
  float *to = p->to + out * p->ins + in;
  UNROLL for (size_t o = 0; o < OUTPUTS; o++) {
    UNROLL for (size_t v = 0; v < VECTORS; v++) sum[o][v] = splat(0);
  }
  for (size_t row = 0; row < p->rows; row++)
    for (size_t column = 0; column < p->columns; column++) {
      const float *x = p->x + row * p->x_row + column * p->x_column + in;
      const float *dy = p->dy + row * p->dy_row + column * p->dy_column + out;
      for (size_t lane = 0; lane < LANES; lane++, x += p->ins, dy += p->outs) {
        vec value[MOST_VECTORS];
        UNROLL for (size_t v = 0; v < VECTORS; v++) value[v] = load(x + v * VECTOR);
        UNROLL for (size_t o = 0; o < OUTPUTS; o++) {
          vec factor = splat(dy[o]);
          UNROLL for (size_t v = 0; v < VECTORS; v++) sum[o][v] = fma_lanes(factor, value[v], sum[o][v]);
        }
      }
    }
  UNROLL for (size_t o = 0; o < OUTPUTS; o++) {
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
      float *at = to + o * p->ins + v * VECTOR;
      if (p->begin)
        store(at, sum[o][v]);
      else
        store(at, load(at) + sum[o][v]);
    }
  }
}

/* Tiles of 8 outputs and few vectors, or 4 and more. */
static void sum_products(const products *p) {
  enum { FEW = SUMS >= 12 ? SUMS / 8 : 2, SOME = SUMS >= 12 ? 4 : 1 };
  const size_t all = p->ins / VECTOR;
  size_t vectors;
  for (size_t first = 0; first < all; first += vectors) {
    vectors = all - first;
    if (vectors > MOST_VECTORS) vectors = MOST_VECTORS;
    const size_t in = first * VECTOR;
    if (vectors <= FEW)
      for (size_t out = 0; out < p->outs; out += MOST_OUTPUTS) {
        if (vectors == 1)
          sum_tile(p, out, in, MOST_OUTPUTS, 1);
        else if (vectors == 2 && FEW >= 2)
          sum_tile(p, out, in, MOST_OUTPUTS, 2);
        else if (FEW >= 3)
          sum_tile(p, out, in, MOST_OUTPUTS, 3);
      }
    else
      for (size_t out = 0; out < p->outs; out += SOME) {
        if (vectors == 2 && MOST_VECTORS >= 2)
          sum_tile(p, out, in, SOME, 2);
        else if (vectors == 3 && MOST_VECTORS >= 3)
          sum_tile(p, out, in, SOME, 3);
        else if (vectors == 4 && MOST_VECTORS >= 4)
          sum_tile(p, out, in, SOME, 4);
        else if (vectors == 5 && MOST_VECTORS >= 5)
          sum_tile(p, out, in, SOME, 5);
        else if (MOST_VECTORS >= 6)
          sum_tile(p, out, in, SOME, 6);
      }
  }
}

/* The places begin..end-1 of `places` from `first` on whose input, with that element of the kernel, exists.
 */
typedef struct range {
  size_t begin, end;
} range;

static range places_that_exist(size_t first, size_t places, size_t element, const conv_gradient_job *job,
                               size_t inputs) {
  range r = {0, places};
  while (r.begin < r.end && (first + r.begin) * job->stride + element < job->padding) r.begin++;
  while (r.end > r.begin && (first + r.end - 1) * job->stride + element - job->padding >= inputs) r.end--;
  return r;
}

/* The inputs that a patch sees lie in a window, whose first row and column are in padded coordinates. */
static void turn_window(float *to, const channels_gradient_job *c, const patch *at, size_t rows,
                        size_t columns) {
  const conv_gradient_job *job = c->conv;
  const turned x = {job->x + job->padding * LANES, job->x_channel, job->x_row, job->in_channels};
  for (size_t r = 0; r < rows; r++)
    for (size_t k = 0; k < columns; k++) {
      size_t row = at->row * job->stride + r - job->padding;
      size_t column = at->column * job->stride + k - job->padding; /* both wrap to something huge */
      if (row < job->x_rows && column < c->x_columns)
        turn_place(to + (r * columns + k) * LANES * x.channels, &x, row, column);
    }
}

static void add_patch(const channels_gradient_job *c, const patch *at, bool begin) {
  const conv_gradient_job *job = c->conv;
  const size_t rows = (at->rows - 1) * job->stride + job->kernel;
  const size_t columns = (at->columns - 1) * job->stride + job->kernel;
  const size_t x_place = LANES * job->in_channels, dy_place = LANES * job->out_channels;
  float *x = c->scratch, *dy = x + rows * columns * x_place;
  const turned deltas = {job->dy, job->y_channel, job->y_row, job->out_channels};
  turn_window(x, c, at, rows, columns);
  for (size_t r = 0; r < at->rows; r++)
    for (size_t k = 0; k < at->columns; k++)
      turn_place(dy + (r * at->columns + k) * dy_place, &deltas, at->row + r, at->column + k);
  for (size_t kr = 0; kr < job->kernel; kr++)
    for (size_t kc = 0; kc < job->kernel; kc++) {
      const range r = places_that_exist(at->row, at->rows, kr, job, job->x_rows);
      const range k = places_that_exist(at->column, at->columns, kc, job, c->x_columns);
      const products p = {
          .x = x + ((r.begin * job->stride + kr) * columns + k.begin * job->stride + kc) * x_place,
          .dy = dy + (r.begin * at->columns + k.begin) * dy_place,
          .x_row = job->stride * columns * x_place,
          .x_column = job->stride * x_place,
          .dy_row = at->columns * dy_place,
          .dy_column = dy_place,
          .rows = r.end - r.begin,
          .columns = k.end - k.begin,
          .ins = job->in_channels,
          .outs = job->out_channels,
          .to = job->weight_gradient + (kr * job->kernel + kc) * job->in_channels * job->out_channels,
          .begin = begin};
      if (begin || p.rows * p.columns > 0) sum_products(&p);
    }
}

static void gradient(const channels_gradient_job *c) {
  const conv_gradient_job *job = c->conv;
  patch at;
  for (at.row = 0; at.row < job->rows; at.row += at.rows) {
    at.rows = channels_rows(job->columns, job->rows - at.row);
    for (at.column = 0; at.column < job->columns; at.column += at.columns) {
      at.columns = channels_columns(job->columns - at.column);
      add_patch(c, &at, at.row + at.column == 0);
    }
  }
}

extern const channels_table LEVEL_TABLE(channels_kernels);
const channels_table LEVEL_TABLE(channels_kernels) = {.gradient = gradient};
