/* What winograd.h needs besides kernels: sizes, and weights there and back. */
#include "nn/winograd.h"

enum { KERNEL = 9, LEAST_CHANNELS = 8, LEAST_TILES = 9 };

/* Few channels do not repay the sums, and few tiles leave most of a kernel's registers empty. */
bool winograd_pays(size_t in_channels, size_t out_channels, size_t rows, size_t columns) {
  return in_channels >= LEAST_CHANNELS && out_channels >= LEAST_CHANNELS &&
         in_channels % WINOGRAD_CHANNELS == 0 && out_channels % WINOGRAD_CHANNELS == 0 &&
         winograd_tiles(rows, columns) >= LEAST_TILES;
}

size_t winograd_scratch(size_t in_channels) {
  size_t count = winograd_tiles_at_once(in_channels);
  return WINOGRAD_PLACES * (winograd_place(in_channels, count) + winograd_place(WINOGRAD_OUTS, count));
}

size_t winograd_gradient_scratch(size_t in_channels, size_t out_channels, size_t rows, size_t columns) {
  size_t count =
      winograd_tiles(rows, columns) < WINOGRAD_STRIP ? winograd_tiles(rows, columns) : WINOGRAD_STRIP;
  size_t places = 4 * winograd_rows_at_once(in_channels + out_channels);
  return places * (winograd_place(in_channels, count) + winograd_place(out_channels, count));
}

/* One row of G times a column of the kernel: elements 0, step and 2 * step. */
static void times_g(float to[4], const float *g, size_t step) {
  float sides = g[0] + g[2 * step];
  to[0] = g[0];
  to[1] = 0.5F * (sides + g[step]);
  to[2] = 0.5F * (sides - g[step]);
  to[3] = g[2 * step];
}

static void transform(float u[WINOGRAD_PLACES], const float *g) {
  float half[3][4];
  for (size_t column = 0; column < 3; column++) times_g(half[column], g + column, 3);
  for (size_t row = 0; row < 4; row++) {
    const float line[3] = {half[0][row], half[1][row], half[2][row]};
    times_g(u + 4 * row, line, 1);
  }
}

void winograd_transform(float *to, const winograd_weights *from) {
  size_t weights = from->in_channels * from->out_channels;
  for (size_t i = 0; i < weights; i++) {
    float u[WINOGRAD_PLACES];
    transform(u, from->weight + i * KERNEL);
    for (size_t place = 0; place < WINOGRAD_PLACES; place++) to[place * weights + i] = u[place];
  }
}

/* A kernel that is turned has its first and last places exchanged; those between are symmetric. */
void winograd_transform_turned(float *to, const winograd_weights *from) {
  static const size_t TURNED[4] = {3, 1, 2, 0};
  size_t weights = from->in_channels * from->out_channels;
  for (size_t in = 0; in < from->in_channels; in++)
    for (size_t out = 0; out < from->out_channels; out++) {
      float u[WINOGRAD_PLACES], *of = to + in * from->out_channels + out;
      transform(u, from->weight + (out * from->in_channels + in) * KERNEL);
      for (size_t place = 0; place < WINOGRAD_PLACES; place++)
        of[(TURNED[place / 4] * 4 + TURNED[place % 4]) * weights] = u[place];
    }
}

void winograd_weight_gradient(float *to, const float *e, size_t kernels) {
  for (size_t i = 0; i < kernels; i++) {
    float half[3][4];
    for (size_t column = 0; column < 4; column++) {
      const float e0 = e[column * kernels + i], e3 = e[(12 + column) * kernels + i];
      const float plus = 0.5F * (e[(4 + column) * kernels + i] + e[(8 + column) * kernels + i]);
      const float minus = 0.5F * (e[(4 + column) * kernels + i] - e[(8 + column) * kernels + i]);
      half[0][column] = e0 + plus;
      half[1][column] = minus;
      half[2][column] = plus + e3;
    }
    for (size_t row = 0; row < 3; row++) {
      const float plus = 0.5F * (half[row][1] + half[row][2]);
      float *g = to + i * KERNEL + row * 3;
      g[0] = half[row][0] + plus;
      g[1] = 0.5F * (half[row][1] - half[row][2]);
      g[2] = plus + half[row][3];
    }
  }
}
