#include "output.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { CHUNK = 1 << 16 };

/* What pages, pictures and JUnit's files of despur contain. */
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

/* Arrays of labels end their header with more spaces than anyone else writes (despur_array_write_labels);
 * tables of groups and of pictures begin with the names of their columns. */
static bool begins_as_ours(const char *text, size_t bytes) {
  static const char ARRAY[] = "\x93NUMPY";
  static const char *const TABLES[] = {"example,split,y,a,group,group_name\n", "filename,split,y,a\n",
                                       "filename,split,y\n", "example,split,y,a\n", "example,split,y\n"};
  enum { SPACES = 128, HEAD = 10 };
  for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++)
    if (bytes >= strlen(TABLES[i]) && memcmp(text, TABLES[i], strlen(TABLES[i])) == 0) return true;
  if (bytes < HEAD || memcmp(text, ARRAY, sizeof ARRAY - 1) != 0) return false;
  size_t end = HEAD + (unsigned char)text[8] + 256 * (size_t)(unsigned char)text[9];
  if (end > bytes || end < HEAD + SPACES + 1) return false;
  for (size_t i = 1; i <= SPACES; i++)
    if (text[end - 1 - i] != ' ') return false;
  return true;
}

/* A mark may lie across two chunks, so the end of one is looked at again with the next. */
static bool is_ours(const char *path) {
  char text[2 * CHUNK] = "";
  size_t kept = 0, got;
  bool found = false, first = true;
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  while (!found && (got = fread(text + kept, 1, CHUNK, file)) > 0) {
    size_t bytes = kept + got;
    if (first) found = begins_as_ours(text, bytes);
    first = false;
    for (size_t m = 0; m < sizeof MARKS / sizeof *MARKS; m++)
      found |= contains(text, bytes, MARKS[m].bytes, MARKS[m].count);
    kept = bytes < 64 ? bytes : 64;
    memmove(text, text + bytes - kept, kept);
  }
  fclose(file);
  return found;
}

/* Whether a word names the file: by itself, as the value of a key, or with a member of an archive behind it.
 */
static bool names(const char *word, const struct stat *file) {
  char path[4096];
  struct stat about;
  const char *value = strchr(word, '='), *colon = strrchr(word, ':');
  if (stat(word, &about) == 0) return about.st_dev == file->st_dev && about.st_ino == file->st_ino;
  if (value && names(value + 1, file)) return true;
  if (!colon || (size_t)(colon - word) >= sizeof path) return false;
  snprintf(path, sizeof path, "%.*s", (int)(colon - word), word);
  return stat(path, &about) == 0 && about.st_dev == file->st_dev && about.st_ino == file->st_ino;
}

/* out: the option's own value, or what stands for it. */
static bool is_input(const cli_arguments *arguments, const char *out, const struct stat *file) {
  const cli_option *options = arguments->verb->options;
  for (size_t i = 0; i < arguments->count; i++)
    if (names(arguments->positional[i], file)) return true;
  for (size_t i = 0; options[i].name; i++)
    if (arguments->values[i] && arguments->values[i] != out && names(arguments->values[i], file)) return true;
  return false;
}

static despur_status refuse(const char *path, despur_error *error) {
  return cli_fail(error, DESPUR_BAD_USAGE, "%s: exists, and is not known to be despur's; --force replaces it",
                  path);
}

despur_status cli_may_write(const cli_arguments *arguments, const char *path, despur_error *error) {
  struct stat about;
  /* what is not a file is refused where it is written */
  if (!path || stat(path, &about) != 0 || !S_ISREG(about.st_mode) || cli_value(arguments, "force"))
    return DESPUR_OK;
  if (is_input(arguments, path, &about))
    return cli_fail(error, DESPUR_BAD_USAGE, "%s: is an input; --force replaces it", path);
  return about.st_size == 0 || is_ours(path) ? DESPUR_OK : refuse(path, error);
}

despur_status cli_may_add(const cli_arguments *arguments, const char *directory, const char *ending,
                          despur_error *error) {
  DIR *stream = directory && !cli_value(arguments, "force") ? opendir(directory) : NULL;
  despur_status status = DESPUR_OK;
  char path[4096];
  struct stat about;
  for (const struct dirent *entry; stream && status == DESPUR_OK && (entry = readdir(stream));) {
    size_t length = strlen(entry->d_name), end = strlen(ending);
    if (length < end || strcmp(entry->d_name + length - end, ending) != 0) continue;
    int bytes = snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
    if (bytes < 0 || (size_t)bytes >= sizeof path || stat(path, &about) != 0 || !S_ISREG(about.st_mode))
      continue;
    if (about.st_size > 0 && !is_ours(path)) status = refuse(path, error);
  }
  if (stream) closedir(stream);
  return status;
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

bool cli_is_folder(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}
