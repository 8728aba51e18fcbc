#include "io/file.h"

#include "base/format.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

despur_status file_join(char path[FILE_PATH], const char *directory, const char *name, despur_error *error) {
  int length = snprintf(path, FILE_PATH, "%s/%s", directory, name);
  if (length < 0 || length >= FILE_PATH)
    return error_set(error, DESPUR_BAD_USAGE, "%s: the path is too long", directory);
  return DESPUR_OK;
}

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

despur_status file_hash_start(sha256 *hash, int fd, uint64_t bytes, const char *path, despur_error *error) {
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
  status = file_hash_start(&hash, fd, bytes, path, error);
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

int file_shorten(int fd, uint64_t bytes) {
  int result;
  do result = ftruncate(fd, (off_t)bytes);
  while (result != 0 && errno == EINTR);
  return result;
}

/* ---- names ---- */

static file_lock_state lock_as(int fd, int operation) {
  int failed;
  do failed = flock(fd, operation | LOCK_NB);
  while (failed != 0 && errno == EINTR);
  if (failed == 0) return FILE_LOCK_TAKEN;
  return errno == EWOULDBLOCK ? FILE_LOCK_HELD : FILE_LOCK_NONE;
}

file_lock_state file_lock(int fd) {
  return lock_as(fd, LOCK_EX);
}

file_lock_state file_lock_shared(int fd) {
  return lock_as(fd, LOCK_SH);
}

void file_unlock(int fd) {
  flock(fd, LOCK_UN);
}

bool file_is_at(int fd, const char *path) {
  struct stat here, there;
  return fstat(fd, &here) == 0 && lstat(path, &there) == 0 && here.st_dev == there.st_dev &&
         here.st_ino == there.st_ino;
}

despur_status file_resolve(char **out, const char *path, despur_error *error) {
  struct stat about;
  *out = NULL;
  if (lstat(path, &about) != 0 || !S_ISLNK(about.st_mode)) return mem_copy_text(out, path, error);
  char *target = realpath(path, NULL);
  if (!target && errno == ENOENT)
    return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot write: it is a symbolic link that leads nowhere",
                     path);
  if (!target)
    return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot write: %s", path, format_errno(errno));
  despur_status status = mem_copy_text(out, target, error);
  free(target);
  return status;
}

/* ---- directories ---- */

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
