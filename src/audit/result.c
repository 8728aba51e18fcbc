/* The memory of an audit. */
#include "audit/finder.h"
#include "base/memory.h"

void despur_audit_free(despur_audit *audit) {
  if (!audit) return;
  proposals candidates = {.items = audit->candidates, .count = audit->candidates_count};
  proposals_release(&candidates);
  mem_free((void *)audit->class_names);
  mem_free(audit->class_sizes);
  for (size_t i = 0; i < audit->columns_count; i++) mem_free(audit->columns[i].name);
  mem_free(audit->columns);
  mem_free(audit->cells);
  mem_free(audit->limits);
  mem_free(audit->splits);
  mem_free(audit->labels);
  mem_free(audit->predictions);
  mem_free(audit->halves);
  mem_free(audit->attributes);
  mem_free(audit->map);
  mem_free((void *)audit->ids);
  mem_free(audit->weight);
  mem_free((void *)audit->notes);
  mem_free(audit->to_label);
  mem_free(audit->noted_name);
  mem_free((void *)audit->noted_values);
  mem_free(audit->noted);
  mem_free(audit->samples);
  mem_free(audit->pastes);
  mem_free(audit->pasted);
  mem_free(audit->evidence);
  mem_free(audit->looks);
  mem_free(audit);
}
