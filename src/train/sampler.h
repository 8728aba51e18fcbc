/* Samplers: which training examples an epoch visits, and in what order. */
#ifndef TRAIN_SAMPLER_H
#define TRAIN_SAMPLER_H

#include "base/error.h"
#include "base/random.h"
#include "despur/groups.h"

#include <stddef.h>
#include <stdint.h>

typedef enum sampling_kind {
  SAMPLE_SHUFFLE, /* every training example once, in random order */
  SAMPLE_DRAW, /* as many draws, with replacement, as there are examples: a group by its mass, then a member
                */
  SAMPLE_LIST, /* quota[g] visits of each group g: a random permutation of its members, repeated and cut off;
                  the same list in every epoch, shuffled */
  SAMPLE_EXPLICIT /* order, as it stands */
} sampling_kind;

/* What a sampler is made from. Everything is borrowed, by sampler_init only. */
typedef struct sampling {
  sampling_kind kind;
  const despur_groups *groups; /* SAMPLE_DRAW, SAMPLE_LIST; examples of no group are not visited */
  double *mass;                /* [groups] SAMPLE_DRAW: at least 0; of empty groups ignored */
  size_t *quota;               /* [groups] SAMPLE_LIST; of empty groups ignored */
  const uint32_t *order;       /* SAMPLE_EXPLICIT */
  size_t order_length;
} sampling;

typedef struct sampler {
  sampling_kind kind;
  uint64_t seed, stage;
  uint32_t *pool; /* [pool_size] what is drawn from: ordered by group for SAMPLE_DRAW */
  size_t pool_size;
  size_t *starts; /* [groups + 1] where groups, without empty ones, start in the pool */
  double *bounds; /* [groups] masses of a group and those before it, added up */
  size_t groups;
  size_t length; /* visits in one epoch */
} sampler;

/* stage tells several samplers under one seed apart. Release with sampler_release, which accepts half-built
 * ones. */
DESPUR_MUST_USE despur_status sampler_init(sampler *s, const despur_dataset *dataset, const sampling *plan,
                                           uint64_t seed, uint64_t stage, despur_error *error);
void sampler_release(sampler *s);

/* Writes the visits of an epoch (from 0) into order [length]. Depends on nothing but the sampler and the
 * epoch. */
void sampler_draw(const sampler *s, size_t epoch, uint32_t *order);

#endif
