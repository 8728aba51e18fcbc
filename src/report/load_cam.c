/* cam.json: where the networks look. */
#include "base/json_read.h"
#include "base/memory.h"
#include "io/file.h"
#include "report/load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CAM_LIMIT = 64 << 20 };

static void read_examples(report_cam_group *look, json_t *examples) {
  for (size_t i = 0; i < json_array_size(examples) && look->example_count < REPORT_CAM_EXAMPLES; i++) {
    const json_t *example = json_array_get(examples, i),
                 *predictions = json_object_get(example, "predictions");
    look->examples[look->example_count] = json_member_count(example, "example", 0);
    for (size_t s = 0; s < REPORT_STAGES; s++)
      look->predictions[look->example_count][s] = (long)json_integer_value(json_array_get(predictions, s));
    look->example_count++;
  }
}

static void read_scores(report_cam_group *look, json_t *scores) {
  for (size_t s = 0; s < REPORT_STAGES; s++) {
    const json_t *score = json_array_get(scores, s), *background = json_object_get(score, "background");
    look->background[s] = (report_share){.mean = json_member_number(background, "mean"),
                                         .low = json_member_number(background, "low"),
                                         .high = json_member_number(background, "high"),
                                         .count = json_member_count(score, "count", 0),
                                         .empty = json_member_count(score, "empty", 0)};
  }
}

static void read_occlusion(report_cam_group *look, json_t *stages) {
  for (size_t s = 0; s < REPORT_STAGES; s++)
    for (size_t row = 0; row < REPORT_GRID; row++)
      for (size_t column = 0; column < REPORT_GRID; column++) {
        const json_t *value = json_array_get(json_array_get(json_array_get(stages, s), row), column);
        look->covered[s][row][column] = json_is_number(value) ? json_number_value(value) : (double)NAN;
      }
}

/* Only what base64 is made of: it goes into an address. */
static despur_status read_picture(report_cam_group *look, json_t *picture, despur_error *error) {
  static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  const char *png = json_member_text(picture, "png", "");
  if (!*png || png[strspn(png, DIGITS)]) return DESPUR_OK;
  look->width = json_member_count(picture, "width", 0);
  look->height = json_member_count(picture, "height", 0);
  return mem_copy_text(&look->png, png, error);
}

static despur_status read_groups(report_cam *cam, json_t *groups, despur_error *error) {
  despur_status status = DESPUR_OK;
  double area = 0, maps = 0;
  TRY(mem_alloc(&cam->groups, json_array_size(groups), sizeof *cam->groups, error));
  for (size_t g = 0; g < json_array_size(groups); g++) {
    json_t *group = json_array_get(groups, g), *scores = json_object_get(group, "scores");
    report_cam_group *look = &cam->groups[cam->group_count++];
    json_member_name(look->name, sizeof look->name, group, "name");
    look->minority = json_is_true(json_object_get(group, "minority"));
    read_examples(look, json_object_get(group, "examples"));
    read_scores(look, scores);
    read_occlusion(look, json_object_get(group, "occlusion"));
    TRY(read_picture(look, json_object_get(group, "picture"), error));
    double core = json_member_number(json_array_get(scores, 0), "core_area");
    if (isnan(core)) continue;
    area += (1 - core) * (double)look->background[0].count;
    maps += (double)look->background[0].count;
  }
  cam->background_area = maps > 0 ? area / maps : (double)NAN;
cleanup:
  return status;
}

despur_status report_load_cam(report_run *out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  report_cam *cam = &out->cam;
  char *content = NULL;
  size_t bytes;
  json_t *object = NULL;
  if (!file_exists(path)) return DESPUR_OK;
  TRY(file_read(&content, &bytes, path, CAM_LIMIT, error));
  TRY(json_read_object(&object, content, bytes, path, 0, error));
  json_member_name(cam->layer, sizeof cam->layer, object, "layer");
  cam->scored = json_is_true(json_object_get(object, "scored"));
  cam->partly = json_is_true(json_object_get(object, "partly"));
  cam->region = json_is_object(json_object_get(object, "region"));
  const json_t *stages = json_object_get(object, "stages");
  for (; cam->stage_count < json_array_size(stages) && cam->stage_count < REPORT_STAGES; cam->stage_count++) {
    const char *label = json_string_value(json_array_get(stages, cam->stage_count));
    snprintf(cam->stages[cam->stage_count], DESPUR_GROUP_NAME, "%s", label ? label : "");
  }
  TRY(read_groups(cam, json_object_get(object, "groups"), error));
cleanup:
  json_decref(object);
  mem_free(content);
  return status;
}
