/* Examples of an audit's findings, side by side. */
#ifndef REPORT_AUDIT_GALLERY_H
#define REPORT_AUDIT_GALLERY_H

#include "despur/audit.h"
#include "despur/picture.h"
#include "report/drawing/markup.h"

/* A section, where anything was found. thumbnails: of all samples' examples, one after the other; NULL: there
 * are no pictures, and names stand for them. Those that are empty have none either. */
void audit_gallery(markup *m, const despur_audit *audit, const despur_thumbnail *thumbnails);

#endif
