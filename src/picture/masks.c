/* Where a shortcut lies in each picture, as a folder of masks tells it. A mask goes the way of its picture:
 * the shorter side to a length, then the middle square, but by nearest pixels. */
#include "base/memory.h"
#include "data/dataset.h"
#include "io/file.h"
#include "picture/photograph.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { BRIGHT = 3 * 128, LISTED = 5 };

/* FOLDER/sea/7.jpg, or else FOLDER/sea/7.png. */
static despur_status find_mask(char path[FILE_PATH], const char *folder, const char *name,
                               despur_error *error) {
  despur_status status = file_join(path, folder, name, error);
  if (status != DESPUR_OK || file_exists(path)) return status;
  char *dot = strrchr(path, '.');
  if (dot && !strchr(dot, '/') && FILE_PATH - (size_t)(dot - path) > sizeof ".png")
    memcpy(dot, ".png", sizeof ".png");
  return DESPUR_OK;
}

static despur_status read_mask(picture *out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *bytes = NULL;
  size_t count;
  TRY(file_read(&bytes, &count, path, PICTURE_MOST_BYTES, error));
  status = picture_decode(out, (const uint8_t *)bytes, count, 0, error);
  if (status != DESPUR_OK) error_prefix(error, "%s: ", path);
cleanup:
  mem_free(bytes);
  return status;
}

/* The pixel of a mask of `from` pixels that lies over pixel `at` of the same in `to` pixels. */
static size_t nearest(size_t at, size_t from, size_t to) {
  return (2 * at + 1) * from / (2 * to);
}

static void mark(uint8_t *bits, const picture *mask, size_t side, size_t shorter) {
  size_t width, height;
  const picture_box box = picture_fit_box(mask, side, shorter, &width, &height);
  for (size_t i = 0; i < side * side; i++) {
    const size_t row = nearest(box.top + i / side, mask->height, height),
                 column = nearest(box.left + i % side, mask->width, width);
    const uint8_t *rgb = mask->rgb + 3 * (row * mask->width + column);
    if (rgb[0] + rgb[1] + rgb[2] >= BRIGHT) bits[i / CHAR_BIT] |= (uint8_t)(1 << i % CHAR_BIT);
  }
}

/* All that are missing are counted, and the first are named. */
static despur_status check_files(const despur_pictures *p, const char *folder, const uint32_t *examples,
                                 size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[FILE_PATH], names[256] = "";
  size_t missing = 0, length = 0;
  for (size_t i = 0; i < count; i++) {
    const char *name = despur_pictures_path(p, examples[i]);
    TRY(find_mask(path, folder, name, error));
    if (file_exists(path)) continue;
    if (missing++ < LISTED && length + 1 < sizeof names)
      length += (size_t)snprintf(names + length, sizeof names - length, "%s%.40s", length ? ", " : "", name);
  }
  if (missing > 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected a mask for every picture, found none for %zu of %zu (%s%s)",
         folder, missing, count, names, missing > LISTED ? ", ..." : "");
cleanup:
  return status;
}

despur_status despur_dataset_mark_masks(despur_dataset *dataset, const char *folder, const uint32_t *examples,
                                        size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t side = dataset->shape.width, bytes = (side * side + CHAR_BIT - 1) / CHAR_BIT;
  picture mask = {0};
  char path[FILE_PATH];
  if (!dataset->pictures || pictures_shorter(dataset->pictures) == 0)
    FAIL(error, DESPUR_BAD_USAGE, "masks: expected pictures in files of their own, found %s",
         dataset->description);
  for (size_t i = 0; i < count; i++)
    if (examples[i] >= dataset->count)
      FAIL(error, DESPUR_BAD_INPUT, "masks: example %u of a data set with %zu examples", examples[i],
           dataset->count);
  TRY(check_files(dataset->pictures, folder, examples, count, error));
  mem_free(dataset->mask_of);
  mem_free(dataset->masks);
  dataset->masks = NULL;
  TRY(mem_alloc(&dataset->mask_of, dataset->count, sizeof *dataset->mask_of, error));
  TRY(mem_alloc(&dataset->masks, count, bytes, error));
  for (size_t i = 0; i < count; i++) {
    dataset->mask_of[examples[i]] = (uint32_t)i + 1;
    TRY(find_mask(path, folder, despur_pictures_path(dataset->pictures, examples[i]), error));
    TRY(read_mask(&mask, path, error));
    mark(dataset->masks + i * bytes, &mask, side, pictures_shorter(dataset->pictures));
    picture_release(&mask);
  }
cleanup:
  picture_release(&mask);
  return status;
}
