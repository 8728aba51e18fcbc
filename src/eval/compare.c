#include "despur/compare.h"

#include "base/dictionary.h"
#include "base/memory.h"
#include "base/text.h"
#include "eval/cells.h"
#include "eval/compare_units.h"
#include "eval/compare_worst.h"
#include "eval/predictions/predicted.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t NONE = UINT32_MAX - 1; /* of what the first does not have */

/* ---- the same examples ---- */

/* Names that both have: *map = for each name of the second its number in the first, or that of none. */
static despur_status map_names(uint32_t **map, const char *const *first, size_t first_count,
                               const char *const *second, size_t second_count, despur_error *error) {
  despur_status status = DESPUR_OK;
  dictionary names = {0};
  uint32_t index;
  TRY(mem_alloc(map, second_count, sizeof **map, error));
  for (size_t i = 0; i < first_count; i++)
    TRY(dictionary_add(&index, &names, first[i], strlen(first[i]), error));
  for (size_t i = 0; i < second_count; i++)
    if (!dictionary_find(&(*map)[i], &names, second[i], strlen(second[i]))) (*map)[i] = NONE;
cleanup:
  dictionary_release(&names);
  return status;
}

static despur_status check_distinct(const despur_predicted *p, const char *which, despur_error *error) {
  despur_status status = DESPUR_OK;
  dictionary ids = {0};
  for (size_t i = 0; i < predicted_examples(p); i++) {
    uint32_t index;
    TRY(dictionary_add(&index, &ids, p->ids[i], strlen(p->ids[i]), error));
    if (index < i)
      FAIL(error, DESPUR_BAD_INPUT, "the %s predictions have example '%.60s' twice", which, p->ids[i]);
  }
cleanup:
  dictionary_release(&ids);
  return status;
}

/* A column that both have with the same values, but not in the same order, says that rows are not. One whose
 * values differ belongs to a model and says nothing. */
static despur_status check_order(const despur_predicted *first, const despur_other_column *a,
                                 const despur_other_column *b, despur_error *error) {
  uint64_t sum = 0;
  size_t differ = 0, row = 0;
  for (size_t i = predicted_examples(first); i-- > 0;) {
    sum += a->hashes[i] - b->hashes[i];
    if (a->hashes[i] == b->hashes[i]) continue;
    differ++;
    row = i;
  }
  if (differ == 0 || sum != 0) return DESPUR_OK;
  return error_set(
      error, DESPUR_BAD_INPUT,
      "column '%.60s' has the same values in both, but in another order: %zu rows differ, first row %zu "
      "(match them by their ids)",
      a->name, differ, row + 1);
}

static despur_status check_orders(const despur_predicted *first, const despur_predicted *second,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < first->others_count; i++)
    for (size_t j = 0; j < second->others_count; j++)
      if (strcmp(first->others[i].name, second->others[j].name) == 0)
        TRY(check_order(first, &first->others[i], &second->others[j], error));
cleanup:
  return status;
}

/* The repeats of one example stand in the order of its groups. */
static despur_status match_repeats(uint32_t *rows, const despur_predicted *first,
                                   const despur_predicted *second, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t examples = predicted_examples(first);
  uint32_t *next = NULL, *last = NULL, *following = NULL; /* [examples], and of repeats: 0 is none */
  TRY(mem_alloc(&next, examples, sizeof *next, error));
  TRY(mem_alloc(&last, examples, sizeof *last, error));
  TRY(mem_alloc(&following, first->count, sizeof *following, error));
  for (uint32_t k = 0; k < first->repeats; k++) {
    uint32_t example = first->repeated[k], row = (uint32_t)examples + k;
    if (last[example])
      following[last[example]] = row;
    else
      next[example] = row;
    last[example] = row;
  }
  for (size_t k = 0; k < second->repeats; k++) {
    uint32_t example = rows[second->repeated[k]], row = next[example];
    if (row == 0)
      FAIL(error, DESPUR_BAD_INPUT,
           "row %u of the first predictions is in fewer groups than row %u of the second (other data?)",
           example + 1, second->repeated[k] + 1);
    rows[examples + k] = row;
    next[example] = following[row];
  }
  if (first->repeats > second->repeats)
    FAIL(error, DESPUR_BAD_INPUT, "the second predictions are in fewer groups than the first (other data?)");
cleanup:
  mem_free(next);
  mem_free(last);
  mem_free(following);
  return status;
}

/* rows[i]: the row of the first that belongs to row i of the second. */
static despur_status match_rows(uint32_t **rows, const despur_predicted *first,
                                const despur_predicted *second, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *map = NULL;
  size_t examples = predicted_examples(first);
  if (examples != predicted_examples(second))
    FAIL(error, DESPUR_BAD_INPUT, "the first predictions are of %zu examples, the second of %zu", examples,
         predicted_examples(second));
  TRY(mem_alloc(rows, second->count, sizeof **rows, error));
  if (!first->ids || !second->ids) {
    TRY(check_orders(first, second, error));
    for (size_t i = 0; i < examples; i++) (*rows)[i] = (uint32_t)i;
    return match_repeats(*rows, first, second, error);
  }
  TRY(check_distinct(first, "first", error));
  TRY(check_distinct(second, "second", error));
  TRY(map_names(&map, first->ids, examples, second->ids, examples, error));
  for (size_t i = 0; i < examples; i++)
    if (map[i] == NONE)
      FAIL(error, DESPUR_BAD_INPUT, "example '%.60s' is in the second predictions only", second->ids[i]);
  memcpy(*rows, map, examples * sizeof *map);
  TRY(match_repeats(*rows, first, second, error));
cleanup:
  mem_free(map);
  return status;
}

/* ---- who is right ---- */

/* What both call their classes, groups and units, by the numbers of the first. */
typedef struct common {
  uint32_t *classes, *groups, *units;
} common;

/* Where one of them has no names, numbers are the same in both. */
static despur_status map_or_number(uint32_t **map, const char *const *first, size_t first_count,
                                   const char *const *second, size_t second_count, despur_error *error) {
  if (first && second) return map_names(map, first, first_count, second, second_count, error);
  despur_status status = mem_alloc(map, second_count, sizeof **map, error);
  for (uint32_t i = 0; status == DESPUR_OK && i < second_count; i++) (*map)[i] = i;
  return status;
}

static despur_status find_common(common *out, const despur_predicted *first, const despur_predicted *second,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(map_or_number(&out->classes, first->class_names, first->classes, second->class_names, second->classes,
                    error));
  TRY(map_names(&out->groups, first->names, first->groups_count, second->names, second->groups_count, error));
  TRY(map_or_number(&out->units, first->unit_names, first->units_count, second->unit_names,
                    second->units_count, error));
cleanup:
  return status;
}

static const char *group_name(const despur_predicted *p, size_t row) {
  return p->groups[row] == DESPUR_NO_GROUP ? "none" : p->names[p->groups[row]];
}

static void class_name(char out[64], const despur_predicted *p, size_t row) {
  if (p->class_names)
    snprintf(out, 64, "%.60s", p->class_names[p->labels[row]]);
  else
    snprintf(out, 64, "%u", p->labels[row]);
}

/* To what printing with nine digits may take away. */
static bool same_weight(double a, double b) {
  return fabs(a - b) <= 1e-8 * fmax(a, b);
}

/* Whether both rows are of one example, as far as label and group tell. */
static despur_status check_pair(const despur_predicted *first, size_t row, const despur_predicted *second,
                                size_t other, const common *c, despur_error *error) {
  char one[64], two[64];
  uint32_t group = second->groups[other];
  if (first->labels[row] != c->classes[second->labels[other]]) {
    class_name(one, first, row);
    class_name(two, second, other);
    return error_set(
        error, DESPUR_BAD_INPUT,
        "row %zu of the first predictions is of class %s, row %zu of the second of %s (other data?)", row + 1,
        one, other + 1, two);
  }
  if (first->groups[row] != (group == DESPUR_NO_GROUP ? group : c->groups[group]))
    return error_set(
        error, DESPUR_BAD_INPUT,
        "row %zu of the first predictions is of group %s, row %zu of the second of %s (other data?)", row + 1,
        group_name(first, row), other + 1, group_name(second, other));
  if (first->units && second->units && first->units[row] != c->units[second->units[other]])
    return error_set(
        error, DESPUR_BAD_INPUT,
        "row %zu of the first predictions is of another unit than row %zu of the second (other data?)",
        row + 1, other + 1);
  if (first->weights && second->weights && !same_weight(first->weights[row], second->weights[other]))
    return error_set(
        error, DESPUR_BAD_INPUT,
        "row %zu of the first predictions does not weigh what row %zu of the second does (other data?)",
        row + 1, other + 1);
  return DESPUR_OK;
}

static void add_pair(despur_pairs *pairs, bool a, bool b) {
  pairs->both += a && b;
  pairs->only_first += a && !b;
  pairs->only_second += b && !a;
  pairs->neither += !a && !b;
}

/* Counts who is right, after checking that both speak of the same thing. */
static despur_status count_pairs(despur_comparison *out, const despur_predicted *first,
                                 const despur_predicted *second, const uint32_t *rows, despur_error *error) {
  despur_status status = DESPUR_OK;
  common names = {0};
  TRY(find_common(&names, first, second, error));
  for (size_t other = 0; other < second->count; other++) {
    size_t row = rows[other];
    TRY(check_pair(first, row, second, other, &names, error));
    bool a = first->predictions[row] == first->labels[row],
         b = second->predictions[other] == second->labels[other];
    if (other < predicted_examples(second)) add_pair(&out->all.pairs, a, b);
    if (first->groups[row] != DESPUR_NO_GROUP) add_pair(&out->groups[first->groups[row]].pairs, a, b);
  }
cleanup:
  mem_free(names.classes);
  mem_free(names.groups);
  mem_free(names.units);
  return status;
}

/* ---- groups ---- */

static size_t pairs_count(const despur_pairs *p) {
  return p->both + p->only_first + p->only_second + p->neither;
}

static void compare_group(despur_group_comparison *g, double confidence) {
  double count = (double)pairs_count(&g->pairs);
  despur_interval interval = despur_paired_interval(&g->pairs, confidence);
  g->first = (double)(g->pairs.both + g->pairs.only_first) / count; /* 0 / 0 is NaN, which is meant */
  g->second = (double)(g->pairs.both + g->pairs.only_second) / count;
  g->difference = g->second - g->first;
  g->low = interval.low;
  g->high = interval.high;
  g->p_value = g->adjusted =
      count > 0 ? despur_mcnemar(g->pairs.only_first, g->pairs.only_second) : (double)NAN;
}

static despur_status correct_for_number(despur_comparison *out, despur_error *error) {
  despur_status status = DESPUR_OK;
  double *p = NULL;
  TRY(mem_alloc(&p, out->groups_count, sizeof *p, error));
  for (size_t g = 0; g < out->groups_count; g++) p[g] = out->groups[g].p_value;
  TRY(despur_holm(p, p, out->groups_count, error));
  for (size_t g = 0; g < out->groups_count; g++) out->groups[g].adjusted = p[g];
cleanup:
  mem_free(p);
  return status;
}

despur_status despur_compare(despur_comparison *out, const despur_predicted *first,
                             const despur_predicted *second, double confidence, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *rows = NULL;
  *out = (despur_comparison){.confidence = confidence,
                             .groups_count = first->groups_count,
                             .groups_aside = first->groups_aside,
                             .by_id = first->ids && second->ids};
  TRY(check_confidence(confidence, error));
  TRY(predicted_check(first, error));
  TRY(predicted_check(second, error));
  if (!first->weights != !second->weights)
    FAIL(error, DESPUR_BAD_INPUT, "expected weights of both predictions, found them of one only");
  if (!first->units != !second->units)
    FAIL(error, DESPUR_BAD_INPUT, "expected units of both predictions, found them of one only");
  if (first->least_count != second->least_count)
    FAIL(
        error, DESPUR_BAD_INPUT,
        "in the first predictions groups of fewer than %zu examples cannot be the worst, in the second those "
        "of fewer than %zu: expected the same number",
        first->least_count, second->least_count);
  TRY(mem_alloc(&out->groups, first->groups_count, sizeof *out->groups, error));
  TRY(text_copy_all(&out->names, first->names, first->groups_count, error));
  for (size_t g = 0; g < first->groups_count; g++) out->groups[g].name = out->names[g];
  out->all.name = "all examples";
  TRY(match_rows(&rows, first, second, error));
  TRY(count_pairs(out, first, second, rows, error));
  compare_group(&out->all, confidence);
  for (size_t g = 0; g < out->groups_count; g++) compare_group(&out->groups[g], confidence);
  out->groups_share_units = first->repeats > 0;
  if (first->units || first->weights) TRY(compare_units(out, first, second, rows, error));
  TRY(correct_for_number(out, error));
  TRY(compare_worst(&out->worst, out->groups, out->groups_count - out->groups_aside, out->groups_share_units,
                    confidence, error));
  if (isnan(out->worst.difference)) out->worst.group_first = out->worst.group_second = out->groups_count;
  TRY(predicted_judge(&out->degenerate_first, NULL, first, error));
  TRY(predicted_judge(&out->degenerate_second, NULL, second, error));
cleanup:
  mem_free(rows);
  if (status != DESPUR_OK) despur_comparison_release(out);
  return status;
}

void despur_comparison_release(despur_comparison *comparison) {
  mem_free(comparison->groups);
  mem_free(comparison->names);
  *comparison = (despur_comparison){0};
}
