#include "report/audit_gallery.h"

#include "base/memory.h"
#include "io/png.h"
#include "report/drawing/page_parts.h"

#include <stdlib.h>

enum { PIXELS_SHOWN_AS_THEY_ARE = 48 }; /* smaller pictures are enlarged in squares */

static void name_of(markup *m, const despur_audit *a, uint32_t example) {
  if (a->ids)
    markup_print(m, "%s", a->ids[example]);
  else
    markup_print(m, "%zu", (size_t)example);
}

static void caption(markup *m, const despur_audit *a, uint32_t example, const char *between) {
  name_of(m, a, example);
  if (a->predictions[example] == a->labels[example]) return;
  markup_raw(m, between);
  markup_print(m, "taken for %s", a->class_names[a->predictions[example]]);
}

static despur_status add_image(markup *m, const despur_thumbnail *t) {
  despur_status status = DESPUR_OK;
  uint8_t *png = NULL;
  size_t bytes;
  TRY(png_encode(&png, &bytes, t->width, t->height, t->rgb, m->error));
  markup_print(m, "<img width=\"%zu\" height=\"%zu\" style=\"object-fit:contain;image-rendering:%s\" ",
               t->width, t->height, t->width < PIXELS_SHOWN_AS_THEY_ARE ? "pixelated" : "auto");
  markup_raw(m, "src=\"data:image/png;base64,");
  if (m->status == DESPUR_OK) TRY(text_add_base64(&m->text, png, bytes, m->error));
cleanup:
  free(png);
  return status;
}

void audit_image(markup *m, const despur_thumbnail *thumbnail) {
  despur_status status = add_image(m, thumbnail);
  if (m->status == DESPUR_OK) m->status = status;
}

static void tile(markup *m, const despur_audit *a, uint32_t example, const despur_thumbnail *thumbnail) {
  markup_raw(m, "<figure>");
  audit_image(m, thumbnail);
  markup_raw(m, "\" alt=\"");
  caption(m, a, example, ", ");
  markup_raw(m, "\"><figcaption>");
  caption(m, a, example, "<br>");
  markup_raw(m, "</figcaption></figure>\n");
}

static void heading(markup *m, const despur_audit *a, const despur_audit_sample *s) {
  const despur_audit_cell *c = &a->cells[s->cell];
  const despur_audit_cell_words words = despur_audit_words_of(a, c);
  const char *class_name = a->class_names[s->class_index];
  if (s->class_index != c->class_index)
    markup_print(m, "<p><b>Class %s, in this cell.</b> What errors of class %s are taken for.</p>\n",
                 class_name, a->class_names[c->class_index]);
  else if (s->inside)
    markup_print(m, "<h3>%s%s%s</h3>\n<p><b>Class %s, in this cell.</b> %zu of %zu are wrong.</p>\n",
                 words.cell, words.between, words.candidate, class_name, c->wrong, c->count);
  else
    markup_print(m, "<p><b>Class %s, elsewhere.</b> %zu of %zu are wrong.</p>\n", class_name, c->rest_wrong,
                 c->rest_count);
}

static void names(markup *m, const despur_audit *a, const despur_audit_sample *s) {
  markup_raw(m, "<p>");
  for (size_t i = 0; i < s->examples_count; i++) {
    if (i > 0) markup_raw(m, "; ");
    caption(m, a, s->examples[i], ", ");
  }
  markup_raw(m, "</p>\n");
}

static void side(markup *m, const despur_audit *a, const despur_audit_sample *s,
                 const despur_thumbnail *thumbnails) {
  heading(m, a, s);
  if (!thumbnails || !thumbnails[0].rgb) {
    names(m, a, s);
    return;
  }
  markup_raw(m, "<div class=\"looks\" style=\"grid-template-columns:repeat(auto-fill,minmax(88px,1fr));"
                "margin-bottom:18px\">\n");
  for (size_t i = 0; i < s->examples_count; i++) tile(m, a, s->examples[i], &thumbnails[i]);
  markup_raw(m, "</div>\n");
}

void audit_gallery(markup *m, const despur_audit *a, const despur_thumbnail *thumbnails) {
  if (a->samples_count == 0) return;
  section_open(m, "Look at these examples");
  markup_print(
      m,
      "<p>%s of the confirmation half. A cell may only overlap with what the model goes by, and data "
      "alone cannot say whether that belongs to what the class means: that is yours to say.</p>\n",
      a->map ? "Those nearest to the mean of their side," : "The first");
  for (size_t i = 0; i < a->samples_count; i++) {
    side(m, a, &a->samples[i], thumbnails);
    if (thumbnails) thumbnails += a->samples[i].examples_count;
  }
  markup_print(m, "<p class=\"note\">%s<code>groups.csv</code> has all of them.</p>\n",
               a->ids ? "" : "Numbers are rows, from 0; ");
  section_close(m);
}
