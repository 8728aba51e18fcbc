/* How pages and charts look. */
#ifndef REPORT_STYLE_H
#define REPORT_STYLE_H

extern const char STYLE_CHARTS[]; /* colours, and the classes of SVG */
extern const char STYLE_PAGE[];   /* everything else on a page */

#endif
