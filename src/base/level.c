#include "base/level.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const NAMES[] = {"baseline", "v3", "v4"};

#if defined(__x86_64__)
/* The parts of v3 and v4 that the compiler may use in kernels. */
static bool has_v3(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
}

static bool has_v4(void) {
  return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

size_t level_count(void) {
  return has_v4() ? 3 : has_v3() ? 2 : 1;
}
#else
size_t level_count(void) {
  return 1;
}
#endif

despur_status level_choose(size_t *level, despur_error *error) {
  const char *wanted = getenv("DESPUR_CPU");
  size_t count = level_count();
  *level = count - 1;
  if (!wanted || !*wanted) return DESPUR_OK;
  for (*level = 0; *level < count; ++*level)
    if (strcmp(wanted, NAMES[*level]) == 0) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_USAGE,
                   "DESPUR_CPU: this processor has no kernels of that name (baseline, v3, v4)");
}
