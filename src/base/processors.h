/* How many processors this process may use. */
#ifndef BASE_PROCESSORS_H
#define BASE_PROCESSORS_H

/* At least 1: by the affinity mask and by the quota of its control groups. */
int processors_allowed(void);

/* `processors`, or fewer where the control groups that ROOT/proc/self/cgroup names have a smaller quota,
 * rounded up. ROOT is "" but in tests. */
int processors_paid(int processors, const char *root);

#endif
