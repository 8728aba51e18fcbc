#include "report/page.h"

#include <stdio.h>
#include <string.h>

static void kicker(markup *m, const report_run *run) {
  markup_print(m, "<p class=\"kicker\"><b>%s</b> \xc2\xb7 seed %s", report_setting(run, "name"),
               report_setting(run, "seed"));
  if (*run->manifest.data) markup_print(m, " \xc2\xb7 %s", run->manifest.data);
  markup_raw(m, "</p>\n");
}

/* A run that did not end well says so before anything else. */
static void outcome(markup *m, const report_run *run) {
  if (!*run->manifest.outcome || strcmp(run->manifest.outcome, "complete") == 0) return;
  markup_print(m, "<p class=\"warn\"><b>This run %s%s</b>%s%s. What follows is what there was.</p>\n",
               strcmp(run->manifest.outcome, "interrupted") == 0 ? "was " : "", run->manifest.outcome,
               *run->manifest.message ? ": " : "", run->manifest.message);
}

void page_run(markup *m, const report_run *run, const verdict *v) {
  char title[256];
  snprintf(title, sizeof title, "%s: what the network uses", report_setting(run, "name"));
  page_open(m, title);
  kicker(m, run);
  markup_raw(m, "<h1>");
  page_sentence(m, v->sentence.data);
  markup_raw(m, "</h1>\n");
  outcome(m, run);
  markup_raw(m, "<p class=\"lede\">");
  page_sentence(m, v->reason.data);
  markup_raw(m, "</p>\n");
  if (run->stages[REPORT_REFERENCE].inferred.groups_count > 0) {
    section_inferred(m, run); /* and what is in them, before everything else */
    section_cam(m, run);
    section_occlusion(m, run);
  }
  section_groups(m, run);
  section_curves(m, run);
  section_clusters(m, run);
  section_tradeoff(m, run);
  if (run->stages[REPORT_REFERENCE].inferred.groups_count == 0) {
    section_cam(m, run);
    section_occlusion(m, run);
  }
  section_unchecked(m, run);
  section_files(m, run);
  page_close(m, run->manifest.version, "the files of the run");
}
