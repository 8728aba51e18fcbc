#include "base/parallel.h"

#include <omp.h>

void parallel_for(int threads, size_t tasks, parallel_body *body, void *context) {
  if (threads <= 1 || tasks <= 1) {
    for (size_t task = 0; task < tasks; task++) body(context, task, 0);
    return;
  }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
  for (size_t task = 0; task < tasks; task++) body(context, task, omp_get_thread_num());
}

int parallel_processors(void) {
  return omp_get_num_procs();
}
