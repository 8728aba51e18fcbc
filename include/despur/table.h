/* Tables over many runs: mean +- standard deviation (number of runs) for each method and data set.
 *
 * Only runs that are complete count. All others are listed with the reason, and so are runs that are the same
 * as another one, byte for byte of their configuration. Thread-safe. */
#ifndef DESPUR_TABLE_H
#define DESPUR_TABLE_H

#include "despur/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum despur_table_format {
  DESPUR_TABLE_TEXT,
  DESPUR_TABLE_MARKDOWN,
  DESPUR_TABLE_LATEX, /* a tabular that needs no package */
  DESPUR_TABLE_CSV    /* one line for each cell; fractions, not per cent */
} despur_table_format;

/* Measures: worst_group_accuracy, average_accuracy, train_weighted_average, balanced_group_accuracy,
 * worst_class_accuracy, attribute_accuracy and loss as in despur_scores; seconds: wall time of the run;
 * adjusted_rand and minority_recall of inferred groups; rule.NAME: the test worst-group accuracy that
 * selection rule NAME would have given; optimism: what having chosen the epoch on validation adds to the
 * worst-group accuracy there, and corrected_worst_group_accuracy: that less optimism. */
typedef struct despur_table_options {
  const char *rows; /* "method" (NULL), "data", or a key of the configuration such as "train.optimizer.lr" */
  const char *columns; /* the same; NULL: "data", the difficulty of SpuCoMNIST or the name of another */
  const char *measure; /* see above; NULL: "worst_group_accuracy" */
  const char *split;   /* "test" or "val", of the weights that were kept; NULL: test, but val for the two
                          measures that are about validation */
} despur_table_options;

typedef struct despur_table despur_table;

/* Reads the runs in directories: run directories, or folders with some in them, however deep.
 * DESPUR_BAD_INPUT when there is no run in one of them; a run that cannot be read is left out of the table,
 * with the reason. DESPUR_BAD_USAGE when an option is wrong. Free with despur_table_free. */
DESPUR_API DESPUR_MUST_USE despur_status despur_table_create(despur_table **out,
                                                             const char *const *directories, size_t count,
                                                             const despur_table_options *options,
                                                             despur_error *error);

DESPUR_API void despur_table_free(despur_table *table); /* NULL is accepted */

/* *out = the table. Row by row: what labels of groups the method needs, by which rule epochs are selected,
 * then the columns. The best cell of a column is marked (bold) when each other row differs from it by more
 * than its error: Welch's 95 % interval of the difference of means leaves out 0 (Welch 1947; degrees of
 * freedom rounded down). Where a row has a single run there is no error, and no mark. The caller frees *out
 * with free(). */
DESPUR_API DESPUR_MUST_USE despur_status despur_table_print(const despur_table *table,
                                                            despur_table_format format, char **out,
                                                            despur_error *error);

/* Text i of what the reader must know: runs that were left out and why, cells that mix what should not be
 * mixed. NULL beyond the last. They are part of every format but CSV. */
DESPUR_API const char *despur_table_note(const despur_table *table, size_t i);

#ifdef __cplusplus
}
#endif
#endif
