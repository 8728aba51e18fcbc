/* From logits to probabilities, a loss and its gradient. Computed in double precision, rounded to float32 at
 * the end. */
#ifndef NN_LOSS_H
#define NN_LOSS_H

#include <stddef.h>
#include <stdint.h>

/* ln of the sum of exp(logits[c]). */
double log_sum_exp(const float *logits, size_t classes);

/* Replaces logits by their softmax. */
void softmax(float *logits, size_t classes);

/* Softmax cross entropy with a weight for each example: loss = sum of weights[i] * -log p(label i) / sum of
 * weights, and gradient [count, classes] = weights[i] * (p - onehot(label i)) / sum of weights. weights NULL:
 * all 1, the mean. Every label is below classes, and not all weights are zero. */
double cross_entropy(const float *logits, const uint32_t *labels, const double *weights, size_t count,
                     size_t classes, float *gradient);

#endif
