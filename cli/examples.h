/* The words that say where examples are: the same for every verb that takes features and labels. */
#ifndef CLI_EXAMPLES_H
#define CLI_EXAMPLES_H

#include "cli.h"
#include "emit.h"

#include "despur/examples.h"

/* Rows of a verb's table of options. */
#define EXAMPLE_OPTIONS                                                                                      \
  {"labels", "FILE", "a whole number for each row: its class (.npy, FILE.npz:NAME, FILE.safetensors:NAME)"}, \
      {"splits", "FILE", "0, 1 or 2 for each row: training, validation, test"},                              \
      {"predictions", "FILE", "a class for each row: what the model said"},                                  \
      {"logits", "FILE", "a number for each row and class, in place of predictions"},                        \
      {"attributes", "FILE", "a whole number for each row: what is known of it beside the class"},           \
      {"table", "FILE", "a table with a line for each row, for the columns that follow"},                    \
      {"label", "COL", "the column with the labels"},                                                        \
      {"split", "COL", "the column that says train, val or test"},                                           \
      {"prediction", "COL", "the column with the predictions"},                                              \
      {"attribute", "COL", "the column with the attribute"},                                                 \
      {"id", "COL", "the column that tells examples apart"},                                                 \
      {"unit", "COL", "the column whose equal values belong together, such as a patient"},                   \
      {"weight", "COL", "how much each example counts: survey or importance weights"}, {                     \
    "by", "COL,COL", "columns of metadata; age:4, age:18,65 cut numbers"                                     \
  }

/* What the options say; features: the path of the features, or NULL. */
despur_examples_source examples_source(const cli_arguments *arguments, const char *features);

/* Which column of the table was read as what, and what else there is to know (in JSON an object "read_as");
 * nothing without a table. */
void examples_print(const despur_examples *examples);
void examples_emit(emit *j, const despur_examples *examples);

#endif
