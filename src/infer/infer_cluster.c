/* Groups by k-means of a network's outputs, within each class (GEORGE, SPARE) or over all classes at once.
 *
 * Clusters are first found for every part (a class, or everything), because only then is the number of groups
 * known. */
#include "despur/infer.h"

#include "base/error.h"
#include "base/memory.h"
#include "despur/cluster.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_ITERATIONS 300
#define TOLERANCE      1e-4

/* The training examples, and which of their rows are in which part. */
typedef struct inference {
  const float *outputs; /* [train, d] */
  size_t d, train, parts;
  const uint32_t *examples; /* [train] */
  size_t *part_of_row;      /* [train] */
  size_t *part_sizes;       /* [parts] */
  size_t *clusters_of_part; /* [parts], without empty ones */
  uint32_t *cluster_of_row; /* [train], counted within the part */
} inference;

static void inference_release(inference *task) {
  mem_free(task->part_of_row);
  mem_free(task->part_sizes);
  mem_free(task->clusters_of_part);
  mem_free(task->cluster_of_row);
}

static despur_status inference_init(inference *task, const despur_dataset *dataset, const float *outputs,
                                    size_t d, int pooled, despur_error *error) {
  *task = (inference){.outputs = outputs, .d = d, .parts = pooled ? 1 : despur_dataset_classes(dataset)};
  despur_status status = DESPUR_OK;
  task->examples = despur_dataset_split(dataset, DESPUR_TRAIN, &task->train);
  TRY(mem_alloc(&task->part_of_row, task->train, sizeof *task->part_of_row, error));
  TRY(mem_alloc(&task->part_sizes, task->parts, sizeof *task->part_sizes, error));
  TRY(mem_alloc(&task->clusters_of_part, task->parts, sizeof *task->clusters_of_part, error));
  TRY(mem_alloc(&task->cluster_of_row, task->train, sizeof *task->cluster_of_row, error));
  const uint32_t *label = despur_dataset_labels(dataset);
  for (size_t row = 0; row < task->train; row++) {
    task->part_of_row[row] = pooled ? 0 : label[task->examples[row]];
    task->part_sizes[task->part_of_row[row]]++;
  }
cleanup:
  if (status != DESPUR_OK) inference_release(task);
  return status;
}

/* k-means would name the row of a class; the number of the example helps more. */
static despur_status check_outputs(const inference *task, despur_error *error) {
  if (!task->train)
    return error_set(error, DESPUR_BAD_INPUT, "group inference: the data set has no training examples");
  if (!task->d)
    return error_set(error, DESPUR_BAD_INPUT, "group inference: expected at least 1 output, found 0");
  for (size_t row = 0; row < task->train; row++)
    for (size_t column = 0; column < task->d; column++)
      if (!isfinite(task->outputs[row * task->d + column]))
        return error_set(
            error, DESPUR_BAD_INPUT,
            "group inference: expected finite outputs, found %g as output %zu of example %u (row %zu)",
            (double)task->outputs[row * task->d + column], column, task->examples[row], row);
  return DESPUR_OK;
}

/* The outputs of one part, one below the other. */
static void gather(const inference *task, size_t part, float *points) {
  for (size_t row = 0; row < task->train; row++) {
    if (task->part_of_row[row] != part) continue;
    memcpy(points, task->outputs + row * task->d, task->d * sizeof *points);
    points += task->d;
  }
}

static void scatter(inference *task, size_t part, const despur_kmeans_result *clustering, size_t clusters) {
  const uint32_t *label = clustering->labels;
  for (size_t row = 0; row < task->train; row++)
    if (task->part_of_row[row] == part) task->cluster_of_row[row] = *label++;
  for (size_t c = 0; c < clusters; c++) task->clusters_of_part[part] += clustering->sizes[c] > 0;
}

static despur_status cluster_part(inference *task, size_t part, const despur_infer_cluster_options *options,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t size = task->part_sizes[part];
  float *points = NULL;
  despur_kmeans_result clustering = {0};
  if (!size) return DESPUR_OK;
  despur_kmeans_options kmeans = {.clusters = size < options->clusters ? 1 : options->clusters,
                                  .starts = options->starts,
                                  .max_iterations = MAX_ITERATIONS,
                                  .tolerance = TOLERANCE,
                                  .seed = options->seed,
                                  .index = part,
                                  .threads = options->threads};
  TRY(mem_alloc(&points, size * task->d, sizeof *points, error));
  gather(task, part, points);
  TRY(despur_kmeans(&clustering, points, size, task->d, &kmeans, error));
  scatter(task, part, &clustering, kmeans.clusters);
cleanup:
  mem_free(points);
  despur_kmeans_release(&clustering);
  return status;
}

/* Writes the clusters of all parts as groups, numbered part by part. */
static despur_status write_groups(despur_groups *out, const inference *task, size_t examples, int pooled,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *first_group = NULL, count = 0; /* of each part */
  TRY(mem_alloc(&first_group, task->parts, sizeof *first_group, error));
  for (size_t part = 0; part < task->parts; part++) {
    first_group[part] = count;
    count += task->clusters_of_part[part];
  }
  TRY(despur_groups_create(out, examples, count, error));
  for (size_t part = 0; part < task->parts; part++) {
    for (size_t c = 0; c < task->clusters_of_part[part]; c++) {
      char *name = out->names[first_group[part] + c];
      if (pooled)
        snprintf(name, DESPUR_GROUP_NAME, "k=%zu", c);
      else
        snprintf(name, DESPUR_GROUP_NAME, "y=%zu,k=%zu", part, c);
    }
  }
  for (size_t row = 0; row < task->train; row++) {
    size_t group = first_group[task->part_of_row[row]] + task->cluster_of_row[row];
    out->of_example[task->examples[row]] = (uint32_t)group;
    out->train_sizes[group]++;
  }
cleanup:
  mem_free(first_group);
  return status;
}

despur_status despur_infer_cluster(despur_groups *out, const despur_dataset *dataset, const float *outputs,
                                   size_t d, const despur_infer_cluster_options *options,
                                   despur_error *error) {
  *out = (despur_groups){0};
  despur_status status = DESPUR_OK;
  inference task = {0};
  if (options->clusters < 1 || options->starts < 1)
    FAIL(error, DESPUR_BAD_USAGE,
         "group inference: expected at least 1 cluster and 1 start, found %zu and %zu", options->clusters,
         options->starts);
  TRY(inference_init(&task, dataset, outputs, d, options->pooled, error));
  TRY(check_outputs(&task, error));
  for (size_t part = 0; part < task.parts; part++) TRY(cluster_part(&task, part, options, error));
  TRY(write_groups(out, &task, despur_dataset_count(dataset), options->pooled, error));
cleanup:
  inference_release(&task);
  return status;
}
