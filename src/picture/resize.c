#include "picture/resize.h"

#include "base/level.h"
#include "base/memory.h"
#include "data/resample.h"
#include "picture/resize_kernels.h"

LEVEL_FUNCTIONS(resize_table, resize_kernels, resize_table)

static void release_weights(resize_weights *w) {
  mem_free(w->firsts);
  mem_free(w->counts);
  mem_free(w->weights);
}

static int32_t fixed_point(double weight) {
  const double scaled = weight * (1 << RESIZE_BITS);
  return (int32_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/* The weights of the pixels first..first+count-1 of `to` pixels that come from `from`. */
static despur_status make_weights(resize_weights *w, size_t from, size_t to, size_t first, size_t count,
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

/* One past the last pixel that the weights ask for. */
static size_t end_of(const resize_weights *w, size_t count) {
  return w->firsts[count - 1] + w->counts[count - 1];
}

/* Most pixels that LANES ones in a row are made of. */
static size_t most_at_once(const resize_weights *w, size_t count) {
  size_t most = 0;
  for (size_t at = 0; at < count; at += LANES) {
    const size_t end = end_of(w, count - at < LANES ? count : at + LANES);
    if (end - w->firsts[at] > most) most = end - w->firsts[at];
  }
  return most;
}

/* LANES rows at a time: rows [3, needed, width] of the picture's rows first..first+needed-1. */
static despur_status resize_rows(uint8_t *rows, const picture *from, size_t first, size_t needed,
                                 const resize_weights *across, size_t width, const resize_table *kernels,
                                 despur_error *error) {
  resize_across_job job = {.weights = across, .pixels = width, .out_row = width, .out_plane = needed * width};
  despur_status status = mem_alloc(&job.columns, 3 * most_at_once(across, width) + LANES, LANES, error);
  for (size_t row = 0; status == DESPUR_OK && row < needed; row += LANES) {
    job.count = needed - row < LANES ? needed - row : LANES;
    for (size_t i = 0; i < LANES; i++)
      job.rows[i] = from->rgb + 3 * from->width * (first + row + (i < job.count ? i : 0));
    job.out = rows + row * width;
    kernels->across(&job);
  }
  mem_free(job.columns);
  return status;
}

despur_status picture_resize(uint8_t *out, const picture *from, size_t width, size_t height, picture_box box,
                             despur_filter filter, despur_error *error) {
  despur_status status = DESPUR_OK;
  resize_weights across = {0}, down = {0};
  uint8_t *rows = NULL;
  const resize_table *kernels;
  TRY(resize_table_choose(&kernels, error));
  TRY(make_weights(&across, from->width, width, box.left, box.width, filter, error));
  TRY(make_weights(&down, from->height, height, box.top, box.height, filter, error));
  const size_t first = down.firsts[0], needed = end_of(&down, box.height) - first;
  TRY(mem_alloc(&rows, 3 * needed * box.width + LANES, 1, error));
  /* A pass between equal sizes changes nothing: its weights are 1 and zeros. */
  TRY(resize_rows(rows, from, first, needed, &across, box.width, kernels, error));
  for (size_t c = 0; c < 3; c++)
    kernels->down(&(resize_down_job){.from = rows + c * needed * box.width,
                                     .weights = &down,
                                     .rows = box.height,
                                     .width = box.width,
                                     .out = out + c * box.height * box.width});
cleanup:
  release_weights(&across);
  release_weights(&down);
  mem_free(rows);
  return status;
}

/* Half of what is too much, ties to even as Python's round has it. */
static size_t middle(size_t length, size_t side) {
  const size_t more = length - side;
  return more / 2 + (more % 2 == 1 && more / 2 % 2 == 1);
}

picture_box picture_fit_box(const picture *from, size_t side, size_t shorter, size_t *width, size_t *height) {
  const bool wide = from->width > from->height;
  const size_t least = wide ? from->height : from->width, most = wide ? from->width : from->height;
  const size_t longer = shorter * most / least;
  *width = wide ? longer : shorter;
  *height = wide ? shorter : longer;
  return (picture_box){middle(*width, side), middle(*height, side), side, side};
}

despur_status picture_fit(uint8_t *out, const picture *from, size_t side, size_t shorter,
                          despur_filter filter, despur_error *error) {
  size_t width, height;
  const picture_box box = picture_fit_box(from, side, shorter, &width, &height);
  return picture_resize(out, from, width, height, box, filter, error);
}

despur_status picture_shrink(despur_thumbnail *out, const picture *from, size_t side, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint8_t *planes = NULL;
  const size_t longer = from->width > from->height ? from->width : from->height;
  const size_t to = longer < side ? longer : side;
  *out = (despur_thumbnail){.width = from->width * to / longer, .height = from->height * to / longer};
  if (out->width == 0) out->width = 1;
  if (out->height == 0) out->height = 1;
  const size_t pixels = out->width * out->height;
  TRY(mem_alloc(&out->rgb, pixels, 3, error));
  TRY(mem_alloc(&planes, pixels, 3, error));
  TRY(picture_resize(planes, from, out->width, out->height, (picture_box){0, 0, out->width, out->height},
                     DESPUR_BILINEAR, error));
  for (size_t i = 0; i < pixels; i++)
    for (size_t c = 0; c < 3; c++) out->rgb[3 * i + c] = planes[c * pixels + i];
cleanup:
  mem_free(planes);
  return status;
}
