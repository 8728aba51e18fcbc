/* Kinds of stages: what each needs, when a run has it, and what it does. A run is a list of them (plan.h). */
#ifndef RUN_STAGE_H
#define RUN_STAGE_H

#include "run/state/run_state.h"

enum { STAGE_INPUTS = 2 };

struct stage_kind {
  const char *name;                 /* in results.jsonl, timing.json, and what is said */
  const char *inputs[STAGE_INPUTS]; /* names of stages that must have come before; NULL beyond the last */
  bool only_infers;                 /* it is also in a run that ends with inferred groups */
  bool (*wanted)(const despur_config *config);
  /* From its beginning, or from r->state. */
  despur_status (*carry_out)(run *r, despur_error *error);
  /* What a run that goes on after this stage has of it: from its files and r->resumed. NULL: nothing. */
  despur_status (*restore)(run *r, despur_error *error);
};

/* The place of a stage in r->plan; r->plan.count when the run does not have it. */
size_t run_place_of(const run *r, const char *name);

/* All kinds, in the order in which a run has them: src/run/stages/stage_NAME.c. */
#define STAGE_KINDS(STAGE)                                                                                   \
  STAGE(reference)                                                                                           \
  STAGE(infer)                                                                                               \
  STAGE(train)                                                                                               \
  STAGE(repair)                                                                                              \
  STAGE(evaluate)
#define STAGE_KIND(name) extern const stage_kind stage_##name;
STAGE_KINDS(STAGE_KIND)

#endif
