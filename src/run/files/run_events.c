
#include "run/files/run_events.h"
#include "data/dataset.h"
#include "io/png.h"
#include "io/tfevents.h"
#include "run/state/run_state.h"

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
  despur_status status;
  despur_error *error;
} place;

/* STAGE/SPLIT/NAME, or STAGE/SPLIT/NAME/GROUP; of a group only what is drawn. */
static void add_number(void *context, const char *name, const char *group, double value) {
  place *at = context;
  char tag[256];
  bool drawn = strcmp(name, "accuracy") == 0 || strcmp(name, "weight") == 0;
  if (at->status != DESPUR_OK || (group ? !drawn : strcmp(name, "epoch") == 0)) return;
  snprintf(tag, sizeof tag, "%s/%s/%s%s%s", at->stage, at->split, name, group ? "/" : "", group ? group : "");
  at->status = tfevents_scalar(at->writer, tag, at->step, (float)value, at->error);
}

despur_status run_events_add(run *r, const result_line *line, despur_error *error) {
  place at = {r->events, line->stage, line->split, line->epoch, DESPUR_OK, error};
  /* what was selected is one of the epochs that are there already */
  bool of_epoch = line->kind == RESULT_EPOCH || (line->kind == RESULT_SCORES && !line->selected);
  if (r->events && of_epoch) result_line_numbers(line, add_number, &at);
  return at.status;
}
