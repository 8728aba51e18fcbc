/* Picks the kernels for the processor at hand. */
#include "base/level.h"
#include "nn/kernels.h"

LEVEL_FUNCTIONS(kernel_table, kernels, kernels)
