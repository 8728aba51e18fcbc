/* What a reader should know before believing the page of a model, and what is needed to get it again. */
#include "report/models/models.h"

static void item(markup *m, const char *words) {
  markup_print(m, "<li>%s</li>\n", words);
}

void model_unchecked(markup *m, const model_page *page) {
  const despur_model *model = &page->models[0];
  section_open(m, "What was not checked");
  markup_raw(m, "<ul>\n");
  item(m, "Why. Groups of one label may differ in more than these columns: the numbers show for whom the "
          "model is wrong, "
          "not what makes it so.");
  item(m,
       "Where the examples come from. If the model, its settings or its threshold were chosen with them, the "
       "numbers are too good, and nothing here would show it.");
  item(
      m,
      model->predicted.units
          ? "Whether units belong together. Intervals hold for units drawn one by one; several of one family "
            "or hospital make them too narrow."
          : "Whether rows belong together. Intervals hold for examples drawn one by one; several rows of "
            "one person or document make them too narrow (--unit).");
  item(m,
       "Other columns. Only the groups above were compared; a model that treats these alike may be worse for "
       "others.");
  item(m, "Labels. They are taken for the truth; where they are wrong more often in some groups, so is what "
          "is said "
          "of these.");
  item(
      m,
      "Another training of the same model. Intervals only say how far chance in the choice of these examples "
      "may go.");
  if (!model->measures.all.bins)
    item(m, "Probabilities. The table has none, so that nothing is known of how sure the model was.");
  markup_raw(m, "</ul>\n");
  section_close(m);
}

void model_files(markup *m, const model_page *page) {
  section_open(m, "To get this again");
  if (page->kept)
    markup_print(
        m,
        "<p>With despur %s, where it was made, <code>despur verify DIR</code> reads the %s once more "
        "and compares every file.</p>\n",
        DESPUR_VERSION, page->inputs.count > 1 ? "tables" : "table");
  else
    markup_print(m, "<p>With despur %s, from the same tables and these columns.</p>\n", DESPUR_VERSION);
  markup_print(m,
               "<details><summary>Which columns were asked for, and what was read as "
               "what</summary>\n<pre>%s</pre>\n</details>\n",
               page->asked);
  page_hashes(m, "Read", &page->inputs);
  section_close(m);
}
