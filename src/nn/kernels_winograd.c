/* Convolutions of 3 x 3 by Winograd's products (nn/winograd.h), compiled once for each instruction set
 * (base/level.h). The products are sums over input channels, for each of the 16 places of a tile. */
#include "nn/winograd.h"

#include "base/lanes.h"
#include "base/level.h"
#include "nn/after.h"

/* In the place of rows that do not exist. */
static const float NO_ROW[4 * LANES] __attribute__((aligned(64)));

/* A walk over tiles from left to right and top to bottom: the output that a tile begins with. */
typedef struct tile {
  size_t row, column;
} tile;

INLINE tile tile_at(size_t i, size_t columns) {
  size_t across = (columns + 1) / 2;
  return (tile){i / across * 2, i % across * 2};
}

INLINE tile next_tile(tile t, size_t columns) {
  if (t.column + 2 < columns) return (tile){t.row, t.column + 2};
  return (tile){t.row + 2, 0};
}

/* What tiles read: rows of one channel, the first of them at the left padding. */
typedef struct tile_source {
  const float *x;
  size_t x_row, x_rows, padding, columns; /* columns of the output */
} tile_source;

INLINE const float *tile_row(const tile_source *s, tile t, size_t r) {
  size_t row = t.row + r - s->padding; /* wraps to a huge number above row 0 */
  return row < s->x_rows ? s->x + row * s->x_row + t.column * LANES : NO_ROW;
}

/* Column c of a tile, zero where the last tile of an odd width has no fourth. */
INLINE vec tile_value(const float *row, size_t c, size_t part, size_t count) {
  if (c < count) return load(row + c * LANES + part);
  return splat(0);
}

INLINE size_t tile_columns(const tile_source *s, tile t) {
  return t.column + 1 < s->columns ? 4 : 3;
}

/* Rows FIRST .. FIRST + ROWS - 1 of B^T d B. */
INLINE void put_tile_rows(float *to, size_t place, const tile_source *s, tile t, size_t columns,
                          const size_t FIRST, const size_t ROWS) {
  const float *rows[4];
  for (size_t r = 0; r < 4; r++) rows[r] = tile_row(s, t, r);
  for (size_t part = 0; part < LANES; part += VECTOR) {
    vec half[4][4];
    UNROLL for (size_t c = 0; c < 4; c++) {
      vec d[4];
      UNROLL for (size_t r = 0; r < 4; r++) d[r] = tile_value(rows[r], c, part, columns);
      half[0][c] = d[0] - d[2];
      half[1][c] = d[1] + d[2];
      half[2][c] = d[2] - d[1];
      half[3][c] = d[1] - d[3];
    }
    UNROLL for (size_t r = FIRST; r < FIRST + ROWS; r++) {
      float *row = to + 4 * (r - FIRST) * place + part;
      store(row, half[r][0] - half[r][2]);
      store(row + place, half[r][1] + half[r][2]);
      store(row + 2 * place, half[r][2] - half[r][1]);
      store(row + 3 * place, half[r][1] - half[r][3]);
    }
  }
}

/* to [16 places, in_channels, count]. */
static void put_tiles(float *to, const winograd_job *w, size_t first, size_t count) {
  const conv_job *job = w->conv;
  const size_t place = winograd_place(job->in_channels, count);
  for (size_t channel = 0; channel < job->in_channels; channel++) {
    const tile_source source = {job->x + channel * job->x_channel, job->x_row, job->x_rows, job->padding,
                                job->columns};
    tile t = tile_at(first, job->columns);
    for (size_t i = 0; i < count; i++, t = next_tile(t, job->columns)) {
      float *of_tile = to + (channel * count + i) * LANES;
      if (tile_columns(&source, t) == 4)
        put_tile_rows(of_tile, place, &source, t, 4, 0, 4);
      else
        put_tile_rows(of_tile, place, &source, t, 3, 0, 4);
    }
  }
}

/* One output channel: where it is, and what follows there. */
typedef struct tile_target {
  float *y;
  size_t y_row;
  float bias;
  channel_after after;
} tile_target;

/* A^T m A, the bias and what follows, as far as there are rows and columns. */
INLINE void take_tile(const tile_target *to, tile t, const float *from, size_t place, size_t rows,
                      size_t columns, const bool FOLLOWS) {
  for (size_t part = 0; part < LANES; part += VECTOR) {
    vec half[2][4];
    UNROLL for (size_t c = 0; c < 4; c++) {
      const float *m = from + c * place + part;
      vec upper = load(m + 4 * place), lower = load(m + 8 * place);
      half[0][c] = load(m) + (upper + lower);
      half[1][c] = (upper - lower) - load(m + 12 * place);
    }
    UNROLL for (size_t r = 0; r < 2; r++) {
      if (r >= rows) continue;
      const size_t column = t.column * LANES + part, at = (t.row + r) * to->after.plus_row + column;
      float *y = to->y + (t.row + r) * to->y_row + column;
      vec left = splat(to->bias) + (half[r][0] + (half[r][1] + half[r][2]));
      vec right = splat(to->bias) + ((half[r][1] - half[r][2]) - half[r][3]);
      store(y, FOLLOWS ? finish(left, &to->after, at) : left);
      if (columns > 1) store(y + LANES, FOLLOWS ? finish(right, &to->after, at + LANES) : right);
    }
  }
}

/* from [16 places, outs, count]. */
INLINE void take_all_tiles(const conv_job *job, const float *from, size_t out, size_t outs, size_t first,
                           size_t count, const bool FOLLOWS) {
  const size_t place = winograd_place(outs, count);
  for (size_t o = 0; o < outs; o++) {
    tile t = tile_at(first, job->columns);
    tile_target to = {.y = job->y + (out + o) * job->y_channel,
                      .y_row = job->y_row,
                      .bias = job->bias ? job->bias[out + o] : 0};
    if (FOLLOWS) to.after = after_channel(job->after, out + o);
    for (size_t i = 0; i < count; i++, t = next_tile(t, job->columns))
      take_tile(&to, t, from + (o * count + i) * LANES, place, job->rows - t.row, job->columns - t.column,
                FOLLOWS);
  }
}

static void take_tiles(const conv_job *job, const float *from, size_t out, size_t outs, size_t first,
                       size_t count) {
  if (job->after)
    take_all_tiles(job, from, out, outs, first, count, true);
  else
    take_all_tiles(job, from, out, outs, first, count, false);
}

/* A tile of sums over input channels in one place: output channels x vectors of tiles. */
enum { PRODUCT_OUTS = SUMS >= 12 ? 4 : 1, PRODUCT_VECTORS = SUMS / PRODUCT_OUTS };

INLINE void product_tile(float *to, const float *tiles, const float *weight, size_t ins, size_t row,
                         const size_t VECTORS) {
  vec sum[PRODUCT_OUTS][PRODUCT_VECTORS];
  UNROLL for (size_t o = 0; o < PRODUCT_OUTS; o++) {
    UNROLL for (size_t v = 0; v < VECTORS; v++) sum[o][v] = splat(0);
  }
  for (size_t i = 0; i < ins; i++) {
    vec factor[PRODUCT_OUTS];
    UNROLL for (size_t o = 0; o < PRODUCT_OUTS; o++) factor[o] = splat(weight[o * ins + i]);
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
      const vec value = load(tiles + i * row + v * VECTOR);
      UNROLL for (size_t o = 0; o < PRODUCT_OUTS; o++) sum[o][v] = fma_lanes(factor[o], value, sum[o][v]);
    }
  }
  UNROLL for (size_t o = 0; o < PRODUCT_OUTS; o++) {
    UNROLL for (size_t v = 0; v < VECTORS; v++) store(to + o * row + v * VECTOR, splat(0) + sum[o][v]);
  }
}

/* What take_tiles will write, one tile of one output channel after the other: it comes from memory, which
 * takes a while, before it can be written. */
typedef struct expected {
  const conv_job *job;
  float *y;
  tile t;
  size_t left;
} expected;

INLINE void expect_tile(expected *e) {
  if (e->left == 0) return;
  const float *y = e->y + e->t.row * e->job->y_row + e->t.column * LANES;
  const bool lower = e->t.row + 1 < e->job->rows;
  __builtin_prefetch(y, 1, 2);
  __builtin_prefetch(y + LANES, 1, 2);
  if (lower) __builtin_prefetch(y + e->job->y_row, 1, 2);
  if (lower) __builtin_prefetch(y + e->job->y_row + LANES, 1, 2);
  e->t = next_tile(e->t, e->job->columns);
  e->left--;
}

/* to [outs, count], tiles [ins, count], weight [outs, ins]. */
static void multiply(float *to, const float *tiles, const float *weight, size_t ins, size_t outs,
                     size_t count, expected *soon) {
  const size_t row = count * LANES, all = count * PARTS;
  for (size_t out = 0; out < outs; out += PRODUCT_OUTS) {
    size_t v = 0;
    for (size_t i = 0; i < PRODUCT_OUTS; i++) expect_tile(soon);
    for (; v + PRODUCT_VECTORS <= all; v += PRODUCT_VECTORS)
      product_tile(to + out * row + v * VECTOR, tiles + v * VECTOR, weight + out * ins, ins, row,
                   PRODUCT_VECTORS);
    for (; PRODUCT_VECTORS > 2 && v + 2 <= all; v += 2)
      product_tile(to + out * row + v * VECTOR, tiles + v * VECTOR, weight + out * ins, ins, row,
                   PRODUCT_VECTORS > 2 ? 2 : 1);
    for (; v < all; v++)
      product_tile(to + out * row + v * VECTOR, tiles + v * VECTOR, weight + out * ins, ins, row, 1);
  }
}

static void convolve(const winograd_job *w) {
  const conv_job *job = w->conv;
  const size_t ins = job->in_channels, most = winograd_tiles_at_once(ins), weights = ins * job->out_channels;
  size_t count, outs;
  for (size_t first = w->begin; first < w->end; first += count) {
    count = w->end - first < most ? w->end - first : most;
    float *inputs = w->scratch, *outputs = inputs + WINOGRAD_PLACES * winograd_place(ins, count);
    put_tiles(inputs, w, first, count);
    for (size_t out = 0; out < job->out_channels; out += outs) {
      outs = job->out_channels - out < WINOGRAD_OUTS ? job->out_channels - out : WINOGRAD_OUTS;
      for (size_t place = 0; place < WINOGRAD_PLACES; place++) {
        expected soon = {job, job->y + (out + place) * job->y_channel, tile_at(first, job->columns),
                         place < outs ? count : 0};
        multiply(outputs + place * winograd_place(outs, count), inputs + place * winograd_place(ins, count),
                 job->weight + place * weights + out * ins, ins, outs, count, &soon);
      }
      take_tiles(job, outputs, out, outs, first, count);
    }
  }
}

/* ---- gradients of weights, so many rows of places at a time as the second cache holds ---- */

/* The same rows of A dy A^T; what is beyond the last row and column is zero. */
INLINE void put_delta_rows(float *to, size_t place, const float *dy, size_t dy_row, size_t rows,
                           size_t columns, const size_t FIRST, const size_t ROWS) {
  const float *lower = rows > 1 ? dy + dy_row : NO_ROW;
  for (size_t part = 0; part < LANES; part += VECTOR) {
    vec half[4][2];
    UNROLL for (size_t c = 0; c < 2; c++) {
      vec a = tile_value(dy, c, part, columns), b = tile_value(lower, c, part, columns);
      half[0][c] = a;
      half[1][c] = a + b;
      half[2][c] = a - b;
      half[3][c] = -b;
    }
    UNROLL for (size_t r = FIRST; r < FIRST + ROWS; r++) {
      float *row = to + 4 * (r - FIRST) * place + part;
      store(row, half[r][0]);
      store(row + place, half[r][0] + half[r][1]);
      store(row + 2 * place, half[r][0] - half[r][1]);
      store(row + 3 * place, -half[r][1]);
    }
  }
}

/* Where a strip of tiles is put: [4 * rows, channels, count] of inputs and of deltas. */
typedef struct strip {
  const conv_gradient_job *job;
  size_t first, count;
  float *inputs, *deltas;
} strip;

INLINE void put_strip(const strip *s, const size_t FIRST, const size_t ROWS) {
  const conv_gradient_job *job = s->job;
  for (size_t channel = 0; channel < job->in_channels; channel++) {
    const tile_source source = {job->x + channel * job->x_channel, job->x_row, job->x_rows, job->padding,
                                job->columns};
    tile t = tile_at(s->first, job->columns);
    for (size_t i = 0; i < s->count; i++, t = next_tile(t, job->columns)) {
      float *to = s->inputs + (channel * s->count + i) * LANES;
      const size_t place = winograd_place(job->in_channels, s->count);
      if (tile_columns(&source, t) == 4)
        put_tile_rows(to, place, &source, t, 4, FIRST, ROWS);
      else
        put_tile_rows(to, place, &source, t, 3, FIRST, ROWS);
    }
  }
  for (size_t channel = 0; channel < job->out_channels; channel++) {
    tile t = tile_at(s->first, job->columns);
    for (size_t i = 0; i < s->count; i++, t = next_tile(t, job->columns))
      put_delta_rows(s->deltas + (channel * s->count + i) * LANES,
                     winograd_place(job->out_channels, s->count),
                     job->dy + channel * job->y_channel + t.row * job->y_row + t.column * LANES, job->y_row,
                     job->rows - t.row, job->columns - t.column, FIRST, ROWS);
  }
}

#define PUT_STRIP(FIRST, ROWS)                                                                               \
  static void put_strip_##FIRST##_##ROWS(const strip *s) {                                                   \
    put_strip(s, FIRST, ROWS);                                                                               \
  }

PUT_STRIP(0, 4)
PUT_STRIP(0, 2)
PUT_STRIP(2, 2)
PUT_STRIP(0, 1)
PUT_STRIP(1, 1)
PUT_STRIP(2, 1)
PUT_STRIP(3, 1)

typedef void put_function(const strip *s);

static put_function *putter(size_t first, size_t rows) {
  static put_function *const SINGLE[4] = {put_strip_0_1, put_strip_1_1, put_strip_2_1, put_strip_3_1};
  if (rows == 4) return put_strip_0_4;
  if (rows == 2) return first == 0 ? put_strip_0_2 : put_strip_2_2;
  return SINGLE[first];
}

/* A tile of weights: OUTS x INS sums in registers. */
enum { INS = WINOGRAD_CHANNELS, OUTS = SUMS >= 16 ? 4 : 2, PAIRS = OUTS * INS };

#if defined(LANES_AVX512) || (defined(PORTABLE_VECTOR) && PORTABLE_VECTOR == 16)
/* The sums over lanes of 16 vectors, by halving: lanes i and i + 8, then i and i + 4, ... Each round leaves
 * half as many vectors. */
INLINE void sum_lanes(float to[PAIRS], vec x[PAIRS]) {
  UNROLL for (size_t i = 0; i < 8; i++) {
    vec a = x[2 * i], b = x[2 * i + 1];
    x[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
           __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  }
  UNROLL for (size_t i = 0; i < 4; i++) {
    vec a = x[2 * i], b = x[2 * i + 1];
    x[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
           __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  }
  UNROLL for (size_t i = 0; i < 2; i++) {
    vec a = x[2 * i], b = x[2 * i + 1];
    x[i] = __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) +
           __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
  }
  store(to,
        __builtin_shufflevector(x[0], x[1], 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
            __builtin_shufflevector(x[0], x[1], 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31));
}
#endif

/* The sums over lanes of each pair (out, in). */
INLINE void pair_sums(float to[PAIRS], const float *deltas, const float *inputs, size_t count) {
#if !(defined(LANES_AVX512) || (defined(PORTABLE_VECTOR) && PORTABLE_VECTOR == 16))
  float lanes[PAIRS][LANES] __attribute__((aligned(64)));
#endif
  for (size_t part = 0; part < LANES; part += VECTOR) {
    vec sum[PAIRS];
    UNROLL for (size_t k = 0; k < PAIRS; k++) sum[k] = splat(0);
    for (size_t t = 0; t < count; t++) {
      vec delta[OUTS];
      UNROLL for (size_t o = 0; o < OUTS; o++) delta[o] = load(deltas + (o * count + t) * LANES + part);
      UNROLL for (size_t i = 0; i < INS; i++) {
        vec input = load(inputs + (i * count + t) * LANES + part);
        UNROLL for (size_t o = 0; o < OUTS; o++) sum[o * INS + i] =
            fma_lanes(delta[o], input, sum[o * INS + i]);
      }
    }
#if defined(LANES_AVX512) || (defined(PORTABLE_VECTOR) && PORTABLE_VECTOR == 16)
    sum_lanes(to, sum);
  }
#else
    UNROLL for (size_t k = 0; k < PAIRS; k++) store(lanes[k] + part, sum[k]);
  }
  for (size_t k = 0; k < PAIRS; k++) {
    for (size_t half = LANES / 2; half > 0; half /= 2)
      for (size_t i = 0; i < half; i++) lanes[k][i] += lanes[k][i + half];
    to[k] = lanes[k][0];
  }
#endif
}

/* e [out_channels, in_channels] of one place; begin: nothing is there yet. */
static void sum_products(float *e, const float *deltas, const float *inputs, const conv_gradient_job *job,
                         size_t count, bool begin) {
  const size_t ins = job->in_channels;
  for (size_t out = 0; out < job->out_channels; out += OUTS)
    for (size_t in = 0; in < ins; in += INS) {
      float sums[PAIRS] __attribute__((aligned(64)));
      pair_sums(sums, deltas + out * count * LANES, inputs + in * count * LANES, count);
      for (size_t o = 0; o < OUTS; o++)
        for (size_t i = 0; i < INS; i++) {
          float *to = e + (out + o) * ins + in + i;
          *to = begin ? sums[o * INS + i] : *to + sums[o * INS + i];
        }
    }
}

static void gradient(const winograd_gradient_job *w) {
  const conv_gradient_job *job = w->conv;
  const size_t ins = job->in_channels, outs = job->out_channels, rows = winograd_rows_at_once(ins + outs);
  strip s = {.job = job, .inputs = w->scratch};
  for (s.first = w->begin; s.first < w->end; s.first += s.count) {
    s.count = w->end - s.first < WINOGRAD_STRIP ? w->end - s.first : WINOGRAD_STRIP;
    s.deltas = s.inputs + 4 * rows * winograd_place(ins, s.count);
    for (size_t row = 0; row < 4; row += rows) {
      putter(row, rows)(&s);
      for (size_t place = 0; place < 4 * rows; place++)
        sum_products(job->weight_gradient + (4 * row + place) * ins * outs,
                     s.deltas + place * winograd_place(outs, s.count),
                     s.inputs + place * winograd_place(ins, s.count), job, s.count, s.first == 0);
    }
  }
}

extern const winograd_table LEVEL_TABLE(winograd_kernels);
const winograd_table LEVEL_TABLE(winograd_kernels) = {.convolve = convolve, .gradient = gradient};
