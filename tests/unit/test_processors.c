/* The number of processors, on made files of both versions of control groups. */
#include "testing.h"

#include "base/processors.h"
#include "io/file.h"
#include "samples.h"

#include <stdlib.h>

static despur_error error;
static char root[128];

static int make_root(void **state) {
  (void)state;
  temporary_directory(root);
  return 0;
}

/* A file below the root, with its directories. */
static void put(const char *name, const char *content) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", root, name);
  *strrchr(path, '/') = 0;
  assert_ok(file_make_directories(path, &error));
  path[strlen(path)] = '/';
  assert_ok(file_write_text(path, content, &error));
}

static void without_groups_all_processors_are_used(void **state) {
  (void)state;
  assert_int_equal(processors_paid(64, root), 64);
  assert_int_equal(processors_paid(0, root), 1);
  put("proc/self/cgroup", "0::/\n");
  assert_int_equal(processors_paid(64, root), 64);
  assert_true(processors_allowed() >= 1);
}

static void version_2_has_quota_and_period_in_one_file(void **state) {
  (void)state;
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/cpu.max", "max 100000\n");
  assert_int_equal(processors_paid(64, root), 64);
  put("sys/fs/cgroup/cpu.max", "200000 100000\n");
  assert_int_equal(processors_paid(64, root), 2);
  assert_int_equal(processors_paid(1, root), 1);
  put("sys/fs/cgroup/cpu.max", "150000 100000\n"); /* one and a half: one thread would leave a half idle */
  assert_int_equal(processors_paid(64, root), 2);
  put("sys/fs/cgroup/cpu.max", "1000 100000\n");
  assert_int_equal(processors_paid(64, root), 1);
}

static void the_smallest_quota_of_all_groups_above_counts(void **state) {
  (void)state;
  put("proc/self/cgroup", "0::/pod/container/worker\n");
  put("sys/fs/cgroup/pod/cpu.max", "300000 100000\n");
  put("sys/fs/cgroup/pod/container/cpu.max", "max 100000\n");
  put("sys/fs/cgroup/pod/container/worker/cpu.max", "500000 100000\n");
  assert_int_equal(processors_paid(64, root), 3);
}

static void a_path_that_only_the_host_sees_is_the_root(void **state) {
  (void)state;
  put("proc/self/cgroup", "0::/system.slice/docker-abc.scope\n");
  put("sys/fs/cgroup/cpu.max", "400000 100000\n");
  assert_int_equal(processors_paid(64, root), 4);
}

static void version_1_has_a_tree_for_the_controller(void **state) {
  (void)state;
  put("proc/self/cgroup", "5:cpuset:/\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n");
  put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  put("sys/fs/cgroup/cpuset/cpu.max", "100000 100000\n"); /* another controller's, which means nothing here */
  assert_int_equal(processors_paid(64, root), 64);
  put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "600000\n");
  assert_int_equal(processors_paid(64, root), 6);
  put("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "100000\n");
  put("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "50000\n");
  assert_int_equal(processors_paid(64, root), 2);
}

static void version_1_may_be_mounted_by_the_controllers_own_name(void **state) {
  (void)state;
  put("proc/self/cgroup", "4:cpuacct,cpu:/\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  assert_int_equal(processors_paid(64, root), 3);
}

static void files_that_say_nothing_limit_nothing(void **state) {
  (void)state;
  static const char *const GROUPS[] = {
      "", "\n", ":", "::", "0:", "0::", "0::x", "0:cpu", "x:cpu:", "0::/../..\n"};
  static const char *const LIMITS[] = {
      "", "max", "0 0", "100000 0", "0 100000", "x y", "99999999999999999999999 1"};
  for (size_t i = 0; i < sizeof GROUPS / sizeof *GROUPS; i++) {
    put("proc/self/cgroup", GROUPS[i]);
    assert_int_equal(processors_paid(8, root), 8);
  }
  put("proc/self/cgroup", "0::/\n");
  for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++) {
    put("sys/fs/cgroup/cpu.max", LIMITS[i]);
    assert_int_equal(processors_paid(8, root), 8);
  }
}

#define CASE(name) cmocka_unit_test_setup(name, make_root)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(without_groups_all_processors_are_used),
      CASE(version_2_has_quota_and_period_in_one_file),
      CASE(the_smallest_quota_of_all_groups_above_counts),
      CASE(a_path_that_only_the_host_sees_is_the_root),
      CASE(version_1_has_a_tree_for_the_controller),
      CASE(version_1_may_be_mounted_by_the_controllers_own_name),
      CASE(files_that_say_nothing_limit_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
