#include "base/text.h"
#include "report/drawing/page_parts.h"

#include <string.h>

void page_hashes(markup *m, const char *caption, const text_pairs *pairs) {
  if (pairs->count == 0) return;
  markup_print(m,
               "<table class=\"hashes\">\n<caption>%s</caption>\n"
               "<thead><tr><th scope=\"col\">File</th><th scope=\"col\">SHA-256</th></tr></thead>\n"
               "<tbody>\n",
               caption);
  for (size_t i = 0; i < pairs->count; i++) {
    if (strcmp(pairs->items[i].name, "report.html") == 0) continue; /* a page cannot show its own hash */
    markup_print(m, "<tr><th scope=\"row\" class=\"long\">%s</th><td><code>%s</code></td></tr>\n",
                 pairs->items[i].name, pairs->items[i].value);
  }
  markup_raw(m, "</tbody>\n</table>\n");
}
