/* Parallel loops. Tasks must not depend on which thread runs them: that is what makes results equal on any
 * number. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <stddef.h>

/* task in 0..tasks-1; thread in 0..threads-1 names the scratch memory that the task may use. */
typedef void parallel_body(void *context, size_t task, int thread);

/* Runs body for every task on at most `threads` threads, and returns when all are done. */
void parallel_for(int threads, size_t tasks, parallel_body *body, void *context);

/* The number of processors that this process may use, at least 1. */
int parallel_processors(void);

#endif
