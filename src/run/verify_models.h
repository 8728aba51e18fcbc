/* Whether a page of models is what it says. */
#ifndef RUN_VERIFY_MODELS_H
#define RUN_VERIFY_MODELS_H

#include "base/error.h"
#include "despur/run.h"

#include <stdbool.h>

/* The directory of despur_report_models: tables and files by their hashes, then, unless quick, all of it once
 * more. */
DESPUR_MUST_USE despur_status verify_models(despur_verify_result *result, const char *directory, bool quick,
                                            despur_error *error);

/* The outputs of despur_report_repair; who knows its inputs carries it out again. */
DESPUR_MUST_USE despur_status verify_repaired(despur_verify_result *result, const char *directory,
                                              despur_error *error);

#endif
