/* Inversion of one uniform number, searching from the most likely count outwards: on average about as many
 * steps as the count's standard deviation. */
#include "eval/statistics/draw.h"

#include "eval/statistics/distribution.h"

/* P(x + 1) / P(x) = odds (first - x) (second - x) / ((x + 1) (rest + x + 1)); the factors with second and
 * rest belong to the hypergeometric distribution. */
typedef struct counts {
  size_t low, high, mode;
  double mass; /* P(mode) */
  double odds;
  double first, second, rest;
  int without_replacement;
} counts;

static double ratio(const counts *c, size_t below) {
  double x = (double)below, ratio = c->odds * (c->first - x) / (x + 1);
  return c->without_replacement ? ratio * (c->second - x) / (c->rest + x + 1) : ratio;
}

static size_t search(random_stream *stream, const counts *c) {
  double left = random_uniform(stream) - c->mass, up_mass = c->mass, down_mass = c->mass;
  size_t up = c->mode, down = c->mode;
  if (left < 0) return c->mode;
  while (up < c->high || down > c->low) {
    if (up < c->high) {
      up_mass *= ratio(c, up++);
      left -= up_mass;
      if (left < 0) return up;
    }
    if (down > c->low) {
      down_mass /= ratio(c, --down);
      left -= down_mass;
      if (left < 0) return down;
    }
    if (up_mass + down_mass < 1e-300) break;
  }
  return c->mode; /* rounding: the masses add up to a hair less than 1 */
}

size_t draw_binomial(random_stream *stream, size_t n, double p) {
  if (p <= 0 || n == 0) return 0;
  if (p >= 1) return n;
  size_t mode = (size_t)(((double)n + 1) * p);
  if (mode > n) mode = n;
  counts c = {
      .high = n, .mode = mode, .mass = binomial_mass(mode, n, p), .odds = p / (1 - p), .first = (double)n};
  return search(stream, &c);
}

/* With any p, P(x) is a product of binomial masses: b(x; marked) b(taken - x; total - marked) / b(taken;
 * total). */
static double hypergeometric_mass(size_t x, size_t total, size_t marked, size_t taken) {
  double p = (double)taken / (double)total;
  return binomial_mass(x, marked, p) * binomial_mass(taken - x, total - marked, p) /
         binomial_mass(taken, total, p);
}

size_t draw_hypergeometric(random_stream *stream, size_t total, size_t marked, size_t taken) {
  size_t unmarked = total - marked;
  counts c = {.low = taken > unmarked ? taken - unmarked : 0,
              .high = taken < marked ? taken : marked,
              .odds = 1,
              .first = (double)marked,
              .second = (double)taken,
              .rest = (double)unmarked - (double)taken,
              .without_replacement = 1};
  if (c.low == c.high) return c.low;
  c.mode = (size_t)(((double)taken + 1) * ((double)marked + 1) / ((double)total + 2));
  if (c.mode < c.low) c.mode = c.low;
  if (c.mode > c.high) c.mode = c.high;
  c.mass = hypergeometric_mass(c.mode, total, marked, taken);
  return search(stream, &c);
}
