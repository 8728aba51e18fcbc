/* A table in memory, such as a data frame: what a file would say, without the file. Plain structures, which
 * are only read. */
#ifndef DESPUR_FRAME_H
#define DESPUR_FRAME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers, or codes of values; the other one is NULL. */
typedef struct despur_frame_column {
  const char *name;
  const double *numbers;     /* [rows], NaN where one is missing */
  const uint32_t *codes;     /* [rows] into values; beyond them: missing */
  const char *const *values; /* [values_count]; 1 and 1.0 are one class, but two values of another column */
  size_t values_count;
} despur_frame_column;

typedef struct despur_frame {
  const char *name;                   /* what messages call it */
  const despur_frame_column *columns; /* [columns_count], whose names differ */
  size_t columns_count, rows;
} despur_frame;

#ifdef __cplusplus
}
#endif
#endif
