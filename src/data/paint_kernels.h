/* Painting a block: from grey bytes, one image after the other, to coloured pixels in lanes. */
#ifndef DATA_PAINT_KERNELS_H
#define DATA_PAINT_KERNELS_H

#include "base/block.h"
#include "base/error.h"

#include <stdint.h>

enum { PAINT_SIDE = 28, PAINT_PLANE = PAINT_SIDE * PAINT_SIDE };

/* A pixel of lane l is grey / 255; where grey is 0 and painted is not, it is the colour of the lane. */
typedef struct paint_job {
  const uint8_t *grey[LANES];    /* [PAINT_PLANE] each */
  const uint8_t *painted[LANES]; /* [PAINT_PLANE] each */
  float colour[3][LANES] __attribute__((aligned(64)));
  block_layout layout; /* of x: 3 channels of PAINT_SIDE x PAINT_SIDE */
  float *x;
} paint_job;

typedef struct paint_table {
  void (*paint)(const paint_job *job);
} paint_table;

/* The table that this processor runs best, or the one that $DESPUR_CPU names (DESPUR_BAD_USAGE when there is
 * none). */
DESPUR_MUST_USE despur_status paint_table_choose(const paint_table **out, despur_error *error);

/* The i-th table that this processor can run, slowest first; NULL past the end. */
const paint_table *paint_table_available(size_t i);

#endif
