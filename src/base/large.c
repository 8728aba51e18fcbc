#include "base/large.h"

#include "base/format.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PATH = 4096 };

/* A number above 0 in a file of its own; `otherwise` where it has none ("max"). */
static size_t read_limit(const char *path, size_t otherwise) {
  char digits[32] = "";
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return otherwise;
  ssize_t bytes = read(fd, digits, sizeof digits - 1);
  close(fd);
  if (bytes <= 0) return otherwise;
  size_t value = 0;
  for (const char *at = digits; *at >= '0' && *at <= '9'; at++)
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *at - '0', &value))
      return otherwise;
  return value > 0 && value < otherwise ? value : otherwise;
}

/* What the machine has, or a container's control group (of version 2 or 1) allows: its root is its own. */
static size_t memory_allowed(void) {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  size_t bytes = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : SIZE_MAX;
  bytes = read_limit("/sys/fs/cgroup/memory.max", bytes);
  return read_limit("/sys/fs/cgroup/memory/memory.limit_in_bytes", bytes);
}

despur_status large_alloc(void *out, size_t *mapped, size_t count, size_t size, despur_error *error) {
  size_t bytes;
  *mapped = 0;
  if (!__builtin_mul_overflow(count, size, &bytes) && bytes <= memory_allowed() / 2 &&
      mem_alloc(out, count, size, NULL) == DESPUR_OK)
    return DESPUR_OK;
  return large_map(out, mapped, count, size, error);
}

/* Its blocks are taken at once: a write to a page for which the disk has no room would end the process. */
static int open_unnamed(const char *folder, size_t bytes) {
  char path[PATH];
  int length = format_text(path, sizeof path, "%s/despur-XXXXXX", folder);
  if (length < 0 || length >= PATH) return -1;
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd < 0) return -1;
  unlink(path);
  int failed = posix_fallocate(fd, 0, (off_t)bytes);
  if (failed == 0) return fd;
  close(fd);
  errno = failed;
  return -1;
}

despur_status large_map(void *out, size_t *mapped, size_t count, size_t size, despur_error *error) {
  void **pointer = out;
  const char *folder = getenv("TMPDIR");
  size_t bytes;
  *pointer = NULL;
  *mapped = 0;
  if (!folder || !*folder) folder = "/var/tmp";
  if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX)
    return error_set(error, DESPUR_NO_RESOURCES, "out of memory: %zu x %zu bytes asked for", count, size);
  if (bytes == 0) bytes = 1;
  int fd = open_unnamed(folder, bytes);
  void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  int reason = errno;
  if (fd >= 0) close(fd);
  if (memory == MAP_FAILED)
    return error_set(
        error, DESPUR_NO_RESOURCES,
        "%s: cannot hold %zu bytes that are too many for memory: %s ($TMPDIR names another folder)", folder,
        bytes, format_errno(reason));
  *pointer = memory;
  *mapped = bytes;
  return DESPUR_OK;
}

void large_free(void *memory, size_t mapped) {
  if (mapped == 0)
    mem_free(memory);
  else if (memory)
    munmap(memory, mapped);
}
