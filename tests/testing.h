/* What every unit test includes: cmocka, and comparisons of arrays that name the first difference. */
#ifndef TESTING_H
#define TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "despur/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fails the test with the error's own message. */
#define assert_ok(call)                                                                                      \
  do {                                                                                                       \
    error.message[0] = 0;                                                                                    \
    if ((call) != DESPUR_OK) fail_msg("%s: %s", #call, error.message);                                       \
  } while (0)

/* The call must fail with this status and a message that contains the text. */
#define assert_fails(call, wanted, text)                                                                     \
  do {                                                                                                       \
    error.message[0] = 0;                                                                                    \
    despur_status got_ = (call);                                                                             \
    if (got_ != (wanted) || !strstr(error.message, (text)))                                                  \
      fail_msg("%s: status %d, message '%s'; expected status %d and '%s'", #call, (int)got_, error.message,  \
               (int)(wanted), (text));                                                                       \
  } while (0)

#define assert_near(got, wanted, tolerance)                                                                  \
  do {                                                                                                       \
    double got_ = (got), wanted_ = (wanted);                                                                 \
    if (!(fabs(got_ - wanted_) <= (tolerance)))                                                              \
      fail_msg("%s = %.17g, expected %.17g within %g", #got, got_, wanted_, (double)(tolerance));            \
  } while (0)

/* |got - wanted| <= absolute + relative * |wanted| everywhere. */
static inline void assert_floats_near(const float *got, const float *wanted, size_t n, double relative,
                                      double absolute) {
  for (size_t i = 0; i < n; i++)
    if (!(fabs((double)got[i] - (double)wanted[i]) <= absolute + relative * fabs((double)wanted[i])))
      fail_msg("[%zu] = %.9g, expected %.9g", i, (double)got[i], (double)wanted[i]);
}

/* A fresh directory under the build folder or /tmp for files of the test; never removed by the test itself.
 */
static inline void temporary_directory(char path[128]) {
  const char *base = getenv("TMPDIR");
  snprintf(path, 128, "%s/despur-test-XXXXXX", base ? base : "/tmp");
  if (!mkdtemp(path)) fail_msg("cannot create %s", path);
}

#endif
