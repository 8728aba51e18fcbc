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

/* losses[i] = -log p(label i): softmax cross entropy of each example. Every label is below classes. */
void cross_entropy(const float *logits, const uint32_t *labels, size_t count, size_t classes, double *losses);

/* The gradient by the logits of the sum of weights[i] * losses[i]: [count, classes] weights[i] * (p -
 * onehot(label i)).
 */
void cross_entropy_gradient(const float *logits, const uint32_t *labels, const double *weights, size_t count,
                            size_t classes, float *gradient);

#endif
