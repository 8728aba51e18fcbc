#include "base/random.h"

#include "base/math.h"

/* FNV-1a: the purpose names are few and constant, and a test checks that they do not collide. */
static uint32_t hash_name(const char *name) {
  uint32_t hash = 2166136261u;
  for (; *name; name++) hash = (hash ^ (uint8_t)*name) * 16777619u;
  return hash;
}

random_stream random_open(uint64_t seed, const char *purpose, uint64_t index) {
  return (random_stream){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                         .counter = {0, hash_name(purpose), (uint32_t)index, (uint32_t)(index >> 32)},
                         .used = 4};
}

/* Philox4x32-10: Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", figure 5
 * and table 2. Its keys grow by the golden ratio and by sqrt(3) - 1. */
static void philox(uint32_t words[4], const uint32_t counter[4], const uint32_t key[2]) {
  uint32_t a = counter[0], b = counter[1], c = counter[2], d = counter[3];
  uint32_t key_b = key[0], key_d = key[1];
  for (int round = 0; round < 10; round++) {
    const uint64_t first = (uint64_t)a * 0xd2511f53u, second = (uint64_t)c * 0xcd9e8d57u;
    a = (uint32_t)(second >> 32) ^ b ^ key_b;
    b = (uint32_t)second;
    c = (uint32_t)(first >> 32) ^ d ^ key_d;
    d = (uint32_t)first;
    key_b += 0x9e3779b9u;
    key_d += 0xbb67ae85u;
  }
  words[0] = a, words[1] = b, words[2] = c, words[3] = d;
}

uint32_t random_u32(random_stream *stream) {
  if (stream->used == 4) {
    philox(stream->words, stream->counter, stream->key);
    stream->counter[0]++;
    stream->used = 0;
  }
  return stream->words[stream->used++];
}

uint64_t random_u64(random_stream *stream) {
  uint64_t high = random_u32(stream);
  return high << 32 | random_u32(stream);
}

double random_uniform(random_stream *stream) {
  return (double)(random_u64(stream) >> 11) * 0x1p-53;
}

/* Lemire 2019, "Fast random integer generation in an interval". */
uint32_t random_below(random_stream *stream, uint32_t n) {
  uint64_t product = (uint64_t)random_u32(stream) * n;
  if ((uint32_t)product < n) {
    uint32_t threshold = (uint32_t)-n % n;
    while ((uint32_t)product < threshold) product = (uint64_t)random_u32(stream) * n;
  }
  return (uint32_t)(product >> 32);
}

double random_normal(random_stream *stream) {
  double radius = math_sqrt(-2 * math_log(1 - random_uniform(stream)));
  return radius * math_cos(2 * MATH_PI * random_uniform(stream));
}

void random_shuffle(random_stream *stream, uint32_t *values, size_t n) {
  for (size_t left = n; left > 1; left--) {
    size_t chosen = random_below(stream, (uint32_t)left);
    uint32_t swap = values[left - 1];
    values[left - 1] = values[chosen];
    values[chosen] = swap;
  }
}
