/* Where a model looked in the pictures of an audit's page. */
#ifndef REPORT_AUDIT_LOOKS_H
#define REPORT_AUDIT_LOOKS_H

#include "despur/audit.h"
#include "despur/picture.h"
#include "report/drawing/markup.h"

#include <stdbool.h>

/* What maps are, and what they do not mean, for whoever has never seen one. cut: the model does not see all
 * of the pictures. */
void audit_explain_looks(markup *m, const despur_audit *audit, bool cut);

/* A picture in grey under its map, [map_rows, map_columns] of despur_audit.looks; whether anything in it
 * speaks for the class that is predicted. */
bool audit_look_image(markup *m, const despur_audit *audit, uint32_t example, const despur_thumbnail *picture,
                      const float *map);

#endif
