#include "run/files/reopen.h"
#include "base/memory.h"
#include "io/file.h"
#include "run/files/hashes.h"
#include "run/files/manifest.h"
#include "run/files/run_data.h"
#include "run/state/run_state.h"

#include <string.h>

enum { TIMING_LIMIT_BYTES = 1 << 20 };

void run_set_base(despur_config *config, const record_timing *timing) {
  const size_t length = strlen(timing->made_in);
  if (*timing->made_in == '/' && length < sizeof config->base)
    memcpy(config->base, timing->made_in, length + 1);
}

/* Where the run was made: timing.json says so, being the one file that may differ between equal runs. */
static despur_status find_base(despur_config *config, const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], *content = NULL;
  record_timing timing;
  size_t bytes;
  TRY(run_path(path, r, "timing.json", error));
  if (!file_exists(path)) goto cleanup;
  TRY(file_read(&content, &bytes, path, TIMING_LIMIT_BYTES, error));
  TRY(timing_parse(&timing, content, bytes, path, error));
  run_set_base(config, &timing);
cleanup:
  mem_free(content);
  return status == DESPUR_BAD_INPUT ? DESPUR_OK : status; /* a convenience */
}

despur_status run_read_config(run *r, despur_config **config, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  *config = NULL;
  TRY(run_choose_directory(r, error));
  TRY(despur_config_create(config, error));
  (*config)->watch = run_watch(r);
  TRY(run_path(path, r, "config.yaml", error));
  TRY(despur_config_load(*config, path, error));
  TRY(find_base(*config, r, error));
  r->config = *config;
cleanup:
  return status;
}

despur_status run_reopen(run *r, despur_config **config, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(run_read_config(r, config, error));
  TRY(run_create_dataset(r, error));
  TRY(run_check_data(r, error));
  TRY(despur_groups_true(&r->truth, r->dataset, error));
cleanup:
  return status;
}

despur_status run_check_data(const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  record_manifest kept;
  text_pairs found = {0};
  status = manifest_load(&kept, r->result->directory, error);
  if (status == DESPUR_BAD_INPUT) {
    status = DESPUR_OK; /* without a manifest there is nothing to compare with */
    goto cleanup;
  }
  if (status != DESPUR_OK) goto cleanup;
  TRY(run_hash_data(r, &found, error));
  TRY(run_compare_inputs(r, &found, &kept.inputs, error));
cleanup:
  manifest_release(&kept);
  text_pairs_release(&found);
  return status;
}
