/* The kernels, compiled once for each instruction set (base/level.h).
 *
 * Tiles are chosen so that accumulators stay in registers. A tile function is always inlined with constant
 * sizes; the functions above it pick the constants. */
#include "nn/kernels.h"

#include "base/lanes.h"
#include "base/level.h"

#include <stdbool.h>
#include <string.h>

/* Calls X(n) with the constant n equal to value, 1 <= value <= 8. */
#define DISPATCH8(value, X)                                                                                  \
  switch (value) {                                                                                           \
  case 1:                                                                                                    \
    X(1);                                                                                                    \
    break;                                                                                                   \
  case 2:                                                                                                    \
    X(2);                                                                                                    \
    break;                                                                                                   \
  case 3:                                                                                                    \
    X(3);                                                                                                    \
    break;                                                                                                   \
  case 4:                                                                                                    \
    X(4);                                                                                                    \
    break;                                                                                                   \
  case 5:                                                                                                    \
    X(5);                                                                                                    \
    break;                                                                                                   \
  case 6:                                                                                                    \
    X(6);                                                                                                    \
    break;                                                                                                   \
  case 7:                                                                                                    \
    X(7);                                                                                                    \
    break;                                                                                                   \
  default:                                                                                                   \
    X(8);                                                                                                    \
    break;                                                                                                   \
  }

/* Hides from the compiler that p is what it was. It would otherwise see that neighbouring kernel columns load
 * the same values, keep them all in registers, and spill the sums. */
INLINE const float *fresh(const float *p) {
  __asm__("" : "+r"(p));
  return p;
}

/* The size of the next tile when `left` things remain and a tile takes at most `most`: as equal as possible.
 */
INLINE size_t tile_size(size_t left, size_t most) {
  size_t tiles = (left + most - 1) / most;
  return (left + tiles - 1) / tiles;
}

/* The kernel rows that meet existing input rows for one output row. */
typedef struct row_range {
  size_t first, last;
} row_range;

INLINE row_range kernel_rows(size_t row, size_t stride, size_t padding, size_t kernel, size_t x_rows) {
  size_t top = row * stride; /* padded coordinates: input row r is at r + padding */
  size_t first = top < padding ? padding - top : 0;
  size_t last = x_rows + padding > top ? x_rows + padding - top : 0;
  if (last > kernel) last = kernel;
  return (row_range){first, last > first ? last : first};
}

/* A row of a block is an array of vectors, PARTS of them to a column. Where vector v of an output row finds
 * the input of kernel column 0. */
INLINE size_t input_of_vector(size_t v, const size_t STRIDE) {
  return STRIDE == 1 ? v * VECTOR : v / PARTS * STRIDE * LANES + v % PARTS * VECTOR;
}

/* A kernel's rows and columns and its stride: constants, or variables in the general case. skips: products
 * with columns of padding are left out, which is worth its code for 5 x 5. */
typedef struct conv_kernel {
  size_t rows, columns, stride;
  bool skips;
} conv_kernel;

/* CHANNELS output channels x VECTORS vectors of one output row, from vector `first`; x and y at the start of
 * their rows. A weight that is loaded serves VECTORS sums and a value CHANNELS of them, so loads stay below
 * multiply-adds, of which a core does two a cycle. The bias is added last: beside a sum it is small, and as
 * its first term it would round every one that follows. `left` and `right` are the columns of padding that
 * the tile meets; with EDGE the products with them are skipped. */
INLINE void conv_tile(const conv_job *job, const float *x, const float *weight, const float *bias, float *y,
                      row_range kernel_rows, size_t first, size_t left, size_t right, const size_t CHANNELS,
                      const size_t VECTORS, const conv_kernel KERNEL, const bool EDGE) {
  const size_t weight_in = KERNEL.rows * KERNEL.columns, weight_out = job->in_channels * weight_in;
  vec sum[4][8];
  UNROLL for (size_t o = 0; o < CHANNELS; o++) {
    UNROLL for (size_t v = 0; v < VECTORS; v++) sum[o][v] = splat(0);
  }
  for (size_t i = 0; i < job->in_channels; i++)
    for (size_t kr = kernel_rows.first; kr < kernel_rows.last; kr++) {
      const float *from = x + i * job->x_channel + kr * job->x_row;
      const float *w = weight + i * weight_in + kr * KERNEL.columns;
      UNROLL for (size_t kc = 0; kc < KERNEL.columns; kc++) {
        vec factor[4];
        from = fresh(from);
        UNROLL for (size_t o = 0; o < CHANNELS; o++) factor[o] = splat(w[o * weight_out + kc]);
        UNROLL for (size_t v = 0; v < VECTORS; v++) {
          if (EDGE && (v / PARTS + kc < left || (VECTORS - 1 - v) / PARTS + KERNEL.columns - 1 - kc < right))
            continue;
          vec value = load(from + input_of_vector(first + v, KERNEL.stride) + kc * LANES);
          UNROLL for (size_t o = 0; o < CHANNELS; o++) sum[o][v] = fma_lanes(factor[o], value, sum[o][v]);
        }
      }
    }
  UNROLL for (size_t o = 0; o < CHANNELS; o++) {
    vec shift = splat(bias ? bias[o] : 0);
    UNROLL for (size_t v = 0; v < VECTORS; v++)
        store(y + o * job->y_channel + (first + v) / PARTS * job->y_column + (first + v) % PARTS * VECTOR,
              shift + sum[o][v]);
  }
}

/* All rows of CHANNELS output channels from channel `out`. Fewer channels leave registers for more vectors:
 * SUMS is how many accumulators there are. */
INLINE void conv_channels(const conv_job *job, size_t out, const size_t CHANNELS, const conv_kernel KERNEL) {
  const size_t MOST = SUMS / CHANNELS > 8 ? 8 : SUMS / CHANNELS;
  const float *weight = job->weight + out * job->in_channels * KERNEL.rows * KERNEL.columns;
  const float *bias = job->bias ? job->bias + out : NULL;
  for (size_t row = 0; row < job->rows; row++) {
    row_range range = kernel_rows(row, KERNEL.stride, job->padding, KERNEL.rows, job->x_rows);
    /* unsigned arithmetic wraps: the range makes every address that is used valid */
    const float *x = job->x + (row * KERNEL.stride - job->padding) * job->x_row;
    float *y = job->y + out * job->y_channel + row * job->y_row;
    size_t vectors, all = job->columns * PARTS;
    for (size_t first = 0; first < all; first += vectors) {
      vectors = tile_size(all - first, MOST);
      size_t left = first == 0 ? job->padding : 0, right = first + vectors == all ? job->padding : 0;
      if (KERNEL.skips && (left || right)) {
#define TILE(n)                                                                                              \
  if (n <= MOST) conv_tile(job, x, weight, bias, y, range, first, left, right, CHANNELS, n, KERNEL, true)
        DISPATCH8(vectors, TILE)
#undef TILE
        continue;
      }
#define TILE(n)                                                                                              \
  if (n <= MOST) conv_tile(job, x, weight, bias, y, range, first, 0, 0, CHANNELS, n, KERNEL, false)
      DISPATCH8(vectors, TILE)
#undef TILE
    }
  }
}

INLINE void conv_sized(const conv_job *job, const conv_kernel KERNEL) {
  enum { MOST_CHANNELS = SUMS == 24 ? 4 : SUMS == 12 ? 3 : 1 };
  size_t channels;
  for (size_t out = 0; out < job->out_channels; out += channels) {
    channels = tile_size(job->out_channels - out, MOST_CHANNELS);
    if (channels == 1)
      conv_channels(job, out, 1, KERNEL);
    else if (channels == 2 && MOST_CHANNELS > 1)
      conv_channels(job, out, 2, KERNEL);
    else if (channels == 3 && MOST_CHANNELS > 1)
      conv_channels(job, out, 3, KERNEL);
    else if (MOST_CHANNELS > 1)
      conv_channels(job, out, 4, KERNEL);
  }
}

/* Kernels of ROWS x COLUMNS. */
#define CONV(ROWS, COLUMNS)                                                                                  \
  static void conv_##ROWS##x##COLUMNS(const conv_job *job) {                                                 \
    conv_sized(job, (conv_kernel){ROWS, COLUMNS, 1, COLUMNS == 5});                                          \
  }

CONV(1, 2)
CONV(2, 1)
CONV(2, 2)
CONV(3, 3)
CONV(5, 5)

static void conv_3x3_stride_2(const conv_job *job) {
  conv_sized(job, (conv_kernel){3, 3, 2, false});
}

/* Any other shape: the sizes are variables, so the compiler unrolls less; correct, and seldom met. */
static void conv_general(const conv_job *job) {
  conv_sized(job, (conv_kernel){job->kernel, job->kernel_columns, job->stride, false});
}

extern const points_table LEVEL_TABLE(points_kernels);

static void conv(const conv_job *job) {
  static const struct {
    size_t rows, columns, stride;
    void (*conv)(const conv_job *job);
  } KERNELS[] = {{3, 3, 1, conv_3x3}, {5, 5, 1, conv_5x5}, {1, 2, 1, conv_1x2},
                 {2, 1, 1, conv_2x1}, {2, 2, 1, conv_2x2}, {3, 3, 2, conv_3x3_stride_2}};
  if (job->kernel == 1 && job->kernel_columns == 1) {
    LEVEL_TABLE(points_kernels).conv(job);
    return;
  }
  for (size_t i = 0; i < sizeof KERNELS / sizeof *KERNELS; i++) {
    if (KERNELS[i].rows != job->kernel || KERNELS[i].columns != job->kernel_columns ||
        KERNELS[i].stride != job->stride)
      continue;
    KERNELS[i].conv(job);
    return;
  }
  conv_general(job);
}

/* Sums the 16 lanes of each of n vectors by halving: lanes i and i + 8, then i and i + 4, ... In plain C, and
 * in this order whatever the width of the machine's vectors, or instruction sets would give other bits. */
INLINE void sum_lanes(float (*lanes)[LANES], size_t n, float *out, size_t out_stride) {
  for (size_t v = 0; v < n; v++) {
    float *x = lanes[v];
    for (size_t half = LANES / 2; half > 0; half /= 2)
      for (size_t i = 0; i < half; i++) x[i] += x[i + half];
    out[v * out_stride] = x[0];
  }
}

enum { MOST_WIDTH = 7 };

/* The gradients of kernel columns column..column+WIDTH-1 of one kernel row, for CHANNELS output channels and
 * one input channel: dw[o][k] = sum over rows, columns and examples of dy[o] x[k]. An output gradient that is
 * loaded serves WIDTH sums. The 16 examples stay apart in their lanes until the end. STRIDE is a constant or
 * a variable. */
INLINE void conv_gradient_tile(const conv_gradient_job *job, size_t out, size_t in, size_t kernel_row,
                               size_t column, const size_t CHANNELS, const size_t WIDTH,
                               const size_t STRIDE) {
  float lanes[8 * MOST_WIDTH][LANES] __attribute__((aligned(64)));
  for (size_t part = 0; part < LANES; part += VECTOR) {
    vec sum[8][MOST_WIDTH];
    UNROLL for (size_t o = 0; o < CHANNELS; o++) {
      UNROLL for (size_t k = 0; k < WIDTH; k++) sum[o][k] = splat(0);
    }
    for (size_t row = 0; row < job->rows; row++) {
      size_t x_row = row * STRIDE + kernel_row - job->padding; /* wraps to a huge number above row 0 */
      if (x_row >= job->x_rows) continue;
      const float *x = job->x + in * job->x_channel + x_row * job->x_row + column * LANES + part;
      const float *dy = job->dy + out * job->y_channel + row * job->y_row + part;
      for (size_t c = 0; c < job->columns; c++) {
        vec factor[8];
        UNROLL for (size_t o = 0; o < CHANNELS; o++) factor[o] = load(dy + o * job->y_channel + c * LANES);
        UNROLL for (size_t k = 0; k < WIDTH; k++) {
          vec value = load(x + (c * STRIDE + k) * LANES);
          UNROLL for (size_t o = 0; o < CHANNELS; o++) sum[o][k] = fma_lanes(factor[o], value, sum[o][k]);
        }
      }
    }
    UNROLL for (size_t o = 0; o < CHANNELS; o++) {
      UNROLL for (size_t k = 0; k < WIDTH; k++) store(lanes[o * WIDTH + k] + part, sum[o][k]);
    }
  }
  const size_t size = job->kernel * job->kernel;
  for (size_t o = 0; o < CHANNELS; o++)
    sum_lanes(lanes + o * WIDTH, WIDTH,
              job->weight_gradient + ((out + o) * job->in_channels + in) * size + kernel_row * job->kernel +
                  column,
              1);
}

/* All kernel rows of all input channels, the kernel row cut into pieces of WIDTH columns. */
INLINE void conv_gradient_channels(const conv_gradient_job *job, size_t out, const size_t CHANNELS,
                                   const size_t WIDTH, const size_t STRIDE) {
  for (size_t in = 0; in < job->in_channels; in++)
    for (size_t kernel_row = 0; kernel_row < job->kernel; kernel_row++)
      for (size_t column = 0; column < job->kernel; column += WIDTH)
        conv_gradient_tile(job, out, in, kernel_row, column, CHANNELS, WIDTH, STRIDE);
}

INLINE void conv_gradient_sized(const conv_gradient_job *job, const size_t WIDTH, const size_t STRIDE) {
  const size_t MOST = SUMS / WIDTH > 8 ? 8 : SUMS / WIDTH > 1 ? SUMS / WIDTH : 1;
  size_t out = 0;
  for (; out + MOST <= job->out_channels; out += MOST) conv_gradient_channels(job, out, MOST, WIDTH, STRIDE);
  for (; MOST > 2 && out + 2 <= job->out_channels; out += 2)
    conv_gradient_channels(job, out, 2, WIDTH, STRIDE);
  for (; out < job->out_channels; out++) conv_gradient_channels(job, out, 1, WIDTH, STRIDE);
}

static void conv_gradient_bias(const conv_gradient_job *job) {
  for (size_t out = 0; out < job->out_channels; out++) {
    float lanes[1][LANES] __attribute__((aligned(64)));
    for (size_t part = 0; part < LANES; part += VECTOR) {
      vec sum = splat(0);
      for (size_t row = 0; row < job->rows; row++) {
        const float *dy = job->dy + out * job->y_channel + row * job->y_row + part;
        for (size_t column = 0; column < job->columns; column++) sum += load(dy + column * LANES);
      }
      store(lanes[0] + part, sum);
    }
    sum_lanes(lanes, 1, job->bias_gradient + out, 1);
  }
}

static void conv_gradient(const conv_gradient_job *job) {
  if (job->stride == 1 && job->kernel == 5)
    conv_gradient_sized(job, 5, 1);
  else if (job->stride == 1 && job->kernel == 3)
    conv_gradient_sized(job, 3, 1);
  else if (job->stride == 2 && job->kernel == 3)
    conv_gradient_sized(job, 3, 2);
  else if (job->stride == 2 && job->kernel == 7)
    conv_gradient_sized(job, 7, 2);
  else
    conv_gradient_sized(job, 1, job->stride);
  if (job->bias_gradient) conv_gradient_bias(job);
}

enum { LINEAR_OUTPUTS = SUMS / PARTS > 8 ? 8 : SUMS / PARTS > 0 ? SUMS / PARTS : 1 }; /* of a tile */

/* Sums over many inputs are cut into pieces of this length, so that rounding errors do not pile up. */
enum { PIECE = 64 };

/* OUTPUTS outputs from `first`, inputs begin..end-1: added to y, which starts from the bias. */
INLINE void linear_tile(const linear_job *job, size_t first, size_t begin, size_t end, const size_t OUTPUTS) {
  vec sum[LINEAR_OUTPUTS][PARTS];
  UNROLL for (size_t o = 0; o < OUTPUTS; o++) {
    UNROLL for (size_t p = 0; p < PARTS; p++) sum[o][p] = splat(0);
  }
  const float *weight = job->weight + first * job->weight_out;
  for (size_t i = begin; i < end; i++) {
    vec value[PARTS];
    UNROLL for (size_t p = 0; p < PARTS; p++) value[p] = load(job->x + i * LANES + p * VECTOR);
    const float *w = weight + i * job->weight_in;
    UNROLL for (size_t o = 0; o < OUTPUTS; o++) {
      vec factor = splat(w[o * job->weight_out]);
      UNROLL for (size_t p = 0; p < PARTS; p++) sum[o][p] = fma_lanes(factor, value[p], sum[o][p]);
    }
  }
  UNROLL for (size_t o = 0; o < OUTPUTS; o++) {
    float *y = job->y + (first + o) * LANES;
    vec bias = splat(job->bias ? job->bias[first + o] : 0);
    UNROLL for (size_t p = 0; p < PARTS; p++)
        store(y + p * VECTOR, (begin > 0 ? load(y + p * VECTOR) : bias) + sum[o][p]);
  }
}

static void linear(const linear_job *job) {
  size_t outputs;
  for (size_t first = 0; first < job->outputs; first += outputs) {
    outputs = tile_size(job->outputs - first, LINEAR_OUTPUTS);
#define TILE(n)                                                                                              \
  if (n <= LINEAR_OUTPUTS) linear_tile(job, first, begin, end, n)
    for (size_t begin = 0, end; begin < job->inputs; begin = end) {
      end = job->inputs - begin < PIECE ? job->inputs : begin + PIECE;
      DISPATCH8(outputs, TILE)
    }
#undef TILE
  }
}

enum { ROWS_OUTPUTS = SUMS >= 12 ? 4 : 1, ROWS_VECTORS = SUMS / ROWS_OUTPUTS };

INLINE void linear_gradient_tile(const linear_gradient_job *job, size_t out, size_t in, const size_t OUTPUTS,
                                 const size_t VECTORS) {
  vec sum[ROWS_OUTPUTS][ROWS_VECTORS];
  UNROLL for (size_t o = 0; o < OUTPUTS; o++) {
    UNROLL for (size_t v = 0; v < VECTORS; v++) sum[o][v] = splat(0);
  }
  for (size_t e = 0; e < job->examples; e++) {
    const float *x = job->x + e * job->x_stride + in, *dy = job->dy + e * job->dy_stride + out;
    vec value[ROWS_VECTORS];
    UNROLL for (size_t v = 0; v < VECTORS; v++) value[v] = load(x + v * VECTOR);
    UNROLL for (size_t o = 0; o < OUTPUTS; o++) {
      vec factor = splat(dy[o]);
      UNROLL for (size_t v = 0; v < VECTORS; v++) sum[o][v] = fma_lanes(factor, value[v], sum[o][v]);
    }
  }
  UNROLL for (size_t o = 0; o < OUTPUTS; o++) {
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
      size_t at = in + v * VECTOR, room = job->inputs - at;
      float *gradient = job->gradient + (out + o) * job->inputs + at;
      /* rows of the gradient are neither aligned nor padded */
      memcpy(gradient, &sum[o][v], (room < VECTOR ? room : VECTOR) * sizeof *gradient);
    }
  }
}

/* Outputs first..last-1 of some vectors of inputs, which stay in the first cache meanwhile. */
INLINE void linear_gradient_vectors(const linear_gradient_job *job, size_t in, const size_t VECTORS) {
  size_t out = job->first;
  for (; out + ROWS_OUTPUTS <= job->last; out += ROWS_OUTPUTS)
    linear_gradient_tile(job, out, in, ROWS_OUTPUTS, VECTORS);
  for (; out < job->last; out++) linear_gradient_tile(job, out, in, 1, VECTORS);
}

static void linear_gradient(const linear_gradient_job *job) {
  size_t vectors, all = (job->inputs + VECTOR - 1) / VECTOR;
  for (size_t first = 0; first < all; first += vectors) {
    vectors = tile_size(all - first, ROWS_VECTORS);
#define TILE(n)                                                                                              \
  if (n <= ROWS_VECTORS) linear_gradient_vectors(job, first *VECTOR, n)
    DISPATCH8(vectors, TILE)
#undef TILE
  }
}

INLINE void max_pool_sized(const pool_job *job, const size_t WINDOW) {
  uint8_t *choice = job->choice;
  for (size_t channel = 0; channel < job->channels; channel++)
    for (size_t row = 0; row < job->rows; row++)
      for (size_t column = 0; column < job->columns; column++, choice += LANES) {
        const float *x =
            job->x + channel * job->x_channel + row * job->stride * job->x_row + column * job->stride * LANES;
        float *y = job->y + channel * job->y_channel + row * job->y_row + column * LANES;
        for (size_t part = 0; part < LANES; part += VECTOR) {
          vec best = load(x + part);
          ivec winner = {0};
          UNROLL for (size_t k = 1; k < WINDOW * WINDOW; k++) {
            vec value = load(x + k / WINDOW * job->x_row + k % WINDOW * LANES + part);
            ivec larger = value > best;
            best = (vec)((larger & (ivec)value) | (~larger & (ivec)best));
            winner = (larger & (int)k) | (~larger & winner);
          }
          store(y + part, best);
          store_bytes(choice + part, winner);
        }
      }
}

/* The same where windows reach over the edge: elements of a window that are pixels. */
typedef struct pool_window {
  row_range rows, columns;
  size_t
      corner; /* of the window in a channel; wraps where that is outside, as do sums with it that come back */
} pool_window;

INLINE pool_window window_at(const pool_job *job, size_t row, size_t column) {
  return (pool_window){kernel_rows(row, job->stride, job->padding, job->window, job->x_rows),
                       kernel_rows(column, job->stride, job->padding, job->window, job->x_columns),
                       (row * job->stride - job->padding) * job->x_row +
                           (column * job->stride - job->padding) * LANES};
}

static void max_pool_padded(const pool_job *job) {
  uint8_t *choice = job->choice;
  for (size_t channel = 0; channel < job->channels; channel++)
    for (size_t row = 0; row < job->rows; row++)
      for (size_t column = 0; column < job->columns; column++, choice += LANES) {
        const pool_window w = window_at(job, row, column);
        const float *x = job->x + channel * job->x_channel;
        const size_t first = w.corner + w.rows.first * job->x_row + w.columns.first * LANES;
        float *y = job->y + channel * job->y_channel + row * job->y_row + column * LANES;
        for (size_t part = 0; part < LANES; part += VECTOR) {
          vec best = load(x + first + part);
          ivec winner = (ivec){0} + (int)(w.rows.first * job->window + w.columns.first);
          for (size_t r = w.rows.first; r < w.rows.last; r++)
            for (size_t c = w.columns.first; c < w.columns.last; c++) {
              vec value = load(x + (w.corner + r * job->x_row + c * LANES) + part);
              ivec larger = value > best;
              best = (vec)((larger & (ivec)value) | (~larger & (ivec)best));
              winner = (larger & (int)(r * job->window + c)) | (~larger & winner);
            }
          store(y + part, best);
          store_bytes(choice + part, winner);
        }
      }
}

static void max_pool(const pool_job *job) {
  if (job->padding > 0)
    max_pool_padded(job);
  else if (job->window == 2)
    max_pool_sized(job, 2);
  else
    max_pool_sized(job, job->window);
}

/* Written with vectors because gcc 12.2 miscompiles the loop over lanes with AVX2 (it loses gradients;
 * test_kernels notices). */
INLINE void max_pool_gradient_sized(const pool_job *job, const size_t WINDOW) {
  const uint8_t *choice = job->choice;
  for (size_t channel = 0; channel < job->channels; channel++)
    for (size_t row = 0; row < job->rows; row++)
      for (size_t column = 0; column < job->columns; column++, choice += LANES) {
        float *dx = job->dx + channel * job->x_channel + row * job->stride * job->x_row +
                    column * job->stride * LANES;
        const float *dy = job->y + channel * job->y_channel + row * job->y_row + column * LANES;
        for (size_t part = 0; part < LANES; part += VECTOR) {
          ivec winner = load_bytes(choice + part), gradient = (ivec)load(dy + part);
          UNROLL for (size_t k = 0; k < WINDOW * WINDOW; k++) {
            float *to = dx + k / WINDOW * job->x_row + k % WINDOW * LANES + part;
            store(to, load(to) + (vec)((winner == (int)k) & gradient));
          }
        }
      }
}

static void max_pool_gradient_padded(const pool_job *job) {
  const uint8_t *choice = job->choice;
  for (size_t channel = 0; channel < job->channels; channel++)
    for (size_t row = 0; row < job->rows; row++)
      for (size_t column = 0; column < job->columns; column++, choice += LANES) {
        const pool_window w = window_at(job, row, column);
        float *dx = job->dx + channel * job->x_channel;
        const float *dy = job->y + channel * job->y_channel + row * job->y_row + column * LANES;
        for (size_t part = 0; part < LANES; part += VECTOR) {
          ivec winner = load_bytes(choice + part), gradient = (ivec)load(dy + part);
          for (size_t r = w.rows.first; r < w.rows.last; r++)
            for (size_t c = w.columns.first; c < w.columns.last; c++) {
              float *to = dx + (w.corner + r * job->x_row + c * LANES) + part;
              store(to, load(to) + (vec)((winner == (int)(r * job->window + c)) & gradient));
            }
        }
      }
}

static void max_pool_gradient(const pool_job *job) {
  if (job->padding > 0)
    max_pool_gradient_padded(job);
  else if (job->window == 2)
    max_pool_gradient_sized(job, 2);
  else
    max_pool_gradient_sized(job, job->window);
}

/* NaN stays NaN, so that a loss that has gone wrong is seen. */
static void relu(float *x, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = x[i] < 0 ? 0 : x[i];
}

static void relu_gradient(float *dx, const float *y, size_t n) {
  for (size_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dx[i] : 0;
}

extern const row_table LEVEL_TABLE(row_kernels);
extern const norm_table LEVEL_TABLE(norm_kernels);
extern const channels_table LEVEL_TABLE(channels_kernels);
extern const struct step_table LEVEL_TABLE(step_kernels);
extern const winograd_table LEVEL_TABLE(winograd_kernels);
extern const kernel_table LEVEL_TABLE(kernels);
const kernel_table LEVEL_TABLE(kernels) = {
    .level = LEVEL_NAME,
    .conv = conv,
    .conv_gradient = conv_gradient,
    .conv_bias_gradient = conv_gradient_bias,
    .linear = linear,
    .linear_gradient = linear_gradient,
    .max_pool = max_pool,
    .max_pool_gradient = max_pool_gradient,
    .relu = relu,
    .relu_gradient = relu_gradient,
    .norm = &LEVEL_TABLE(norm_kernels),
    .step = &LEVEL_TABLE(step_kernels),
    .rows = &LEVEL_TABLE(row_kernels),
    .points = &LEVEL_TABLE(points_kernels),
    .winograd = &LEVEL_TABLE(winograd_kernels),
    .channels = &LEVEL_TABLE(channels_kernels),
};
