/* Painting an image: from grey bytes to coloured pixels. */
#ifndef DATA_PAINT_KERNELS_H
#define DATA_PAINT_KERNELS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { PAINT_SIDE = 28, PAINT_PLANE = PAINT_SIDE * PAINT_SIDE };

typedef struct paint_table {
  /* x [3, PAINT_PLANE]: grey / 255; where grey is 0 and painted is not, the colour [3]. */
  void (*paint)(const uint8_t *grey, const uint8_t *painted, const float *colour, float *x);
} paint_table;

/* The table that this processor runs best, or the one that $DESPUR_CPU names (DESPUR_BAD_USAGE when there is
 * none). */
DESPUR_MUST_USE despur_status paint_table_choose(const paint_table **out, despur_error *error);

/* The i-th table that this processor can run, slowest first; NULL past the end. */
const paint_table *paint_table_available(size_t i);

#endif
