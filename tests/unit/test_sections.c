/* The tables and sentences of a page: a run made by hand, and the numbers that its page must therefore show.
 */
#include "testing.h"

#include "base/memory.h"
#include "report/compare.h"
#include "report/page.h"

static despur_error error;

/* ---- pages as text ---- */

static char shown[200000];

/* Whether the tag has this in it. */
static bool has(const char *tag, size_t length, const char *part) {
  for (size_t i = 0; i + strlen(part) <= length; i++)
    if (strncmp(tag + i, part, strlen(part)) == 0) return true;
  return false;
}

/* Markup without its tags and empty lines: cells end in bars and rows in new lines; "*" begins what is marked
 * as the lowest or best, "{0.5}" a cell that is shaded so much. */
static void flatten(const char *html) {
  size_t used = 0;
  for (const char *at = html; *at; at++) {
    assert_true(used + 200 < sizeof shown);
    if (*at != '<') {
      if (*at != '\n' || used == 0 || shown[used - 1] != '\n') shown[used++] = *at;
      continue;
    }
    size_t length = strcspn(at, ">");
    const char *share = strstr(at, "--share:");
    if (strncmp(at, "</td", 4) == 0 || strncmp(at, "</th>", 5) == 0) shown[used++] = '|';
    if (strncmp(at, "</caption", 9) == 0 || strncmp(at, "</figcaption", 12) == 0) shown[used++] = '\n';
    if (has(at, length, " low\"") || has(at, length, "\"low\"") || has(at, length, "\"best\""))
      shown[used++] = '*';
    if (share && share < at + length)
      used += (size_t)snprintf(shown + used, 16, "{%g}", strtod(share + strlen("--share:"), NULL));
    if (has(at, length, "alt=\"")) /* what a picture says */
      used += (size_t)snprintf(shown + used, 190, "[%.*s]", (int)strcspn(strstr(at, "alt=\"") + 5, "\""),
                               strstr(at, "alt=\"") + 5);
    at += length;
  }
  shown[used] = 0;
}

static void show(void (*section)(markup *, const report_run *), const report_run *run) {
  markup m = {.error = &error};
  markup_raw(&m, "\n"); /* a section may be empty */
  section(&m, run);
  assert_int_equal(m.status, DESPUR_OK);
  flatten(m.text.data);
  mem_free(m.text.data);
}

static void assert_shows(const char *words) {
  if (!strstr(shown, words)) fail_msg("'%s' is not in:\n%s", words, shown);
}

static void assert_hides(const char *words) {
  if (strstr(shown, words)) fail_msg("'%s' is in:\n%s", words, shown);
}

/* ---- a run ---- */

#define DASH  "\xe2\x80\x93"
#define SPACE "\xc2\xa0"
#define USUAL " \xe2\x97\x86"

enum { GROUPS = 4 };

static char KEY[] = "select.rule", CHOSEN[] = "val_worst", LAST[] = "last";

static const char *const NAMES[GROUPS] = {"y=0,a=0", "y=0,a=1", "y=1,a=0", "y=1,a=1"};

typedef struct example_run {
  report_run run;
  report_eval finals[REPORT_STAGES];
  despur_group_score groups[REPORT_STAGES][GROUPS];
  text_pair pairs[1];
  report_rule rules[2];
  report_epoch epochs[5];
  char inferred_names[GROUPS][DESPUR_GROUP_NAME], true_names[GROUPS][DESPUR_GROUP_NAME];
  size_t contingency[GROUPS * GROUPS];
} example_run;

static void fill_stage(example_run *e, size_t s) {
  static const size_t CORRECT[REPORT_STAGES][GROUPS] = {{90, 20, 0, 95}, {80, 70, 0, 85}};
  static const size_t TRAINED[GROUPS] = {1200, 30, 40, 1300};
  for (size_t g = 0; g < GROUPS; g++) {
    double accuracy = g == 2 ? (double)NAN : (double)CORRECT[s][g] / 100;
    e->groups[s][g] = (despur_group_score){.name = NAMES[g],
                                           .label = (uint32_t)(g / 2),
                                           .attribute = g % 2,
                                           .count = g == 2 ? 0 : 100,
                                           .correct = CORRECT[s][g],
                                           .train_count = TRAINED[g],
                                           .accuracy = accuracy,
                                           .low = accuracy - 0.08,
                                           .high = accuracy + 0.07};
  }
  despur_scores scores = {.groups_count = GROUPS,
                          .groups = e->groups[s],
                          .worst_group = 1,
                          .worst_group_accuracy = s ? 0.7 : 0.2,
                          .worst_group_low = s ? 0.61 : 0.13,
                          .worst_group_high = s ? 0.79 : 0.29,
                          .average_accuracy = s ? 0.783 : 0.683,
                          .train_weighted_average = s ? 0.824 : 0.915,
                          .balanced_group_accuracy = s ? 0.786 : 0.684,
                          .worst_class_accuracy = s ? 0.75 : 0.55,
                          .attribute_accuracy = s ? (double)NAN : 0.71,
                          .attribute_chance = s ? (double)NAN : 0.52};
  e->finals[s] = (report_eval){.epoch = 3, .split = DESPUR_TEST, .selected = true, .scores = scores};
  e->run.stages[s].final = &e->finals[s];
  snprintf(e->run.stages[s].label, DESPUR_GROUP_NAME, s ? "GEORGE" : "ERM");
}

static example_run *make_run(void) {
  static example_run e;
  memset(&e, 0, sizeof e);
  for (size_t s = 0; s <= REPORT_TRAIN; s++) fill_stage(&e, s);
  e.pairs[0] = (text_pair){KEY, CHOSEN};
  e.run.keys = (text_pairs){e.pairs, 1};
  e.rules[0] = (report_rule){"last", 5, 0.68, 0.03, 0.71, 0};
  e.rules[1] = (report_rule){"val_worst", 3, 0.7, 0.01, 0.745, 0.025};
  e.run.rules = e.rules;
  e.run.rule_count = 2;
  e.run.stages[REPORT_TRAIN].epochs = e.epochs;
  e.run.stages[REPORT_TRAIN].epoch_count = 5;
  return &e;
}

/* ---- group by group ---- */

static void measures_stand_beside_each_other(void **state) {
  (void)state;
  example_run *e = make_run();
  show(section_groups, &e->run);
  assert_shows("Group by group\n");
  assert_shows("Measure|ERM|GEORGE|");
  assert_shows("*Worst group|20.0 13" DASH "29|70.0 61" DASH "79|");
  assert_shows("Average over examples|68.3|78.3|");
  assert_shows("Average weighted by training shares|91.5|82.4|");
  assert_shows("Mean over groups|68.4|78.6|");
  assert_shows("Worst class|55.0|75.0|");
  assert_shows("Tells the attribute|71.0|" DASH "|"); /* known of one only */
  assert_shows("The same, by chance|52.0|" DASH "|");
  assert_shows("Worst group on validation|" DASH "|74.5|");
  assert_shows("The same, less the choice of epoch|" DASH "|72.0|");
  e->finals[0].scores.attribute_accuracy = (double)NAN; /* of none */
  e->finals[1].scores.worst_group_low = (double)NAN;
  e->rules[1].optimism = (double)NAN;
  show(section_groups, &e->run);
  assert_hides("Tells the attribute");
  assert_hides("on validation");
  assert_shows("*Worst group|20.0 13" DASH "29|70.0|");
  e->run.stages[REPORT_REFERENCE].final = NULL;
  show(section_groups, &e->run);
  assert_shows("Measure|GEORGE|");
  e->run.stages[REPORT_TRAIN].final = NULL;
  show(section_groups, &e->run);
  assert_string_equal(shown, "\n");
}

/* The usual groups are those of their class with most training examples. */
static void groups_stand_with_sizes_and_intervals(void **state) {
  (void)state;
  example_run *e = make_run();
  show(section_groups, &e->run);
  assert_shows("Accuracy of every group on the test examples, in per"
               " cent, with its 95" SPACE "% interval");
  assert_shows("Group|Train|Test|ERM|GEORGE|");
  assert_shows("y=0,a=0" USUAL "|1,200|100|90.0 82" DASH "97|80.0 72" DASH "87|");
  assert_shows("y=0,a=1|30|100|*20.0 12" DASH "27|*70.0 62" DASH "77|");
  assert_shows("y=1,a=0|40|0|" DASH "|" DASH "|");
  assert_shows("y=1,a=1" USUAL "|1,300|100|95.0 87" DASH "102|85.0 77" DASH "92|");
  for (size_t s = 0; s <= REPORT_TRAIN; s++) {
    e->finals[s].split = DESPUR_VAL;
    for (size_t g = 0; g < 2; g++) {
      e->groups[s][g].name = g ? "y=1" : "y=0";
      e->groups[s][g].label = (uint32_t)g;
      e->groups[s][g].attribute = DESPUR_NO_CODE;
    }
    e->finals[s].scores.groups_count = 2;
  }
  show(section_groups, &e->run);
  assert_shows("Class by class\n");
  assert_shows("Accuracy of every class on the validation examples");
  assert_shows("Class|Train|Valid.|ERM|GEORGE|");
  assert_shows("*Worst class|20.0");
  assert_shows("Mean over classes|68.4|78.6|");
  assert_shows("Worst class on validation|");
  assert_hides(USUAL);
  e->finals[0].scores.groups_count = 1; /* of other groups than the last stage */
  show(section_groups, &e->run);
  assert_shows("Class|Train|Valid.|GEORGE|");
}

static void inferred_groups_are_shown_where_there_are_no_attributes(void **state) {
  (void)state;
  static const char *const INFERRED[GROUPS] = {"y=0,k=0", "y=0,k=1", "y=1,k=0", "y=1,k=1"};
  example_run *e = make_run();
  show(section_inferred, &e->run);
  assert_string_equal(shown, "\n");
  for (size_t s = 0; s <= REPORT_TRAIN; s++) {
    for (size_t g = 0; g < GROUPS; g++) e->groups[s][g].name = INFERRED[g];
    e->run.stages[s].inferred = e->finals[s].scores;
    e->run.stages[s].inferred_split = DESPUR_VAL;
  }
  show(section_inferred, &e->run);
  assert_shows("Accuracy of every inferred group on the validation examples");
  /* 90 and 20 of 100 differ by more than chance, 80 and 70 do not (Newcombe's interval contains 0) */
  assert_shows("y=0,k=1|30|100|*20.0\xe2\x96\xbe 12" DASH "27|*70.0 62" DASH "77|");
  assert_shows("y=0,k=0" USUAL "|1,200|100|90.0 82" DASH "97|80.0 72" DASH "87|");
  e->run.stages[REPORT_REFERENCE].inferred.groups_count = 3; /* another division */
  show(section_inferred, &e->run);
  assert_shows("Group|Train|Valid.|GEORGE|");
}

/* ---- inferred groups against true ones ---- */

static void set_inference(example_run *e, const size_t contingency[GROUPS * GROUPS]) {
  static uint32_t CLASS_OF[GROUPS] = {0, 0, 1, 1}, ATTRIBUTE_OF[GROUPS] = {0, 1, 0, 1};
  for (size_t g = 0; g < GROUPS; g++) {
    snprintf(e->true_names[g], DESPUR_GROUP_NAME, "%s", NAMES[g]);
    snprintf(e->inferred_names[g], DESPUR_GROUP_NAME, "y=%zu,k=%zu", g / 2, g % 2);
  }
  memcpy(e->contingency, contingency, sizeof e->contingency);
  e->run.inference = (report_inference){.present = true,
                                        .adjusted_rand = 0.8125,
                                        .minority_precision = 0.641,
                                        .minority_recall = 0.923,
                                        .inferred = GROUPS,
                                        .truth = GROUPS,
                                        .inferred_names = e->inferred_names,
                                        .true_names = e->true_names,
                                        .inferred_labels = CLASS_OF,
                                        .true_labels = CLASS_OF,
                                        .true_attributes = ATTRIBUTE_OF,
                                        .contingency = e->contingency};
}

/* Columns sum to 1,200 + 300 and so on; shades are shares of the column. */
static void inferred_groups_are_tabled_against_true_ones(void **state) {
  (void)state;
  static const size_t COUNTS[GROUPS * GROUPS] = {1200, 300, 0, 0, 10, 30, 0, 0, 0, 0, 0, 800, 0, 0, 50, 50};
  example_run *e = make_run();
  set_inference(e, COUNTS);
  show(section_clusters, &e->run);
  assert_shows(
      "Adjusted Rand index 0.812; of the examples in the smaller inferred groups of their class 64.1" SPACE
      "% belong to a smaller true one; of those in a smaller true group 92.3" SPACE
      "% are in a smaller inferred one.");
  assert_shows("Class y=0\nTrue|k=0|k=1|\na=0|{0.8}1,200|{0.25}10|\na=1|{0.2}300|{0.75}30|\n");
  assert_shows("Class y=1\nTrue|k=0|k=1|\na=0|\xc2\xb7|{0.5}50|\na=1|{1}800|{0.5}50|\n");
  assert_hides("All classes");
  e->contingency[2] = 1; /* an inferred group of class 0 with an example of class 1: one table of all */
  e->run.inference.minority_precision = e->run.inference.minority_recall = (double)NAN;
  show(section_clusters, &e->run);
  assert_shows("Adjusted Rand index 0.812.");
  assert_shows("All classes\nTrue|y=0,k=0|y=0,k=1|y=1,k=0|y=1,k=1|\ny=0,a=0|{0.799}1,200|{0.25}10|\xc2\xb7|");
  assert_hides("Class y=0");
  e->run.inference.truth = 121;
  show(section_clusters, &e->run);
  assert_shows("The table is too large for a page; results.jsonl has it.");
  e->run.inference.present = false;
  show(section_clusters, &e->run);
  assert_string_equal(shown, "\n");
}

/* ---- the choice of the epoch ---- */

static void rules_are_compared_and_the_used_one_named(void **state) {
  (void)state;
  example_run *e = make_run();
  show(section_tradeoff, &e->run);
  assert_string_equal(shown, "\n"); /* nothing to draw */
  report_eval evals[2] = {{.epoch = 1, .split = DESPUR_TEST}, {.epoch = 2, .split = DESPUR_TEST}};
  despur_reliability_bin bins[DESPUR_RELIABILITY_BINS] = {{0}};
  e->run.stages[REPORT_TRAIN].evals = evals;
  e->run.stages[REPORT_TRAIN].eval_count = 2;
  e->run.measures.all = (despur_group_measures){.bins = bins, .calibration_error = 0.0432};
  show(section_tradeoff, &e->run);
  assert_shows("up is better for the worst group, right for the average.");
  assert_shows("Epoch 3 was chosen on the validation examples, where its worst group has 74.5" SPACE
               "%. Choosing the best of 5 epochs adds about 2.5 points to that: fresh examples would give "
               "about 72.0" SPACE "%. Nothing was chosen on the test examples");
  assert_shows("Its calibration error is 4.3 points over all examples.");
  show(section_curves, &e->run);
  assert_shows("last|5|68.0|3.0|");
  assert_shows("*val_worst (used)|3|70.0|1.0|");
  e->pairs[0].value = LAST; /* nothing was chosen */
  e->finals[1].split = DESPUR_VAL;
  show(section_tradeoff, &e->run);
  assert_hides("was chosen");
  e->pairs[0].value = CHOSEN;
  show(section_tradeoff, &e->run);
  assert_hides("Nothing was chosen on the test examples");
}

/* ---- where the network looks ---- */

static void set_look(report_cam_group *look, size_t g) {
  *look = (report_cam_group){.minority = g % 2 == 1, .example_count = 2, .examples = {10 * g, 10 * g + 1}};
  snprintf(look->name, sizeof look->name, "%s", NAMES[g]);
  for (size_t s = 0; s <= REPORT_TRAIN; s++) {
    double mean = s ? 0.5 + 0.1 * (double)g : 0.8;
    look->background[s] = (report_share){mean, mean - 0.05, mean + 0.05, 40, 0};
    for (size_t i = 0; i < 2; i++) look->predictions[i][s] = (long)(s + i);
    for (size_t r = 0; r < REPORT_GRID; r++)
      for (size_t c = 0; c < REPORT_GRID; c++)
        look->covered[s][r][c] = r < 3 && c < 3 ? 0.01 * (double)(3 * r + c) - 0.001 : (double)NAN;
  }
  look->covered[1][g % 3][2] = 0.501;
}

/* Shares of minorities fall from 0.8 to 0.6 and from 0.8 to 0.8. */
static void maps_are_summed_up_and_pictured(void **state) {
  (void)state;
  static char picture[] = "QUJD";
  report_cam_group looks[GROUPS];
  example_run *e = make_run();
  for (size_t g = 0; g < GROUPS; g++) set_look(&looks[g], g);
  e->run.cam = (report_cam){.layer = "conv2",
                            .scored = true,
                            .background_area = 0.6,
                            .stage_count = 2,
                            .groups = looks,
                            .group_count = 4};
  for (size_t s = 0; s < 2; s++)
    snprintf(e->run.cam.stages[s], DESPUR_GROUP_NAME, "%s", e->run.stages[s].label);
  looks[1].picture = picture;
  show(section_cam, &e->run);
  assert_shows(
      "From ERM to GEORGE the share of the energy that lies on the background falls in 1 of 2 minority "
      "groups; in 1 of them the 95" SPACE "% intervals are apart.");
  assert_shows(
      "the picture, then where ERM, then where GEORGE found evidence for any class (Grad-CAM, layer conv2");
  assert_shows(
      "[Picture 10; ERM answers 0; GEORGE answers 1. Picture 11; ERM answers 1; GEORGE answers 2]y=0,a=1\n");
  assert_hides("more are in cam.json");
  looks[1].background[0].mean = (double)NAN;
  looks[0].picture = picture;
  show(section_cam, &e->run);
  assert_shows("falls in 0 of 1 minority groups; in 0 of them");
  assert_shows("]y=0,a=0" USUAL "\n");
  e->run.cam.stage_count = 1;
  show(section_cam, &e->run);
  assert_shows("the picture and where ERM found evidence");
  e->run.cam.group_count = 0;
  show(section_cam, &e->run);
  assert_string_equal(shown, "\n");
}

/* Photographs as wide as they are; drawings as before. */
static void pictures_are_shown_as_what_they_are(void **state) {
  (void)state;
  char picture[] = "AAAA";
  report_cam_group looks[2];
  example_run *e = make_run();
  for (size_t g = 0; g < 2; g++) {
    set_look(&looks[g], g);
    looks[g].picture = picture;
    looks[g].width = 475 + g;
    looks[g].height = 300;
  }
  e->run.cam = (report_cam){.stage_count = 1, .groups = looks, .group_count = 2};
  for (int photographs = 0; photographs <= 1; photographs++) {
    markup m = {.error = &error};
    looks[0].is_jpeg = looks[1].is_jpeg = photographs;
    section_cam(&m, &e->run);
    assert_int_equal(strstr(m.text.data, "src=\"data:image/jpeg;base64,AAAA\"") != NULL, photographs);
    assert_int_equal(strstr(m.text.data, "src=\"data:image/png;base64,AAAA\"") != NULL, !photographs);
    assert_int_equal(strstr(m.text.data, "minmax(min(476px,100%),1fr)") != NULL, photographs);
    assert_int_equal(strstr(m.text.data, "<div class=\"looks\">") != NULL, !photographs);
    mem_free(m.text.data);
  }
}

/* Pictures of more than a megabyte together are left out, and counted. */
static void pictures_that_are_too_large_together_are_counted(void **state) {
  (void)state;
  static char picture[500001];
  report_cam_group looks[3];
  example_run *e = make_run();
  memset(picture, 'A', sizeof picture - 1);
  for (size_t g = 0; g < 3; g++) set_look(&looks[g], g), looks[g].picture = picture;
  e->run.cam = (report_cam){.stage_count = 1, .groups = looks, .group_count = 3};
  markup m = {.error = &error};
  section_cam(&m, &e->run);
  assert_non_null(strstr(m.text.data, "1 more are in cam.json."));
  assert_true(m.text.length < 1010000);
  mem_free(m.text.data);
}

/* Before: -0.1 in the first region, then 0.9, 1.9 ... 7.9 points, in every group alike. After: 50.1 points in
 * the last column of row g % 3 of each of four groups, so of rows 0, 1, 2, 0. */
static void covered_regions_are_averaged_and_the_dearest_named(void **state) {
  (void)state;
  report_cam_group looks[GROUPS];
  example_run *e = make_run();
  for (size_t g = 0; g < GROUPS; g++) set_look(&looks[g], g);
  e->run.cam = (report_cam){.stage_count = 2, .stages = {"ERM", "GEORGE"}, .groups = looks, .group_count = 4};
  show(section_occlusion, &e->run);
  assert_shows("ERM: points of probability lost, by covered region, mean over "
               "groups\n{0}-0.1|{0.009}0.9|{0.019}1.9|\n"
               "{0.029}2.9|{0.039}3.9|{0.049}4.9|\n{0.059}5.9|{0.069}6.9|{0.079}7.9|\n");
  assert_shows("{0.26}26.0|\n");  /* (2 * 50.1 + 2 * 1.9) / 4 */
  assert_shows("{0.162}16.2|\n"); /* (50.1 + 3 * 4.9) / 4 */
  assert_shows("y=0,a=0|7.9 row 3, col. 3|50.1 row 1, col. 3|");
  assert_shows("y=1,a=0|7.9 row 3, col. 3|50.1 row 3, col. 3|");
  for (size_t g = 0; g < GROUPS; g++) looks[g].covered[0][0][0] = -0.0004; /* rounds to nothing */
  show(section_occlusion, &e->run);
  assert_shows("\n{0}0.0|{0.009}0.9|");
  for (size_t i = 0; i < 16; i++) looks[0].covered[0][i / 4][i % 4] = (double)NAN;
  show(section_occlusion, &e->run);
  assert_shows("y=0,a=0|" DASH "|50.1 row 1, col. 3|");
  for (size_t g = 0; g < GROUPS; g++) looks[g].covered[1][0][0] = (double)NAN;
  show(section_occlusion, &e->run);
  assert_string_equal(shown, "\n");
}

/* ---- several runs ---- */

enum { RUNS = 5, CLASSES = 2 };

typedef struct several {
  comparison all;
  compare_run runs[RUNS];
  report_eval finals[RUNS];
  despur_group_score groups[RUNS][CLASSES];
  text_pair keys[RUNS][2];
  report_rule rules[RUNS];
  double values[RUNS];
  char methods[2][COMPARE_NAME], data[1][COMPARE_NAME];
} several;

/* Two runs of each of two methods, and one that does not count. Worst groups: 20 and 24, 70 and 78 %. */
static several *run_several(void) {
  static char SEEDS[RUNS][2] = {"1", "2", "3", "4", "5"}, VERSION[] = "9.9", SEED[] = "seed";
  static const double WORST[RUNS] = {0.2, 0.24, 0.7, 0.78, 0.01};
  static several s;
  memset(&s, 0, sizeof s);
  for (size_t i = 0; i < RUNS; i++) {
    for (size_t g = 0; g < CLASSES; g++)
      s.groups[i][g] = (despur_group_score){.name = g ? "y=1" : "y=0",
                                            .label = (uint32_t)g,
                                            .attribute = DESPUR_NO_CODE,
                                            .count = 10,
                                            .train_count = g ? 1500 : 12,
                                            .accuracy = g ? 0.9 : WORST[i]};
    s.finals[i] = (report_eval){.epoch = 7 + i,
                                .scores = {.groups_count = CLASSES,
                                           .groups = s.groups[i],
                                           .worst_group_accuracy = WORST[i],
                                           .average_accuracy = 0.8 + 0.01 * (double)i,
                                           .train_weighted_average = 0.88,
                                           .balanced_group_accuracy = (WORST[i] + 0.9) / 2}};
    s.rules[i] = (report_rule){.name = "val_worst", .val_worst_group_accuracy = 0.5, .optimism = 0.04};
    s.keys[i][0] = (text_pair){SEED, SEEDS[i]};
    s.keys[i][1] = (text_pair){KEY, CHOSEN};
    s.runs[i].run.keys = (text_pairs){s.keys[i], 2};
    s.runs[i].run.rules = &s.rules[i];
    s.runs[i].run.rule_count = i < 3; /* the fourth run does not say */
    s.runs[i].run.stages[REPORT_TRAIN].final = &s.finals[i];
    s.runs[i].run.manifest.version = VERSION;
    s.runs[i].directory = i ? "runs/other" : "runs/first";
    s.runs[i].method = i / 2 % 2;
  }
  snprintf(s.runs[RUNS - 1].left_out, sizeof s.runs[0].left_out, "failed: no money");
  snprintf(s.methods[0], COMPARE_NAME, "ERM");
  snprintf(s.methods[1], COMPARE_NAME, "GroupDRO");
  snprintf(s.data[0], COMPARE_NAME, "digits");
  s.all = (comparison){.directories.count = RUNS,
                       .runs = s.runs,
                       .values = s.values,
                       .method_count = 2,
                       .data_count = 1,
                       .methods = s.methods,
                       .data = s.data};
  return &s;
}

static void show_comparison(const several *s) {
  markup m = {.error = &error};
  page_comparison(&m, &s->all, "A sentence with 5 %.");
  assert_int_equal(m.status, DESPUR_OK);
  flatten(strstr(m.text.data, "<main>"));
  mem_free(m.text.data);
}

/* The standard deviation of two numbers is their distance / sqrt(2). Welch's interval for 22 against 74, with
 * standard errors 2 and 4 and one degree of freedom: 52 +- 12.7 * 4.47 contains 0. */
static void methods_are_compared_over_their_runs(void **state) {
  (void)state;
  several *s = run_several();
  show_comparison(s);
  assert_shows("\n4 runs \xc2\xb7 2 methods \xc2\xb7 1 data set\nA sentence with 5" SPACE "%.\ndigits\n");
  assert_shows("\nERM|2|22.0 \xc2\xb1" SPACE "2.8|80.5 \xc2\xb1" SPACE "0.7|88.0 \xc2\xb1" SPACE
               "0.0|56.0 \xc2\xb1" SPACE "1.4|50.0 \xc2\xb1" SPACE "0.0|46.0 \xc2\xb1" SPACE "0.0|\n");
  assert_shows("\nGroupDRO|2|74.0 \xc2\xb1" SPACE "5.7|82.5 \xc2\xb1" SPACE "0.7|88.0 \xc2\xb1" SPACE
               "0.0|82.0 \xc2\xb1" SPACE "2.8|50.0|46.0|\n");
  assert_shows("Group|Training|ERM|GroupDRO|\ny=0|12|{0.78}22.0|{0.26}74.0|\ny=1|1,500|{0.1}90.0|{0.1}90.0|");
  assert_shows(
      "Method|Seed|Epoch|Worst|Average|Directory|\nERM|1|7|20.0|80.0|runs/first|\nERM|2|8|24.0|81.0|");
  assert_shows("GroupDRO|4|10|78.0|83.0|runs/other|\n");
  assert_shows("Left out\nruns/other: failed: no money\n");
  assert_shows("Made by despur 9.9 from");
  for (size_t i = 2; i < 4; i++) s->finals[i].scores.worst_group_accuracy = 0.7; /* 48 +- 4.3 * 2 */
  for (size_t i = 0; i < 2; i++) s->finals[i].scores.worst_group_accuracy = 0.2 + 0.0001 * (double)i;
  s->groups[1][0].name = "y=9"; /* what is of another name is not averaged */
  show_comparison(s);
  assert_shows("\n*GroupDRO|2|70.0");
  assert_shows("\ny=0|12|{0.8}20.0|{0.26}74.0|");
  s->runs[2].method = 0; /* a method with one run, and one run more */
  s->runs[RUNS - 1].left_out[0] = 0;
  show_comparison(s);
  assert_hides("Left out");
  assert_shows("5 runs");
  assert_shows("\nGroupDRO|1|70.0|83.0|88.0|84.0|" DASH "|" DASH "|\n");
}

static void assert_verdict(const several *s, const char *wanted) {
  text found = {0};
  assert_ok(compare_verdict(&found, &s->all, &error));
  assert_string_equal(found.data, wanted);
  mem_free(found.data);
}

/* The numbers are those above: 22 against 74 may be chance, 20 against 70 with so little spread is not. */
static void verdicts_name_the_best_methods_and_how_sure_they_are(void **state) {
  (void)state;
  several *s = run_several();
  assert_verdict(s,
                 "GroupDRO gets 74.0 % of its worst group right on average over 2 runs (standard deviation "
                 "5.7), more than the other method, but not surely.");
  for (size_t i = 0; i < 4; i++)
    s->finals[i].scores.worst_group_accuracy = i < 2 ? 0.2 + 0.0001 * (double)i : 0.7;
  assert_verdict(s,
                 "GroupDRO gets 70.0 % of its worst group right on average over 2 runs (standard deviation "
                 "0.0), more than the other method, and by more than chance explains.");
  /* a second data set, with one run of ERM alone: best there, and of nothing else */
  s->all.data_count = 2;
  s->runs[RUNS - 1].data = 1;
  s->runs[RUNS - 1].left_out[0] = 0;
  assert_verdict(
      s, "On 2 data sets the best worst group is that of ERM 1 time (0 by more than chance explains), "
         "of GroupDRO 1 time (1 by more than chance explains).");
  /* and one of GroupDRO, which is better */
  s->runs[3].data = 1;
  assert_verdict(s, "On 2 data sets the best worst group is that of GroupDRO 2 times (0 by more than chance "
                    "explains).");
  s->all.data_count = 1;
  for (size_t i = 1; i < RUNS; i++) snprintf(s->runs[i].left_out, sizeof s->runs[i].left_out, "no");
  assert_verdict(s, "ERM gets 20.0 % of its worst group right, in one run.");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(measures_stand_beside_each_other),
      cmocka_unit_test(groups_stand_with_sizes_and_intervals),
      cmocka_unit_test(inferred_groups_are_shown_where_there_are_no_attributes),
      cmocka_unit_test(inferred_groups_are_tabled_against_true_ones),
      cmocka_unit_test(rules_are_compared_and_the_used_one_named),
      cmocka_unit_test(maps_are_summed_up_and_pictured),
      cmocka_unit_test(pictures_are_shown_as_what_they_are),
      cmocka_unit_test(pictures_that_are_too_large_together_are_counted),
      cmocka_unit_test(covered_regions_are_averaged_and_the_dearest_named),
      cmocka_unit_test(methods_are_compared_over_their_runs),
      cmocka_unit_test(verdicts_name_the_best_methods_and_how_sure_they_are),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
