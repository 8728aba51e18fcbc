/* Examples of a run as pictures for a page. */
#include "run/networks/draw.h"
#include "base/memory.h"
#include "picture/resize.h"
#include "run/files/reopen.h"
#include "run/state/run_state.h"

static uint8_t byte_of(float value) {
  return value >= 1 ? 255 : value > 0 ? (uint8_t)(255 * value + 0.5F) : 0;
}

bool run_can_draw(const despur_dataset *dataset) {
  const despur_shape shape = despur_dataset_shape(dataset);
  return dataset->kind == DESPUR_INPUT_IMAGES && (shape.channels == 1 || shape.channels == 3);
}

despur_status run_draw(despur_thumbnail *out, const float *values, despur_shape shape, size_t side,
                       despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t pixels = shape.height * shape.width;
  picture whole = {0};
  if (side == 0) FAIL(error, DESPUR_BAD_USAGE, "thumbnails: expected a side of at least 1 pixel, found 0");
  TRY(picture_allocate(&whole, shape.width, shape.height, error));
  for (size_t i = 0; i < pixels; i++)
    for (size_t c = 0; c < 3; c++)
      whole.rgb[3 * i + c] = byte_of(values[(shape.channels == 1 ? 0 : c * pixels) + i]);
  TRY(picture_shrink(out, &whole, side, error));
cleanup:
  picture_release(&whole);
  return status;
}

despur_status despur_run_thumbnails(despur_thumbnail *out, const char *directory, const uint32_t *examples,
                                    size_t count, size_t side, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_config *config = NULL;
  despur_run_options options = {.directory = directory, .threads = 1};
  despur_run_result result = {0};
  run r = {.options = &options, .result = &result};
  float *values = NULL;
  for (size_t i = 0; i < count; i++) out[i] = (despur_thumbnail){0};
  TRY(run_reopen(&r, &config, error));
  const despur_shape shape = despur_dataset_shape(r.dataset);
  if (!run_can_draw(r.dataset)) goto cleanup;
  TRY(mem_alloc(&values, shape.channels * shape.height * shape.width, sizeof *values, error));
  for (size_t i = 0; i < count; i++) {
    if (examples[i] >= despur_dataset_count(r.dataset))
      FAIL(error, DESPUR_BAD_USAGE, "thumbnails: expected examples below %zu, found %u",
           despur_dataset_count(r.dataset), examples[i]);
    despur_dataset_image(r.dataset, examples[i], values);
    TRY(run_draw(&out[i], values, shape, side, error));
  }
cleanup:
  mem_free(values);
  run_release(&r);
  despur_config_free(config);
  if (status != DESPUR_OK) despur_thumbnails_release(out, count);
  return status;
}
