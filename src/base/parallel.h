/* Parallel loops over a pool of threads. Tasks must not depend on which thread runs them: that is what makes
 * results equal on any number. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include "base/error.h"
#include "despur/watch.h"

#include <stddef.h>

/* Belongs to one thread at a time, which works too: `threads` includes it. A child that the process forks
 * between two loops has a copy without its threads: loops run on the child's own thread, and it can be freed.
 */
typedef struct parallel parallel;

DESPUR_MUST_USE despur_status parallel_create(parallel **out, int threads, despur_error *error);
void parallel_free(parallel *pool); /* NULL is accepted */

/* task in 0..tasks-1; thread in 0..threads-1 names the scratch memory that the task may use. */
typedef void parallel_body(void *context, size_t task, int thread);

/* Runs body for every task, fewer than 2^32 - 1, and returns when all are done. */
void parallel_for(parallel *pool, size_t tasks, parallel_body *body, void *context);

/* The same, asking the watch between the tasks of the calling thread. After DESPUR_INTERRUPTED some tasks
 * were not run, and what they make must not be looked at. */
DESPUR_MUST_USE despur_status parallel_for_watched(parallel *pool, size_t tasks, parallel_body *body,
                                                   void *context, const despur_watch *watch,
                                                   despur_error *error);

#endif
