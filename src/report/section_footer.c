/* What a reader should know before believing the page, and what is needed to get it again. */
#include "despur/repair.h"
#include "despur/train.h"
#include "report/page.h"

#include <math.h>
#include <string.h>

static bool setting_is(const report_run *run, const char *key, const char *value) {
  return strcmp(report_setting(run, key), value) == 0;
}

static void item(markup *m, const char *words) {
  markup_print(m, "<li>%s</li>\n", words);
}

/* Whether the method of the run takes groups, as its own file says; a name that this release does not know
 * may.
 */
static bool needs_groups(const char *name) {
  for (int m = 0; despur_method_names[m]; m++)
    if (strcmp(name, despur_method_names[m]) == 0) return despur_method_needs_groups((despur_method)m);
  return *name != 0;
}

static bool layer_fits_training_groups(const char *name) {
  for (int m = 0; despur_last_layer_names[m]; m++)
    if (strcmp(name, despur_last_layer_names[m]) == 0)
      return strcmp(despur_last_layer_groups((despur_last_layer)m), "training") == 0;
  return false;
}

/* What group labels were used for. */
static void labels_used(markup *m, const report_run *run) {
  const char *rule = report_setting(run, "select.rule");
  bool attributes = report_has_attributes(run);
  if (strcmp(rule, "val_worst_group") == 0 && attributes)
    item(m, "Life without group labels. Those of the validation examples chose the epoch "
            "(val_worst_group); without them another might have been kept.");
  else if (strcmp(rule, "last") == 0)
    item(m, "Other epochs. The last one was kept, whatever validation said.");
  else if (*rule)
    markup_print(m, "<li>Other rules for choosing the epoch. This one was chosen by %s, for which %s.</li>\n",
                 rule,
                 attributes || strcmp(rule, "val_worst_group") != 0
                     ? "nobody needs group labels"
                     : "the groups were the classes, because no attribute is known");
  if (setting_is(run, "reference.select", "val_recall"))
    item(
        m,
        "A reference network chosen without group labels. Those of the validation examples chose its epoch.");
  if (attributes && run->repair.present && setting_is(run, "repair.groups", "attribute"))
    item(
        m,
        layer_fits_training_groups(run->repair.method)
            ? "A last layer without group labels of the training examples. Those were used to fit it."
            : "A last layer without group labels. Those of the validation examples fitted it, or chose how.");
  if (attributes && setting_is(run, "infer.method", "none") &&
      needs_groups(report_setting(run, "train.method")))
    item(m, "Training without group labels. This method was told the attribute of every training example; "
            "where nobody knows it, the method cannot be used.");
}

/* What else the network may lean on. */
static void other_shortcuts(markup *m, const report_run *run) {
  if (report_has_attributes(run))
    item(m, "Other shortcuts. Only the attribute that divides the groups was looked at; a network that no "
            "longer uses it may use another.");
  else if (run->inference.present)
    item(m,
         "Shortcuts that divide examples otherwise. Groups that were inferred from one network need not be "
         "those of the attribute that matters; labels of it for a few hundred test examples would tell.");
  else
    item(m,
         "Shortcuts. Nothing here divides the examples of a class; labels of an attribute for a few hundred "
         "test examples would tell.");
}

void section_unchecked(markup *m, const report_run *run) {
  const report_stage *last = report_last_stage(run), *reference = &run->stages[REPORT_REFERENCE];
  if (!last) return;
  section_open(m, "What was not checked");
  markup_raw(m, "<ul>\n");
  item(m, "Other seeds. This is one run; training again with another seed gives other numbers, and the "
          "intervals do not contain that. They only say how far chance in the choice of these examples may "
          "go.");
  if (reference->final && last != reference)
    markup_print(m,
                 "<li>A better network before. %s was trained for %zu %s as the source of the groups, and "
                 "not tuned to be the best that usual training can do.</li>\n",
                 reference->label, reference->epoch_count, reference->epoch_count == 1 ? "epoch" : "epochs");
  labels_used(m, run);
  other_shortcuts(m, run);
  item(m, report_has_attributes(run)
              ? "Other examples. Apart from the attribute, the examples measured here come from where the "
                "training examples come from."
              : "Other examples. Those measured here come from where the training examples come from.");
  if (last->final->split != DESPUR_TEST)
    item(m, "Fresh examples. There was no test split, so the numbers come from examples that also played a "
            "part in training or in the choice of the epoch, and are too good.");
  item(m, "How the settings were found. If somebody tuned them while looking at these test examples, the "
          "numbers are too good, and nothing here would show it.");
  markup_raw(m, "</ul>\n");
  section_close(m);
}

void section_files(markup *m, const report_run *run) {
  section_open(m, "To get this again");
  markup_print(
      m,
      "<p>With despur %s, save the configuration as <code>config.yaml</code> and type <code>despur run "
      "config.yaml --out again</code>. The files will be the same to the last byte, on any number of "
      "processors.</p>\n",
      *run->manifest.version ? run->manifest.version : "as it was then");
  markup_print(
      m,
      "<details><summary>The configuration, every default filled in</summary>\n<pre>%s</pre>\n</details>\n",
      run->config);
  markup_raw(m, "<details><summary>Hashes of inputs and outputs</summary>\n");
  page_hashes(m, "Read", &run->manifest.inputs);
  page_hashes(m, "Written", &run->manifest.outputs);
  markup_raw(m, "</details>\n");
  section_close(m);
}
