/* What a reader reads off the charts of confidence, of maps, of clustered examples and of several runs. */
#include "picture_testing.h"

#include "report/compare.h"

/* ---- one network: confidence and maps ---- */

enum { GROUPS = 4 };

static const char *const NAMES[GROUPS] = {"y=0,a=0", "y=0,a=1", "y=1,a=0", "y=1,a=1"};
static const size_t SIZES[GROUPS] = {1000, 50, 60, 2000}; /* of training: the first and the last are usual */

typedef struct judged {
  report_run run;
  report_eval final;
  despur_group_score scores[GROUPS];
  despur_group_measures measures[GROUPS];
  despur_reliability_bin bins[GROUPS][DESPUR_RELIABILITY_BINS];
  const char *names[GROUPS];
} judged;

/* In bin 10: 100 examples of each group with confidence 0.7, of which 70, 40, 50 and 60 are right. In bin 14
 * 20 of each, all right, with confidence 0.95. In bin 12 two of each, which are too few for a dot. */
static judged *judge(void) {
  static judged j;
  memset(&j, 0, sizeof j);
  for (size_t g = 0; g < GROUPS; g++) {
    static const size_t RIGHT[GROUPS] = {70, 40, 50, 60};
    j.scores[g] = (despur_group_score){.name = NAMES[g],
                                       .label = (uint32_t)(g / 2),
                                       .attribute = g % 2,
                                       .count = 122,
                                       .train_count = SIZES[g]};
    j.names[g] = NAMES[g];
    j.bins[g][10] = (despur_reliability_bin){100, RIGHT[g], 0.7};
    j.bins[g][12] = (despur_reliability_bin){2, 0, 0.85};
    j.bins[g][14] = (despur_reliability_bin){20, 20, 0.95};
    j.measures[g].bins = j.bins[g];
  }
  j.final.scores = (despur_scores){.groups_count = GROUPS, .groups = j.scores};
  j.run.stages[REPORT_TRAIN].final = &j.final;
  j.run.predicted.names = j.names;
  j.run.measures = (despur_measures){.groups_count = GROUPS, .groups = j.measures};
  j.run.measures.all.bins = j.bins[0];
  return &j;
}

/* The usual groups have (70 + 60) / 200 right at confidence 70, the others (40 + 50) / 200. */
static void confidence_is_drawn_for_usual_groups_and_others(void **state) {
  (void)state;
  static const double X[2] = {70, 95}, USUAL[2] = {65, 100}, OTHERS[2] = {45, 100}, ENDS[2] = {0, 100};
  judged *j = judge();
  draw(&plot_reliability, &j->run, 0);
  assert_line(find('p', "line mark", 0), ENDS, ENDS, 2);
  assert_line(find('p', "line s-mute", 0), X, USUAL, 2);
  assert_line(find('p', "line s-after", 0), X, OTHERS, 2);
  axis across = x_axis(), up = y_axis();
  for (size_t i = 0; i < 2; i++) {
    assert_reads(&across, find('c', "f-mute", i)->x, X[i]);
    assert_reads(&up, find('c', "f-mute", i)->y, USUAL[i]);
    assert_reads(&across, find('c', "f-after", i)->x, X[i]);
    assert_reads(&up, find('c', "f-after", i)->y, OTHERS[i]);
  }
  assert_int_equal(count_of('c', "f-mute") + count_of('c', "f-after"), 4);
  assert_string_equal(words("usual groups")->class, "t-mute");
  assert_string_equal(words("other groups")->class, "t-after");
  for (size_t count = 4; count <= 5; count++) { /* of each of two groups: a dot needs ten */
    for (size_t g = 0; g < GROUPS; g++) j->bins[g][14] = (despur_reliability_bin){count, count, 0.95};
    draw(&plot_reliability, &j->run, 0);
    assert_int_equal(count_of('c', "f-mute"), count == 4 ? 1 : 2);
  }
  j->run.stages[REPORT_TRAIN].final = NULL;
  assert_int_equal(plot_reliability.count(&j->run), 0);
}

/* Means over all 122 of a group; three are named, by how much surer they are than right. */
static void each_group_has_its_confidence_and_accuracy(void **state) {
  (void)state;
  judged *j = judge();
  draw(&plot_reliability, &j->run, 1);
  axis across = x_axis(), up = y_axis();
  assert_int_equal(count_of('c', "f-after"), GROUPS);
  for (size_t g = 0; g < GROUPS; g++) {
    double confidence = (100 * 70 + 2 * 85 + 20 * 95) / 122.0;
    assert_reads(&across, find('c', "f-after", g)->x, confidence);
    assert_reads(&up, find('c', "f-after", g)->y, 100 * (double)(j->bins[g][10].correct + 20) / 122);
  }
  words(NAMES[1]), words(NAMES[2]), words(NAMES[3]);
  for (size_t i = 0; i < seen.count; i++) assert_string_not_equal(seen.marks[i].words, NAMES[0]);
  assert_true(words(NAMES[3])->y < words(NAMES[2])->y && words(NAMES[2])->y < words(NAMES[1])->y);
  assert_true(across.values[0] <= up.values[0] && up.values[1] >= 99.9);
}

static report_cam cam_of(report_cam_group looks[3]) {
  for (size_t g = 0; g < 3; g++) {
    looks[g] = (report_cam_group){.minority = g > 0};
    snprintf(looks[g].name, sizeof looks[g].name, "%s", NAMES[g]);
    for (size_t s = 0; s <= REPORT_TRAIN; s++) {
      double mean = 0.9 - 0.1 * (double)g - 0.25 * (double)s;
      looks[g].background[s] = (report_share){mean, mean - 0.04, mean + 0.03, 50, 0};
    }
  }
  report_cam cam = {
      .scored = true, .background_area = 0.62, .stage_count = 2, .groups = looks, .group_count = 3};
  snprintf(cam.stages[0], sizeof cam.stages[0], "ERM");
  snprintf(cam.stages[1], sizeof cam.stages[1], "GEORGE");
  return cam;
}

/* Minorities only: groups 1 and 2. */
static void shares_of_maps_stand_in_rows(void **state) {
  (void)state;
  static const char *const DOTS[REPORT_STAGES] = {"o-before", "f-after"}, *const LINES[REPORT_STAGES] = {
                                                                              "line i-before",
                                                                              "line i-after"};
  report_cam_group looks[3];
  report_run run = {.cam = cam_of(looks)};
  draw(&plot_cam, &run, 0);
  axis across = x_axis();
  assert_reads(&across, find('p', "mark", 0)->points[0][0], 62);
  for (size_t g = 1; g < 3; g++)
    for (size_t s = 0; s <= REPORT_TRAIN; s++) {
      const report_share *share = &looks[g].background[s];
      const mark *dot = find('c', DOTS[s], g),
                 *line = find('p', LINES[s], g - 1); /* dots: after the legend's */
      assert_reads(&across, dot->x, 100 * share->mean);
      assert_reads(&across, line->points[0][0], 100 * share->low);
      assert_reads(&across, line->points[1][0], 100 * share->high);
      assert_near(words(NAMES[g])->y - 4, dot->y, 0.11);
      assert_near(line->points[0][1], dot->y, 0.1);
    }
  words("ERM"), words("GEORGE");
  assert_non_null(strstr(seen.description, "For each of 2 groups"));
  assert_non_null(strstr(seen.description, "before (ring)"));
  run.cam.stage_count = 1; /* one network, whose first mean is known without an interval */
  looks[1].background[0].low = looks[1].background[0].high = (double)NAN;
  draw(&plot_cam, &run, 0);
  assert_int_equal(count_of('c', "o-before"), 0);
  assert_int_equal(count_of('p', "line i-after"), 1);
  across = x_axis();
  assert_reads(&across, find('c', "f-after", 1)->x, 80);
  assert_null(strstr(seen.description, "before (ring)"));
  for (size_t g = 1; g < 3; g++) looks[g].background[0].mean = (double)NAN;
  assert_int_equal(plot_cam.count(&run), 0);
}

/* ---- clustered examples ---- */

enum { POINTS = 40 };

typedef struct cloud {
  report_run run;
  report_eval final;
  despur_group_score scores[GROUPS];
  report_point points[POINTS];
  char inferred_names[4][DESPUR_GROUP_NAME], true_names[GROUPS][DESPUR_GROUP_NAME];
  size_t contingency[4 * GROUPS];
} cloud;

/* Two classes, two attributes, a lattice. Inferred groups 0 and 1 are of class 0, 2 and 3 of class 1; the
 * larger ones are 1 and 2. */
static cloud *gather(void) {
  static cloud c;
  static const size_t COUNTS[4] = {10, 90, 70, 30};
  static uint32_t CLASS_OF[GROUPS] = {0, 0, 1, 1}, ATTRIBUTE_OF[GROUPS] = {0, 1, 0, 1};
  memset(&c, 0, sizeof c);
  for (size_t g = 0; g < GROUPS; g++) {
    c.scores[g] =
        (despur_group_score){.name = NAMES[g], .label = (uint32_t)(g / 2), .attribute = g % 2, .count = 1};
    snprintf(c.true_names[g], DESPUR_GROUP_NAME, "%s", NAMES[g]);
    snprintf(c.inferred_names[g], DESPUR_GROUP_NAME, "y=%zu,k=%zu", g / 2, g % 2);
    c.contingency[g * GROUPS + g / 2 * 2] = COUNTS[g];
  }
  c.final.scores = (despur_scores){.groups_count = GROUPS, .groups = c.scores};
  c.run.stages[REPORT_TRAIN].final = &c.final;
  c.run.inference = (report_inference){.present = true,
                                       .inferred = 4,
                                       .truth = GROUPS,
                                       .inferred_names = c.inferred_names,
                                       .true_names = c.true_names,
                                       .inferred_labels = CLASS_OF,
                                       .true_labels = CLASS_OF,
                                       .true_attributes = ATTRIBUTE_OF,
                                       .contingency = c.contingency};
  for (size_t i = 0; i < POINTS; i++)
    c.points[i] = (report_point){.x = (double)(i % 8),
                                 .y = (double)(i / 8) * 0.5,
                                 .example = (uint32_t)i,
                                 .label = i % 2,
                                 .attribute = i % 3 == 0,
                                 .known = i != 7,
                                 .inferred = i % 4};
  c.run.points = c.points;
  c.run.point_count = POINTS;
  return &c;
}

/* The points of one colour, in order, are where the lattice says, with one unit in both directions. */
static void assert_cloud(const char *class, bool (*wanted)(const report_point *), const cloud *c) {
  const mark *m = find('p', class, 0);
  size_t at = 0;
  assert_non_null(m);
  for (size_t i = 0; i < POINTS; i++) {
    if (!c->points[i].known || !wanted(&c->points[i])) continue;
    assert_true(at < m->count);
    double unit = 288.0 / 7; /* 7 units are as wide as the picture without its margins */
    assert_near(m->points[at][0], 180 + (c->points[i].x - 3.5) * unit, 0.11);
    assert_near(m->points[at][1] - m->points[0][1], -(c->points[i].y - c->points[0].y) * unit, 45);
    if (at > 0) {
      double rows = (m->points[at][1] - m->points[at - 1][1]) / unit;
      assert_near(rows, rint(2 * rows) / 2, 0.004); /* whole steps of the lattice */
    }
    at++;
  }
  assert_int_equal(m->count, at);
}

static bool of_attribute_0(const report_point *p) {
  return p->attribute == 0;
}

static bool of_attribute_1(const report_point *p) {
  return p->attribute == 1;
}

static bool of_class_1(const report_point *p) {
  return p->label == 1;
}

/* Group 0 of class 0 and group 3 of class 1 are the smaller ones; with i % 4 as inferred group and i % 2 as
 * class, points of the other class's groups do not occur. */
static bool is_smaller(const report_point *p) {
  return p->label == 0 ? p->inferred != 1 : p->inferred != 2;
}

static bool is_largest(const report_point *p) {
  return !is_smaller(p);
}

static void clustered_examples_are_drawn_in_their_colours(void **state) {
  (void)state;
  cloud *c = gather();
  assert_int_equal(plot_embedding.count(&c->run), 3);
  draw(&plot_embedding, &c->run, 0);
  assert_cloud("cloud s-k0", of_attribute_0, c);
  assert_cloud("cloud s-k1", of_attribute_1, c);
  assert_true(words("a=0")->x < words("a=1")->x);
  assert_int_equal(count_of('c', "k0") + count_of('c', "k1") + count_of('c', "k2"), 2);
  draw(&plot_embedding, &c->run, 1);
  assert_cloud("cloud s-k1", of_class_1, c);
  words("y=0"), words("y=1");
  for (size_t i = 0; i < POINTS; i++) c->points[i].inferred = i % 2 ? 2 + i % 4 / 2 : i % 4 / 2;
  draw(&plot_embedding, &c->run, 2);
  assert_cloud("cloud s-mute", is_largest, c);
  assert_cloud("cloud s-before", is_smaller, c);
  size_t smaller = find('p', "cloud s-before", 0)->count;
  for (size_t i = 0; i < POINTS; i++)
    if (c->points[i].known && c->points[i].inferred == 3) {
      c->points[i].label = 256; /* of so many classes the smaller groups are not told */
      break;
    }
  draw(&plot_embedding, &c->run, 2);
  assert_int_equal(find('p', "cloud s-before", 0)->count, smaller - 1);
  c->run.inference.present = false;
  assert_int_equal(plot_embedding.count(&c->run), 0);
}

/* Examples in one place lie around it, each 1.7 sqrt(k) away and a golden angle further: all can be seen. */
static void examples_in_one_place_lie_around_it(void **state) {
  (void)state;
  cloud *c = gather();
  for (size_t i = 0; i < POINTS; i++) {
    c->points[i].known = true;
    c->points[i].attribute = 0;
    if (i > 0 && i < POINTS - 1) c->points[i].x = 3.5, c->points[i].y = 1;
  }
  draw(&plot_embedding, &c->run, 0);
  const mark *m = find('p', "cloud s-k0", 0);
  assert_int_equal(m->count, POINTS);
  const double *middle = m->points[1];
  for (size_t k = 1; k < POINTS - 2; k++) {
    double x = m->points[1 + k][0] - middle[0], y = m->points[1 + k][1] - middle[1];
    double angle = acos(-1) * (3 - sqrt(5)) * (double)k;
    assert_near(x, 1.7 * sqrt((double)k) * cos(angle), 0.11);
    assert_near(y, 1.7 * sqrt((double)k) * sin(angle), 0.11);
  }
}

/* ---- several runs ---- */

enum { RUNS = 7, METHODS = 3 };

typedef struct several {
  comparison all;
  compare_run runs[RUNS];
  report_eval finals[RUNS];
  double values[RUNS];
  char methods[METHODS][COMPARE_NAME], data[2][COMPARE_NAME];
} several;

/* Two runs of each method on one data set, of which the second method is beaten by the others in both
 * measures; and a run that does not count. */
static several *run_several(void) {
  static several s;
  static const double WORST[RUNS] = {0.21, 0.29, 0.23, 0.19, 0.7, 0.8, 0.01},
                      AVERAGE[RUNS] = {0.97, 0.99, 0.81, 0.83, 0.9, 0.92, 0.02};
  memset(&s, 0, sizeof s);
  for (size_t i = 0; i < RUNS; i++) {
    s.finals[i].scores =
        (despur_scores){.worst_group_accuracy = WORST[i], .average_accuracy = AVERAGE[i], .groups_count = 0};
    s.runs[i].run.stages[REPORT_TRAIN].final = &s.finals[i];
    s.runs[i].method = i / 2 % METHODS;
  }
  snprintf(s.runs[6].left_out, sizeof s.runs[6].left_out, "failed");
  for (size_t m = 0; m < METHODS; m++) snprintf(s.methods[m], COMPARE_NAME, "method %zu", m);
  s.all.directories.count = RUNS;
  s.all.runs = s.runs;
  s.all.values = s.values;
  s.all.method_count = METHODS;
  s.all.data_count = 1;
  s.all.methods = s.methods;
  s.all.data = s.data;
  return &s;
}

static void compare(void (*draw_chart)(chart *, const comparison *, size_t), const several *s) {
  markup m = {.error = &error};
  chart c = {.m = &m};
  draw_chart(&c, &s->all, 0);
  look_at(&m);
}

static void every_run_has_a_dot_in_its_methods_row(void **state) {
  (void)state;
  several *s = run_several();
  compare(compare_draw_runs, s);
  axis across = x_axis();
  assert_near(across.values[0], 0, 0); /* the round number below 19 */
  assert_near(across.values[1], 100, 0);
  for (size_t m = 0; m < METHODS; m++) {
    char class[8];
    snprintf(class, sizeof class, "k%zu", m);
    assert_int_equal(count_of('c', class), 2);
    const mark *mean = find('p', "line line s-ink", m);
    assert_int_equal(mean->count, 2);
    for (size_t i = 0; i < 2; i++) {
      const mark *dot = find('c', class, i);
      assert_reads(&across, dot->x, 100 * s->finals[2 * m + i].scores.worst_group_accuracy);
      assert_near(dot->y, (mean->points[0][1] + mean->points[1][1]) / 2, 0.11);
      assert_true(words(s->methods[m])->y < dot->y - 4); /* the name stands above its dots */
    }
    assert_reads(&across, mean->points[0][0],
                 50 * (s->finals[2 * m].scores.worst_group_accuracy +
                       s->finals[2 * m + 1].scores.worst_group_accuracy));
    assert_true(fabs(mean->points[0][1] - mean->points[1][1]) > 8);
  }
}

/* Means (98, 25), (82, 21) and (91, 75): a line joins the first and the last, from left to right. */
static void the_front_joins_means_that_none_beats(void **state) {
  (void)state;
  static const double AVERAGE[METHODS] = {98, 82, 91}, WORST[METHODS] = {25, 21, 75}, X[2] = {91, 98},
                      Y[2] = {75, 25};
  several *s = run_several();
  compare(compare_draw_front, s);
  axis across = x_axis(), up = y_axis();
  assert_int_equal(count_of('p', "line mark"), 1);
  assert_line(find('p', "line mark", 0), X, Y, 2);
  for (size_t m = 0; m < METHODS; m++) {
    char class[8];
    snprintf(class, sizeof class, "k%zu", m);
    const mark *mean = find('c', class, 2); /* after the runs' */
    assert_reads(&across, mean->x, AVERAGE[m]);
    assert_reads(&up, mean->y, WORST[m]);
    assert_true(mean->radius > find('c', class, 0)->radius);
    for (size_t i = 0; i < 2; i++) {
      assert_reads(&across, find('c', class, i)->x, 100 * s->finals[2 * m + i].scores.average_accuracy);
      assert_reads(&up, find('c', class, i)->y, 100 * s->finals[2 * m + i].scores.worst_group_accuracy);
    }
    words(s->methods[m]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(confidence_is_drawn_for_usual_groups_and_others),
      cmocka_unit_test(each_group_has_its_confidence_and_accuracy),
      cmocka_unit_test(shares_of_maps_stand_in_rows),
      cmocka_unit_test(clustered_examples_are_drawn_in_their_colours),
      cmocka_unit_test(examples_in_one_place_lie_around_it),
      cmocka_unit_test(every_run_has_a_dot_in_its_methods_row),
      cmocka_unit_test(the_front_joins_means_that_none_beats),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
