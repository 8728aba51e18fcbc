/* One picture of a list: from its file to bytes at the size that is wanted. */
#include "base/memory.h"
#include "io/file.h"
#include "picture/cache.h"
#include "picture/resize.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A record holds the planes of a square. */
enum { RECORD_SIDE = 32, RECORD_PLANE = RECORD_SIDE * RECORD_SIDE };

static despur_status read_record(picture *out, const char *path, uint64_t offset, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint8_t planes[3 * RECORD_PLANE];
  size_t bytes, got;
  int file = -1;
  TRY(file_open(&file, &bytes, path, error));
  if (lseek(file, (off_t)offset, SEEK_SET) < 0) FAIL(error, DESPUR_NO_RESOURCES, "%s: cannot seek", path);
  TRY(file_read_some(file, planes, sizeof planes, &got, path, error));
  if (got != sizeof planes) FAIL(error, DESPUR_BAD_INPUT, "%s: the file ends too early", path);
  TRY(picture_allocate(out, RECORD_SIDE, RECORD_SIDE, error));
  for (size_t i = 0; i < RECORD_PLANE; i++)
    for (size_t c = 0; c < 3; c++) out->rgb[3 * i + c] = planes[c * RECORD_PLANE + i];
cleanup:
  if (file >= 0) close(file);
  return status;
}

static despur_status read_file(picture *out, const char *path, size_t least, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *bytes = NULL;
  size_t count;
  TRY(file_read(&bytes, &count, path, PICTURE_MOST_BYTES, error));
  status = picture_decode(out, (const uint8_t *)bytes, count, least, error);
  if (status != DESPUR_OK) error_prefix(error, "%s: ", path);
cleanup:
  mem_free(bytes);
  return status;
}

despur_status picture_read(picture *out, const picture_list *list, size_t index, size_t least,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[FILE_PATH];
  const picture_entry *entry = &list->entries[index];
  *out = (picture){0};
  TRY(file_join(path, list->folder, entry->path, error));
  if (list->record > 0)
    TRY(read_record(out, path, entry->offset, error));
  else
    TRY(read_file(out, path, least, error));
cleanup:
  return status;
}

/* Where twice the size is left to the resize, it hides how the picture was reduced. */
static size_t least_of(const despur_pictures_options *options) {
  switch (options->scaled_decoding) {
  case DESPUR_SCALED_NEVER:
    return 0;
  case DESPUR_SCALED_NEAR:
    return options->shorter;
  default:
    return 2 * options->shorter;
  }
}

despur_status picture_load(uint8_t *out, const picture_list *list, size_t index,
                           const despur_pictures_options *options, despur_error *error) {
  picture decoded;
  despur_status status = picture_read(&decoded, list, index, least_of(options), error);
  if (status == DESPUR_OK)
    status = picture_fit(out, &decoded, options->side, options->shorter, options->filter, error);
  picture_release(&decoded);
  return status;
}
