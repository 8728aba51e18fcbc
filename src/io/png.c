#include "io/png.h"

#include "base/memory.h"
#include "io/file.h"

#include <spng.h>
#include <stdlib.h>

enum { SIZE_LIMIT = 0x7fffffff }; /* of a side, by the PNG specification */

static int encode(void **png, size_t *bytes, size_t width, size_t height, const uint8_t *rgb,
                  size_t rgb_bytes) {
  *png = NULL;
  spng_ctx *context = spng_ctx_new(SPNG_CTX_ENCODER);
  if (!context) return SPNG_EMEM;
  struct spng_ihdr header = {.width = (uint32_t)width,
                             .height = (uint32_t)height,
                             .bit_depth = 8,
                             .color_type = SPNG_COLOR_TYPE_TRUECOLOR};
  int code = spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1);
  if (code == SPNG_OK) code = spng_set_ihdr(context, &header);
  if (code == SPNG_OK) code = spng_encode_image(context, rgb, rgb_bytes, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
  if (code == SPNG_OK) *png = spng_get_png_buffer(context, bytes, &code);
  spng_ctx_free(context);
  return code;
}

despur_status png_encode(uint8_t **png, size_t *bytes, size_t width, size_t height, const uint8_t *rgb,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  void *encoded = NULL;
  size_t rgb_bytes;
  *png = NULL;
  if (width == 0 || height == 0 || width > SIZE_LIMIT || height > SIZE_LIMIT)
    FAIL(error, DESPUR_BAD_INPUT, "a picture of %zu x %zu pixels cannot be written, only 1 to %d a side",
         width, height, SIZE_LIMIT);
  TRY(mem_multiply(&rgb_bytes, width * height, 3, error));
  int code = encode(&encoded, bytes, width, height, rgb, rgb_bytes);
  if (code != SPNG_OK) FAIL(error, DESPUR_NO_RESOURCES, "cannot encode the picture: %s", spng_strerror(code));
  *png = encoded;
cleanup:
  return status;
}

/* Behind signature and header of a file: a chunk that says who made it, so that despur may replace it.
 * Pictures within other files do without. */
static const char MADE_BY[] = "\0\0\0\x0ftEXtSoftware\0despur\xd2\x93\x10\x6b";
enum { HEADER_BYTES = 8 + 25 };

despur_status png_save(const char *path, const uint8_t *png, size_t bytes, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  TRY(file_writer_open(&writer, path, error));
  TRY(file_write(writer, png, HEADER_BYTES, error));
  TRY(file_write(writer, MADE_BY, sizeof MADE_BY - 1, error));
  TRY(file_write(writer, png + HEADER_BYTES, bytes - HEADER_BYTES, error));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}

despur_status png_write(const char *path, size_t width, size_t height, const uint8_t *rgb,
                        despur_error *error) {
  uint8_t *png;
  size_t bytes;
  despur_status status = png_encode(&png, &bytes, width, height, rgb, error);
  if (status != DESPUR_OK)
    error_prefix(error, "%s: ", path);
  else
    status = png_save(path, png, bytes, error);
  free(png);
  return status;
}
