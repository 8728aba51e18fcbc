/* Counts drawn from their exact distribution: what resampling thousands of examples would give, at the price
 * of a few steps for each group. */
#ifndef EVAL_DRAW_H
#define EVAL_DRAW_H

#include "base/random.h"

#include <stddef.h>

/* Successes in n trials of probability p. */
size_t draw_binomial(random_stream *stream, size_t n, double p);

/* Marked ones among `taken` of `total` drawn without replacement, of which `marked` are; taken, marked <=
 * total. */
size_t draw_hypergeometric(random_stream *stream, size_t total, size_t marked, size_t taken);

#endif
