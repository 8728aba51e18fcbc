/* What a run directory says about how the run ended. */
#ifndef RUN_MANIFEST_H
#define RUN_MANIFEST_H

#include "despur/config.h"
#include "record/manifest.h"

typedef struct manifest {
  char outcome[16];  /* complete, interrupted, failed; "" when there is no manifest.json or it is damaged */
  char message[512]; /* why, or "" */
  char version[32];  /* of despur */
} manifest;

/* The whole of manifest.json. Release with manifest_release, also after an error. */
DESPUR_MUST_USE despur_status manifest_load(record_manifest *out, const char *directory, despur_error *error);

/* A run without a readable manifest is one that was not finished; the only errors are a lack of memory
 * and the like, which say nothing about the run. */
DESPUR_MUST_USE despur_status manifest_read(manifest *out, const char *directory, despur_error *error);

/* For a run that ended before it could write one: creates the directory if need be. */
DESPUR_MUST_USE despur_status manifest_write_failure(const char *directory, const despur_config *config,
                                                     const char *message, despur_error *error);

/* DESPUR_BAD_USAGE when a file that a run in the directory would replace is not a run's. */
DESPUR_MUST_USE despur_status run_spares_others(const char *directory, despur_error *error);

/* Before a run begins in such a directory, or goes on there: what an earlier one says of its end goes, and
 * without a checkpoint all that it left, which only its manifest tells from files of others. */
DESPUR_MUST_USE despur_status run_forget_end(const char *directory, despur_error *error);

#endif
