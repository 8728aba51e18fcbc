/* How pages and charts look: rules of CSS, NULL-terminated. */
#ifndef REPORT_STYLE_H
#define REPORT_STYLE_H

extern const char *const STYLE_CHARTS[]; /* colours, and the classes of SVG */
extern const char *const STYLE_PAGE[];   /* everything else on a page */

#endif
