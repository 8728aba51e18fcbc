/* Memory for what may be more than memory: beyond half of it, the system keeps it in a file. */
#ifndef BASE_LARGE_H
#define BASE_LARGE_H

#include "base/error.h"

#include <stddef.h>

/* *out = count * size zero bytes, as mem_alloc gives them; those that are more than half of the memory that
 * this process may have, or than it gets, lie in a file without a name below $TMPDIR, or /var/tmp, from which
 * the system reads what is needed. *mapped = 0, or the bytes of that file. On failure *out is NULL. Release
 * with large_free.
 */
DESPUR_MUST_USE despur_status large_alloc(void *out, size_t *mapped, size_t count, size_t size,
                                          despur_error *error);

/* The same, always in a file. */
DESPUR_MUST_USE despur_status large_map(void *out, size_t *mapped, size_t count, size_t size,
                                        despur_error *error);

void large_free(void *memory, size_t mapped); /* NULL is accepted */

#endif
