/* timing.json: how long what took, and where; the one file that differs between equal runs. */
#ifndef RECORD_TIMING_H
#define RECORD_TIMING_H

#include "base/json_write.h"

enum { TIMING_PATH = 4096, TIMING_PARTS = 16 };

typedef struct timing_part {
  char name[32]; /* such as a stage's */
  double seconds;
} timing_part;

typedef struct record_timing {
  char made_in[TIMING_PATH]; /* the working directory; "" when it is not known or no text */
  timing_part parts[TIMING_PARTS];
  size_t count;
  bool ended; /* what follows is known */
  size_t threads, peak_resident_mb;
  const char *kernels;
} record_timing;

/* The time of a part, which takes the place of an earlier one. */
void timing_set(record_timing *timing, const char *part, double seconds);

/* NaN when nothing is known of the part. */
double timing_of(const record_timing *timing, const char *part);

/* *out is released with mem_free. */
DESPUR_MUST_USE despur_status timing_print(char **out, const record_timing *timing, json_style style,
                                           despur_error *error);

/* Reads where and how long. DESPUR_BAD_INPUT when the content of the file is not an object. */
DESPUR_MUST_USE despur_status timing_parse(record_timing *out, const char *content, size_t bytes,
                                           const char *path, despur_error *error);

#endif
