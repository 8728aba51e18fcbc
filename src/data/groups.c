#include "despur/groups.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/dataset.h"

despur_status despur_groups_create(despur_groups *out, size_t examples, size_t count, despur_error *error) {
  *out = (despur_groups){.examples = examples, .count = count};
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&out->of_example, examples, sizeof *out->of_example, error));
  TRY(mem_alloc(&out->train_sizes, count, sizeof *out->train_sizes, error));
  TRY(mem_alloc(&out->names, count, sizeof *out->names, error));
  TRY(mem_alloc(&out->labels, count, sizeof *out->labels, error));
  TRY(mem_alloc(&out->attributes, count, sizeof *out->attributes, error));
  for (size_t i = 0; i < examples; i++) out->of_example[i] = DESPUR_NO_GROUP;
  for (size_t g = 0; g < count; g++) out->labels[g] = out->attributes[g] = DESPUR_NO_CODE;
cleanup:
  if (status != DESPUR_OK) despur_groups_release(out);
  return status;
}

void despur_groups_release(despur_groups *groups) {
  mem_free(groups->of_example);
  mem_free(groups->train_sizes);
  mem_free(groups->names);
  mem_free(groups->labels);
  mem_free(groups->attributes);
  *groups = (despur_groups){0};
}

/* Every label with every attribute costs memory, whether it occurs or not: labels and attributes of a few
 * kilobytes could ask for gigabytes. */
static const size_t MOST_GROUPS = (size_t)1 << 20;

/* attribute NULL stands for one attribute that is 0 everywhere. */
static despur_status group_by(despur_groups *out, const despur_dataset *dataset, const uint32_t *attribute,
                              size_t attributes, despur_error *error) {
  *out = (despur_groups){0};
  size_t count;
  despur_status status = mem_multiply(&count, despur_dataset_classes(dataset), attributes, error);
  if (status != DESPUR_OK) return status;
  if (count > MOST_GROUPS)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%zu classes with %zu attributes make %zu groups, expected at most %zu (numbers of "
                     "examples in place of labels?)",
                     despur_dataset_classes(dataset), attributes, count, MOST_GROUPS);
  status = despur_groups_create(out, despur_dataset_count(dataset), count, error);
  if (status != DESPUR_OK) return status;

  const uint32_t *label = despur_dataset_labels(dataset);
  for (size_t i = 0; i < out->examples; i++)
    out->of_example[i] = label[i] * (uint32_t)attributes + (attribute ? attribute[i] : 0);
  size_t train;
  const uint32_t *members = despur_dataset_split(dataset, DESPUR_TRAIN, &train);
  for (size_t i = 0; i < train; i++) out->train_sizes[out->of_example[members[i]]]++;
  const group_naming naming = groups_naming(dataset);
  for (size_t g = 0; g < count; g++) {
    groups_name(out->names[g], &naming, g, attributes);
    out->labels[g] = (uint32_t)(g / attributes);
    if (attributes > 1) out->attributes[g] = (uint32_t)(g % attributes);
  }
  return DESPUR_OK;
}

despur_status despur_groups_true(despur_groups *out, const despur_dataset *dataset, despur_error *error) {
  return group_by(out, dataset, despur_dataset_attribute_values(dataset), despur_dataset_attributes(dataset),
                  error);
}

despur_status despur_groups_of_labels(despur_groups *out, const despur_dataset *dataset,
                                      despur_error *error) {
  return group_by(out, dataset, NULL, 1, error);
}
