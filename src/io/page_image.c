#include "io/page_image.h"

#include "base/memory.h"
#include "io/jpeg.h"
#include "io/png.h"

void page_image_release(page_image *image) {
  mem_free(image->bytes);
  *image = (page_image){0};
}

#ifdef DESPUR_HAVE_JPEG
/* Takes a JPEG where that is smaller. */
static despur_status try_jpeg(page_image *image, size_t width, size_t height, const uint8_t *rgb,
                              despur_error *error) {
  page_image jpeg = {.is_jpeg = true};
  const despur_status status = jpeg_encode(&jpeg.bytes, &jpeg.count, width, height, rgb, error);
  if (status != DESPUR_OK) return status;
  if (jpeg.count < image->count) {
    const page_image png = *image;
    *image = jpeg;
    jpeg = png;
  }
  page_image_release(&jpeg);
  return DESPUR_OK;
}
#endif

despur_status page_image_encode(page_image *out, size_t width, size_t height, const uint8_t *rgb, bool exact,
                                despur_error *error) {
  *out = (page_image){0};
  despur_status status = png_encode(&out->bytes, &out->count, width, height, rgb, error);
#ifdef DESPUR_HAVE_JPEG
  if (status == DESPUR_OK && !exact) status = try_jpeg(out, width, height, rgb, error);
#else
  (void)exact;
#endif
  return status;
}
