/* A repair once more, from what its directory says of it. */
#ifndef CLI_REPAIR_AGAIN_H
#define CLI_REPAIR_AGAIN_H

#include "cli.h"

#include "despur/run.h"

/* The verb, which prints what it did or not. */
DESPUR_MUST_USE despur_status repair_carry_out(const cli_arguments *arguments, bool print,
                                               despur_error *error);

/* Carries it out in a temporary directory and compares all files; *result gets the first difference, or their
 * number. Does nothing to a directory that is not of a repair. */
DESPUR_MUST_USE despur_status repair_verify_again(despur_verify_result *result, const char *directory,
                                                  int threads, despur_error *error);

#endif
