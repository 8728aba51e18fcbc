/* Whether a run is what it says: its inputs and outputs by their hashes, then all of it once more. */
#include "base/memory.h"
#include "report/models/models.h"
#include "report/repaired.h"
#include "run/files/hashes.h"
#include "run/files/manifest.h"
#include "run/files/reopen.h"
#include "run/files/run_data.h"
#include "run/files/run_files.h"
#include "run/networks/networks.h"
#include "run/state/run_state.h"
#include "run/verify_files.h"
#include "run/verify_models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- hashes ---- */

static despur_status check_inputs(despur_verify_result *result, const run *r, const text_pairs *kept,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  text_pairs found = {0};
  TRY(run_hash_inputs(r, &found, error));
  despur_error reason;
  if (run_compare_inputs(r, &found, kept, &reason) != DESPUR_OK) verify_differ(result, "%s", reason.message);
  for (size_t i = 0; i < kept->count; i++)
    if (!*result->difference && !text_pairs_find(&found, kept->items[i].name))
      verify_differ(result, "%s/manifest.json: inputs: the run does not read '%s'", r->result->directory,
                    kept->items[i].name);
  result->inputs = found.count;
cleanup:
  text_pairs_release(&found);
  return status;
}

/* Whether the manifest lists what such a run makes, no less and no more. A check that has nothing to look at
 * must not pass. */
static despur_status check_list(despur_verify_result *result, const run *r, const text_pairs *kept,
                                despur_error *error) {
  for (size_t i = 0; i < run_output_count && !*result->difference; i++) {
    char path[1024];
    const char *name = run_output_names[i];
    despur_status status = run_path(path, r, name, error);
    if (status != DESPUR_OK) return status;
    bool listed = text_pairs_find(kept, name) != NULL, made = run_makes_output(r, name);
    if (made && !listed)
      verify_differ(result, "%s/manifest.json: outputs: a run like this makes %s, which is not listed",
                    r->result->directory, name);
    else if (!made && (listed || file_exists(path)))
      verify_differ(result, "%s: a run like this does not make it", path);
  }
  return DESPUR_OK;
}

static despur_status check_outputs(despur_verify_result *result, const run *r, const text_pairs *kept,
                                   despur_error *error) {
  despur_status status = verify_outputs(result, r->result->directory, kept, error);
  if (status == DESPUR_OK && !*result->difference) status = check_list(result, r, kept, error);
  return status;
}

/* ---- once more ---- */

static despur_status compare_outputs(despur_verify_result *result, const run *first, const run *second,
                                     const text_pairs *kept, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < kept->count; i++) {
    char before[1024], now[1024];
    const char *name = kept->items[i].name;
    TRY(verify_output_path(before, first->result->directory, name, error));
    TRY(verify_output_path(now, second->result->directory, name, error));
    TRY(verify_compare(result, before, now, error));
    if (*result->difference) break;
    result->repeated++;
  }
cleanup:
  return status;
}

static despur_status run_again(despur_verify_result *result, const run *first, const text_pairs *kept,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  char room[512] = "", directory[520];
  despur_run_result again = {0};
  despur_run_options options = *first->options;
  run second = {.options = &options, .result = &again};
  TRY(verify_make_room(room, error));
  snprintf(directory, sizeof directory, "%s/run", room);
  options.directory = directory;
  options.only_infer = first->only_infer;
  status = despur_run(&again, first->config, &options, error);
  if (status == DESPUR_INTERRUPTED) FAIL(error, status, "interrupted while the run was done again");
  if (status != DESPUR_OK) goto cleanup;
  TRY(compare_outputs(result, first, &second, kept, error));
cleanup:
  if (*room && run_remove_all(&second, NULL) == DESPUR_OK) {
    rmdir(directory);
    rmdir(room);
  }
  despur_run_result_release(&again);
  return status;
}

/* ---- the whole ---- */

/* A run of group inference only has left neither a model nor its predictions. */
static despur_status find_kind(run *r, const text_pairs *outputs, despur_error *error) {
  static const char *const TRAINED[] = {"model.safetensors", "predictions.csv"};
  r->only_infer = true;
  for (size_t i = 0; i < sizeof TRAINED / sizeof *TRAINED; i++) {
    char path[1024];
    despur_status status = run_path(path, r, TRAINED[i], error);
    if (status != DESPUR_OK) return status;
    if (text_pairs_find(outputs, TRAINED[i]) || file_exists(path)) r->only_infer = false;
  }
  return DESPUR_OK;
}

static void check_seed(despur_verify_result *result, const run *r, const record_manifest *said) {
  if (said->seeded && said->seed == r->config->seed) return;
  verify_differ(result, "%s/manifest.json: seed: expected %lld, as in config.yaml", r->result->directory,
                (long long)r->config->seed);
}

/* What the checks need; the run that is done again has its own. */
static void forget(run *r) {
  despur_dataset_free(r->dataset);
  r->dataset = NULL;
  for (size_t n = 0; n < DESPUR_NETWORK_COUNT; n++) {
    despur_net_free(r->nets[n]);
    r->nets[n] = NULL;
  }
}

static despur_status prepare(run *r, const text_pairs *outputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(find_kind(r, outputs, error));
  TRY(run_create_dataset(r, error));
  TRY(run_create_nets(r, error));
cleanup:
  return status;
}

despur_status despur_verify(despur_verify_result *result, const char *directory,
                            const despur_verify_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  record_manifest said = {0};
  despur_config *config = NULL;
  despur_run_options run_options = {
      .directory = directory, .threads = options->threads, .observer = options->observer};
  despur_run_result run_result = {0};
  run r = {.options = &run_options, .result = &run_result};
  bool tables, repaired;
  *result = (despur_verify_result){0};
  TRY(models_are_in(&tables, directory, error));
  if (tables) return verify_models(result, directory, options->quick, error);
  TRY(directory_is_of(&repaired, directory, REPAIRED_KIND, error));
  if (repaired) return verify_repaired(result, directory, error);
  TRY(run_read_config(&r, &config, error));
  TRY(manifest_load(&said, directory, error));
  TRY(verify_outcome(directory, &said, error));
  const text_pairs *outputs = &said.outputs;
  TRY(prepare(&r, outputs, error));
  TRY(check_inputs(result, &r, &said.inputs, error));
  if (!*result->difference) check_seed(result, &r, &said);
  if (!*result->difference) TRY(check_outputs(result, &r, outputs, error));
  forget(&r);
  if (!*result->difference && !options->quick) TRY(run_again(result, &r, outputs, error));
  verify_blame_version(result, &said);
cleanup:
  manifest_release(&said);
  run_release(&r);
  despur_config_free(config);
  return status;
}
