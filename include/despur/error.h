/* Errors: every function of despur that can fail returns a status and fills an optional despur_error.
 *
 * The numeric value of a status is also the exit code of the command-line tool, so there is one list of
 * failures. Thread-safe: an error belongs to whoever made it. */
#ifndef DESPUR_ERROR_H
#define DESPUR_ERROR_H

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DESPUR_API      __attribute__((visibility("default")))
#define DESPUR_MUST_USE __attribute__((warn_unused_result))

typedef enum despur_status {
  DESPUR_OK = 0,
  DESPUR_GATE_FAILED = 1,     /* a condition that was asked for does not hold */
  DESPUR_BAD_USAGE = 2,       /* wrong command line */
  DESPUR_BAD_INPUT = 3,       /* a file or value that cannot be used */
  DESPUR_NO_RESOURCES = 4,    /* out of memory, of disk, of descriptors; a device that fails */
  DESPUR_TOO_LITTLE_DATA = 5, /* whether a condition holds is undecided */
  DESPUR_INTERRUPTED = 130    /* stopped on request */
} despur_status;

/* What went wrong, in one sentence that names the file and the place. The caller owns it; it may be NULL
 * wherever it is taken. After DESPUR_OK its content is unspecified. */
typedef struct despur_error {
  despur_status status;
  char message[1024]; /* UTF-8, no line breaks, NUL-terminated */
} despur_error;

/* Fills error, which may be NULL, as despur does: by a printf format, in no locale; what is no UTF-8 or a
 * control character becomes '?'; where it is too long, long words, such as paths, are shortened in their
 * middle. */
DESPUR_API __attribute__((format(printf, 3, 0))) void
despur_error_fill(despur_error *error, despur_status status, const char *format, va_list args);

#ifdef __cplusplus
}
#endif
#endif
