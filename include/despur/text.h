/* Help for those who mistype. */
#ifndef DESPUR_TEXT_H
#define DESPUR_TEXT_H

#include "despur/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The candidate nearest to word by edit distance, or NULL when none is near enough to be meant. candidates
 * end with NULL; the answer is one of them. Thread-safe. */
DESPUR_API const char *despur_nearest_word(const char *word, const char *const *candidates);

#ifdef __cplusplus
}
#endif
#endif
