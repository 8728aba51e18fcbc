/* How many processors a process may use: those it may run on, and no more than its control groups (cgroups)
 * pay for. A container that is given two processors of sixty-four sees all of them, and sixty-four threads
 * would spend most of each period stopped.
 *
 * Version 2 has one tree, with "QUOTA PERIOD" or "max PERIOD" in cpu.max; version 1 has a tree for each
 * controller, with the two numbers in two files and -1 for none. The limit of a group holds for all below it.
 * Inside a container the path in /proc/self/cgroup may be one that only the host sees; then the group is the
 * root. */
#include "base/processors.h"

#include "base/format.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096, CONTENT = 8192, MOST_PROCESSORS = 1 << 16 };

/* At most the first CONTENT - 1 bytes; false when there is no such file. */
static bool read_start(char content[CONTENT], const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t bytes = read(fd, content, CONTENT - 1);
  close(fd);
  content[bytes > 0 ? bytes : 0] = 0;
  return bytes > 0;
}

/* A whole number above 0 at *at, which moves behind it; 0 when there is none ("max", "-1"). */
static uint64_t take_number(const char **at) {
  uint64_t value = 0;
  while (**at == ' ') ++*at;
  for (; **at >= '0' && **at <= '9' && value < UINT32_MAX * UINT64_C(1000); ++*at)
    value = 10 * value + (uint64_t)(**at - '0');
  return value;
}

static int least(int processors, uint64_t quota, uint64_t period) {
  if (quota == 0 || period == 0) return processors;
  uint64_t paid = (quota + period - 1) / period;
  return paid < (uint64_t)processors ? (int)paid : processors;
}

/* What the group in a directory allows, by the files of either version. */
static int limit_of_group(int processors, const char *directory) {
  char path[PATH], first[CONTENT], second[CONTENT];
  const char *quota = first, *period = second;
  format_text(path, sizeof path, "%s/cpu.max", directory);
  if (read_start(first, path)) {
    uint64_t paid = take_number(&quota);
    return least(processors, paid, take_number(&quota));
  }
  format_text(path, sizeof path, "%s/cpu.cfs_quota_us", directory);
  if (!read_start(first, path)) return processors;
  format_text(path, sizeof path, "%s/cpu.cfs_period_us", directory);
  if (!read_start(second, path)) return processors;
  return least(processors, take_number(&quota), take_number(&period));
}

/* The group and all above it, up to the root of its tree. */
static int limit_of_path(int processors, const char *tree, const char *group) {
  char path[PATH];
  int length = format_text(path, sizeof path, "%s%s", tree, group);
  if (length < 0 || length >= PATH) return processors;
  for (size_t root = strlen(tree); strlen(path) > root; *strrchr(path, '/') = 0)
    processors = limit_of_group(processors, path);
  return limit_of_group(processors, path);
}

/* Whether a list such as "cpu,cpuacct" has "cpu". */
static bool has_cpu(const char *list) {
  for (; *list; list += strcspn(list, ",")) {
    if (*list == ',') list++;
    if (strcspn(list, ",") == 3 && strncmp(list, "cpu", 3) == 0) return true;
  }
  return false;
}

/* A line of /proc/self/cgroup: "0::/GROUP" of version 2, "NUMBER:CONTROLLERS:/GROUP" of version 1. */
static int limit_of_line(int processors, const char *root, char *line) {
  char tree[PATH], other[PATH];
  char *list = strchr(line, ':'), *group = list ? strchr(list + 1, ':') : NULL;
  if (!group || group[1] != '/') return processors;
  *group++ = 0;
  list++;
  if (*list == 0)
    format_text(tree, sizeof tree, "%s/sys/fs/cgroup", root);
  else if (has_cpu(list))
    format_text(tree, sizeof tree, "%s/sys/fs/cgroup/%s", root, list);
  else
    return processors;
  format_text(other, sizeof other, "%s/sys/fs/cgroup/cpu",
              root); /* where it is not mounted by its whole list */
  processors = limit_of_path(processors, tree, group);
  return *list ? limit_of_path(processors, other, group) : processors;
}

int processors_paid(int processors, const char *root) {
  char path[PATH], groups[CONTENT], *rest = groups;
  format_text(path, sizeof path, "%s/proc/self/cgroup", root);
  if (processors < 1) processors = 1;
  if (!read_start(groups, path)) return processors;
  for (char *line; (line = strsep(&rest, "\n"));) processors = limit_of_line(processors, root, line);
  return processors;
}

/* The set must be as large as the system's, which nobody tells. */
static int processors_to_run_on(void) {
  for (int room = 1024; room <= MOST_PROCESSORS; room *= 2) {
    cpu_set_t *set = CPU_ALLOC((size_t)room);
    if (!set) break;
    size_t bytes = CPU_ALLOC_SIZE((size_t)room);
    int count = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return 1;
}

int processors_allowed(void) {
  return processors_paid(processors_to_run_on(), "");
}

size_t processors_second_cache(void) {
#ifdef _SC_LEVEL2_CACHE_SIZE
  const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (bytes > 0) return (size_t)bytes;
#endif
  return 0;
}
