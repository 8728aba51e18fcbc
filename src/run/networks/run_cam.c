/* Grad-CAM over a run: shares of whole groups, and pictures of chosen examples, of all its networks. */

#include "run/networks/run_cam.h"
#include "base/memory.h"
#include "eval/maps/cam.h"
#include "io/page_image.h"
#include "io/png.h"
#include "io/sheet.h"
#include "run/files/reopen.h"
#include "run/networks/cam_photograph.h"
#include "run/networks/cells.h"
#include "run/networks/networks.h"
#include "run/state/run_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_SCALE = 16,
  MOST_PICTURES = 100000,
  GRID = 4,     /* regions on a side that are covered */
  OCCLUDED = 50 /* examples of a group: each takes a pass for every region */
};

/* What looking at a run needs besides the result. */
typedef struct looker {
  run *r;
  despur_run_cam_result *out;
  const despur_groups *shown; /* the groups that pictures are sorted by */
  const despur_run_cam_options *options;
  despur_shape shape;
  size_t area, scale;
  size_t tile; /* pixels on a side of a sheet's tile */
  float *maps; /* of chosen examples, [stages, examples, area] */
} looker;

static despur_status describe_groups(looker *look, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_groups *shown = look->shown;
  despur_run_cam_result *out = look->out;
  size_t largest = 0;
  TRY(mem_alloc(&out->names, shown->count, sizeof *out->names, error));
  TRY(mem_alloc(&out->minority, shown->count, sizeof *out->minority, error));
  out->groups = shown->count;
  for (size_t first = 0, end; first < shown->count; first = end) { /* a class's groups stand together */
    for (end = largest = first; end < shown->count && shown->labels[end] == shown->labels[first]; end++)
      if (shown->train_sizes[end] > shown->train_sizes[largest]) largest = end;
    for (size_t g = first; g < end; g++) {
      memcpy(out->names[g], shown->names[g], sizeof out->names[g]);
      out->minority[g] = shown->train_sizes[g] < shown->train_sizes[largest];
    }
  }
cleanup:
  return status;
}

static void put_example(looker *look, uint32_t example) {
  const despur_dataset *dataset = look->r->dataset;
  look->out->examples[look->out->example_count++] =
      (despur_cam_example){.example = example,
                           .label = despur_dataset_labels(dataset)[example],
                           .attribute = despur_dataset_attribute_values(dataset)[example],
                           .group = look->shown->of_example[example]};
}

/* By group; within a group the order of the list. */
static despur_status take_named_examples(looker *look, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_run_cam_options *options = look->options;
  size_t all = despur_dataset_count(look->r->dataset);
  if (options->example_count > MOST_PICTURES)
    FAIL(error, DESPUR_BAD_USAGE, "examples: expected at most %d, found %zu", MOST_PICTURES,
         options->example_count);
  TRY(mem_alloc(&look->out->examples, options->example_count, sizeof *look->out->examples, error));
  for (size_t i = 0; i < options->example_count; i++)
    if (options->examples[i] >= all)
      FAIL(error, DESPUR_BAD_INPUT, "examples: expected numbers from 0 to %zu, found %u", all - 1,
           options->examples[i]);
  for (size_t g = 0; g < look->out->groups; g++)
    for (size_t i = 0; i < options->example_count; i++)
      if (look->shown->of_example[options->examples[i]] == g) put_example(look, options->examples[i]);
cleanup:
  return status;
}

static despur_status take_first_examples(looker *look, const uint32_t *examples, size_t count,
                                         despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t groups = look->out->groups, wanted = look->options->per_group;
  if (wanted > MOST_PICTURES / groups)
    FAIL(error, DESPUR_BAD_USAGE, "per-group: expected at most %zu, found %zu", MOST_PICTURES / groups,
         wanted);
  TRY(mem_alloc(&look->out->examples, groups * wanted, sizeof *look->out->examples, error));
  for (size_t g = 0; g < groups; g++)
    for (size_t i = 0, found = 0; i < count && found < wanted; i++)
      if (look->shown->of_example[examples[i]] == g) {
        put_example(look, examples[i]);
        found++;
      }
cleanup:
  return status;
}

/* Of each group the first most examples, or all for 0. */
static despur_status list_scored(uint32_t **out, size_t *out_count, const looker *look,
                                 const uint32_t *examples, size_t count, size_t most, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_groups *truth = look->shown;
  size_t *taken = NULL;
  *out_count = 0;
  TRY(mem_alloc(out, count, sizeof **out, error));
  TRY(mem_alloc(&taken, truth->count, sizeof *taken, error));
  for (size_t i = 0; i < count; i++) {
    uint32_t g = truth->of_example[examples[i]];
    if (g == DESPUR_NO_GROUP || (most > 0 && taken[g] == most)) continue;
    taken[g]++;
    (*out)[(*out_count)++] = examples[i];
  }
cleanup:
  mem_free(taken);
  return status;
}

static despur_status score_stage(looker *look, despur_net *net, despur_cam_scores *scores,
                                 const uint32_t *examples, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  float *maps = NULL;
  size_t values;
  TRY(mem_multiply(&values, count, look->area, error));
  TRY(mem_alloc(&maps, values, sizeof *maps, error));
  TRY(despur_cam(net, look->r->dataset, examples, count, &look->options->cam, maps, NULL, error));
  TRY(despur_cam_score(scores, look->r->dataset, look->shown, examples, maps, count, error));
cleanup:
  mem_free(maps);
  return status;
}

static despur_status occlude_stage(looker *look, despur_net *net, despur_occlusion *out,
                                   const uint32_t *split, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *examples = NULL;
  size_t shortest = look->shape.height < look->shape.width ? look->shape.height : look->shape.width;
  TRY(list_scored(&examples, &count, look, split, count, OCCLUDED, error));
  TRY(despur_occlude(out, net, look->r->dataset, look->shown, examples, count,
                     shortest < GRID ? shortest : GRID, error));
cleanup:
  mem_free(examples);
  return status;
}

static bool all_zero(const float *map, size_t area) {
  for (size_t i = 0; i < area; i++)
    if (map[i] > 0) return false;
  return true;
}

/* Maps of the chosen examples under one network. */
static despur_status look_at_chosen(looker *look, despur_net *net, size_t stage, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_run_cam_result *out = look->out;
  size_t count = out->example_count;
  float *maps = look->maps + stage * count * look->area;
  uint32_t *examples = NULL, *predictions = NULL;
  TRY(mem_alloc(&examples, count, sizeof *examples, error));
  TRY(mem_alloc(&predictions, count, sizeof *predictions, error));
  for (size_t i = 0; i < count; i++) examples[i] = out->examples[i].example;
  TRY(despur_cam(net, look->r->dataset, examples, count, &look->options->cam, maps, predictions, error));
  for (size_t i = 0; i < count; i++) {
    out->examples[i].predictions[stage] = predictions[i];
    out->examples[i].empty[stage] = all_zero(maps + i * look->area, look->area);
  }
cleanup:
  mem_free(examples);
  mem_free(predictions);
  return status;
}

static despur_status to_picture(despur_picture *out, const contact_sheet *s, bool exact,
                                despur_error *error) {
  page_image image;
  const despur_status status = page_image_encode(&image, s->width, s->height, s->rgb, exact, error);
  *out = (despur_picture){image.bytes, image.count, s->width, s->height, image.is_jpeg};
  return status;
}

static size_t digits_of(uint32_t number) {
  size_t digits = 1;
  while (number /= 10) digits++;
  return digits;
}

/* The sheet of some examples, with what its columns and rows are called. */
static despur_status create_sheet(contact_sheet *s, const despur_run_cam_result *out,
                                  const despur_cam_example *examples, size_t rows, sheet_plan plan,
                                  despur_error *error) {
  char name[16];
  plan.rows = rows;
  plan.columns = 1 + out->stage_count;
  plan.headed = true;
  for (size_t row = 0; row < rows; row++) {
    size_t digits = digits_of(examples[row].example);
    if (digits > plan.longest) plan.longest = digits;
  }
  despur_status status = sheet_create(s, &plan, error);
  if (status != DESPUR_OK) return status;
  sheet_name_columns(s, 0, 1, "image");
  for (size_t stage = 0; stage < out->stage_count; stage++)
    sheet_name_columns(s, 1 + stage, 1, out->stages[stage].label);
  for (size_t row = 0; row < rows; row++) {
    snprintf(name, sizeof name, "%u", examples[row].example);
    sheet_name_row(s, row, name);
  }
  return DESPUR_OK;
}

static const float *map_of(const looker *look, size_t i, size_t stage) {
  return look->maps + (stage * look->out->example_count + i) * look->area;
}

/* An example that is a photograph: it fits into the tiles of the sheet, and overlays are as large as it is.
 */
static despur_status draw_photograph(looker *look, size_t i, const contact_sheet *s, size_t row,
                                     const photograph *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_run_cam_result *out = look->out;
  photograph small = {0};
  TRY(photograph_shrink(&small, p, s->tile_width, error));
  TRY(cam_put_photograph(s, row, 0, &small, NULL, look->shape, error));
  for (size_t stage = 0; stage < out->stage_count; stage++) {
    const float *map = map_of(look, i, stage);
    TRY(cam_put_photograph(s, row, 1 + stage, &small, map, look->shape, error));
    TRY(cam_overlay_photograph(&out->examples[i].overlays[stage], p, map, look->shape, error));
  }
cleanup:
  photograph_release(&small);
  return status;
}

/* One example: a row of the group's sheet, and an overlay by itself for each stage. */
static despur_status draw_example(looker *look, size_t i, const contact_sheet *s, size_t row,
                                  const contact_sheet *single, float *image, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_run_cam_result *out = look->out;
  size_t scale = look->scale;
  photograph p;
  TRY(cam_find_photograph(&p, look->r->dataset, out->examples[i].example, error));
  if (!p.whole.rgb && look->shape.width * scale > look->tile)
    TRY(cam_take_image(&p, look->r->dataset, out->examples[i].example, error));
  if (p.whole.rgb) {
    TRY(draw_photograph(look, i, s, row, &p, error));
    goto cleanup;
  }
  despur_dataset_image(look->r->dataset, out->examples[i].example, image);
  cam_draw_image(sheet_pixel(s, row, 0, 0, 0), 3 * s->width, image, look->shape, scale);
  for (size_t stage = 0; stage < out->stage_count; stage++) {
    const float *map = map_of(look, i, stage);
    TRY(cam_draw_overlay(sheet_pixel(s, row, 1 + stage, 0, 0), 3 * s->width, image, map, look->shape, scale,
                         error));
    TRY(cam_draw_overlay(sheet_pixel(single, 0, 0, 0, 0), 3 * single->width, image, map, look->shape, scale,
                         error));
    TRY(to_picture(&out->examples[i].overlays[stage], single, true, error));
  }
cleanup:
  photograph_release(&p);
  return status;
}

/* The examples first..first + rows - 1, all of one group. */
static despur_status draw_group(looker *look, size_t first, size_t rows, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_run_cam_result *out = look->out;
  const size_t height = look->shape.height * look->scale, width = look->shape.width * look->scale;
  const bool square = look->tile != width;
  const sheet_plan alone = {.rows = 1, .columns = 1, .tile_height = height, .tile_width = width},
                   plan = {.tile_height = square ? look->tile : height, .tile_width = look->tile};
  despur_cam_sheet *result = &out->sheets[out->sheet_count++];
  contact_sheet whole = {0}, single = {0};
  float *image = NULL;
  result->group = out->examples[first].group;
  result->rows = rows;
  TRY(mem_alloc(&image, look->shape.channels * look->area, sizeof *image, error));
  TRY(create_sheet(&whole, out, &out->examples[first], rows, plan, error));
  TRY(sheet_create(&single, &alone, error));
  for (size_t row = 0; row < rows; row++)
    TRY(draw_example(look, first + row, &whole, row, &single, image, error));
  TRY(to_picture(&result->picture, &whole, !look->options->jpeg, error));
cleanup:
  mem_free(image);
  sheet_release(&whole);
  sheet_release(&single);
  return status;
}

static despur_status draw_all(looker *look, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_run_cam_result *out = look->out;
  TRY(mem_alloc(&out->sheets, out->groups, sizeof *out->sheets, error));
  for (size_t first = 0, rows; first < out->example_count; first += rows) {
    rows = 1;
    while (first + rows < out->example_count &&
           out->examples[first + rows].group == out->examples[first].group)
      rows++;
    TRY(draw_group(look, first, rows, error));
  }
cleanup:
  return status;
}

/* Whether some background of the data set is left without the spurious colour; false when pixels are not
 * known. */
static despur_status inspect_pixels(looker *look, uint32_t example, despur_error *error) {
  uint8_t *pixels;
  despur_status status = mem_alloc(&pixels, look->area, 1, error);
  if (status != DESPUR_OK) return status;
  look->out->scored = despur_dataset_pixels(look->r->dataset, example, pixels);
  for (size_t i = 0; look->out->scored && i < look->area; i++)
    if (pixels[i] == DESPUR_PIXEL_PLAIN) look->out->partly = 1;
  mem_free(pixels);
  return DESPUR_OK;
}

static size_t usual_scale(size_t width) {
  enum { USUAL_WIDTH = 112 };
  size_t scale = USUAL_WIDTH / width;
  return scale < 1 ? 1 : scale > MOST_SCALE ? MOST_SCALE : scale;
}

/* Tiles of a page are as it wants them where something larger is to be drawn. */
static despur_status choose_tile(looker *look, uint32_t example, despur_error *error) {
  enum { USUAL_TILE = 224 };
  bool photographs;
  const size_t width = look->shape.width * look->scale, wanted = look->options->tile;
  despur_status status = cam_has_photographs(&photographs, look->r->dataset, example, error);
  if (photographs)
    look->tile = wanted > 0 ? wanted : USUAL_TILE > width ? USUAL_TILE : width;
  else
    look->tile = wanted > 0 && wanted < width ? wanted : width;
  return status;
}

despur_status run_cam_compute(despur_run_cam_result *out, run *r, const run_cam_network *networks,
                              size_t count, const despur_run_cam_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t split_count, scored_count, convolution;
  const uint32_t *split;
  uint32_t *scored = NULL;
  despur_shape shape = despur_dataset_shape(r->dataset);
  looker look = {.r = r,
                 .out = out,
                 .shown = run_shown_groups(r),
                 .options = options,
                 .shape = shape,
                 .area = shape.height * shape.width};
  *out = (despur_run_cam_result){.split = r->cells.count > 0 ? r->cells_split : options->split,
                                 .region = despur_dataset_region(r->dataset)};
  if (options->scale > MOST_SCALE)
    FAIL(error, DESPUR_BAD_USAGE, "scale: expected from 0 to %d, found %zu", MOST_SCALE, options->scale);
  look.scale = options->scale > 0 ? options->scale : usual_scale(shape.width);
  TRY(run_split(&split, &split_count, r, out->split, error));
  if (options->masks) {
    TRY(despur_dataset_mark_masks(r->dataset, options->masks, split, split_count, error));
    out->region = (despur_region){0};
    out->masked = 1;
  }
  TRY(choose_tile(&look, split[0], error));
  TRY(describe_groups(&look, error));
  TRY(inspect_pixels(&look, split[0], error));
  TRY(list_scored(&scored, &scored_count, &look, split, split_count, options->scored, error));
  if (options->examples)
    TRY(take_named_examples(&look, error));
  else
    TRY(take_first_examples(&look, split, split_count, error));
  TRY(mem_alloc(&look.maps, count * out->example_count * look.area, sizeof *look.maps, error));
  for (size_t stage = 0; stage < count; stage++) {
    out->stages[stage].network = networks[stage].network;
    snprintf(out->stages[stage].label, sizeof out->stages[stage].label, "%s", networks[stage].label);
    TRY(look_at_chosen(&look, networks[stage].net, stage, error));
    if (out->scored && !options->pictures_only)
      TRY(score_stage(&look, networks[stage].net, &out->stages[stage].scores, scored, scored_count, error));
    if (!options->pictures_only)
      TRY(occlude_stage(&look, networks[stage].net, &out->stages[stage].occlusion, split, split_count,
                        error));
    const char *layer = engine_of(networks[stage].net)
                            ->find_convolution(networks[stage].net, options->cam.layer, &convolution);
    if (layer) snprintf(out->layer, sizeof out->layer, "%s", layer);
    out->stage_count = stage + 1;
  }
  TRY(draw_all(&look, error));
cleanup:
  mem_free(scored);
  mem_free(look.maps);
  return status;
}

size_t run_cam_networks(run_cam_network networks[DESPUR_NETWORK_COUNT], const run *r) {
  size_t count = 0, convolution;
  for (size_t s = 0; s < r->result->stage_count; s++) {
    const despur_stage_result *stage = &r->result->stages[s];
    despur_net *net = r->nets[stage->network];
    if (!engine_of(net)->find_convolution(net, NULL, &convolution)) continue;
    networks[count] = (run_cam_network){.network = stage->network, .net = net};
    memcpy(networks[count++].label, stage->label, sizeof stage->label);
  }
  return count;
}

static despur_status load_networks(run_cam_network *networks, size_t *count, run *r,
                                   const despur_run_cam_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (despur_network n = 0; n < DESPUR_NETWORK_COUNT; n++) {
    if (!config_has_network(r->config, n) || (options->chosen && n != options->network)) continue;
    run_cam_network *network = &networks[(*count)++];
    TRY(run_load_net(r, n, error));
    *network = (run_cam_network){.network = n, .net = r->nets[n]};
    config_network_label(network->label, r->config, n);
  }
  if (*count == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: the run has no %s network", r->result->directory,
         despur_network_names[options->network]);
cleanup:
  return status;
}

/* Groups by clusters are found again; which group of another kind an example is in, only the run knew. */
static despur_status find_cells(run *r, despur_split split, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (run_has_attributes(r) || !r->result->inferred || r->config->reference.epochs == 0) goto cleanup;
  if (!r->nets[DESPUR_NETWORK_REFERENCE]) TRY(run_load_net(r, DESPUR_NETWORK_REFERENCE, error));
  TRY(run_find_cells(r, split, error));
cleanup:
  return status;
}

despur_status despur_run_cam(despur_run_cam_result *out, const char *directory,
                             const despur_run_cam_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_config *config = NULL;
  despur_run_options run_options = {
      .directory = directory, .threads = options->threads, .observer = run_stopped_by(&options->watch)};
  despur_run_result result = {0};
  run_cam_network networks[DESPUR_NETWORK_COUNT];
  size_t count = 0;
  run r = {.options = &run_options, .result = &result};
  *out = (despur_run_cam_result){0};
  TRY(run_reopen(&r, &config, error));
  result.inferred = config->infer.method != CONFIG_INFER_NONE;
  TRY(load_networks(networks, &count, &r, options, error));
  TRY(find_cells(&r, options->split, error));
  TRY(run_cam_compute(out, &r, networks, count, options, error));
cleanup:
  run_release(&r);
  despur_config_free(config);
  return status;
}

/* DIRECTORY/NAME.png, where no name of a class leads elsewhere. */
static despur_status write_picture(const char *directory, const char *name, const despur_picture *drawn,
                                   despur_error *error) {
  char path[FILE_PATH], file[160];
  snprintf(file, sizeof file, "%s.png", name);
  for (char *slash; (slash = strchr(file, '/'));) *slash = '_';
  despur_status status = file_join(path, directory, file, error);
  return status == DESPUR_OK ? png_save(path, drawn->bytes, drawn->count, error) : status;
}

despur_status despur_run_cam_write(const despur_run_cam_result *result, const char *directory,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  char name[128];
  TRY(file_make_directories(directory, error));
  for (size_t i = 0; i < result->sheet_count; i++)
    TRY(write_picture(directory, result->names[result->sheets[i].group], &result->sheets[i].picture, error));
  for (size_t i = 0; i < result->example_count; i++)
    for (size_t stage = 0; stage < result->stage_count; stage++) {
      const despur_cam_example *example = &result->examples[i];
      const char *which = stage + 1 == result->stage_count ? "after"
                          : stage == 0                     ? "before"
                                       : despur_network_names[result->stages[stage].network];
      snprintf(name, sizeof name, "%u-%s", example->example, which);
      TRY(write_picture(directory, name, &example->overlays[stage], error));
    }
cleanup:
  return status;
}

void despur_run_cam_release(despur_run_cam_result *result) {
  for (size_t stage = 0; stage < DESPUR_NETWORK_COUNT; stage++) {
    despur_cam_scores_release(&result->stages[stage].scores);
    despur_occlusion_release(&result->stages[stage].occlusion);
  }
  for (size_t i = 0; i < result->example_count; i++)
    for (size_t stage = 0; stage < DESPUR_NETWORK_COUNT; stage++)
      free(result->examples[i].overlays[stage].bytes);
  for (size_t i = 0; i < result->sheet_count; i++) free(result->sheets[i].picture.bytes);
  mem_free(result->names);
  mem_free(result->minority);
  mem_free(result->examples);
  mem_free(result->sheets);
  *result = (despur_run_cam_result){0};
}
