/* Where the data have no attributes: the accuracy of every inferred group. */
#include "base/memory.h"
#include "report/figures/group_table.h"
#include "report/page.h"

#include <stdio.h>

static void table(markup *m, const report_run *run, const report_cell *cells) {
  const report_stage *last = report_last_stage(run), *first = report_first_stage(run);
  char caption[400];
  group_table t = {.caption = caption,
                   .what = "Group",
                   .sized = page_split_heading(last->inferred_split),
                   .rest = "results.jsonl",
                   .trained = true,
                   .attributes = true,
                   .cells = cells,
                   .marks_usual = true,
                   .marks_behind = true};
  for (const report_stage *stage = first; stage <= last; stage++) {
    if (!stage->final || stage->inferred.groups_count != last->inferred.groups_count) continue;
    t.labels[t.count] = stage->label;
    t.scores[t.count++] = &stage->inferred;
  }
  snprintf(
      caption, sizeof caption,
      "Accuracy of every inferred group on the %s examples, in per cent, with its 95 %% interval (Wilson). "
      "Bold: the worst group. \xe2\x97\x86: the largest of its class in training. \xe2\x96\xbe: surely "
      "behind that (95 %% confidence for all groups together).",
      despur_split_word(last->inferred_split));
  page_group_table(m, &t);
}

void section_inferred(markup *m, const report_run *run) {
  const report_stage *last = report_last_stage(run);
  report_cell *cells = NULL;
  if (!last || last->inferred.groups_count == 0) return;
  if (m->status == DESPUR_OK) m->status = report_cells_inferred(&cells, &last->inferred, m->error);
  if (m->status == DESPUR_OK) {
    section_open(m, "Inferred groups");
    table(m, run, cells);
    section_close(m);
  }
  mem_free(cells);
}
