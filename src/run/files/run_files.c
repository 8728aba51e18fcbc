/* The files of a run directory. All but timing.json are the same bytes for the same configuration and data.
 */
#include "run/files/run_files.h"
#include "base/format.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "nn/loss.h"
#include "run/files/run_events.h"
#include "run/state/checkpoint.h"
#include "run/state/run_state.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For manifest.json and for clearing away an earlier run. */
const char *const run_output_names[] = {
    "config.yaml",       "results.jsonl",         "steps.csv",       "groups.csv",
    "embedding.csv",     "grouping.safetensors",  "predictions.csv", "model.safetensors",
    "train.safetensors", "reference.safetensors", "cam.json",        RUN_EVENTS_FILE,
    "report.html"};
const size_t run_output_count = sizeof run_output_names / sizeof *run_output_names;

static bool has_convolution(const run *r) {
  for (size_t n = 0; n < DESPUR_NETWORK_COUNT; n++)
    if (r->nets[n] && despur_net_convolution(r->nets[n], 0)) return true;
  return false;
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
              {"predictions.csv", r->nets[config_last_network(r->config)] != NULL},
              {"cam.json", has_convolution(r)}};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++)
    if (strcmp(made[i].name, name) == 0) return made[i].made;
  for (despur_network n = 0; n < DESPUR_NETWORK_COUNT; n++)
    if (r->nets[n] && strcmp(config_weights_file(r->config, n), name) == 0) return true;
  return !strstr(name, ".safetensors");
}

const char *const run_stream_names[CHECKPOINT_STREAMS] = {"results.jsonl", "steps.csv", RUN_EVENTS_FILE};

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
  TRY(run_remove_output(r, "timing.json", error));
  TRY(run_remove_output(r, "manifest.json", error)); /* it says whose the others are */
cleanup:
  return status;
}

despur_status run_remove_unfinished(const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < run_output_count; i++) {
    bool stays = text_pairs_find(&r->finished, run_output_names[i]) != NULL;
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

/* Label, attribute and prediction of an example. */
static despur_status write_words(file_writer *writer, const group_naming *naming, uint32_t example,
                                 uint32_t prediction, despur_error *error) {
  char label[DESPUR_GROUP_NAME], attribute[DESPUR_GROUP_NAME], predicted[DESPUR_GROUP_NAME];
  groups_class_word(label, naming, despur_dataset_labels(naming->dataset)[example]);
  groups_attribute_word(attribute, naming, despur_dataset_attribute_values(naming->dataset)[example]);
  groups_class_word(predicted, naming, prediction);
  return file_print(writer, error, "%u,%s,%s,%s", example, label, attribute, predicted);
}

despur_status run_write_predictions(run *r, const uint32_t *predictions, const float *logits,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  float *p = NULL;
  size_t count, classes = despur_dataset_classes(r->dataset);
  const uint32_t *examples = despur_dataset_split(r->dataset, r->result->split, &count);
  const group_naming naming = groups_naming(r->dataset);
  TRY(mem_alloc(&p, classes, sizeof *p, error));
  TRY(run_open_stream(&writer, r, "predictions.csv", error));
  TRY(file_print(writer, error, "example,y,a,prediction"));
  for (size_t c = 0; c < classes; c++) {
    char word[DESPUR_GROUP_NAME];
    groups_class_word(word, &naming, c);
    TRY(file_print(writer, error, ",prob_%s", word));
  }
  TRY(file_print(writer, error, "\n"));
  for (size_t i = 0; i < count; i++) {
    uint32_t e = examples[i];
    memcpy(p, logits + i * classes, classes * sizeof *p);
    softmax(p, classes);
    TRY(write_words(writer, &naming, e, predictions[i], error));
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

despur_status run_write_text(const run *r, const char *name, const char *content, despur_error *error) {
  char path[1024];
  despur_status status = run_path(path, r, name, error);
  return status == DESPUR_OK ? file_write_text(path, content, error) : status;
}
