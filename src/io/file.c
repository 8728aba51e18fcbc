#include "io/file.h"

#include "base/format.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

grouped_number file_grouped(uint64_t number) {
  grouped_number out = {""};
  char digits[21];
  int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
  char *at = out.text;
  for (int i = 0; i < count; i++) {
    if (i > 0 && (count - i) % 3 == 0) *at++ = ',';
    *at++ = digits[i];
  }
  return out;
}

/* ---- reading ---- */

despur_status file_read_failed(const char *path, int number, despur_error *error) {
  bool exhausted = number == ENOMEM || number == EMFILE || number == ENFILE || number == EIO;
  return error_set(error, exhausted ? DESPUR_NO_RESOURCES : DESPUR_BAD_INPUT, "%s: %s", path,
                   format_errno(number));
}

int file_open_as(const char *path, int flags) {
  int fd;
  do fd = open(path, flags | O_CLOEXEC, 0666);
  while (fd < 0 && errno == EINTR);
  return fd;
}

despur_status file_open(int *descriptor, size_t *bytes, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  struct stat about;
  /* O_NONBLOCK: opening a named pipe must not wait for someone to write into it */
  int fd = file_open_as(path, O_RDONLY | O_NONBLOCK);
  *descriptor = -1;
  *bytes = 0;
  if (fd < 0) return file_read_failed(path, errno, error);
  if (fstat(fd, &about) != 0) {
    status = file_read_failed(path, errno, error);
    goto cleanup;
  }
  if (!S_ISREG(about.st_mode))
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected a file, found a %s", path,
         S_ISDIR(about.st_mode) ? "directory" : "device or pipe");
  *descriptor = fd;
  *bytes = (size_t)about.st_size;
cleanup:
  if (status != DESPUR_OK) close(fd);
  return status;
}

despur_status file_read_some(int fd, void *data, size_t bytes, size_t *got, const char *path,
                             despur_error *error) {
  *got = 0;
  while (*got < bytes) {
    ssize_t count = read(fd, (uint8_t *)data + *got, bytes - *got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_read_failed(path, errno, error);
    if (count == 0) break;
    *got += (size_t)count;
  }
  return DESPUR_OK;
}

despur_status file_read_all(int fd, void *data, size_t bytes, const char *path, despur_error *error) {
  size_t got;
  despur_status status = file_read_some(fd, data, bytes, &got, path, error);
  if (status == DESPUR_OK && got < bytes)
    status = error_set(error, DESPUR_BAD_INPUT,
                       "%s: ends %s bytes too early: somebody shortened it while it was read", path,
                       file_grouped(bytes - got).text);
  return status;
}

despur_status file_read(char **data, size_t *bytes, const char *path, size_t limit, despur_error *error) {
  despur_status status = DESPUR_OK;
  int fd = -1;
  size_t size;
  *data = NULL;
  *bytes = 0;
  TRY(file_open(&fd, &size, path, error));
  if (size > limit)
    FAIL(error, DESPUR_BAD_INPUT, "%s: %s bytes long, at most %s are expected", path, file_grouped(size).text,
         file_grouped(limit).text);
  TRY(mem_alloc(data, size + 1, 1, error));
  TRY(file_read_all(fd, *data, size, path, error));
  *bytes = size;
cleanup:
  if (fd >= 0) close(fd);
  if (status != DESPUR_OK) {
    mem_free(*data);
    *data = NULL;
  }
  return status;
}

/* Adds the next bytes of a file to a hash; fewer when the file ends before. */
static despur_status hash_start(sha256 *hash, int fd, uint64_t bytes, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  char buffer[1 << 14];
  for (size_t got = 1; bytes > 0 && got > 0; bytes -= got) {
    size_t wanted = bytes < sizeof buffer ? (size_t)bytes : sizeof buffer;
    TRY(file_read_some(fd, buffer, wanted, &got, path, error));
    sha256_add(hash, buffer, got);
  }
cleanup:
  return status;
}

despur_status file_sha256(const char *path, char hex[SHA256_HEX], despur_error *error) {
  int fd;
  size_t bytes;
  despur_status status = file_open(&fd, &bytes, path, error);
  if (status != DESPUR_OK) return status;
  sha256 hash;
  sha256_init(&hash);
  status = hash_start(&hash, fd, bytes, path, error);
  sha256_finish(&hash, hex);
  close(fd);
  return status;
}

bool file_exists(const char *path) {
  struct stat about;
  return stat(path, &about) == 0;
}

bool file_is_directory(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* ---- writing ---- */

enum { BUFFER_BYTES = 1 << 16 };

struct file_writer {
  char *path;    /* where the file will be */
  char *partial; /* where it is written */
  int fd;
  sha256 hash; /* of what has been written */
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

/* A writer whose file is not yet open. */
static despur_status create_writer(file_writer **out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  size_t room = strlen(path) + sizeof ".partial";
  *out = NULL;
  TRY(mem_alloc(&writer, 1, sizeof *writer, error));
  writer->fd = -1;
  sha256_init(&writer->hash);
  TRY(mem_copy_text(&writer->path, path, error));
  TRY(mem_alloc(&writer->partial, room, 1, error));
  snprintf(writer->partial, room, "%s.partial", path);
  *out = writer;
cleanup:
  if (status != DESPUR_OK && writer) free_writer(writer);
  return status;
}

despur_status file_writer_open(file_writer **out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  struct stat about;
  *out = NULL;
  /* renaming over /dev/null would replace it by a file */
  if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
    FAIL(error, DESPUR_NO_RESOURCES, "%s: cannot write: it is a %s", path,
         S_ISDIR(about.st_mode) ? "directory" : "device or pipe");
  TRY(create_writer(&writer, path, error));
  /* What a killed run has left is removed first, so that a link there is never followed. */
  unlink(writer->partial);
  writer->fd = file_open_as(writer->partial, O_WRONLY | O_CREAT | O_EXCL);
  if (writer->fd < 0) {
    status = write_failed(path, errno, error);
    goto cleanup;
  }
  *out = writer;
cleanup:
  if (status != DESPUR_OK && writer) free_writer(writer);
  return status;
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
    sha256_add(&writer->hash, data, (size_t)written);
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
  if (sync_descriptor(writer->fd) != 0) return write_failed(writer->path, errno, error);
  int closed = close(writer->fd);
  writer->fd = -1;
  /* network file systems report a full disk only here */
  if ((closed != 0 && errno != EINTR) || rename(writer->partial, writer->path) != 0)
    return write_failed(writer->path, errno, error);
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
  if (writer->fd >= 0) close(writer->fd);
  unlink(writer->partial);
  free_writer(writer);
}

/* ---- going on with a file ---- */

despur_status file_writer_flush(file_writer *writer, bool sync, file_extent *extent, despur_error *error) {
  despur_status status = flush(writer, error);
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
  despur_status status = hash_start(&writer->hash, writer->fd, extent->bytes, path, error);
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

int file_shorten(int fd, uint64_t bytes) {
  int result;
  do result = ftruncate(fd, (off_t)bytes);
  while (result != 0 && errno == EINTR);
  return result;
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

static despur_status make_directory(const char *path, despur_error *error) {
  if (mkdir(path, 0777) == 0) return DESPUR_OK;
  int number = errno;
  /* asked after the fact: another process may have made it meanwhile */
  if (file_is_directory(path)) return DESPUR_OK;
  if (number == EEXIST) number = ENOTDIR;
  return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot create directory: %s", path, format_errno(number));
}

despur_status file_make_directories(const char *path, despur_error *error) {
  char *prefix;
  despur_status status = mem_copy_text(&prefix, path, error);
  if (status != DESPUR_OK) return status;
  for (char *at = prefix; *at && status == DESPUR_OK; at++) {
    if (at == prefix || *at != '/') continue;
    *at = 0;
    status = make_directory(prefix, error);
    *at = '/';
  }
  if (status == DESPUR_OK) status = make_directory(path, error);
  mem_free(prefix);
  return status;
}
