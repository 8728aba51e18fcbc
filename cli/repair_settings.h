/* KEY=VALUE words of the repair verb. */
#ifndef CLI_REPAIR_SETTINGS_H
#define CLI_REPAIR_SETTINGS_H

#include "cli.h"

#include "despur/repair.h"

/* Reads words from the second on, and --method. */
DESPUR_MUST_USE despur_status repair_settings(despur_repair_options *out, const cli_arguments *arguments,
                                              despur_error *error);

#endif
