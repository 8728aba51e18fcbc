/* Inside of fetching: what a published data set consists of. */
#ifndef DATA_FETCH_H
#define DATA_FETCH_H

#include "despur/fetch.h"

enum { FETCH_MIRRORS = 2, FETCH_FILES = 4 };

typedef struct remote_file {
  const char *name; /* NULL beyond the last */
  size_t bytes;
  const char *sha256;
} remote_file;

typedef struct remote_set {
  const char *name;
  const char *mirrors[FETCH_MIRRORS]; /* addresses without the last slash; tried in order */
  remote_file files[FETCH_FILES + 1];
} remote_set;

/* despur_fetch for any set; directory is not NULL. */
DESPUR_MUST_USE despur_status fetch_set(const remote_set *set, const char *directory,
                                        despur_fetch_observer *observer, void *context, despur_error *error);

#endif
