/* SHA-256 (FIPS 180-4, section 6.2): in plain C, and with the processor's instructions where it has them, for
 * inputs of gigabytes are hashed before a run begins. */
#include "base/sha256.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

/* Section 4.2.2: the first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n) {
  return x >> n | x << (32 - n);
}

static void compress(uint32_t state[8], const uint8_t block[64]) {
  uint32_t w[64], a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (size_t t = 0; t < 16; t++)
    w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 |
           block[4 * t + 3];
  for (int t = 16; t < 64; t++) {
    uint32_t s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
    uint32_t s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  for (int t = 0; t < 64; t++) {
    uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + ROUND[t] + w[t];
    uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + t2;
  }
  const uint32_t more[8] = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; i++) state[i] += more[i];
}

#if defined(__x86_64__)
/* Bit 29 of what leaf 7 says: SHA-256 in instructions of two rounds each. */
static bool has_instructions(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}

/* The instructions keep the state as (a, b, e, f) and (c, d, g, h), the first in the highest place. */
__attribute__((target("sha,sse4.1"))) static void compress_by_instructions(uint32_t state[8],
                                                                           const uint8_t block[64]) {
  const __m128i big_endian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  __m128i abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
  __m128i cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]), w[16];
  const __m128i abef_before = abef, cdgh_before = cdgh;
  for (size_t t = 0; t < 16; t++) { /* four rounds */
    if (t < 4) {
      w[t] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(block + 16 * t)), big_endian);
    } else {
      const __m128i seven_before = _mm_alignr_epi8(w[t - 1], w[t - 2], 4);
      w[t] = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w[t - 4], w[t - 3]), seven_before),
                                  w[t - 1]);
    }
    const __m128i terms =
        _mm_add_epi32(w[t], _mm_loadu_si128((const __m128i *)(const void *)(ROUND + 4 * t)));
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, terms);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_unpackhi_epi64(terms, terms));
  }
  uint32_t first[4], second[4];
  _mm_storeu_si128((__m128i *)(void *)first, _mm_add_epi32(abef, abef_before));
  _mm_storeu_si128((__m128i *)(void *)second, _mm_add_epi32(cdgh, cdgh_before));
  const uint32_t after[8] = {first[3], first[2], second[3], second[2],
                             first[1], first[0], second[1], second[0]};
  memcpy(state, after, sizeof after);
}
#else
static bool has_instructions(void) {
  return false;
}

static void compress_by_instructions(uint32_t state[8], const uint8_t block[64]) {
  compress(state, block);
}
#endif

/* Section 5.3.3: the same of the square roots of the first 8 primes. */
void sha256_init(sha256 *hash) {
  *hash = (sha256){.by_instructions = has_instructions(),
                   .state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                             0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(sha256 *hash, const void *data, size_t bytes) {
  const uint8_t *from = data;
  while (bytes > 0) {
    size_t held = hash->length % 64, room = 64 - held, taken = bytes < room ? bytes : room;
    memcpy(hash->block + held, from, taken);
    hash->length += taken;
    from += taken;
    bytes -= taken;
    if (held + taken < 64) continue;
    if (hash->by_instructions)
      compress_by_instructions(hash->state, hash->block);
    else
      compress(hash->state, hash->block);
  }
}

/* Section 5.1.1: one bit, zeros, and the length in bits, big endian, up to a whole block. */
void sha256_finish(sha256 *hash, char hex[SHA256_HEX]) {
  uint64_t bits = hash->length * 8;
  sha256_add(hash, "\x80", 1);
  while (hash->length % 64 != 56) sha256_add(hash, "", 1);
  uint8_t tail[8];
  for (int i = 0; i < 8; i++) tail[i] = (uint8_t)(bits >> (56 - 8 * i));
  sha256_add(hash, tail, sizeof tail);
  for (size_t i = 0; i < 8; i++) snprintf(hex + 8 * i, 9, "%08x", hash->state[i]);
}
