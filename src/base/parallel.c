/* A pool of threads for loops of microseconds: workers look for work a short while before they sleep, so that
 * one step of training does not pay for waking them, and a busy machine does not pay for their waiting. */
#include "base/parallel.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/watch.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { LOOKS = 4000 }; /* before a worker sleeps: some tens of microseconds */

/* The low half of the ticket is the next task, the high half counts loops. Between loops the next task is
 * CLOSED. */
static const uint64_t CLOSED = UINT32_MAX, LOOP = (uint64_t)1 << 32;

typedef struct worker {
  parallel *pool;
  pthread_t handle;
  int number; /* 1..threads-1 */
} worker;

struct parallel {
  pid_t process;        /* that has the workers: a forked child has none of them */
  int threads, started; /* started: workers that must be joined */
  worker *workers;
  _Atomic uint64_t ticket;
  _Atomic uint64_t finished; /* tasks of the current loop */
  _Atomic uint64_t tasks;
  parallel_body *_Atomic body;
  void *_Atomic context;
  atomic_int sleepers;
  atomic_bool ending;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
};

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Takes the next task of the loop that is open, if any, and carries it out. The compare-and-swap succeeds
 * only while the loop is still the one whose body, context and tasks were read before it. */
static bool work(parallel *pool, int thread) {
  uint64_t ticket = atomic_load(&pool->ticket);
  parallel_body *body = atomic_load(&pool->body);
  void *context = atomic_load(&pool->context);
  if ((ticket & CLOSED) >= atomic_load(&pool->tasks)) return false;
  if (!atomic_compare_exchange_strong(&pool->ticket, &ticket, ticket + 1))
    return true; /* somebody was faster */
  body(context, (size_t)(ticket & CLOSED), thread);
  atomic_fetch_add(&pool->finished, 1);
  return true;
}

static bool idle(parallel *pool) {
  return (atomic_load(&pool->ticket) & CLOSED) >= atomic_load(&pool->tasks) && !atomic_load(&pool->ending);
}

static void sleep_until_work(parallel *pool) {
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleepers, 1);
  while (idle(pool)) pthread_cond_wait(&pool->wake, &pool->mutex);
  atomic_fetch_sub(&pool->sleepers, 1);
  pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument) {
  worker *self = argument;
  parallel *pool = self->pool;
  for (int looks = 0; !atomic_load(&pool->ending);) {
    if (work(pool, self->number))
      looks = 0;
    else if (++looks < LOOKS)
      pause_briefly();
    else {
      sleep_until_work(pool);
      looks = 0;
    }
  }
  return NULL;
}

static void wake_sleepers(parallel *pool) {
  if (atomic_load(&pool->sleepers) == 0) return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
}

despur_status parallel_create(parallel **out, int threads, despur_error *error) {
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  *out = NULL;
  TRY(mem_alloc(&pool, 1, sizeof *pool, error));
  pool->threads = threads < 1 ? 1 : threads;
  pool->process = getpid();
  atomic_init(&pool->ticket, CLOSED);
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  TRY(mem_alloc(&pool->workers, (size_t)pool->threads, sizeof *pool->workers, error));
  for (int i = 1; i < pool->threads; i++) {
    worker *w = &pool->workers[i];
    *w = (worker){.pool = pool, .number = i};
    int failed = pthread_create(&w->handle, NULL, worker_main, w);
    if (failed)
      FAIL(error, DESPUR_NO_RESOURCES, "cannot start thread %d of %d: %s", i + 1, pool->threads,
           format_errno(failed));
    pool->started = i;
  }
  *out = pool;
  pool = NULL;
cleanup:
  parallel_free(pool);
  return status;
}

static bool is_forked(const parallel *pool) {
  return pool->process != getpid();
}

/* In a forked child the mutex may be held, and the condition waited for, by threads that are not there. */
static void end_workers(parallel *pool) {
  atomic_store(&pool->ending, true);
  wake_sleepers(pool);
  for (int i = 1; i <= pool->started; i++) pthread_join(pool->workers[i].handle, NULL);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
}

void parallel_free(parallel *pool) {
  if (!pool) return;
  if (!is_forked(pool)) end_workers(pool);
  mem_free(pool->workers);
  mem_free(pool);
}

static bool is_alone(const parallel *pool, size_t tasks) {
  return pool->threads == 1 || tasks <= 1 || is_forked(pool);
}

static void open_loop(parallel *pool, size_t tasks, parallel_body *body, void *context) {
  uint64_t loop = (atomic_load(&pool->ticket) & ~CLOSED) + LOOP;
  atomic_store(&pool->body, body);
  atomic_store(&pool->context, context);
  atomic_store(&pool->tasks, tasks);
  atomic_store(&pool->finished, 0);
  atomic_store(&pool->ticket, loop);
  wake_sleepers(pool);
}

/* What other threads still do takes no longer than a task, unless the machine has taken their processor away.
 */
static void close_loop(parallel *pool) {
  uint64_t given = atomic_fetch_or(&pool->ticket, CLOSED) & CLOSED;
  for (int looks = 0; atomic_load(&pool->finished) < given; looks++) {
    if (looks < LOOKS)
      pause_briefly();
    else
      sched_yield();
  }
}

void parallel_for(parallel *pool, size_t tasks, parallel_body *body, void *context) {
  if (is_alone(pool, tasks)) {
    for (size_t task = 0; task < tasks; task++) body(context, task, 0);
    return;
  }
  open_loop(pool, tasks, body, context);
  while (work(pool, 0)) continue;
  close_loop(pool);
}

despur_status parallel_for_watched(parallel *pool, size_t tasks, parallel_body *body, void *context,
                                   const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (is_alone(pool, tasks)) {
    for (size_t task = 0; task < tasks && (status = watch_ask(watch, error)) == DESPUR_OK; task++)
      body(context, task, 0);
    return status;
  }
  open_loop(pool, tasks, body, context);
  while ((status = watch_ask(watch, error)) == DESPUR_OK && work(pool, 0)) continue;
  close_loop(pool);
  return status;
}
