/* Picks the kernels for the processor at hand. */
#include "base/level.h"
#include "nn/kernels.h"

extern const kernel_table kernels_baseline, kernels_v3, kernels_v4;

static const kernel_table *const TABLES[] = LEVEL_TABLES(kernels);

const kernel_table *kernels_available(size_t i) {
  return i < level_count() ? TABLES[i] : NULL;
}

despur_status kernels_choose(const kernel_table **out, despur_error *error) {
  size_t level;
  despur_status status = level_choose(&level, error);
  if (status == DESPUR_OK) *out = TABLES[level];
  return status;
}
