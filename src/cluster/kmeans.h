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

/* squares[c - first][lane] = |point lane of the block - centre c|^2 for packed centres first..first+count-1.
 */
typedef struct centre_job {
  const float *lanes;   /* [d, LANES] */
  const double *packed; /* [first + count rounded up to PACK, d] as above */
  double *squares;      /* [count, LANES], 64-byte aligned */
  size_t d, first, count;
} centre_job;

/* products[block][c][lane] = the scalar product of a point and packed centre c, in single precision: sums
 * over SCREEN_PIECE columns, which are then added up. */
typedef struct screen_job {
  const float *lanes;  /* [blocks, d, LANES] */
  const float *packed; /* [count rounded up to PACK, d] as above */
  float *products;     /* [blocks, count, LANES], 64-byte aligned */
  size_t d, count, blocks;
} screen_job;

enum { SCREEN_PIECE = 64 };

typedef struct kmeans_table {
  void (*squares)(const centre_job *job);
  /* The least of k squares [k, LANES] in each lane, and which it is, the first of equals. */
  void (*nearest)(const double *squares, size_t k, double *least, uint32_t *which);
  void (*products)(const screen_job *job);
  /* The largest of k differences products[c][lane] - halves[c] in each lane. Bit `lane` of what it returns is
   * set where the next is not smaller by more than margin[0] + margin[1] length + margin[2] length^2. */
  unsigned (*screen)(const float *products, const float *halves, size_t k, const float *lengths,
                     const float *margin, uint32_t *which);
  /* |x - centre|^2 */
  double (*square)(const float *x, const double *centre, size_t d);
  /* to[j] += x[j] - to_reference[j], and from[j] -= x[j] - from_reference[j] unless from is NULL. */
  void (*move)(const float *x, double *to, const double *to_reference, double *from,
               const double *from_reference, size_t columns);
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
  double *distances;  /* [n], squared, of each point to its centre; made by kmeans_approach and _measure */
  uint32_t *changed;  /* [n], each chunk's in its place: the points that have changed their cluster */
  uint32_t *before;   /* [n], the clusters that these had */
  size_t *changes;    /* [chunks] */
  double *inertias;   /* [chunks] */
  double inertia;
  size_t iterations;
  int settling; /* its centres move no more, except to fill empty clusters */
} kmeans_start;

/* What tells the nearest centre of most points in single precision: y, a point less the mean of all points,
 * and g, a centre alike. Half the squared distance is (|y|^2 + |g|^2) / 2 - y g, so the nearest centre is the
 * one with the largest y g - |g|^2 / 2. How far that can be wrong is known (set_margin); where two centres
 * are closer to each other than that, double precision decides, so labels are always those of double
 * precision. */
typedef struct kmeans_screen {
  double *mean;    /* [d] */
  double variance; /* the mean of those of the columns */
  double factor;   /* a power of two that makes every value of a y less than 1 */
  float *lanes;    /* [blocks, d, LANES], y times factor */
  float *lengths;  /* [blocks, LANES], theirs */
  float *packed;   /* [group_room * k, d], g times factor */
  float *halves;   /* [group_room * k], half their squared lengths */
  float *margins;  /* [group_room, 3] */
  float *products; /* [threads, SCREEN_BLOCKS, group_room * k, LANES] */
} kmeans_screen;

enum { SCREEN_BLOCKS = 2 }; /* that go together */

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
  kmeans_screen screen;
  parallel *pool;
} kmeans_pass;

/* Packed centres of the whole group. */
static inline size_t kmeans_centre_room(const kmeans_pass *pass) {
  return (pass->group_room * pass->k + PACK - 1) / PACK * PACK;
}

DESPUR_MUST_USE despur_status kmeans_pass_init(kmeans_pass *pass, const float *points, size_t n, size_t d,
                                               size_t k, size_t starts, int threads, despur_error *error);
void kmeans_pass_release(kmeans_pass *pass);

DESPUR_MUST_USE despur_status kmeans_start_init(kmeans_start *p, const kmeans_pass *pass,
                                                despur_error *error);
void kmeans_start_release(kmeans_start *p);

/* Of every start of the group: gives each point to its nearest centre, the first of equals, and notes changes
 * and sizes. */
DESPUR_MUST_USE despur_status kmeans_assign(kmeans_pass *pass, const despur_watch *watch,
                                            despur_error *error);

/* The distances of one start, whose points have been given to centres that have not moved since, and its
 * inertia. */
void kmeans_measure(kmeans_pass *pass, kmeans_start *start);

/* Brings the sums of every start of the group up to date with the changes that were noted. */
void kmeans_add_changes(kmeans_pass *pass);

/* Of every start of the group: shortens the distances by centre c; their sums go to inertias. */
DESPUR_MUST_USE despur_status kmeans_approach(kmeans_pass *pass, size_t c, const despur_watch *watch,
                                              despur_error *error);

/* What single-precision screening needs: of the points, and of the centres of the group. */
DESPUR_MUST_USE despur_status kmeans_screen_init(kmeans_screen *screen, const kmeans_pass *pass, int threads,
                                                 despur_error *error);
void kmeans_screen_centres(kmeans_pass *pass);
void kmeans_screen_release(kmeans_screen *screen);

static inline size_t kmeans_chunk_begin(const kmeans_pass *pass, size_t chunk) {
  return chunk * pass->chunk_points;
}

static inline size_t kmeans_chunk_end(const kmeans_pass *pass, size_t chunk) {
  size_t end = (chunk + 1) * pass->chunk_points;
  return end < pass->n ? end : pass->n;
}

#endif
