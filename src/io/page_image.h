/* Pictures as bytes that a page holds within itself. */
#ifndef IO_PAGE_IMAGE_H
#define IO_PAGE_IMAGE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a pixel of a photograph takes, and of a map over it, on average and at most. */
#ifdef DESPUR_HAVE_JPEG
#define PAGE_IMAGE_PIXEL_BYTES 0.4
#else
#define PAGE_IMAGE_PIXEL_BYTES 1.6
#endif

typedef struct page_image {
  uint8_t *bytes;
  size_t count;
  bool is_jpeg; /* else PNG */
} page_image;

/* rgb: [height, width, 3]. PNG where it has to be exact, or is no larger than a JPEG, as of drawings, or
 * despur was built without libjpeg; else JPEG, of which photographs take a fifth. Release with
 * page_image_release, also after an error. */
DESPUR_MUST_USE despur_status page_image_encode(page_image *out, size_t width, size_t height,
                                                const uint8_t *rgb, bool exact, despur_error *error);

void page_image_release(page_image *image); /* leaves it empty */

#endif
