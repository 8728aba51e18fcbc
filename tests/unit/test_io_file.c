/* Files: what is read, what a failed write leaves behind. */
#include "testing.h"

#include "base/memory.h"
#include "io/file.h"
#include "samples.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static despur_error error;
static char directory[128];

static int make_directory(void **state) {
  (void)state;
  temporary_directory(directory);
  return 0;
}

static size_t entries_of(const char *path) {
  DIR *stream = opendir(path);
  size_t count = 0;
  while (readdir(stream)) count++;
  closedir(stream);
  return count - 2; /* without . and .. */
}

static void assert_content(const char *path, const char *content) {
  char *data;
  size_t bytes;
  assert_ok(file_read(&data, &bytes, path, 1 << 20, &error));
  assert_int_equal(bytes, strlen(content));
  assert_string_equal(data, content);
  mem_free(data);
}

/* ---- reading ---- */

static void a_file_is_read_from_start_to_end(void **state) {
  (void)state;
  char path[256], bytes[4] = "....";
  int fd;
  size_t size, got;
  sample_file(path, directory, "some", "ab\0cd", 5);
  assert_ok(file_open(&fd, &size, path, &error));
  assert_int_equal(size, 5);
  assert_ok(file_read_some(fd, bytes, 2, &got, path, &error));
  assert_true(got == 2 && !memcmp(bytes, "ab..", 4));
  assert_ok(file_read_some(fd, bytes, 4, &got, path, &error));
  assert_true(got == 3 && !memcmp(bytes, "\0cd.", 4));
  assert_ok(file_read_some(fd, bytes, 4, &got, path, &error));
  assert_int_equal(got, 0);
  close(fd);
}

static void a_file_that_shrinks_while_it_is_read_is_refused(void **state) {
  (void)state;
  char path[256], wanted[400], bytes[8];
  int fd;
  size_t size;
  sample_file(path, directory, "shrinking", "01234567", 8);
  assert_ok(file_open(&fd, &size, path, &error));
  assert_ok(file_read_all(fd, bytes, 2, path, &error));
  assert_int_equal(truncate(path, 5), 0);
  snprintf(wanted, sizeof wanted, "%s: ends 3 bytes too early: somebody shortened it while it was read",
           path);
  assert_fails(file_read_all(fd, bytes, size - 2, path, &error), DESPUR_BAD_INPUT, wanted);
  close(fd);
}

static void empty_file_reads_as_empty_text(void **state) {
  (void)state;
  char path[256], *data;
  size_t bytes = 1;
  sample_file(path, directory, "empty", "", 0);
  assert_ok(file_read(&data, &bytes, path, 0, &error));
  assert_int_equal(bytes, 0);
  assert_string_equal(data, "");
  mem_free(data);
}

static void what_is_no_regular_file_is_refused_without_waiting(void **state) {
  (void)state;
  char path[256], *data;
  size_t bytes;
  assert_fails(file_read(&data, &bytes, directory, 100, &error), DESPUR_BAD_INPUT,
               "expected a file, found a directory");
  snprintf(path, sizeof path, "%s/pipe", directory);
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_fails(file_read(&data, &bytes, path, 100, &error), DESPUR_BAD_INPUT, "device or pipe");
  assert_fails(file_read(&data, &bytes, "/dev/zero", 100, &error), DESPUR_BAD_INPUT,
               "/dev/zero: expected a file");
  assert_null(data);
  unlink(path);
}

static void missing_file_is_named(void **state) {
  (void)state;
  char path[256], wanted[300], *data, hex[SHA256_HEX];
  size_t bytes;
  snprintf(path, sizeof path, "%s/missing", directory);
  snprintf(wanted, sizeof wanted, "%s: No such file or directory", path);
  assert_fails(file_read(&data, &bytes, path, 100, &error), DESPUR_BAD_INPUT, wanted);
  assert_fails(file_sha256(path, hex, &error), DESPUR_BAD_INPUT, wanted);
  assert_false(file_exists(path));
  assert_false(file_is_directory(path));
  assert_true(file_is_directory(directory));
}

static void file_above_the_limit_is_refused(void **state) {
  (void)state;
  char path[256], *data;
  size_t bytes;
  sample_file(path, directory, "long", "0123456789", 10);
  assert_fails(file_read(&data, &bytes, path, 9, &error), DESPUR_BAD_INPUT, "10 bytes long, at most 9");
  assert_null(data);
  assert_ok(file_read(&data, &bytes, path, 10, &error));
  assert_string_equal(data, "0123456789");
  mem_free(data);
}

static void sha256_of_a_file_is_that_of_its_bytes(void **state) {
  (void)state;
  char path[256], hex[SHA256_HEX];
  sample_file(path, directory, "abc", "abc", 3);
  assert_ok(file_sha256(path, hex, &error));
  assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  sample_file(path, directory, "abc", "", 0);
  assert_ok(file_sha256(path, hex, &error));
  assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void numbers_in_messages_have_thousands_separators(void **state) {
  (void)state;
  assert_string_equal(file_grouped(0).text, "0");
  assert_string_equal(file_grouped(999).text, "999");
  assert_string_equal(file_grouped(1000).text, "1,000");
  assert_string_equal(file_grouped(47040016).text, "47,040,016");
  assert_string_equal(file_grouped(UINT64_MAX).text, "18,446,744,073,709,551,615");
}

/* ---- writing ---- */

static void pieces_of_any_size_arrive_in_order(void **state) {
  (void)state;
  enum { TOTAL = 700000 };
  static char content[TOTAL + 1], got[TOTAL + 1];
  static const size_t PIECES[] = {1, 70000, 0, 65536, 65535, 65537, 3, 200000};
  char path[256];
  file_writer *writer;
  for (size_t i = 0; i < TOTAL; i++) content[i] = (char)('a' + i * i % 26);
  snprintf(path, sizeof path, "%s/pieces", directory);
  assert_ok(file_writer_open(&writer, path, &error));
  for (size_t at = 0, i = 0; at < TOTAL; i++) {
    size_t piece = PIECES[i % 8] < TOTAL - at ? PIECES[i % 8] : TOTAL - at;
    char saved = content[at + piece];
    content[at + piece] = 0;
    if (i % 3 == 1)
      assert_ok(file_print(writer, &error, "%s", content + at));
    else
      assert_ok(file_write(writer, content + at, piece, &error));
    content[at + piece] = saved;
    at += piece;
  }
  assert_false(file_exists(path));
  assert_ok(file_writer_commit(writer, &error));
  assert_int_equal(sample_bytes(path, got, sizeof got), TOTAL);
  assert_memory_equal(got, content, TOTAL);
}

static void printed_text_is_formatted_at_every_fill_of_the_buffer(void **state) {
  (void)state;
  char path[256], *data;
  size_t bytes;
  file_writer *writer;
  snprintf(path, sizeof path, "%s/printed", directory);
  assert_ok(file_writer_open(&writer, path, &error));
  for (int i = 0; i < 50000; i++) assert_ok(file_print(writer, &error, "%d,%s\n", 10000 + i, "x"));
  assert_ok(file_writer_commit(writer, &error));
  assert_ok(file_read(&data, &bytes, path, 1 << 20, &error));
  assert_int_equal(bytes, 400000);
  for (int i = 0; i < 50000; i++) {
    char line[16];
    snprintf(line, sizeof line, "%d,x\n", 10000 + i);
    assert_memory_equal(data + 8 * i, line, 8);
  }
  mem_free(data);
}

static void discarded_write_leaves_the_old_content_and_no_temporary(void **state) {
  (void)state;
  char path[256], partial[300];
  file_writer *writer;
  snprintf(path, sizeof path, "%s/kept", directory);
  snprintf(partial, sizeof partial, "%s.partial", path);
  assert_ok(file_write_text(path, "old", &error));
  assert_ok(file_writer_open(&writer, path, &error));
  assert_ok(file_write(writer, "new", 3, &error));
  assert_true(file_exists(partial));
  assert_content(path, "old");
  file_writer_discard(writer);
  assert_false(file_exists(partial));
  assert_content(path, "old");
  assert_ok(file_write_text(path, "new", &error));
  assert_content(path, "new");
  assert_false(file_exists(partial));
  file_writer_discard(NULL);
}

/* A limit on file sizes stands in for a full disk: both fail in the middle of a write. */
static void disk_that_fills_up_is_reported_and_leaves_nothing(void **state) {
  (void)state;
  static char block[50000];
  char path[256], wanted[300];
  file_writer *writer;
  struct rlimit before, limit;
  snprintf(path, sizeof path, "%s/full/file", directory);
  snprintf(wanted, sizeof wanted, "%s: cannot write: File too large", path);
  assert_ok(file_make_directories(strcat(strcpy(block, directory), "/full"), &error));
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  limit = before;
  limit.rlim_cur = 100000;
  signal(SIGXFSZ, SIG_IGN);
  for (int piece = 0; piece < 2; piece++) { /* fails while writing, then only in commit */
    assert_ok(file_writer_open(&writer, path, &error));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    despur_status status = DESPUR_OK;
    size_t count = piece ? 50000 : 30000;
    for (int i = 0; i < (piece ? 2 : 5) && status == DESPUR_OK; i++)
      status = file_write(writer, block, count, &error);
    if (piece) {
      assert_ok(status);
      limit.rlim_cur = 99999;
      assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
      status = file_writer_commit(writer, &error);
    } else {
      file_writer_discard(writer);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, DESPUR_NO_RESOURCES);
    assert_string_equal(error.message, wanted);
    *strrchr(path, '/') = 0;
    assert_int_equal(entries_of(path), 0);
    path[strlen(path)] = '/';
  }
  signal(SIGXFSZ, SIG_DFL);
}

static void rename_that_fails_removes_the_temporary(void **state) {
  (void)state;
  char path[256], partial[300];
  file_writer *writer;
  snprintf(path, sizeof path, "%s/blocked", directory);
  snprintf(partial, sizeof partial, "%s.partial", path);
  assert_ok(file_writer_open(&writer, path, &error));
  assert_int_equal(mkdir(path, 0700), 0);
  assert_fails(file_writer_commit(writer, &error), DESPUR_NO_RESOURCES,
               "blocked: cannot write: Is a directory");
  assert_false(file_exists(partial));
}

static void places_that_cannot_be_written_are_refused_at_once(void **state) {
  (void)state;
  char path[256];
  file_writer *writer;
  snprintf(path, sizeof path, "%s/no/such/file", directory);
  assert_fails(file_writer_open(&writer, path, &error), DESPUR_NO_RESOURCES,
               "no/such/file: cannot write: No such file or directory");
  assert_null(writer);
  assert_fails(file_writer_open(&writer, directory, &error), DESPUR_NO_RESOURCES,
               "cannot write: it is a directory");
  assert_fails(file_writer_open(&writer, "/dev/null", &error), DESPUR_NO_RESOURCES,
               "/dev/null: cannot write: it is a device");
  if (file_is_directory("/proc/self")) {
    assert_fails(file_write_text("/proc/despur", "x", &error), DESPUR_NO_RESOURCES,
                 "/proc/despur: cannot write: ");
    assert_fails(file_make_directories("/proc/despur", &error), DESPUR_NO_RESOURCES,
                 "/proc/despur: cannot create directory: ");
  }
}

static void link_left_at_the_temporary_name_is_not_followed(void **state) {
  (void)state;
  char path[256], partial[300], victim[256];
  sample_file(victim, directory, "victim", "precious", 8);
  snprintf(path, sizeof path, "%s/linked", directory);
  snprintf(partial, sizeof partial, "%s.partial", path);
  assert_int_equal(symlink(victim, partial), 0);
  assert_ok(file_write_text(path, "new", &error));
  assert_content(victim, "precious");
  assert_content(path, "new");
}

static void a_link_is_followed_and_stays_a_link(void **state) {
  (void)state;
  char target[256], link[256], place[256];
  struct stat about;
  sample_file(target, directory, "target", "old", 3);
  snprintf(link, sizeof link, "%s/link", directory);
  snprintf(place, sizeof place, "%s/nowhere", directory);
  assert_int_equal(symlink("target", link), 0);
  assert_ok(file_write_text(link, "new", &error));
  assert_true(lstat(link, &about) == 0 && S_ISLNK(about.st_mode));
  assert_content(target, "new");
  assert_int_equal(symlink("missing", place), 0);
  assert_fails(file_write_text(place, "new", &error), DESPUR_NO_RESOURCES,
               "nowhere: cannot write: it is a symbolic link that leads nowhere");
  snprintf(place, sizeof place, "%s/null", directory);
  assert_int_equal(symlink("/dev/null", place), 0);
  assert_fails(file_write_text(place, "new", &error), DESPUR_NO_RESOURCES,
               "null: cannot write: it is a device");
  assert_true(lstat(place, &about) == 0 && S_ISLNK(about.st_mode));
}

static void a_file_that_is_replaced_keeps_mode_and_owner(void **state) {
  (void)state;
  static const mode_t MODES[] = {0640, 0600, 0444, 0755};
  char path[256];
  struct stat about;
  for (size_t i = 0; i < sizeof MODES / sizeof *MODES; i++) {
    sample_file(path, directory, "private", "old", 3);
    assert_int_equal(chmod(path, MODES[i]), 0);
    bool given = chown(path, 1234, 4321) == 0; /* for root only */
    assert_ok(file_write_text(path, "new", &error));
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, MODES[i]);
    if (given) assert_true(about.st_uid == 1234 && about.st_gid == 4321);
    assert_content(path, "new");
    assert_int_equal(unlink(path), 0);
  }
  mode_t mask = umask(027);
  assert_ok(file_write_text(path, "new", &error));
  umask(mask);
  assert_int_equal(stat(path, &about), 0);
  assert_int_equal(about.st_mode & 07777, 0640);
}

/* ---- several writers ---- */

static void what_a_killed_writer_left_is_removed_and_what_a_living_one_writes_is_not(void **state) {
  (void)state;
  char place[200], path[256], left[300];
  file_writer *first, *second;
  snprintf(place, sizeof place, "%s/shared", directory);
  assert_ok(file_make_directories(place, &error));
  snprintf(path, sizeof path, "%s/file", place);
  snprintf(left, sizeof left, "%s.partial", path);
  sample_file(left, place, "file.partial", "left", 4);
  assert_ok(file_writer_open(&first, path, &error));
  assert_ok(file_writer_open(&second, path, &error));
  assert_ok(file_write(first, "first", 5, &error));
  assert_ok(file_write(second, "second", 6, &error));
  assert_int_equal(entries_of(place), 2);
  assert_ok(file_writer_commit(second, &error));
  assert_content(path, "second");
  assert_ok(file_writer_commit(first, &error));
  assert_content(path, "first");
  assert_int_equal(entries_of(place), 1);
}

static void a_temporary_file_that_was_taken_away_is_not_renamed(void **state) {
  (void)state;
  char path[256], partial[300];
  file_writer *writer;
  sample_file(path, directory, "taken", "old", 3);
  snprintf(partial, sizeof partial, "%s.partial", path);
  for (int discard = 0; discard < 2; discard++) {
    assert_ok(file_writer_open(&writer, path, &error));
    assert_ok(file_write(writer, "mine", 4, &error));
    assert_int_equal(unlink(partial), 0);
    sample_file(partial, directory, "taken.partial", "another's", 9);
    if (discard)
      file_writer_discard(writer);
    else
      assert_fails(file_writer_commit(writer, &error), DESPUR_NO_RESOURCES, "somebody has removed");
    assert_content(path, "old");
    assert_content(partial, "another's");
  }
}

enum { WRITERS = 4, ROUNDS = 100, LENGTH = 3000 };

/* One process: as many files as there are rounds, each of one letter. The exit code is a status. */
static int write_rounds(const char *path, char letter) {
  char content[LENGTH + 1];
  memset(content, letter, LENGTH);
  content[LENGTH] = 0;
  despur_status status = DESPUR_OK;
  for (int round = 0; round < ROUNDS && status == DESPUR_OK; round++)
    status = file_write_text(path, content, &error);
  if (status != DESPUR_OK) fprintf(stderr, "%s\n", error.message);
  return (int)status;
}

static void of_several_writers_all_succeed_and_the_file_is_always_whole(void **state) {
  (void)state;
  char place[200], path[256], *data;
  size_t bytes;
  snprintf(place, sizeof place, "%s/race", directory);
  assert_ok(file_make_directories(place, &error));
  snprintf(path, sizeof path, "%s/file", place);
  assert_int_equal(write_rounds(path, 'z'), 0);
  for (int i = 0; i < WRITERS; i++)
    if (fork() == 0) _exit(write_rounds(path, (char)('a' + i)));
  for (int running = WRITERS, ended; running > 0;) {
    pid_t one = waitpid(-1, &ended, WNOHANG);
    assert_ok(file_read(&data, &bytes, path, 1 << 20, &error));
    assert_true(bytes == LENGTH && strspn(data, (char[]){data[0], 0}) == LENGTH);
    mem_free(data);
    if (one <= 0) continue;
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    running--;
  }
  assert_int_equal(entries_of(place), 1);
}

/* ---- going on with a file ---- */

static void a_file_goes_on_where_it_was(void **state) {
  (void)state;
  char path[256], partial[300];
  file_writer *writer;
  file_extent extent, again;
  snprintf(path, sizeof path, "%s/stream", directory);
  snprintf(partial, sizeof partial, "%s.partial", path);
  assert_ok(file_writer_open(&writer, path, &error));
  assert_ok(file_write(writer, "first,", 6, &error));
  assert_ok(file_writer_flush(writer, true, &extent, &error));
  assert_int_equal(extent.bytes, 6);
  assert_content(partial, "first,");
  assert_ok(file_write(writer, "lost", 4, &error));
  assert_ok(file_writer_flush(writer, false, &again, &error));
  assert_int_equal(again.bytes, 10);
  file_writer_leave(writer);
  assert_content(partial, "first,lost");
  for (int round = 0; round < 2; round++) { /* from the temporary file, then from the finished one */
    assert_ok(file_writer_reopen(&writer, path, &extent, &error));
    assert_false(file_exists(path));
    assert_content(partial, "first,");
    assert_ok(file_write(writer, "second", 6, &error));
    assert_ok(file_writer_flush(writer, false, &again, &error));
    assert_int_equal(again.bytes, 12);
    assert_ok(file_writer_commit(writer, &error));
    assert_content(path, "first,second");
    char sum[SHA256_HEX];
    assert_ok(file_sha256(path, sum, &error));
    assert_string_equal(sum, again.sha256);
  }
}

static void a_file_with_another_beginning_is_left_alone(void **state) {
  (void)state;
  char path[256];
  file_writer *writer;
  file_extent extent;
  snprintf(path, sizeof path, "%s/other", directory);
  assert_ok(file_writer_open(&writer, path, &error));
  assert_ok(file_write(writer, "beginning", 9, &error));
  assert_ok(file_writer_flush(writer, false, &extent, &error));
  assert_ok(file_writer_commit(writer, &error));
  sample_file(path, directory, "other", "begun", 5);
  assert_fails(file_writer_reopen(&writer, path, &extent, &error), DESPUR_BAD_INPUT,
               "other: expected at least 9 bytes, found 5");
  assert_content(path, "begun");
  sample_file(path, directory, "other", "beg-nning and more", 18);
  assert_fails(file_writer_reopen(&writer, path, &extent, &error), DESPUR_BAD_INPUT,
               "other: its first 9 bytes have changed");
  assert_content(path, "beg-nning and more");
  assert_int_equal(unlink(path), 0);
  assert_fails(file_writer_reopen(&writer, path, &extent, &error), DESPUR_BAD_INPUT,
               "other: No such file or directory");
  assert_null(writer);
}

static void directories_are_made_with_their_parents(void **state) {
  (void)state;
  char path[256], file[256];
  snprintf(path, sizeof path, "%s/a/b//c/", directory);
  assert_ok(file_make_directories(path, &error));
  assert_true(file_is_directory(path));
  assert_ok(file_make_directories(path, &error));
  assert_ok(file_make_directories("/", &error));
  assert_ok(file_make_directories(".", &error));
  sample_file(file, directory, "plain", "", 0);
  snprintf(path, sizeof path, "%s/plain/c", directory);
  assert_fails(file_make_directories(path, &error), DESPUR_NO_RESOURCES,
               "plain: cannot create directory: Not a directory");
  assert_fails(file_make_directories(file, &error), DESPUR_NO_RESOURCES,
               "cannot create directory: Not a directory");
  assert_fails(file_make_directories("", &error), DESPUR_NO_RESOURCES, "cannot create directory");
}

static void a_name_without_directory_is_written_here(void **state) {
  (void)state;
  char before[4096];
  assert_non_null(getcwd(before, sizeof before));
  assert_int_equal(chdir(directory), 0);
  assert_ok(file_write_text("here", "text", &error));
  assert_content("here", "text");
  assert_int_equal(chdir(before), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_is_read_from_start_to_end),
      cmocka_unit_test(a_file_that_shrinks_while_it_is_read_is_refused),
      cmocka_unit_test(empty_file_reads_as_empty_text),
      cmocka_unit_test(what_is_no_regular_file_is_refused_without_waiting),
      cmocka_unit_test(missing_file_is_named),
      cmocka_unit_test(file_above_the_limit_is_refused),
      cmocka_unit_test(sha256_of_a_file_is_that_of_its_bytes),
      cmocka_unit_test(numbers_in_messages_have_thousands_separators),
      cmocka_unit_test(pieces_of_any_size_arrive_in_order),
      cmocka_unit_test(printed_text_is_formatted_at_every_fill_of_the_buffer),
      cmocka_unit_test(discarded_write_leaves_the_old_content_and_no_temporary),
      cmocka_unit_test(disk_that_fills_up_is_reported_and_leaves_nothing),
      cmocka_unit_test(rename_that_fails_removes_the_temporary),
      cmocka_unit_test(places_that_cannot_be_written_are_refused_at_once),
      cmocka_unit_test(link_left_at_the_temporary_name_is_not_followed),
      cmocka_unit_test(a_link_is_followed_and_stays_a_link),
      cmocka_unit_test(a_file_that_is_replaced_keeps_mode_and_owner),
      cmocka_unit_test(what_a_killed_writer_left_is_removed_and_what_a_living_one_writes_is_not),
      cmocka_unit_test(a_temporary_file_that_was_taken_away_is_not_renamed),
      cmocka_unit_test(of_several_writers_all_succeed_and_the_file_is_always_whole),
      cmocka_unit_test(a_file_goes_on_where_it_was),
      cmocka_unit_test(a_file_with_another_beginning_is_left_alone),
      cmocka_unit_test(directories_are_made_with_their_parents),
      cmocka_unit_test(a_name_without_directory_is_written_here),
  };
  return cmocka_run_group_tests(tests, make_directory, NULL);
}
