/* cam.json: where the networks of a run look: a picture of each group, how much of the energy of its maps
 * lies on what is known of the images, and what answers lose when a part of the picture is covered. */
#ifndef RECORD_CAM_H
#define RECORD_CAM_H

#include "despur/cam.h"
#include "record/fields.h"

typedef struct record_cam_example {
  size_t example, predictions_count, empty_count;
  uint32_t label, attribute;
  const size_t *predictions; /* of each stage */
  const bool *empty;         /* whether its map is zero everywhere */
} record_cam_example;

typedef struct record_cam_group {
  const char *name;
  bool minority;
  size_t examples_count, scores_count, occlusions_count, grid;
  record_cam_example *examples;
  despur_cam_group *scores; /* of each stage, without name; none when core pixels are not known */
  const double *occlusions; /* [occlusions_count, grid, grid] of each stage; NaN: not known */
  size_t width, height;     /* of the picture */
  const char *png, *jpeg;   /* in base64, one of both; NULL: no picture */
} record_cam_group;

/* Texts and arrays are borrowed: from whoever writes, or from the object that was read. */
typedef struct record_cam {
  const char *layer, *split;
  bool scored, partly, masked;
  despur_region region; /* what is called background; width 0: none has been named */
  size_t stages_count, groups_count;
  const char *const *stages; /* what they are called */
  record_cam_group *groups;
  fields_memory memory; /* of arrays that were read */
} record_cam;

/* The whole file; *out is released with mem_free. */
DESPUR_MUST_USE despur_status cam_print(char **out, const record_cam *cam, json_style style,
                                        despur_error *error);

/* The object has to live as long as the record, which cam_release releases, also after an error. */
DESPUR_MUST_USE despur_status cam_read(record_cam *out, const json_value *object, despur_error *error);
void cam_release(record_cam *cam);

#endif
