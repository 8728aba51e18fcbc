/* Compiled once for each instruction set (base/level.h). A square is one chain of fused multiply-adds over
 * the columns, a product one for each piece of them, so all levels give the same bits. */
#include "cluster/kmeans.h"

#include "base/lanes_math.h"
#include "base/level.h"

#include <float.h>

/* A tile is CENTRES centres times all lanes of a block: its sums stay in registers while the columns pass by,
 * so a value that is loaded is used CENTRES times. COUNT is a constant to the compiler, which unrolls each
 * case. */
enum { CENTRES = SUMS / DOUBLE_PARTS > PACK ? PACK : SUMS / DOUBLE_PARTS > 0 ? SUMS / DOUBLE_PARTS : 1 };

INLINE void squares_tile(const centre_job *job, const double *centre, double *squares, const size_t COUNT) {
  dvec sum[CENTRES][DOUBLE_PARTS];
  UNROLL for (size_t c = 0; c < COUNT; c++) {
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) sum[c][p] = splat_double(0);
  }
  const float *x = job->lanes;
  for (size_t j = 0; j < job->d; j++, x += LANES, centre += PACK) {
    dvec value[DOUBLE_PARTS];
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) value[p] = widen(*(const half_vec *)(x + p * DOUBLES));
    UNROLL for (size_t c = 0; c < COUNT; c++) {
      UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) {
        dvec difference = minus_double(value[p], &centre[c]);
        sum[c][p] = fma_doubles(difference, difference, sum[c][p]);
      }
    }
  }
  UNROLL for (size_t c = 0; c < COUNT; c++) {
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++)
        store_doubles(squares + c * LANES + p * DOUBLES, sum[c][p]);
  }
}

static void squares(const centre_job *job) {
  size_t end = job->first + job->count;
  for (size_t c = job->first, count; c < end; c += count) {
    size_t left = end - c, in_pack = PACK - c % PACK;
    const double *centre = job->packed + c / PACK * PACK * job->d + c % PACK;
    double *out = job->squares + (c - job->first) * LANES;
    count = left < in_pack ? left : in_pack;
    if (count > CENTRES) count = CENTRES;
#define TILE(n)                                                                                              \
  case n:                                                                                                    \
    if (n <= CENTRES) squares_tile(job, centre, out, n);                                                     \
    break;
    switch (count) {
      TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
    }
#undef TILE
  }
}

/* Strictly less: of equal centres the first one wins, on every instruction set. */
static void nearest(const double *squares, size_t k, double *least, uint32_t *which) {
  for (size_t lane = 0; lane < LANES; lane += DOUBLES) {
    dvec best = load_doubles(squares + lane);
    lvec winner = {0};
    for (size_t c = 1; c < k; c++) {
      dvec square = load_doubles(squares + c * LANES + lane);
      lvec less = square < best;
      best = (dvec)((less & (lvec)square) | (~less & (lvec)best));
      winner = (less & (int64_t)c) | (~less & winner);
    }
    for (size_t i = 0; i < DOUBLES; i++) {
      least[lane + i] = best[i];
      which[lane + i] = (uint32_t)winner[i];
    }
  }
}

/* A tile of products is SCREEN_CENTRES centres, of one pack, times SCREEN_VECTORS vectors of lanes. */
enum { SCREEN_VECTORS = 2, SCREEN_CENTRES = SUMS / SCREEN_VECTORS };

/* Columns begin..end-1 of centres c.. and vectors first.., added to what the columns before gave. */
INLINE void products_tile(const screen_job *job, size_t c, size_t first, size_t begin, size_t end,
                          const size_t COUNT, const size_t VECTORS) {
  const float *lanes[SCREEN_VECTORS], *centre = job->packed + c / PACK * PACK * job->d + c % PACK;
  vec sum[SCREEN_CENTRES > 4 ? SCREEN_CENTRES : 4][SCREEN_VECTORS];
  UNROLL for (size_t v = 0; v < VECTORS; v++) {
    lanes[v] = job->lanes + (first + v) / PARTS * LANES * job->d + (first + v) % PARTS * VECTOR;
    UNROLL for (size_t i = 0; i < COUNT; i++) sum[i][v] = splat(0);
  }
  for (size_t j = begin; j < end; j++) {
    vec value[SCREEN_VECTORS];
    UNROLL for (size_t v = 0; v < VECTORS; v++) value[v] = load(lanes[v] + j * LANES);
    UNROLL for (size_t i = 0; i < COUNT; i++) {
      vec factor = splat(centre[j * PACK + i]);
      UNROLL for (size_t v = 0; v < VECTORS; v++) sum[i][v] = fma_lanes(factor, value[v], sum[i][v]);
    }
  }
  UNROLL for (size_t v = 0; v < VECTORS; v++) {
    float *out =
        job->products + ((first + v) / PARTS * job->count + c) * LANES + (first + v) % PARTS * VECTOR;
    UNROLL for (size_t i = 0; i < COUNT; i++) {
      vec before = begin > 0 ? load(out + i * LANES) : splat(0);
      store(out + i * LANES, before + sum[i][v]);
    }
  }
}

INLINE void products_vectors(const screen_job *job, size_t first, size_t begin, size_t end,
                             const size_t VECTORS) {
  size_t c = 0;
  for (; c + SCREEN_CENTRES <= job->count; c += SCREEN_CENTRES)
    products_tile(job, c, first, begin, end, SCREEN_CENTRES, VECTORS);
  for (; c + 4 <= job->count && SCREEN_CENTRES > 4; c += 4)
    products_tile(job, c, first, begin, end, 4, VECTORS);
  for (; c < job->count; c++) products_tile(job, c, first, begin, end, 1, VECTORS);
}

static void products(const screen_job *job) {
  for (size_t begin = 0, end; begin < job->d; begin = end) {
    end = job->d - begin < SCREEN_PIECE ? job->d : begin + SCREEN_PIECE;
    size_t first = 0, vectors = job->blocks * PARTS;
    for (; first + SCREEN_VECTORS <= vectors; first += SCREEN_VECTORS)
      products_vectors(job, first, begin, end, SCREEN_VECTORS);
    for (; first < vectors; first++) products_vectors(job, first, begin, end, 1);
  }
}

/* The nearest centre has the largest score x.c - |c|^2 / 2, since |x|^2 is the same for all. A lane is close,
 * and looked at again in double precision, unless the best score leads the second by more than both may be
 * wrong: margin[0] + margin[1] |x| + margin[2] |x|^2, which kmeans_screen.c proves. Where anything is NaN the
 * comparison fails, and the lane is close. */
static unsigned screen(const float *products, const float *halves, size_t k, const float *lengths,
                       const float *margin, uint32_t *which) {
  unsigned close = 0;
  for (size_t lane = 0; lane < LANES; lane += VECTOR) {
    vec best = load(products + lane) - splat(halves[0]), second = splat(-FLT_MAX);
    ivec winner = {0};
    for (size_t c = 1; c < k; c++) {
      vec score = load(products + c * LANES + lane) - splat(halves[c]);
      ivec more = score > best, above = score > second;
      vec loser = (vec)((more & (ivec)best) | (~more & (ivec)score));
      second = (vec)(((more | above) & (ivec)loser) | (~(more | above) & (ivec)second));
      best = (vec)((more & (ivec)score) | (~more & (ivec)best));
      winner = (more & (int)c) | (~more & winner);
    }
    const vec length = load(lengths + lane);
    vec least = splat(margin[2]);
    for (int i = 1; i >= 0; i--) least = fma_lanes(least, length, splat(margin[i]));
    close |= (~less_lanes(least, best - second) & ((1U << VECTOR) - 1)) << lane;
    memcpy(which + lane, &winner, sizeof winner);
  }
  return close;
}

INLINE half_vec unaligned_half(const float *p) {
  half_vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE dvec unaligned_doubles(const double *p) {
  dvec v;
  memcpy(&v, p, sizeof v);
  return v;
}

/* Sixteen chains, the columns j, j + 16, j + 32, ... each, which are added up by halves. */
static double square(const float *x, const double *centre, size_t d) {
  dvec sums[DOUBLE_PARTS];
  double sum[LANES];
  size_t j = 0;
  UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) sums[p] = splat_double(0);
  for (; j + LANES <= d; j += LANES) {
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) {
      size_t at = j + p * DOUBLES;
      dvec difference = widen(unaligned_half(x + at)) - unaligned_doubles(centre + at);
      sums[p] = fma_doubles(difference, difference, sums[p]);
    }
  }
  memcpy(sum, sums, sizeof sum);
  for (size_t i = 0; j < d; i++, j++) {
    double difference = (double)x[j] - centre[j];
    sum[i] = __builtin_fma(difference, difference, sum[i]);
  }
  for (size_t half = LANES / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; i++) sum[i] += sum[i + half];
  return sum[0];
}

/* sum[j] += sign * (x[j] - reference[j]), for sign 1 or -1 */
INLINE void add_difference(double *sum, const float *x, const double *reference, size_t columns,
                           const double sign) {
  size_t j = 0;
  for (; j + DOUBLES <= columns; j += DOUBLES) {
    dvec total = unaligned_doubles(sum + j);
    dvec difference = widen(unaligned_half(x + j)) - unaligned_doubles(reference + j);
    if (sign > 0)
      total += difference;
    else
      total -= difference;
    memcpy(sum + j, &total, sizeof total);
  }
  for (; j < columns; j++) sum[j] += sign * ((double)x[j] - reference[j]);
}

static void move(const float *x, double *to, const double *to_reference, double *from,
                 const double *from_reference, size_t columns) {
  add_difference(to, x, to_reference, columns, 1);
  if (from) add_difference(from, x, from_reference, columns, -1);
}

extern const kmeans_table LEVEL_TABLE(kmeans);
const kmeans_table LEVEL_TABLE(kmeans) = {.squares = squares,
                                          .nearest = nearest,
                                          .products = products,
                                          .screen = screen,
                                          .square = square,
                                          .move = move};
