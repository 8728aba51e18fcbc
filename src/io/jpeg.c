#include "io/jpeg.h"

#ifdef DESPUR_HAVE_JPEG

#include "base/memory.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

enum { QUALITY = 85, BLOCK = 16, HEADERS = 2048 };

/* The library leaves through longjmp on an error; all that must survive it lives here. */
typedef struct jpeg_writer {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  jmp_buf leave;
  char reason[JMSG_LENGTH_MAX];
  unsigned char *bytes;
  unsigned long count;
} jpeg_writer;

_Noreturn static void leave_on_error(j_common_ptr jpeg) {
  jpeg_writer *w = jpeg->client_data;
  jpeg->err->format_message(jpeg, w->reason);
  longjmp(w->leave, 1);
}

static bool encode(jpeg_writer *w, size_t width, size_t height, const uint8_t *rgb) {
  struct jpeg_compress_struct *jpeg = &w->jpeg;
  if (setjmp(w->leave) != 0) return false;
  jpeg_create_compress(jpeg);
  jpeg_mem_dest(jpeg, &w->bytes, &w->count);
  jpeg->image_width = (JDIMENSION)width;
  jpeg->image_height = (JDIMENSION)height;
  jpeg->input_components = 3;
  jpeg->in_color_space = JCS_RGB;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, QUALITY, TRUE);
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->optimize_coding = TRUE; /* tables are a sixth of a small picture */
  jpeg_start_compress(jpeg, TRUE);
  while (jpeg->next_scanline < jpeg->image_height) {
    JSAMPROW row = (JSAMPROW)(uintptr_t)(rgb + 3 * width * jpeg->next_scanline);
    jpeg_write_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_compress(jpeg);
  return true;
}

/* What no picture exceeds: so the library never asks for more, and what it writes into stays ours. */
static size_t most_bytes(size_t width, size_t height) {
  const size_t across = (width + BLOCK - 1) / BLOCK * BLOCK, down = (height + BLOCK - 1) / BLOCK * BLOCK;
  return 3 * across * down + HEADERS;
}

despur_status jpeg_encode(uint8_t **jpeg, size_t *bytes, size_t width, size_t height, const uint8_t *rgb,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  jpeg_writer w = {.count = 0};
  *jpeg = NULL;
  if (width == 0 || height == 0 || width > JPEG_MAX_DIMENSION || height > JPEG_MAX_DIMENSION)
    return error_set(error, DESPUR_BAD_INPUT,
                     "a picture of %zu x %zu pixels cannot be written, only 1 to %ld a side", width, height,
                     JPEG_MAX_DIMENSION);
  TRY(mem_alloc(&w.bytes, most_bytes(width, height), 1, error));
  w.count = most_bytes(width, height);
  w.jpeg.err = jpeg_std_error(&w.errors);
  w.errors.error_exit = leave_on_error;
  w.jpeg.client_data = &w;
  const bool done = encode(&w, width, height, rgb);
  jpeg_destroy_compress(&w.jpeg);
  if (!done) FAIL(error, DESPUR_NO_RESOURCES, "cannot encode the picture: %s", w.reason);
  *jpeg = w.bytes;
  *bytes = w.count;
  w.bytes = NULL;
cleanup:
  mem_free(w.bytes);
  return status;
}

#else

typedef int nothing; /* a file must not be empty */

#endif
