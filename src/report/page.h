/* The page of a run: its sections in their order. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/drawing/page_parts.h"
#include "report/loading/load.h"
#include "report/verdicts/verdict.h"

void page_run(markup *m, const report_run *run, const verdict *v);

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
