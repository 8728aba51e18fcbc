#include "report/drawing/page_parts.h"

#include "report/drawing/style.h"

#include <math.h>
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

void page_close(markup *m, const char *version, const char *source) {
  markup_print(m, "<footer>Made by despur %s from %s; equal files give an equal page.</footer>\n", version,
               source);
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

void page_share_cell(markup *m, double value, double low, double high) {
  if (isnan(value)) {
    markup_raw(m, "<td class=\"n\">\xe2\x80\x93</td>");
    return;
  }
  markup_print(m, "<td class=\"n\">%.1f", 100 * value);
  if (!isnan(low)) markup_print(m, " <span class=\"to\">%.0f\xe2\x80\x93%.0f</span>", 100 * low, 100 * high);
  markup_raw(m, "</td>");
}
