/* Who wants to hear of long work, or to stop it. A plain structure: whoever stops work from another thread
 * sets what `stop` reads, atomically. */
#ifndef DESPUR_WATCH_H
#define DESPUR_WATCH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* {0} wants neither. Both are called from the calling thread. What a watch does changes no result. */
typedef struct despur_watch {
  void *context;
  int (*stop)(void *context); /* asked many times a second; nonzero: the work ends with DESPUR_INTERRUPTED,
                                 usually within a tenth of a second */
  void (*progress)(void *context, const char *stage, size_t done, size_t total); /* done parts of a stage,
                                                                                    such as "finders" */
} despur_watch;

#ifdef __cplusplus
}
#endif
#endif
