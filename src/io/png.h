/* PNG pictures, 8-bit RGB, through libspng. */
#ifndef IO_PNG_H
#define IO_PNG_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* rgb: [height, width, 3]. Written under a temporary name, then renamed. */
DESPUR_MUST_USE despur_status png_write(const char *path, size_t width, size_t height, const uint8_t *rgb,
                                        despur_error *error);

/* The same into memory: *png = *bytes bytes, which the caller frees with free(). */
DESPUR_MUST_USE despur_status png_encode(uint8_t **png, size_t *bytes, size_t width, size_t height,
                                         const uint8_t *rgb, despur_error *error);

/* Writes what png_encode has made to a file of its own. */
DESPUR_MUST_USE despur_status png_save(const char *path, const uint8_t *png, size_t bytes,
                                       despur_error *error);

#endif
