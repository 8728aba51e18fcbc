/* cam.json: where the networks of a run look, for its page: a picture of each group, and how much of the
 * energy of its maps lies on what is known of the images. */
#include "run/cam_file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/tfevents.h"
#include "run/cells.h"
#include "run/run_cam.h"
#include "run/run_files.h"
#include "run/run_state.h"

#include <math.h>

enum { CAM_EXAMPLES = 4 }; /* of each group, in the event file */

/* Pictures in all, and the maps of each group that are measured: enough for intervals of a few points. */
enum {
  PICTURES = 24,
  MOST_PER_GROUP = 4,
  MEASURED = 100,
  TILE = 56 /* pixels of a side, at most if small */
};

static json_t *number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *mean_json(const despur_cam_mean *mean) {
  json_t *object = json_object();
  json_put(&object, "mean", number(mean->mean));
  json_put(&object, "low", number(mean->low));
  json_put(&object, "high", number(mean->high));
  return object;
}

static json_t *score_json(const despur_cam_group *group) {
  json_t *object = json_object();
  json_put(&object, "count", json_integer((json_int_t)group->count));
  json_put(&object, "empty", json_integer((json_int_t)group->empty));
  json_put(&object, "core_area", number(group->core_area));
  json_put(&object, "painted_area", number(group->painted_area));
  json_put(&object, "background", mean_json(&group->background));
  json_put(&object, "painted", mean_json(&group->painted));
  json_put(&object, "pointing", mean_json(&group->pointing));
  json_put(&object, "overlap", mean_json(&group->overlap));
  return object;
}

/* What each region costs a group when it is covered: rows from the top. */
static json_t *occlusion_json(const despur_occlusion *found, size_t g) {
  json_t *rows = json_array();
  for (size_t row = 0; row < found->grid; row++) {
    json_t *columns = json_array();
    for (size_t column = 0; column < found->grid; column++)
      json_push(&columns, number(found->losses[(g * found->grid + row) * found->grid + column]));
    json_push(&rows, columns);
  }
  return rows;
}

static json_t *example_json(const despur_cam_example *example, size_t stages) {
  json_t *object = json_object(), *predictions = json_array();
  for (size_t s = 0; s < stages; s++)
    json_push(&predictions, json_integer((json_int_t)example->predictions[s]));
  json_put(&object, "example", json_integer((json_int_t)example->example));
  json_put(&object, "predictions", predictions);
  return object;
}

static despur_status add_picture(json_t **group, const despur_picture *picture, despur_error *error) {
  text png = {0};
  json_t *object = json_object();
  despur_status status = text_add_base64(&png, picture->bytes, picture->count, error);
  json_put(&object, "width", json_integer((json_int_t)picture->width));
  json_put(&object, "height", json_integer((json_int_t)picture->height));
  json_put(&object, "png", json_string(png.data ? png.data : ""));
  json_put(group, "picture", object);
  mem_free(png.data);
  return status;
}

static despur_status add_group(json_t **groups, const despur_run_cam_result *found, size_t g,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  json_t *group = json_object(), *examples = json_array(), *scores = json_array(), *occlusion = json_array();
  json_put(&group, "name", json_text(found->names[g]));
  json_put(&group, "minority", json_boolean(found->minority[g]));
  for (size_t i = 0; i < found->example_count; i++)
    if (found->examples[i].group == g)
      json_push(&examples, example_json(&found->examples[i], found->stage_count));
  json_put(&group, "examples", examples);
  for (size_t s = 0; found->scored && s < found->stage_count; s++)
    json_push(&scores, score_json(&found->stages[s].scores.groups[g]));
  json_put(&group, "scores", scores);
  for (size_t s = 0; s < found->stage_count; s++)
    json_push(&occlusion, occlusion_json(&found->stages[s].occlusion, g));
  json_put(&group, "occlusion", occlusion);
  for (size_t i = 0; i < found->sheet_count; i++)
    if (found->sheets[i].group == g) TRY(add_picture(&group, &found->sheets[i].picture, error));
cleanup:
  json_push(groups, group);
  return status;
}

static json_t *region_json(const despur_region *region) {
  json_t *object = json_object();
  json_put(&object, "left", json_integer((json_int_t)region->left));
  json_put(&object, "top", json_integer((json_int_t)region->top));
  json_put(&object, "width", json_integer((json_int_t)region->width));
  json_put(&object, "height", json_integer((json_int_t)region->height));
  return object;
}

static despur_status cam_json(json_t **out, const despur_run_cam_result *found, despur_error *error) {
  despur_status status = DESPUR_OK;
  json_t *stages = json_array(), *groups = json_array();
  json_put(out, "layer", json_text(found->layer));
  json_put(out, "split", json_string(despur_split_name(found->split)));
  json_put(out, "scored", json_boolean(found->scored));
  json_put(out, "partly", json_boolean(found->partly));
  if (found->region.width > 0) json_put(out, "region", region_json(&found->region));
  for (size_t s = 0; s < found->stage_count; s++) json_push(&stages, json_string(found->stages[s].label));
  for (size_t g = 0; g < found->groups; g++) TRY(add_group(&groups, found, g, error));
cleanup:
  json_put(out, "stages", stages);
  json_put(out, "groups", groups);
  return status;
}

despur_status run_write_cam(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  run_cam_network networks[DESPUR_NETWORK_COUNT];
  despur_run_cam_result found = {0};
  size_t count = run_cam_networks(networks, r), per_group = PICTURES / run_shown_groups(r)->count;
  size_t width = despur_dataset_shape(r->dataset).width, scale = TILE / width;
  despur_run_cam_options options = {.split = r->result->split, .scored = MEASURED};
  json_t *object = json_object();
  if (count == 0) goto cleanup;
  options.per_group = per_group < 1 ? 1 : per_group > MOST_PER_GROUP ? MOST_PER_GROUP : per_group;
  options.scale = scale < 1 ? 1 : scale > 8 ? 8 : scale;
  TRY(run_look_inside(&found, r, networks, count, &options, error));
  TRY(cam_json(&object, &found, error));
  TRY(run_write_json(r, "cam.json", object, error));
cleanup:
  despur_run_cam_release(&found);
  json_decref(object);
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
