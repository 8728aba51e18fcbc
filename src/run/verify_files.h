/* What verifying a run and a page of models have in common: the manifest's word about files, and the first
 * difference of two. A difference is no error, but told in the result. */
#ifndef RUN_VERIFY_FILES_H
#define RUN_VERIFY_FILES_H

#include "base/error.h"
#include "despur/run.h"
#include "record/manifest.h"

__attribute__((format(printf, 2, 3))) void verify_differ(despur_verify_result *result, const char *format,
                                                         ...);

/* The manifest comes from outside: a name in it must not lead out of the directory. */
DESPUR_MUST_USE despur_status verify_output_path(char path[1024], const char *directory, const char *name,
                                                 despur_error *error);

/* Whether files have the hashes that the manifest has for them; result->outputs counts them. */
DESPUR_MUST_USE despur_status verify_outputs(despur_verify_result *result, const char *directory,
                                             const text_pairs *kept, despur_error *error);

/* Where two files differ first: which number of which tensor, or which byte of which line. */
DESPUR_MUST_USE despur_status verify_compare(despur_verify_result *result, const char *before,
                                             const char *now, despur_error *error);

/* A temporary directory. */
DESPUR_MUST_USE despur_status verify_make_room(char room[512], despur_error *error);

/* DESPUR_BAD_INPUT when the manifest does not say "complete". */
DESPUR_MUST_USE despur_status verify_outcome(const char *directory, const record_manifest *said,
                                             despur_error *error);

/* Adds to a difference that another version of despur made the files, if so. */
void verify_blame_version(despur_verify_result *result, const record_manifest *said);

#endif
