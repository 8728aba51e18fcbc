/* despur cam: where the networks of a run look. */
#include "cli.h"
#include "emit.h"
#include "output.h"
#include "report.h"
#include "terminal.h"

#include "despur/run_cam.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const TARGETS[] = {"all", "prediction", "label", NULL};

static despur_status target_of(despur_cam_options *out, const cli_arguments *arguments, despur_error *error) {
  out->subtract_minimum = cli_value(arguments, "subtract-minimum") != NULL;
  const char *value = cli_value(arguments, "target");
  char hint[96], *end;
  if (!value) return DESPUR_OK;
  for (int i = 0; TARGETS[i]; i++)
    if (strcmp(value, TARGETS[i]) == 0) {
      out->target = (despur_cam_target)i;
      return DESPUR_OK;
    }
  errno = 0;
  unsigned long chosen = strtoul(value, &end, 10);
  if (*value < '0' || *value > '9' || *end || errno) {
    cli_did_you_mean(hint, value, TARGETS);
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "--target: expected all, prediction, label or the number of a class, found '%s'%s", value,
                    hint);
  }
  out->target = DESPUR_CAM_CLASS;
  out->chosen_class = chosen;
  return DESPUR_OK;
}

static despur_status stage_of(despur_run_cam_options *out, const cli_arguments *arguments,
                              despur_error *error) {
  const char *names[DESPUR_NETWORK_COUNT + 2] = {"all"};
  int chosen = 0;
  for (int n = 0; n < DESPUR_NETWORK_COUNT; n++) names[n + 1] = despur_network_names[n];
  despur_status status = cli_choice(&chosen, arguments, "stage", names, error);
  out->chosen = chosen > 0;
  out->network = (despur_network)(chosen > 0 ? chosen - 1 : 0);
  return status;
}

/* "3,14,15" */
static despur_status examples_of(uint32_t **out, size_t *count, const cli_arguments *arguments,
                                 despur_error *error) {
  const char *value = cli_value(arguments, "examples");
  *out = NULL;
  *count = 0;
  if (!value) return DESPUR_OK;
  *out = calloc(strlen(value) / 2 + 1, sizeof **out);
  if (!*out) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  for (const char *at = value;; at++) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(at, &end, 10);
    if (*at < '0' || *at > '9' || errno || number > UINT32_MAX || (*end && *end != ','))
      return cli_fail(error, DESPUR_BAD_USAGE,
                      "--examples: expected numbers of examples such as 3,14,15, found '%s'", value);
    (*out)[(*count)++] = (uint32_t)number;
    if (!*end) return DESPUR_OK;
    at = end;
  }
}

static void print_mean(const despur_cam_mean *m, bool last) {
  char cell[64];
  if (isnan(m->mean))
    snprintf(cell, sizeof cell, "-");
  else if (isnan(m->low))
    snprintf(cell, sizeof cell, "%.1f %%", 100 * m->mean);
  else
    snprintf(cell, sizeof cell, "%.1f (%.1f to %.1f) %%", 100 * m->mean, 100 * m->low, 100 * m->high);
  terminal_print(stdout, "  %24s%s", cell, last ? "\n" : "");
}

typedef const despur_cam_mean *measure(const despur_cam_group *group);

static const despur_cam_mean *background(const despur_cam_group *group) {
  return &group->background;
}

static const despur_cam_mean *painted(const despur_cam_group *group) {
  return &group->painted;
}

static const despur_cam_mean *pointing(const despur_cam_group *group) {
  return &group->pointing;
}

static const despur_cam_mean *overlap(const despur_cam_group *group) {
  return &group->overlap;
}

enum { GROUP_COLUMNS = 14 };

/* Of the first column of tables. */
static int name_columns(const despur_run_cam_result *result) {
  int most = GROUP_COLUMNS;
  for (size_t g = 0; g < result->groups; g++)
    if (terminal_columns(result->names[g]) > most) most = terminal_columns(result->names[g]);
  return most;
}

static void print_head(const despur_run_cam_result *result, const char *areas) {
  terminal_put_left("group", name_columns(result) + 4);
  terminal_print(stdout, " %6s%s", "count", areas);
  for (size_t s = 0; s < result->stage_count; s++) terminal_print(stdout, "  %24s", result->stages[s].label);
  putchar('\n');
}

static void print_name(const despur_run_cam_result *result, size_t g, size_t count) {
  terminal_print(stdout, "  ");
  terminal_put_left(result->names[g], name_columns(result));
  terminal_print(stdout, " %c %6zu", result->minority[g] ? '*' : ' ', count);
}

/* One measure of all groups that have examples here, under all networks. */
static void print_table(const despur_run_cam_result *result, const char *title, measure *of, bool with_areas,
                        bool painted_area) {
  terminal_print(stdout, "%s\n", title);
  print_head(result, with_areas ? "      area" : "");
  for (size_t g = 0; g < result->groups; g++) {
    const despur_cam_group *group = &result->stages[0].scores.groups[g];
    if (group->count == 0) continue;
    print_name(result, g, group->count);
    double area = painted_area ? group->painted_area : 1 - group->core_area;
    if (with_areas) printf("  %6.1f %%", 100 * area);
    for (size_t s = 0; s < result->stage_count; s++)
      print_mean(of(&result->stages[s].scores.groups[g]), s + 1 == result->stage_count);
  }
  putchar('\n');
}

static void print_empty(const despur_run_cam_result *result) {
  for (size_t s = 0; s < result->stage_count; s++) {
    const despur_cam_scores *scores = &result->stages[s].scores;
    size_t all = 0, empty = 0;
    for (size_t g = 0; g < scores->groups_count; g++) {
      all += scores->groups[g].count;
      empty += scores->groups[g].empty;
    }
    terminal_print(stdout, "%s: %zu of %zu maps are empty", result->stages[s].label, empty, all);
    const char *before = " (";
    for (size_t g = 0; g < scores->groups_count; g++)
      if (scores->groups[g].empty > 0) {
        terminal_print(stdout, "%s%s: %zu", before, scores->groups[g].name, scores->groups[g].empty);
        before = ", ";
      }
    puts(empty > 0 ? "); they are left out of the means" : "");
  }
}

/* Whether somebody has said where the shortcut lies. */
static bool is_marked(const despur_run_cam_result *result) {
  return result->masked || result->region.width > 0;
}

/* Whether minority groups look less at the background after than before. */
static void print_verdict(const despur_run_cam_result *result) {
  size_t minorities = 0, less = 0, clearly = 0;
  double sums[2] = {0};
  size_t last = result->stage_count - 1;
  if (result->stage_count < 2) return;
  for (size_t g = 0; g < result->groups; g++) {
    const despur_cam_mean *before = &result->stages[0].scores.groups[g].background;
    const despur_cam_mean *after = &result->stages[last].scores.groups[g].background;
    if (!result->minority[g] || isnan(before->mean) || isnan(after->mean)) continue;
    minorities++;
    sums[0] += before->mean;
    sums[1] += after->mean;
    less += after->mean < before->mean;
    clearly += after->high < before->low;
  }
  if (minorities == 0) return;
  terminal_print(stdout,
                 "energy %s, mean over minority groups: %s %.1f %% -> %s %.1f %%\n"
                 "it falls in %zu of %zu minority groups (intervals apart: %zu)\n",
                 is_marked(result) ? "in the region" : "on the background", result->stages[0].label,
                 100 * sums[0] / (double)minorities, result->stages[last].label,
                 100 * sums[1] / (double)minorities, less, minorities, clearly);
}

/* For each group the region whose covering costs the answer most. */
static void print_occlusion(const despur_run_cam_result *result) {
  terminal_print(
      stdout,
      "points of the answer's probability lost where a region is covered with the mean of the training "
      "images:\nthe strongest of %zu x %zu regions\n",
      result->stages[0].occlusion.grid, result->stages[0].occlusion.grid);
  print_head(result, "");
  for (size_t g = 0; g < result->groups; g++) {
    if (result->stages[0].occlusion.counts[g] == 0) continue;
    print_name(result, g, result->stages[0].occlusion.counts[g]);
    for (size_t s = 0; s < result->stage_count; s++) {
      const despur_occlusion *o = &result->stages[s].occlusion;
      const double *losses = o->losses + g * o->grid * o->grid;
      size_t most = 0;
      for (size_t r = 1; r < o->grid * o->grid; r++)
        if (losses[r] > losses[most]) most = r;
      printf("  %6.1f, row %zu, column %zu", 100 * losses[most], most / o->grid + 1, most % o->grid + 1);
    }
    putchar('\n');
  }
  putchar('\n');
}

static void print_text(const despur_run_cam_result *result, const char *target, const char *directory) {
  terminal_print(stdout, "Grad-CAM at %s, target %s, %s split\n\n", result->layer, target,
                 despur_split_word(result->split));
  if (result->scored && is_marked(result)) {
    const despur_region *r = &result->region;
    if (result->masked)
      terminal_print(stdout, "region: the bright pixels of each picture's mask\n\n");
    else
      terminal_print(stdout, "region: %zu x %zu pixels from column %zu, row %zu\n\n", r->width, r->height,
                     r->left, r->top);
    print_table(result, "energy in the region; area is its share of the image", background, true, false);
    print_table(result, "pointing game: the maximum is outside of the region", pointing, false, false);
  } else if (result->scored) {
    print_table(result, "energy on the background; area is its share of the image", background, true, false);
    if (result->partly)
      print_table(result, "energy on painted pixels; area is their share of the image", painted, true, true);
    print_table(result, "pointing game: the maximum is on the digit", pointing, false, false);
    print_table(result, "intersection over union of the digit and the map above half its maximum", overlap,
                false, false);
  }
  if (result->scored) {
    puts("* fewer training examples than the largest group of the class; in brackets 95 % intervals");
    print_empty(result);
    print_verdict(result);
  } else
    puts("the data set does not know which pixels matter: there are no shares of them\n");
  print_occlusion(result);
  puts("A map is a hint and no proof: a network may lean on what its map leaves dark.");
  terminal_print(stdout, "pictures: %s\n", directory);
}

/* What cam.json says without its pictures, and what was asked for. */
static despur_status print_json(const despur_run_cam_result *result, const despur_run_end *end,
                                const char *target, const char *directory, despur_error *error) {
  emit j = {0};
  char *json = NULL;
  despur_status status = despur_run_cam_json(&json, result, error);
  if (status != DESPUR_OK) return status;
  emit_open(&j, NULL, '{');
  report_emit_outcome(&j, end);
  emit_members(&j, json);
  emit_text(&j, "target", target);
  emit_real(&j, "threshold", DESPUR_CAM_THRESHOLD);
  emit_text(&j, "pictures", directory);
  emit_close(&j, '}');
  free(json);
  return DESPUR_OK;
}

static despur_status options_of(despur_run_cam_options *options, uint32_t **examples,
                                const cli_arguments *arguments, despur_error *error) {
  long threads = 1, per_group = 0, scale = 0;
  if (arguments->count != 1)
    return cli_fail(error, DESPUR_BAD_USAGE, "cam: expected one run directory, found %zu", arguments->count);
  if (cli_value(arguments, "examples") && cli_value(arguments, "per-group"))
    return cli_fail(error, DESPUR_BAD_USAGE, "cam: --examples and --per-group exclude each other");
  despur_status status = cli_split(&options->split, arguments, error);
  if (status == DESPUR_OK) status = target_of(&options->cam, arguments, error);
  if (status == DESPUR_OK) status = stage_of(options, arguments, error);
  if (status == DESPUR_OK) status = examples_of(examples, &options->example_count, arguments, error);
  if (status == DESPUR_OK) status = cli_integer(&per_group, arguments, "per-group", 0, 1000, 4, error);
  if (status == DESPUR_OK) status = cli_integer(&scale, arguments, "scale", 1, 16, 0, error);
  if (status == DESPUR_OK)
    status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  options->examples = *examples;
  options->per_group = (size_t)per_group;
  options->scale = (size_t)scale;
  options->threads = (int)threads;
  options->masks = cli_value(arguments, "masks");
  options->cam.layer = cli_value(arguments, "layer");
  return status;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  despur_run_cam_options options = {0};
  despur_run_cam_result result = {0};
  despur_run_end end;
  uint32_t *examples = NULL;
  char directory[1024];
  const char *out = cli_value(arguments, "out"), *target = cli_value(arguments, "target");
  if (!target) target = TARGETS[0];
  despur_status status = options_of(&options, &examples, arguments, error);
  if (status == DESPUR_OK) {
    int length =
        snprintf(directory, sizeof directory, out ? "%s" : "%s/cam", out ? out : arguments->positional[0]);
    if ((size_t)length >= sizeof directory)
      status = cli_fail(error, DESPUR_BAD_USAGE, "--out: the path is too long");
  }
  if (status == DESPUR_OK) status = cli_may_add(arguments, directory, ".png", error);
  if (status == DESPUR_OK) status = despur_run_cam(&result, arguments->positional[0], &options, error);
  if (status == DESPUR_OK) status = despur_run_cam_write(&result, directory, error);
  if (status == DESPUR_OK)
    status = report_warn_outcome(&end, arguments->positional[0], cli_value(arguments, "json") != NULL, error);
  if (status == DESPUR_OK) {
    if (cli_value(arguments, "json"))
      status = print_json(&result, &end, target, directory, error);
    else
      print_text(&result, target, directory);
  }
  despur_run_cam_release(&result);
  free(examples);
  return status;
}

const cli_verb cli_cam = {
    .name = "cam",
    .usage = "RUN [--examples I,J,... | --per-group N] [OPTIONS]",
    .summary = "show where the networks of a run look (Grad-CAM), and how much of it is background",
    .help =
        "Grad-CAM of every network of a run, reference and final one: where in an image the evidence lies, "
        "for "
        "any\n"
        "class or for the one that --target says. Pictures go to RUN/cam or --out: for each group a sheet, "
        "an\n"
        "example a row (image, reference, final), and overlays of each example by themselves. For "
        "SpuCoMNIST,\n"
        "where the pixels of the digit are known, tables say by group how much of the maps' energy lies on "
        "the\n"
        "background, whether the maximum lies on the digit, and how map and digit overlap, over the whole\n"
        "split. For other images data.region names a part of them, such as a corner with a watermark, and "
        "the "
        "tables\n"
        "say how much of the energy lies there. Where it lies elsewhere in each picture of a folder, --masks "
        "says "
        "so:\n"
        "the mask of train/7.jpg is DIR/train/7.jpg or DIR/train/7.png, of any size, bright (128 and more) "
        "where "
        "the\n"
        "shortcut is. It is cut as its picture is, by nearest pixels.\n"
        "\n"
        "A map is a hint and no proof. So the first 50 images of each group are also shown with one region "
        "in\n"
        "turn covered by the mean of the training images: what the probability of the answer loses by that "
        "it\n"
        "owed to the region.\n"
        "\n"
        "A map is divided by its maximum, so that 0 means no evidence. pytorch-grad-cam subtracts the map's "
        "minimum\n"
        "first, which makes the least evidence 0 however much it is; --subtract-minimum does the same, in "
        "pictures\n"
        "and tables.\n"
        "\n"
        "Examples:\n"
        "  despur cam runs/demo-0\n"
        "  despur cam runs/demo-0 --examples 60000,60007 --target label --layer conv1 --out maps\n"
        "  despur cam runs/demo-0 --split val --per-group 8 --stage train --json\n",
    .options = {{"examples", "I,J,...", "numbers of the examples to draw"},
                {"per-group", "N", "draw the first N of each group (default 4)"},
                {"split", "SPLIT", "train, val or test (default test)"},
                {"target", "TARGET", "all classes (default), prediction, label, or a number"},
                {"layer", "NAME", "a convolution, conv1 or conv2 (default the last)"},
                {"stage", "STAGE", "all (default), reference, train or repair"},
                {"scale", "N",
                 "pixels of a picture on a side of one of the image (default: to some 112 wide)"},
                {"masks", "DIR", "pictures whose bright pixels are the shortcut, by the pictures' names"},
                {"out", "DIR", "where the pictures go (default RUN/cam)"},
                {"force", NULL, "go on where there are pictures that are not despur's"},
                {"subtract-minimum", NULL, "scale maps as pytorch-grad-cam does"},
                {"threads", "N", "processors to use (default all)"},
                {"json", NULL, "results as JSON on stdout"}},
    .execute = execute};
