/* What a reader should know before believing the page, and what is needed to get it again. */
#include "report/page.h"

#include <math.h>
#include <string.h>

static bool setting_is(const report_run *run, const char *key, const char *value) {
  return strcmp(report_setting(run, key), value) == 0;
}

static void item(markup *m, const char *words) {
  markup_print(m, "<li>%s</li>\n", words);
}

/* What group labels were used for. */
static void labels_used(markup *m, const report_run *run) {
  bool inferred = !setting_is(run, "infer.method", "none");
  const char *rule = report_setting(run, "select.rule");
  if (strcmp(rule, "val_worst_group") == 0)
    markup_print(m,
                 "<li>Group labels of the validation pictures chose the epoch (%s). Without them another "
                 "would have been "
                 "kept.</li>\n",
                 rule);
  else
    markup_print(m, "<li>The epoch was chosen by %s, for which no group label is needed.</li>\n", rule);
  if (!inferred && !setting_is(run, "train.method", "erm"))
    item(m, "Training used the labels of the training pictures: their attribute, where the method balances "
            "groups. "
            "Where there are none, the method cannot be used.");
}

void section_unchecked(markup *m, const report_run *run) {
  const report_stage *last = report_last_stage(run), *reference = &run->stages[REPORT_REFERENCE];
  if (!last) return;
  section_open(m, "What was not checked");
  markup_raw(m, "<ul>\n");
  item(m, "Other seeds. This is one run; training again with another seed gives other numbers, and the "
          "intervals do not "
          "contain that. They only say how far chance in the choice of these pictures may go.");
  if (reference->final && last != reference)
    markup_print(m,
                 "<li>A better network before. %s was trained for %zu %s as the source of the groups, and "
                 "not tuned to be "
                 "the best that usual training can do.</li>\n",
                 reference->label, reference->epoch_count, reference->epoch_count == 1 ? "epoch" : "epochs");
  labels_used(m, run);
  item(m, "Other shortcuts. Only the attribute that divides the groups was looked at; a network that no "
          "longer uses it may "
          "use another.");
  item(m, "Other pictures. Apart from the attribute, the pictures measured here come from where the training "
          "pictures come "
          "from.");
  if (last->final->split != DESPUR_TEST)
    item(m, "Fresh pictures. There was no test split, so the numbers come from pictures that also played a "
            "part in "
            "training or in the choice of the epoch, and are too good.");
  item(m, "How the settings were found. If somebody tuned them while looking at these test pictures, the "
          "numbers are too "
          "good, and nothing here would show it.");
  markup_raw(m, "</ul>\n");
  section_close(m);
}

static void hashes(markup *m, const char *caption, const report_pairs *pairs) {
  if (pairs->count == 0) return;
  markup_print(m,
               "<table class=\"hashes\">\n<caption>%s</caption>\n<thead><tr><th scope=\"col\">File</th>"
               "<th scope=\"col\">SHA-256</th></tr></thead>\n<tbody>\n",
               caption);
  for (size_t i = 0; i < pairs->count; i++)
    markup_print(m, "<tr><th scope=\"row\" class=\"long\">%s</th><td><code>%s</code></td></tr>\n",
                 pairs->items[i].name, pairs->items[i].value);
  markup_raw(m, "</tbody>\n</table>\n");
}

void section_files(markup *m, const report_run *run) {
  section_open(m, "To get this again");
  markup_print(
      m,
      "<p>With despur %s, save the configuration as <code>config.yaml</code> and type <code>despur run "
      "config.yaml "
      "--out again</code>. The files will be the same to the last byte, on any number of processors.</p>\n",
      *run->version ? run->version : "as it was then");
  markup_print(
      m,
      "<details><summary>The configuration, every default filled in</summary>\n<pre>%s</pre>\n</details>\n",
      run->config);
  markup_raw(m, "<details><summary>Hashes of inputs and outputs</summary>\n");
  hashes(m, "Read", &run->inputs);
  hashes(m, "Written", &run->outputs);
  markup_raw(m, "</details>\n");
  section_close(m);
}
