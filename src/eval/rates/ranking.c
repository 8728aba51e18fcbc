/* A million scores are the largest thing that a table of predictions is turned into, so each takes no more
 * than eight bytes, and they are sorted by their digits: doubles that are not negative are ordered as their
 * bits are, and without a sign there is room for the class in the last one. */
#include "eval/rates/ranking.h"

#include <math.h>
#include <string.h>

enum { DIGIT = 8, DIGITS = 64 / DIGIT, VALUES = 1 << DIGIT, FEW = 64 };

uint64_t ranking_key(double score, bool one) {
  uint64_t bits;
  memcpy(&bits, &score, sizeof bits);
  return bits << 1 | one; /* what goes is the sign, of -0 at most */
}

static void sort_few(uint64_t *keys, size_t count) {
  for (size_t i = 1; i < count; i++) {
    uint64_t key = keys[i];
    size_t place = i;
    for (; place > 0 && keys[place - 1] > key; place--) keys[place] = keys[place - 1];
    keys[place] = key;
  }
}

/* By the last digit, then by the one before, and so on; a digit that all have in common is passed over. */
static void sort(uint64_t *keys, uint64_t *scratch, size_t count) {
  size_t counts[DIGITS][VALUES] = {{0}};
  uint64_t *from = keys, *to = scratch;
  if (count <= FEW) {
    sort_few(keys, count);
    return;
  }
  for (size_t i = 0; i < count; i++)
    for (int d = 0; d < DIGITS; d++) counts[d][keys[i] >> (d * DIGIT) & (VALUES - 1)]++;
  for (int d = 0; d < DIGITS; d++) {
    size_t place = 0;
    if (counts[d][keys[0] >> (d * DIGIT) & (VALUES - 1)] == count) continue;
    for (int v = 0; v < VALUES; v++) {
      size_t here = counts[d][v];
      counts[d][v] = place;
      place += here;
    }
    for (size_t i = 0; i < count; i++) to[counts[d][from[i] >> (d * DIGIT) & (VALUES - 1)]++] = from[i];
    uint64_t *sorted = to;
    to = from;
    from = sorted;
  }
  if (from != keys) memcpy(keys, from, count * sizeof *keys);
}

/* Mann and Whitney's statistic, as a share of all pairs. */
double ranking_area(uint64_t *keys, uint64_t *scratch, size_t count) {
  double pairs_won = 0, zeros = 0, ones = 0;
  sort(keys, scratch, count);
  for (size_t i = 0, end; i < count; i = end) {
    double tied_zeros = 0, tied_ones = 0;
    for (end = i; end < count && keys[end] >> 1 == keys[i] >> 1; end++)
      if (keys[end] & 1)
        tied_ones++;
      else
        tied_zeros++;
    pairs_won += tied_ones * (zeros + 0.5 * tied_zeros);
    zeros += tied_zeros;
    ones += tied_ones;
  }
  return zeros > 0 && ones > 0 ? pairs_won / (zeros * ones) : (double)NAN;
}
