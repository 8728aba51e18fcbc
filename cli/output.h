/* Files that a verb writes where the user says: neither inputs nor what is somebody else's is replaced
 * unasked.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli.h"

/* Whether a file may be written: there is none, or one that says that despur made it and that no other word
 * of the command line names, or --force was given. Else DESPUR_BAD_USAGE. To be asked before any work. NULL
 * is a file that is not wanted. */
despur_status cli_may_write(const cli_arguments *arguments, const char *path, despur_error *error);

/* The same of files with an ending such as ".png" that are to be written into a directory, whatever their
 * names: those that are there must be despur's. NULL is a directory that is not wanted. */
DESPUR_MUST_USE despur_status cli_may_add(const cli_arguments *arguments, const char *directory,
                                          const char *ending, despur_error *error);

/* The same of a directory, which must be missing or empty. */
despur_status cli_may_fill(const cli_arguments *arguments, const char *directory, despur_error *error);

bool cli_is_folder(const char *path);

#endif
