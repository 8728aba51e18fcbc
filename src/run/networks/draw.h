/* Examples as pictures for a page, as the network sees them. */
#ifndef RUN_DRAW_H
#define RUN_DRAW_H

#include "data/dataset.h"
#include "despur/picture.h"

#include <stdbool.h>

/* Whether examples are images of 1 or 3 channels. */
bool run_can_draw(const despur_dataset *dataset);

/* values: [channels, height, width] of one; those beyond 0 and 1 are cut off. The longer side is made `side`
 * pixels where it is longer. */
DESPUR_MUST_USE despur_status run_draw(despur_thumbnail *out, const float *values, despur_shape shape,
                                       size_t side, despur_error *error);

#endif
