/* Which decoder a picture needs. */
#include "picture/picture.h"

#include <string.h>

typedef struct picture_format {
  const char *name;
  picture_decoder *decode; /* NULL: known, but not read here */
  size_t offset, length;
  const char *magic;
} picture_format;

static const picture_format FORMATS[] = {{"JPEG", decode_jpeg, 0, 3, "\xff\xd8\xff"},
                                         {"PNG", decode_png, 0, 8, "\x89PNG\r\n\x1a\n"},
                                         {"WebP", decode_webp, 8, 4, "WEBP"},
                                         {"PPM", decode_pnm, 0, 2, "P6"},
                                         {"PGM", decode_pnm, 0, 2, "P5"},
                                         {"GIF", NULL, 0, 4, "GIF8"},
                                         {"BMP", NULL, 0, 2, "BM"},
                                         {"TIFF", NULL, 0, 4, "II*\0"},
                                         {"TIFF", NULL, 0, 4, "MM\0*"},
                                         {"HEIC or AVIF", NULL, 4, 4, "ftyp"}};

static const picture_format *format_of(const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
    const picture_format *f = &FORMATS[i];
    if (count >= f->offset + f->length && !memcmp(bytes + f->offset, f->magic, f->length)) return f;
  }
  return NULL;
}

despur_status picture_decode(picture *out, const uint8_t *bytes, size_t count, size_t least,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  int orientation = 1;
  *out = (picture){0};
  const picture_format *format = format_of(bytes, count);
  if (count == 0) FAIL(error, DESPUR_BAD_INPUT, "expected a picture, found an empty file");
  if (!format) FAIL(error, DESPUR_BAD_INPUT, "expected JPEG, PNG, WebP or PPM, found none of these");
  if (!format->decode)
    FAIL(error, DESPUR_BAD_INPUT, "expected JPEG, PNG, WebP or PPM, found %s", format->name);
  TRY(format->decode(out, bytes, count, least, &orientation, error));
  TRY(picture_orient(out, orientation, error));
cleanup:
  if (status != DESPUR_OK) picture_release(out);
  return status;
}
