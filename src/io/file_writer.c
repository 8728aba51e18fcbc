/* Writing files: see file.h for what is promised.
 *
 * The temporary file of PATH is PATH.partial, or PATH.1.partial and so on where that is another writer's. Who
 * writes one holds a lock on it, so one that nobody holds was left by a process that was killed, and is
 * removed. Where the file system knows no locks, nobody's temporary file is touched. */
#include "io/file.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  BUFFER_BYTES = 1 << 16,
  PARTIAL_MOST =
      100, /* writers of one path at a time, or files that killed ones have left where nothing locks */
  ATTEMPTS = 10000
};

struct file_writer {
  char *path;    /* where the file will be */
  char *partial; /* where it is written */
  int fd;
  sha256 hash; /* of what has been written, unless that is not hashed */
  bool unhashed;
  int failed;  /* errno of the first write that failed: there is a hole, and nothing more can be right */
  size_t used; /* bytes of buffer not yet written */
  char buffer[BUFFER_BYTES];
};

static despur_status write_failed(const char *path, int number, despur_error *error) {
  return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot write: %s", path, format_errno(number));
}

static void free_writer(file_writer *writer) {
  mem_free(writer->path);
  mem_free(writer->partial);
  mem_free(writer);
}

static despur_status name_partial(file_writer *writer, int number, despur_error *error) {
  despur_status status;
  text name = {0};
  if (number == 0)
    status = text_add(&name, error, "%s.partial", writer->path);
  else
    status = text_add(&name, error, "%s.%d.partial", writer->path, number);
  if (status != DESPUR_OK) return status;
  mem_free(writer->partial);
  writer->partial = name.data;
  return DESPUR_OK;
}

/* A writer whose file is not yet open. */
static despur_status create_writer(file_writer **out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  *out = NULL;
  TRY(mem_alloc(&writer, 1, sizeof *writer, error));
  writer->fd = -1;
  sha256_init(&writer->hash);
  TRY(file_resolve(&writer->path, path, error));
  TRY(name_partial(writer, 0, error));
  *out = writer;
cleanup:
  if (status != DESPUR_OK && writer) free_writer(writer);
  return status;
}

/* ---- the temporary file ---- */

/* Removes what a killed process has left at a name; false when it may be somebody's. A link is never
 * followed. */
static bool remove_stale(const char *partial) {
  int fd = file_open_as(partial, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return errno == ENOENT;
  struct stat about;
  bool stale = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && file_lock(fd) == FILE_LOCK_TAKEN;
  if (stale && file_is_at(fd, partial)) unlink(partial);
  close(fd);
  return stale;
}

/* Makes the file at a name. *made is false when there is one. */
static despur_status make_partial(file_writer *writer, bool *made, despur_error *error) {
  *made = false;
  writer->fd = file_open_as(writer->partial, O_WRONLY | O_CREAT | O_EXCL);
  if (writer->fd < 0 && errno == EEXIST) return DESPUR_OK;
  if (writer->fd < 0) return write_failed(writer->path, errno, error);
  /* before the lock was there, another process may have taken it for one that was left */
  *made = file_lock(writer->fd) != FILE_LOCK_HELD && file_is_at(writer->fd, writer->partial);
  if (*made) return DESPUR_OK;
  close(writer->fd);
  writer->fd = -1;
  return DESPUR_OK;
}

static despur_status open_partial(file_writer *writer, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool made = false;
  for (int number = 0, attempts = 0; !made; attempts++) {
    if (number == PARTIAL_MOST || attempts == ATTEMPTS)
      FAIL(error, DESPUR_NO_RESOURCES, "%s: cannot write: there are too many %s.N.partial beside it",
           writer->path, writer->path);
    TRY(name_partial(writer, number, error));
    TRY(make_partial(writer, &made, error));
    if (!made && !remove_stale(writer->partial)) number++;
  }
cleanup:
  return status;
}

/* A file that is replaced keeps its mode and, where the system allows it, its owner and group. */
static int keep_mode(const file_writer *writer) {
  struct stat old, now;
  if (stat(writer->path, &old) != 0 || !S_ISREG(old.st_mode)) return 0;
  if (fstat(writer->fd, &now) != 0) return -1;
  bool given = old.st_uid == now.st_uid || fchown(writer->fd, old.st_uid, (gid_t)-1) == 0;
  given &= old.st_gid == now.st_gid || fchown(writer->fd, (uid_t)-1, old.st_gid) == 0;
  /* who runs a program of another owner must not get this one's rights */
  return fchmod(writer->fd, old.st_mode & (given ? 07777 : 0777));
}

despur_status file_writer_open(file_writer **out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  struct stat about;
  *out = NULL;
  /* renaming over /dev/null, or over a link to it, would replace it by a file */
  if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
    FAIL(error, DESPUR_NO_RESOURCES, "%s: cannot write: it is a %s", path,
         S_ISDIR(about.st_mode) ? "directory" : "device or pipe");
  TRY(create_writer(&writer, path, error));
  TRY(open_partial(writer, error));
  *out = writer;
cleanup:
  if (status != DESPUR_OK && writer) free_writer(writer);
  return status;
}

void file_writer_unhashed(file_writer *writer) {
  writer->unhashed = true;
}

static despur_status write_all(file_writer *writer, const char *data, size_t bytes, despur_error *error) {
  if (writer->failed) return write_failed(writer->path, writer->failed, error);
  while (bytes > 0) {
    ssize_t written = write(writer->fd, data, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      writer->failed = written < 0 ? errno : EIO;
      return write_failed(writer->path, writer->failed, error);
    }
    if (!writer->unhashed) sha256_add(&writer->hash, data, (size_t)written);
    data += written;
    bytes -= (size_t)written;
  }
  return DESPUR_OK;
}

static despur_status flush(file_writer *writer, despur_error *error) {
  despur_status status = write_all(writer, writer->buffer, writer->used, error);
  writer->used = 0;
  return status;
}

despur_status file_write(file_writer *writer, const void *data, size_t bytes, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (bytes > BUFFER_BYTES - writer->used) TRY(flush(writer, error));
  if (bytes > BUFFER_BYTES) return write_all(writer, data, bytes, error);
  if (bytes > 0) memcpy(writer->buffer + writer->used, data, bytes);
  writer->used += bytes;
cleanup:
  return status;
}

despur_status file_print(file_writer *writer, despur_error *error, const char *format, ...) {
  despur_status status = DESPUR_OK;
  char *longer = NULL;
  va_list args;
  size_t room = BUFFER_BYTES - writer->used;
  va_start(args, format);
  int needed = format_args(writer->buffer + writer->used, room, format, args);
  va_end(args);
  if (needed < 0) FAIL(error, DESPUR_NO_RESOURCES, "%s: cannot format text '%s'", writer->path, format);
  size_t length = (size_t)needed;
  if (length < room) {
    writer->used += length;
    return DESPUR_OK;
  }
  TRY(mem_alloc(&longer, length + 1, 1, error));
  va_start(args, format);
  format_args(longer, length + 1, format, args);
  va_end(args);
  TRY(file_write(writer, longer, length, error));
cleanup:
  mem_free(longer);
  return status;
}

static int sync_descriptor(int fd) {
  int result;
  do result = fsync(fd);
  while (result != 0 && errno == EINTR);
  return result != 0 && errno == EINVAL ? 0 : result; /* EINVAL: this file system cannot sync */
}

/* Makes the rename itself survive a power cut. When it cannot be done the reader still sees the old file or
 * the new one, which is all that is promised: not an error. */
static void sync_directory_of(const char *path) {
  const char *slash = strrchr(path, '/');
  char *directory;
  if (mem_copy_text(&directory, slash ? path : ".", NULL) != DESPUR_OK) return;
  if (slash) directory[slash == path ? 1 : slash - path] = 0;
  int fd = file_open_as(directory, O_RDONLY | O_DIRECTORY);
  if (fd >= 0) {
    sync_descriptor(fd);
    close(fd);
  }
  mem_free(directory);
}

static despur_status put_in_place(file_writer *writer, despur_error *error) {
  despur_status status = flush(writer, error);
  if (status != DESPUR_OK) return status;
  if (sync_descriptor(writer->fd) != 0 || keep_mode(writer) != 0)
    return write_failed(writer->path, errno, error);
  if (!file_is_at(writer->fd, writer->partial))
    return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot write: somebody has removed %s", writer->path,
                     writer->partial);
  /* Network file systems report a full disk only when a descriptor is closed; the other one keeps the lock
   * until the file has its name. */
  int other = fcntl(writer->fd, F_DUPFD_CLOEXEC, 0);
  if (other < 0 || (close(other) != 0 && errno != EINTR) || rename(writer->partial, writer->path) != 0)
    return write_failed(writer->path, errno, error);
  close(writer->fd);
  writer->fd = -1;
  sync_directory_of(writer->path);
  return DESPUR_OK;
}

despur_status file_writer_commit(file_writer *writer, despur_error *error) {
  despur_status status = put_in_place(writer, error);
  if (status == DESPUR_OK)
    free_writer(writer);
  else
    file_writer_discard(writer);
  return status;
}

void file_writer_discard(file_writer *writer) {
  if (!writer) return;
  if (writer->fd >= 0 && file_is_at(writer->fd, writer->partial)) unlink(writer->partial);
  if (writer->fd >= 0) close(writer->fd);
  free_writer(writer);
}

/* ---- going on with a file ---- */

despur_status file_writer_flush(file_writer *writer, bool sync, file_extent *extent, despur_error *error) {
  despur_status status = flush(writer, error);
  assert(!writer->unhashed);
  if (status != DESPUR_OK) return status;
  if (sync && sync_descriptor(writer->fd) != 0) return write_failed(writer->path, errno, error);
  sha256 hash = writer->hash;
  extent->bytes = hash.length;
  sha256_finish(&hash, extent->sha256);
  return DESPUR_OK;
}

static despur_status check_start(file_writer *writer, const char *path, const file_extent *extent,
                                 despur_error *error) {
  char found[SHA256_HEX];
  despur_status status = file_hash_start(&writer->hash, writer->fd, extent->bytes, path, error);
  if (status != DESPUR_OK) return status;
  sha256 hash = writer->hash;
  if (hash.length < extent->bytes)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected at least %s bytes, found %s", path,
                     file_grouped(extent->bytes).text, file_grouped(hash.length).text);
  sha256_finish(&hash, found);
  if (strcmp(found, extent->sha256) != 0)
    return error_set(error, DESPUR_BAD_INPUT, "%s: its first %s bytes have changed", path,
                     file_grouped(extent->bytes).text);
  return DESPUR_OK;
}

despur_status file_writer_reopen(file_writer **out, const char *path, const file_extent *extent,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  *out = NULL;
  TRY(create_writer(&writer, path, error));
  const char *there = file_exists(writer->partial) ? writer->partial : path;
  writer->fd = file_open_as(there, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  if (writer->fd < 0) {
    status = file_read_failed(there, errno, error);
    goto cleanup;
  }
  if (file_lock(writer->fd) == FILE_LOCK_HELD || !file_is_at(writer->fd, there))
    FAIL(error, DESPUR_NO_RESOURCES, "%s: cannot write: another process is writing it", there);
  TRY(check_start(writer, there, extent, error));
  if ((there == path && rename(path, writer->partial) != 0) || file_shorten(writer->fd, extent->bytes) != 0) {
    status = write_failed(path, errno, error);
    goto cleanup;
  }
  *out = writer;
cleanup:
  if (status != DESPUR_OK) file_writer_leave(writer);
  return status;
}

despur_status file_writer_finish(file_writer *writer, despur_error *error) {
  despur_status status = put_in_place(writer, error);
  file_writer_leave(writer);
  return status;
}

void file_writer_leave(file_writer *writer) {
  if (!writer) return;
  if (writer->fd >= 0) close(writer->fd);
  free_writer(writer);
}

/* ---- at one go ---- */

despur_status file_write_text(const char *path, const char *content, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  TRY(file_writer_open(&writer, path, error));
  TRY(file_write(writer, content, strlen(content), error));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}
