/* Numbers of 16 bits as float32, which holds all of them. */
#ifndef IO_HALF_H
#define IO_HALF_H

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

#endif
