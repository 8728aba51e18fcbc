#include "report/audit_pastes.h"

#include "base/memory.h"
#include "report/audit_image.h"
#include "report/drawing/page_parts.h"

enum { TRIPLE = 3 }; /* pasted into, pasted from, the result */

static void row(markup *m, const despur_audit *a, const despur_audit_paste *p) {
  const despur_region *r = &p->region;
  markup_print(m, "<tr><th scope=\"row\">%s</th><td>%zu \xc3\x97 %zu, %zu down, %zu in</td>",
               a->class_names[p->class_index], r->height, r->width, r->top, r->left);
  markup_print(m, "<td class=\"n\">%zu</td><td class=\"n\">%.1f</td><td class=\"n\">%.1f</td>", p->count,
               100 * (double)p->followed / (double)p->count,
               100 * (double)p->followed_elsewhere / (double)p->count);
  markup_print(m, "<td class=\"n\">%.1f <span class=\"to\">%.0f to %.0f</span></td>", 100 * p->difference,
               100 * p->low, 100 * p->high);
  markup_print(m, "<td class=\"n\">%.2g</td><td>%s</td></tr>\n", p->adjusted,
               p->confirmed ? "confirmed" : "not confirmed");
}

static void table(markup *m, const despur_audit *a) {
  markup_raw(m, "<div class=\"scroll\">\n<table>\n<thead><tr><th scope=\"col\">Cut from class</th><th "
                "scope=\"col\">Region</th><th scope=\"col\" class=\"n\">Pictures</th><th scope=\"col\" "
                "class=\"n\">Follow</th><th scope=\"col\" class=\"n\">Elsewhere</th><th scope=\"col\" "
                "class=\"n\">Points more</th><th scope=\"col\" class=\"n\">p, corrected</th><th "
                "scope=\"col\">Standing</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < a->pastes_count; i++) row(m, a, &a->pastes[i]);
  markup_raw(m, "</tbody>\n</table>\n</div>\n");
}

/* Where the evidence lies that tells a class: the darker, the more; and the region. */
static void evidence(markup *m, const despur_audit *a, size_t test) {
  const despur_audit_paste *p = &a->pastes[test];
  const size_t rows = a->map_rows, columns = a->map_columns;
  const double *of = a->evidence + test * rows * columns;
  double most = 0;
  for (size_t i = 0; i < rows * columns; i++)
    if (of[i] > most) most = of[i];
  markup_print(m,
               "<figure><svg viewBox=\"-0.1 -0.1 %zu.2 %zu.2\" width=\"112\" height=\"112\" role=\"img\" "
               "style=\"shape-rendering:crispEdges;fill:currentColor\" "
               "aria-label=\"Where the evidence for class %s lies\">\n",
               columns, rows, a->class_names[p->class_index]);
  for (size_t i = 0; i < rows * columns && most > 0; i++)
    markup_print(m, "<rect x=\"%zu\" y=\"%zu\" width=\"1\" height=\"1\" fill-opacity=\"%.2f\"/>", i % columns,
                 i / columns, of[i] > 0 ? 0.04 + 0.8 * of[i] / most : 0.04);
  markup_print(m,
               "\n<rect x=\"%.3f\" y=\"%.3f\" width=\"%.3f\" height=\"%.3f\" fill=\"none\" "
               "stroke=\"currentColor\" stroke-width=\"0.12\"/>\n</svg>",
               (double)(p->region.left * columns) / (double)a->model_width,
               (double)(p->region.top * rows) / (double)a->model_height,
               (double)(p->region.width * columns) / (double)a->model_width,
               (double)(p->region.height * rows) / (double)a->model_height);
  markup_print(m,
               "<figcaption>class %s: %.0f\xc2\xa0%% of the evidence in the region</figcaption></figure>\n",
               a->class_names[p->class_index], 100 * p->share);
}

static void all_evidence(markup *m, const despur_audit *a) {
  markup_raw(m, "<div class=\"looks\" style=\"grid-template-columns:repeat(auto-fill,minmax(112px,1fr));"
                "margin:18px 0\">\n");
  for (size_t i = 0; i < a->pastes_count; i++) evidence(m, a, i);
  markup_raw(m, "</div>\n");
}

static void tile(markup *m, const despur_thumbnail *picture, const char *what, const char *class_name) {
  markup_raw(m, "<figure>");
  audit_image(m, picture);
  markup_print(m, "\" alt=\"%s %s\"><figcaption>%s %s</figcaption></figure>\n", what, class_name, what,
               class_name);
}

/* The prediction of a picture that was made. */
static uint32_t after(const despur_audit *a, size_t test, const despur_pasted *made) {
  for (size_t i = 0; i < a->pasted_count; i++)
    if (a->pasted[i].paste == test && a->pasted[i].into == made->into) return a->pasted[i].after;
  return a->labels[made->into];
}

static void triples(markup *m, const despur_audit *a, const despur_pasted *shown, size_t count,
                    const despur_thumbnail *pictures) {
  size_t test = SIZE_MAX;
  for (size_t i = 0; i + 2 < count; i += TRIPLE) {
    const despur_pasted *made = &shown[i + 2];
    const uint32_t from = a->labels[made->from];
    if (test == SIZE_MAX || a->pastes[test].class_index != from) {
      if (test != SIZE_MAX) markup_raw(m, "</div>\n");
      for (test = 0; a->pastes[test].class_index != from;) test++;
      markup_print(m, "<h3>Cut from class %s</h3>\n", a->class_names[from]);
      markup_print(m,
                   "<div class=\"looks\" style=\"grid-template-columns:repeat(3,minmax(88px,%dpx));"
                   "margin-bottom:18px\">\n",
                   audit_image_is_small(pictures) ? 112 : 160);
    }
    tile(m, &pictures[i], "into, taken for", a->class_names[a->labels[made->into]]);
    tile(m, &pictures[i + 1], "from", a->class_names[from]);
    tile(m, &pictures[i + 2], "now taken for", a->class_names[after(a, test, made)]);
  }
  if (test != SIZE_MAX) markup_raw(m, "</div>\n");
}

void audit_pastes(markup *m, const despur_audit *a, const despur_thumbnail *pictures) {
  despur_pasted *shown = NULL;
  const size_t count = despur_audit_shown(NULL, a);
  if (a->pastes_count == 0 || m->status != DESPUR_OK) return;
  section_open(m, "What the model says once a region is exchanged");
  markup_print(
      m,
      "<p>Where the model looks, on the examples that were searched, says which region tells a class best. "
      "On others this region of a picture of the class was laid over pictures of other classes that "
      "the model is right about, of %zu \xc3\x97 %zu pixels. Follow: how many are then taken for the class, "
      "in per "
      "cent; elsewhere: the same with a region of that size from another place in the same picture. "
      "What predictions follow the model uses; whether it may is yours to say.</p>\n",
      a->model_height, a->model_width);
  table(m, a);
  all_evidence(m, a);
  m->status = mem_alloc(&shown, count, sizeof *shown, m->error);
  if (m->status == DESPUR_OK) despur_audit_shown(shown, a);
  if (m->status == DESPUR_OK && pictures && pictures[0].rgb) triples(m, a, shown, count, pictures);
  mem_free(shown);
  section_close(m);
}
