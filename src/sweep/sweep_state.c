/* What lies on the disk: whether a run is finished, and who works on it.
 *
 * A run is claimed by a lock (flock) on an empty file in the folder .locks. The system releases it when the
 * last process that holds it has ended, so there are no locks to clear away. */
#include "base/format.h"
#include "base/memory.h"
#include "config/schema.h"
#include "io/file.h"
#include "run/files/manifest.h"
#include "sweep/sweep_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_LIMIT_BYTES = 1 << 20 };

static despur_status lock_path(char path[1024], const despur_sweep *sweep, const char *name,
                               despur_error *error) {
  int length = snprintf(path, 1024, "%s/.locks%s%s", sweep->directory, *name ? "/" : "", name);
  if (length < 0 || length >= 1024)
    return error_set(error, DESPUR_BAD_USAGE, "%.200s...: the path is too long", sweep->directory);
  return DESPUR_OK;
}

static const char NO_LOCKS[] =
    " (a sweep's runs are shared out by locks: it needs a file system that has them)";

static despur_status lock_failed(const char *path, const char *why, despur_error *error) {
  return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot lock: %s%s", path, format_errno(errno), why);
}

/* *lock = -1 when another process has it. */
static despur_status take_lock(int *lock, const char *path, int flags, despur_error *error) {
  *lock = file_open_as(path, O_RDWR | O_NOFOLLOW | flags);      /* a link would lead out of the sweep */
  if (*lock < 0 && errno == ENOENT && !flags) return DESPUR_OK; /* nobody has ever claimed it */
  if (*lock < 0) return lock_failed(path, "", error);
  file_lock_state state = file_lock(*lock);
  if (state == FILE_LOCK_TAKEN) return DESPUR_OK;
  despur_status status = state == FILE_LOCK_HELD ? DESPUR_OK : lock_failed(path, NO_LOCKS, error);
  close(*lock);
  *lock = -1;
  return status;
}

despur_status sweep_claim(int *lock, const despur_sweep *sweep, size_t run, despur_error *error) {
  char path[1024];
  despur_status status = lock_path(path, sweep, sweep->names[run], error);
  return status == DESPUR_OK ? take_lock(lock, path, O_CREAT, error) : status;
}

/* The clock of the file system, which may be another machine's. */
despur_status sweep_prepare_directory(const despur_sweep *sweep, struct timespec *now, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  struct stat about;
  int fd = -1;
  if (file_exists(sweep->directory) && !file_is_directory(sweep->directory))
    FAIL(error, DESPUR_BAD_USAGE, "%s: exists and is not a directory", sweep->directory);
  for (size_t i = 0; i < sweep->count; i++) {
    TRY(sweep_path(path, sweep, i, "", error));
    TRY(run_spares_others(path, error));
  }
  TRY(lock_path(path, sweep, "", error));
  TRY(file_make_directories(path, error));
  TRY(lock_path(path, sweep, ".started", error));
  fd = file_open_as(path, O_WRONLY | O_NOFOLLOW | O_CREAT);
  if (fd < 0 || futimens(fd, NULL) != 0 || fstat(fd, &about) != 0)
    FAIL(error, DESPUR_NO_RESOURCES, "%s: cannot write: %s", path, format_errno(errno));
  *now = about.st_mtim;
cleanup:
  if (fd >= 0) close(fd);
  return status;
}

despur_status sweep_resolved_config(despur_config **out, const despur_sweep *sweep, size_t run,
                                    despur_error *error) {
  despur_status status = despur_sweep_run_config(out, sweep, run, error);
  if (status == DESPUR_OK) status = config_resolve_images(*out, error);
  if (status == DESPUR_OK) return status;
  despur_config_free(*out);
  *out = NULL;
  return status;
}

/* Whether the directory holds a run of this configuration. */
static despur_status is_same(bool *same, const despur_sweep *sweep, size_t run, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], *there = NULL, *wanted = NULL;
  despur_config *config = NULL;
  size_t bytes;
  *same = false;
  TRY(sweep_path(path, sweep, run, "config.yaml", error));
  status = file_read(&there, &bytes, path, CONFIG_LIMIT_BYTES, error);
  if (status == DESPUR_BAD_INPUT) status = DESPUR_OK; /* there is none that can be read */
  if (status != DESPUR_OK || !there) goto cleanup;
  TRY(sweep_resolved_config(&config, sweep, run, error));
  TRY(despur_config_format(config, &wanted, error));
  *same = strlen(wanted) == bytes && memcmp(wanted, there, bytes) == 0;
cleanup:
  mem_free(there);
  free(wanted);
  despur_config_free(config);
  return status;
}

despur_status sweep_look(despur_sweep_state *out, char reason[512], const despur_sweep *sweep, size_t run,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  bool same;
  manifest ended;
  *out = DESPUR_SWEEP_TO_DO;
  reason[0] = 0;
  TRY(sweep_path(path, sweep, run, "", error));
  TRY(manifest_read(&ended, path, error));
  bool complete = !strcmp(ended.outcome, "complete"), failed = !strcmp(ended.outcome, "failed");
  if (!complete && !failed) goto cleanup;
  TRY(is_same(&same, sweep, run, error));
  if (!same) goto cleanup;
  *out = complete ? DESPUR_SWEEP_COMPLETE : DESPUR_SWEEP_FAILED;
  if (failed) snprintf(reason, 512, "%s", ended.message);
cleanup:
  return status;
}

despur_status sweep_is_foreign(bool *foreign, const despur_sweep *sweep, size_t run, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  bool same;
  manifest ended;
  *foreign = false;
  TRY(sweep_path(path, sweep, run, "", error));
  TRY(manifest_read(&ended, path, error));
  if (!*ended.outcome) goto cleanup;
  TRY(is_same(&same, sweep, run, error));
  *foreign = !same;
cleanup:
  return status;
}

bool sweep_ended_after(const despur_sweep *sweep, size_t run, struct timespec since) {
  char path[1024];
  struct stat about;
  if (sweep_path(path, sweep, run, "manifest.json", NULL) != DESPUR_OK || stat(path, &about) != 0)
    return false;
  return about.st_mtim.tv_sec > since.tv_sec ||
         (about.st_mtim.tv_sec == since.tv_sec && about.st_mtim.tv_nsec > since.tv_nsec);
}

despur_status despur_sweep_run_state(despur_sweep_state *out, const despur_sweep *sweep, size_t run,
                                     char reason[512], despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], own[512];
  int lock;
  TRY(sweep_check_run(sweep, run, error));
  TRY(sweep_look(out, reason ? reason : own, sweep, run, error));
  if (*out == DESPUR_SWEEP_COMPLETE) goto cleanup;
  TRY(lock_path(path, sweep, sweep->names[run], error));
  if (!file_exists(path)) goto cleanup;
  TRY(take_lock(&lock, path, 0, error));
  if (lock < 0) *out = DESPUR_SWEEP_RUNNING;
  if (lock >= 0) close(lock);
cleanup:
  return status;
}
