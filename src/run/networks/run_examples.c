/* The examples of a run as its network sees them. */
#include "base/memory.h"
#include "base/text.h"
#include "data/dataset.h"
#include "nn/engine.h"
#include "run/files/reopen.h"
#include "run/networks/networks.h"
#include "run/state/run_state.h"

#include <stdio.h>
#include <string.h>

/* Their names in the data set, or their numbers. */
static despur_status name_codes(const char ***out, const despur_dataset *dataset,
                                const char *(*name_of)(const despur_dataset *dataset, size_t code),
                                size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  text_list names = {0};
  for (size_t i = 0; i < count; i++) {
    char number[32];
    const char *name = name_of(dataset, i);
    snprintf(number, sizeof number, "%zu", i);
    TRY(text_list_add(&names, name ? name : number, error));
  }
  TRY(text_copy_all(out, (const char *const *)names.items, count, error));
cleanup:
  text_list_release(&names);
  return status;
}

/* Paths of pictures; other examples have numbers only. */
static despur_status name_examples(despur_examples *out, const despur_dataset *dataset, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char **paths = NULL;
  if (!dataset->pictures) return DESPUR_OK;
  TRY(mem_alloc(&paths, out->count, sizeof *paths, error));
  for (size_t i = 0; i < out->count; i++) paths[i] = despur_pictures_path(dataset->pictures, i);
  TRY(text_copy_all(&out->ids, paths, out->count, error));
cleanup:
  mem_free(paths);
  return status;
}

static despur_status take_splits(despur_examples *out, const despur_dataset *dataset, despur_error *error) {
  despur_status status = mem_alloc(&out->splits, out->count, sizeof *out->splits, error);
  for (int s = 0; status == DESPUR_OK && s < DESPUR_SPLITS; s++) {
    size_t count;
    const uint32_t *examples = despur_dataset_split(dataset, (despur_split)s, &count);
    for (size_t i = 0; i < count; i++) out->splits[examples[i]] = (uint32_t)s;
  }
  return status;
}

static despur_status describe(despur_examples *out, const despur_dataset *dataset, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t attributes = despur_dataset_attributes(dataset);
  out->classes = despur_dataset_classes(dataset);
  TRY(mem_alloc(&out->labels, out->count, sizeof *out->labels, error));
  memcpy(out->labels, despur_dataset_labels(dataset), out->count * sizeof *out->labels);
  TRY(name_codes(&out->class_names, dataset, despur_dataset_class_name, out->classes, error));
  TRY(take_splits(out, dataset, error));
  TRY(name_examples(out, dataset, error));
  if (attributes < 2) goto cleanup;
  despur_example_column *c = &out->attribute;
  c->values_count = attributes;
  TRY(mem_copy_text(&c->name, "a", error));
  TRY(mem_alloc(&c->codes, out->count, sizeof *c->codes, error));
  memcpy(c->codes, despur_dataset_attribute_values(dataset), out->count * sizeof *c->codes);
  TRY(name_codes(&c->values, dataset, despur_dataset_attribute_name, attributes, error));
cleanup:
  return status;
}

static despur_status take_features(despur_examples *out, const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *all = NULL;
  out->columns = despur_net_features(run_last_net(r));
  TRY(mem_alloc(&out->x, out->count, out->columns * sizeof *out->x, error));
  TRY(mem_alloc(&all, out->count, sizeof *all, error));
  for (uint32_t i = 0; i < out->count; i++) all[i] = i;
  TRY(despur_outputs(run_last_net(r), r->dataset, all, out->count, DESPUR_FEATURES, out->x, error));
cleanup:
  mem_free(all);
  return status;
}

despur_status despur_run_examples(despur_examples *out, const char *directory, int threads,
                                  const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_config *config = NULL;
  despur_run_options options = {
      .directory = directory, .threads = threads, .observer = run_stopped_by(watch)};
  despur_run_result result = {0};
  run r = {.options = &options, .result = &result};
  *out = (despur_examples){0};
  TRY(run_reopen(&r, &config, error));
  out->count = despur_dataset_count(r.dataset);
  TRY(describe(out, r.dataset, error));
  TRY(run_load_net(&r, config_last_network(config), error));
  TRY(take_features(out, &r, error));
cleanup:
  run_release(&r);
  despur_config_free(config);
  if (status != DESPUR_OK) despur_examples_release(out);
  return status;
}
