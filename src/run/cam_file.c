/* cam.json: where the networks of a run look, for its page: a picture of each group, and how much of the
 * energy of its maps lies on what is known of the images. */
#include "run/cam_file.h"
#include "base/json_write.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/tfevents.h"
#include "run/cells.h"
#include "run/run_cam.h"
#include "run/run_files.h"
#include "run/run_state.h"

#include <stdio.h>

enum { CAM_EXAMPLES = 4 }; /* of each group, in the event file */

/* Pictures in all, and the maps of each group that are measured: enough for intervals of a few points. */
enum {
  PICTURES = 24,
  MOST_PER_GROUP = 4,
  MEASURED = 100,
  TILE = 56 /* pixels of a side, at most if small */
};

static void put_mean(json_writer *j, const char *name, const despur_cam_mean *mean) {
  json_open(j, name, '{');
  json_write_real(j, "mean", mean->mean);
  json_write_real(j, "low", mean->low);
  json_write_real(j, "high", mean->high);
  json_close(j);
}

static void put_score(json_writer *j, const despur_cam_group *group) {
  json_open(j, NULL, '{');
  json_write_count(j, "count", group->count);
  json_write_count(j, "empty", group->empty);
  json_write_real(j, "core_area", group->core_area);
  json_write_real(j, "painted_area", group->painted_area);
  put_mean(j, "background", &group->background);
  put_mean(j, "painted", &group->painted);
  put_mean(j, "pointing", &group->pointing);
  put_mean(j, "overlap", &group->overlap);
  json_close(j);
}

/* What each region costs a group when it is covered: rows from the top. */
static void put_occlusion(json_writer *j, const despur_occlusion *found, size_t g) {
  json_open(j, NULL, '[');
  for (size_t row = 0; row < found->grid; row++) {
    json_open(j, NULL, '[');
    for (size_t column = 0; column < found->grid; column++)
      json_write_real(j, NULL, found->losses[(g * found->grid + row) * found->grid + column]);
    json_close(j);
  }
  json_close(j);
}

static void put_example(json_writer *j, const despur_cam_example *example, size_t stages) {
  json_open(j, NULL, '{');
  json_write_count(j, "example", example->example);
  json_open(j, "predictions", '[');
  for (size_t s = 0; s < stages; s++) json_write_count(j, NULL, example->predictions[s]);
  json_close(j);
  json_close(j);
}

static despur_status put_picture(json_writer *j, const despur_picture *picture, despur_error *error) {
  text png = {0};
  despur_status status = text_add_base64(&png, picture->bytes, picture->count, error);
  json_open(j, "picture", '{');
  json_write_count(j, "width", picture->width);
  json_write_count(j, "height", picture->height);
  json_write_text(j, "png", png.data ? png.data : "");
  json_close(j);
  mem_free(png.data);
  return status;
}

static despur_status put_group(json_writer *j, const despur_run_cam_result *found, size_t g,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  json_open(j, NULL, '{');
  json_write_text(j, "name", found->names[g]);
  json_write_flag(j, "minority", found->minority[g]);
  json_open(j, "examples", '[');
  for (size_t i = 0; i < found->example_count; i++)
    if (found->examples[i].group == g) put_example(j, &found->examples[i], found->stage_count);
  json_close(j);
  json_open(j, "scores", '[');
  for (size_t s = 0; found->scored && s < found->stage_count; s++)
    put_score(j, &found->stages[s].scores.groups[g]);
  json_close(j);
  json_open(j, "occlusion", '[');
  for (size_t s = 0; s < found->stage_count; s++) put_occlusion(j, &found->stages[s].occlusion, g);
  json_close(j);
  for (size_t i = 0; i < found->sheet_count; i++)
    if (found->sheets[i].group == g) TRY(put_picture(j, &found->sheets[i].picture, error));
  json_close(j);
cleanup:
  return status;
}

static void put_region(json_writer *j, const despur_region *region) {
  json_open(j, "region", '{');
  json_write_count(j, "left", region->left);
  json_write_count(j, "top", region->top);
  json_write_count(j, "width", region->width);
  json_write_count(j, "height", region->height);
  json_close(j);
}

static despur_status print_cam(char **out, const despur_run_cam_result *found, despur_error *error) {
  despur_status status = DESPUR_OK;
  json_writer j = {.style = JSON_PRETTY, .digits = 6};
  json_open(&j, NULL, '{');
  json_write_text(&j, "layer", found->layer);
  json_write_text(&j, "split", despur_split_name(found->split));
  json_write_flag(&j, "scored", found->scored);
  json_write_flag(&j, "partly", found->partly);
  if (found->region.width > 0) put_region(&j, &found->region);
  json_open(&j, "stages", '[');
  for (size_t s = 0; s < found->stage_count; s++) json_write_text(&j, NULL, found->stages[s].label);
  json_close(&j);
  json_open(&j, "groups", '[');
  for (size_t g = 0; g < found->groups; g++) TRY(put_group(&j, found, g, error));
  json_close(&j);
  json_close(&j);
  TRY(json_finish(out, &j, error));
cleanup:
  json_drop(&j);
  return status;
}

despur_status run_write_cam(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  run_cam_network networks[DESPUR_NETWORK_COUNT];
  despur_run_cam_result found = {0};
  size_t count = run_cam_networks(networks, r), per_group = PICTURES / run_shown_groups(r)->count;
  size_t width = despur_dataset_shape(r->dataset).width, scale = TILE / width;
  despur_run_cam_options options = {.split = r->result->split, .scored = MEASURED};
  char *content = NULL;
  if (count == 0) goto cleanup;
  options.per_group = per_group < 1 ? 1 : per_group > MOST_PER_GROUP ? MOST_PER_GROUP : per_group;
  options.scale = scale < 1 ? 1 : scale > 8 ? 8 : scale;
  TRY(run_look_inside(&found, r, networks, count, &options, error));
  TRY(print_cam(&content, &found, error));
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
  TRY(run_look_inside(&maps, r, networks, count, &options, error));
  for (size_t i = 0; i < maps.sheet_count; i++) {
    const despur_picture *drawn = &maps.sheets[i].picture;
    tfevents_picture picture = {drawn->bytes, drawn->count, drawn->width, drawn->height};
    snprintf(tag, sizeof tag, "cam/%s", maps.names[maps.sheets[i].group]);
    TRY(tfevents_image(r->events, tag, r->result->stages[r->result->stage_count - 1].selected_epoch, &picture,
                       error));
  }
cleanup:
  despur_run_cam_release(&maps);
  return status;
}
