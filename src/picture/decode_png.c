/* PNG through libspng: every depth and colour type; of an animated one, the first picture. */
#include "base/memory.h"
#include "picture/picture.h"

#include <spng.h>

enum { SIDE_LIMIT = 0x7fffffff };

static despur_status refuse(int code, despur_error *error) {
  return error_set(error, code == SPNG_EMEM ? DESPUR_NO_RESOURCES : DESPUR_BAD_INPUT, "PNG: %s",
                   spng_strerror(code));
}

despur_status decode_png(picture *out, const uint8_t *bytes, size_t count, size_t side, int *orientation,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  struct spng_ihdr header;
  struct spng_exif exif;
  uint8_t *rgba = NULL;
  size_t needed;
  int code;
  (void)side;
  spng_ctx *png = spng_ctx_new(0);
  if (!png) FAIL(error, DESPUR_NO_RESOURCES, "out of memory");
  spng_set_image_limits(png, SIDE_LIMIT, SIDE_LIMIT);
  spng_set_chunk_limits(png, PICTURE_MOST_BYTES, PICTURE_MOST_BYTES);
  if ((code = spng_set_png_buffer(png, bytes, count)) || (code = spng_get_ihdr(png, &header))) {
    status = refuse(code, error);
    goto cleanup;
  }
  TRY(picture_check_size(header.width, header.height, error));
  if ((code = spng_decoded_image_size(png, SPNG_FMT_RGBA8, &needed))) {
    status = refuse(code, error);
    goto cleanup;
  }
  TRY(mem_alloc(&rgba, needed, 1, error));
  if ((code = spng_decode_image(png, rgba, needed, SPNG_FMT_RGBA8, SPNG_DECODE_TRNS))) {
    status = refuse(code, error);
    goto cleanup;
  }
  TRY(picture_allocate(out, header.width, header.height, error));
  picture_on_white(out->rgb, rgba, out->width * out->height);
  if (spng_get_exif(png, &exif) == 0)
    *orientation = exif_orientation((const uint8_t *)exif.data, exif.length);
cleanup:
  mem_free(rgba);
  spng_ctx_free(png);
  return status;
}
