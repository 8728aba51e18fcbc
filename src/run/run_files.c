/* The files of a run directory. All but timing.json are the same bytes for the same configuration and data.
 */
#include "base/format.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/array_file.h"
#include "nn/loss.h"
#include "run/resume.h"
#include "run/run_events.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* For manifest.json and for clearing away an earlier run. */
const char *const run_output_names[] = {"config.yaml",     "results.jsonl",     "steps.csv",
                                        "groups.csv",      "embedding.csv",     "grouping.safetensors",
                                        "predictions.csv", "model.safetensors", "reference.safetensors",
                                        "cam.json",        RUN_EVENTS_FILE,     "report.html"};
const size_t run_output_count = sizeof run_output_names / sizeof *run_output_names;

static bool has_convolution(const despur_net *net) {
  return net && despur_net_convolution(net, 0);
}

bool run_makes_output(const run *r, const char *name) {
  const struct {
    const char *name;
    bool made;
  } made[] = {{"steps.csv", r->config->log.steps},
              {RUN_EVENTS_FILE, r->config->log.tensorboard},
              {"groups.csv", r->config->infer.method != CONFIG_INFER_NONE},
              {"embedding.csv", config_infers_clusters(r->config)},
              {"grouping.safetensors", config_infers_clusters(r->config)},
              {"reference.safetensors", r->reference != NULL},
              {"model.safetensors", r->net != NULL},
              {"predictions.csv", r->net != NULL},
              {"cam.json", has_convolution(r->reference) || has_convolution(r->net)}};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++)
    if (strcmp(made[i].name, name) == 0) return made[i].made;
  return true;
}

const char *const run_stream_names[CHECKPOINT_STREAMS] = {"results.jsonl", "steps.csv", RUN_EVENTS_FILE};

despur_status run_path(char path[1024], const run *r, const char *name, despur_error *error) {
  int length = snprintf(path, 1024, "%s/%s", r->result->directory, name);
  if (length < 0 || length >= 1024)
    return error_set(error, DESPUR_BAD_USAGE, "%s: the path is too long", r->result->directory);
  return DESPUR_OK;
}

static despur_status remove_file(const char *path, despur_error *error) {
  if (unlink(path) == 0 || errno == ENOENT) return DESPUR_OK;
  return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot remove: %s", path, format_errno(errno));
}

/* Also what is left when a run is killed while it writes. */
despur_status run_remove_output(const run *r, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], partial[64];
  int number = 1;
  snprintf(partial, sizeof partial, "%s.partial", name);
  TRY(run_path(path, r, name, error));
  TRY(remove_file(path, error));
  do {
    TRY(run_path(path, r, partial, error));
    TRY(remove_file(path, error));
    snprintf(partial, sizeof partial, "%s.%d.partial", name, number++);
    TRY(run_path(path, r, partial, error));
  } while (file_exists(path));
cleanup:
  return status;
}

despur_status run_remove_all(const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(run_remove_output(r, CHECKPOINT_FILE, error));
  for (size_t i = 0; i < run_output_count; i++) TRY(run_remove_output(r, run_output_names[i], error));
  TRY(run_remove_output(r, "manifest.json", error));
  TRY(run_remove_output(r, "timing.json", error));
cleanup:
  return status;
}

despur_status run_remove_unfinished(const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < run_output_count; i++) {
    bool stays = json_object_get(r->finished, run_output_names[i]) != NULL;
    for (size_t k = 0; k < CHECKPOINT_STREAMS; k++)
      stays |= !strcmp(run_output_names[i], run_stream_names[k]);
    if (!stays) TRY(run_remove_output(r, run_output_names[i], error));
  }
  TRY(run_remove_output(r, "manifest.json", error));
  TRY(run_remove_output(r, "timing.json", error));
cleanup:
  return status;
}

despur_status run_open_stream(file_writer **writer, const run *r, const char *name, despur_error *error) {
  char path[1024];
  despur_status status = run_path(path, r, name, error);
  return status != DESPUR_OK ? status : file_writer_open(writer, path, error);
}

despur_status run_write_groups(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  size_t count;
  const despur_groups *groups = &r->result->groups;
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_TRAIN, &count);
  const uint32_t *labels = despur_dataset_labels(r->dataset);
  const uint32_t *attributes = despur_dataset_attribute_values(r->dataset);
  TRY(run_open_stream(&writer, r, "groups.csv", error));
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
  TRY(run_open_stream(&writer, r, "predictions.csv", error));
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
  char *content = json_print(object, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
  if (!content) FAIL(error, DESPUR_NO_RESOURCES, "out of memory while writing %s", name);
  TRY(run_path(path, r, name, error));
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error, "%s\n", content));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  free(content);
  return status;
}

static despur_status add_output(const run *r, json_t *outputs, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], hash[SHA256_HEX];
  TRY(run_path(path, r, name, error));
  if (!file_exists(path)) goto cleanup;
  TRY(file_sha256(path, hash, error));
  if (json_object_set_new(outputs, name, json_string(hash)) != 0)
    FAIL(error, DESPUR_NO_RESOURCES, "%s: out of memory", path);
cleanup:
  return status;
}

despur_status run_hash_outputs(const run *r, json_t *outputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < run_output_count; i++) TRY(add_output(r, outputs, run_output_names[i], error));
cleanup:
  return status;
}

/* Files are named without their directory: where they lay does not matter to what was computed. */
static despur_status add_input(json_t *inputs, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  char hash[SHA256_HEX], name[300], *file = NULL;
  if (!*path) return DESPUR_OK;
  TRY(array_file_name(&file, path, error));
  const char *slash = strrchr(file, '/'), *last = slash ? slash + 1 : file;
  TRY(file_sha256(file, hash, error));
  snprintf(name, sizeof name, "%s", last);
  text_repair(name); /* the name of a member must be text */
  for (int copy = 2; json_object_get(inputs, name); copy++) {
    snprintf(name, sizeof name, "%s (%d)", last, copy);
    text_repair(name);
  }
  if (json_object_set_new(inputs, name, json_string(hash)) != 0)
    FAIL(error, DESPUR_NO_RESOURCES, "%s: out of memory", path);
cleanup:
  mem_free(file);
  return status;
}

despur_status run_hash_data(const run *r, json_t *inputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; despur_dataset_input(r->dataset, i); i++)
    TRY(add_input(inputs, despur_dataset_input(r->dataset, i), error));
cleanup:
  return status;
}

despur_status run_hash_inputs(const run *r, json_t *inputs, despur_error *error) {
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

despur_status run_compare_inputs(const run *r, const json_t *found, const json_t *kept, despur_error *error) {
  const char *name;
  json_t *sum;
  json_object_foreach((json_t *)(uintptr_t)found, name, sum) {
    const json_t *before = json_object_get(kept, name);
    if (json_equal(sum, before)) continue;
    const char *place = place_of_input(r, name);
    return error_set(error, DESPUR_BAD_INPUT, "%s: the run was made with other data: %s %s%s%s%s",
                     r->result->directory, name, before ? "has changed" : "is not among its inputs",
                     place ? " (read as " : "", place ? place : "", place ? ")" : "");
  }
  return DESPUR_OK;
}

/* The page shows the manifest with the hashes of all other files; the manifest has that of the page, too. */
static despur_status write_page(run *r, json_t *manifest, json_t *outputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], *content = json_print(manifest, JSON_COMPACT);
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
  json_t *manifest = json_object(), *outputs = json_object();
  json_put(&manifest, "despur", json_string(despur_version()));
  json_put(&manifest, "outcome", json_string(outcome));
  if (*message) json_put(&manifest, "message", json_text(message));
  json_put(&manifest, "seed", json_integer((json_int_t)r->config->seed));
  json_put(&manifest, "data", json_text(despur_dataset_description(r->dataset)));
  json_put(&manifest, "inputs", json_incref(r->inputs));
  json_put(&manifest, "outputs", json_incref(outputs));
  if (!manifest) FAIL(error, DESPUR_NO_RESOURCES, "out of memory while writing manifest.json");
  TRY(run_hash_outputs(r, outputs, error));
  status = write_page(r, manifest, outputs, error);
  if (status != DESPUR_OK && !*message) goto cleanup; /* a run that has failed may have nothing to show */
  TRY(run_write_json(r, "manifest.json", manifest, error));
cleanup:
  json_decref(outputs);
  json_decref(manifest);
  return status;
}

static despur_status write_timing(run *r, despur_error *error) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const despur_net *net = r->net ? r->net : r->reference;
  json_put(&r->timing, "total", json_real(run_seconds() - r->started));
  json_put(&r->timing, "threads", json_integer(r->options->threads));
  json_put(&r->timing, "kernels", json_string(despur_net_kernels(net)));
  json_put(&r->timing, "peak_resident_mb", json_integer(usage.ru_maxrss / 1024));
  return run_write_json(r, "timing.json", r->timing, error);
}

/* A stream that cannot be finished keeps its temporary name, so that the run can go on. */
static despur_status finish_streams(run *r, despur_error *error) {
  file_writer **streams[] = {&r->results, &r->steps, &r->events};
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
    if (!*streams[i]) continue;
    despur_status finished = file_writer_finish(*streams[i], status == DESPUR_OK ? error : NULL);
    if (status == DESPUR_OK) status = finished;
    *streams[i] = NULL;
  }
  return status;
}

despur_status run_close_directory(run *r, const char *outcome, const char *message, despur_error *error) {
  despur_status status = finish_streams(r, error);
  /* of a run that has failed already no more is asked than what can be done */
  if (status != DESPUR_OK && !*message) return status;
  TRY(write_timing(r, error));
  TRY(write_manifest(r, outcome, message, error));
cleanup:
  return status;
}
