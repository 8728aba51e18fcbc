/* The examples of an audit: what the word of the command line and its options name. */
#ifndef CLI_AUDIT_EXAMPLES_H
#define CLI_AUDIT_EXAMPLES_H

#include "cli.h"

#include "despur/audit.h"

/* Reads a folder of pictures with --model, a run, features or a table. Of a run, *options says that its
 * network was trained on them. Of a folder and of a run *model can be asked again; else it is empty. Release
 * with despur_examples_release and despur_picture_model_close. */
DESPUR_MUST_USE despur_status audit_examples_read(despur_examples *out, despur_picture_model *model,
                                                  despur_audit_options *options,
                                                  const cli_arguments *arguments, despur_error *error);

#endif
