/* cam.json: where the networks look. */
#include "base/json_read.h"
#include "base/memory.h"
#include "io/file.h"
#include "record/cam.h"
#include "report/loading/load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CAM_LIMIT = 64 << 20 };

static void take_text(char out[DESPUR_GROUP_NAME], const char *found) {
  snprintf(out, DESPUR_GROUP_NAME, "%s", found ? found : "");
}

static void take_examples(report_cam_group *look, const record_cam_group *found) {
  for (size_t i = 0; i < found->examples_count && i < REPORT_CAM_EXAMPLES; i++) {
    const record_cam_example *example = &found->examples[i];
    look->examples[i] = example->example;
    for (size_t s = 0; s < example->predictions_count && s < REPORT_STAGES; s++)
      look->predictions[i][s] = (long)example->predictions[s];
    look->example_count++;
  }
}

static void take_scores(report_cam_group *look, const record_cam_group *found) {
  for (size_t s = 0; s < REPORT_STAGES; s++) {
    const bool there = s < found->scores_count;
    const despur_cam_group none = {.background = {(double)NAN, (double)NAN, (double)NAN}};
    const despur_cam_group *score = there ? &found->scores[s] : &none;
    look->background[s] = (report_share){.mean = score->background.mean,
                                         .low = score->background.low,
                                         .high = score->background.high,
                                         .count = score->count,
                                         .empty = score->empty};
  }
}

static void take_occlusions(report_cam_group *look, const record_cam_group *found) {
  const size_t grid = found->grid;
  for (size_t s = 0; s < REPORT_STAGES; s++)
    for (size_t row = 0; row < REPORT_GRID; row++)
      for (size_t column = 0; column < REPORT_GRID; column++) {
        const bool there = s < found->occlusions_count && row < grid && column < grid;
        look->covered[s][row][column] =
            there ? found->occlusions[(s * grid + row) * grid + column] : (double)NAN;
      }
}

/* Only what base64 is made of: it goes into an address. */
static despur_status take_picture(report_cam_group *look, const record_cam_group *found,
                                  despur_error *error) {
  static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  const char *picture = found->jpeg ? found->jpeg : found->png;
  if (!picture || !*picture || picture[strspn(picture, DIGITS)]) return DESPUR_OK;
  look->width = found->width;
  look->height = found->height;
  look->is_jpeg = found->jpeg != NULL;
  return mem_copy_text(&look->picture, picture, error);
}

static despur_status take_groups(report_cam *cam, const record_cam *found, despur_error *error) {
  despur_status status = DESPUR_OK;
  double area = 0, maps = 0;
  TRY(mem_alloc(&cam->groups, found->groups_count, sizeof *cam->groups, error));
  for (size_t g = 0; g < found->groups_count; g++) {
    const record_cam_group *group = &found->groups[g];
    report_cam_group *look = &cam->groups[cam->group_count++];
    take_text(look->name, group->name);
    look->minority = group->minority;
    take_examples(look, group);
    take_scores(look, group);
    take_occlusions(look, group);
    TRY(take_picture(look, group, error));
    if (group->scores_count == 0 || isnan(group->scores[0].core_area)) continue;
    area += (1 - group->scores[0].core_area) * (double)group->scores[0].count;
    maps += (double)group->scores[0].count;
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
  record_cam found = {0};
  if (!file_exists(path)) return DESPUR_OK;
  TRY(file_read(&content, &bytes, path, CAM_LIMIT, error));
  TRY(json_read_object(&object, content, bytes, path, 0, error));
  TRY(cam_read(&found, object, error));
  take_text(cam->layer, found.layer);
  cam->scored = found.scored;
  cam->partly = found.partly;
  cam->region = found.region.width > 0;
  for (; cam->stage_count < found.stages_count && cam->stage_count < REPORT_STAGES; cam->stage_count++)
    take_text(cam->stages[cam->stage_count], found.stages[cam->stage_count]);
  TRY(take_groups(cam, &found, error));
cleanup:
  cam_release(&found);
  mem_free(object);
  mem_free(content);
  return status;
}
