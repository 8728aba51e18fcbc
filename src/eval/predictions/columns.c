#include "eval/predictions/columns.h"

#include "base/memory.h"
#include "despur/text.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_SHOWN = 600, MOST_SPLITS = 10 };

/* In the order of preference. */
static const char *const LABELS[] = {"y",     "label",      "labels",  "y_true",       "true",
                                     "truth", "target",     "targets", "ground_truth", "true_label",
                                     "gold",  "gold_label", "actual",  "label_true",   "true_class",
                                     "class", "outcome",    NULL};
static const char *const PREDICTIONS[] = {
    "prediction", "predictions",     "pred",       "preds",           "predicted",  "y_pred", "y_hat", "yhat",
    "pred_label", "predicted_label", "label_pred", "predicted_class", "pred_class", NULL};
static const char *const PREFIXES[] = {"prob_", "proba_", "probs_", "probability_", "prob", "proba", NULL};
static const char *const SCORES[] = {"score",   "y_score", "prob",    "proba", "probability", "y_prob",
                                     "y_proba", "prob_1",  "proba_1", "prob1", NULL};
static const char *const GROUPS[] = {"group",       "groups", "subgroup",   "a",        "attribute",
                                     "attr",        "place",  "confounder", "spurious", "background",
                                     "environment", "env",    "domain",     NULL};
static const char *const PEOPLE[] = {"sex", "gender", "race", "ethnicity", "race_ethnicity", NULL};
static const char *const IDS[] = {
    "example",      "id",         "idx",    "index", "uid", "example_id", "sample_id",
    "image_id",     "img_id",     "row_id", "image", "img", "filename",   "file_name",
    "img_filename", "image_path", "path",   "file",  "",    "unnamed: 0", NULL};

static const char *const SPLITS[] = {"split", "subset", "fold", "partition", "phase", NULL};

/* ---- names ---- */

static char plain_letter(char c) {
  if (c >= 'A' && c <= 'Z') return (char)(c - 'A' + 'a');
  if (c == '-' || c == ' ' || c == '.') return '_';
  return c;
}

/* "True-Label" and "true_label" are one. */
static bool same_name(const char *a, const char *b) {
  for (; *a && plain_letter(*a) == plain_letter(*b); a++) b++;
  return !*a && !*b;
}

static bool is_taken(const column_roles *roles, const table_column *column) {
  if (column == roles->label || column == roles->prediction || column == roles->score ||
      column == roles->id || column == roles->unit || column == roles->weight || column == roles->split)
    return true;
  for (size_t i = 0; i < roles->by_count; i++)
    if (roles->by[i] == column) return true;
  for (size_t i = 0; i < roles->probability_count; i++)
    if (roles->probabilities[i] == column) return true;
  return false;
}

/* The first column by the order of names, not of the table; NULL when there is none. */
static table_column *guess(const column_roles *roles, table *t, const char *const *names) {
  for (; *names; names++)
    for (size_t i = 0; i < t->column_count; i++)
      if (same_name(t->columns[i].name, *names) && !is_taken(roles, &t->columns[i])) return &t->columns[i];
  return NULL;
}

/* ---- what is not there ---- */

/* ", found: 'a', 'b'" of the columns that have no part yet. */
static despur_status list_free(text *out, const column_roles *roles, const table *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *before = "; there are: ";
  for (size_t i = 0; i < t->column_count && out->length < NAMES_SHOWN; i++) {
    if (is_taken(roles, &t->columns[i])) continue;
    TRY(text_add(out, error, "%s'%.60s'", before, t->columns[i].name));
    before = ", ";
  }
  if (out->length >= NAMES_SHOWN) TRY(text_add(out, error, ", ..."));
cleanup:
  return status;
}

/* " (is it 'x'?)" of such a column that is nearly one of names. */
static despur_status add_nearest(text *out, const column_roles *roles, const table *t,
                                 const char *const *names, despur_error *error) {
  for (size_t i = 0; i < t->column_count; i++) {
    const char *name = t->columns[i].name;
    if (strlen(name) > 2 && strlen(name) < 40 && !is_taken(roles, &t->columns[i]) &&
        despur_nearest_word(name, names))
      return text_add(out, error, " (is it '%s'?)", name);
  }
  return DESPUR_OK;
}

/* what: "a column with the labels, such as 'y'"; option: what would say it. */
static despur_status missing(const column_roles *roles, const table *t, const char *what, const char *option,
                             const char *const *names, despur_error *error) {
  despur_status status = DESPUR_OK;
  text found = {0};
  TRY(list_free(&found, roles, t, error));
  if (names) TRY(add_nearest(&found, roles, t, names, error));
  if (*t->columns[0].name == '#') TRY(text_add(&found, error, " (a comment? then --comment '#')"));
  FAIL(error, DESPUR_BAD_INPUT, "%s:1: expected %s (or say which: %s)%s", table_name(t), what, option,
       found.data ? found.data : "");
cleanup:
  mem_free(found.data);
  return status;
}

static despur_status missing_label(const column_roles *roles, const table *t, despur_error *error) {
  return missing(roles, t, "a column with the labels, such as 'y' or 'label'", "--label", LABELS, error);
}

/* ---- what was said ---- */

static despur_status find(table_column **out, const column_roles *roles, table *t, const char *name,
                          size_t length, despur_error *error) {
  despur_status status = DESPUR_OK;
  text wanted = {0}, found = {0};
  TRY(text_add(&wanted, error, "%.*s", (int)length, name));
  table_column *column = table_find(t, wanted.data);
  const char *const names[] = {wanted.data, NULL};
  if (!column) {
    TRY(list_free(&found, roles, t, error));
    TRY(add_nearest(&found, roles, t, names, error));
    FAIL(error, DESPUR_BAD_INPUT, "%s:1: there is no column '%.100s'%s", table_name(t), wanted.data,
         found.data ? found.data : "");
  }
  if (is_taken(roles, column))
    FAIL(error, DESPUR_BAD_USAGE, "column '%.100s' is asked for twice", wanted.data);
  *out = column;
cleanup:
  mem_free(wanted.data);
  mem_free(found.data);
  return status;
}

static despur_status find_whole(table_column **out, const column_roles *roles, table *t, const char *name,
                                despur_error *error) {
  return name ? find(out, roles, t, name, strlen(name), error) : DESPUR_OK;
}

/* Whether there is a column of that name. */
static bool is_column(const table *t, const char *name, size_t length) {
  for (size_t i = 0; i < t->column_count; i++)
    if (strncmp(t->columns[i].name, name, length) == 0 && !t->columns[i].name[length]) return true;
  return false;
}

static bool is_number(const char *word, size_t length) {
  return length > 0 && strspn(word, "+-.0123456789eE") >= length;
}

static size_t word_length(const char *at) {
  return strcspn(at, ",");
}

/* "age:18,35,65" is a column and where to cut it, "age:4" a column and into how many parts. *length: of the
 * name; returns the cuts, and all that belongs to it gets *all bytes; NULL when it is not cut. */
static const char *cuts_of(const table *t, const char *at, size_t *length, size_t *all) {
  *length = *all = word_length(at);
  if (is_column(t, at, *length)) return NULL;
  size_t name = *length;
  while (name > 0 && at[name - 1] != ':') name--;
  if (name < 2 || !is_column(t, at, name - 1)) return NULL;
  while (at[*all] == ',' && is_number(at + *all + 1, word_length(at + *all + 1)) &&
         !is_column(t, at + *all + 1, word_length(at + *all + 1)))
    *all += 1 + word_length(at + *all + 1);
  *length = name - 1;
  return at + name;
}

static despur_status take_cut(column_cut *out, const table_column *column, const char *cuts, size_t length,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  text given = {0};
  TRY(text_add(&given, error, "%.*s", (int)length, cuts));
  status = column_cut_parse(out, given.data, error);
  if (status != DESPUR_OK) error_prefix(error, "column '%.60s': ", column->name);
cleanup:
  mem_free(given.data);
  return status;
}

/* Names with commas between them; a column whose name has a comma can be had alone. */
static despur_status find_by(column_roles *roles, table *t, const char *by, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool whole = table_find(t, by);
  for (const char *at = by; at;) {
    table_column *column = NULL;
    size_t length = strlen(at), all = length;
    const char *cuts = whole ? NULL : cuts_of(t, at, &length, &all);
    TRY(find(&column, roles, t, at, length, error));
    roles->by[roles->by_count++] = column;
    if (cuts)
      TRY(take_cut(&roles->cuts[roles->by_count - 1], column, cuts, (size_t)(at + all - cuts), error));
    at = at[all] ? at + all + 1 : NULL;
  }
cleanup:
  return status;
}

/* Columns of which an example may have several. */
static despur_status find_overlapping(column_roles *roles, table *t, const despur_columns *columns,
                                      despur_error *error) {
  if (columns->with_missing)
    return error_set(error, DESPUR_BAD_USAGE,
                     "--with-missing: goes without --overlapping, where nothing said is not to have it");
  despur_status status = find_by(roles, t, columns->overlapping, error);
  for (size_t i = 0; status == DESPUR_OK && i < roles->by_count; i++)
    if (roles->cuts[i].count > 0 || roles->cuts[i].parts > 0)
      return error_set(error, DESPUR_BAD_USAGE, "--overlapping: column '%.60s': cuts go with --by",
                       roles->by[i]->name);
  roles->overlapping = status == DESPUR_OK;
  return status;
}

/* ---- probabilities ---- */

/* A guess without an underscore must have numbers behind it: "problem" is no probability. */
static bool has_prefix(const char *name, const char *prefix, bool guessed) {
  size_t length = strlen(prefix);
  if (strncmp(name, prefix, length) != 0 || !name[length]) return false;
  if (!guessed || prefix[length - 1] == '_') return true;
  return strspn(name + length, "0123456789") == strlen(name + length);
}

static void take_prefix(column_roles *roles, table *t, const char *prefix, bool guessed) {
  roles->prefix = strlen(prefix);
  for (size_t i = 0; i < t->column_count; i++)
    if (has_prefix(t->columns[i].name, prefix, guessed) && !is_taken(roles, &t->columns[i]))
      roles->probabilities[roles->probability_count++] = &t->columns[i];
  if (guessed && roles->probability_count < 2) roles->probability_count = 0;
}

static despur_status find_probabilities(column_roles *roles, table *t, const despur_columns *columns,
                                        despur_error *error) {
  if (columns->probabilities) {
    take_prefix(roles, t, columns->probabilities, false);
    if (roles->probability_count < 2)
      return error_set(error, DESPUR_BAD_INPUT,
                       "%s:1: expected a column '%.60s...' for each class, found %zu%s", table_name(t),
                       columns->probabilities, roles->probability_count,
                       roles->probability_count ? " (of one class: see --score)" : "");
    return DESPUR_OK;
  }
  if (columns->score) return DESPUR_OK;
  for (const char *const *p = PREFIXES; *p && roles->probability_count == 0; p++)
    take_prefix(roles, t, *p, true);
  return DESPUR_OK;
}

/* ---- all of it ---- */

static despur_status find_said(column_roles *out, table *t, const despur_columns *columns,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(find_whole(&out->label, out, t, columns->label, error));
  TRY(find_whole(&out->prediction, out, t, columns->prediction, error));
  TRY(find_whole(&out->score, out, t, columns->score, error));
  TRY(find_whole(&out->id, out, t, columns->id, error));
  TRY(find_whole(&out->unit, out, t, columns->unit, error));
  TRY(find_whole(&out->weight, out, t, columns->weight, error));
  if (columns->split) TRY(find(&out->split, out, t, columns->split, strcspn(columns->split, "="), error));
  if (columns->by && columns->overlapping)
    FAIL(error, DESPUR_BAD_USAGE, "expected columns that make groups, --by, or --overlapping, found both");
  if (columns->by) TRY(find_by(out, t, columns->by, error));
  if (columns->overlapping) TRY(find_overlapping(out, t, columns, error));
  if (out->score && columns->probabilities)
    FAIL(error, DESPUR_BAD_USAGE, "expected a score or probabilities of all classes, found both");
cleanup:
  return status;
}

/* A column that was made for it, or all that say who people are. */
static void guess_groups(column_roles *roles, table *t) {
  table_column *made = guess(roles, t, GROUPS);
  if (made) roles->by[roles->by_count++] = made;
  for (const char *const *name = PEOPLE; *name && !made; name++) {
    const char *const one[] = {*name, NULL};
    table_column *column = guess(roles, t, one);
    if (column) roles->by[roles->by_count++] = column;
  }
}

static despur_status guess_rest(column_roles *out, table *t, const despur_columns *columns,
                                despur_error *error) {
  if (!out->label) out->label = guess(out, t, LABELS);
  if (!out->prediction && !columns->from_scores && !(columns->threshold > 0))
    out->prediction = guess(out, t, PREDICTIONS);
  despur_status status = find_probabilities(out, t, columns, error);
  if (status != DESPUR_OK) return status;
  if (!out->prediction && !out->score && out->probability_count == 0) out->score = guess(out, t, SCORES);
  if (out->by_count == 0 && !columns->ungrouped) guess_groups(out, t);
  if (columns->ids && !out->id) out->id = guess(out, t, IDS);
  if (!out->split) out->split = guess(out, t, SPLITS);
  return DESPUR_OK;
}

/* Where no name says which column has the labels, its values may: what a model said is of the same kind. */
static void list_maybe_labels(column_roles *roles, table *t, table_column *like) {
  if (roles->label || !like) return;
  roles->like = like;
  for (size_t i = 0; i < t->column_count; i++)
    if (!is_taken(roles, &t->columns[i]) && &t->columns[i] != like)
      roles->maybe_labels[roles->maybe_count++] = &t->columns[i];
}

void column_roles_not_label(column_roles *roles, const table_column *column) {
  size_t left = 0;
  for (size_t i = 0; i < roles->maybe_count; i++)
    if (roles->maybe_labels[i] != column) roles->maybe_labels[left++] = roles->maybe_labels[i];
  roles->maybe_count = left;
}

static void leave_out(column_roles *roles, table *t, const char *not_label) {
  for (size_t i = 0; not_label && i < t->column_count; i++) {
    const char *name = t->columns[i].name;
    const size_t length = strlen(name);
    bool named = strcmp(not_label, name) == 0;
    for (const char *at = not_label; !named && at; at = strchr(at, ','), at += at != NULL)
      named = strncmp(at, name, length) == 0 && (at[length] == ',' || !at[length]);
    if (named) column_roles_not_label(roles, &t->columns[i]);
  }
}

/* After all has been guessed, so that what is offered instead has no part yet. */
static despur_status check_complete(const column_roles *roles, const table *t, const despur_columns *columns,
                                    despur_error *error) {
  if (!roles->label && roles->maybe_count == 0) return missing_label(roles, t, error);
  if (!roles->prediction && !roles->score && roles->probability_count == 0)
    return missing(roles, t,
                   "a column with the predictions, such as 'prediction', or 'prob_0', 'prob_1', ...",
                   "--prediction, --score, --probabilities", PREDICTIONS, error);
  if (columns->threshold > 0 && (roles->prediction || !roles->score))
    return error_set(error, DESPUR_BAD_USAGE,
                     "expected a score that the threshold decides on (--score), found %s",
                     roles->prediction ? "predictions" : "probabilities of all classes");
  if (roles->by_count == 0 && !columns->ungrouped)
    return missing(roles, t, "a column that makes groups, such as 'a' or 'group'", "--by", GROUPS, error);
  return DESPUR_OK;
}

static despur_status make_room(column_roles *out, const table *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (column_roles){0};
  TRY(mem_alloc(&out->by, t->column_count, sizeof *out->by, error));
  TRY(mem_alloc(&out->cuts, t->column_count, sizeof *out->cuts, error));
  TRY(mem_alloc(&out->maybe_labels, t->column_count, sizeof *out->maybe_labels, error));
  TRY(mem_alloc(&out->probabilities, t->column_count, sizeof *out->probabilities, error));
cleanup:
  return status;
}

/* What has been found is read. */
static void set_uses(column_roles *roles) {
  if (roles->label) roles->label->use = TABLE_CATEGORIES;
  for (size_t i = 0; i < roles->maybe_count; i++) roles->maybe_labels[i]->use = TABLE_CATEGORIES;
  if (roles->like) roles->like->use = TABLE_CATEGORIES;
  if (roles->prediction) roles->prediction->use = TABLE_CATEGORIES;
  if (roles->id) roles->id->use = TABLE_CATEGORIES;
  if (roles->unit) roles->unit->use = TABLE_CATEGORIES;
  if (roles->split) roles->split->use = TABLE_CATEGORIES;
  if (roles->weight) roles->weight->use = TABLE_VALUES;
  if (roles->score) roles->score->use = TABLE_NUMBERS;
  for (size_t i = 0; i < roles->by_count; i++) roles->by[i]->use = TABLE_CATEGORIES;
  for (size_t i = 0; i < roles->probability_count; i++) roles->probabilities[i]->use = TABLE_NUMBERS;
}

despur_status column_roles_find_examples(column_roles *out, table *t, const despur_columns *columns,
                                         bool labels, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(make_room(out, t, error));
  TRY(find_said(out, t, columns, error));
  if (labels && !out->label) out->label = guess(out, t, LABELS);
  if (columns->ids && !out->id) out->id = guess(out, t, IDS);
  if (labels) list_maybe_labels(out, t, out->prediction ? out->prediction : guess(out, t, PREDICTIONS));
  if (labels && !out->label && out->maybe_count == 0) TRY(missing_label(out, t, error));
  set_uses(out);
cleanup:
  return status;
}

despur_status column_roles_find(column_roles *out, table *t, const despur_columns *columns,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(make_room(out, t, error));
  TRY(find_said(out, t, columns, error));
  TRY(guess_rest(out, t, columns, error));
  list_maybe_labels(out, t, out->prediction);
  leave_out(out, t, columns->not_label);
  TRY(check_complete(out, t, columns, error));
  set_uses(out);
  for (size_t i = 0; columns->others && i < t->column_count; i++)
    if (t->columns[i].use == TABLE_UNUSED) t->columns[i].use = TABLE_HASHES;
cleanup:
  return status;
}

/* ---- when the values are there ---- */

/* "'train' (600), 'test' (200)" */
static despur_status list_values(text *out, const value_column *c, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = column_categories(c), *rows = NULL;
  uint32_t *order = NULL, *rank;
  TRY(mem_alloc(&rows, count, sizeof *rows, error));
  TRY(column_order(&order, &rank, c, error));
  for (size_t i = 0; i < c->rows; i++)
    if (c->codes[i] != COLUMN_MISSING) rows[c->codes[i]]++;
  for (size_t i = 0; i < count && out->length < NAMES_SHOWN; i++)
    TRY(text_add(out, error, "%s'%.60s' (%zu)", i ? ", " : "", column_name(c, order[i]), rows[order[i]]));
  if (out->length >= NAMES_SHOWN) TRY(text_add(out, error, ", ..."));
cleanup:
  mem_free(rows);
  mem_free(order);
  return status;
}

/* Finds the value as rows are read, so that 1.0 is 1. */
static despur_status keep_split(const column_roles *roles, table *t, const char *split, despur_error *error) {
  despur_status status = DESPUR_OK;
  text values = {0};
  const value_column *c = &roles->split->categories;
  const char *equals = strchr(split, '=');
  uint32_t category = 0;
  while (equals && category < column_categories(c) && strcmp(column_name(c, category), equals + 1) != 0)
    category++;
  if (!equals || category == column_categories(c)) {
    TRY(list_values(&values, c, error));
    FAIL(error, equals ? DESPUR_BAD_INPUT : DESPUR_BAD_USAGE,
         "%s: column '%.60s': expected a value of it, --split COL=VALUE%s%.60s%s; there are: %s",
         table_name(t), roles->split->name, equals ? ", found '" : "", equals ? equals + 1 : "",
         equals ? "'" : "", values.data ? values.data : "none");
  }
  TRY(table_keep(t, roles->split, category, error));
cleanup:
  mem_free(values.data);
  return status;
}

despur_status column_roles_cut(const column_roles *roles, const table *t, despur_error *error) {
  for (size_t i = 0; i < roles->by_count; i++) {
    if (roles->cuts[i].count == 0) continue;
    despur_status status = column_cut_apply(&roles->by[i]->categories, &roles->cuts[i], error);
    if (status == DESPUR_BAD_INPUT)
      error_prefix(error, "%s: column '%.60s': ", table_name(t), roles->by[i]->name);
    if (status != DESPUR_OK) return status;
  }
  return DESPUR_OK;
}

/* Whether two columns have the same values, at least two of them. */
static bool same_values(const value_column *a, const value_column *b) {
  size_t count = column_categories(a);
  bool same = count > 1 && count == column_categories(b);
  for (uint32_t k = 0; same && k < count; k++) {
    const char *name = column_name(a, k);
    uint32_t index;
    same = dictionary_find(&index, &b->names, name, strlen(name));
  }
  return same;
}

despur_status column_roles_settle_label(column_roles *roles, const table *t, despur_error *error) {
  if (roles->label || !roles->like) return DESPUR_OK;
  for (size_t i = 0; i < roles->maybe_count; i++) {
    table_column *column = roles->maybe_labels[i];
    if (!same_values(&column->categories, &roles->like->categories)) continue;
    if (roles->label)
      return error_set(
          error, DESPUR_BAD_INPUT,
          "%s:1: which column has the labels, '%.60s' or '%.60s'? Both have the values of '%.60s' (say "
          "which: --label)",
          table_name(t), roles->label->name, column->name, roles->like->name);
    roles->label = column;
  }
  if (!roles->label) return missing_label(roles, t, error);
  column_roles_not_label(roles, roles->label);
  return DESPUR_OK;
}

/* Those that are no label have no part. */
static despur_status give_back_maybe_labels(column_roles *roles, table *t, const despur_columns *columns,
                                            despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < roles->maybe_count; i++) {
    table_column *column = roles->maybe_labels[i];
    if (columns->others)
      TRY(table_hash(t, column, error));
    else
      table_forget(column);
  }
  roles->maybe_count = 0;
cleanup:
  return status;
}

despur_status column_roles_settle(column_roles *roles, table *t, const despur_columns *columns,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(column_roles_settle_label(roles, t, error));
  TRY(give_back_maybe_labels(roles, t, columns, error));
  if (columns->split) TRY(keep_split(roles, t, columns->split, error));
  TRY(column_roles_cut(roles, t, error));
  if (columns->by || columns->overlapping || columns->whole_groups || roles->by_count != 1) goto cleanup;
  const table_column *by = roles->by[0];
  if (column_categories(&by->categories) == 1 && by->missing == 0) roles->by_count = 0;
cleanup:
  return status;
}

despur_status column_roles_note_splits(text *out, const column_roles *roles, const despur_columns *columns,
                                       despur_error *error) {
  despur_status status = DESPUR_OK;
  text values = {0};
  const table_column *split = roles->split;
  if (!split || columns->split || column_categories(&split->categories) < 2 ||
      column_categories(&split->categories) > MOST_SPLITS)
    return DESPUR_OK;
  TRY(list_values(&values, &split->categories, error));
  TRY(text_add(out, error,
               "rows of several splits are measured together, column '%s': %s (--split %s=VALUE takes one)",
               split->name, values.data, split->name));
cleanup:
  mem_free(values.data);
  return status;
}

void column_roles_release(column_roles *roles) {
  for (size_t i = 0; roles->cuts && i < roles->by_count; i++) column_cut_release(&roles->cuts[i]);
  mem_free(roles->cuts);
  mem_free(roles->by);
  mem_free(roles->probabilities);
  mem_free(roles->maybe_labels);
  *roles = (column_roles){0};
}

/* ---- in words ---- */

double overlap_threshold(const despur_columns *columns) {
  return columns->at > 0 ? columns->at : 0.5;
}

static despur_status describe_group(text *out, const column_roles *roles, size_t i, despur_error *error) {
  despur_status status = DESPUR_OK;
  const column_cut *cut = &roles->cuts[i];
  const char *between = roles->overlapping ? ", " : " x ";
  TRY(text_add(out, error, "%s%s", i ? between : "", roles->by[i]->name));
  if (cut->parts > 0) TRY(text_add(out, error, " in %zu parts", cut->parts));
  for (size_t k = 0; cut->parts == 0 && k < cut->count; k++)
    TRY(text_add(out, error, "%s%s", k ? ", " : " cut at ", cut->names[k]));
cleanup:
  return status;
}

despur_status column_roles_describe_outcomes(text *out, const column_roles *roles, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(text_add(out, error, "label: %s", roles->label->name));
  if (roles->like) TRY(text_add(out, error, " (has the values of %s)", roles->like->name));
  if (roles->prediction) TRY(text_add(out, error, ", prediction: %s", roles->prediction->name));
  if (roles->score) TRY(text_add(out, error, ", score: %s", roles->score->name));
  if (roles->probability_count > 0)
    TRY(text_add(out, error, ", probabilities: %s to %s", roles->probabilities[0]->name,
                 roles->probabilities[roles->probability_count - 1]->name));
cleanup:
  return status;
}

despur_status column_roles_describe(text *out, const column_roles *roles, const despur_columns *columns,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(column_roles_describe_outcomes(out, roles, error));
  TRY(text_add(out, error, ", groups: %s", columns->ungrouped && roles->by_count == 0 ? "the labels" : ""));
  for (size_t i = 0; i < roles->by_count; i++) TRY(describe_group(out, roles, i, error));
  if (roles->overlapping) TRY(text_add(out, error, ", overlapping, from %g on,", overlap_threshold(columns)));
  if (roles->by_count == 0 && !columns->ungrouped)
    TRY(text_add(out, error, "the labels, for '%s' is the same everywhere", roles->by[0]->name));
  else if (roles->by_count > 0 && !columns->whole_groups)
    TRY(text_add(out, error, " within each label"));
  if (columns->split) TRY(text_add(out, error, ", rows: %s", columns->split));
  if (roles->id) TRY(text_add(out, error, ", id: %s", *roles->id->name ? roles->id->name : "(first column)"));
  if (roles->unit) TRY(text_add(out, error, ", unit: %s", roles->unit->name));
  if (roles->weight) TRY(text_add(out, error, ", weight: %s", roles->weight->name));
cleanup:
  return status;
}
