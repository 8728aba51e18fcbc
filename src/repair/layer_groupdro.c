/* GroupDRO (Sagawa et al. 2020) on the last layer: the largest mean loss of a group is the least that it can
 * be. The problem is convex, so unlike a network's it has an answer, which is found to a certified gap. */
#include "repair/layer.h"

#include "base/memory.h"
#include "base/watch.h"

/* The problem's groups numbered without those that have no rows. */
static despur_status number(uint32_t *groups, size_t *count, const repair_problem *problem,
                            const repair_work *work, despur_error *error) {
  uint32_t *number_of;
  despur_status status = mem_alloc(&number_of, work->groups_count, sizeof *number_of, error);
  if (status != DESPUR_OK) return status;
  *count = 0;
  for (size_t i = 0; i < problem->of.rows; i++) {
    uint32_t *number = &number_of[problem->groups[i]];
    if (*number == 0) *number = (uint32_t)++ * count;
    groups[i] = *number - 1;
  }
  mem_free(number_of);
  return DESPUR_OK;
}

static despur_status fit(repair_fit *out, const repair_work *work, const repair_ask *ask,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  repair_problem problem = {0};
  uint32_t *groups = NULL;
  size_t count;
  const despur_logistic_options options = {.tolerance = work->tolerance,
                                           .max_passes = work->most_passes,
                                           .threads = work->options.threads,
                                           .watch = watch_quiet(&work->options.watch)};
  TRY(repair_problem_create(&problem, work, ask->rows, error));
  TRY(mem_alloc(&groups, problem.of.rows, sizeof *groups, error));
  TRY(number(groups, &count, &problem, work, error));
  problem.of.l2 = ask->parameters[0];
  TRY(despur_logistic_solve_worst(&out->head, NULL, &problem.of, groups, count, &options, error));
  repair_note(out);
cleanup:
  mem_free(groups);
  repair_problem_release(&problem);
  return status;
}

const layer layer_groupdro = {.label = "GroupDRO",
                              .needs = LAYER_NEEDS_TRAIN_GROUPS,
                              .fitted_on = DESPUR_TRAIN,
                              .refits = 1,
                              .weighs = true,
                              .parameters = {"l2"},
                              .fit = fit};
