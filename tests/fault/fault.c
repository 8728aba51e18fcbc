/* A library to preload into the tool: lets the n-th call of chosen functions fail, or ends the process there.
 *
 *   FAULT_CALLS   names separated by commas, such as "write,fsync"; "alloc" is malloc and its kin, "create"
 *                 an open that may create a file, "thread" pthread_create
 *   FAULT_AT      n, counted from 1 over all of them together; 0 or unset: none fails
 *   FAULT_EVERY   k: every k-th call after the n-th fails, too
 *   FAULT_HOW     KILL (SIGKILL; a write writes half of its bytes first), STOP (SIGSTOP before the call,
 * which is then made), SHORT (a read or write moves one byte and says so), or the name of an error
 *   FAULT_COUNT   a file that gets the number of calls when the process ends, and how many allocations are
 *                 left that nobody has freed
 *   FAULT_PLACES  a file that gets the number of each call from a new place: its nearest four callers are
 *                 others than before
 *
 * Only reads and writes of files count, not those of standard streams. Counting begins when the program does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum call {
  OPEN,
  CREATE,
  CLOSE,
  READ,
  WRITE,
  FSYNC,
  RENAME,
  UNLINK,
  FTRUNCATE,
  MKDIR,
  ALLOC,
  THREAD,
  FORK,
  FLOCK,
  CALLS
} call;

static const char *const NAMES[CALLS] = {"open",   "create",    "close", "read",  "write",  "fsync", "rename",
                                         "unlink", "ftruncate", "mkdir", "alloc", "thread", "fork",  "flock"};

static const struct {
  const char *name;
  int number;
} ERRORS[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EINTR", EINTR},   {"EACCES", EACCES},
              {"EMFILE", EMFILE}, {"ENOMEM", ENOMEM}, {"EAGAIN", EAGAIN}, {"ENOLCK", ENOLCK},
              {"ENOSYS", ENOSYS}, {"EBADF", EBADF}};

enum { KILL = -1, SHORT = -2, STOP = -3 };

static bool counted[CALLS], armed;
static long fail_at, every;
static int how;
static atomic_long count, living;
static int places = -1;
static bool noting; /* what is done for the list of places does not count */

/* The C library's own definition; the way that POSIX gives from a pointer to a function. */
#define FIND(next, name)                                                                                     \
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void arm(void) {
  const char *calls = getenv("FAULT_CALLS"), *at = getenv("FAULT_AT"), *manner = getenv("FAULT_HOW");
  const char *step = getenv("FAULT_EVERY"), *places_path = getenv("FAULT_PLACES");
  if (!calls) return;
  for (int c = 0; c < CALLS; c++) {
    const char *found = strstr(calls, NAMES[c]);
    counted[c] = found && (found == calls || found[-1] == ',');
  }
  fail_at = at ? atol(at) : 0;
  every = step ? atol(step) : 0;
  how = EIO;
  if (manner && strcmp(manner, "KILL") == 0) how = KILL;
  if (manner && strcmp(manner, "SHORT") == 0) how = SHORT;
  if (manner && strcmp(manner, "STOP") == 0) how = STOP;
  for (size_t i = 0; manner && i < sizeof ERRORS / sizeof *ERRORS; i++)
    if (strcmp(manner, ERRORS[i].name) == 0) how = ERRORS[i].number;
  if (places_path) {
    void *frames[1];
    backtrace(frames, 1); /* the first one loads a library */
    places = open(places_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  }
  armed = true;
}

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("FAULT_COUNT");
  long left = atomic_load(&living);
  armed = false;
  if (!path) return;
  FILE *file = fopen(path, "w");
  if (!file) return;
  fprintf(file, "%ld %ld\n", atomic_load(&count), left);
  fclose(file);
}

/* ---- places ---- */

enum { FRAMES = 7, OWN = 3, SLOTS = 1 << 16 }; /* OWN: note_place, fails, malloc */

static uint64_t seen[SLOTS]; /* hashes of stacks, with linear probing; 0: free */

/* Notes the number of a call whose stack of callers is new. Not for several threads. */
static void note_place(long number) {
  void *frames[FRAMES];
  int depth = backtrace(frames, FRAMES);
  uint64_t hash = 14695981039346656037u;
  for (int i = OWN; i < depth; i++) hash = (hash ^ (uintptr_t)frames[i]) * 1099511628211u;
  hash |= 1;
  size_t slot = hash % SLOTS;
  while (seen[slot] && seen[slot] != hash) slot = (slot + 1) % SLOTS;
  if (seen[slot] == hash) return;
  seen[slot] = hash;
  dprintf(places, "%ld\n", number);
}

/* Whether this call is the one to fail; errno is set then. */
static bool fails(call c) {
  if (!armed || noting || !counted[c]) return false;
  long number = atomic_fetch_add(&count, 1) + 1;
  if (places >= 0) {
    noting = true;
    note_place(number);
    noting = false;
  }
  if (fail_at == 0 || number < fail_at ||
      (number > fail_at && (every == 0 || (number - fail_at) % every != 0)))
    return false;
  if (how == KILL && c != WRITE) kill(getpid(), SIGKILL);
  if (how == STOP) {
    kill(getpid(), SIGSTOP);
    return false;
  }
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
  return fails(OPEN) || (flags & O_CREAT && fails(CREATE)) ? -1 : next(path, flags, mode);
}

/* The descriptor is gone in any case, as on Linux. */
int close(int fd) {
  static int (*next)(int);
  FIND(next, "close");
  bool failed = fails(CLOSE);
  int number = errno, result = next(fd);
  if (failed) errno = number;
  return failed ? -1 : result;
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

int flock(int fd, int operation) {
  static int (*next)(int, int);
  FIND(next, "flock");
  return fails(FLOCK) ? -1 : next(fd, operation);
}

/* ---- processes ---- */

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument) {
  static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  FIND(next, "pthread_create");
  return fails(THREAD) ? errno : next(thread, attributes, start, argument);
}

pid_t fork(void) {
  static pid_t (*next)(void);
  FIND(next, "fork");
  return fails(FORK) ? -1 : next();
}

/* ---- memory ---- */

/* What dlsym allocates while it looks for malloc. */
static char early[1 << 14];
static size_t early_used;

static void *take_early(size_t bytes) {
  size_t begin = early_used;
  early_used += (bytes + 15) / 16 * 16;
  if (early_used > sizeof early) abort();
  return early + begin;
}

static bool is_early(const void *memory) {
  return (uintptr_t)memory - (uintptr_t)early < sizeof early;
}

static void *counted_as_living(void *memory) {
  if (memory) atomic_fetch_add(&living, 1);
  return memory;
}

void *malloc(size_t bytes) {
  static void *(*next)(size_t);
  static bool looking;
  if (!next && looking) return take_early(bytes);
  looking = true;
  FIND(next, "malloc");
  return fails(ALLOC) ? NULL : counted_as_living(next(bytes));
}

void *calloc(size_t number, size_t bytes) {
  static void *(*next)(size_t, size_t);
  static bool looking;
  if (!next && looking) return take_early(number * bytes);
  looking = true;
  FIND(next, "calloc");
  return fails(ALLOC) ? NULL : counted_as_living(next(number, bytes));
}

void *realloc(void *memory, size_t bytes) {
  static void *(*next)(void *, size_t);
  FIND(next, "realloc");
  if (fails(ALLOC)) return NULL;
  if (is_early(memory)) {
    void *copy = malloc(bytes);
    return copy ? memcpy(copy, memory, bytes) : NULL;
  }
  void *moved = next(memory, bytes);
  if (!memory && moved) atomic_fetch_add(&living, 1);
  return moved;
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  static void *(*next)(size_t, size_t);
  FIND(next, "aligned_alloc");
  return fails(ALLOC) ? NULL : counted_as_living(next(alignment, bytes));
}

int posix_memalign(void **out, size_t alignment, size_t bytes) {
  static int (*next)(void **, size_t, size_t);
  FIND(next, "posix_memalign");
  if (fails(ALLOC)) return ENOMEM;
  int failed = next(out, alignment, bytes);
  if (!failed) atomic_fetch_add(&living, 1);
  return failed;
}

void free(void *memory) {
  static void (*next)(void *);
  if (!memory || is_early(memory)) return;
  FIND(next, "free");
  atomic_fetch_sub(&living, 1);
  next(memory);
}
