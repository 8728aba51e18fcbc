/* One vector type and the few things kernels do with it, for the instruction set that this file is compiled
 * for.
 *
 * A block has 16 lanes; a vector holds VECTOR of them, so a column of a block is PARTS vectors. A tile keeps
 * SUMS vectors of sums in registers; the other registers hold its factors. PORTABLE_VECTOR chooses plain C
 * with vectors of 4 or 16, not unrolled: the latter lets tests walk the tiles of AVX-512 on machines without
 * it. */
#ifndef BASE_LANES_H
#define BASE_LANES_H

#include "base/block.h"

#include <stdint.h>
#include <string.h>

#if defined(PORTABLE_VECTOR)
enum { VECTOR = PORTABLE_VECTOR, SUMS = PORTABLE_VECTOR == 16 ? 24 : 2 };
#elif defined(__AVX512F__)
#include <immintrin.h>
#define LANES_AVX512
enum { VECTOR = 16, SUMS = 24 };
#elif defined(__AVX2__)
#include <immintrin.h>
#define LANES_AVX2
enum { VECTOR = 8, SUMS = 12 };
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#define LANES_NEON
enum { VECTOR = 4, SUMS = 24 };
#else
/* A multiply-add is four calls of fmaf: the size of the code matters more than registers. */
enum { VECTOR = 4, SUMS = 2 };
#endif

enum { PARTS = LANES / VECTOR };

/* The same registers hold half as many doubles. */
enum { DOUBLES = VECTOR / 2, DOUBLE_PARTS = LANES / DOUBLES };

typedef float vec __attribute__((vector_size(4 * VECTOR), may_alias));
typedef double dvec __attribute__((vector_size(4 * VECTOR), may_alias));
typedef float half_vec __attribute__((vector_size(4 * DOUBLES), may_alias));
typedef int ivec __attribute__((vector_size(4 * VECTOR), may_alias));
typedef uint8_t bvec __attribute__((vector_size(VECTOR)));

#define INLINE static inline __attribute__((always_inline))
#if defined(PORTABLE_VECTOR)
#define UNROLL
#elif defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

INLINE vec load(const float *p) {
  return *(const vec *)p;
}

INLINE void store(float *p, vec v) {
  *(vec *)p = v;
}

/* VECTOR bytes as integers, and back. gcc 12 converts vectors of bytes one by one. */
INLINE ivec load_bytes(const uint8_t *p) {
#if defined(LANES_AVX512)
  return (ivec)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
#elif defined(LANES_AVX2)
  return (ivec)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
#else
  bvec bytes;
  memcpy(&bytes, p, VECTOR);
  return __builtin_convertvector(bytes, ivec);
#endif
}

INLINE void store_bytes(uint8_t *p, ivec v) {
#if defined(LANES_AVX512)
  _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtepi32_epi8((__m512i)v));
#else
  bvec bytes = __builtin_convertvector(v, bvec);
  memcpy(p, &bytes, VECTOR);
#endif
}

/* The same of any integers: those below 0 become 0, those above 255 become 255. */
INLINE void store_saturated(uint8_t *p, ivec v) {
#if defined(LANES_AVX512)
  const __m512i positive = _mm512_max_epi32((__m512i)v, _mm512_setzero_si512());
  _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtusepi32_epi8(positive));
#elif defined(LANES_AVX2)
  const __m128i low = _mm256_castsi256_si128((__m256i)v), high = _mm256_extracti128_si256((__m256i)v, 1);
  const __m128i words = _mm_packs_epi32(low, high);
  _mm_storel_epi64((__m128i *)(void *)p, _mm_packus_epi16(words, words));
#else
  const ivec positive = v & (v > 0), over = positive > 255;
  store_bytes(p, (over & 255) | (~over & positive));
#endif
}

INLINE vec splat(float x) {
#if defined(LANES_AVX512)
  return (vec)_mm512_set1_ps(x);
#elif defined(LANES_AVX2)
  return (vec)_mm256_set1_ps(x);
#else
  vec v;
  UNROLL for (int i = 0; i < VECTOR; i++) v[i] = x;
  return v;
#endif
}

INLINE dvec load_doubles(const double *p) {
  return *(const dvec *)p;
}

/* DOUBLES floats as doubles. */
INLINE dvec widen(half_vec v) {
#if defined(LANES_AVX512)
  return (dvec)_mm512_cvtps_pd((__m256)v);
#elif defined(LANES_AVX2)
  return (dvec)_mm256_cvtps_pd((__m128)v);
#else
  return __builtin_convertvector(v, dvec);
#endif
}

INLINE void store_doubles(double *p, dvec v) {
  *(dvec *)p = v;
}

INLINE dvec splat_double(double x) {
#if defined(LANES_AVX512)
  return (dvec)_mm512_set1_pd(x);
#elif defined(LANES_AVX2)
  return (dvec)_mm256_set1_pd(x);
#else
  dvec v;
  UNROLL for (int i = 0; i < DOUBLES; i++) v[i] = x;
  return v;
#endif
}

/* a * b + c, rounded once. */
INLINE vec fma_lanes(vec a, vec b, vec c) {
#if defined(LANES_AVX512)
  return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(LANES_AVX2)
  return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(LANES_NEON)
  return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  UNROLL for (int i = 0; i < VECTOR; i++) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
#endif
}

/* The same in double precision. */
INLINE dvec fma_doubles(dvec a, dvec b, dvec c) {
#if defined(LANES_AVX512)
  return (dvec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(LANES_AVX2)
  return (dvec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(LANES_NEON) && defined(__aarch64__)
  return (dvec)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  UNROLL for (int i = 0; i < DOUBLES; i++) c[i] = __builtin_fma(a[i], b[i], c[i]);
  return c;
#endif
}

/* a - *p in every lane. AVX-512 takes the number from memory as it subtracts; left to itself a compiler
 * broadcasts it first, and on processors that broadcast where they add, that costs as much as a subtraction.
 */
INLINE vec minus_number(vec a, const float *p) {
#if defined(LANES_AVX512)
  vec difference;
  __asm__("vsubps %2%{1to16%}, %1, %0" : "=v"(difference) : "v"(a), "m"(*p));
  return difference;
#else
  return a - splat(*p);
#endif
}

/* The same in double precision. */
INLINE dvec minus_double(dvec a, const double *p) {
#if defined(LANES_AVX512)
  dvec difference;
  __asm__("vsubpd %2%{1to8%}, %1, %0" : "=v"(difference) : "v"(a), "m"(*p));
  return difference;
#else
  return a - splat_double(*p);
#endif
}

/* Bit i is set where a < b in lane i. */
INLINE unsigned less_lanes(vec a, vec b) {
#if defined(LANES_AVX512)
  return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ);
#elif defined(LANES_AVX2)
  return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_LT_OQ));
#else
  unsigned bits = 0;
  UNROLL for (int i = 0; i < VECTOR; i++) bits |= (unsigned)(a[i] < b[i]) << i;
  return bits;
#endif
}

#endif
