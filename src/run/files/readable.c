/* What a run writes it must be able to read again: readers have limits, so that a file of something else, or
 * a hostile one, takes no more memory than it may. Here they are held against what this run is going to
 * write, before the first step. */
#include "run/files/readable.h"
#include "base/json_read.h"
#include "io/safetensors.h"
#include "report/loading/load.h"
#include "run/state/run_state.h"

/* Upper bounds for one group in a line of results.jsonl, and for one tensor in the header of a grouping. */
static const size_t VALUES_A_GROUP = 12, BYTES_A_GROUP = 196, BYTES_A_WEIGHT = 60, BYTES_A_TENSOR = 112;

static size_t most_clusters(const despur_config *config) {
  return (size_t)(config->infer.max_clusters > config->infer.clusters ? config->infer.max_clusters
                                                                      : config->infer.clusters);
}

/* Lines with groups: after every epoch, and of the weights that each stage has kept. */
static size_t lines_with_groups(const run *r) {
  const int64_t epochs[DESPUR_NETWORK_COUNT] = {r->config->reference.epochs, r->config->train.epochs, 0};
  size_t lines = 0;
  for (size_t n = 0; n < DESPUR_NETWORK_COUNT; n++)
    if (r->nets[n]) lines += (size_t)epochs[n] + 3;
  return lines;
}

static despur_status check_results(const run *r, despur_error *error) {
  size_t groups = r->truth.count, lines = lines_with_groups(r);
  size_t weights = r->config->train_method == DESPUR_GROUPDRO ? (size_t)r->config->train.epochs : 0;
  if (groups * VALUES_A_GROUP > READ_MOST_VALUES)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: labels and attributes make %zu groups, and a line of results.jsonl holds at most "
                     "%zu; are the attributes numbers of examples?",
                     despur_dataset_description(r->dataset), groups, READ_MOST_VALUES / VALUES_A_GROUP);
  size_t bytes = groups * (lines * BYTES_A_GROUP + weights * BYTES_A_WEIGHT);
  if (bytes <= REPORT_RESULTS_MOST) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT,
                   "%s: labels and attributes make %zu groups, and with this many epochs results.jsonl would "
                   "have up to %zu MiB; it is read up to %d MiB: fewer epochs, or fewer groups",
                   despur_dataset_description(r->dataset), groups, bytes >> 20, REPORT_RESULTS_MOST >> 20);
}

static despur_status check_grouping(const run *r, despur_error *error) {
  const despur_config *config = r->config;
  if (!config_infers_clusters(config)) return DESPUR_OK;
  bool by_class = config->infer.scope == CONFIG_WITHIN_CLASS, splits = config->infer.overcluster > 1;
  bool mixture = config->infer.algorithm == DESPUR_GMM || config->infer.algorithm == DESPUR_GMM_DIAGONAL;
  size_t each = mixture ? 4 : 1, parts = by_class ? despur_dataset_classes(r->dataset) : 1;
  size_t reductions = config->infer.reduce.method == DESPUR_REDUCE_NONE ? parts : 4 * parts;
  size_t tensors = 3 + reductions + parts * (1 + each + (splits ? most_clusters(config) * each + 1 : 0));
  if (tensors <= SAFETENSORS_HEADER_MOST / BYTES_A_TENSOR) return DESPUR_OK;
  return error_set(
      error, DESPUR_BAD_INPUT,
      "infer: the clusters of %zu classes take up to %zu tensors, and grouping.safetensors has room "
      "for %zu; fewer clusters, no infer.overcluster, or infer.scope=all_classes",
      despur_dataset_classes(r->dataset), tensors, SAFETENSORS_HEADER_MOST / BYTES_A_TENSOR);
}

despur_status run_check_readable(const run *r, despur_error *error) {
  despur_status status = check_results(r, error);
  return status == DESPUR_OK ? check_grouping(r, error) : status;
}
