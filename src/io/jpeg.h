/* JPEG pictures, through libjpeg-turbo, where despur was built with it. */
#ifndef IO_JPEG_H
#define IO_JPEG_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#ifdef DESPUR_HAVE_JPEG
/* rgb: [height, width, 3]. *jpeg = *bytes bytes, released with mem_free. Baseline, with colours at half the
 * resolution. The transform is the one of whole numbers, which gives the same bytes with every instruction
 * set. */
DESPUR_MUST_USE despur_status jpeg_encode(uint8_t **jpeg, size_t *bytes, size_t width, size_t height,
                                          const uint8_t *rgb, despur_error *error);
#endif

#endif
