/* The page of a repair. */
#ifndef REPORT_REPAIRED_H
#define REPORT_REPAIRED_H

#include "report/models/models.h"

/* How a manifest says that it is one of these. */
#define REPAIRED_KIND "a repaired last layer"

/* Sections of their own between those of two models: methods, and the dial. */
void repaired_methods(markup *m, const despur_repair_outcome *outcome, const despur_repair_view *view);
void repaired_dial(markup *m, const despur_repair_view *view);
void repaired_again(markup *m); /* and how to get it again, which comes last */

/* Writes the head and the patched model, reads them back, and computes all logits once more. */
DESPUR_MUST_USE despur_status repaired_write_heads(despur_repair_check *check,
                                                   const despur_repair_outcome *outcome,
                                                   const despur_repair_data *data,
                                                   const despur_repair_directory *directory,
                                                   despur_error *error);

#endif
