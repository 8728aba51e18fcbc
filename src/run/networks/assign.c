/* Groups of other examples, by the reference network and the grouping that a run has left. */
#include "base/memory.h"
#include "data/dataset.h"
#include "run/files/reopen.h"
#include "run/files/run_data.h"
#include "run/networks/networks.h"
#include "run/networks/split_outputs.h"
#include "run/state/run_state.h"

#include <stdlib.h>
#include <string.h>

static void hand_on(const despur_observer *observer, char *notes) {
  if (!observer->note) return;
  for (char *line = notes, *end; (end = strchr(line, '\n')); line = end + 1) {
    *end = 0;
    observer->note(observer->context, line);
  }
}

/* Only data may be other than in the run: the network and its groups are what they are. */
static despur_status override_data(despur_config *config, const despur_assign_options *options,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  char *notes = NULL;
  for (size_t i = 0; i < options->count; i++) {
    const char *override = options->overrides[i];
    if (strncmp(override, "data.", 5) != 0 && strncmp(override, "data=", 5) != 0 &&
        strncmp(override, "seeds.", 6) != 0)
      FAIL(error, DESPUR_BAD_USAGE,
           "%.64s: groups are applied with the run's own settings; only data.* and seeds.* may change",
           override);
    TRY(despur_config_set(config, override, error));
  }
  TRY(despur_config_drop_idle(config, &notes, error));
  if (notes) hand_on(&options->observer, notes);
  TRY(despur_config_check(config, error));
cleanup:
  free(notes);
  return status;
}

static despur_status load_models(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  TRY(run_load_net(r, DESPUR_NETWORK_REFERENCE, error));
  TRY(run_path(path, r, "grouping.safetensors", error));
  TRY(despur_grouping_load(&r->grouping, path, error));
  bool features = r->config->infer.on == DESPUR_FEATURES;
  const despur_net *net = r->nets[DESPUR_NETWORK_REFERENCE];
  size_t width = features ? despur_net_features(net) : despur_net_classes(net);
  if (despur_grouping_dimensions(r->grouping) != width)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected outputs of width %zu as the network's, found %zu", path,
         width, despur_grouping_dimensions(r->grouping));
cleanup:
  return status;
}

static despur_status write_split(file_writer *writer, run *r, despur_split split, despur_error *error) {
  despur_status status = DESPUR_OK;
  split_outputs outputs = {0};
  uint32_t *groups = NULL;
  size_t count;
  const uint32_t *examples = despur_dataset_split(r->dataset, split, &count);
  const uint32_t *attributes = despur_dataset_attribute_values(r->dataset);
  TRY(split_outputs_get(&outputs, r, r->nets[DESPUR_NETWORK_REFERENCE], split,
                        (despur_output)r->config->infer.on, error));
  TRY(mem_alloc(&groups, count, sizeof *groups, error));
  TRY(despur_grouping_assign(r->grouping, outputs.values, outputs.labels, count, r->options->threads, groups,
                             error));
  for (size_t i = 0; i < count; i++) {
    TRY(file_print(writer, error, "%u,%s,%u,%u,", examples[i], despur_split_name(split), outputs.labels[i],
                   attributes[examples[i]]));
    if (groups[i] == DESPUR_NO_GROUP)
      TRY(file_print(writer, error, ",\n"));
    else
      TRY(file_print(writer, error, "%u,\"%s\"\n", groups[i], despur_grouping_name(r->grouping, groups[i])));
  }
cleanup:
  mem_free(groups);
  split_outputs_release(&outputs);
  return status;
}

despur_status despur_run_assign(const char *directory, const char *path, const despur_assign_options *options,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_config *config = NULL;
  file_writer *writer = NULL;
  const despur_run_options run_options = {.directory = directory, .threads = options->threads};
  despur_run_result result = {0};
  run r = {.options = &run_options, .result = &result};
  TRY(run_read_config(&r, &config, error));
  TRY(override_data(config, options, error));
  TRY(run_create_dataset(&r, error));
  TRY(dataset_spares_inputs(r.dataset, path, error));
  if (options->count == 0) TRY(run_check_data(&r, error));
  TRY(load_models(&r, error));
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error, "example,split,y,a,group,group_name\n"));
  for (despur_split split = DESPUR_TRAIN; split < DESPUR_SPLITS; split++)
    TRY(write_split(writer, &r, split, error));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  run_release(&r);
  despur_config_free(config);
  return status;
}
