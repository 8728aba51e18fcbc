/* How well inferred groups match true ones. Pairs are counted in integers, so the only rounding is the last
 * division. */
#include "despur/eval.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>

__extension__ typedef __int128 wide;

static int in_both(const despur_groups *a, const despur_groups *b, size_t example) {
  return a->of_example[example] != DESPUR_NO_GROUP && b->of_example[example] != DESPUR_NO_GROUP;
}

static despur_status check_groups(const char *which, const despur_groups *groups,
                                  const despur_dataset *dataset, despur_error *error) {
  if (groups->examples != despur_dataset_count(dataset))
    return error_set(error, DESPUR_BAD_INPUT, "agreement: %s groups of %zu examples for a data set with %zu",
                     which, groups->examples, despur_dataset_count(dataset));
  for (size_t i = 0; i < groups->examples; i++) {
    uint32_t group = groups->of_example[i];
    if (group != DESPUR_NO_GROUP && group >= groups->count)
      return error_set(error, DESPUR_BAD_INPUT, "agreement: example %zu is in %s group %u of %zu", i, which,
                       group, groups->count);
  }
  return DESPUR_OK;
}

static wide pairs(size_t members) {
  return (wide)members * ((wide)members - 1) / 2;
}

/* With S pairs together in both partitions, A and B in each, and T in all (Hubert and Arabie 1985, equation
 * 5): (S - A B / T) / ((A + B) / 2 - A B / T) = 2 (T S - A B) / (T (A + B) - 2 A B) T stays below 2^63 for
 * 2^32 examples, so the products fit. The denominator is zero only for two partitions that are equal: all in
 * one group, or each example by itself. */
static double adjusted_rand(const despur_agreement *table) {
  wide together = 0, in_rows = 0, in_columns = 0;
  size_t total = 0;
  for (size_t row = 0; row < table->inferred; row++) {
    size_t members = 0;
    for (size_t column = 0; column < table->truth; column++) {
      size_t cell = table->contingency[row * table->truth + column];
      members += cell;
      together += pairs(cell);
    }
    in_rows += pairs(members);
    total += members;
  }
  for (size_t column = 0; column < table->truth; column++) {
    size_t members = 0;
    for (size_t row = 0; row < table->inferred; row++)
      members += table->contingency[row * table->truth + column];
    in_columns += pairs(members);
  }
  if (!total) return (double)NAN;
  wide all = pairs(total);
  wide numerator = 2 * (all * together - in_rows * in_columns);
  wide denominator = all * (in_rows + in_columns) - 2 * in_rows * in_columns;
  return denominator ? (double)numerator / (double)denominator : 1;
}

/* *majority[y] = the group that holds most of the shared examples of label y, the first of equals. */
static despur_status find_majorities(uint32_t **majority, const despur_dataset *dataset,
                                     const despur_groups *groups, const despur_groups *others,
                                     despur_error *error) {
  size_t classes = despur_dataset_classes(dataset), cells;
  const uint32_t *label = despur_dataset_labels(dataset);
  size_t *members = NULL; /* [classes, groups] */
  despur_status status = DESPUR_OK;
  TRY(mem_multiply(&cells, classes, groups->count, error));
  TRY(mem_alloc(&members, cells, sizeof *members, error));
  TRY(mem_alloc(majority, classes, sizeof **majority, error));
  for (size_t i = 0; i < groups->examples; i++)
    if (in_both(groups, others, i)) members[label[i] * groups->count + groups->of_example[i]]++;
  for (size_t y = 0; y < classes; y++) {
    const size_t *row = members + y * groups->count;
    for (uint32_t g = 1; g < groups->count; g++)
      if (row[g] > row[(*majority)[y]]) (*majority)[y] = g;
  }
cleanup:
  mem_free(members);
  return status;
}

static despur_status compare_minorities(despur_agreement *out, const despur_dataset *dataset,
                                        const despur_groups *inferred, const despur_groups *truth,
                                        despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *inferred_majority = NULL, *true_majority = NULL;
  const uint32_t *label = despur_dataset_labels(dataset);
  size_t found = 0, existing = 0, both = 0;
  TRY(find_majorities(&inferred_majority, dataset, inferred, truth, error));
  TRY(find_majorities(&true_majority, dataset, truth, inferred, error));
  for (size_t i = 0; i < truth->examples; i++) {
    if (!in_both(inferred, truth, i)) continue;
    size_t is_found = inferred->of_example[i] != inferred_majority[label[i]];
    size_t is_existing = truth->of_example[i] != true_majority[label[i]];
    found += is_found;
    existing += is_existing;
    both += is_found & is_existing;
  }
  out->minority_precision = found ? (double)both / (double)found : (double)NAN;
  out->minority_recall = existing ? (double)both / (double)existing : (double)NAN;
cleanup:
  mem_free(inferred_majority);
  mem_free(true_majority);
  return status;
}

despur_status despur_agreement_compute(despur_agreement *out, const despur_dataset *dataset,
                                       const despur_groups *inferred, const despur_groups *truth,
                                       despur_error *error) {
  *out = (despur_agreement){.inferred = inferred->count, .truth = truth->count};
  despur_status status = DESPUR_OK;
  size_t cells;
  TRY(check_groups("inferred", inferred, dataset, error));
  TRY(check_groups("true", truth, dataset, error));
  TRY(mem_multiply(&cells, inferred->count, truth->count, error));
  TRY(mem_alloc(&out->contingency, cells, sizeof *out->contingency, error));
  for (size_t i = 0; i < truth->examples; i++)
    if (in_both(inferred, truth, i))
      out->contingency[inferred->of_example[i] * truth->count + truth->of_example[i]]++;
  out->adjusted_rand = adjusted_rand(out);
  TRY(compare_minorities(out, dataset, inferred, truth, error));
cleanup:
  if (status != DESPUR_OK) despur_agreement_release(out);
  return status;
}

void despur_agreement_release(despur_agreement *agreement) {
  mem_free(agreement->contingency);
  *agreement = (despur_agreement){0};
}
