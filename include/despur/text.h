/* Texts that people type and read. */
#ifndef DESPUR_TEXT_H
#define DESPUR_TEXT_H

#include "despur/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The candidate nearest to word by edit distance, or NULL when none is near enough to be meant. candidates
 * end with NULL; the answer is one of them. Thread-safe. */
DESPUR_API const char *despur_nearest_word(const char *word, const char *const *candidates);

/* The number of bytes of the UTF-8 character at `at`; 0 when there is none, or one that is not for texts: a
 * control character but for line feed and tab, a surrogate, an overlong form, U+FFFE, U+FFFF, or the final
 * NUL. Thread-safe. */
DESPUR_API size_t despur_text_character(const char *at);

#ifdef __cplusplus
}
#endif
#endif
