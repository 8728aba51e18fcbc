/* cam.json: where the networks of a run look, for its page: a picture of each group, and how much of the
 * energy of its maps lies on what is known of the images. */
#include "run/networks/cam_file.h"
#include "base/math.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/page_image.h"
#include "io/tfevents.h"
#include "record/cam.h"
#include "run/files/run_files.h"
#include "run/networks/cam_photograph.h"
#include "run/networks/cells.h"
#include "run/networks/run_cam.h"
#include "run/state/run_state.h"

#include <stdio.h>
#include <string.h>

enum { CAM_EXAMPLES = 4 }; /* of each group, in the event file */

/* Pictures in all, and the maps of each group that are measured: enough for intervals of a few points. */
enum {
  PICTURES = 24,
  MOST_PER_GROUP = 4,
  MEASURED = 100,
  TILE = 56 /* pixels of a side, at most if small */
};

/* What is larger gets tiles of such a size that the pictures of all groups fit into a page, two examples of
 * each or, where tiles would be more than large enough, some more. */
enum { PAGE_BYTES = 750000, LEAST_ROWS = 2, LARGEST_TILE = 224 };

static void choose_tiles(despur_run_cam_options *options, size_t groups, size_t stages) {
  const double pixels = PAGE_BYTES / PAGE_IMAGE_PIXEL_BYTES / (double)(groups * (1 + stages));
  const double side = math_sqrt(pixels / LEAST_ROWS);
  options->jpeg = 1;
  options->tile = side < TILE ? TILE : side > LARGEST_TILE ? LARGEST_TILE : (size_t)side;
  const size_t rows = (size_t)(pixels / (double)(options->tile * options->tile));
  options->per_group = rows < 1 ? 1 : rows > MOST_PER_GROUP ? MOST_PER_GROUP : rows;
}

/* What the record of a result borrows beside the result itself. */
typedef struct cam_arrays {
  record_cam_group *groups;     /* [groups] */
  record_cam_example *examples; /* [all] by group */
  size_t *predictions;          /* [all, stages] */
  bool *empty;                  /* [all, stages] */
  despur_cam_group *scores;     /* [groups, stages] */
  double *occlusions;           /* [groups, stages, grid, grid] */
  const char **stages;          /* [stages] */
  text *pictures;               /* [groups] in base64 */
} cam_arrays;

static despur_status arrays_create(cam_arrays *out, const despur_run_cam_result *found, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t groups = found->groups, stages = found->stage_count, grid = found->stages[0].occlusion.grid;
  TRY(mem_alloc(&out->groups, groups, sizeof *out->groups, error));
  TRY(mem_alloc(&out->examples, found->example_count, sizeof *out->examples, error));
  TRY(mem_alloc(&out->predictions, found->example_count * stages, sizeof *out->predictions, error));
  TRY(mem_alloc(&out->empty, found->example_count * stages, sizeof *out->empty, error));
  TRY(mem_alloc(&out->scores, groups * stages, sizeof *out->scores, error));
  TRY(mem_alloc(&out->occlusions, groups * stages * grid * grid, sizeof *out->occlusions, error));
  TRY(mem_alloc(&out->stages, stages, sizeof *out->stages, error));
  TRY(mem_alloc(&out->pictures, groups, sizeof *out->pictures, error));
cleanup:
  return status;
}

static void arrays_release(cam_arrays *of, size_t groups) {
  for (size_t g = 0; of->pictures && g < groups; g++) mem_free(of->pictures[g].data);
  mem_free(of->groups);
  mem_free(of->examples);
  mem_free(of->predictions);
  mem_free(of->empty);
  mem_free(of->scores);
  mem_free(of->occlusions);
  mem_free(of->stages);
  mem_free(of->pictures);
}

static void take_examples(cam_arrays *to, const despur_run_cam_result *found) {
  for (size_t i = 0; i < found->example_count; i++) {
    const despur_cam_example *example = &found->examples[i];
    record_cam_group *group = &to->groups[example->group];
    size_t *predictions = &to->predictions[i * found->stage_count];
    bool *empty = &to->empty[i * found->stage_count];
    for (size_t s = 0; s < found->stage_count; s++) {
      predictions[s] = example->predictions[s];
      empty[s] = example->empty[s] != 0;
    }
    to->examples[i] = (record_cam_example){.example = example->example,
                                           .label = example->label,
                                           .attribute = example->attribute,
                                           .predictions_count = found->stage_count,
                                           .predictions = predictions,
                                           .empty_count = found->stage_count,
                                           .empty = empty};
    if (group->examples_count++ == 0) group->examples = &to->examples[i];
  }
}

static void take_stages(cam_arrays *to, const despur_run_cam_result *found, size_t g) {
  const size_t stages = found->stage_count, grid = found->stages[0].occlusion.grid, cells = grid * grid;
  record_cam_group *group = &to->groups[g];
  double *occlusions = &to->occlusions[g * stages * cells];
  for (size_t s = 0; s < stages; s++) {
    const despur_cam_stage_result *stage = &found->stages[s];
    memcpy(occlusions + s * cells, stage->occlusion.losses + g * cells, cells * sizeof *occlusions);
    if (found->scored) to->scores[g * stages + s] = stage->scores.groups[g];
  }
  group->occlusions = occlusions;
  group->occlusions_count = stages;
  group->grid = grid;
  group->scores = &to->scores[g * stages];
  group->scores_count = found->scored ? stages : 0;
}

static despur_status take_picture(cam_arrays *to, const despur_cam_sheet *sheet, despur_error *error) {
  const despur_picture *drawn = &sheet->picture;
  record_cam_group *group = &to->groups[sheet->group];
  text *bytes = &to->pictures[sheet->group];
  despur_status status = text_add_base64(bytes, drawn->bytes, drawn->count, error);
  group->width = drawn->width;
  group->height = drawn->height;
  *(drawn->is_jpeg ? &group->jpeg : &group->png) = bytes->data ? bytes->data : "";
  return status;
}

static despur_status print_cam(char **out, const despur_run_cam_result *found, bool pictures,
                               json_style style, despur_error *error) {
  despur_status status = DESPUR_OK;
  cam_arrays of = {0};
  TRY(arrays_create(&of, found, error));
  for (size_t s = 0; s < found->stage_count; s++) of.stages[s] = found->stages[s].label;
  take_examples(&of, found);
  for (size_t g = 0; g < found->groups; g++) {
    of.groups[g].name = found->names[g];
    of.groups[g].minority = found->minority[g];
    take_stages(&of, found, g);
  }
  for (size_t i = 0; pictures && i < found->sheet_count; i++)
    TRY(take_picture(&of, &found->sheets[i], error));
  const record_cam cam = {.layer = found->layer,
                          .split = despur_split_name(found->split),
                          .scored = found->scored,
                          .partly = found->partly,
                          .masked = found->masked,
                          .region = found->region,
                          .stages_count = found->stage_count,
                          .stages = of.stages,
                          .groups_count = found->groups,
                          .groups = of.groups};
  TRY(cam_print(out, &cam, style, error));
cleanup:
  arrays_release(&of, found->groups);
  return status;
}

despur_status despur_run_cam_json(char **json, const despur_run_cam_result *result, despur_error *error) {
  *json = NULL;
  if (result->stage_count == 0)
    return error_set(error, DESPUR_BAD_INPUT, "cam: expected networks that were looked into, found none");
  return print_cam(json, result, false, JSON_LINE, error);
}

despur_status run_write_cam(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  run_cam_network networks[DESPUR_NETWORK_COUNT];
  despur_run_cam_result found = {0};
  size_t count = run_cam_networks(networks, r), per_group = PICTURES / run_shown_groups(r)->count;
  size_t width = despur_dataset_shape(r->dataset).width, scale = TILE / width;
  despur_run_cam_options options = {.split = r->result->split, .scored = MEASURED};
  char *content = NULL;
  size_t split_count;
  const uint32_t *split;
  bool photographs;
  if (count == 0) goto cleanup;
  options.per_group = per_group < 1 ? 1 : per_group > MOST_PER_GROUP ? MOST_PER_GROUP : per_group;
  options.scale = scale < 1 ? 1 : scale > 8 ? 8 : scale;
  TRY(run_split(&split, &split_count, r, options.split, error));
  TRY(cam_has_photographs(&photographs, r->dataset, split[0], error));
  if (photographs || width > TILE) choose_tiles(&options, run_shown_groups(r)->count, count);
  TRY(run_cam_compute(&found, r, networks, count, &options, error));
  TRY(print_cam(&content, &found, true, JSON_PRETTY, error));
  TRY(run_write_text(r, "cam.json", content, error));
cleanup:
  despur_run_cam_release(&found);
  mem_free(content);
  return status;
}

despur_status run_write_cam_events(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  run_cam_network networks[DESPUR_NETWORK_COUNT];
  size_t count = run_cam_networks(networks, r);
  char tag[256];
  despur_run_cam_result maps = {0};
  despur_run_cam_options options = {.split = r->result->split, .per_group = CAM_EXAMPLES, .pictures_only = 1};
  if (!r->events || r->only_infer || count == 0) return DESPUR_OK;
  TRY(run_cam_compute(&maps, r, networks, count, &options, error));
  for (size_t i = 0; i < maps.sheet_count; i++) {
    const despur_picture *drawn = &maps.sheets[i].picture;
    tfevents_picture shown = {drawn->bytes, drawn->count, drawn->width, drawn->height};
    snprintf(tag, sizeof tag, "cam/%s", maps.names[maps.sheets[i].group]);
    TRY(tfevents_image(r->events, tag, r->result->stages[r->result->stage_count - 1].selected_epoch, &shown,
                       error));
  }
cleanup:
  despur_run_cam_release(&maps);
  return status;
}
