#include "picture/resize.h"

#include "base/memory.h"
#include "data/resample.h"

enum { FRACTION_BITS = 32 - 8 - 2 };

/* For one direction: out pixel i is the sum of weights[i * most ...] times counts[i] pixels from firsts[i].
 */
typedef struct pass_weights {
  size_t most;
  size_t *firsts, *counts;
  int32_t *weights;
} pass_weights;

static void release_weights(pass_weights *w) {
  mem_free(w->firsts);
  mem_free(w->counts);
  mem_free(w->weights);
}

static int32_t fixed_point(double weight) {
  const double scaled = weight * (1 << FRACTION_BITS);
  return (int32_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/* The weights of the pixels first..first+count-1 of `to` pixels that come from `from`. */
static despur_status make_weights(pass_weights *w, size_t from, size_t to, size_t first, size_t count,
                                  despur_filter filter, despur_error *error) {
  despur_status status = DESPUR_OK;
  const bool bicubic = filter == DESPUR_BICUBIC;
  size_t room;
  double *values = NULL;
  w->most = resample_most(from, to, bicubic);
  TRY(mem_multiply(&room, count, w->most, error));
  TRY(mem_alloc(&w->firsts, count, sizeof *w->firsts, error));
  TRY(mem_alloc(&w->counts, count, sizeof *w->counts, error));
  TRY(mem_alloc(&w->weights, room, sizeof *w->weights, error));
  TRY(mem_alloc(&values, w->most, sizeof *values, error));
  for (size_t i = 0; i < count; i++) {
    w->counts[i] = resample_weights(values, &w->firsts[i], from, to, first + i, bicubic);
    for (size_t k = 0; k < w->counts[i]; k++) w->weights[i * w->most + k] = fixed_point(values[k]);
  }
cleanup:
  mem_free(values);
  return status;
}

static uint8_t to_byte(int32_t sum) {
  const int32_t value = sum >> FRACTION_BITS;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* One row of `count` pixels from a longer or shorter one. */
static void resize_row(uint8_t *out, const uint8_t *row, const pass_weights *w, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const int32_t *weight = w->weights + i * w->most;
    const uint8_t *pixel = row + 3 * w->firsts[i];
    int32_t red = 1 << (FRACTION_BITS - 1), green = red, blue = red;
    for (size_t k = 0; k < w->counts[i]; k++) {
      red += weight[k] * pixel[3 * k];
      green += weight[k] * pixel[3 * k + 1];
      blue += weight[k] * pixel[3 * k + 2];
    }
    out[3 * i] = to_byte(red);
    out[3 * i + 1] = to_byte(green);
    out[3 * i + 2] = to_byte(blue);
  }
}

/* sums: room for `values` numbers, so that the innermost loop runs along a row. */
static void resize_column(uint8_t *out, const uint8_t *rows, size_t values, const int32_t *weight,
                          size_t count, int32_t *sums) {
  for (size_t i = 0; i < values; i++) sums[i] = 1 << (FRACTION_BITS - 1);
  for (size_t k = 0; k < count; k++)
    for (size_t i = 0; i < values; i++) sums[i] += weight[k] * rows[k * values + i];
  for (size_t i = 0; i < values; i++) out[i] = to_byte(sums[i]);
}

despur_status picture_resize(uint8_t *out, const picture *from, size_t width, size_t height, picture_box box,
                             despur_filter filter, despur_error *error) {
  despur_status status = DESPUR_OK;
  pass_weights across = {0}, down = {0};
  uint8_t *rows = NULL;
  int32_t *sums = NULL;
  const size_t values = 3 * box.width;
  TRY(make_weights(&across, from->width, width, box.left, box.width, filter, error));
  TRY(make_weights(&down, from->height, height, box.top, box.height, filter, error));
  const size_t last = box.height - 1, first = down.firsts[0];
  const size_t needed = down.firsts[last] + down.counts[last] - first; /* rows of the picture that matter */
  TRY(mem_alloc(&rows, needed * values, 1, error));
  TRY(mem_alloc(&sums, values, sizeof *sums, error));
  /* A pass between equal sizes changes nothing: its weights are 1 and zeros. */
  for (size_t row = 0; row < needed; row++)
    resize_row(rows + row * values, from->rgb + 3 * from->width * (first + row), &across, box.width);
  for (size_t row = 0; row < box.height; row++)
    resize_column(out + row * values, rows + (down.firsts[row] - first) * values, values,
                  down.weights + row * down.most, down.counts[row], sums);
cleanup:
  release_weights(&across);
  release_weights(&down);
  mem_free(rows);
  mem_free(sums);
  return status;
}

/* Half of what is too much, ties to even as Python's round has it. */
static size_t middle(size_t length, size_t side) {
  const size_t more = length - side;
  return more / 2 + (more % 2 == 1 && more / 2 % 2 == 1);
}

despur_status picture_fit(uint8_t *out, const picture *from, size_t side, size_t shorter,
                          despur_filter filter, despur_error *error) {
  despur_status status = DESPUR_OK;
  const bool wide = from->width > from->height;
  const size_t least = wide ? from->height : from->width, most = wide ? from->width : from->height;
  const size_t longer = shorter * most / least;
  const size_t width = wide ? longer : shorter, height = wide ? shorter : longer;
  uint8_t *pixels = NULL;
  TRY(mem_alloc(&pixels, side * side, 3, error));
  const picture_box box = {middle(width, side), middle(height, side), side, side};
  TRY(picture_resize(pixels, from, width, height, box, filter, error));
  for (size_t i = 0; i < side * side; i++)
    for (size_t c = 0; c < 3; c++) out[c * side * side + i] = pixels[3 * i + c];
cleanup:
  mem_free(pixels);
  return status;
}

despur_status picture_shrink(despur_thumbnail *out, const picture *from, size_t side, despur_error *error) {
  const size_t longer = from->width > from->height ? from->width : from->height;
  const size_t to = longer < side ? longer : side;
  *out = (despur_thumbnail){.width = from->width * to / longer, .height = from->height * to / longer};
  if (out->width == 0) out->width = 1;
  if (out->height == 0) out->height = 1;
  despur_status status = mem_alloc(&out->rgb, out->width * out->height, 3, error);
  if (status != DESPUR_OK) return status;
  return picture_resize(out->rgb, from, out->width, out->height, (picture_box){0, 0, out->width, out->height},
                        DESPUR_BILINEAR, error);
}
