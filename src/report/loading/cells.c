#include "report/loading/cells.h"

#include "base/memory.h"
#include <stdlib.h>

typedef struct member {
  unsigned label;
  size_t size, group;
} member;

/* By class, the largest first, the first of equals. */
static int compare_members(const void *left, const void *right) {
  const member *a = left, *b = right;
  if (a->label != b->label) return a->label < b->label ? -1 : 1;
  if (a->size != b->size) return a->size > b->size ? -1 : 1;
  return a->group < b->group ? -1 : a->group > b->group;
}

/* Finds the usual group of every class. trained: the one with most training examples, not with most examples.
 */
static despur_status find_peers(report_cell *cells, const despur_scores *scores, bool trained,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  member *members = NULL;
  size_t known = 0;
  TRY(mem_alloc(&members, scores->groups_count, sizeof *members, error));
  for (size_t g = 0; g < scores->groups_count; g++) {
    const despur_group_score *group = &scores->groups[g];
    cells[g].peer = g;
    if (cells[g].known)
      members[known++] = (member){cells[g].label, trained ? group->train_count : group->count, g};
  }
  qsort(members, known, sizeof *members, compare_members);
  for (size_t m = 0, usual = 0; m < known; m++) {
    if (members[m].label != members[usual].label) usual = m;
    cells[members[m].group].peer = members[usual].group;
    cells[members[m].group].usual = m == usual;
  }
cleanup:
  mem_free(members);
  return status;
}

/* Hands over the cells, or none after an error. */
static despur_status hand_over(report_cell **out, report_cell *cells, despur_status status) {
  if (status != DESPUR_OK) {
    mem_free(cells);
    cells = NULL;
  }
  *out = cells;
  return status;
}

static despur_status divide(report_cell **out, const despur_scores *scores, bool inferred,
                            despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t count = scores->groups_count;
  report_cell *cells = NULL;
  TRY(mem_alloc(&cells, count, sizeof *cells, error));
  for (size_t g = 0; g < count; g++) {
    const despur_group_score *group = &scores->groups[g];
    cells[g].label = group->label == DESPUR_NO_CODE ? 0 : group->label;
    cells[g].attribute = group->attribute == DESPUR_NO_CODE ? 0 : group->attribute;
    cells[g].known = inferred || group->attribute != DESPUR_NO_CODE;
  }
  TRY(find_peers(cells, scores, true, error));
cleanup:
  return hand_over(out, cells, status);
}

despur_status report_cells(report_cell **out, const despur_scores *scores, despur_error *error) {
  return divide(out, scores, false, error);
}

despur_status report_cells_inferred(report_cell **out, const despur_scores *scores, despur_error *error) {
  return divide(out, scores, true, error);
}

despur_status report_cells_predicted(report_cell **out, const despur_predicted *predicted,
                                     const despur_scores *scores, bool by_label, despur_error *error) {
  despur_status status = DESPUR_OK;
  report_cell *cells = NULL;
  TRY(mem_alloc(&cells, scores->groups_count, sizeof *cells, error));
  for (size_t i = 0; i < predicted->count; i++) {
    uint32_t g = predicted->groups[i];
    if (g == DESPUR_NO_GROUP) continue;
    cells[g].label = by_label ? predicted->labels[i] : 0;
    cells[g].attribute = predicted->attributes ? predicted->attributes[i] : 0;
    cells[g].known = g + scores->groups_aside < scores->groups_count;
  }
  TRY(find_peers(cells, scores, predicted->train_sizes != NULL, error));
cleanup:
  return hand_over(out, cells, status);
}
