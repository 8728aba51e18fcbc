/* The command-line tool: a table of verbs, each with a table of options. It uses the public headers only. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "despur/config.h"
#include "despur/dataset.h"
#include "despur/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct cli_option {
  const char *name;     /* without the dashes */
  const char *argument; /* what follows it, such as "DIR"; NULL for a switch */
  const char *help;
} cli_option;

enum { CLI_MOST_OPTIONS = 48 }; /* of a verb */

/* One option and its value, in the order of the command line. */
typedef struct cli_given {
  size_t option; /* index into the verb's */
  const char *value;
} cli_given;

/* A command line taken apart. */
typedef struct cli_arguments {
  const struct cli_verb *verb;
  const char **positional; /* in their order */
  size_t count;
  cli_given *given; /* [given_count] all options, also those that are there again */
  size_t given_count;
  const char *values[CLI_MOST_OPTIONS]; /* of the verb's options; "" for a switch; NULL when not given */
} cli_arguments;

/* What a verb's words may be beside files, for completion. */
enum { CLI_RECIPE = 1, CLI_KEYS = 2, CLI_VERBS = 4 };

typedef struct cli_verb {
  const char *name;
  const char *usage;                        /* what follows the name */
  const char *summary;                      /* one line */
  const char *help;                         /* paragraphs and examples */
  cli_option options[CLI_MOST_OPTIONS + 1]; /* ends with a NULL name */
  cli_option never[2]; /* an option of other verbs that this one cannot have, and in `help` why; the same */
  int words;           /* CLI_RECIPE and the like, added up */
  despur_status (*execute)(const cli_arguments *arguments, despur_error *error);
} cli_verb;

extern const cli_verb cli_run, cli_data, cli_eval, cli_cam, cli_infer, cli_report, cli_sweep, cli_table,
    cli_verify, cli_compare, cli_check, cli_plan, cli_cluster, cli_repair, cli_audit, cli_features, cli_bench,
    cli_recipes, cli_complete, cli_help, cli_version;

/* All verbs, NULL-terminated. */
extern const cli_verb *const cli_verbs[];

/* NULL when no verb has that name; then error says which is meant, perhaps. */
const cli_verb *cli_find_verb(const char *name, despur_error *error);

/* The value of an option, "" for a switch that is on, or NULL. The name must be one of the verb's. */
const char *cli_value(const cli_arguments *arguments, const char *name);

/* The value of an option the nth time that it is there, from 0; NULL when it is not there so often. */
const char *cli_value_again(const cli_arguments *arguments, const char *name, size_t nth);

/* A whole number in low..high given to an option, or fallback when it is not given. */
DESPUR_MUST_USE despur_status cli_integer(long *out, const cli_arguments *arguments, const char *name,
                                          long low, long high, long fallback, despur_error *error);

/* A number in [low, high] given to an option, or fallback when it is not given. */
DESPUR_MUST_USE despur_status cli_real(double *out, const cli_arguments *arguments, const char *name,
                                       double low, double high, double fallback, despur_error *error);

/* A number above 0 and up to 1 given to an option, or 0 when it is not given. */
DESPUR_MUST_USE despur_status cli_fraction(double *out, const cli_arguments *arguments, const char *name,
                                           despur_error *error);

/* --confidence, by default 0.95. */
DESPUR_MUST_USE despur_status cli_confidence(double *out, const cli_arguments *arguments,
                                             despur_error *error);

/* The index of an option's value among NULL-terminated choices; *out stays when it is not given. */
DESPUR_MUST_USE despur_status cli_choice(int *out, const cli_arguments *arguments, const char *name,
                                         const char *const *choices, despur_error *error);

/* --split: train, val or test, by default test. */
DESPUR_MUST_USE despur_status cli_split(despur_split *out, const cli_arguments *arguments,
                                        despur_error *error);

/* Fills an error and returns its status; a printf format. */
__attribute__((format(printf, 3, 4))) despur_status cli_fail(despur_error *error, despur_status status,
                                                             const char *format, ...);

/* Loads the file that word names, or the recipe of that name among those that come with despur. */
DESPUR_MUST_USE despur_status cli_load_recipe(despur_config *config, const char *word, despur_error *error);

/* Calls visit with the name and the purpose of each recipe that comes with despur, and start. */
void cli_each_recipe(void (*visit)(const char *name, const char *purpose, const char *start),
                     const char *start);

/* " (did you mean 'x'?)" into out, or "" when no candidate is near. candidates end with NULL. */
void cli_did_you_mean(char out[96], const char *word, const char *const *candidates);

#endif
