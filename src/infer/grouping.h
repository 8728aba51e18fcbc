/* Inside of a grouping. */
#ifndef INFER_GROUPING_H
#define INFER_GROUPING_H

#include "infer/part.h"
#include "infer/reduction.h"

struct despur_grouping {
  size_t d, classes, n;
  int pooled;
  scaling scaling;
  despur_reduction reduction;
  size_t reduction_count; /* 1 when pooled, else one for each class */
  reduction *reductions;
  size_t part_count; /* 1 when pooled, else one for each class; some may have no examples */
  part_model *parts;
  size_t *first_group; /* [parts] number of the first group of each */
  size_t groups;
  char (*names)[DESPUR_GROUP_NAME]; /* [groups] */
  uint32_t *training;               /* [n]; NULL in a grouping that was read from a file */
  float *points;                    /* [n, components], likewise */
};

/* Dimensions of what is clustered; the same for all reductions. */
size_t grouping_components(const despur_grouping *g);

/* Once the parts are there: numbers the groups and names them. */
DESPUR_MUST_USE despur_status grouping_number(despur_grouping *g, despur_error *error);

#endif
