/* Predictions of any model, from a table in a file or in memory. */
#include "base/format.h"
#include "base/memory.h"
#include "eval/predictions/columns.h"
#include "eval/predictions/predicted.h"
#include "eval/predictions/predicted_examples.h"
#include "eval/predictions/predicted_groups.h"
#include "eval/predictions/predicted_overlap.h"
#include "eval/predictions/predicted_weights.h"
#include "io/file.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How far probabilities may be off: a hair beyond 0 and 1, whoever computed them; and their sum, by what
 * rounding to the digits that are written adds up to. */
static const double HAIR = 1e-6, SUM_SLACK = 0.01;

/* A table on its way into predictions. */
typedef struct loader {
  table table;
  column_roles roles;
  const despur_columns *columns;
  despur_predicted *out;
  value_column classes;     /* all that occur, as they were found */
  uint32_t *order, *rank;   /* [classes] */
  uint32_t *of_probability; /* [probability columns] the class of each, as found */
  uint32_t positive;        /* of the score, as found */
  text_list notes;
} loader;

static const char *file_of(const loader *l) {
  return table_name(&l->table);
}

/* ---- classes ---- */

/* True and 1, False and 0 are one where labels are written in one way and predictions in the other. */
static const char *as_written_for(column_type of_labels, const value_column *c, uint32_t code) {
  const column_category *about = &c->about[code];
  const char *name = column_name(c, code);
  if (of_labels == COLUMN_TRUTH && (strcmp(name, "0") == 0 || strcmp(name, "1") == 0))
    return *name == '1' ? "True" : "False";
  if (of_labels == COLUMN_WHOLE && about->truth) return about->number > 0 ? "1" : "0";
  return name;
}

/* Finds or adds the class that a text names. */
static despur_status class_of(uint32_t *class, loader *l, const char *name, size_t line,
                              despur_error *error) {
  despur_status status = column_add(&l->classes, name, strlen(name), line, l->table.point, error);
  *class = status == DESPUR_OK ? l->classes.codes[l->classes.rows - 1] : 0;
  return status;
}

/* Turns the codes of a column into classes. */
static despur_status take_classes(uint32_t **out, loader *l, table_column *column, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *class = NULL;
  value_column *c = &column->categories;
  column_type of_labels = column_type_of(&l->roles.label->categories);
  size_t count = column_categories(c);
  TRY(mem_alloc(&class, count, sizeof *class, error));
  for (uint32_t i = 0; i < count; i++)
    TRY(class_of(&class[i], l, as_written_for(of_labels, c, i), c -> about[i].line, error));
  for (size_t i = 0; i < c->rows; i++) c->codes[i] = class[c->codes[i]];
  *out = c->codes;
  c->codes = NULL;
cleanup:
  mem_free(class);
  return status;
}

/* Predictions such as 0.73 where labels are whole numbers or text are scores. */
static despur_status refuse_scores(const loader *l, despur_error *error) {
  const table_column *column = l->roles.prediction;
  if (!column || column_type_of(&column->categories) != COLUMN_NUMBERS ||
      column_type_of(&l->roles.label->categories) == COLUMN_NUMBERS)
    return DESPUR_OK;
  uint32_t i = 0;
  double value = column->categories.about[0].number;
  while (trunc(value) == value) value = column->categories.about[++i].number;
  return error_set(
      error, DESPUR_BAD_INPUT,
      "%s:%zu: column '%.60s': expected a class, found '%.60s' (a probability? then --score %.60s)",
      file_of(l), column->categories.about[i].line, column->name, column_name(&column->categories, i),
      column->name);
}

/* The classes of the columns of probabilities; no others may occur. */
static despur_status take_probability_classes(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const column_roles *r = &l->roles;
  TRY(mem_alloc(&l->of_probability, r->probability_count, sizeof *l->of_probability, error));
  for (size_t k = 0; k < r->probability_count; k++) {
    size_t before = column_categories(&l->classes);
    TRY(class_of(&l->of_probability[k], l, r->probabilities[k]->name + r->prefix, 1, error));
    if (l->of_probability[k] < before || column_categories(&l->classes) == before)
      FAIL(error, DESPUR_BAD_INPUT, "%s:1: column '%.60s' is there twice, or names no class", file_of(l),
           r->probabilities[k]->name);
  }
cleanup:
  return status;
}

static despur_status check_known(const loader *l, size_t known, despur_error *error) {
  despur_status status = DESPUR_OK;
  text names = {0};
  if (column_categories(&l->classes) == known) return DESPUR_OK;
  for (uint32_t i = 0; i < known && names.length < 200; i++)
    TRY(text_add(&names, error, "%s'%.60s'", i ? ", " : "", column_name(&l->classes, i)));
  FAIL(error, DESPUR_BAD_INPUT, "%s:%zu: class '%.60s' has no column of probabilities: these are of %s%s",
       file_of(l), l->classes.about[known].line, column_name(&l->classes, (uint32_t)known), names.data,
       names.length < 200 ? "" : ", ...");
cleanup:
  mem_free(names.data);
  return status;
}

/* Where all labels are positive: what a low score predicts has no name in the table. */
static despur_status add_negative(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  text name = {0};
  uint32_t class;
  const column_category *about = &l->classes.about[l->positive];
  if (about->truth)
    TRY(text_add(&name, error, "%s", about->number > 0 ? "False" : "True"));
  else if (about->number == 0 || about->number == 1)
    TRY(text_add(&name, error, "%d", about->number == 0));
  else
    TRY(text_add(&name, error, "not %s", column_name(&l->classes, l->positive)));
  TRY(class_of(&class, l, name.data, 1, error));
cleanup:
  mem_free(name.data);
  return status;
}

/* 1 is positive beside 0 or -1, and alone. Of 1 and 2 nobody knows. */
static bool is_positive(const loader *l, size_t class) {
  const column_category *about = l->classes.about, *other = &about[1 - class];
  return about[class].number == 1 &&
         (column_categories(&l->classes) == 1 || other->number == 0 || other->number == -1);
}

/* The class that a score is the probability of, and the other one. */
static despur_status find_positive(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *name = l->columns->positive;
  size_t count = column_categories(&l->classes);
  if (count > 2)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: a score is of two classes, but '%.60s', '%.60s' and '%.60s' occur (see --probabilities)",
         file_of(l), column_name(&l->classes, 0), column_name(&l->classes, 1), column_name(&l->classes, 2));
  for (l->positive = 0; l->positive < count; l->positive++) {
    const char *class = column_name(&l->classes, l->positive);
    if (name ? strcmp(class, name) == 0 : is_positive(l, l->positive))
      return count == 1 ? add_negative(l, error) : DESPUR_OK;
  }
  if (name) {
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: no label is '%.60s', of which the score is the probability; there is '%.60s'", file_of(l), name,
         count ? column_name(&l->classes, 0) : "");
  }
  /* all labels are 0: the score is of a class that does not occur */
  if (count == 1 && l->classes.about[0].number == 0)
    return class_of(&l->positive, l, l->classes.about[0].truth ? "True" : "1", 1, error);
  FAIL(error, DESPUR_BAD_INPUT,
       "%s: of which class is '%.60s' the probability? Say --positive '%.60s'%s%.60s%s", file_of(l),
       l->roles.score->name, column_name(&l->classes, 0), count > 1 ? " or '" : "",
       count > 1 ? column_name(&l->classes, 1) : "", count > 1 ? "'" : "");
cleanup:
  return status;
}

/* The class that --positive names, where no score has said so already. */
static despur_status find_named_positive(loader *l, despur_error *error) {
  const char *name = l->columns->positive;
  uint32_t count = (uint32_t)column_categories(&l->classes);
  for (l->positive = 0; l->positive < count; l->positive++)
    if (strcmp(column_name(&l->classes, l->positive), name) == 0) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT,
                   "%s: no label and no prediction is '%.60s', which is to be positive; there is '%.60s'",
                   file_of(l), name, count ? column_name(&l->classes, 0) : "");
}

static despur_status make_classes(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const column_roles *r = &l->roles;
  despur_predicted *p = l->out;
  TRY(examples_refuse_missing(&l->table, r->label, "labels", error));
  if (r->prediction) TRY(examples_refuse_missing(&l->table, r->prediction, "predictions", error));
  TRY(refuse_scores(l, error));
  if (r->probability_count > 0) TRY(take_probability_classes(l, error));
  TRY(take_classes(&p->labels, l, r->label, error));
  if (r->prediction) TRY(take_classes(&p->predictions, l, r->prediction, error));
  if (r->probability_count > 0) TRY(check_known(l, r->probability_count, error));
  if (r->score) TRY(find_positive(l, error));
  if (!r->score && l->columns->positive) TRY(find_named_positive(l, error));
  TRY(column_order(&l->order, &l->rank, &l->classes, error));
  p->positive_known = r->score || l->columns->positive;
  p->positive = p->positive_known ? l->rank[l->positive] : 0;
  p->classes = column_categories(&l->classes);
  for (size_t i = 0; i < p->count; i++) p->labels[i] = l->rank[p->labels[i]];
  for (size_t i = 0; p->predictions && i < p->count; i++) p->predictions[i] = l->rank[p->predictions[i]];
cleanup:
  return status;
}

static despur_status name_classes(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char **names = NULL;
  size_t count = l->out->classes;
  TRY(mem_alloc(&names, count, sizeof *names, error));
  for (size_t i = 0; i < count; i++) names[i] = column_name(&l->classes, l->order[i]);
  TRY(text_copy_all(&l->out->class_names, names, count, error));
cleanup:
  mem_free(names);
  return status;
}

/* ---- probabilities ---- */

/* What the k-th number of a row is called. */
static const char *column_of_number(const loader *l, size_t k) {
  const table_column *column = l->roles.score;
  for (size_t i = 0; i < l->roles.probability_count; i++)
    if (l->roles.probabilities[i]->number == k) column = l->roles.probabilities[i];
  return column->name;
}

/* Of one row, in place. beyond: how far one was outside [0, 1], at most. */
static despur_status check_row(loader *l, double *row, size_t i, double slack, double *beyond, double *off,
                               despur_error *error) {
  const table *t = &l->table;
  double sum = 0;
  for (size_t k = 0; k < t->number_count; k++) {
    double value = row[k];
    if (!(value >= -HAIR && value <= 1 + HAIR))
      return error_set(error, DESPUR_BAD_INPUT,
                       "%s:%zu: column '%.60s': expected a probability from 0 to 1, found %.12g", file_of(l),
                       table_line(t, i), column_of_number(l, k), value);
    row[k] = value < 0 ? 0 : value > 1 ? 1 : value;
    *beyond = fmax(*beyond, fabs(value - row[k]));
    sum += row[k];
  }
  if (l->roles.score) return DESPUR_OK;
  *off = fmax(*off, fabs(sum - 1));
  if (fabs(sum - 1) > slack)
    return error_set(
        error, DESPUR_BAD_INPUT,
        "%s:%zu: expected probabilities that add up to 1, found a sum of %.4g (are these logits?)",
        file_of(l), table_line(t, i), sum);
  return DESPUR_OK;
}

__attribute__((format(printf, 3, 4))) static despur_status note(loader *l, despur_error *error,
                                                                const char *format, ...) {
  despur_status status = DESPUR_OK;
  char *sentence = NULL;
  va_list args;
  va_start(args, format);
  int length = format_args(NULL, 0, format, args);
  va_end(args);
  TRY(mem_alloc(&sentence, (size_t)length + 1, 1, error));
  va_start(args, format);
  format_args(sentence, (size_t)length + 1, format, args);
  va_end(args);
  TRY(text_list_add(&l->notes, sentence, error));
cleanup:
  mem_free(sentence);
  return status;
}

static despur_status check_probabilities(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  table *t = &l->table;
  double beyond = 0, off = 0, slack = SUM_SLACK;
  if (t->decimals > 0) {
    double rounding = 0.5;
    for (size_t i = 0; i < t->decimals && i < 20; i++) rounding /= 10;
    slack += rounding * (double)t->number_count;
  }
  for (size_t i = 0; i < t->rows; i++)
    TRY(check_row(l, t->numbers + i * t->number_count, i, slack, &beyond, &off, error));
  if (beyond > 0)
    TRY(note(l, error, "probabilities beyond 0 and 1, by %.2g at most, were taken for 0 and 1", beyond));
  if (off > SUM_SLACK)
    TRY(note(l, error,
             "sums of probabilities are off 1 by up to %.2g, which rounding to %zu decimals explains", off,
             t->decimals));
cleanup:
  return status;
}

/* The table's numbers, their columns in the order of classes. */
static despur_status order_probabilities(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  table *t = &l->table;
  size_t width = t->number_count;
  double *row = NULL;
  size_t *from = NULL;
  bool in_order = true;
  TRY(mem_alloc(&row, width, sizeof *row, error));
  TRY(mem_alloc(&from, width, sizeof *from, error));
  for (size_t k = 0; k < width; k++) {
    uint32_t class = l->rank[l->of_probability[k]];
    from[class] = l->roles.probabilities[k]->number;
    in_order &= class == from[class];
  }
  for (size_t i = 0; !in_order && i < t->rows; i++) {
    assert(t->numbers); /* there are rows */
    double *values = t->numbers + i * width;
    memcpy(row, values, width * sizeof *row);
    for (size_t k = 0; k < width; k++) values[k] = row[from[k]];
  }
  l->out->probabilities = t->numbers;
  t->numbers = NULL;
cleanup:
  mem_free(row);
  mem_free(from);
  return status;
}

static despur_status spread_score(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_predicted *p = l->out;
  assert(p->classes == 2); /* find_positive has seen to it */
  uint32_t positive = l->rank[l->positive];
  TRY(mem_alloc(&p->probabilities, 2 * p->count, sizeof *p->probabilities, error));
  for (size_t i = 0; i < p->count; i++) {
    p->probabilities[2 * i + positive] = l->table.numbers[i];
    p->probabilities[2 * i + 1 - positive] = 1 - l->table.numbers[i];
  }
  mem_free(l->table.numbers);
  l->table.numbers = NULL;
cleanup:
  return status;
}

/* The most likely class, the first of equals; or the one that the score's threshold says. */
static uint32_t predict(const loader *l, size_t i) {
  const despur_predicted *p = l->out;
  uint32_t best = 0, positive = l->roles.score ? l->rank[l->positive] : 0;
  double threshold = l->columns->threshold > 0 ? l->columns->threshold : 0.5;
  const double *row = p->probabilities + i * p->classes;
  if (l->roles.score) return row[positive] >= threshold ? positive : 1 - positive;
  for (uint32_t k = 1; k < p->classes; k++)
    if (row[k] > row[best]) best = k;
  return best;
}

static despur_status compare_with_prediction(loader *l, despur_error *error) {
  size_t differ = 0;
  for (size_t i = 0; i < l->out->count; i++) differ += predict(l, i) != l->out->predictions[i];
  if (differ == 0) return DESPUR_OK;
  return note(l, error, "the prediction is not the most likely class in %zu of %zu rows", differ,
              l->out->count);
}

static despur_status make_predictions(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_predicted *p = l->out;
  const column_roles *r = &l->roles;
  for (size_t k = 0; k < r->probability_count; k++)
    TRY(examples_refuse_missing(&l->table, r->probabilities[k], "probabilities", error));
  if (r->score) TRY(examples_refuse_missing(&l->table, r->score, "scores", error));
  if (l->table.number_count > 0) TRY(check_probabilities(l, error));
  if (r->score) TRY(spread_score(l, error));
  if (r->probability_count > 0) TRY(order_probabilities(l, error));
  if (p->predictions) return r->probability_count > 0 ? compare_with_prediction(l, error) : DESPUR_OK;
  TRY(mem_alloc(&p->predictions, p->count, sizeof *p->predictions, error));
  for (size_t i = 0; i < p->count; i++) p->predictions[i] = predict(l, i);
cleanup:
  return status;
}

/* ---- the rest ---- */

static despur_status note_strays(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_predicted *p = l->out;
  size_t *labels = NULL, *predictions = NULL;
  TRY(mem_alloc(&labels, 2 * p->classes, sizeof *labels, error));
  predictions = labels + p->classes;
  for (size_t i = 0; i < p->count; i++) {
    labels[p->labels[i]]++;
    predictions[p->predictions[i]]++;
  }
  for (size_t k = 0; k < p->classes; k++) {
    if (labels[k] > 0 || predictions[k] == 0) continue;
    TRY(note(l, error, "class '%s' is predicted in %zu of %zu rows and is no example's label",
             p->class_names[k], predictions[k], p->count));
  }
cleanup:
  mem_free(labels);
  return status;
}

static despur_status note_missing_groups(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < l->roles.by_count; i++) {
    const table_column *column = l->roles.by[i];
    if (column->missing == 0) continue;
    TRY(note(l, error, "column '%s': %zu of %zu values are missing; %s", column->name, column->missing,
             l->table.rows,
             l->roles.overlapping       ? "that is not to have it"
             : l->columns->with_missing ? "their groups count like others"
                                        : "their groups cannot be the worst"));
  }
cleanup:
  return status;
}

static despur_status note_small_groups(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_predicted *p = l->out;
  size_t *counts = NULL, small = 0, least = l->columns->min_count;
  TRY(mem_alloc(&counts, p->groups_count, sizeof *counts, error));
  for (size_t i = 0; i < p->count; i++) counts[p->groups[i]]++;
  for (size_t g = 0; g < p->groups_count; g++) small += counts[g] < least;
  if (small > 0)
    TRY(note(l, error,
             "%zu of %zu groups have fewer than %zu examples: too small to say, they cannot be the worst",
             small, p->groups_count, least));
  if (small == p->groups_count)
    FAIL(error, DESPUR_BAD_INPUT, "%s: no group has %zu examples, the least that was asked for", file_of(l),
         least);
cleanup:
  mem_free(counts);
  return status;
}

/* A sentence that may not be there; frees it. */
static despur_status note_if_any(loader *l, text *sentence, despur_error *error) {
  despur_status status = sentence->length > 0 ? note(l, error, "%s", sentence->data) : DESPUR_OK;
  mem_free(sentence->data);
  *sentence = (text){0};
  return status;
}

static despur_status note_splits(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  text sentence = {0};
  TRY(column_roles_note_splits(&sentence, &l->roles, l->columns, error));
  TRY(note_if_any(l, &sentence, error));
cleanup:
  mem_free(sentence.data);
  return status;
}

static despur_status take_notes(loader *l, despur_error *error) {
  l->out->notes_count = l->notes.count;
  return text_copy_all(&l->out->notes, (const char *const *)l->notes.items, l->notes.count, error);
}

/* From an open table. */
static despur_status load(loader *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  text description = {0}, sentence = {0};
  TRY(column_roles_find(&l->roles, &l->table, l->columns, error));
  TRY(table_read(&l->table, error));
  if (l->table.rows == 0 && l->roles.maybe_count == 0) /* else that there is no label comes first */
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected predictions below the first line, found none", file_of(l));
  TRY(column_roles_settle(&l->roles, &l->table, l->columns, error));
  if (l->roles.weight) TRY(weights_settle(&sentence, &l->table, l->roles.weight, error));
  TRY(note_if_any(l, &sentence, error));
  l->out->count = l->table.rows;
  TRY(make_classes(l, error));
  TRY(name_classes(l, error));
  TRY(make_predictions(l, error));
  if (!l->roles.overlapping) TRY(predicted_make_groups(l->out, &l->roles, l->columns, error));
  if (l->roles.id) TRY(examples_take_ids(l->out, &l->table, l->roles.id, error));
  if (l->roles.unit) TRY(examples_take_units(l->out, &l->table, l->roles.unit, error));
  if (l->roles.weight) TRY(weights_take(l->out, &sentence, l->roles.weight, error));
  TRY(note_if_any(l, &sentence, error));
  if (l->out->weights && l->out->probabilities)
    TRY(note(l, error,
             "weights are for accuracies, rates and the loss: calibration, Brier score, log_loss and AUROC "
             "count every row the same"));
  if (l->columns->others) TRY(examples_take_others(l->out, &l->table, error));
  TRY(note_strays(l, error));
  if (l->roles.overlapping)
    TRY(overlap_make_groups(l->out, &sentence, &l->table, &l->roles, l->columns, error));
  TRY(note_if_any(l, &sentence, error));
  TRY(note_missing_groups(l, error));
  TRY(note_small_groups(l, error));
  TRY(note_splits(l, error));
  TRY(take_notes(l, error));
  TRY(column_roles_describe(&description, &l->roles, l->columns, error));
  l->out->columns = description.data;
  description.data = NULL;
cleanup:
  mem_free(description.data);
  mem_free(sentence.data);
  return status;
}

static void release(loader *l) {
  column_roles_release(&l->roles);
  table_close(&l->table);
  column_release(&l->classes);
  mem_free(l->order);
  mem_free(l->of_probability);
  text_list_release(&l->notes);
}

despur_status despur_predicted_read(despur_predicted *out, const char *path, const despur_columns *columns,
                                    despur_error *error) {
  static const despur_columns GUESSED = {0};
  despur_status status = DESPUR_OK;
  loader l = {.out = out, .columns = columns ? columns : &GUESSED};
  text inside = {0};
  *out = (despur_predicted){.loss = (double)NAN};
  if (file_is_directory(path)) TRY(text_add(&inside, error, "%s/predictions.csv", path));
  const csv_form form = {l.columns->separator, l.columns->comment};
  TRY(table_open(&l.table, inside.data ? inside.data : path, form, error));
  TRY(load(&l, error));
cleanup:
  mem_free(inside.data);
  release(&l);
  if (status != DESPUR_OK) despur_predicted_release(out);
  return status;
}

despur_status despur_predicted_from_frame(despur_predicted *out, const despur_frame *frame,
                                          const despur_columns *columns, despur_error *error) {
  static const despur_columns GUESSED = {0};
  despur_status status = DESPUR_OK;
  loader l = {.out = out, .columns = columns ? columns : &GUESSED};
  *out = (despur_predicted){.loss = (double)NAN};
  if (l.columns->others)
    FAIL(error, DESPUR_BAD_USAGE, "%s: other columns are for tables in files only", frame->name);
  TRY(table_open_frame(&l.table, frame, error));
  TRY(load(&l, error));
cleanup:
  release(&l);
  if (status != DESPUR_OK) despur_predicted_release(out);
  return status;
}
