/* Allocation with checked sizes. All memory is zeroed, 64-byte aligned, and released with mem_free. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "base/error.h"

#include <stddef.h>

/* *out = count * size zero bytes. count * size = 0 gives a valid pointer. On failure *out is NULL. */
DESPUR_MUST_USE despur_status mem_alloc(void *out, size_t count, size_t size, despur_error *error);

/* *out = a copy of text. */
DESPUR_MUST_USE despur_status mem_copy_text(char **out, const char *text, despur_error *error);

/* Changes the number of elements from old_count to count; new elements are zero. On failure *block is
 * unchanged. */
DESPUR_MUST_USE despur_status mem_grow(void *block, size_t old_count, size_t count, size_t size,
                                       despur_error *error);

void mem_free(void *memory);

/* Product of sizes that came from outside; DESPUR_BAD_INPUT when it overflows. */
DESPUR_MUST_USE despur_status mem_multiply(size_t *out, size_t a, size_t b, despur_error *error);

#endif
