#include "record/cam.h"

static void mean_fields(fields *f, const char *name, despur_cam_mean *mean) {
  fields of = field_object(f, name);
  field_real(&of, "mean", &mean->mean);
  field_real(&of, "low", &mean->low);
  field_real(&of, "high", &mean->high);
  field_end(&of);
}

static void scores_fields(fields *f, record_cam_group *group) {
  fields list = field_list(f, "scores", &group->scores_count, &group->scores, sizeof *group->scores);
  for (size_t s = 0; s < group->scores_count; s++) {
    despur_cam_group *score = &group->scores[s];
    fields each = field_element(&list, s);
    field_count(&each, "count", &score->count);
    field_count(&each, "empty", &score->empty);
    field_real(&each, "core_area", &score->core_area);
    field_real(&each, "painted_area", &score->painted_area);
    mean_fields(&each, "core", &score->core);
    mean_fields(&each, "background", &score->background);
    mean_fields(&each, "painted", &score->painted);
    mean_fields(&each, "pointing", &score->pointing);
    mean_fields(&each, "overlap", &score->overlap);
    field_end(&each);
  }
  field_end(&list);
}

static void examples_fields(fields *f, record_cam_group *group) {
  fields list = field_list(f, "examples", &group->examples_count, &group->examples, sizeof *group->examples);
  for (size_t i = 0; i < group->examples_count; i++) {
    record_cam_example *example = &group->examples[i];
    fields each = field_element(&list, i);
    field_count(&each, "example", &example->example);
    field_code(&each, "y", &example->label);
    field_code(&each, "a", &example->attribute);
    field_counts(&each, "predictions", &example->predictions_count, &example->predictions);
    field_flags(&each, "empty", &example->empty_count, &example->empty);
    field_end(&each);
  }
  field_end(&list);
}

static void picture_fields(fields *f, record_cam_group *group) {
  if (f->out && !group->png && !group->jpeg) return;
  fields of = field_object(f, "picture");
  field_count(&of, "width", &group->width);
  field_count(&of, "height", &group->height);
  field_optional_text(&of, "png", &group->png);
  field_optional_text(&of, "jpeg", &group->jpeg);
  field_end(&of);
}

static void region_fields(fields *f, record_cam *cam) {
  if (f->out && cam->region.width == 0) return;
  fields of = field_object(f, "region");
  field_count(&of, "left", &cam->region.left);
  field_count(&of, "top", &cam->region.top);
  field_count(&of, "width", &cam->region.width);
  field_count(&of, "height", &cam->region.height);
  field_end(&of);
}

static void cam_fields(fields *f, record_cam *cam) {
  field_text(f, "layer", &cam->layer);
  field_text(f, "split", &cam->split);
  field_flag(f, "scored", &cam->scored);
  field_flag(f, "partly", &cam->partly);
  region_fields(f, cam);
  if (!f->out || cam->masked) field_flag(f, "masked", &cam->masked);
  field_texts(f, "stages", &cam->stages_count, &cam->stages);
  fields list = field_list(f, "groups", &cam->groups_count, &cam->groups, sizeof *cam->groups);
  for (size_t g = 0; g < cam->groups_count; g++) {
    record_cam_group *group = &cam->groups[g];
    fields each = field_element(&list, g);
    field_text(&each, "name", &group->name);
    field_flag(&each, "minority", &group->minority);
    examples_fields(&each, group);
    scores_fields(&each, group);
    field_squares(&each, "occlusion", &group->occlusions_count, &group->grid, &group->occlusions);
    picture_fields(&each, group);
    field_end(&each);
  }
  field_end(&list);
}

despur_status cam_print(char **out, const record_cam *cam, json_style style, despur_error *error) {
  record_cam copy = *cam;
  json_writer j = {.style = style, .digits = 6};
  fields f = {.out = &j};
  json_open(&j, NULL, '{');
  cam_fields(&f, &copy);
  json_close(&j);
  return json_finish(out, &j, error);
}

despur_status cam_read(record_cam *out, const json_value *object, despur_error *error) {
  *out = (record_cam){.memory = {.error = error}};
  fields f = {.in = object, .memory = &out->memory};
  cam_fields(&f, out);
  return out->memory.status;
}

void cam_release(record_cam *cam) {
  fields_release(&cam->memory);
}
