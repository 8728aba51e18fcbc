/* The passes of k-means over the points. Several starts go together, so that points are fetched once for all
 * of them.
 *
 * Points stand in blocks of 16 lanes and blocks in chunks, whose bounds depend on the sizes alone; sums over
 * the points that matter are made in the order of the points. So neither threads nor the company of other
 * starts change a byte. */
#ifndef CLUSTER_KMEANS_H
#define CLUSTER_KMEANS_H

#include "base/block.h"
#include "base/error.h"
#include "base/parallel.h"

#include <stdint.h>

/* Centres side by side: packed[c / PACK][column][c % PACK]. */
enum { PACK = 12 };

/* squares[c][lane] = |point lane of the block - centre c|^2 for `count` packed centres. */
typedef struct centre_job {
  const float *lanes;   /* [d, LANES] */
  const double *packed; /* [count rounded up to PACK, d] as above */
  double *squares;      /* [count, LANES], 64-byte aligned */
  size_t d, count;
} centre_job;

typedef struct kmeans_table {
  void (*squares)(const centre_job *job);
  /* The least of k squares [k, LANES] in each lane, and which it is, the first of equals. */
  void (*nearest)(const double *squares, size_t k, double *least, uint32_t *which);
  /* sums[j] += sign * (x[j] - reference[j]) */
  void (*add_differences)(double *sums, const float *x, const double *reference, double sign, size_t columns);
} kmeans_table;

/* The table that this processor runs best, or the one that $DESPUR_CPU names (DESPUR_BAD_USAGE when there is
 * none). */
DESPUR_MUST_USE despur_status kmeans_table_choose(const kmeans_table **out, despur_error *error);

/* The i-th table that this processor can run, slowest first; NULL past the end. */
const kmeans_table *kmeans_table_available(size_t i);

/* The partition that one start makes. The sum of a cluster's members is kept as the sum of their differences
 * from a reference that stays, so that it can be corrected for the points that come and go. References are
 * points: differences of single-precision values are nearly always exact, and a cluster of equal points has
 * exactly their place as its centre. */
typedef struct kmeans_start {
  double *centres;    /* [k, d] */
  double *references; /* [k, d] */
  double *sums;       /* [k, d] */
  size_t *sizes;      /* [k] */
  uint32_t *labels;   /* [n] */
  double *distances;  /* [n], squared, of each point to its centre */
  uint32_t *changed;  /* [n], each chunk's in its place: the points that have changed their cluster */
  uint32_t *before;   /* [n], the clusters that these had */
  size_t *changes;    /* [chunks] */
  double *inertias;   /* [chunks] */
  double inertia;
  size_t iterations;
  int settling; /* its centres move no more, except to fill empty clusters */
} kmeans_start;

typedef struct kmeans_pass {
  const kmeans_table *kernels;
  const float *points; /* [n, d] */
  float *lanes;        /* [blocks, d, LANES], the same */
  size_t n, d, k;
  size_t chunks, chunk_points; /* a multiple of LANES */
  kmeans_start **group;        /* [group_size], the starts that take part in a pass */
  size_t group_size, group_room;
  double *packed;  /* [group_room * k, d], their centres */
  double *squares; /* [threads, group_room * k, LANES] */
  size_t tile;     /* columns of a task of kmeans_add_changes */
  parallel *pool;
} kmeans_pass;

DESPUR_MUST_USE despur_status kmeans_pass_init(kmeans_pass *pass, const float *points, size_t n, size_t d,
                                               size_t k, size_t starts, int threads, despur_error *error);
void kmeans_pass_release(kmeans_pass *pass);

DESPUR_MUST_USE despur_status kmeans_start_init(kmeans_start *p, const kmeans_pass *pass,
                                                despur_error *error);
void kmeans_start_release(kmeans_start *p);

/* Of every start of the group: gives each point to its nearest centre, the first of equals, and notes
 * changes, sizes and inertia. */
void kmeans_assign(kmeans_pass *pass);

/* Brings the sums of every start of the group up to date with the changes that were noted. */
void kmeans_add_changes(kmeans_pass *pass);

/* Of every start of the group: shortens the distances by centre c; their sums go to inertias. */
void kmeans_approach(kmeans_pass *pass, size_t c);

/* The mean of the variances of the columns. */
DESPUR_MUST_USE despur_status kmeans_mean_variance(kmeans_pass *pass, double *out, despur_error *error);

size_t kmeans_chunk_begin(const kmeans_pass *pass, size_t chunk);
size_t kmeans_chunk_end(const kmeans_pass *pass, size_t chunk);

#endif
