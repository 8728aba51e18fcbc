/* VECTOR x VECTOR numbers in registers change places. */
#ifndef BASE_TRANSPOSE_H
#define BASE_TRANSPOSE_H

#include "base/lanes.h"

/* The lower and upper halves of two vectors, element by element in turns. */
INLINE vec interleave_low(vec a, vec b) {
#if defined(LANES_AVX512) || (defined(PORTABLE_VECTOR) && PORTABLE_VECTOR == 16)
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#elif defined(LANES_AVX2)
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#else
  return __builtin_shufflevector(a, b, 0, 4, 1, 5);
#endif
}

INLINE vec interleave_high(vec a, vec b) {
#if defined(LANES_AVX512) || (defined(PORTABLE_VECTOR) && PORTABLE_VECTOR == 16)
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif defined(LANES_AVX2)
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
  return __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
}

/* a[i][k] and a[k][i] change places: each round turns the bits of (i, k) by one. */
INLINE void transpose(vec a[VECTOR]) {
  vec b[VECTOR];
  UNROLL for (size_t reach = 1; reach < VECTOR; reach *= 2) {
    UNROLL for (size_t i = 0; i < VECTOR / 2; i++) {
      b[2 * i] = interleave_low(a[i], a[i + VECTOR / 2]);
      b[2 * i + 1] = interleave_high(a[i], a[i + VECTOR / 2]);
    }
    UNROLL for (size_t i = 0; i < VECTOR; i++) a[i] = b[i];
  }
}

#endif
