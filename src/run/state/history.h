/* Right answers on validation, epoch after epoch of a stage: what is needed to say how much choosing among
 * the epochs adds, and to go on after an interruption. */
#ifndef RUN_HISTORY_H
#define RUN_HISTORY_H

#include <stddef.h>
#include <stdint.h>

/* Examples lie in cells: every true group is divided by inferred groups where validation has these. */
typedef struct run_history {
  size_t epochs, cells, examples;
  size_t *correct; /* [epochs, cells] */
  size_t *kept;    /* [epochs, cells] right after the epoch before as well; the first row is 0 */
  uint8_t *right;  /* [examples] of validation after the last epoch: 0 or 1 */
} run_history;

void history_release(run_history *history);

#endif
