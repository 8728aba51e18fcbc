/* Which points are equal, value for value (0 and -0 are). */
#ifndef CLUSTER_DISTINCT_H
#define CLUSTER_DISTINCT_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct distinct {
  size_t count;     /* of points that differ */
  uint32_t *of_row; /* [n] which of them a point is, numbered as they first occur */
  uint32_t *row_of; /* [count] where it occurs first */
} distinct;

/* points: [n, d], n < 2^32, finite. Release with distinct_release. */
DESPUR_MUST_USE despur_status distinct_find(distinct *out, const float *points, size_t n, size_t d,
                                            despur_error *error);
void distinct_release(distinct *found);

/* A number that equal points share. */
uint32_t distinct_hash(const float *point, size_t d);

#endif
