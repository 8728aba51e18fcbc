/* Tables over runs: what counts, means and deviations, what is marked, and the four formats. */
#include "config_testing.h"

#include "despur/table.h"
#include "io/file.h"
#include "table/table.h"

#include <sys/stat.h>

static char folder[128];

/* ---- run directories with known numbers ---- */

static void write_text(const char *run, const char *name, const char *content) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, run);
  assert_ok(file_make_directories(path, &error));
  snprintf(path, sizeof path, "%s/%s/%s", folder, run, name);
  assert_ok(file_write_text(path, content, &error));
}

/* A run whose worst group has `worst` of 1,000 right on test and `val` of 1,000 on validation; the kept epoch
 * is the first of two. */
static void write_results(const char *run, int worst, int val) {
  char lines[2048];
  static const char groups[] = "\"groups\":[{\"name\":\"a\",\"count\":1000,\"correct\":%d,\"train_count\":9},"
                               "{\"name\":\"b\",\"count\":1000,\"correct\":990,\"train_count\":9}]}\n";
  size_t used = 0;
  const struct {
    const char *head;
    int correct;
  } parts[] = {
      {"{\"stage\":\"reference\",\"epoch\":1,\"split\":\"test\",\"selected\":true,", 1},
      {"{\"stage\":\"train\",\"epoch\":1,\"split\":\"val\",", val},
      {"{\"stage\":\"train\",\"epoch\":1,\"split\":\"test\",", worst},
      {"{\"stage\":\"train\",\"epoch\":2,\"split\":\"val\",", 2},
      {"{\"stage\":\"train\",\"epoch\":2,\"split\":\"test\",", 3},
      {"{\"stage\":\"train\",\"epoch\":1,\"split\":\"test\",\"selected\":true,\"average_accuracy\":0.5,"
       "\"loss\":0.25,",
       worst},
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    used += (size_t)snprintf(lines + used, sizeof lines - used, "%s", parts[i].head);
    used += (size_t)snprintf(lines + used, sizeof lines - used, groups, parts[i].correct);
  }
  used -= 2; /* what the final network tells of the attribute */
  used += (size_t)snprintf(lines + used, sizeof lines - used, ",\"attribute_accuracy\":%.3f}\n", worst / 1e3);
  snprintf(lines + used, sizeof lines - used,
           "{\"stage\":\"train\",\"selection\":[{\"rule\":\"last\",\"epoch\":2,\"test_worst_group_accuracy\":"
           "0.003},{\"rule\":\"val_worst_group\",\"epoch\":1,\"val_worst_group_accuracy\":0.1,\"optimism\":0."
           "02}]}\n");
  write_text(run, "results.jsonl", lines);
}

static void write_run(const char *run, const char *config, int worst) {
  write_text(run, "config.yaml", config);
  write_text(run, "manifest.json", "{\"despur\": \"0.1.0\", \"outcome\": \"complete\"}");
  write_text(run, "timing.json", "{\"prepare\": 1, \"total\": 12.5}");
  write_results(run, worst, 100);
}

static int new_folder(void **state) {
  (void)state;
  temporary_directory(folder);
  return 0;
}

static despur_status create(despur_table **out, const despur_table_options *options) {
  const char *directories[] = {folder};
  return despur_table_create(out, directories, 1, options, &error);
}

static despur_table *table_of(const despur_table_options *options) {
  despur_table *table;
  assert_ok(create(&table, options));
  return table;
}

static void assert_printed(const despur_table *table, despur_table_format format, const char *wanted) {
  char *printed;
  assert_ok(despur_table_print(table, format, &printed, &error));
  assert_string_equal(printed, wanted);
  free(printed);
}

/* Means and deviations by NumPy: 20.0, 10.0; 75.67, 14.01; 80.0, 7.07. SciPy's Welch test gives the best
 * against ERM p = 0.0017 and against the other p = 0.66. */
static void write_study(bool with_george) {
  write_run("erm-0", "seed: 0\n", 100);
  write_run("erm-1", "seed: 1\n", 200);
  write_run("erm-2", "seed: 2\n", 300);
  const int dro[] = {700, 800, 850, 850}, george[] = {620, 750, 900};
  char name[32], config[256];
  for (int i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "dro-%d", i);
    snprintf(config, sizeof config, "seed: %d\ntrain: {method: groupdro}\n", i);
    write_run(name, config, dro[i]);
  }
  for (int i = 0; with_george && i < 3; i++) {
    snprintf(name, sizeof name, "deep/er/george-%d", i);
    snprintf(config, sizeof config,
             "label: R&D_|x|\nseed: %d\nreference: {epochs: 1}\ninfer: {method: george}\n"
             "train: {method: groupdro}\nselect: {rule: val_worst_group}\n",
             i);
    write_run(name, config, george[i]);
  }
}

/* ---- numbers ---- */

static void cells_have_mean_deviation_and_number(void **state) {
  (void)state;
  write_study(true);
  despur_table *table = table_of(&(despur_table_options){0});
  assert_int_equal(table->rows.count, 3);
  assert_int_equal(table->columns.count, 1);
  assert_string_equal(table->columns.entries[0].text, "magnitude_large");
  const struct {
    const char *name, *needs, *rule;
    double mean, deviation;
    size_t count;
  } wanted[] = {{"ERM", "none", "last", 0.2, 0.1, 3},
                {"R&D_|x|", "validation", "val_worst_group", 0.75666666666666667, 0.14011899704655804, 3},
                {"GroupDRO", "training", "last", 0.8, 0.0707106781186548, 4}};
  for (size_t r = 0; r < 3; r++) {
    assert_string_equal(table->rows.entries[r].text, wanted[r].name);
    assert_string_equal(table->needs[r], wanted[r].needs);
    assert_string_equal(table->rules[r], wanted[r].rule);
    assert_near(table->cells[r].value.mean, wanted[r].mean, 1e-15);
    assert_near(table->cells[r].value.deviation, wanted[r].deviation, 1e-15);
    assert_int_equal(table->cells[r].value.count, wanted[r].count);
  }
  assert_non_null(strstr(despur_table_note(table, 0), "few runs: "));
  despur_table_free(table);
}

static void only_what_differs_from_every_other_row_is_marked(void **state) {
  (void)state;
  write_study(true);
  despur_table *table = table_of(&(despur_table_options){0});
  for (size_t r = 0; r < 3; r++) assert_false(table->cells[r].best); /* two rows are equally good */
  despur_table_free(table);
  new_folder(NULL);
  write_study(false);
  table = table_of(&(despur_table_options){0});
  assert_false(table->cells[0].best);
  assert_true(table->cells[1].best);
  despur_table_free(table);
  /* where more is not better nothing is marked, and where less is better it is the least */
  table = table_of(&(despur_table_options){.measure = "attribute_accuracy"});
  for (size_t r = 0; r < 2; r++) assert_false(table->cells[r].best);
  despur_table_free(table);
}

static void a_single_run_has_no_error_and_no_mark(void **state) {
  (void)state;
  write_study(false);
  write_run("balance", "train: {method: group_balance}\n", 10);
  despur_table *table = table_of(&(despur_table_options){0});
  assert_int_equal(table->cells[1].value.count, 1);
  assert_true(isnan(table->cells[1].value.deviation));
  for (size_t r = 0; r < 3; r++) assert_false(table->cells[r].best);
  despur_table_free(table);
}

static void measures_and_splits_come_from_the_kept_epoch(void **state) {
  (void)state;
  write_run("one", "select: {rule: val_worst_group}\n", 400);
  const struct {
    const char *measure, *split;
    double value;
  } cases[] = {{"worst_group_accuracy", NULL, 0.4},
               {"worst_group_accuracy", "val", 0.1},
               {"average_accuracy", NULL, 0.5},
               {"loss", NULL, 0.25},
               {"seconds", NULL, 12.5},
               {"rule.last", NULL, 0.003},
               {"adjusted_rand", NULL, NAN},
               {"rule.val_average", NULL, NAN},
               {"optimism", NULL, 0.02},
               {"corrected_worst_group_accuracy", "val", 0.08}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    despur_table *table =
        table_of(&(despur_table_options){.measure = cases[i].measure, .split = cases[i].split});
    if (isnan(cases[i].value))
      assert_int_equal(table->cells[0].value.count, 0);
    else
      assert_near(table->cells[0].value.mean, cases[i].value, 1e-15);
    despur_table_free(table);
  }
}

static void another_rule_needs_other_labels(void **state) {
  (void)state;
  write_run("one", "select: {rule: val_worst_group}\n", 400);
  despur_table *table = table_of(&(despur_table_options){0});
  assert_string_equal(table->needs[0], "validation");
  assert_string_equal(table->rules[0], "val_worst_group");
  despur_table_free(table);
  table = table_of(&(despur_table_options){.measure = "rule.last"});
  assert_string_equal(table->needs[0], "none");
  assert_string_equal(table->rules[0], "last");
  despur_table_free(table);
}

static void rows_and_columns_are_any_keys_in_their_natural_order(void **state) {
  (void)state;
  write_run("a", "train: {epochs: 10, optimizer: {lr: 0.1}}\n", 100);
  write_run("b", "train: {epochs: 9, optimizer: {lr: 0.1}}\n", 200);
  write_run("c", "train: {epochs: 9, optimizer: {lr: 2e-5}}\n", 300);
  despur_table *table =
      table_of(&(despur_table_options){.rows = "train.epochs", .columns = "train.optimizer.lr"});
  assert_string_equal(table->rows.entries[0].text, "9");
  assert_string_equal(table->rows.entries[1].text, "10");
  assert_string_equal(table->columns.entries[0].text, "2.0e-05");
  assert_string_equal(table->columns.entries[1].text, "0.1");
  assert_near(table->cells[0].value.mean, 0.3, 1e-15);
  assert_near(table->cells[1].value.mean, 0.2, 1e-15);
  assert_int_equal(table->cells[2].value.count, 0);
  assert_near(table->cells[3].value.mean, 0.1, 1e-15);
  despur_table_free(table);
}

/* ---- what does not count ---- */

static void runs_that_do_not_count_are_listed_with_their_reasons(void **state) {
  (void)state;
  write_run("a", "seed: 0\n", 100);
  write_run("b-failed", "seed: 1\n", 900);
  write_text("b-failed", "manifest.json", "{\"outcome\": \"failed\", \"message\": \"the loss became nan\"}");
  write_run("c-copy", "seed: 0\n", 900);
  write_run("d-killed", "seed: 2\n", 900);
  write_run("e-old", "seed: 3\nforgotten: 4\n", 900);
  write_run("f-torn", "seed: 4\n", 900);
  write_run("g-inferred", "seed: 5\n", 900);
  char path[256];
  snprintf(path, sizeof path, "%s/d-killed/manifest.json", folder);
  unlink(path);
  write_text("f-torn", "results.jsonl", "{\"stage\":\"train\",\n");
  write_text("g-inferred", "results.jsonl", "");
  despur_table *table = table_of(&(despur_table_options){0});
  assert_int_equal(table->cells[0].value.count, 1);
  assert_near(table->cells[0].value.mean, 0.1, 1e-15);
  const char *const notes[][2] = {{"b-failed", ": failed: the loss became nan"},
                                  {"c-copy", ": the same run as "},
                                  {"d-killed", ": not finished: there is no manifest.json"},
                                  {"e-old", ":2: unknown key 'forgotten'"},
                                  {"f-torn", "results.jsonl:1:18: expected a name in quotes, found the end"},
                                  {"g-inferred", "there are no measures of its final network on split test"}};
  for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
    assert_non_null(strstr(despur_table_note(table, i), notes[i][0]));
    assert_non_null(strstr(despur_table_note(table, i), notes[i][1]));
  }
  assert_null(despur_table_note(table, 6));
  despur_table_free(table);
}

static void cells_that_mix_settings_are_noted(void **state) {
  (void)state;
  write_run("a", "seed: 0\nname: x\n", 100);
  write_run("b", "seed: 1\nname: y\nseeds: {data: 5}\n", 200);
  despur_table *table = table_of(&(despur_table_options){0});
  assert_null(despur_table_note(table, 0)); /* seeds and names repeat a run */
  despur_table_free(table);
  write_run("c", "seed: 2\ntrain: {optimizer: {lr: 0.5}}\n", 300);
  table = table_of(&(despur_table_options){0});
  assert_string_equal(despur_table_note(table, 0),
                      "mixed: the runs of ERM, magnitude_large differ in train.optimizer.lr");
  despur_table_free(table);
  table = table_of(&(despur_table_options){.columns = "train.optimizer.lr"});
  assert_null(despur_table_note(table, 0));
  despur_table_free(table);
  write_run("d", "seed: 3\n", 300);
  write_text("d", "manifest.json", "{\"despur\": \"0.2.0\", \"outcome\": \"complete\"}");
  table = table_of(&(despur_table_options){.columns = "train.optimizer.lr"});
  assert_string_equal(despur_table_note(table, 0), "mixed: runs of despur 0.1.0 and of despur 0.2.0");
  despur_table_free(table);
}

/* Two methods with two runs each, of 10 and 20, and 30 and 50 %: Student's t is 4.302653 for two degrees of
 * freedom, the mean variance 0.0125 (scipy.stats.t.ppf(0.975, 2) * sqrt(2 * 0.0125 / 2) = 0.481). */
static void few_runs_are_noted_with_the_difference_that_they_can_see(void **state) {
  (void)state;
  write_run("a", "seed: 0\n", 100);
  write_run("b", "seed: 1\n", 200);
  write_run("c", "seed: 0\ntrain: {method: groupdro}\n", 300);
  despur_table *table = table_of(&(despur_table_options){0});
  assert_null(despur_table_note(table, 0)); /* a single run shows no spread */
  despur_table_free(table);
  write_run("d", "seed: 1\ntrain: {method: groupdro}\n", 500);
  table = table_of(&(despur_table_options){0});
  assert_string_equal(despur_table_note(table, 0),
                      "few runs: they cannot order rows whose means differ by less than about 48.1");
  despur_table_free(table);
  table = table_of(&(despur_table_options){.measure = "attribute_accuracy"});
  assert_near(table->cells[0].value.mean, 0.15, 1e-12);
  assert_null(despur_table_note(table, 0)); /* of which neither more nor less is better */
  despur_table_free(table);
  for (int i = 2; i < 6; i++) {
    char name[8], config[16];
    snprintf(name, sizeof name, "a%d", i);
    snprintf(config, sizeof config, "seed: %d\n", i);
    write_run(name, config, 150);
    table = table_of(&(despur_table_options){0});
    assert_true((despur_table_note(table, 0) != NULL) == (i < 5)); /* five are few, six are not */
    despur_table_free(table);
  }
}

static void mistakes_are_named(void **state) {
  (void)state;
  despur_table *table;
  assert_fails(create(&table, &(despur_table_options){0}), DESPUR_BAD_INPUT, ": there is no run in it");
  write_run("a", "seed: 0\n", 100);
  const struct {
    despur_table_options options;
    const char *message;
  } cases[] = {
      {{.measure = "worst_group_acuracy"},
       "unknown name 'worst_group_acuracy' (did you mean 'worst_group_accuracy'?)"},
      {{.measure = "rule.val_averge"}, "unknown rule 'val_averge' (did you mean 'rule.val_average'?)"},
      {{.measure = "rule.last", .split = "val"}, "known for test only"},
      {{.measure = "optimism", .split = "test"}, "optimism is about validation"},
      {{.split = "train"}, "expected test or val, found 'train'"},
      {{.rows = "train.lr"}, "found 'train.lr'"},
      {{.columns = "train.epoch"}, "(did you mean 'train.epochs'?)"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_fails(create(&table, &cases[i].options), DESPUR_BAD_USAGE, cases[i].message);
  const char *nowhere[] = {"/nowhere/at/all"};
  assert_fails(despur_table_create(&table, nowhere, 1, &(despur_table_options){0}, &error), DESPUR_BAD_INPUT,
               "/nowhere/at/all: No such file or directory");
}

/* ---- formats ---- */

/* One row that is marked, one with a label that every format must escape, one note. */
static despur_table *table_to_print(void) {
  write_study(false);
  char config[128];
  for (int i = 0; i < 2; i++) {
    char name[32];
    snprintf(name, sizeof name, "odd-%d", i);
    snprintf(config, sizeof config, "label: 'a_\"b\", 5%% & <|*\\'\nseed: %d\ntrain: {method: upsample}\n",
             i);
    write_run(name, config, 50);
  }
  write_run("odd-2", "data: {difficulty: variance_low}\n", 10);
  return table_of(&(despur_table_options){0});
}

static void text_is_aligned(void **state) {
  (void)state;
  despur_table *table = table_to_print();
  assert_printed(
      table, DESPUR_TABLE_TEXT,
      "worst-group accuracy on test in per cent: mean +- standard deviation (runs)\n"
      "\n"
      "method            group labels  selected by    magnitude_large  variance_low\n"
      "ERM               none          last          20.0 +- 10.0 (3)       1.0 (1)\n"
      "a_\"b\", 5% & <|*\\  training      last            5.0 +- 0.0 (2)             -\n"
      "GroupDRO          training      last         * 80.0 +- 7.1 (4)             -\n"
      "\n"
      "* best, and different from every other row: Welch's 95 % interval of the difference of means "
      "leaves out 0\n"
      "\n"
      "few runs: they cannot order rows whose means differ by less than about 30.4 (magnitude_large)\n");
  despur_table_free(table);
}

static void markdown_is_escaped(void **state) {
  (void)state;
  despur_table *table = table_to_print();
  assert_printed(
      table, DESPUR_TABLE_MARKDOWN,
      "worst-group accuracy on test in per cent: mean ± standard deviation (runs).\n"
      "\n"
      "| method | group labels | selected by | magnitude_large | variance_low |\n"
      "|---|---|---|---:|---:|\n"
      "| ERM | none | last | 20.0 ± 10.0 (3) | 1.0 (1) |\n"
      "| a\\_\"b\", 5% \\& \\<\\|\\*\\\\ | training | last | 5.0 ± 0.0 (2) | – |\n"
      "| GroupDRO | training | last | **80.0 ± 7.1 (4)** | – |\n"
      "\n"
      "**Bold**: best, and different from every other row: Welch's 95 % interval of the difference of "
      "means leaves out 0.\n"
      "\n"
      "- few runs: they cannot order rows whose means differ by less than about 30.4 (magnitude_large)\n");
  despur_table_free(table);
}

static void latex_is_escaped(void **state) {
  (void)state;
  despur_table *table = table_to_print();
  assert_printed(
      table, DESPUR_TABLE_LATEX,
      "% worst-group accuracy on test in per cent: mean +- standard deviation (runs)\n"
      "% bold: best, and different from every other row: Welch's 95 % interval of the difference of means "
      "leaves out 0\n"
      "% few runs: they cannot order rows whose means differ by less than about 30.4 (magnitude_large)\n"
      "\\begin{tabular}{lllrr}\n"
      "\\hline\n"
      "method & group labels & selected by & magnitude\\_large & variance\\_low \\\\\n"
      "\\hline\n"
      "ERM & none & last & 20.0 $\\pm$ 10.0 (3) & 1.0 (1) \\\\\n"
      "a\\_\"b\", 5\\% \\& \\textless{}|*\\textbackslash{} & training & last & 5.0 $\\pm$ 0.0 (2) & -- \\\\\n"
      "GroupDRO & training & last & \\textbf{80.0 $\\pm$ 7.1 (4)} & -- \\\\\n"
      "\\hline\n"
      "\\end{tabular}\n");
  despur_table_free(table);
}

static void csv_has_a_line_for_each_cell(void **state) {
  (void)state;
  despur_table *table = table_to_print();
  assert_printed(
      table, DESPUR_TABLE_CSV,
      "method,group_labels,selected_by,data,measure,split,mean,standard_deviation,runs,best\n"
      "ERM,none,last,magnitude_large,worst_group_accuracy,test,0.2,0.1,3,0\n"
      "ERM,none,last,variance_low,worst_group_accuracy,test,0.01,,1,0\n"
      "\"a_\"\"b\"\", 5% & <|*\\\",training,last,magnitude_large,worst_group_accuracy,test,0.05,0,2,0\n"
      "\"a_\"\"b\"\", 5% & <|*\\\",training,last,variance_low,worst_group_accuracy,test,,,0,0\n"
      "GroupDRO,training,last,magnitude_large,worst_group_accuracy,test,0.8,0.07071067812,4,1\n"
      "GroupDRO,training,last,variance_low,worst_group_accuracy,test,,,0,0\n");
  despur_table_free(table);
}

static void csv_quotes_what_a_spreadsheet_would_compute(void **state) {
  (void)state;
  const char *const labels[][2] = {{"=1+1", "\"=1+1\""}, {"@SUM(A1)", "\"@SUM(A1)\""}, {"-x", "\"-x\""},
                                   {"+x", "\"+x\""},     {"-1.5e3", "-1.5e3"},         {"a=b", "a=b"}};
  for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
    char config[64], wanted[64], *printed;
    snprintf(config, sizeof config, "label: '%s'\n", labels[i][0]);
    write_run("formula", config, 100);
    despur_table *table = table_of(&(despur_table_options){0});
    assert_ok(despur_table_print(table, DESPUR_TABLE_CSV, &printed, &error));
    snprintf(wanted, sizeof wanted, "\n%s,", labels[i][1]);
    if (!strstr(printed, wanted)) fail_msg("%s: %s", labels[i][0], printed);
    free(printed);
    despur_table_free(table);
  }
}

static void names_of_directories_cannot_break_a_line(void **state) {
  (void)state;
  write_run("a", "seed: 0\n", 100);
  write_text("b\n|x", "config.yaml", "seed: 1\n");
  despur_table *table = table_of(&(despur_table_options){0});
  for (int format = DESPUR_TABLE_TEXT; format <= DESPUR_TABLE_LATEX; format++) {
    char *printed;
    assert_ok(despur_table_print(table, (despur_table_format)format, &printed, &error));
    assert_non_null(strstr(printed, format == DESPUR_TABLE_MARKDOWN ? "/b?\\|x: " : "/b?|x: "));
    free(printed);
  }
  despur_table_free(table);
}

/* ---- group labels ---- */

static void group_labels_are_those_used_before_the_test(void **state) {
  (void)state;
  static const char inferred[] = "infer={method: cluster}";
  const struct {
    const char *overrides[3];
    config_group_labels wanted;
  } cases[] = {
      {{"train.method=erm"}, CONFIG_NO_LABELS},
      {{"train.method=class_balance"}, CONFIG_NO_LABELS},
      {{"train.method=erm", "select.rule=val_average"}, CONFIG_NO_LABELS},
      {{"train.method=erm", "select.rule=val_worst_class"}, CONFIG_NO_LABELS},
      {{"train.method=erm", "select.rule=val_worst_group"}, CONFIG_LABELS_OF_VALIDATION},
      {{"train.method=group_balance"}, CONFIG_LABELS_OF_TRAINING},
      {{"train.method=groupdro", "select.rule=val_worst_group"}, CONFIG_LABELS_OF_TRAINING},
      {{"train.method=groupdro", "reference.epochs=1", inferred}, CONFIG_NO_LABELS},
      {{"train.method=groupdro", "reference={epochs: 1, select: val_recall}", inferred},
       CONFIG_LABELS_OF_VALIDATION},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    despur_config *config = new_config();
    for (size_t k = 0; k < 3 && cases[i].overrides[k]; k++) set(config, cases[i].overrides[k]);
    assert_int_equal(config_labels_needed(config), cases[i].wanted);
    despur_config_free(config);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup(name, new_folder)
  const struct CMUnitTest tests[] = {
      TEST(cells_have_mean_deviation_and_number),
      TEST(only_what_differs_from_every_other_row_is_marked),
      TEST(a_single_run_has_no_error_and_no_mark),
      TEST(measures_and_splits_come_from_the_kept_epoch),
      TEST(another_rule_needs_other_labels),
      TEST(rows_and_columns_are_any_keys_in_their_natural_order),
      TEST(runs_that_do_not_count_are_listed_with_their_reasons),
      TEST(cells_that_mix_settings_are_noted),
      TEST(few_runs_are_noted_with_the_difference_that_they_can_see),
      TEST(mistakes_are_named),
      TEST(group_labels_are_those_used_before_the_test),
      TEST(text_is_aligned),
      TEST(markdown_is_escaped),
      TEST(latex_is_escaped),
      TEST(csv_has_a_line_for_each_cell),
      TEST(csv_quotes_what_a_spreadsheet_would_compute),
      TEST(names_of_directories_cannot_break_a_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
