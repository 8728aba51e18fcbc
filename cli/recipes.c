/* Recipes that come with despur, found by name, and the verb that lists them. */
#include "cli.h"
#include "terminal.h"

#include "despur/config.h"
#include "despur/text.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_RECIPES = 256, LONGEST_NAME = 128 };

/* Where they lie: beside an installed tool, or in the source tree whose build it is. False when neither is
 * there. */
static bool find_directory(char directory[PATH_MAX]) {
  static const char *const PLACES[] = {"../share/despur/recipes", "../recipes"};
  char tool[PATH_MAX], place[2 * PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", tool, sizeof tool - 1);
  if (length <= 0) return false;
  tool[length] = 0;
  *strrchr(tool, '/') = 0;
  for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
    snprintf(place, sizeof place, "%s/%s", tool, PLACES[i]);
    if (realpath(place, directory)) return true;
  }
  return false;
}

typedef struct recipe_list {
  const char
      *names[MOST_RECIPES + 1]; /* "demo", "spuco_mnist/erm-magnitude_large", ...; sorted, NULL at the end */
  char texts[MOST_RECIPES][LONGEST_NAME];
  size_t count;
} recipe_list;

static int by_name(const FTSENT **a, const FTSENT **b) {
  return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Takes the name of a recipe from its path below the directory; other files are passed over. */
static void take_name(recipe_list *list, const char *below) {
  size_t length = strlen(below), suffix = strlen(".yaml");
  if (length <= suffix || length - suffix >= LONGEST_NAME || strcmp(below + length - suffix, ".yaml") != 0)
    return;
  snprintf(list->texts[list->count], LONGEST_NAME, "%.*s", (int)(length - suffix), below);
  list->names[list->count] = list->texts[list->count];
  list->count++;
}

/* Files of sweeps are no recipes. */
static void list_recipes(recipe_list *list, char *directory) {
  char *roots[] = {directory, NULL};
  FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
  for (FTSENT *entry; tree && (entry = fts_read(tree)) && list->count < MOST_RECIPES;) {
    if (entry->fts_info == FTS_D && entry->fts_level == 1 && strcmp(entry->fts_name, "sweeps") == 0)
      fts_set(tree, entry, FTS_SKIP);
    if (entry->fts_info != FTS_F) continue;
    take_name(list, entry->fts_path + strlen(directory) + 1);
  }
  if (tree) fts_close(tree);
}

static despur_status no_such_recipe(const char *word, char *directory, despur_error *error) {
  recipe_list list = {0};
  char hint[96] = "";
  if (directory) list_recipes(&list, directory);
  cli_did_you_mean(hint, word, list.names);
  return cli_fail(error, DESPUR_BAD_INPUT,
                  "%.256s: no such file, and no recipe of that name%s; 'despur recipes' lists them", word,
                  hint);
}

static bool is_file(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

/* The file of a recipe; false when there is none of that name. */
static bool path_of(char path[PATH_MAX + 256], const char *directory, const char *name) {
  int length = snprintf(path, PATH_MAX + 256, "%s/%s.yaml", directory, name);
  return length < PATH_MAX + 256 && is_file(path);
}

/* A path says so itself; what remains may be a name. */
static bool looks_like_path(const char *word) {
  const char *dot = strrchr(word, '.');
  return word[0] == '/' || word[0] == '.' || (dot && !strchr(dot, '/'));
}

despur_status cli_load_recipe(despur_config *config, const char *word, despur_error *error) {
  char directory[PATH_MAX], path[PATH_MAX + 256];
  if (is_file(word) || looks_like_path(word)) return despur_config_load(config, word, error);
  const bool found = find_directory(directory);
  if (found && path_of(path, directory, word)) return despur_config_load(config, path, error);
  return access(word, F_OK) == 0 ? despur_config_load(config, word, error) /* says that it is a directory */
                                 : no_such_recipe(word, found ? directory : NULL, error);
}

/* The first sentence of the comment at a recipe's head, which says what it is for; "" where there is none. */
static void read_purpose(char purpose[256], const char *directory, const char *name) {
  char path[PATH_MAX + 256], line[256];
  FILE *file = path_of(path, directory, name) ? fopen(path, "re") : NULL;
  size_t length = 0;
  purpose[0] = 0;
  while (file && !strchr(purpose, '.') && fgets(line, sizeof line, file) && line[0] == '#') {
    line[strcspn(line, "\n")] = 0;
    int added =
        snprintf(purpose + length, 256 - length, "%s%s", length ? " " : "", line + strspn(line, "# "));
    length = length + (size_t)added < 255 ? length + (size_t)added : 255;
  }
  if (file) fclose(file);
  char *end = strstr(purpose, ". ");
  if (end) end[1] = 0;
}

void cli_each_recipe(void (*visit)(const char *name, const char *purpose, const char *start),
                     const char *start) {
  char directory[PATH_MAX], purpose[256];
  recipe_list list = {0};
  if (!find_directory(directory)) return;
  list_recipes(&list, directory);
  for (size_t i = 0; i < list.count; i++) {
    read_purpose(purpose, directory, list.names[i]);
    visit(list.names[i], purpose, start);
  }
}

static void print_line(const char *name, const char *purpose, const char *start) {
  (void)start;
  terminal_print(stdout, "%-38s %s\n", name, purpose);
}

static despur_status print_recipe(const char *path, despur_error *error) {
  char part[4096];
  FILE *file = fopen(path, "re");
  if (!file) return cli_fail(error, DESPUR_BAD_INPUT, "%s: %s", path, strerror(errno));
  for (size_t bytes; (bytes = fread(part, 1, sizeof part, file)) > 0;) fwrite(part, 1, bytes, stdout);
  fclose(file);
  return DESPUR_OK;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  char directory[PATH_MAX], path[PATH_MAX + 256];
  if (arguments->count > 1) return cli_fail(error, DESPUR_BAD_USAGE, "recipes: expected at most one name");
  if (!find_directory(directory))
    return cli_fail(
        error, DESPUR_BAD_INPUT,
        "recipes: none lie beside the tool, in ../share/despur/recipes, where 'make install' puts them");
  if (arguments->count == 0) {
    cli_each_recipe(print_line, "");
    return DESPUR_OK;
  }
  return path_of(path, directory, arguments->positional[0])
             ? print_recipe(path, error)
             : no_such_recipe(arguments->positional[0], directory, error);
}

const cli_verb cli_recipes = {
    .name = "recipes",
    .usage = "[NAME]",
    .summary = "list the recipes that come with despur, or print one",
    .help = "'despur run' takes their names. A recipe of your own begins as a copy of one.\n"
            "\n"
            "Examples:\n"
            "  despur recipes\n"
            "  despur recipes demo >mine.yaml\n"
            "  despur run demo\n",
    .words = CLI_RECIPE,
    .execute = execute};
