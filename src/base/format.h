/* Numbers and reasons as text, whatever locale the caller's program has set: a point is a point, and what the
 * system says is English. All text of the library is formatted here, and numbers with a fraction are read
 * here; tests/check_locale.sh finds what goes past it. */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <locale.h>
#include <stdarg.h>
#include <stddef.h>

/* As snprintf and vsnprintf. Only text and whole numbers may go to snprintf itself. */
__attribute__((format(printf, 3, 4))) int format_text(char *out, size_t room, const char *format, ...);
__attribute__((format(printf, 3, 0))) int format_args(char *out, size_t room, const char *format,
                                                      va_list args);

/* As strtod. */
double format_read(const char *text, char **end);

/* What the system says of an errno or of a signal, in English; valid until the thread asks again. */
const char *format_errno(int number);
const char *format_signal(int number);

/* Around a call to a library that formats or reads numbers itself: the calling thread, and no other, is in
 * the C locale until format_leave gets what format_enter gave. */
locale_t format_enter(void);
void format_leave(locale_t before);

#endif
