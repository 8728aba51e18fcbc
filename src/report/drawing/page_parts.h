/* The parts that all pages share. */
#ifndef REPORT_PAGE_PARTS_H
#define REPORT_PAGE_PARTS_H

#include "report/drawing/markup.h"

#include <stdbool.h>
#include <stddef.h>

struct text_pairs;

/* From <!DOCTYPE> to <main>, and the end; source: what the page was made from. */
void page_open(markup *m, const char *title);
void page_close(markup *m, const char *version, const char *source);

void section_open(markup *m, const char *heading);
void section_close(markup *m);

/* Text with "74.3 %" kept on one line. */
void page_sentence(markup *m, const char *sentence);

/* Whether a name has a word that must be allowed to break anywhere, or it would widen a phone's page. */
bool page_is_long(const char *name);

/* A table of files and their hashes, if there are any. */
void page_hashes(markup *m, const char *caption, const struct text_pairs *pairs);

/* Colours and shapes of a network among count: one that is alone, or last, is "after", another "before". */
const char *page_tone(size_t stage, size_t count);

/* A cell with a share in per cent and, unless low is NaN, its interval; a dash for a share that is NaN. */
void page_share_cell(markup *m, double value, double low, double high);

#endif
