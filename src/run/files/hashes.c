#include "run/files/hashes.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "base/text.h"
#include "io/array_file.h"
#include "io/file.h"
#include "run/files/run_files.h"
#include "run/state/run_state.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

despur_status run_hash_output(const run *r, text_pairs *outputs, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], hash[SHA256_HEX];
  TRY(run_path(path, r, name, error));
  if (!file_exists(path)) goto cleanup;
  TRY(file_sha256(path, hash, error));
  TRY(text_pairs_set(outputs, name, hash, error));
cleanup:
  return status;
}

despur_status run_hash_outputs(const run *r, text_pairs *outputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < run_output_count; i++) TRY(run_hash_output(r, outputs, run_output_names[i], error));
cleanup:
  return status;
}

/* Files are named without their directory: where they lay does not matter to what was computed. */
static despur_status add_input(text_pairs *inputs, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  char hash[SHA256_HEX], name[300], *file = NULL;
  if (!*path) return DESPUR_OK;
  TRY(array_file_name(&file, path, error));
  const char *slash = strrchr(file, '/'), *last = slash ? slash + 1 : file;
  TRY(file_sha256(file, hash, error));
  snprintf(name, sizeof name, "%s", last);
  text_repair(name);
  for (int copy = 2; text_pairs_find(inputs, name); copy++) {
    snprintf(name, sizeof name, "%s (%d)", last, copy);
    text_repair(name);
  }
  TRY(text_pairs_add(inputs, name, hash, error));
cleanup:
  mem_free(file);
  return status;
}

despur_status run_hash_data(const run *r, text_pairs *inputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; despur_dataset_input(r->dataset, i); i++)
    TRY(add_input(inputs, despur_dataset_input(r->dataset, i), error));
cleanup:
  return status;
}

despur_status run_hash_inputs(const run *r, text_pairs *inputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(run_hash_data(r, inputs, error));
  char path[CONFIG_PATH];
  config_path(path, r->config, "model.init");
  TRY(add_input(inputs, path, error));
  config_path(path, r->config, "train.order");
  TRY(add_input(inputs, path, error));
cleanup:
  return status;
}

/* Where the data set has read a file of that name; NULL when it has not. */
static const char *place_of_input(const run *r, const char *name) {
  const char *path;
  for (size_t i = 0; r->dataset && (path = despur_dataset_input(r->dataset, i)); i++) {
    const char *slash = strrchr(path, '/');
    if (strcmp(slash ? slash + 1 : path, name) == 0) return path;
  }
  return NULL;
}

despur_status run_compare_inputs(const run *r, const text_pairs *found, const text_pairs *kept,
                                 despur_error *error) {
  for (size_t i = 0; i < found->count; i++) {
    const char *name = found->items[i].name, *before = text_pairs_find(kept, name);
    if (before && strcmp(before, found->items[i].value) == 0) continue;
    const char *place = place_of_input(r, name);
    return error_set(error, DESPUR_BAD_INPUT, "%s: the run was made with other data: %s %s%s%s%s",
                     r->result->directory, name, before ? "has changed" : "is not among its inputs",
                     place ? " (read as " : "", place ? place : "", place ? ")" : "");
  }
  return DESPUR_OK;
}
