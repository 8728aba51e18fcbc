/* WebP through libwebp, where despur was built with it. Its container is a list of chunks (RIFF). */
#include "base/memory.h"
#include "picture/picture.h"

#ifdef DESPUR_HAVE_WEBP

#include <string.h>

#include <webp/decode.h>

enum { CHUNKS_AT = 12, CHUNK_HEAD = 8, EXIF_HEAD = 6 };

static size_t read_32(const uint8_t *at) {
  return (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
}

/* Chunks are padded to even lengths; some writers begin EXIF as in JPEG. */
static int orientation_of(const uint8_t *bytes, size_t count) {
  for (size_t at = CHUNKS_AT; count - at >= CHUNK_HEAD;) {
    const size_t length = read_32(bytes + at + 4), left = count - at - CHUNK_HEAD;
    const uint8_t *data = bytes + at + CHUNK_HEAD;
    if (length > left) return 1;
    if (memcmp(bytes + at, "EXIF", 4) == 0) {
      const bool headed = length > EXIF_HEAD && !memcmp(data, "Exif\0\0", EXIF_HEAD);
      return headed ? exif_orientation(data + EXIF_HEAD, length - EXIF_HEAD) : exif_orientation(data, length);
    }
    const size_t step = CHUNK_HEAD + length + (length & 1);
    if (step > count - at) return 1;
    at += step;
  }
  return 1;
}

despur_status decode_webp(picture *out, const uint8_t *bytes, size_t count, size_t side, int *orientation,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  uint8_t *rgba = NULL;
  WebPBitstreamFeatures features;
  (void)side;
  if (WebPGetFeatures(bytes, count, &features) != VP8_STATUS_OK)
    FAIL(error, DESPUR_BAD_INPUT, "WebP: damaged, or the file ends too early");
  if (features.has_animation) FAIL(error, DESPUR_BAD_INPUT, "expected a picture, found an animation (WebP)");
  const size_t width = (size_t)features.width, height = (size_t)features.height;
  TRY(picture_allocate(out, width, height, error));
  TRY(mem_alloc(&rgba, width * height, 4, error));
  if (!WebPDecodeRGBAInto(bytes, count, rgba, width * height * 4, 4 * features.width))
    FAIL(error, DESPUR_BAD_INPUT, "WebP: damaged, or the file ends too early");
  picture_on_white(out->rgb, rgba, width * height);
  *orientation = orientation_of(bytes, count);
cleanup:
  mem_free(rgba);
  return status;
}

#else

despur_status decode_webp(picture *out, const uint8_t *bytes, size_t count, size_t side, int *orientation,
                          despur_error *error) {
  (void)out, (void)bytes, (void)count, (void)side, (void)orientation;
  return error_set(error, DESPUR_BAD_INPUT, "WebP: this despur was built without libwebp");
}

#endif
