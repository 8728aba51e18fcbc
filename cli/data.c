/* despur data: fetch a known set, and look at the one that a recipe describes. */
#include "cli.h"
#include "counting.h"
#include "output.h"
#include "terminal.h"

#include "despur/fetch.h"
#include "despur/run.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int show_line(void *context, const char *line) {
  (void)context;
  terminal_print(stderr, "%s\n", line);
  return 0;
}

static despur_status fetch(const cli_arguments *arguments, despur_error *error) {
  if (arguments->count != 2)
    return cli_fail(error, DESPUR_BAD_USAGE, "data fetch: expected the name of one data set: mnist");
  bool quiet = cli_value(arguments, "quiet") != NULL;
  return despur_fetch(arguments->positional[1], cli_value(arguments, "out"), quiet ? NULL : show_line, NULL,
                      error);
}

/* How a network would have been trained does not matter here. */
static void print_data_notes(const char *notes) {
  for (const char *end; (end = strchr(notes, '\n')); notes = end + 1) {
    const char *key = strstr(notes, ": data.");
    if (key && key < end) terminal_print(stderr, "%.*s", (int)(end + 1 - notes), notes);
  }
}

/* An optional recipe, then overrides. */
static despur_status load_dataset(despur_dataset **out, const cli_arguments *arguments, despur_error *error) {
  despur_config *config = NULL;
  size_t next = 1;
  despur_status status = despur_config_create(&config, error);
  if (status == DESPUR_OK && arguments->count > 1 && !strchr(arguments->positional[1], '='))
    status = cli_load_recipe(config, arguments->positional[next++], error);
  for (; status == DESPUR_OK && next < arguments->count; next++)
    status = despur_config_set(config, arguments->positional[next], error);
  char *notes = NULL;
  if (status == DESPUR_OK) status = despur_config_drop_idle(config, &notes, error);
  if (notes && !cli_value(arguments, "quiet")) print_data_notes(notes);
  free(notes);
  counting decoded = counting_start("pictures", cli_value(arguments, "quiet") != NULL);
  const despur_watch watch = counting_watch(&decoded);
  if (config) despur_config_watch(config, &watch);
  if (status == DESPUR_OK) status = despur_dataset_create(out, config, error);
  counting_end(&decoded);
  despur_config_free(config);
  return status;
}

/* Counts of groups in each split: counts[group * DESPUR_SPLITS + split]. */
static void count_groups(size_t *counts, const despur_dataset *dataset, const despur_groups *groups) {
  for (int split = 0; split < DESPUR_SPLITS; split++) {
    size_t n;
    const uint32_t *examples = despur_dataset_split(dataset, (despur_split)split, &n);
    for (size_t i = 0; i < n; i++)
      counts[(size_t)groups->of_example[examples[i]] * DESPUR_SPLITS + (size_t)split]++;
  }
}

/* Which classes and which attributes have examples: where labels begin at 1, or attributes are codes such as
 * 840, not all numbers do. */
typedef struct occurring {
  size_t classes, attributes; /* all numbers; group g is of class g / attributes, attribute g % attributes */
  bool *class, *attribute;    /* [classes], [attributes] */
} occurring;

static void mark_occurring(const occurring *o, const size_t *counts) {
  for (size_t g = 0; g < o->classes * o->attributes; g++) {
    const size_t *of = counts + g * DESPUR_SPLITS;
    if (of[DESPUR_TRAIN] + of[DESPUR_VAL] + of[DESPUR_TEST] == 0) continue;
    o->class[g / o->attributes] = true;
    o->attribute[g % o->attributes] = true;
  }
}

static bool has_place(const occurring *o, size_t group) {
  return o->class[group / o->attributes] && o->attribute[group % o->attributes];
}

/* ", 5 classes", or ", 2 of 3 classes" where nobody has the others. */
static void print_kinds(const bool *occurs, size_t count, const char *one, const char *many) {
  size_t there = 0;
  for (size_t k = 0; k < count; k++) there += occurs[k];
  terminal_print(stdout, ", ");
  if (there < count) terminal_print(stdout, "%zu of ", there);
  terminal_print(stdout, "%zu %s", count, count == 1 ? one : many);
}

static void print_names(const despur_dataset *dataset) {
  const char *name;
  for (size_t i = 0; (name = despur_dataset_class_name(dataset, i)); i++)
    terminal_print(stdout, "class %zu: %s\n", i, name);
  for (size_t i = 0; (name = despur_dataset_attribute_name(dataset, i)); i++)
    terminal_print(stdout, "attribute %zu: %s\n", i, name);
}

static void print_counts(const despur_dataset *dataset, const despur_groups *groups, const size_t *counts,
                         const occurring *there) {
  despur_shape shape = despur_dataset_shape(dataset);
  size_t sizes[DESPUR_SPLITS];
  for (int split = 0; split < DESPUR_SPLITS; split++)
    despur_dataset_split(dataset, (despur_split)split, &sizes[split]);
  char values[96];
  if (despur_dataset_input_kind(dataset) == DESPUR_INPUT_FEATURES)
    snprintf(values, sizeof values, "%zu features", shape.channels);
  else
    snprintf(values, sizeof values, "%zu x %zu x %zu values", shape.channels, shape.height, shape.width);
  terminal_print(stdout, "%s\n%s", despur_dataset_description(dataset), values);
  print_kinds(there->class, there->classes, "class", "classes");
  print_kinds(there->attribute, there->attributes, "attribute", "attributes");
  terminal_print(stdout, "\n");
  print_names(dataset);
  terminal_print(stdout, "\n");
  int width = 16;
  for (size_t g = 0; g < groups->count; g++) {
    const int columns = terminal_columns(groups->names[g]);
    if (has_place(there, g) && columns > width) width = columns;
  }
  terminal_put_left("group", width);
  terminal_print(stdout, " %9s %10s %9s\n", "train", "validation", "test");
  for (size_t g = 0; g < groups->count; g++) {
    if (!has_place(there, g)) continue;
    terminal_put_left(groups->names[g], width);
    terminal_print(stdout, " %9zu %10zu %9zu\n", counts[g * DESPUR_SPLITS + DESPUR_TRAIN],
                   counts[g * DESPUR_SPLITS + DESPUR_VAL], counts[g * DESPUR_SPLITS + DESPUR_TEST]);
  }
  terminal_put_left("all", width);
  terminal_print(stdout, " %9zu %10zu %9zu\n", sizes[DESPUR_TRAIN], sizes[DESPUR_VAL], sizes[DESPUR_TEST]);
}

static despur_status info(const cli_arguments *arguments, despur_error *error) {
  despur_dataset *dataset = NULL;
  despur_groups groups = {0};
  despur_status status = load_dataset(&dataset, arguments, error);
  if (status == DESPUR_OK) status = despur_groups_true(&groups, dataset, error);
  if (status == DESPUR_OK) {
    occurring there = {despur_dataset_classes(dataset), despur_dataset_attributes(dataset), NULL, NULL};
    size_t *counts = calloc(groups.count * DESPUR_SPLITS, sizeof *counts);
    there.class = calloc(there.classes, sizeof *there.class);
    there.attribute = calloc(there.attributes, sizeof *there.attribute);
    if (counts && there.class && there.attribute) {
      count_groups(counts, dataset, &groups);
      mark_occurring(&there, counts);
      print_counts(dataset, &groups, counts, &there);
    } else
      status = cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
    free(counts);
    free(there.class);
    free(there.attribute);
  }
  despur_groups_release(&groups);
  despur_dataset_free(dataset);
  return status;
}

static despur_status show(const cli_arguments *arguments, despur_error *error) {
  const char *path = cli_value(arguments, "out");
  despur_dataset *dataset = NULL;
  long columns;
  if (!path) path = "sheet.png";
  despur_status status = cli_integer(&columns, arguments, "columns", 1, 200, 16, error);
  if (status == DESPUR_OK) status = cli_may_write(arguments, path, error);
  if (status == DESPUR_OK) status = load_dataset(&dataset, arguments, error);
  if (status == DESPUR_OK) {
    size_t test;
    despur_dataset_split(dataset, DESPUR_TEST, &test);
    status = despur_dataset_write_sheet(dataset, test > 0 ? DESPUR_TEST : DESPUR_TRAIN, (size_t)columns, path,
                                        error);
  }
  despur_dataset_free(dataset);
  if (status == DESPUR_OK)
    terminal_print(stdout, "%s: one row for each group, in the order of 'despur data info'\n", path);
  return status;
}

static despur_status export(const cli_arguments *arguments, despur_error *error) {
  const char *directory = cli_value(arguments, "out");
  despur_dataset *dataset = NULL;
  if (!directory) return cli_fail(error, DESPUR_BAD_USAGE, "data export: expected --out DIR");
  despur_status status = cli_may_fill(arguments, directory, error);
  if (status == DESPUR_OK) status = load_dataset(&dataset, arguments, error);
  if (status == DESPUR_OK) status = despur_dataset_export(dataset, directory, error);
  const char *examples =
      dataset && despur_dataset_input_kind(dataset) == DESPUR_INPUT_FEATURES ? "features.npy" : "images.npy";
  despur_dataset_free(dataset);
  if (status == DESPUR_OK)
    terminal_print(stdout, "%s: %s, labels.npy, attributes.npy, splits.npy, metadata.csv\n", directory,
                   examples);
  return status;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  static const char *const ACTIONS[] = {"fetch", "info", "show", "export", NULL};
  static despur_status (*const EXECUTE[])(const cli_arguments *, despur_error *) = {fetch, info, show,
                                                                                    export};
  char hint[96];
  if (arguments->count == 0)
    return cli_fail(error, DESPUR_BAD_USAGE, "data: expected fetch, info, show or export");
  for (int i = 0; ACTIONS[i]; i++)
    if (strcmp(arguments->positional[0], ACTIONS[i]) == 0) return EXECUTE[i](arguments, error);
  cli_did_you_mean(hint, arguments->positional[0], ACTIONS);
  return cli_fail(error, DESPUR_BAD_USAGE, "data: expected fetch, info, show or export, found '%s'%s",
                  arguments->positional[0], hint);
}

const cli_verb cli_data = {
    .name = "data",
    .usage = "fetch NAME | info|show|export [RECIPE] [KEY=VALUE ...] [OPTIONS]",
    .summary = "fetch a known data set; sizes, pictures and files of the one a recipe describes",
    .help = "  fetch   download a known data set (mnist) into the user's cache, or --out DIR\n"
            "  info    sizes of all groups and splits\n"
            "  show    a contact sheet: examples of every group (--out FILE.png, default sheet.png)\n"
            "  export  images.npy (or features.npy), labels.npy, attributes.npy, splits.npy and metadata.csv "
            "(--out DIR)\n"
            "\n"
            "Without a recipe it is SpuCoMNIST with its defaults; 'data.images: auto' takes the first of\n"
            "$DESPUR_DATA, the cache, Debian's Fashion-MNIST and digits drawn by despur itself.\n"
            "\n"
            "Examples:\n"
            "  despur data fetch mnist\n"
            "  despur data info data.difficulty=variance_high data.strength=0.9\n"
            "  despur data show recipes/demo.yaml --columns 20 --out groups.png\n"
            "  despur data export data.images=digits --out digits\n",
    .options = {{"out", "PATH", "where to write"},
                {"force", NULL, "replace what is there (show, export)"},
                {"columns", "N", "examples of each group in the contact sheet (default 16)"},
                {"quiet", NULL, "no news on stderr"}},
    .words = CLI_RECIPE + CLI_KEYS,
    .execute = execute};
