/* Group-balanced logistic regression: an example of a group with n examples counts 1 / n; of several
 * partitions the mean of that. */
#include "repair/layer.h"

static despur_status fit(repair_fit *out, const repair_work *work, const repair_ask *ask,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  repair_problem problem = {0};
  TRY(repair_problem_create(&problem, work, ask->rows, error));
  TRY(repair_balance(&problem, work, ask->rows, error));
  problem.of.l2 = ask->parameters[0];
  TRY(repair_solve(out, work, &problem, error));
cleanup:
  repair_problem_release(&problem);
  return status;
}

const layer layer_balanced = {.label = "Group balance",
                              .needs = LAYER_NEEDS_TRAIN_GROUPS,
                              .fitted_on = DESPUR_TRAIN,
                              .refits = 1,
                              .weighs = true,
                              .parameters = {"l2"},
                              .fit = fit};
