#include "run/verify_models.h"

#include "base/memory.h"
#include "report/models/models.h"
#include "run/files/manifest.h"
#include "run/verify_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What the page leaves, no less and no more. */
static const char *const NAMES[] = {"columns.json", "results.json", "report.html"};

enum { NAME_COUNT = sizeof NAMES / sizeof *NAMES };

static void check_list(despur_verify_result *result, const char *directory, const text_pairs *outputs) {
  bool same = outputs->count == NAME_COUNT;
  for (size_t i = 0; i < NAME_COUNT; i++) same &= text_pairs_find(outputs, NAMES[i]) != NULL;
  if (!same)
    verify_differ(result, "%s/manifest.json: outputs: expected columns.json, results.json and report.html",
                  directory);
}

/* The tables that columns.json names. */
static despur_status check_inputs(despur_verify_result *result, const char *directory, const text_pairs *kept,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  text_pairs found;
  TRY(models_hash_tables(&found, directory, error));
  for (size_t i = 0; i < found.count; i++) {
    const char *name = found.items[i].name;
    const char *wanted = text_pairs_find(kept, name);
    if (!wanted || strcmp(found.items[i].value, wanted) != 0) {
      verify_differ(result, "%s: %s", name,
                    wanted ? "has changed since the page was made" : "is not in manifest.json");
      goto cleanup;
    }
    result->inputs++;
  }
  if (kept->count != found.count)
    verify_differ(result, "%s/manifest.json: inputs: lists tables that columns.json does not name",
                  directory);
cleanup:
  text_pairs_release(&found);
  return status;
}

static void remove_room(const char *room) {
  char path[600];
  for (size_t i = 0; i < NAME_COUNT; i++) {
    snprintf(path, sizeof path, "%s/%s", room, NAMES[i]);
    unlink(path);
  }
  snprintf(path, sizeof path, "%s/manifest.json", room);
  unlink(path);
  rmdir(room);
}

static despur_status make_again(despur_verify_result *result, const char *directory, despur_error *error) {
  despur_status status = DESPUR_OK;
  char room[512] = "";
  TRY(verify_make_room(room, error));
  TRY(models_again(directory, room, error));
  for (size_t i = 0; i < NAME_COUNT && !*result->difference; i++) {
    char before[1024], now[1024];
    TRY(verify_output_path(before, directory, NAMES[i], error));
    TRY(verify_output_path(now, room, NAMES[i], error));
    TRY(verify_compare(result, before, now, error));
    result->repeated += !*result->difference;
  }
cleanup:
  if (*room) remove_room(room);
  return status;
}

despur_status verify_models(despur_verify_result *result, const char *directory, bool quick,
                            despur_error *error) {
  despur_status status = DESPUR_OK;
  record_manifest said;
  TRY(manifest_load(&said, directory, error));
  TRY(verify_outcome(directory, &said, error));
  check_list(result, directory, &said.outputs);
  if (!*result->difference) TRY(verify_outputs(result, directory, &said.outputs, error));
  if (!*result->difference) TRY(check_inputs(result, directory, &said.inputs, error));
  if (!*result->difference && !quick) TRY(make_again(result, directory, error));
  verify_blame_version(result, &said);
cleanup:
  manifest_release(&said);
  return status;
}

despur_status verify_repaired(despur_verify_result *result, const char *directory, despur_error *error) {
  despur_status status = DESPUR_OK;
  record_manifest said;
  TRY(manifest_load(&said, directory, error));
  TRY(verify_outcome(directory, &said, error));
  TRY(verify_outputs(result, directory, &said.outputs, error));
  verify_blame_version(result, &said);
cleanup:
  manifest_release(&said);
  return status;
}
