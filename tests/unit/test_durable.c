/* A file gets its name only after its bytes are on the disk: else a power cut could leave an empty file under
 * the final name. This program's own fsync and rename stand before those of the C library. */
#include "testing.h"

#include "io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static despur_error error;

static ino_t synced;      /* the file of the last fsync of a regular file */
static off_t synced_size; /* and its size then */
static ino_t renamed;
static off_t size_at_rename;
static int directories_synced_after;

/* As in unistd.h and stdio.h. */
int fsync(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return -1;
  if (S_ISREG(status.st_mode)) {
    synced = status.st_ino;
    synced_size = status.st_size;
  } else if (renamed) {
    directories_synced_after++;
  }
  return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to) {
  struct stat status;
  if (stat(from, &status) != 0) return -1;
  renamed = status.st_ino;
  size_at_rename = status.st_size;
  return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static void bytes_reach_the_disk_before_the_name(void **state) {
  (void)state;
  enum { BYTES = 300000 };
  static char content[BYTES];
  char directory[128], path[256];
  file_writer *writer;
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/file", directory);
  assert_ok(file_writer_open(&writer, path, &error));
  assert_ok(file_write(writer, content, BYTES, &error));
  assert_int_equal(renamed, 0);
  assert_ok(file_writer_commit(writer, &error));
  assert_true(renamed != 0);
  assert_true(synced == renamed);
  assert_int_equal(synced_size, BYTES);
  assert_int_equal(size_at_rename, BYTES);
  assert_int_equal(directories_synced_after, 1); /* the name itself */
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_reach_the_disk_before_the_name)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
