/* A library to preload into the tool: lets the n-th call of chosen functions fail, or ends the process there.
 *
 *   FAULT_CALLS  names separated by commas, such as "write,fsync"
 *   FAULT_AT     n, counted from 1 over all of them together; 0 or unset: none fails
 *   FAULT_HOW    KILL (SIGKILL; a write writes half of its bytes first), SHORT (a write writes one byte and
 *                says so), or the name of an error
 *   FAULT_AGAIN  set: all calls after the n-th fail, too
 *   FAULT_COUNT  a file that gets the number of calls when the process ends
 *
 * Only writes to files count, not those to standard streams. Counting begins when the program does. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum call { OPEN, READ, WRITE, FSYNC, RENAME, UNLINK, FTRUNCATE, MKDIR, CALLS } call;

static const char *const NAMES[CALLS] = {"open",   "read",   "write",     "fsync",
                                         "rename", "unlink", "ftruncate", "mkdir"};

static const struct {
  const char *name;
  int number;
} ERRORS[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR}, {"EACCES", EACCES}, {"EMFILE", EMFILE}};

enum { KILL = -1, SHORT = -2 };

static bool counted[CALLS], armed, again;
static long fail_at;
static int how;
static atomic_long count;

/* The C library's own definition; the way that POSIX gives from a pointer to a function. */
#define FIND(next, name)                                                                                     \
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void arm(void) {
  const char *calls = getenv("FAULT_CALLS"), *at = getenv("FAULT_AT"), *manner = getenv("FAULT_HOW");
  if (!calls) return;
  for (int c = 0; c < CALLS; c++) {
    const char *found = strstr(calls, NAMES[c]);
    counted[c] = found && (found == calls || found[-1] == ',');
  }
  fail_at = at ? atol(at) : 0;
  again = getenv("FAULT_AGAIN") != NULL;
  how = EIO;
  if (manner && strcmp(manner, "KILL") == 0) how = KILL;
  if (manner && strcmp(manner, "SHORT") == 0) how = SHORT;
  for (size_t i = 0; manner && i < sizeof ERRORS / sizeof *ERRORS; i++)
    if (strcmp(manner, ERRORS[i].name) == 0) how = ERRORS[i].number;
  armed = true;
}

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("FAULT_COUNT");
  armed = false;
  if (!path) return;
  FILE *file = fopen(path, "w");
  if (!file) return;
  fprintf(file, "%ld\n", atomic_load(&count));
  fclose(file);
}

/* Whether this call is the one to fail; errno is set then. */
static bool fails(call c) {
  if (!armed || !counted[c]) return false;
  long number = atomic_fetch_add(&count, 1) + 1;
  if (fail_at == 0 || number < fail_at || (number > fail_at && !again)) return false;
  if (how == KILL && c != WRITE) kill(getpid(), SIGKILL);
  if (how > 0) errno = how;
  return true;
}

/* ---- files ---- */

ssize_t write(int fd, const void *data, size_t bytes) {
  static ssize_t (*next)(int, const void *, size_t);
  FIND(next, "write");
  if (fd <= STDERR_FILENO || !fails(WRITE)) return next(fd, data, bytes);
  if (how == SHORT) return next(fd, data, bytes ? 1 : 0);
  if (how != KILL) return -1;
  if (next(fd, data, bytes / 2) < 0) errno = EIO;
  kill(getpid(), SIGKILL);
  return -1;
}

ssize_t read(int fd, void *data, size_t bytes) {
  static ssize_t (*next)(int, void *, size_t);
  FIND(next, "read");
  if (fd <= STDERR_FILENO || !fails(READ)) return next(fd, data, bytes);
  return how == SHORT ? next(fd, data, bytes ? 1 : 0) : -1;
}

int open(const char *path, int flags, ...) {
  static int (*next)(const char *, int, mode_t);
  FIND(next, "open");
  __builtin_va_list args;
  __builtin_va_start(args, flags);
  mode_t mode = flags & O_CREAT ? __builtin_va_arg(args, mode_t) : 0;
  __builtin_va_end(args);
  return fails(OPEN) ? -1 : next(path, flags, mode);
}

int fsync(int fd) {
  static int (*next)(int);
  FIND(next, "fsync");
  return fails(FSYNC) ? -1 : next(fd);
}

int rename(const char *from, const char *to) {
  static int (*next)(const char *, const char *);
  FIND(next, "rename");
  return fails(RENAME) ? -1 : next(from, to);
}

int unlink(const char *path) {
  static int (*next)(const char *);
  FIND(next, "unlink");
  return fails(UNLINK) ? -1 : next(path);
}

int ftruncate(int fd, off_t length) {
  static int (*next)(int, off_t);
  FIND(next, "ftruncate");
  return fails(FTRUNCATE) ? -1 : next(fd, length);
}

int mkdir(const char *path, mode_t mode) {
  static int (*next)(const char *, mode_t);
  FIND(next, "mkdir");
  return fails(MKDIR) ? -1 : next(path, mode);
}
