/* Small copies of pictures for a page: of files below a folder, or of an array. */
#include "base/memory.h"
#include "io/file.h"
#include "io/npy.h"
#include "picture/list.h"
#include "picture/resize.h"

void despur_thumbnails_release(despur_thumbnail *thumbnails, size_t count) {
  for (size_t i = 0; thumbnails && i < count; i++) {
    mem_free(thumbnails[i].rgb);
    thumbnails[i] = (despur_thumbnail){0};
  }
}

/* ---- of files ---- */

static despur_status read_one(despur_thumbnail *out, const char *folder, const char *name, size_t side,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[FILE_PATH], *bytes = NULL;
  size_t count;
  picture decoded = {0};
  if (list_leaves(name))
    FAIL(error, DESPUR_BAD_INPUT, "expected the path of a picture below '%s', found '%.200s'", folder, name);
  TRY(file_join(path, folder, name, error));
  TRY(file_read(&bytes, &count, path, PICTURE_MOST_BYTES, error));
  status = picture_decode(&decoded, (const uint8_t *)bytes, count, 2 * side, error);
  if (status != DESPUR_OK) error_prefix(error, "%s: ", path);
  if (status == DESPUR_OK) status = picture_shrink(out, &decoded, side, error);
cleanup:
  picture_release(&decoded);
  mem_free(bytes);
  return status;
}

despur_status despur_thumbnails_of_folder(despur_thumbnail *out, const char *folder, const char *const *names,
                                          size_t count, size_t side, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < count; i++) out[i] = (despur_thumbnail){0};
  if (side == 0) FAIL(error, DESPUR_BAD_USAGE, "thumbnails: expected a side of at least 1 pixel, found 0");
  for (size_t i = 0; i < count; i++) TRY(read_one(&out[i], folder, names[i], side, error));
cleanup:
  if (status != DESPUR_OK) despur_thumbnails_release(out, count);
  return status;
}

/* ---- of arrays ---- */

/* How the values of one picture lie in an array. */
typedef struct planes {
  size_t channels, height, width;
  bool last; /* channels last */
} planes;

static bool is_colours(size_t channels) {
  return channels == 1 || channels == 3;
}

static despur_status find_planes(planes *out, const npy_array *a, const char *path, despur_error *error) {
  const size_t *s = a->shape;
  if (a->type != NPY_U8 && a->type != NPY_F32)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected pictures as bytes or as float32, found %s", path,
                     npy_type_name(a->type));
  if (a->rank == 3)
    *out = (planes){1, s[1], s[2], false};
  else if (a->rank == 4 && is_colours(s[1]))
    *out = (planes){s[1], s[2], s[3], false};
  else if (a->rank == 4 && is_colours(s[3]))
    *out = (planes){s[3], s[1], s[2], true};
  else
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: expected pictures [n, rows, columns], or with 1 or 3 channels before or behind "
                     "these, found an array of %zu dimensions",
                     path, a->rank);
  if (a->count == 0) return error_set(error, DESPUR_BAD_INPUT, "%s: expected pictures, found none", path);
  return picture_check_size(out->width, out->height, error);
}

/* Floats are from 0 to 1, and cut off beyond: whoever has other numbers has not kept the picture. */
static uint8_t byte_at(const npy_array *a, size_t at) {
  if (a->type == NPY_U8) return ((const uint8_t *)a->data)[at];
  const float value = ((const float *)a->data)[at];
  return value >= 1 ? 255 : value > 0 ? (uint8_t)(255 * value + 0.5F) : 0;
}

static void copy_picture(uint8_t *rgb, const npy_array *a, const planes *p, size_t row) {
  const size_t pixels = p->width * p->height, first = row * pixels * p->channels;
  for (size_t i = 0; i < pixels; i++)
    for (size_t c = 0; c < 3; c++) {
      size_t channel = p->channels == 1 ? 0 : c;
      rgb[3 * i + c] = byte_at(a, first + (p->last ? i * p->channels + channel : channel * pixels + i));
    }
}

despur_status despur_thumbnails_of_array(despur_thumbnail *out, const char *path, size_t rows,
                                         const uint32_t *wanted, size_t count, size_t side,
                                         despur_error *error) {
  despur_status status = DESPUR_OK;
  npy_array array = {0};
  planes p;
  picture one = {0};
  for (size_t i = 0; i < count; i++) out[i] = (despur_thumbnail){0};
  if (side == 0) FAIL(error, DESPUR_BAD_USAGE, "thumbnails: expected a side of at least 1 pixel, found 0");
  TRY(npy_open(&array, path, error));
  TRY(find_planes(&p, &array, path, error));
  if (array.shape[0] != rows)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected a picture for each of %zu examples, found %zu", path, rows,
         array.shape[0]);
  TRY(picture_allocate(&one, p.width, p.height, error));
  for (size_t i = 0; i < count; i++) {
    if (wanted[i] >= rows)
      FAIL(error, DESPUR_BAD_USAGE, "thumbnails: expected pictures below %zu, found %u", rows, wanted[i]);
    copy_picture(one.rgb, &array, &p, wanted[i]);
    TRY(picture_shrink(&out[i], &one, side, error));
  }
cleanup:
  picture_release(&one);
  npy_close(&array);
  if (status != DESPUR_OK) despur_thumbnails_release(out, count);
  return status;
}
