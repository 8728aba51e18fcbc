/* A finder proposes partitions of the examples. It is one file, finder_NAME.c, and a name in FINDERS. It sees
 * labels and predictions of the discovery half only, and the features of all, which it divides by a rule that
 * needs nothing else; the judge tests what it proposes on the other half. */
#ifndef AUDIT_FINDER_H
#define AUDIT_FINDER_H

#include "base/text.h"
#include "despur/audit.h"
#include "despur/examples.h"

#include <stdbool.h>

/* Where the model looks: what each place of a picture adds to the logit of each class. */
typedef struct view_maps {
  size_t rows, columns, count;
  float *values;    /* [count, classes, rows, columns] */
  uint32_t *row_of; /* [n] which of them is an example's, or DESPUR_NO_VALUE */
  char *without;    /* a sentence on why there are none; NULL: there are */
} view_maps;

typedef struct finder_view {
  size_t n, columns, components, classes;
  const char *const *class_names; /* [classes] */
  const float *x;                 /* [n, columns] standardised; NULL without features */
  const float *q;                 /* [n, components] principal components of the discovery half */
  size_t discovery_count;
  const size_t *discovery;              /* [discovery_count] */
  const double *weights;                /* [n] in the discovery half how much each counts, else 0 */
  const uint32_t *labels, *predictions; /* [n], 0 outside the discovery half */
  size_t by_count;
  const despur_example_column *by; /* [by_count]; codes: [n] */
  const view_maps *maps;           /* NULL: there is no model to look into */
  uint64_t seed;
  int threads;
  despur_watch watch; /* quiet */
} finder_view;

/* What was proposed; {0} is empty. */
typedef struct proposals {
  despur_audit_candidate *items; /* of_example: [n] */
  size_t count, room;
  text_list notes;     /* on what was not looked at */
  despur_error *error; /* where proposals_add says what went wrong; may be NULL */
} proposals;

typedef struct finder {
  const char *name;
  bool from_features; /* it needs them, and what it proposes is cut from them */
  bool from_columns;  /* it looks at columns of the examples */
  bool from_maps;     /* it looks at where the model looks */
  bool from_labels;   /* what it proposes is made by labels or predictions of the discovery half */
  bool on_demand;     /* it is asked by name only: every candidate costs all others power */
  despur_status (*propose)(proposals *out, const finder_view *view, despur_error *error);
} finder;

#define FINDERS(X)                                                                                           \
  X(clusters)                                                                                                \
  X(class_clusters) X(weak_head) X(mixture) X(columns) X(conjunctions) X(maps) X(environments) X(george)
#define FINDER(name) extern const finder finder_##name;
FINDERS(FINDER)

/* A new partition with the finder's name, a name by a printf format and cells called "cell 0", ...; all
 * examples are outside. Its memory is the list's. */
__attribute__((format(printf, 6, 7))) DESPUR_MUST_USE despur_status
proposals_add(despur_audit_candidate **out, proposals *list, const finder *of, size_t n, size_t cells,
              const char *format, ...);
DESPUR_MUST_USE despur_status proposals_name_cell(despur_audit_candidate *candidate, size_t cell,
                                                  const char *name, despur_error *error);

/* A sentence on what the finder leaves out, for whoever reads the audit. */
__attribute__((format(printf, 2, 3))) DESPUR_MUST_USE despur_status proposals_note(proposals *list,
                                                                                   const char *format, ...);
void proposals_release(proposals *list);

/* *out = rows [count, columns] of x, one after the other. Release with mem_free. */
DESPUR_MUST_USE despur_status finder_gather(float **out, const float *x, size_t columns, const size_t *rows,
                                            size_t count, despur_error *error);

/* cells [n] = the nearest of centres [count, k] for each row of q [n, k]; the first of equals. */
void finder_nearest(uint32_t *cells, const float *q, size_t n, size_t k, const double *centres, size_t count);

/* Partitions into 2 to `most` clusters by k-means of some rows, all examples going to the nearest centre. */
typedef struct finder_kmeans {
  const finder *of;
  size_t most;
  uint64_t stream;   /* random numbers of k clusters are those of stream + k */
  const char *where; /* "all examples", "class cat" */
} finder_kmeans;
DESPUR_MUST_USE despur_status finder_propose_kmeans(proposals *out, const finder_view *v,
                                                    const finder_kmeans *options, const size_t *rows,
                                                    size_t count, despur_error *error);

#endif
