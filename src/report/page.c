#include "report/page.h"

#include "report/style.h"

#include <stdio.h>
#include <string.h>

void page_open(markup *m, const char *title) {
  markup_print(m,
               "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<title>%s</title>\n<style>\n",
               title);
  for (size_t i = 0; STYLE_CHARTS[i]; i++) markup_raw(m, STYLE_CHARTS[i]);
  for (size_t i = 0; STYLE_PAGE[i]; i++) markup_raw(m, STYLE_PAGE[i]);
  markup_raw(m, "</style>\n</head>\n<body>\n<main>\n");
}

void page_close(markup *m, const char *version) {
  markup_print(
      m, "<footer>Made by despur %s from the files of the run; equal files give an equal page.</footer>\n",
      version);
  markup_raw(m, "</main>\n</body>\n</html>\n");
}

void section_open(markup *m, const char *heading) {
  markup_print(m, "<section>\n<h2>%s</h2>\n", heading);
}

void section_close(markup *m) {
  markup_raw(m, "</section>\n");
}

void page_sentence(markup *m, const char *sentence) {
  for (const char *unit; (unit = strstr(sentence, " %")); sentence = unit + 2) {
    markup_span(m, sentence, (size_t)(unit - sentence));
    markup_raw(m, "\xc2\xa0%");
  }
  markup_print(m, "%s", sentence);
}

bool page_is_long(const char *name) {
  for (size_t word; *name; name += word) {
    name += strspn(name, " ");
    word = strcspn(name, " ");
    if (word > 12) return true;
  }
  return false;
}

const char *page_tone(size_t stage, size_t count) {
  return stage + 1 < count ? "before" : "after";
}

static void kicker(markup *m, const report_run *run) {
  markup_print(m, "<p class=\"kicker\"><b>%s</b> \xc2\xb7 seed %s", report_setting(run, "name"),
               report_setting(run, "seed"));
  if (*run->data) markup_print(m, " \xc2\xb7 %s", run->data);
  markup_raw(m, "</p>\n");
}

/* A run that did not end well says so before anything else. */
static void outcome(markup *m, const report_run *run) {
  if (!*run->outcome || strcmp(run->outcome, "complete") == 0) return;
  markup_print(m, "<p class=\"warn\"><b>This run %s%s</b>%s%s. What follows is what there was.</p>\n",
               strcmp(run->outcome, "interrupted") == 0 ? "was " : "", run->outcome,
               *run->message ? ": " : "", run->message);
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
  page_close(m, run->version);
}
