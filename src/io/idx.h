/* IDX, the format of MNIST: 00 00, a byte for the type of the elements (08: unsigned byte), one for the
 * number of dimensions, their sizes as big-endian numbers of 32 bits, then the elements, the last dimension
 * fastest. Plain or gzip, told apart by content. Only unsigned bytes. */
#ifndef IO_IDX_H
#define IO_IDX_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct idx_reader idx_reader;

enum { IDX_MAX_RANK = 4 };

/* Opens path, or path with ".gz" appended when only that exists, and reads the header. rank is what is
 * expected (3 for images, 1 for labels); shape gets the sizes. */
DESPUR_MUST_USE despur_status idx_open(idx_reader **reader, const char *path, size_t rank,
                                       size_t shape[IDX_MAX_RANK], despur_error *error);

/* Reads all bytes (the product of shape) into data, and checks that the file ends there. */
DESPUR_MUST_USE despur_status idx_read(idx_reader *reader, uint8_t *data, despur_error *error);

void idx_close(idx_reader *reader); /* NULL is accepted */

#endif
