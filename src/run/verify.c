/* Whether a run is what it says: its inputs and outputs by their hashes, then all of it once more. */
#include "base/format.h"
#include "base/memory.h"
#include "io/safetensors.h"
#include "run/hashes.h"
#include "run/manifest.h"
#include "run/reopen.h"
#include "run/run_data.h"
#include "run/run_files.h"
#include "run/run_state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 2, 3))) static void differ(despur_verify_result *result, const char *format,
                                                         ...) {
  va_list args;
  va_start(args, format);
  format_args(result->difference, sizeof result->difference, format, args);
  va_end(args);
}

/* ---- hashes ---- */

static despur_status check_inputs(despur_verify_result *result, const run *r, json_t *kept,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  json_t *found = json_object(), *sum;
  const char *name;
  TRY(run_hash_inputs(r, found, error));
  despur_error reason;
  if (run_compare_inputs(r, found, kept, &reason) != DESPUR_OK) differ(result, "%s", reason.message);
  json_object_foreach(kept, name, sum) if (!*result->difference && !json_object_get(found, name))
      differ(result, "%s/manifest.json: inputs: the run does not read '%s'", r->result->directory, name);
  result->inputs = json_object_size(found);
cleanup:
  json_decref(found);
  return status;
}

/* The manifest comes from outside: a name in it must not lead out of the directory. */
static despur_status output_path(char path[1024], const run *r, const char *name, despur_error *error) {
  if (*name == 0 || *name == '.' || strchr(name, '/'))
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s/manifest.json: outputs: expected names of files, found '%s'", r->result->directory,
                     name);
  return run_path(path, r, name, error);
}

/* Whether the manifest lists what such a run makes, no less and no more. A check that has nothing to look at
 * must not pass. */
static despur_status check_list(despur_verify_result *result, const run *r, json_t *kept,
                                despur_error *error) {
  for (size_t i = 0; i < run_output_count && !*result->difference; i++) {
    char path[1024];
    const char *name = run_output_names[i];
    despur_status status = run_path(path, r, name, error);
    if (status != DESPUR_OK) return status;
    bool listed = json_object_get(kept, name) != NULL, made = run_makes_output(r, name);
    if (made && !listed)
      differ(result, "%s/manifest.json: outputs: a run like this makes %s, which is not listed",
             r->result->directory, name);
    else if (!made && (listed || file_exists(path)))
      differ(result, "%s: a run like this does not make it", path);
  }
  return DESPUR_OK;
}

static despur_status check_outputs(despur_verify_result *result, const run *r, json_t *kept,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *name;
  json_t *sum;
  json_object_foreach(kept, name, sum) {
    char path[1024], found[SHA256_HEX];
    const char *wanted = json_string_value(sum);
    TRY(output_path(path, r, name, error));
    if (!file_exists(path)) {
      differ(result, "%s is missing", path);
      break;
    }
    TRY(file_sha256(path, found, error));
    if (!wanted || strcmp(found, wanted) != 0) {
      differ(result, "%s has changed since the run ended", path);
      break;
    }
    result->outputs++;
  }
  if (!*result->difference) TRY(check_list(result, r, kept, error));
cleanup:
  return status;
}

/* ---- the first difference of two files ---- */

static bool same_shape(const tensor *a, const tensor *b) {
  return a->rank == b->rank && memcmp(a->shape, b->shape, a->rank * sizeof *a->shape) == 0;
}

static bool describe_tensors(despur_verify_result *result, const tensor_file *a, const tensor_file *b,
                             const char *path) {
  for (size_t t = 0; t < a->count; t++) {
    const tensor *x = &a->tensors[t], *y = safetensors_find(b, x->name);
    if (!y || !same_shape(x, y)) {
      differ(result, "%s, tensor '%s': %s now", path, x->name, y ? "of another shape" : "not there");
      return true;
    }
    for (size_t i = 0; i < x->count; i++) {
      /* -0 is another number than 0 here, and a NaN the same as itself.
       * NOLINTNEXTLINE(*memory-comparison,cert-*) */
      if (memcmp(&x->data[i], &y->data[i], sizeof *x->data) == 0) continue;
      differ(result, "%s, tensor '%s', number %zu: %.9g, now %.9g", path, x->name, i, (double)x->data[i],
             (double)y->data[i]);
      return true;
    }
  }
  return false;
}

/* Weights and groupings: which number of which tensor. False when that does not tell. */
static bool compare_tensors(despur_verify_result *result, const char *before, const char *now) {
  tensor_file a = {0}, b = {0};
  bool told = safetensors_open(&a, before, NULL) == DESPUR_OK &&
              safetensors_open(&b, now, NULL) == DESPUR_OK && describe_tensors(result, &a, &b, before);
  safetensors_close(&a);
  safetensors_close(&b);
  return told;
}

/* All other files: the line, and the byte in it. */
static despur_status compare_bytes(despur_verify_result *result, const char *before, const char *now,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  char *a = NULL, *b = NULL;
  size_t a_bytes, b_bytes, line = 1, start = 0, i = 0;
  TRY(file_read(&a, &a_bytes, before, SIZE_MAX - 1, error));
  TRY(file_read(&b, &b_bytes, now, SIZE_MAX - 1, error));
  for (; i < a_bytes && i < b_bytes && a[i] == b[i]; i++) {
    if (a[i] != '\n') continue;
    line++;
    start = i + 1;
  }
  if (i < a_bytes || i < b_bytes)
    differ(result, "%s, line %zu, byte %zu (byte %zu of the file)%s", before, line, i - start + 1, i + 1,
           i == a_bytes   ? ": it ends there, and goes on now"
           : i == b_bytes ? ": it goes on there, and ends now"
                          : "");
cleanup:
  mem_free(a);
  mem_free(b);
  return status;
}

static despur_status compare_files(despur_verify_result *result, const char *before, const char *now,
                                   despur_error *error) {
  static const char TENSORS[] = ".safetensors";
  size_t length = strlen(before), ending = sizeof TENSORS - 1;
  if (!file_exists(now)) {
    differ(result, "%s: the run does not make it now", before);
    return DESPUR_OK;
  }
  if (length > ending && strcmp(before + length - ending, TENSORS) == 0 &&
      compare_tensors(result, before, now))
    return DESPUR_OK;
  return compare_bytes(result, before, now, error);
}

/* ---- once more ---- */

static despur_status compare_outputs(despur_verify_result *result, const run *first, const run *second,
                                     json_t *kept, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *name;
  json_t *sum;
  json_object_foreach(kept, name, sum) {
    char before[1024], now[1024];
    TRY(output_path(before, first, name, error));
    TRY(output_path(now, second, name, error));
    TRY(compare_files(result, before, now, error));
    if (*result->difference) break;
    result->repeated++;
  }
cleanup:
  return status;
}

static despur_status make_room(char room[512], despur_error *error) {
  const char *base = getenv("TMPDIR");
  int length = snprintf(room, 512, "%s/despur-verify-XXXXXX", base && *base ? base : "/tmp");
  if (length < 0 || length >= 512) return error_set(error, DESPUR_BAD_USAGE, "TMPDIR: the path is too long");
  if (!mkdtemp(room))
    return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot create directory: %s", room,
                     format_errno(errno));
  return DESPUR_OK;
}

static despur_status run_again(despur_verify_result *result, const run *first, json_t *kept,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  char room[512] = "", directory[520];
  despur_run_result again = {0};
  despur_run_options options = *first->options;
  run second = {.options = &options, .result = &again};
  TRY(make_room(room, error));
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
static despur_status find_kind(run *r, json_t *outputs, despur_error *error) {
  static const char *const TRAINED[] = {"model.safetensors", "predictions.csv"};
  r->only_infer = true;
  for (size_t i = 0; i < sizeof TRAINED / sizeof *TRAINED; i++) {
    char path[1024];
    despur_status status = run_path(path, r, TRAINED[i], error);
    if (status != DESPUR_OK) return status;
    if (json_object_get(outputs, TRAINED[i]) || file_exists(path)) r->only_infer = false;
  }
  return DESPUR_OK;
}

static void check_seed(despur_verify_result *result, const run *r, const json_t *said) {
  const json_t *seed = json_object_get(said, "seed");
  if (json_is_integer(seed) && json_integer_value(seed) == (json_int_t)r->config->seed) return;
  differ(result, "%s/manifest.json: seed: expected %lld, as in config.yaml", r->result->directory,
         (long long)r->config->seed);
}

/* What the checks need; the run that is done again has its own. */
static void forget(run *r) {
  despur_dataset_free(r->dataset);
  despur_net_free(r->reference);
  despur_net_free(r->net);
  r->dataset = NULL;
  r->reference = r->net = NULL;
}

static despur_status prepare(run *r, json_t *outputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(find_kind(r, outputs, error));
  TRY(run_create_dataset(r, error));
  TRY(run_create_nets(r, error));
cleanup:
  return status;
}

static despur_status check_outcome(const run *r, const json_t *said, despur_error *error) {
  const char *outcome = json_string_value(json_object_get(said, "outcome"));
  if (outcome && strcmp(outcome, "complete") == 0) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s: only complete runs can be verified; this one is %s",
                   r->result->directory, outcome ? outcome : "without an outcome");
}

static void blame_version(despur_verify_result *result, const json_t *said) {
  const char *version = json_string_value(json_object_get(said, "despur"));
  size_t used = strlen(result->difference);
  if (used == 0 || !version || strcmp(version, despur_version()) == 0) return;
  snprintf(result->difference + used, sizeof result->difference - used,
           " (the run was made by despur %.32s, this is %s)", version, despur_version());
}

despur_status despur_verify(despur_verify_result *result, const char *directory,
                            const despur_verify_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  json_t *said = NULL;
  despur_config *config = NULL;
  despur_run_options run_options = {
      .directory = directory, .threads = options->threads, .observer = options->observer};
  despur_run_result run_result = {0};
  run r = {.options = &run_options, .result = &run_result};
  *result = (despur_verify_result){0};
  TRY(run_read_config(&r, &config, error));
  TRY(manifest_load(&said, directory, error));
  TRY(check_outcome(&r, said, error));
  json_t *outputs = json_object_get(said, "outputs");
  TRY(prepare(&r, outputs, error));
  TRY(check_inputs(result, &r, json_object_get(said, "inputs"), error));
  if (!*result->difference) check_seed(result, &r, said);
  if (!*result->difference) TRY(check_outputs(result, &r, outputs, error));
  forget(&r);
  if (!*result->difference && !options->quick) TRY(run_again(result, &r, outputs, error));
  blame_version(result, said);
cleanup:
  json_decref(said);
  run_release(&r);
  despur_config_free(config);
  return status;
}
