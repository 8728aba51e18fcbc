#include "repair_again.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LINES = 64, LINE_ROOM = 4096, WORD_ROOM = 8, CONTENT_ROOM = 1 << 16 };

static const char FIRST_LINE[] = "# despur repair\n";

/* manifest.json is the last: where inputs have changed, files differ as well, and those say less. */
static const char *const NAMES[] = {"manifest.json", "config.yaml", "results.json",     "report.html",
                                    "changes.csv",   "head.npz",    "head.safetensors", "model.safetensors",
                                    "model.pth",     "model.pt",    "model.onnx"};

enum { NAME_COUNT = sizeof NAMES / sizeof *NAMES };

/* Words of a command line, which point into the content of config.yaml. */
typedef struct words {
  cli_arguments arguments;
  const char *positional[MOST_LINES];
  cli_given given[MOST_LINES];
  char content[CONTENT_ROOM];
} words;

/* 'it''s' becomes it's, in place. */
static char *unquote(char *value) {
  char *out = value, *from = value;
  if (*value != '\'') return value;
  for (from++; *from && !(*from == '\'' && from[1] != '\''); from++) {
    from += *from == '\'';
    *out++ = *from;
  }
  *out = 0;
  return value;
}

static void give(words *w, const char *name, const char *value) {
  const cli_option *options = cli_repair.options;
  for (size_t o = 0; options[o].name; o++) {
    if (strcmp(options[o].name, name) != 0) continue;
    w->arguments.values[o] = value;
    w->given[w->arguments.given_count++] = (cli_given){o, value};
    return;
  }
}

static bool is_option(const char *name) {
  for (size_t o = 0; cli_repair.options[o].name; o++)
    if (strcmp(cli_repair.options[o].name, name) == 0) return true;
  return false;
}

/* "key: value"; the features' path comes first among words. */
static void take_line(words *w, char *line) {
  char *value = strstr(line, ": ");
  if (!value || w->arguments.count + w->arguments.given_count + 4 > MOST_LINES) return;
  *value = 0;
  if (is_option(line)) {
    give(w, line, unquote(value + 2));
  } else if (strcmp(line, "features") == 0) {
    w->positional[0] = unquote(value + 2);
  } else {
    *value = '=';
    memmove(value + 1, value + 2, strlen(value + 2) + 1);
    w->positional[w->arguments.count++] = line;
  }
}

/* *found: whether it is the directory of a repair. */
static despur_status read_words(words *w, bool *found, const char *directory, despur_error *error) {
  char path[LINE_ROOM], *line = w->content, *end;
  snprintf(path, sizeof path, "%s/config.yaml", directory);
  w->arguments =
      (cli_arguments){.verb = &cli_repair, .positional = w->positional, .count = 1, .given = w->given};
  FILE *in = fopen(path, "re");
  const size_t bytes = in ? fread(w->content, 1, sizeof w->content - 1, in) : 0;
  if (in) fclose(in);
  w->content[bytes] = 0;
  *found = strncmp(w->content, FIRST_LINE, strlen(FIRST_LINE)) == 0;
  if (!*found) return DESPUR_OK;
  for (; (end = strchr(line, '\n')); line = end + 1) {
    *end = 0;
    take_line(w, line);
  }
  if (w->positional[0]) return DESPUR_OK;
  return cli_fail(error, DESPUR_BAD_INPUT, "%s: says nothing of features", path);
}

/* ---- comparing ---- */

/* Whether both are there with the same bytes, or both are not there. */
static bool same_files(const char *a, const char *b, bool *there) {
  FILE *first = fopen(a, "re"), *second = fopen(b, "re");
  bool same = !first == !second;
  *there = first && second;
  while (same && *there) {
    char left[LINE_ROOM], right[LINE_ROOM];
    const size_t got = fread(left, 1, sizeof left, first);
    same = fread(right, 1, sizeof right, second) == got && memcmp(left, right, got) == 0;
    if (got == 0) break;
  }
  if (first) fclose(first);
  if (second) fclose(second);
  return same;
}

static void compare(despur_verify_result *result, const char *directory, const char *room) {
  char a[LINE_ROOM], b[LINE_ROOM];
  for (size_t i = NAME_COUNT; i-- > 0 && !*result->difference;) {
    bool there;
    snprintf(a, sizeof a, "%s/%s", directory, NAMES[i]);
    snprintf(b, sizeof b, "%s/%s", room, NAMES[i]);
    if (!same_files(a, b, &there))
      snprintf(result->difference, sizeof result->difference,
               "%.300s: the repair, carried out again, gives another %s (have inputs changed?)", directory,
               NAMES[i]);
    result->repeated += there;
  }
}

static void clear(const char *room) {
  char path[LINE_ROOM];
  for (size_t i = 0; i < NAME_COUNT; i++) {
    snprintf(path, sizeof path, "%s/%s", room, NAMES[i]);
    remove(path);
  }
  rmdir(room);
}

despur_status repair_verify_again(despur_verify_result *result, const char *directory, int threads,
                                  despur_error *error) {
  words w = {.content = ""};
  bool found;
  char room[512], number[WORD_ROOM];
  const char *temporary = getenv("TMPDIR");
  despur_status status = read_words(&w, &found, directory, error);
  if (status == DESPUR_OK && found) {
    snprintf(room, sizeof room, "%.400s/despur-repair-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    snprintf(number, sizeof number, "%d", threads);
    if (!mkdtemp(room)) {
      status = cli_fail(error, DESPUR_NO_RESOURCES, "%s: %s", room, strerror(errno));
    } else {
      give(&w, "out", room);
      give(&w, "threads", number);
      status = repair_carry_out(&w.arguments, false, error);
      if (status == DESPUR_OK) compare(result, directory, room);
      clear(room);
    }
  }
  return status;
}
