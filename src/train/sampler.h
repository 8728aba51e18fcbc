/* Samplers: which training examples an epoch visits, and in what order. */
#ifndef TRAIN_SAMPLER_H
#define TRAIN_SAMPLER_H

#include "base/error.h"
#include "base/random.h"
#include "despur/train.h"

#include <stddef.h>
#include <stdint.h>

typedef struct sampler {
  despur_sampler kind;
  uint64_t seed, stage;
  uint32_t *pool; /* [pool_size] what is drawn from: ordered by group for DESPUR_GROUP_BALANCE */
  size_t pool_size;
  size_t *starts; /* [groups + 1] where groups without empty ones start in the pool */
  size_t groups;
  size_t length; /* visits in one epoch */
} sampler;

/* Release with sampler_release, which accepts half-built ones. */
DESPUR_MUST_USE despur_status sampler_init(sampler *s, const despur_dataset *dataset,
                                           const despur_train_options *options, despur_error *error);
void sampler_release(sampler *s);

/* Writes the visits of an epoch (from 0) into order [length]. Depends on nothing but the sampler and the
 * epoch. */
void sampler_draw(const sampler *s, size_t epoch, uint32_t *order);

#endif
