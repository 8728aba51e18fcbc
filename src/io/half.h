/* Numbers of 16 bits as float32, which holds all of them, and back to the nearest one (to even in a tie). */
#ifndef IO_HALF_H
#define IO_HALF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
static inline float half_to_float(uint16_t half) {
  uint32_t exponent = half >> 10 & 31, fraction = half & 1023, bits;
  float value = (float)fraction * 0x1p-24f; /* subnormal */
  if (exponent > 0) {
    bits = (exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13;
    memcpy(&value, &bits, sizeof value);
  }
  return half & 0x8000 ? -value : value;
}

/* bfloat16 is the upper half of a float32. */
static inline float bfloat_to_float(uint16_t upper) {
  uint32_t bits = (uint32_t)upper << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Infinity where it is too large. NaN stays one. */
static inline uint16_t half_from_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00);
  if (magnitude >= 0x47800000) return (uint16_t)(sign | 0x7c00); /* 2^16 and beyond */
  if (magnitude < 0x38800000) {                                  /* below 2^-14: a multiple of 2^-24 */
    float rounded = fabsf(value) + 0.5f; /* in [0.5, 1) a float32 is a multiple of 2^-24 */
    memcpy(&bits, &rounded, sizeof bits);
    return (uint16_t)(sign | (bits - 0x3f000000));
  }
  magnitude += 0xfff + (magnitude >> 13 & 1);
  return (uint16_t)(sign | (magnitude - 0x38000000) >> 13);
}

static inline uint16_t bfloat_from_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#endif
