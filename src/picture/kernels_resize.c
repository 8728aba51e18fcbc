/* The kernels of resizing, compiled once for each instruction set (base/level.h). */
#include "base/lanes.h"
#include "base/level.h"
#include "picture/resize_kernels.h"

typedef uint8_t byte_row __attribute__((vector_size(LANES)));

/* a[i][k] and a[k][i] change places: each round turns the bits of (i, k) by one. */
INLINE void transpose_bytes(byte_row a[LANES]) {
  byte_row b[LANES];
  UNROLL for (size_t reach = 1; reach < LANES; reach *= 2) {
    UNROLL for (size_t i = 0; i < LANES / 2; i++) {
      const byte_row x = a[i], y = a[i + LANES / 2];
      b[2 * i] = __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      b[2 * i + 1] =
          __builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    UNROLL for (size_t i = 0; i < LANES; i++) a[i] = b[i];
  }
}

/* `some` bytes of all rows, as columns. */
INLINE void put_columns(uint8_t *to, const resize_across_job *job, size_t at, size_t some) {
  byte_row a[LANES] = {{0}};
  for (size_t row = 0; row < LANES; row++) memcpy(&a[row], job->rows[row] + at, some);
  transpose_bytes(a);
  memcpy(to, a, sizeof a);
}

/* Bytes begin..end-1 of all rows. */
static void put_rows(const resize_across_job *job, size_t begin, size_t end) {
  uint8_t *to = job->columns;
  size_t at = begin;
  for (; at + LANES <= end; at += LANES, to += LANES * LANES) put_columns(to, job, at, LANES);
  if (at < end) put_columns(to, job, at, end - at);
}

INLINE ivec half_of_one(void) {
  return (ivec){0} + (1 << (RESIZE_BITS - 1));
}

/* One colour of one pixel of all rows: from its first column on, and so on. */
INLINE void add_columns(uint8_t *to, const uint8_t *column, const int32_t *weight, size_t count) {
  UNROLL for (size_t part = 0; part < LANES; part += VECTOR) {
    ivec sum = half_of_one();
    for (size_t k = 0; k < count; k++) sum += load_bytes(column + 3 * k * LANES + part) * weight[k];
    store_saturated(to + part, sum >> RESIZE_BITS);
  }
}

/* `some` pixels of one colour, of the rows that are wanted. */
static void take_columns(const resize_across_job *job, const uint8_t *tile, uint8_t *out, size_t some) {
  byte_row a[LANES];
  memcpy(a, tile, sizeof a);
  transpose_bytes(a);
  for (size_t row = 0; row < job->count; row++) memcpy(out + row * job->out_row, &a[row], some);
}

/* LANES pixels at a time, so that what they are made of stays in the first cache. */
static void across(const resize_across_job *job) {
  const resize_weights *w = job->weights;
  uint8_t tiles[3][LANES * LANES] __attribute__((aligned(64))) = {{0}};
  for (size_t at = 0; at < job->pixels; at += LANES) {
    const size_t some = job->pixels - at < LANES ? job->pixels - at : LANES, last = at + some - 1;
    const size_t begin = w->firsts[at];
    put_rows(job, 3 * begin, 3 * (w->firsts[last] + w->counts[last]));
    for (size_t i = 0; i < some; i++) {
      const size_t pixel = at + i;
      const uint8_t *column = job->columns + 3 * (w->firsts[pixel] - begin) * LANES;
      for (size_t c = 0; c < 3; c++)
        add_columns(tiles[c] + i * LANES, column + c * LANES, w->weights + pixel * w->most, w->counts[pixel]);
    }
    for (size_t c = 0; c < 3; c++) take_columns(job, tiles[c], job->out + c * job->out_plane + at, some);
  }
}

/* LANES columns of one row. */
INLINE void add_rows(uint8_t *to, const uint8_t *from, size_t row, const int32_t *weight, size_t count) {
  UNROLL for (size_t part = 0; part < LANES; part += VECTOR) {
    ivec sum = half_of_one();
    for (size_t k = 0; k < count; k++) sum += load_bytes(from + k * row + part) * weight[k];
    store_saturated(to + part, sum >> RESIZE_BITS);
  }
}

static void down(const resize_down_job *job) {
  const resize_weights *w = job->weights;
  const size_t width = job->width;
  for (size_t row = 0; row < job->rows; row++) {
    const uint8_t *from = job->from + (w->firsts[row] - w->firsts[0]) * width;
    const int32_t *weight = w->weights + row * w->most;
    uint8_t *out = job->out + row * width, last[LANES];
    size_t at = 0;
    for (; at + LANES <= width; at += LANES) add_rows(out + at, from + at, width, weight, w->counts[row]);
    if (at == width) continue;
    add_rows(last, from + at, width, weight, w->counts[row]);
    memcpy(out + at, last, width - at);
  }
}

extern const resize_table LEVEL_TABLE(resize_kernels);
const resize_table LEVEL_TABLE(resize_kernels) = {.across = across, .down = down};
