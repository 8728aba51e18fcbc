/* What preparing, finding and judging share. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "audit/finder.h"

/* All examples, with what the model says of them; which of them halves are made of. */
typedef struct audit_data {
  const despur_examples *examples;
  size_t n, columns, components, classes;
  bool *used; /* [n] they are in one of the halves; others are only given cells */
  size_t used_count;
  float *x;                 /* [n, columns] standardised; NULL */
  bool borrowed;            /* x is that of the examples */
  double *mean, *deviation; /* [examples->columns] before; a column that is left out has the deviation 0 */
  float *q;                 /* [n, components] */
  double *margins;          /* [n] logit of the label less the largest of the others; NULL */
  double *weights;  /* [n] how much each counts, 1 on average of those that are used, which weigh something;
                       NULL: all weigh alike */
  uint32_t *labels; /* [n] */
  uint32_t *predictions;
  uint32_t *units; /* [n] examples that are never divided: of one unit, or equal */
  size_t units_count, duplicates, constant_columns;
  size_t *discovery, discovery_count;
  size_t *judged, judged_count; /* of the confirmation half, one example of each unit */
  size_t confirmation_count;
  view_maps *maps; /* NULL: there is no model to look into */
  despur_linear_layer
      head; /* of the model that is looked into, fitted to the discovery half; empty: its own */
} audit_data;

/* Chooses, standardises, predicts and halves. Release with audit_data_release, also after an error. */
DESPUR_MUST_USE despur_status audit_prepare(audit_data *out, const despur_examples *examples,
                                            const despur_audit_options *options, despur_error *error);
void audit_data_release(audit_data *data);

/* How much an example counts, which is used. */
static inline double audit_weight(const audit_data *data, size_t example) {
  return data->weights ? data->weights[example] : 1;
}

/* Of the heads that are fitted for the model. */
double audit_penalty(const despur_audit_options *options);

/* Other halves, those of `index`, and components of the first, in place of those that *data has, which are
 * left alone: it is a copy that shares everything else. Release with audit_release_halves. */
DESPUR_MUST_USE despur_status audit_halve_again(audit_data *data, const despur_audit_options *options,
                                                uint64_t index, despur_error *error);
void audit_release_halves(audit_data *data);

/* Whether a finder is asked by these names (despur_audit_options.finders). */
bool audit_asks(const finder *f, const char *finders);

/* Fills maps and head, where there is a model whose maps are asked for. */
DESPUR_MUST_USE despur_status audit_look(audit_data *data, const despur_audit_options *options,
                                         despur_error *error);

/* Fills what the model sees and looks, where there are maps, once samples are chosen. */
DESPUR_MUST_USE despur_status audit_keep_looks(despur_audit *audit, const audit_data *data,
                                               const despur_audit_options *options, despur_error *error);

/* Fills pastes, where there are maps, once looks are. */
DESPUR_MUST_USE despur_status audit_paste(despur_audit *audit, const audit_data *data,
                                          const despur_audit_options *options, despur_error *error);

/* DESPUR_BAD_USAGE for a name that no finder has. */
DESPUR_MUST_USE despur_status audit_check_finders(const char *list, despur_error *error);

/* Fills candidates and notes: every finder proposes. */
DESPUR_MUST_USE despur_status audit_propose(despur_audit *audit, const audit_data *data,
                                            const despur_audit_options *options, despur_error *error);

/* Fills repeats and what was found in them. */
DESPUR_MUST_USE despur_status audit_repeat(despur_audit *audit, const audit_data *data,
                                           const despur_audit_options *options, despur_error *error);

/* Fills units, numbered from 0, and how many; rows that are equal in x belong together as well, and
 * duplicates is how many there are beyond the first of each. What weighs nothing joins nothing, and is of the
 * first. */
DESPUR_MUST_USE despur_status audit_find_units(audit_data *data, despur_error *error);

/* Fills cells and limits, judges the candidates, whose of_example has data->n entries, and sorts both. */
DESPUR_MUST_USE despur_status audit_judge(despur_audit *audit, const audit_data *data, despur_error *error);

/* Fills samples, once candidates are in their order. */
DESPUR_MUST_USE despur_status audit_choose_samples(despur_audit *audit, const audit_data *data,
                                                   despur_error *error);

/* Fills to_label, and what follows from answers (NULL: there are none). */
DESPUR_MUST_USE despur_status audit_choose_labelled(despur_audit *audit, const audit_data *data,
                                                    size_t wanted, uint64_t seed, despur_error *error);
DESPUR_MUST_USE despur_status audit_judge_noted(despur_audit *audit, const audit_data *data,
                                                const despur_example_column *noted, despur_error *error);

/* Fills columns. */
DESPUR_MUST_USE despur_status audit_ask_columns(despur_audit *audit, const audit_data *data,
                                                const despur_audit_options *options, despur_error *error);

/* In what examples are told apart: a row of k numbers each, rows being `stride` apart. */
typedef struct audit_coordinates {
  const float *values;
  size_t k, stride;
  const uint32_t *row_of; /* [n] below the rows there are, or DESPUR_NO_VALUE; NULL: example i has row i */
} audit_coordinates;

/* score [n]: how much an example looks as the cell does, by a linear discriminant that the discovery half
 * gives, classes made equal; 0 for examples without a row. */
typedef struct audit_discriminant audit_discriminant;
DESPUR_MUST_USE despur_status audit_discriminant_create(audit_discriminant **out, const audit_data *data,
                                                        const audit_coordinates *of, despur_error *error);
DESPUR_MUST_USE despur_status audit_discriminant_score(double *score, const audit_discriminant *of,
                                                       const uint32_t *of_example, uint32_t cell,
                                                       despur_error *error);
void audit_discriminant_free(audit_discriminant *of); /* NULL is accepted */

enum {
  AUDIT_LEAST = 5, /* examples of a cell, and of the rest of its class, that are tested */
  AUDIT_HALF = 10
};

#endif
