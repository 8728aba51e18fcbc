#include "base/random.h"

#include "base/math.h"

#include <Random123/philox.h>

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

uint32_t random_u32(random_stream *stream) {
  if (stream->used == 4) {
    philox4x32_key_t key = {{stream->key[0], stream->key[1]}};
    philox4x32_ctr_t counter = {
        {stream->counter[0], stream->counter[1], stream->counter[2], stream->counter[3]}};
    philox4x32_ctr_t output = philox4x32(counter, key);
    for (int i = 0; i < 4; i++) stream->words[i] = output.v[i];
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
