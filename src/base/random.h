/* Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
 * 3").
 *
 * A stream is named by (seed, purpose, index). Two streams with different names are independent, and nothing
 * is shared between them: results depend neither on the order in which streams are opened nor on threads. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct random_stream {
  uint32_t key[2];     /* the seed */
  uint32_t counter[4]; /* draw, purpose, index low, index high */
  uint32_t words[4];   /* output of the current counter */
  unsigned used;       /* words already handed out */
} random_stream;

/* purpose is a short constant text such as "shuffle"; index tells streams of one purpose apart (an epoch, an
 * example). */
random_stream random_open(uint64_t seed, const char *purpose, uint64_t index);

uint32_t random_u32(random_stream *stream);
uint64_t random_u64(random_stream *stream);

/* Uniform in [0, 1), a multiple of 2^-53. */
double random_uniform(random_stream *stream);

/* Uniform in {0, ..., n - 1}, without bias; n > 0. */
uint32_t random_below(random_stream *stream, uint32_t n);

/* Standard normal (Box-Muller, both values from two uniforms; the second is dropped). */
double random_normal(random_stream *stream);

/* Fisher-Yates permutation of n < 2^32 values. */
void random_shuffle(random_stream *stream, uint32_t *values, size_t n);

#endif
