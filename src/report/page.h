/* Pages: the sections of a run's page in their order, and the parts that all pages share. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/load.h"
#include "report/markup.h"
#include "report/verdict.h"

void page_run(markup *m, const report_run *run, const verdict *v);

/* From <!DOCTYPE> to <main>, and the end. */
void page_open(markup *m, const char *title);
void page_close(markup *m, const char *version);

void section_open(markup *m, const char *heading);
void section_close(markup *m);

/* Text with "74.3 %" kept on one line. */
void page_sentence(markup *m, const char *sentence);

/* Whether a name has a word that must be allowed to break anywhere, or it would widen a phone's page. */
bool page_is_long(const char *name);

/* Colours and shapes of a network among count: one that is alone, or last, is "after", another "before". */
const char *page_tone(size_t stage, size_t count);

/* Sections write nothing when the run has nothing for them. */
void section_groups(markup *m, const report_run *run);
void section_curves(markup *m, const report_run *run);
void section_inferred(markup *m, const report_run *run);
void section_clusters(markup *m, const report_run *run);
void section_tradeoff(markup *m, const report_run *run);
void section_cam(markup *m, const report_run *run);
void section_occlusion(markup *m, const report_run *run);
void section_unchecked(markup *m, const report_run *run);
void section_files(markup *m, const report_run *run);

#endif
