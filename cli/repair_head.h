/* The head that is to be repaired. */
#ifndef CLI_REPAIR_HEAD_H
#define CLI_REPAIR_HEAD_H

#include "cli.h"

#include "despur/model.h"
#include "despur/repair.h"

/* Reads it and makes its weights those of the data: *weight [classes, columns] and *bias [classes], to free.
 * DESPUR_BAD_INPUT says both shapes where they do not fit. */
DESPUR_MUST_USE despur_status repair_head_read(despur_head *out, float **weight, float **bias,
                                               const char *spec, const despur_repair_data *data,
                                               despur_error *error);

#endif
