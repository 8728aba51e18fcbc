/* The last stage: what is said of all networks together. */
#include "run/networks/cam_file.h"
#include "run/networks/cells.h"
#include "run/stages/advice.h"
#include "run/state/stage.h"

static bool wanted(const despur_config *config) {
  (void)config;
  return true;
}

static despur_status carry_out(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(run_score_cells(r, error));
  if (!r->only_infer) TRY(run_advise(r, error));
  TRY(run_write_cam_events(r, error));
  TRY(run_write_cam(r, error));
cleanup:
  return status;
}

const stage_kind stage_evaluate = {
    .name = "evaluate", .only_infers = true, .wanted = wanted, .carry_out = carry_out};
