/* manifest.json: by what program files were made, from which others, and how that ended. Every directory that
 * despur leaves has one. */
#ifndef RECORD_MANIFEST_H
#define RECORD_MANIFEST_H

#include "base/json_write.h"

#include "base/json_read.h"

typedef struct record_manifest {
  char *version; /* of despur */
  char *outcome; /* complete, interrupted, failed */
  char *message; /* why it is not complete, or "" */
  char *data;    /* what was measured, in words */
  char *what;    /* the same without where it lies or the seed that it was drawn with; "": not known */
  bool seeded;
  int64_t seed;
  bool hashed;                /* whether the files are listed: not where a run failed before it read any */
  text_pairs inputs, outputs; /* SHA-256 of each file by its name */
} record_manifest;

/* Texts that are "" or NULL are left out. */
void manifest_write(json_writer *j, const record_manifest *manifest);

/* The whole file, for which texts may be constants; *out is released with mem_free. */
DESPUR_MUST_USE despur_status manifest_print(char **out, const record_manifest *manifest,
                                             despur_error *error);

/* Texts that are absent are "", lists empty. object: as json_read_object gives it; NULL: nothing is there.
 * Release with manifest_release, also after an error. */
DESPUR_MUST_USE despur_status manifest_from(record_manifest *out, const json_value *object,
                                            despur_error *error);

/* content: of the file at path. */
DESPUR_MUST_USE despur_status manifest_parse(record_manifest *out, const char *content, size_t bytes,
                                             const char *path, despur_error *error);

/* Hashes alone, as a checkpoint keeps them. *out is released with mem_free, *hashes with
 * text_pairs_release, also after an error. */
DESPUR_MUST_USE despur_status hashes_print(char **out, const text_pairs *hashes, despur_error *error);
DESPUR_MUST_USE despur_status hashes_parse(text_pairs *out, const char *content, const char *path,
                                           despur_error *error);

/* Only for one whose texts are its own. */
void manifest_release(record_manifest *manifest);

#endif
