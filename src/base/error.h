/* The two macros through which errors travel.
 *
 * A function that can fail declares `despur_status status = DESPUR_OK;`, uses TRY and FAIL, and ends with one
 * label `cleanup:` that releases what it holds and returns status. Both macros jump forwards only. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "despur/error.h"

/* Fills error (which may be NULL). */
__attribute__((format(printf, 3, 4))) void error_fill(despur_error *error, despur_status code,
                                                      const char *format, ...);

/* The same, and its value is code. It is a macro so that who looks at one file only, a compiler or an
 * analyser, knows that it is not DESPUR_OK. */
#define error_set(error, code, ...) (error_fill((error), (code), __VA_ARGS__), (code))

/* Puts text in front of the message that is already there: "FILE: " and the like. */
__attribute__((format(printf, 2, 3))) void error_prefix(despur_error *error, const char *format, ...);

/* Puts text behind it. */
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
