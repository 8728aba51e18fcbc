/* Convolutions of 1 x 1, compiled once for each instruction set (base/level.h).
 *
 * Input channels of large maps lie pages apart, and what a tile reads of them would fall into few sets of a
 * cache. So some places of some input channels are put together first, and stay in the first cache while all
 * output channels are added up; sums so far wait in the output. They are the same sums in the same order. */
#include "nn/after.h"
#include "nn/kernels.h"

#include "base/lanes.h"
#include "base/level.h"

#include <stdbool.h>

enum {
  PLACES = 6, /* that are put together, */
  INS = 64,   /* of so many input channels: 24 KiB */
  OUTS = SUMS == 24   ? 4
         : SUMS == 12 ? 3
                      : 1,
  MOST = SUMS / OUTS > 8 ? 8 : SUMS / OUTS /* vectors of a tile */
};

/* Places next to each other in the output, and input channels from one on. */
typedef struct points {
  const conv_job *job;
  size_t count; /* places */
  const float *x[PLACES];
  float *y;
  size_t plus_at; /* floats from the beginning of a channel of what is added */
  size_t in, ins;
  const float *packed; /* [ins, count, LANES] */
} points;

static const float NOTHING[LANES] __attribute__((aligned(64)));

/* Where the places from one on, counted row by row, have their input: in channel 0, or nowhere. */
static void find_places(points *p, size_t first) {
  const conv_job *job = p->job;
  for (size_t i = 0; i < p->count; i++) {
    const size_t row = (first + i) / job->columns * job->stride,
                 column = (first + i) % job->columns * job->stride;
    p->x[i] = row < job->x_rows ? job->x + row * job->x_row + column * LANES : NULL;
  }
}

static void pack(const points *p, float *to) {
  for (size_t i = 0; i < p->count; i++) {
    const float *from = p->x[i] ? p->x[i] + p->in * p->job->x_channel : NOTHING;
    const size_t step = p->x[i] ? p->job->x_channel : 0;
    for (size_t in = 0; in < p->ins; in++)
      for (size_t part = 0; part < LANES; part += VECTOR)
        store(to + (in * p->count + i) * LANES + part, load(from + in * step + part));
  }
}

/* CHANNELS output channels from `out` x VECTORS vectors from `first`. */
INLINE void add_tile(const points *p, size_t out, size_t first, const size_t CHANNELS, const size_t VECTORS) {
  const conv_job *job = p->job;
  const bool begins = p->in == 0, ends = p->in + p->ins == job->in_channels;
  const size_t weight_out = job->in_channels, row = p->count * LANES;
  const float *x = p->packed + first * VECTOR, *w = job->weight + out * weight_out + p->in;
  float *y[OUTS];
  vec sum[OUTS][MOST];
  UNROLL for (size_t o = 0; o < CHANNELS; o++) y[o] = p->y + (out + o) * job->y_channel;
  UNROLL for (size_t o = 0; o < CHANNELS; o++) {
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
      const size_t at = (first + v) / PARTS * job->y_column + (first + v) % PARTS * VECTOR;
      sum[o][v] = begins ? splat(0) : load(y[o] + at);
    }
  }
  for (size_t i = 0; i < p->ins; i++) {
    vec factor[OUTS];
    UNROLL for (size_t o = 0; o < CHANNELS; o++) factor[o] = splat(w[o * weight_out + i]);
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
      const vec value = load(x + i * row + v * VECTOR);
      UNROLL for (size_t o = 0; o < CHANNELS; o++) sum[o][v] = fma_lanes(factor[o], value, sum[o][v]);
    }
  }
  UNROLL for (size_t o = 0; o < CHANNELS; o++) {
    const vec shift = splat(job->bias ? job->bias[out + o] : 0);
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
      const size_t at = (first + v) / PARTS * job->y_column + (first + v) % PARTS * VECTOR;
      vec value = sum[o][v];
      if (ends) value = shift + value;
      store(y[o] + at, value);
    }
  }
}

/* What follows, of all places of some output channels: they have just been written. */
static void finish_channels(const points *p, size_t out, size_t channels) {
  const conv_job *job = p->job;
  for (size_t o = out; o < out + channels; o++) {
    const channel_after after = after_channel(job->after, o);
    float *y = p->y + o * job->y_channel;
    for (size_t at = 0; at < p->count * LANES; at += VECTOR)
      store(y + at, finish(load(y + at), &after, p->plus_at + at));
  }
}

/* So many vectors of `left` as a tile can take; returns how many. */
static size_t add_vectors(const points *p, size_t out, size_t first, size_t left) {
  if (left >= MOST) {
    add_tile(p, out, first, OUTS, MOST);
    return MOST;
  }
  if (MOST > 4 && left >= 4) {
    add_tile(p, out, first, OUTS, MOST > 4 ? 4 : 1);
    return 4;
  }
  if (MOST > 2 && left >= 2) {
    add_tile(p, out, first, OUTS, MOST > 2 ? 2 : 1);
    return 2;
  }
  add_tile(p, out, first, OUTS, 1);
  return 1;
}

/* Most numbers of channels are multiples of OUTS. */
static void add_channels(const points *p) {
  const size_t outs = p->job->out_channels, all = p->count * PARTS;
  const bool follows = p->job->after && p->in + p->ins == p->job->in_channels;
  size_t out = 0;
  for (; out + OUTS <= outs; out += OUTS) {
    for (size_t first = 0; first < all;) first += add_vectors(p, out, first, all - first);
    if (follows) finish_channels(p, out, OUTS);
  }
  for (; out < outs; out++) {
    for (size_t first = 0; first < all; first++) add_tile(p, out, first, 1, 1);
    if (follows) finish_channels(p, out, 1);
  }
}

/* Places first..first+count-1, counted row by row; y at the first of them. */
static void convolve_places(points *p, size_t first) {
  float packed[INS * PLACES * LANES] __attribute__((aligned(64)));
  find_places(p, first);
  p->packed = packed;
  for (p->in = 0; p->in < p->job->in_channels; p->in += p->ins) {
    p->ins = p->job->in_channels - p->in < INS ? p->job->in_channels - p->in : INS;
    pack(p, packed);
    add_channels(p);
  }
}

/* Whether rows follow each other without a gap. */
static bool is_flat(const conv_job *job) {
  const bool added = job->after && job->after->plus;
  return job->y_row == job->columns * job->y_column &&
         (!added || job->after->plus_row == job->columns * LANES);
}

static void conv_points(const conv_job *job) {
  const bool flat = is_flat(job);
  const size_t rows = flat ? 1 : job->rows, columns = flat ? job->rows * job->columns : job->columns;
  points p = {.job = job};
  for (size_t row = 0; row < rows; row++)
    for (size_t column = 0; column < columns; column += p.count) {
      p.count = columns - column < PLACES ? columns - column : PLACES;
      p.y = job->y + row * job->y_row + column * job->y_column;
      p.plus_at = job->after ? row * job->after->plus_row + column * LANES : 0;
      convolve_places(&p, row * columns + column);
    }
}

static void finish_rows(const conv_job *job) {
  for (size_t out = 0; out < job->out_channels; out++) {
    const channel_after after = after_channel(job->after, out);
    for (size_t row = 0; row < job->rows; row++) {
      float *y = job->y + out * job->y_channel + row * job->y_row;
      for (size_t at = 0; at < job->columns * LANES; at += VECTOR)
        store(y + at, finish(load(y + at), &after, row * after.plus_row + at));
    }
  }
}

extern const points_table LEVEL_TABLE(points_kernels);
const points_table LEVEL_TABLE(points_kernels) = {.conv = conv_points, .finish = finish_rows};
