/* Pictures as people have them, from the bytes of a file to rows of red, green and blue. The format is told
 * by content, never by name.
 *
 * What a file says of itself is checked before memory is taken for it. Messages say what is wrong with a
 * picture; the caller puts its name in front. */
#ifndef PICTURE_PICTURE_H
#define PICTURE_PICTURE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PICTURE_MOST_PIXELS = 100000000, PICTURE_MOST_BYTES = 256 << 20 };

/* {0} is empty. */
typedef struct picture {
  size_t width, height;
  uint8_t *rgb; /* [height, width, 3] */
} picture;

/* Decodes JPEG, PNG, WebP, PPM and PGM. Grey becomes three equal values, 16 bits their upper 8, CMYK what
 * Pillow makes of it, transparent pixels lie on white; the orientation that EXIF tells is carried out. A
 * JPEG is decoded at a half, a quarter or an eighth of its size where its shorter side then still has `least`
 * pixels; 0: never. Release with picture_release. */
DESPUR_MUST_USE despur_status picture_decode(picture *out, const uint8_t *bytes, size_t count, size_t least,
                                             despur_error *error);
void picture_release(picture *p); /* leaves it empty */

/* ---- for the decoders ---- */

/* Takes memory for a picture of this size; DESPUR_BAD_INPUT beyond PICTURE_MOST_PIXELS. */
DESPUR_MUST_USE despur_status picture_allocate(picture *out, size_t width, size_t height,
                                               despur_error *error);
DESPUR_MUST_USE despur_status picture_check_size(size_t width, size_t height, despur_error *error);

/* Each fills an empty picture; *orientation, 1 before, gets what the file tells (exif_orientation). */
typedef despur_status picture_decoder(picture *out, const uint8_t *bytes, size_t count, size_t least,
                                      int *orientation, despur_error *error);
picture_decoder decode_jpeg, decode_png, decode_webp, decode_pnm;

/* Lays count pixels of red, green, blue and alpha on white. */
void picture_on_white(uint8_t *rgb, const uint8_t *rgba, size_t count);

/* The orientation, 1 to 8, that a block of EXIF (from its TIFF header) tells; 1 when it tells none. Only its
 * first directory is looked at. */
int exif_orientation(const uint8_t *exif, size_t count);

/* Turns and mirrors a picture so that it stands as an orientation from 1 to 8 asks. */
DESPUR_MUST_USE despur_status picture_orient(picture *p, int orientation, despur_error *error);

#endif
