/* The pool of threads: every task once, and what a forked child may do with a copy of it. */
#include "testing.h"

#include "base/parallel.h"
#include "despur/net.h"

#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static despur_error error;

enum { TASKS = 1000 };

static atomic_int done[TASKS];

static void mark(void *context, size_t task, int thread) {
  (void)context, (void)thread;
  atomic_fetch_add(&done[task], 1);
}

static int all_done(int times) {
  for (size_t i = 0; i < TASKS; i++)
    if (atomic_load(&done[i]) != times) return 0;
  return 1;
}

static void every_task_is_done_once(void **state) {
  (void)state;
  for (int threads = 1; threads <= 4; threads++) {
    parallel *pool;
    assert_ok(parallel_create(&pool, threads, &error));
    for (size_t i = 0; i < TASKS; i++) atomic_store(&done[i], 0);
    for (int loop = 1; loop <= 20; loop++) {
      parallel_for(pool, TASKS, mark, NULL);
      assert_true(all_done(loop));
    }
    parallel_free(pool);
  }
}

/* The child's exit code; a child that hangs is ended by its alarm. */
static int child_of(pid_t process) {
  int ended;
  assert_int_equal(waitpid(process, &ended, 0), process);
  return WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
}

static void a_forked_child_works_alone_and_frees(void **state) {
  (void)state;
  parallel *pool;
  assert_ok(parallel_create(&pool, 4, &error));
  for (int round = 0; round < 30; round++) { /* workers that look for work, that go to sleep, that sleep */
    parallel_for(pool, TASKS, mark, NULL);
    usleep((useconds_t)(round * 20));
    pid_t process = fork();
    if (process == 0) {
      alarm(60);
      for (size_t i = 0; i < TASKS; i++) atomic_store(&done[i], 0);
      parallel_for(pool, TASKS, mark, NULL);
      int right = all_done(1);
      parallel_free(pool);
      _exit(right ? 0 : 1);
    }
    assert_int_equal(child_of(process), 0);
  }
  parallel_free(pool);
}

static void a_network_is_freed_in_a_forked_child(void **state) {
  (void)state;
  const despur_net_options options = {
      .arch = DESPUR_LENET, .input = {1, 28, 28}, .classes = 2, .batch = 16, .threads = 4};
  despur_net *net;
  assert_ok(despur_net_create(&net, &options, &error));
  pid_t process = fork();
  if (process == 0) {
    alarm(60);
    despur_net_free(net);
    _exit(0);
  }
  assert_int_equal(child_of(process), 0);
  despur_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_task_is_done_once),
      cmocka_unit_test(a_forked_child_works_alone_and_frees),
      cmocka_unit_test(a_network_is_freed_in_a_forked_child),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
