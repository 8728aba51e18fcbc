/* What may be wrong when a network looks at examples. */
#ifndef EVAL_OUTPUTS_H
#define EVAL_OUTPUTS_H

#include "base/error.h"
#include "despur/eval.h"

/* DESPUR_BAD_INPUT when the images are not of the shape that the network takes, or an example is not there.
 */
DESPUR_MUST_USE despur_status outputs_check_fit(const despur_net *net, const despur_dataset *dataset,
                                                const uint32_t *examples, size_t count, despur_error *error);

/* DESPUR_BAD_INPUT that says so. */
DESPUR_MUST_USE despur_status outputs_not_finite(uint32_t example, despur_error *error);

#endif
