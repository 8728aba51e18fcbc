/* Bytes of a file that may be compressed with deflate (RFC 1951), as they were before, read in order: gzip
 * files (RFC 1952, of one member or several), members of zip archives, or plain files. */
#ifndef IO_INFLATE_H
#define IO_INFLATE_H

#include "io/file.h"

/* No deflate stream is longer than this many times its compressed form (zlib, "Maximum Compression Factor").
 * What is both large and nearly nothing when compressed, by the two others, was made to fill memory. */
enum { INFLATE_MOST = 1032, INFLATE_LARGE = 1 << 26, INFLATE_LARGE_MOST = 100 };

typedef enum inflate_form {
  INFLATE_BY_START, /* gzip where it starts with gzip's two bytes, else plain */
  INFLATE_PLAIN,
  INFLATE_RAW /* deflate without a frame */
} inflate_form;

typedef struct inflater inflater;

/* Takes the next `bytes` bytes of an open file; the descriptor stays the caller's and must outlive the
 * inflater, as path must, which is for messages. */
DESPUR_MUST_USE despur_status inflater_open(inflater **out, int descriptor, uint64_t bytes, inflate_form form,
                                            const char *path, despur_error *error);
void inflater_close(inflater *in); /* NULL is accepted */

/* Reads the next bytes, less only at the end; *got is what came. Asked for more than there is, it has seen
 * the checksum of gzip, and that nothing but further members follows. DESPUR_BAD_INPUT for damaged data and
 * for bytes behind the compressed ones. */
DESPUR_MUST_USE despur_status inflater_read(inflater *in, void *data, size_t bytes, size_t *got,
                                            despur_error *error);

bool inflater_is_packed(const inflater *in);
/* Whether the end came before that of the compressed data. */
bool inflater_is_cut(const inflater *in);

/* Whether `packed` bytes that claim to become `bytes` are to be believed; else DESPUR_BAD_INPUT. what: such
 * as "pixels". */
DESPUR_MUST_USE despur_status inflate_check_size(uint64_t packed, uint64_t bytes, const char *path,
                                                 const char *what, despur_error *error);

#endif
