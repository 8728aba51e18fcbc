/* The directory of a run: who works in it, and what may be in it when a run begins. */
#include "run/files/directory.h"
#include "base/format.h"
#include "base/memory.h"
#include "run/files/manifest.h"
#include "run/files/run_events.h"
#include "run/files/run_files.h"
#include "run/state/checkpoint.h"
#include "run/state/run_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_LIMIT_BYTES = 1 << 20 };

/* ---- who works in it ---- */

/* Another process may have removed the directory that it had made, between our opening and our locking. */
static bool is_still_there(int fd, const char *directory) {
  struct stat held, there;
  return fstat(fd, &held) == 0 && stat(directory, &there) == 0 && held.st_dev == there.st_dev &&
         held.st_ino == there.st_ino;
}

/* Whether nobody else works in it; who makes a page of it is waited for. */
static bool lock_directory(int fd) {
  enum { PATIENCE = 60000 }; /* milliseconds */
  for (int waited = 0; file_lock(fd) == FILE_LOCK_HELD; waited++) {
    if (waited == PATIENCE || file_lock_shared(fd) == FILE_LOCK_HELD) return false;
    file_unlock(fd); /* another run may be trying, too */
    usleep(1000);
  }
  return true;
}

despur_status run_claim_directory(run *r, despur_error *error) {
  const char *directory = r->result->directory;
  if (r->claimed) return DESPUR_OK;
  int fd = file_open_as(directory, O_RDONLY | O_DIRECTORY);
  if (fd < 0 && errno != ENOENT)
    return error_set(error, DESPUR_NO_RESOURCES, "%s: %s", directory, format_errno(errno));
  if (fd < 0 || !lock_directory(fd) || !is_still_there(fd, directory)) {
    if (fd >= 0) close(fd);
    return error_set(error, DESPUR_BAD_USAGE, "%s: another process is at work in it", directory);
  }
  r->lock = fd;
  r->claimed = true;
  return DESPUR_OK;
}

/* ---- what is in it ---- */

typedef enum content {
  NOTHING,
  BEGINNING, /* what a run has that ended before anything was finished */
  ANYTHING
} content;

/* NAME, NAME.partial or NAME.N.partial. */
static bool is_file_of(const char *found, const char *name) {
  static const char PARTIAL[] = ".partial";
  size_t length = strlen(name);
  if (strncmp(found, name, length) != 0) return false;
  const char *rest = found + length;
  if (*rest == '.' && rest[1] >= '0' && rest[1] <= '9') rest += 1 + strspn(rest + 1, "0123456789");
  return !*rest || strcmp(rest, PARTIAL) == 0;
}

/* Files that say nothing but that a run has begun, or how it ended. */
static bool belongs_to_beginning(const run *r, const char *found) {
  static const char *const FIRST[] = {"config.yaml", "manifest.json", "timing.json", "report.html"};
  char path[1024];
  struct stat about;
  for (size_t i = 0; i < sizeof FIRST / sizeof *FIRST; i++)
    if (is_file_of(found, FIRST[i])) return true;
  if (is_file_of(found, CHECKPOINT_FILE)) return strcmp(found, CHECKPOINT_FILE) != 0;
  /* results are written after the first epoch, the other streams with or after them */
  if (is_file_of(found, "steps.csv") || is_file_of(found, RUN_EVENTS_FILE)) return true;
  return is_file_of(found, "results.jsonl") && run_path(path, r, found, NULL) == DESPUR_OK &&
         stat(path, &about) == 0 && about.st_size == 0;
}

static despur_status look_inside(content *out, const run *r, despur_error *error) {
  manifest ended;
  const char *directory = r->result->directory;
  DIR *entries = opendir(directory);
  struct dirent *entry;
  *out = NOTHING;
  if (!entries) return error_set(error, DESPUR_NO_RESOURCES, "%s: %s", directory, format_errno(errno));
  while (*out != ANYTHING && (entry = readdir(entries))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    *out = belongs_to_beginning(r, entry->d_name) ? BEGINNING : ANYTHING;
  }
  closedir(entries);
  if (*out != BEGINNING) return DESPUR_OK;
  despur_status status = manifest_read(&ended, directory, error);
  if (status == DESPUR_OK && strcmp(ended.outcome, "complete") == 0) *out = ANYTHING;
  return status;
}

/* Whether config.yaml has the very bytes that despur would have written. */
static despur_status is_own_config(bool *own, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_config *config = NULL;
  char *there = NULL, *written = NULL;
  size_t bytes;
  *own = false;
  TRY(despur_config_create(&config, error));
  TRY(despur_config_load(config, path, error));
  TRY(despur_config_format(config, &written, error));
  TRY(file_read(&there, &bytes, path, CONFIG_LIMIT_BYTES, error));
  *own = strlen(written) == bytes && memcmp(written, there, bytes) == 0;
cleanup:
  mem_free(there);
  free(written);
  despur_config_free(config);
  return status == DESPUR_BAD_INPUT ? DESPUR_OK : status;
}

/* Whether a run has left what is there. Other programs have a config.yaml and a last.ckpt, too. */
static despur_status is_run(bool *own, const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  manifest ended;
  TRY(manifest_read(&ended, r->result->directory, error));
  *own = *ended.version != 0;
  TRY(run_path(path, r, CHECKPOINT_FILE, error));
  if (!*own) *own = checkpoint_is_one(path);
  TRY(run_path(path, r, "results.jsonl.partial", error));
  if (!*own) *own = file_exists(path);
  TRY(run_path(path, r, "config.yaml", error));
  if (!*own && file_exists(path)) TRY(is_own_config(own, path, error));
cleanup:
  return status;
}

static despur_status refuse_foreign(const run *r, const char *name, despur_error *error) {
  char path[1024];
  despur_status status = run_path(path, r, name, error);
  if (status != DESPUR_OK || !file_exists(path)) return status;
  return error_set(error, DESPUR_BAD_USAGE,
                   "%s: is not what a run has left, and a run would replace it; choose another --out", path);
}

/* options.force is a word about runs: files of other programs that only have the names of a run's are not to
 * go with the run that they are taken for. */
static despur_status check_ownership(const run *r, despur_error *error) {
  static const char *const OTHERS[] = {CHECKPOINT_FILE, "manifest.json", "timing.json"};
  despur_status status = DESPUR_OK;
  bool own;
  TRY(is_run(&own, r, error));
  if (own) goto cleanup;
  for (size_t i = 0; i < run_output_count; i++) TRY(refuse_foreign(r, run_output_names[i], error));
  for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) TRY(refuse_foreign(r, OTHERS[i], error));
cleanup:
  return status;
}

static despur_status put_directory(despur_run_result *result, const char *directory, despur_error *error) {
  int length = snprintf(result->directory, sizeof result->directory, "%s", directory);
  if (length < 0 || (size_t)length >= sizeof result->directory)
    return error_set(error, DESPUR_BAD_USAGE, "%s: the path is too long", directory);
  return DESPUR_OK;
}

despur_status run_spares_others(const char *directory, despur_error *error) {
  despur_run_result result = {0};
  const run r = {.result = &result};
  despur_status status = put_directory(&result, directory, error);
  return status == DESPUR_OK && file_exists(directory) ? check_ownership(&r, error) : status;
}

despur_status run_forget_end(const char *directory, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_run_result result = {0};
  const run r = {.result = &result};
  char kept[1024], ended[1024];
  TRY(put_directory(&result, directory, error));
  TRY(run_path(kept, &r, CHECKPOINT_FILE, error));
  TRY(run_path(ended, &r, "manifest.json", error));
  if (file_exists(kept))
    TRY(run_remove_output(&r, "manifest.json", error));
  else if (file_exists(ended))
    TRY(run_remove_all(&r, error));
cleanup:
  return status;
}

static despur_status make_way(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *directory = r->result->directory;
  content found;
  TRY(look_inside(&found, r, error));
  if (found == NOTHING) goto cleanup;
  if (found == ANYTHING && !r->options->force)
    FAIL(error, DESPUR_BAD_USAGE,
         "%s: exists already; choose another --out, or --force to replace the run in it", directory);
  TRY(check_ownership(r, error));
  if (found == BEGINNING && !r->options->force)
    run_note(r, "%s: holds a run that ended before anything was finished; it begins again", directory);
  TRY(run_remove_all(r, error));
cleanup:
  return status;
}

/* ---- a run begins ---- */

static despur_status write_config(const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], *yaml = NULL;
  TRY(despur_config_format(r->config, &yaml, error));
  TRY(run_path(path, r, "config.yaml", error));
  TRY(file_write_text(path, yaml, error));
cleanup:
  free(yaml);
  return status;
}

static void discard_streams(run *r) {
  file_writer_discard(r->results);
  file_writer_discard(r->steps);
  file_writer_discard(r->events);
  r->results = r->steps = r->events = NULL;
}

/* The directory is claimed before anybody looks what is in it: of two runs that begin in it at once, one
 * does. */
despur_status run_open_directory(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *directory = r->result->directory;
  bool existed = file_exists(directory);
  if (existed && !file_is_directory(directory))
    FAIL(error, DESPUR_BAD_USAGE, "%s: exists and is not a directory", directory);
  TRY(file_make_directories(directory, error));
  TRY(run_claim_directory(r, error));
  TRY(make_way(r, error));
  TRY(write_config(r, error));
  TRY(run_open_stream(&r->results, r, "results.jsonl", error));
  if (r->config->log.steps) {
    TRY(run_open_stream(&r->steps, r, "steps.csv", error));
    TRY(file_print(r->steps, error, "step,loss\n"));
  }
  if (r->config->log.tensorboard) TRY(run_events_open(r, error));
cleanup:
  if (status != DESPUR_OK) discard_streams(r);
  if (status != DESPUR_OK && !existed && r->claimed) rmdir(directory); /* it stays when it is not empty */
  return status;
}
