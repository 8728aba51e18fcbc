/* Picks the kernels for the processor at hand. */
#include "nn/kernels.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

extern const kernel_table kernels_baseline;

#if defined(__x86_64__)
extern const kernel_table kernels_v3, kernels_v4;

/* v3 and v4 name the x86-64 levels of the psABI; these are the parts of them that the compiler may use in
 * kernels.c. */
static bool has_v3(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
}

static bool has_v4(void) {
  return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

const kernel_table *kernels_available(size_t i) {
  const kernel_table *tables[3] = {&kernels_baseline};
  size_t count = 1;
  if (has_v3()) tables[count++] = &kernels_v3;
  if (has_v4()) tables[count++] = &kernels_v4;
  return i < count ? tables[i] : NULL;
}
#else
const kernel_table *kernels_available(size_t i) {
  return i == 0 ? &kernels_baseline : NULL;
}
#endif

const kernel_table *kernels_choose(void) {
  const char *wanted = getenv("DESPUR_CPU");
  const kernel_table *chosen = NULL;
  for (size_t i = 0; kernels_available(i); i++) {
    const kernel_table *table = kernels_available(i);
    if (!wanted || !*wanted || strcmp(wanted, table->level) == 0) chosen = table;
  }
  return chosen;
}
