/* What choosing an epoch on validation adds to what validation says of it. */
#include "run/state/optimism.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "run/state/history.h"
#include "run/state/run_state.h"

#include <assert.h>

void history_release(run_history *history) {
  mem_free(history->correct);
  mem_free(history->kept);
  mem_free(history->right);
  *history = (run_history){0};
}

/* Inferred groups, and one more for validation examples that have none. */
static size_t parts(const run *r) {
  return r->val_groups ? r->result->groups.count + 1 : 1;
}

/* Of a validation example: true group by true group, in each by inferred group. */
static size_t cell_of(const run *r, size_t example, size_t place) {
  size_t last = parts(r) - 1, part = last;
  if (r->val_groups && r->val_groups[place] < last) part = r->val_groups[place];
  return r->truth.of_example[example] * parts(r) + part;
}

despur_status run_remember(run *r, const uint32_t *predictions, despur_error *error) {
  despur_status status = DESPUR_OK;
  run_history *h = &r->history;
  const uint32_t *labels = despur_dataset_labels(r->dataset);
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_VAL, &h->examples);
  h->cells = r->truth.count * parts(r);
  size_t filled = h->epochs * h->cells;
  TRY(mem_grow(&h->correct, filled, filled + h->cells, sizeof *h->correct, error));
  TRY(mem_grow(&h->kept, filled, filled + h->cells, sizeof *h->kept, error));
  if (!h->right) TRY(mem_alloc(&h->right, h->examples, sizeof *h->right, error));
  for (size_t i = 0; i < h->examples; i++) {
    size_t cell = filled + cell_of(r, examples[i], i);
    bool right = predictions[i] == labels[examples[i]];
    h->correct[cell] += right;
    h->kept[cell] += h->epochs > 0 && right && h->right[i];
    h->right[i] = right;
  }
  h->epochs++;
cleanup:
  return status;
}

despur_status run_kept(size_t **kept, const run *r, despur_error *error) {
  const run_history *h = &r->history;
  *kept = NULL;
  if (h->epochs < 2) return DESPUR_OK;
  despur_status status = mem_alloc(kept, r->truth.count, sizeof **kept, error);
  const size_t *last = h->kept + (h->epochs - 1) * h->cells;
  for (size_t c = 0; status == DESPUR_OK && c < h->cells; c++) (*kept)[c / parts(r)] += last[c];
  return status;
}

/* Of every cell, the part by the worst of which a rule chooses. */
static void divide(size_t *chosen, const run *r, int rule) {
  size_t attributes = r->truth.count / despur_dataset_classes(r->dataset);
  for (size_t c = 0; c < r->history.cells; c++) {
    size_t group = c / parts(r), part = c % parts(r);
    switch (rule) {
    case CONFIG_VAL_WORST_GROUP:
      chosen[c] = group;
      break;
    case CONFIG_VAL_WORST_INFERRED_GROUP:
      chosen[c] = part + 1 < parts(r) ? part : DESPUR_NO_CELL;
      break;
    case CONFIG_VAL_WORST_CLASS:
      assert(attributes > 0); /* a group is a class with an attribute */
      chosen[c] = group / attributes;
      break;
    default:
      chosen[c] = 0;
    }
  }
}

static despur_status judge(despur_rule_result *rules, const run *r, size_t *count, size_t *group,
                           size_t *chosen, despur_error *error) {
  despur_status status = DESPUR_OK;
  const run_history *h = &r->history;
  despur_epoch_counts counts = {.epochs = h->epochs,
                                .cells = h->cells,
                                .count = count,
                                .correct = h->correct,
                                .kept = h->kept,
                                .group = group,
                                .chosen = chosen};
  size_t examples_count;
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_VAL, &examples_count);
  for (size_t i = 0; i < examples_count; i++) count[cell_of(r, examples[i], i)]++;
  for (size_t c = 0; c < h->cells; c++) group[c] = c / parts(r);
  for (int rule = 0; rule < DESPUR_RULES; rule++) {
    if (rules[rule].epoch == 0 || rule == CONFIG_LAST) continue;
    divide(chosen, r, rule);
    TRY(despur_selection_optimism(&rules[rule].optimism, &counts, error));
  }
cleanup:
  return status;
}

despur_status run_judge_choice(despur_rule_result *rules, run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *count = NULL, *group = NULL, *chosen = NULL, cells = r->history.cells;
  if (r->history.epochs > 0) {
    rules[CONFIG_LAST].optimism = 0;
    if (r->history.examples > 1) {
      TRY(mem_alloc(&count, cells, sizeof *count, error));
      TRY(mem_alloc(&group, cells, sizeof *group, error));
      TRY(mem_alloc(&chosen, cells, sizeof *chosen, error));
      TRY(judge(rules, r, count, group, chosen, error));
    }
  }
  history_release(&r->history);
cleanup:
  mem_free(count);
  mem_free(group);
  mem_free(chosen);
  return status;
}
