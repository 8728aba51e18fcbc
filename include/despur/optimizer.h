/* Settings of optimisers and learning-rate schedules: plain structures, which are only read. */
#ifndef DESPUR_OPTIMIZER_H
#define DESPUR_OPTIMIZER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum despur_optimizer { DESPUR_SGD, DESPUR_ADAM, DESPUR_ADAMW } despur_optimizer;

/* PyTorch's semantics: weight decay of SGD and Adam is added to the gradient, that of AdamW shrinks the
 * weights. */
typedef struct despur_optimizer_options {
  despur_optimizer name;
  double lr;
  double head_factor; /* of lr, for the last layer; 0: 1 */
  double momentum;    /* SGD */
  int nesterov;       /* SGD */
  double weight_decay;
  double betas[2]; /* Adam, AdamW */
  double eps;      /* Adam, AdamW */
} despur_optimizer_options;

typedef enum despur_schedule { DESPUR_CONSTANT, DESPUR_STEP, DESPUR_COSINE, DESPUR_LINEAR } despur_schedule;

typedef struct despur_schedule_options {
  despur_schedule name;
  size_t every;       /* step: epochs between two reductions */
  double gamma;       /* step: factor of each reduction */
  double final_share; /* cosine, linear: share of lr that is left at the end; they change with every step */
} despur_schedule_options;

#ifdef __cplusplus
}
#endif
#endif
