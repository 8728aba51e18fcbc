/* The parts of UMAP: the graph of neighbours, the curve with its forces, the start and the layout. */
#ifndef CLUSTER_UMAP_H
#define CLUSTER_UMAP_H

#include "despur/cluster.h"

#include "base/error.h"
#include "base/parallel.h"

#include <string.h>

/* Weighted edges from each of n points: those of point i are start[i]..start[i+1]-1. Release with
 * umap_graph_release. */
typedef struct umap_graph {
  size_t n;
  size_t *start; /* [n + 1] */
  uint32_t *target;
  float *weight; /* in [0, 1] */
} umap_graph;

void umap_graph_release(umap_graph *graph);

/* The symmetric graph of points and their neighbours among the others (McInnes et al., algorithms 2 and 3):
 * own neighbours first, then the points that have this one for a neighbour. */
DESPUR_MUST_USE despur_status umap_graph_create(umap_graph *out, const despur_nearest_result *nearest,
                                                parallel *pool, despur_error *error);

/* Edges from queries to their neighbours. A query need not be near any point, so nearness falls from distance
 * 0 on; the weights are such that the nearest neighbour of each query has 1. */
DESPUR_MUST_USE despur_status umap_graph_create_queries(umap_graph *out, const despur_nearest_result *nearest,
                                                        parallel *pool, despur_error *error);

/* a and b of 1 / (1 + a x^(2b)), the least-squares fit to the curve that is 1 up to min_dist and then
 * exp(-(x - min_dist) / spread), at 300 places from 0 to 3 spread. */
void umap_fit_curve(double *a, double *b, double min_dist, double spread);

/* A function of the squared distance x, from 2^-32 to 2^32, by linear interpolation between entries that are
 * equally spaced in each octave; beyond, its value at the end. It spares the layout a power for each force.
 */
enum {
  TABLE_STEP_BITS = 5, /* 32 steps in an octave */
  TABLE_LEAST = -32,
  TABLE_MOST = 32,
  TABLE_ENTRIES = (TABLE_MOST - TABLE_LEAST) << TABLE_STEP_BITS
};

typedef struct umap_table {
  float values[TABLE_ENTRIES + 1];
} umap_table;

/* The x of an entry. */
static inline float umap_table_place(size_t entry) {
  const uint32_t bits = (uint32_t)(entry + ((size_t)(127 + TABLE_LEAST) << TABLE_STEP_BITS))
                        << (23 - TABLE_STEP_BITS);
  float place;
  memcpy(&place, &bits, sizeof place);
  return place;
}

static inline float umap_table_at(const umap_table *table, float square) {
  const float least = 0x1p-32f, most = 0x1.fffffep31f;
  const uint32_t rest_bits = 23 - TABLE_STEP_BITS, first = (uint32_t)(127 + TABLE_LEAST) << TABLE_STEP_BITS;
  uint32_t bits;
  square = least > square ? least : square;
  square = most < square ? most : square;
  memcpy(&bits, &square, sizeof bits);
  const float *values = table->values + ((bits >> rest_bits) - first);
  const float part = (float)(int32_t)(bits & ((1u << rest_bits) - 1)) * (1.0f / (float)(1u << rest_bits));
  return values[0] + part * (values[1] - values[0]);
}

/* Forces between two places, divided by their difference: attraction is negative. None is stronger than 4 in
 * all. */
typedef struct umap_forces {
  umap_table attraction, repulsion;
} umap_forces;

void umap_forces_init(umap_forces *forces, double a, double b);

/* What moves: points in places [n, components] along the edges of a graph whose targets stand in others
 * [other_count, components]; others NULL: the targets are the points themselves, which all move together. */
typedef struct umap_layout {
  const umap_graph *graph;
  const umap_forces *forces;
  float *places;
  const float *others;
  const uint32_t
      *names; /* [n], under which each point draws its random numbers; NULL: its place in the list */
  size_t other_count, components, epochs; /* epochs below 2^16 */
  float rate;                             /* of the first epoch; it falls linearly to 0 */
  uint64_t seed;
  despur_watch watch;
} umap_layout;

/* Tells the watch of every epoch. */
DESPUR_MUST_USE despur_status umap_layout_run(const umap_layout *layout, parallel *pool, int threads,
                                              despur_error *error);

#endif
