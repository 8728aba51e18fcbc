#include "report/partition.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct member {
  unsigned label;
  size_t train_count, group;
} member;

/* By class, those with most training examples first, the first of equals. */
static int compare_members(const void *left, const void *right) {
  const member *a = left, *b = right;
  if (a->label != b->label) return a->label < b->label ? -1 : 1;
  if (a->train_count != b->train_count) return a->train_count > b->train_count ? -1 : 1;
  return a->group < b->group ? -1 : a->group > b->group;
}

static void read_true(report_cell *cell, const char *name) {
  int end = 0;
  int read = sscanf(name, "y=%9u,a=%9u%n", &cell->label, &cell->attribute, &end);
  cell->known = read == 2 && name[end] == 0;
}

static void read_inferred(report_cell *cell, const char *name) {
  if (sscanf(name, "y=%9u,", &cell->label) != 1) cell->label = 0;
  cell->known = true;
}

static despur_status divide(report_cell **out, const despur_scores *scores,
                            void (*read_name)(report_cell *cell, const char *name), despur_error *error) {
  despur_status status = DESPUR_OK;
  member *members = NULL;
  report_cell *cells = NULL;
  size_t count = scores->groups_count, known = 0;
  TRY(mem_alloc(&cells, count, sizeof *cells, error));
  TRY(mem_alloc(&members, count, sizeof *members, error));
  for (size_t g = 0; g < count; g++) {
    read_name(&cells[g], scores->groups[g].name);
    cells[g].peer = g;
    if (cells[g].known) members[known++] = (member){cells[g].label, scores->groups[g].train_count, g};
  }
  qsort(members, known, sizeof *members, compare_members);
  for (size_t m = 0, usual = 0; m < known; m++) {
    if (members[m].label != members[usual].label) usual = m;
    cells[members[m].group].peer = members[usual].group;
    cells[members[m].group].usual = m == usual;
  }
cleanup:
  mem_free(members);
  if (status != DESPUR_OK) {
    mem_free(cells);
    cells = NULL;
  }
  *out = cells;
  return status;
}

despur_status report_partition(report_cell **out, const despur_scores *scores, despur_error *error) {
  return divide(out, scores, read_true, error);
}

despur_status report_partition_inferred(report_cell **out, const despur_scores *scores, despur_error *error) {
  return divide(out, scores, read_inferred, error);
}
