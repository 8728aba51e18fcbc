#include "output.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { CHUNK = 1 << 16 };

/* What pages, pictures and JUnit's files of despur contain. An array has no room for such a mark, and a table
 * of groups none that another program would understand. */
static const struct {
  const char *bytes;
  size_t count;
} MARKS[] = {{"Made by despur ", 15}, {"Software\0despur", 15}, {"<testsuite name=\"despur check\"", 30}};

static bool contains(const char *text, size_t bytes, const char *mark, size_t count) {
  for (size_t at = 0; at + count <= bytes; at++) {
    const char *first = memchr(text + at, *mark, bytes - at - count + 1);
    if (!first) return false;
    at = (size_t)(first - text);
    if (memcmp(first, mark, count) == 0) return true;
  }
  return false;
}

/* A mark may lie across two chunks, so the end of one is looked at again with the next. */
static bool is_ours(const char *path) {
  char text[2 * CHUNK];
  size_t kept = 0, got;
  bool found = false;
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  while (!found && (got = fread(text + kept, 1, CHUNK, file)) > 0) {
    size_t bytes = kept + got;
    for (size_t m = 0; m < sizeof MARKS / sizeof *MARKS; m++)
      found |= contains(text, bytes, MARKS[m].bytes, MARKS[m].count);
    kept = bytes < 64 ? bytes : 64;
    memmove(text, text + bytes - kept, kept);
  }
  fclose(file);
  return found;
}

despur_status cli_may_write(const cli_arguments *arguments, const char *path, despur_error *error) {
  struct stat about;
  /* what is not a file is refused where it is written */
  if (!path || stat(path, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0) return DESPUR_OK;
  if (cli_value(arguments, "force") || is_ours(path)) return DESPUR_OK;
  return cli_fail(error, DESPUR_BAD_USAGE, "%s: exists, and is not known to be despur's; --force replaces it",
                  path);
}

despur_status cli_may_fill(const cli_arguments *arguments, const char *directory, despur_error *error) {
  DIR *stream = cli_value(arguments, "force") ? NULL : opendir(directory);
  size_t entries = 0;
  if (!stream) return DESPUR_OK;
  for (const struct dirent *entry; (entry = readdir(stream));)
    entries += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(stream);
  if (entries == 0) return DESPUR_OK;
  return cli_fail(error, DESPUR_BAD_USAGE, "%s: is not empty; --force writes into it", directory);
}
