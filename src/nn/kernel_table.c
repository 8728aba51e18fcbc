/* Picks the kernels for the processor at hand. */
#include "base/level.h"
#include "nn/kernels.h"

extern const kernel_table kernels_baseline, kernels_v3, kernels_v4;

static const kernel_table *const TABLES[] = LEVEL_TABLES(kernels);

const kernel_table *kernels_available(size_t i) {
  return i < level_count() ? TABLES[i] : NULL;
}

const kernel_table *kernels_choose(void) {
  return kernels_available(level_choose());
}
