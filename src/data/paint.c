/* Rendering: from stored bytes to what the network sees.
 *
 * SpuCoMNIST images are stored grey; the spurious colour and the noise are drawn here, each time an image is
 * used, from random streams named by the example. So the same example always looks the same. */
#include "base/level.h"
#include "base/random.h"
#include "data/dataset.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { SIDE = PAINT_SIDE, PLANE = PAINT_PLANE, SCATTERED = 49 };

LEVEL_FUNCTIONS(paint_table, paint, paint_table)

/* One example before it is painted: the grey digit, and where the background is coloured. */
typedef struct sketch {
  const uint8_t *grey;    /* [PLANE] */
  uint8_t thinned[PLANE]; /* what grey points to when core feature noise has removed pixels */
  uint8_t painted[PLANE]; /* 1: gets the colour if the digit is exactly zero there */
  const float *colour;    /* [3] */
} sketch;

/* Keeps a pixel with the probability that a standard normal draw exceeds 0.25, 0.4013 (as SpuCo does). */
static void thin_out(sketch *s, uint64_t seed, uint64_t example) {
  const uint32_t threshold = (uint32_t)(0.40129367431707627 * 0x1p32);
  random_stream stream = random_open(seed, "core feature noise", example);
  for (size_t i = 0; i < PLANE; i++) s->thinned[i] = random_u32(&stream) < threshold ? s->grey[i] : 0;
  s->grey = s->thinned;
}

static void paint_corner(uint8_t *painted, size_t side) {
  for (size_t row = 0; row < side; row++) memset(painted + row * SIDE, 1, side);
}

/* SCATTERED distinct pixels of the side x side block in the top left corner (Floyd's sampling). */
static void paint_scattered(uint8_t *painted, size_t side, uint64_t seed, uint64_t example) {
  random_stream stream = random_open(seed, "painted pixels", example);
  uint32_t size = (uint32_t)(side * side);
  for (uint32_t top = size - SCATTERED; top < size; top++) {
    uint32_t chosen = random_below(&stream, top + 1);
    size_t at = chosen / side * SIDE + chosen % side;
    if (painted[at]) at = top / side * SIDE + top % side;
    painted[at] = 1;
  }
}

static void draw_sketch(sketch *s, const despur_dataset *dataset, uint32_t example) {
  const paint_plan *paint = dataset->paint;
  s->grey = (const uint8_t *)dataset->pixels + (size_t)dataset->image[example] * PLANE;
  s->colour = paint->colours[dataset->attribute[example]];
  if (paint->thinned && paint->thinned[example]) thin_out(s, paint->seed, example);
  memset(s->painted, paint->difficulty == DESPUR_MAGNITUDE_LARGE, sizeof s->painted);
  switch (paint->difficulty) {
  case DESPUR_MAGNITUDE_LARGE:
    break;
  case DESPUR_MAGNITUDE_MEDIUM:
    paint_corner(s->painted, 4);
    break;
  case DESPUR_MAGNITUDE_SMALL:
    paint_corner(s->painted, 2);
    break;
  case DESPUR_VARIANCE_LOW:
    paint_corner(s->painted, 7);
    break;
  case DESPUR_VARIANCE_MEDIUM:
    paint_scattered(s->painted, 14, paint->seed, example);
    break;
  case DESPUR_VARIANCE_HIGH:
    paint_scattered(s->painted, SIDE, paint->seed, example);
    break;
  }
}

static void write_row(const despur_dataset *dataset, size_t example, float *out) {
  sketch s;
  draw_sketch(&s, dataset, (uint32_t)example);
  dataset->paint->kernels->paint(s.grey, s.painted, s.colour, out);
}

static void tell_pixels(const despur_dataset *dataset, size_t example, uint8_t *out) {
  sketch s;
  draw_sketch(&s, dataset, (uint32_t)example);
  for (size_t i = 0; i < PLANE; i++)
    out[i] = s.grey[i] > 0 ? DESPUR_PIXEL_CORE : s.painted[i] ? DESPUR_PIXEL_PAINTED : DESPUR_PIXEL_PLAIN;
}

const example_reader painted_examples = {write_row, tell_pixels};
