/* Files that a verb writes where the user says: nothing of somebody else's is replaced unasked. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli.h"

/* Whether a file may be written: there is none, or one that says that despur made it, or --force was given.
 * Else DESPUR_BAD_USAGE. To be asked before any work. NULL is a file that is not wanted. */
despur_status cli_may_write(const cli_arguments *arguments, const char *path, despur_error *error);

/* The same of a directory, which must be missing or empty. */
despur_status cli_may_fill(const cli_arguments *arguments, const char *directory, despur_error *error);

#endif
