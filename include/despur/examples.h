/* Examples that somebody brings: features, labels and what else is known of each, from arrays, from the
 * columns of a table, or from both. Row i of every array and of the table is example i. Thread-safe: what is
 * given is only read. */
#ifndef DESPUR_EXAMPLES_H
#define DESPUR_EXAMPLES_H

#include "despur/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where things are: files as despur/array.h takes them, and columns of `table`, a file as
 * despur_predicted_read takes it. NULL: there is none. Nothing may be said twice, by a file and by a
 * column. */
typedef struct despur_examples_source {
  const char *features;    /* [count, columns] numbers */
  const char *labels;      /* [count] whole numbers from 0 */
  const char *splits;      /* [count] 0 training, 1 validation, 2 test */
  const char *predictions; /* [count] classes */
  const char *logits;      /* [count, classes]; the largest is the prediction */
  const char *attributes;  /* [count] whole numbers from 0 */
  const char *table;       /* at least a column with the labels, or `labels` beside it */
  const char *label;       /* NULL: guessed from usual names, or by the values of the prediction, unless there
                              is a file */
  const char *split;       /* of train, val (or valid, validation) and test, or 0, 1, 2 */
  const char *prediction;  /* values that occur as labels */
  const char *score, *positive, *probabilities; /* in place of it, as in despur_columns */
  double threshold;                             /* of the score; 0: 0.5 */
  const char *attribute, *unit;                 /* any values */
  const char *weight;                           /* numbers: how much each example counts */
  bool zero_weights;                            /* which may be 0: whoever asks leaves such rows out */
  const char *id;                               /* NULL: guessed from usual names */
  const char *by; /* metadata, with commas between; "age:4", "age:18,65" cut numbers. NULL: none,
                     or, with `predicted`, all columns without another part */
  bool predicted; /* the table is what despur_predicted_read reads: what has no name here is guessed as there.
                     It is read twice, so it must be a file */
} despur_examples_source;

#define DESPUR_NO_VALUE UINT32_MAX

/* Values that are the same for some examples. */
typedef struct despur_example_column {
  char *name;
  uint32_t *codes;     /* [count], below values_count, or DESPUR_NO_VALUE where missing */
  const char **values; /* [values_count] names: numbers by size, then text by its bytes */
  size_t values_count;
} despur_example_column;

/* Missing arrays are NULL. */
typedef struct despur_examples {
  size_t count, columns, classes;
  float *x;                 /* [count, columns], finite */
  size_t x_mapped;          /* 0, or bytes of the file without a name that x lies in: it is more than half
                               of the memory. malloc has not given it then */
  uint32_t *labels;         /* [count], below classes */
  const char **class_names; /* [classes] */
  uint32_t *splits;         /* [count] of despur_split */
  uint32_t *predictions;    /* [count], below classes */
  float *logits;            /* [count, classes], finite */
  despur_example_column attribute; /* without codes: none */
  despur_example_column unit;      /* examples of one value belong together; the same */
  double *weights;  /* [count] above 0, or 0 where source.zero_weights allows it; NULL: all weigh alike */
  char *weight;     /* what says them */
  const char **ids; /* [count] */
  despur_example_column *by; /* [by_count] */
  size_t by_count;
  char *read_as;      /* "label: y, prediction: pred, metadata: site, age in 4 parts", what was guessed and
                         what was said of a table that has the labels; NULL: there is none */
  const char **notes; /* [notes_count] sentences on what else a reader of the numbers should know */
  size_t notes_count;
} despur_examples;

/* Release with despur_examples_release. DESPUR_BAD_USAGE when what is asked for contradicts itself, or there
 * are no labels; DESPUR_BAD_INPUT names the file, and the place, of what cannot be read, is not finite, or
 * has not as many rows as the others. A column 'example' that numbers the rows of arrays beside the table
 * says which of them each of its rows belongs to. A table in JSON Lines or .npz has its rows in the same
 * order. */
DESPUR_API DESPUR_MUST_USE despur_status despur_examples_read(despur_examples *out,
                                                              const despur_examples_source *source,
                                                              despur_error *error);

/* Writes features to a .npy file, float32 [count, columns], and FEATURES.csv, a row for each example in their
 * order: filename (or example, its number, where there are no ids), split, y and a, as far as they are known,
 * by names. despur_examples_read takes both. DESPUR_BAD_USAGE without features or labels, and for another
 * ending. */
DESPUR_API DESPUR_MUST_USE despur_status despur_examples_write(const despur_examples *examples,
                                                               const char *features, despur_error *error);

/* What somebody has noted down of some of `count` examples: a table with the columns 'example', which has
 * their numbers, and 'attribute'; empty where nothing was noted. Others have no value. Release with
 * despur_example_column_release. DESPUR_BAD_INPUT for numbers that are not there or stand twice. */
DESPUR_API DESPUR_MUST_USE despur_status despur_examples_read_noted(despur_example_column *out,
                                                                    const char *path, size_t count,
                                                                    despur_error *error);
DESPUR_API void despur_example_column_release(despur_example_column *column); /* leaves it empty */

DESPUR_API void despur_examples_release(despur_examples *examples); /* leaves it empty */

#ifdef __cplusplus
}
#endif
#endif
