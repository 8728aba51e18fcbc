/* The arithmetic of resizing, one table of functions for each instruction set: sums of bytes times weights in
 * fixed point, which are whole numbers and so the same everywhere.
 *
 * Rows of a picture become columns of 16 bytes, one of each row, so that a vector holds the same pixel of
 * many rows and is multiplied by one weight. */
#ifndef PICTURE_RESIZE_KERNELS_H
#define PICTURE_RESIZE_KERNELS_H

#include "base/block.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { RESIZE_BITS = 32 - 8 - 2 }; /* behind the point of a weight */

/* For one direction: out pixel i is the sum of weights[i * most + k] times pixel firsts[i] + k, for all k
 * below counts[i]. firsts do not decrease. */
typedef struct resize_weights {
  size_t most;
  size_t *firsts, *counts;
  int32_t *weights;
} resize_weights;

/* Some rows of a picture made shorter or longer: pixels out of each. */
typedef struct resize_across_job {
  const uint8_t *rows[LANES]; /* [pixels, 3] each; behind the last one that is wanted, any of them */
  size_t count;               /* of the rows that are wanted, at least 1 */
  const resize_weights *weights;
  size_t pixels;
  uint8_t *columns;          /* scratch: [3 * pixels that LANES of out are made of + LANES, LANES] */
  uint8_t *out;              /* of the first row */
  size_t out_row, out_plane; /* from a row to the next, from a colour to the next */
} resize_across_job;

/* Rows of one colour added up: one row for each of `rows`. */
typedef struct resize_down_job {
  const uint8_t *from; /* the row firsts[0]; readable for LANES bytes behind the last */
  const resize_weights *weights;
  size_t rows, width;
  uint8_t *out; /* [rows, width] */
} resize_down_job;

typedef struct resize_table {
  void (*across)(const resize_across_job *job);
  void (*down)(const resize_down_job *job);
} resize_table;

/* The i-th table that this processor can run, slowest first; NULL past the end. */
const resize_table *resize_table_available(size_t i);

/* The table for this processor, or the one that $DESPUR_CPU names. */
DESPUR_MUST_USE despur_status resize_table_choose(const resize_table **out, despur_error *error);

#endif
