/* The two macros through which errors travel.
 *
 * A function that can fail declares `despur_status status = DESPUR_OK;`, uses TRY and FAIL, and ends with one
 * label `cleanup:` that releases what it holds and returns status. Both macros jump forwards only. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "despur/error.h"

/* Fills error (which may be NULL) and returns code. */
__attribute__((format(printf, 3, 4))) despur_status error_set(despur_error *error, despur_status code,
                                                              const char *format, ...);

/* Puts text in front of the message that is already there: "FILE: " and the like. */
__attribute__((format(printf, 2, 3))) void error_prefix(despur_error *error, const char *format, ...);

/* Puts text behind it; what does not fit is left out as a whole. */
__attribute__((format(printf, 2, 3))) void error_add(despur_error *error, const char *format, ...);

#define TRY(expression)                                                                                      \
  do {                                                                                                       \
    status = (expression);                                                                                   \
    if (status != DESPUR_OK) goto cleanup;                                                                   \
  } while (0)

#define FAIL(error, code, ...)                                                                               \
  do {                                                                                                       \
    status = error_set((error), (code), __VA_ARGS__);                                                        \
    goto cleanup;                                                                                            \
  } while (0)

#endif
