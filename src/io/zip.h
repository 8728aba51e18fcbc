/* Members of zip archives (PKWARE's APPNOTE), found by the central directory: stored or deflated ones, also
 * with sizes beyond 4 GiB (Zip64). What reads them is io/inflate.h. */
#ifndef IO_ZIP_H
#define IO_ZIP_H

#include "base/text.h"
#include "io/inflate.h"

typedef struct zip_member {
  uint64_t offset, packed,
      bytes;              /* where its data lie in the file, how many there are, and what they become */
  uint64_t record, local; /* where the entry of the directory and the header before the data are */
  uint32_t crc;
  inflate_form form;
} zip_member;

/* Finds a member of an open archive of `bytes` bytes, by its whole name; NULL: the only one there is. path is
 * for messages. DESPUR_BAD_INPUT where there is none of that name, or it cannot be read. */
DESPUR_MUST_USE despur_status zip_find(zip_member *out, int descriptor, uint64_t bytes, const char *name,
                                       const char *path, despur_error *error);

/* Adds the names of all members, in the order of the directory. */
DESPUR_MUST_USE despur_status zip_list(text_list *out, int descriptor, uint64_t bytes, const char *path,
                                       despur_error *error);

#endif
