/* Pictures within the page of an audit. */
#ifndef REPORT_AUDIT_IMAGE_H
#define REPORT_AUDIT_IMAGE_H

#include "despur/picture.h"
#include "report/drawing/markup.h"

#include <stdbool.h>

/* Small pictures are kept exactly, and enlarged in squares. */
bool audit_image_is_small(const despur_thumbnail *thumbnail);

/* An image, up to its data: the caller goes on with `" alt="..."`, which is all that is seen of it once a
 * page would become too large. */
void audit_image(markup *m, const despur_thumbnail *thumbnail);

#endif
