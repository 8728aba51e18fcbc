/* The bytes of a file, of standard input ("-"), or of what is packed in either with gzip, told apart by
 * content. Memory does not grow with the file. */
#ifndef IO_SOURCE_H
#define IO_SOURCE_H

#include "base/error.h"

#include <stddef.h>

typedef struct byte_source byte_source;

DESPUR_MUST_USE despur_status source_open(byte_source **out, const char *path, despur_error *error);
void source_close(byte_source *source); /* NULL is accepted */

/* What it is called in messages. */
const char *source_name(const byte_source *source);

/* Its first bytes, up to 4096, whether they have been read or not. */
const char *source_start(const byte_source *source, size_t *bytes);

/* How many bytes there are; 0 where only the end will tell: of standard input and of what is packed. */
size_t source_bytes(const byte_source *source);

/* The next bytes, fewer only at the end; *got is what came. Packed data that end too early, or behind which
 * there is something else than more of the same, are DESPUR_BAD_INPUT. */
DESPUR_MUST_USE despur_status source_read(byte_source *source, void *data, size_t bytes, size_t *got,
                                          despur_error *error);

#endif
