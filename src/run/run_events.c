
#include "run/run_events.h"
#include "data/dataset.h"
#include "io/png.h"
#include "io/tfevents.h"
#include "run/run_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHEET_COLUMNS = 16, SHEET_WIDTH = 1024 };

/* The data set's contact sheet, at step 0. */
static despur_status add_data_sheet(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  contact_sheet s = {0};
  tfevents_picture picture;
  uint8_t *png = NULL;
  if (despur_dataset_input_kind(r->dataset) != DESPUR_INPUT_IMAGES) return DESPUR_OK;
  size_t columns = SHEET_WIDTH / despur_dataset_shape(r->dataset).width;
  columns = columns < 1 ? 1 : columns > SHEET_COLUMNS ? SHEET_COLUMNS : columns;
  TRY(dataset_draw_sheet(&s, r->dataset, DESPUR_TRAIN, columns, error));
  TRY(png_encode(&png, &picture.bytes, s.width, s.height, s.rgb, error));
  picture.png = png;
  picture.width = s.width;
  picture.height = s.height;
  TRY(tfevents_image(r->events, "data/groups", 0, &picture, error));
cleanup:
  sheet_release(&s);
  free(png);
  return status;
}

despur_status run_events_open(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  TRY(run_path(path, r, RUN_EVENTS_FILE, error));
  TRY(file_writer_open(&r->events, path, error));
  TRY(tfevents_begin(r->events, error));
  TRY(add_data_sheet(r, error));
cleanup:
  return status;
}

/* Where a line's numbers go. */
typedef struct place {
  file_writer *writer;
  const char *stage, *split;
  uint64_t step;
} place;

/* STAGE/SPLIT/KEY, or STAGE/SPLIT/KEY/GROUP. Values that are not numbers (null) are left out. */
static despur_status add_number(const place *at, const char *key, const char *group, const json_t *value,
                                despur_error *error) {
  char tag[256];
  if (!json_is_number(value)) return DESPUR_OK;
  snprintf(tag, sizeof tag, "%s/%s/%s%s%s", at->stage, at->split, key, group ? "/" : "", group ? group : "");
  return tfevents_scalar(at->writer, tag, at->step, (float)json_number_value(value), error);
}

/* A list of groups with an accuracy or a weight each. */
static despur_status add_groups(const place *at, const json_t *groups, despur_error *error) {
  static const char *const KEYS[] = {"accuracy", "weight"};
  despur_status status = DESPUR_OK;
  size_t i;
  json_t *group;
  json_array_foreach(groups, i, group) {
    const char *name = json_string_value(json_object_get(group, "name"));
    for (size_t k = 0; name && k < 2; k++)
      TRY(add_number(at, KEYS[k], name, json_object_get(group, KEYS[k]), error));
  }
cleanup:
  return status;
}

despur_status run_events_add(run *r, json_t *line, despur_error *error) {
  despur_status status = DESPUR_OK;
  const json_t *epoch = json_object_get(line, "epoch");
  place at = {.writer = r->events,
              .stage = json_string_value(json_object_get(line, "stage")),
              .split = json_string_value(json_object_get(line, "split")),
              .step = (uint64_t)json_integer_value(epoch)};
  /* what was selected is one of the epochs that are there already */
  if (!r->events || !at.stage || !at.split || !epoch || json_is_true(json_object_get(line, "selected")))
    return DESPUR_OK;
  const char *key;
  json_t *value;
  json_object_foreach(line, key, value) {
    if (strcmp(key, "epoch") == 0) continue;
    if (json_is_array(value)) TRY(add_groups(&at, value, error));
    TRY(add_number(&at, key, NULL, value, error));
  }
cleanup:
  return status;
}
