#include "report/partition.h"

#include "base/memory.h"

#include <stdio.h>

despur_status report_partition(report_cell **out, const despur_scores *scores, despur_error *error) {
  size_t count = scores->groups_count;
  despur_status status = mem_alloc(out, count, sizeof **out, error);
  if (status != DESPUR_OK) return status;
  report_cell *cells = *out;
  for (size_t g = 0; g < count; g++) {
    int end = 0;
    const char *name = scores->groups[g].name;
    int read = sscanf(name, "y=%9u,a=%9u%n", &cells[g].label, &cells[g].attribute, &end);
    cells[g].known = read == 2 && name[end] == 0;
    cells[g].peer = g;
  }
  for (size_t g = 0; g < count; g++) {
    if (!cells[g].known) continue;
    for (size_t h = 0; h < count; h++)
      if (cells[h].known && cells[h].label == cells[g].label) {
        size_t most = scores->groups[cells[g].peer].train_count, size = scores->groups[h].train_count;
        if (size > most || (size == most && h < cells[g].peer)) cells[g].peer = h;
      }
    cells[g].usual = cells[g].peer == g;
  }
  return DESPUR_OK;
}
