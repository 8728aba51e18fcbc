/* What pasting a region of one picture over another has done to predictions. */
#ifndef REPORT_AUDIT_PASTES_H
#define REPORT_AUDIT_PASTES_H

#include "despur/audit.h"
#include "despur/picture.h"
#include "report/drawing/markup.h"

/* A section, where there was a test. thumbnails: of what despur_audit_shown names; NULL: there are none. */
void audit_pastes(markup *m, const despur_audit *audit, const despur_thumbnail *thumbnails);

#endif
