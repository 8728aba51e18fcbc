/* cam.json: where the networks look. */
#include "base/json_read.h"
#include "base/memory.h"
#include "io/file.h"
#include "report/load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CAM_LIMIT = 64 << 20 };

/* What is no class is none of the others. */
static long read_class(const json_value *value) {
  return json_is(value, JSON_KIND_WHOLE) ? (long)value->whole : 0;
}

static void read_examples(report_cam_group *look, const json_value *examples) {
  for (size_t i = 0; i < json_elements(examples) && look->example_count < REPORT_CAM_EXAMPLES; i++) {
    const json_value *example = json_at(examples, i), *predictions = json_find(example, "predictions");
    look->examples[look->example_count] = json_member_count(example, "example", 0);
    for (size_t s = 0; s < REPORT_STAGES; s++)
      look->predictions[look->example_count][s] = read_class(json_at(predictions, s));
    look->example_count++;
  }
}

static void read_scores(report_cam_group *look, const json_value *scores) {
  for (size_t s = 0; s < REPORT_STAGES; s++) {
    const json_value *score = json_at(scores, s), *background = json_find(score, "background");
    look->background[s] = (report_share){.mean = json_member_number(background, "mean"),
                                         .low = json_member_number(background, "low"),
                                         .high = json_member_number(background, "high"),
                                         .count = json_member_count(score, "count", 0),
                                         .empty = json_member_count(score, "empty", 0)};
  }
}

static void read_occlusion(report_cam_group *look, const json_value *stages) {
  for (size_t s = 0; s < REPORT_STAGES; s++)
    for (size_t row = 0; row < REPORT_GRID; row++)
      for (size_t column = 0; column < REPORT_GRID; column++) {
        const json_value *value = json_at(json_at(json_at(stages, s), row), column);
        look->covered[s][row][column] = json_number(value);
      }
}

/* Only what base64 is made of: it goes into an address. */
static despur_status read_picture(report_cam_group *look, const json_value *picture, despur_error *error) {
  static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  const char *png = json_member_text(picture, "png", "");
  if (!*png || png[strspn(png, DIGITS)]) return DESPUR_OK;
  look->width = json_member_count(picture, "width", 0);
  look->height = json_member_count(picture, "height", 0);
  return mem_copy_text(&look->png, png, error);
}

static despur_status read_groups(report_cam *cam, const json_value *groups, despur_error *error) {
  despur_status status = DESPUR_OK;
  double area = 0, maps = 0;
  TRY(mem_alloc(&cam->groups, json_elements(groups), sizeof *cam->groups, error));
  for (size_t g = 0; g < json_elements(groups); g++) {
    const json_value *group = json_at(groups, g), *scores = json_find(group, "scores");
    report_cam_group *look = &cam->groups[cam->group_count++];
    json_member_name(look->name, sizeof look->name, group, "name");
    look->minority = json_member_flag(group, "minority");
    read_examples(look, json_find(group, "examples"));
    read_scores(look, scores);
    read_occlusion(look, json_find(group, "occlusion"));
    TRY(read_picture(look, json_find(group, "picture"), error));
    double core = json_member_number(json_at(scores, 0), "core_area");
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
  json_value *object = NULL;
  if (!file_exists(path)) return DESPUR_OK;
  TRY(file_read(&content, &bytes, path, CAM_LIMIT, error));
  TRY(json_read_object(&object, content, bytes, path, 0, error));
  json_member_name(cam->layer, sizeof cam->layer, object, "layer");
  cam->scored = json_member_flag(object, "scored");
  cam->partly = json_member_flag(object, "partly");
  cam->region = json_is(json_find(object, "region"), JSON_KIND_OBJECT);
  const json_value *stages = json_find(object, "stages");
  for (; cam->stage_count < json_elements(stages) && cam->stage_count < REPORT_STAGES; cam->stage_count++) {
    const char *label = json_text(json_at(stages, cam->stage_count));
    snprintf(cam->stages[cam->stage_count], DESPUR_GROUP_NAME, "%s", label ? label : "");
  }
  TRY(read_groups(cam, json_find(object, "groups"), error));
cleanup:
  mem_free(object);
  mem_free(content);
  return status;
}
