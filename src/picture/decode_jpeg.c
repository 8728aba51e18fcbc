/* JPEG through libjpeg-turbo, where despur was built with it: baseline and progressive.
 *
 * The library leaves through longjmp on an error; all that must survive it lives in one structure of the
 * caller. A file that ends too early is an error, as in Pillow; other damage that the library can step over
 * is not. */
#include "base/memory.h"
#include "picture/picture.h"

#ifdef DESPUR_HAVE_JPEG

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

/* A progressive picture of a few bytes can ask for any number of passes over all its pixels. */
enum { MOST_SCANS = 500, EXIF_MARKER = JPEG_APP0 + 1, EXIF_HEAD = 6 };

typedef struct jpeg_reader {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf leave;
  char reason[JMSG_LENGTH_MAX];
  uint8_t *row; /* of four colours */
  size_t least;
  picture *out;
  int *orientation;
  despur_status status;
  despur_error *error;
} jpeg_reader;

_Noreturn static void leave_on_error(j_common_ptr jpeg) {
  jpeg_reader *r = jpeg->client_data;
  jpeg->err->format_message(jpeg, r->reason);
  longjmp(r->leave, 1);
}

static void take_message(j_common_ptr jpeg, int level) {
  jpeg_reader *r = jpeg->client_data;
  if (level >= 0 || jpeg->err->msg_code != JWRN_JPEG_EOF) return;
  snprintf(r->reason, sizeof r->reason, "the file ends too early");
  longjmp(r->leave, 1);
}

static void watch_scans(j_common_ptr jpeg) {
  jpeg_reader *r = jpeg->client_data;
  if (r->jpeg.input_scan_number <= MOST_SCANS) return;
  snprintf(r->reason, sizeof r->reason, "more than %d scans", MOST_SCANS);
  longjmp(r->leave, 1);
}

static void read_orientation(jpeg_reader *r) {
  for (jpeg_saved_marker_ptr m = r->jpeg.marker_list; m; m = m->next)
    if (m->marker == EXIF_MARKER && m->data_length > EXIF_HEAD && !memcmp(m->data, "Exif\0\0", EXIF_HEAD)) {
      *r->orientation = exif_orientation(m->data + EXIF_HEAD, m->data_length - EXIF_HEAD);
      return;
    }
}

/* The smallest of the full size, a half, a quarter and an eighth that is large enough. */
static unsigned reduction(const jpeg_reader *r) {
  const unsigned width = r->jpeg.image_width, height = r->jpeg.image_height;
  const size_t shorter = width < height ? width : height;
  unsigned by = 1;
  while (r->least > 0 && by < 8 && shorter / ((size_t)2 * by) >= r->least) by *= 2;
  return by;
}

/* x y / 255, rounded. */
static unsigned product(unsigned x, unsigned y) {
  const unsigned p = x * y + 128;
  return ((p >> 8) + p) >> 8;
}

/* Adobe's programs store the complement of the inks. */
static void inks_to_rgb(uint8_t *rgb, const uint8_t *inks, size_t count, bool inverted) {
  for (size_t i = 0; i < count; i++) {
    const uint8_t flip = inverted ? 255 : 0;
    const unsigned left = 255u - (inks[4 * i + 3] ^ flip);
    for (size_t c = 0; c < 3; c++) rgb[3 * i + c] = (uint8_t)(left - product(inks[4 * i + c] ^ flip, left));
  }
}

static despur_status read_rows(jpeg_reader *r) {
  despur_status status = DESPUR_OK;
  despur_error *error = r->error;
  struct jpeg_decompress_struct *jpeg = &r->jpeg;
  const bool inks = jpeg->num_components == 4;
  jpeg->out_color_space = inks ? JCS_CMYK : JCS_RGB;
  jpeg->scale_num = 1;
  jpeg->scale_denom = reduction(r);
  jpeg_start_decompress(jpeg);
  TRY(picture_allocate(r->out, jpeg->output_width, jpeg->output_height, error));
  if (inks) TRY(mem_alloc(&r->row, jpeg->output_width, 4, error));
  while (jpeg->output_scanline < jpeg->output_height) {
    uint8_t *to = r->out->rgb + 3 * r->out->width * jpeg->output_scanline;
    JSAMPROW row = inks ? r->row : to;
    if (jpeg_read_scanlines(jpeg, &row, 1) != 1) FAIL(error, DESPUR_BAD_INPUT, "JPEG: a row is missing");
    if (inks) inks_to_rgb(to, row, r->out->width, jpeg->saw_Adobe_marker);
  }
  jpeg_finish_decompress(jpeg);
cleanup:
  return status;
}

/* All that may leave early. */
static void decode(jpeg_reader *r, const uint8_t *bytes, size_t count) {
  if (setjmp(r->leave) != 0) {
    if (r->status == DESPUR_OK) r->status = error_set(r->error, DESPUR_BAD_INPUT, "JPEG: %s", r->reason);
    return;
  }
  jpeg_create_decompress(&r->jpeg);
  jpeg_mem_src(&r->jpeg, bytes, (unsigned long)count);
  jpeg_save_markers(&r->jpeg, EXIF_MARKER, 0xffff);
  jpeg_read_header(&r->jpeg, TRUE);
  r->status = picture_check_size(r->jpeg.image_width, r->jpeg.image_height, r->error);
  if (r->status != DESPUR_OK) return;
  read_orientation(r);
  r->jpeg.progress = &r->progress;
  r->status = read_rows(r);
}

despur_status decode_jpeg(picture *out, const uint8_t *bytes, size_t count, size_t least, int *orientation,
                          despur_error *error) {
  jpeg_reader r = {.least = least, .out = out, .orientation = orientation, .error = error};
  r.jpeg.err = jpeg_std_error(&r.errors);
  r.errors.error_exit = leave_on_error;
  r.errors.emit_message = take_message;
  r.progress.progress_monitor = watch_scans;
  r.jpeg.client_data = &r;
  decode(&r, bytes, count);
  jpeg_destroy_decompress(&r.jpeg);
  mem_free(r.row);
  return r.status;
}

#else

despur_status decode_jpeg(picture *out, const uint8_t *bytes, size_t count, size_t least, int *orientation,
                          despur_error *error) {
  (void)out, (void)bytes, (void)count, (void)least, (void)orientation;
  return error_set(error, DESPUR_BAD_INPUT, "JPEG: this despur was built without libjpeg");
}

#endif
