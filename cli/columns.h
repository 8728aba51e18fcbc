/* The words that say which column of a table of predictions is what: the same for every verb that reads one.
 */
#ifndef CLI_COLUMNS_H
#define CLI_COLUMNS_H

#include "cli.h"
#include "emit.h"

#include "despur/measures.h"

/* Rows of a verb's table of options. */
#define COLUMN_OPTIONS                                                                                       \
  {"label", "COL", "the column with the labels"}, {"prediction", "COL", "the column with the predictions"},  \
      {"score", "COL", "the column with the probability of one of two classes"},                             \
      {"positive", "CLASS", "which class that is, and rates are of (default 1 or true)"},                    \
      {"threshold", "T", "score from which on it is predicted (default 0.5)"},                               \
      {"probabilities", "PREFIX", "the columns PREFIX0, PREFIX1, ... or PREFIXcat, ..."},                    \
      {"by", "COL,COL", "the columns that make groups, within each label; age:4, age:18,65 cut numbers"},    \
      {"overlapping", "COL,COL", "groups that an example can be in several of, within each label"},          \
      {"at", "T", "from which number on it is in one (default 0.5)"},                                        \
      {"split", "COL=VALUE", "only the rows of a table where COL is VALUE"},                                 \
      {"min-count", "N", "groups with fewer examples cannot be the worst"},                                  \
      {"whole-groups", NULL, "they are groups as they stand"},                                               \
      {"with-missing", NULL, "groups with missing values can be the worst, too"},                            \
      {"id", "COL", "the column that tells examples apart"},                                                 \
      {"unit", "COL", "patients, documents, ... drawn at random, for which intervals then hold"},            \
      {"weight", "COL", "how much each example counts: survey or importance weights"},                       \
      {"separator", "C", "between fields, or 'tab' (default: found)"}, {                                     \
    "comment", "C", "lines that begin with it are passed over"                                               \
  }

DESPUR_MUST_USE despur_status columns_of(despur_columns *out, const cli_arguments *arguments,
                                         despur_error *error);

/* What a table is called: the name of its file without the directory. */
const char *columns_table_name(const char *path);

/* Whether one of these options was given that speaks of tables only, which --split does not in every verb. */
bool columns_given(const cli_arguments *arguments);

/* What was read as what, and what else there is to know. Nothing for a run. */
void columns_print(const despur_predicted *predicted, const char *path);

/* What was drawn at random, where that is said; scores: of the predictions, or NULL. */
DESPUR_MUST_USE despur_status columns_print_units(const despur_predicted *predicted,
                                                  const despur_scores *scores, despur_error *error);
void columns_emit(emit *j, const despur_predicted *predicted);

/* Rows that are not of the same example would make two models look different, or equal, without a word: both
 * must have ids, unless same_order. */
DESPUR_MUST_USE despur_status columns_check_alignment(const despur_predicted *first, const char *first_path,
                                                      const despur_predicted *second, const char *second_path,
                                                      bool same_order, despur_error *error);

#endif
