#include "run/stages/plan.h"
#include "run/state/stage.h"

#define KIND(name) &stage_##name,
static const stage_kind *const KINDS[] = {STAGE_KINDS(KIND)};

enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };
_Static_assert((int)KIND_COUNT <= (int)RUN_STAGES, "a plan has room for one stage of every kind");

static despur_status check_inputs(const run *r, const stage_kind *kind, despur_error *error) {
  for (size_t i = 0; i < STAGE_INPUTS && kind->inputs[i]; i++)
    if (run_place_of(r, kind->inputs[i]) == r->plan.count)
      return error_set(error, DESPUR_BAD_USAGE, "%s: needs the stage '%s', which this run does not have",
                       kind->name, kind->inputs[i]);
  return DESPUR_OK;
}

despur_status run_make_plan(run *r, despur_error *error) {
  r->plan.count = 0;
  for (size_t i = 0; i < KIND_COUNT; i++) {
    const stage_kind *kind = KINDS[i];
    if (!kind->wanted(r->config) || (r->only_infer && !kind->only_infers)) continue;
    despur_status status = check_inputs(r, kind, error);
    if (status != DESPUR_OK) return status;
    r->plan.stages[r->plan.count++] = kind;
  }
  return DESPUR_OK;
}
