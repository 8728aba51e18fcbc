/* Fetching published data sets, and where images are looked for. Thread-safe. */
#ifndef DESPUR_FETCH_H
#define DESPUR_FETCH_H

#include "despur/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Is told what happens, one line without a line break at a time. A return value other than 0 stops the
 * fetching. */
typedef int despur_fetch_observer(void *context, const char *line);

/* Downloads a published data set ("mnist") into a directory, which is created; NULL is the user's cache,
 * where images: auto finds it. Files that are there already with the right SHA-256 are kept, partial ones are
 * continued ("NAME.partial"), and a file gets its name only after its SHA-256 was found right; one of that
 * name with another content is not replaced (DESPUR_BAD_USAGE). Only https is spoken.
 *
 * $DESPUR_MIRROR, when set, is the address used in place of the known mirrors: https, or http to this
 * machine. observer may be NULL. Errors: an unknown name (DESPUR_BAD_USAGE); no connection, a wrong checksum,
 * or a despur that was built without libcurl (DESPUR_BAD_INPUT); a failed write (DESPUR_NO_RESOURCES); the
 * observer said stop (DESPUR_INTERRUPTED). Without a network it fails within ten seconds. */
DESPUR_API DESPUR_MUST_USE despur_status despur_fetch(const char *name, const char *directory,
                                                      despur_fetch_observer *observer, void *context,
                                                      despur_error *error);

enum { DESPUR_PLACE_LINE = 1024 };

/* Writes the index-th place (from 0) where images: auto looks as one line for people, such as
 * "the user's cache: /home/user/.cache/despur/mnist". Returns 0 when there are no more. */
DESPUR_API int despur_image_place(size_t index, char line[DESPUR_PLACE_LINE]);

#ifdef __cplusplus
}
#endif
#endif
