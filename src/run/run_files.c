/* The files of a run directory. All but timing.json are the same bytes for the same configuration and data.
 */
#include "base/memory.h"
#include "nn/loss.h"
#include "run/run_events.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Everything that a run may leave, for manifest.json and for clearing away an earlier run. */
static const char *const OUTPUTS[] = {"config.yaml",     "results.jsonl",     "steps.csv",
                                      "groups.csv",      "embedding.csv",     "grouping.safetensors",
                                      "predictions.csv", "model.safetensors", "reference.safetensors",
                                      "cam.json",        RUN_EVENTS_FILE,     "report.html"};

despur_status run_path(char path[1024], const run *r, const char *name, despur_error *error) {
  int length = snprintf(path, 1024, "%s/%s", r->result->directory, name);
  if (length < 0 || length >= 1024)
    return error_set(error, DESPUR_BAD_USAGE, "%s: the path is too long", r->result->directory);
  return DESPUR_OK;
}

/* Also what is left when a run is killed while it writes. */
static despur_status remove_output(const run *r, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], partial[64];
  snprintf(partial, sizeof partial, "%s.partial", name);
  TRY(run_path(path, r, name, error));
  unlink(path);
  TRY(run_path(path, r, partial, error));
  unlink(path);
cleanup:
  return status;
}

static despur_status remove_earlier_run(const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < sizeof OUTPUTS / sizeof *OUTPUTS; i++) TRY(remove_output(r, OUTPUTS[i], error));
  TRY(remove_output(r, "manifest.json", error));
  TRY(remove_output(r, "timing.json", error));
cleanup:
  return status;
}

static despur_status open_stream(file_writer **writer, const run *r, const char *name, despur_error *error) {
  char path[1024];
  despur_status status = run_path(path, r, name, error);
  return status != DESPUR_OK ? status : file_writer_open(writer, path, error);
}

static despur_status write_config(const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], *content = NULL;
  TRY(despur_config_format(r->config, &content, error));
  TRY(run_path(path, r, "config.yaml", error));
  TRY(file_write_text(path, content, error));
cleanup:
  free(content);
  return status;
}

despur_status run_open_directory(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *directory = r->result->directory;
  bool existed = file_exists(directory);
  if (existed) {
    if (!file_is_directory(directory))
      FAIL(error, DESPUR_BAD_USAGE, "%s: exists and is not a directory", directory);
    if (!r->options->force)
      FAIL(error, DESPUR_BAD_USAGE,
           "%s: exists already; choose another --out, or --force to replace the run in it", directory);
    TRY(remove_earlier_run(r, error));
  }
  TRY(file_make_directories(directory, error));
  TRY(write_config(r, error));
  TRY(open_stream(&r->results, r, "results.jsonl", error));
  if (r->config->log.steps) {
    TRY(open_stream(&r->steps, r, "steps.csv", error));
    TRY(file_print(r->steps, error, "step,loss\n"));
  }
  if (r->config->log.tensorboard) TRY(run_events_open(r, error));
cleanup:
  if (status != DESPUR_OK && !existed) rmdir(directory); /* it stays when it is not empty */
  return status;
}

despur_status run_write_groups(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  size_t count;
  const despur_groups *groups = &r->result->groups;
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_TRAIN, &count);
  const uint32_t *labels = despur_dataset_labels(r->dataset);
  const uint32_t *attributes = despur_dataset_attribute_values(r->dataset);
  TRY(open_stream(&writer, r, "groups.csv", error));
  TRY(file_print(writer, error, "example,y,a,group,group_name\n"));
  for (size_t i = 0; i < count; i++) {
    uint32_t e = examples[i], g = groups->of_example[e];
    if (g == DESPUR_NO_GROUP) continue;
    TRY(file_print(writer, error, "%u,%u,%u,%u,\"%s\"\n", e, labels[e], attributes[e], g, groups->names[g]));
  }
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}

despur_status run_write_predictions(run *r, const uint32_t *predictions, const float *logits,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  float *p = NULL;
  size_t count, classes = despur_net_classes(r->net);
  const uint32_t *examples = despur_dataset_split(r->dataset, r->result->split, &count);
  const uint32_t *labels = despur_dataset_labels(r->dataset);
  const uint32_t *attributes = despur_dataset_attribute_values(r->dataset);
  TRY(mem_alloc(&p, classes, sizeof *p, error));
  TRY(open_stream(&writer, r, "predictions.csv", error));
  TRY(file_print(writer, error, "example,y,a,prediction"));
  for (size_t c = 0; c < classes; c++) TRY(file_print(writer, error, ",prob_%zu", c));
  TRY(file_print(writer, error, "\n"));
  for (size_t i = 0; i < count; i++) {
    uint32_t e = examples[i];
    memcpy(p, logits + i * classes, classes * sizeof *p);
    softmax(p, classes);
    TRY(file_print(writer, error, "%u,%u,%u,%u", e, labels[e], attributes[e], predictions[i]));
    for (size_t c = 0; c < classes; c++) TRY(file_print(writer, error, ",%.7g", (double)p[c]));
    TRY(file_print(writer, error, "\n"));
  }
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  mem_free(p);
  file_writer_discard(writer);
  return status;
}

despur_status run_write_json(const run *r, const char *name, json_t *object, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  file_writer *writer = NULL;
  char *text = json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
  if (!text) FAIL(error, DESPUR_NO_RESOURCES, "out of memory while writing %s", name);
  TRY(run_path(path, r, name, error));
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error, "%s\n", text));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  free(text);
  return status;
}

static despur_status add_output(const run *r, json_t *outputs, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], hash[SHA256_HEX];
  TRY(run_path(path, r, name, error));
  if (!file_exists(path)) goto cleanup;
  TRY(file_sha256(path, hash, error));
  json_object_set_new(outputs, name, json_string(hash));
cleanup:
  return status;
}

static despur_status add_outputs(const run *r, json_t *outputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < sizeof OUTPUTS / sizeof *OUTPUTS; i++)
    TRY(add_output(r, outputs, OUTPUTS[i], error));
cleanup:
  return status;
}

/* Files are named without their directory: where they lay does not matter to what was computed. */
static despur_status add_input(json_t *inputs, const char *path, despur_error *error) {
  char hash[SHA256_HEX];
  const char *slash = strrchr(path, '/');
  if (!*path) return DESPUR_OK;
  despur_status status = file_sha256(path, hash, error);
  if (status == DESPUR_OK) json_object_set_new(inputs, slash ? slash + 1 : path, json_string(hash));
  return status;
}

static despur_status add_inputs(const run *r, json_t *inputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; despur_dataset_input(r->dataset, i); i++)
    TRY(add_input(inputs, despur_dataset_input(r->dataset, i), error));
  TRY(add_input(inputs, r->config->model.init, error));
  TRY(add_input(inputs, r->config->train.order, error));
cleanup:
  return status;
}

/* The page shows the manifest with the hashes of all other files; the manifest has that of the page, too. */
static despur_status write_page(run *r, json_t *manifest, json_t *outputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], *content = json_dumps(manifest, JSON_COMPACT);
  const char *directory = r->result->directory;
  const despur_report_options options = {.page = path, .manifest = content};
  if (!content) FAIL(error, DESPUR_NO_RESOURCES, "out of memory while writing report.html");
  TRY(run_path(path, r, "report.html", error));
  TRY(despur_report(&directory, 1, &options, &r->result->verdict, error));
  TRY(add_output(r, outputs, "report.html", error));
cleanup:
  free(content);
  return status;
}

static despur_status write_manifest(run *r, const char *outcome, const char *message, despur_error *error) {
  despur_status status = DESPUR_OK;
  json_t *manifest = json_object(), *inputs = json_object(), *outputs = json_object();
  json_object_set_new(manifest, "despur", json_string(despur_version()));
  json_object_set_new(manifest, "outcome", json_string(outcome));
  if (*message) json_object_set_new(manifest, "message", json_string(message));
  json_object_set_new(manifest, "seed", json_integer((json_int_t)r->config->seed));
  json_object_set_new(manifest, "data", json_string(despur_dataset_description(r->dataset)));
  json_object_set_new(manifest, "inputs", inputs);
  json_object_set_new(manifest, "outputs", outputs);
  TRY(add_inputs(r, inputs, error));
  TRY(add_outputs(r, outputs, error));
  TRY(write_page(r, manifest, outputs, error));
  TRY(run_write_json(r, "manifest.json", manifest, error));
cleanup:
  json_decref(manifest);
  return status;
}

static despur_status write_timing(const run *r, despur_error *error) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const despur_net *net = r->net ? r->net : r->reference;
  json_object_set_new(r->timing, "total", json_real(run_seconds() - r->started));
  json_object_set_new(r->timing, "threads", json_integer(r->options->threads));
  json_object_set_new(r->timing, "kernels", json_string(despur_net_kernels(net)));
  json_object_set_new(r->timing, "peak_resident_mb", json_integer(usage.ru_maxrss / 1024));
  return run_write_json(r, "timing.json", r->timing, error);
}

static despur_status finish(file_writer **writer, despur_error *error) {
  file_writer *finished = *writer;
  *writer = NULL;
  return finished ? file_writer_commit(finished, error) : DESPUR_OK;
}

despur_status run_close_directory(run *r, const char *outcome, const char *message, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(finish(&r->results, error));
  TRY(finish(&r->steps, error));
  TRY(finish(&r->events, error));
  TRY(write_timing(r, error));
  TRY(write_manifest(r, outcome, message, error));
cleanup:
  return status;
}
