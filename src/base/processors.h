/* How many processors this process may use, and how large a cache each has. */
#ifndef BASE_PROCESSORS_H
#define BASE_PROCESSORS_H

#include <stddef.h>

/* At least 1: by the affinity mask and by the quota of its control groups. */
int processors_allowed(void);

/* `processors`, or fewer where the control groups that ROOT/proc/self/cgroup names have a smaller quota,
 * rounded up. ROOT is "" but in tests. */
int processors_paid(int processors, const char *root);

/* The bytes of a core's second cache; 0 where the system does not say. */
size_t processors_second_cache(void);

#endif
