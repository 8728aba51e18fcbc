#include "testing.h"

#include "base/random.h"
#include "despur/measures.h"
#include "eval/rates/ranking.h"

#include "golden/statistics.h"

static despur_error error;

/* Room for the predictions of a test. */
typedef struct fixture {
  uint32_t labels[MADE_UP], predictions[MADE_UP], groups[MADE_UP], attributes[MADE_UP];
  double probabilities[3 * MADE_UP];
  const char *names[4];
  despur_predicted predicted;
} fixture;

static void set_up(fixture *f, size_t count, size_t classes, size_t groups) {
  *f = (fixture){.names = {"a", "b", "c", "d"}};
  f->predicted = (despur_predicted){.count = count,
                                    .classes = classes,
                                    .groups_count = groups,
                                    .labels = f->labels,
                                    .predictions = f->predictions,
                                    .groups = f->groups,
                                    .probabilities = f->probabilities,
                                    .names = f->names,
                                    .loss = (double)NAN};
}

static void add(fixture *f, size_t i, uint32_t label, uint32_t group, const double *p) {
  size_t classes = f->predicted.classes, best = 0;
  f->labels[i] = label;
  f->groups[i] = group;
  for (size_t c = 0; c < classes; c++) {
    f->probabilities[i * classes + c] = p[c];
    if (p[c] > p[best]) best = c;
  }
  f->predictions[i] = (uint32_t)best;
}

static void assert_measures(const despur_group_measures *got, const struct made_up_measures *wanted) {
  assert_near(got->calibration_error, wanted->calibration_error, 1e-6);
  assert_near(got->brier, wanted->brier, 1e-6);
  assert_near(got->log_loss, wanted->log_loss, 1e-6);
}

static void measures_of_two_classes_agree_with_scikit_learn(void **state) {
  (void)state;
  fixture f;
  despur_measures got;
  set_up(&f, MADE_UP, 2, 4); /* the last group is empty */
  for (size_t i = 0; i < MADE_UP; i++) add(&f, i, MADE_UP_2[i].label, MADE_UP_2[i].group, MADE_UP_2[i].p);
  assert_ok(despur_measures_compute(&got, &f.predicted, &error));
  assert_measures(&got.all, &MADE_UP_2_MEASURES[0]);
  assert_near(got.all.auroc, MADE_UP_2_MEASURES[0].auroc, 1e-12);
  for (size_t g = 0; g < 3; g++) {
    assert_measures(&got.groups[g], &MADE_UP_2_MEASURES[g + 1]);
    assert_near(got.groups[g].auroc, MADE_UP_2_MEASURES[g + 1].auroc, 1e-12);
  }
  assert_int_equal(got.groups[3].count, 0);
  assert_true(isnan(got.groups[3].brier) && isnan(got.groups[3].log_loss) && isnan(got.groups[3].auroc));
  assert_true(isnan(got.groups[3].calibration_error));
  despur_measures_release(&got);
}

static void measures_of_three_classes_agree_with_scikit_learn(void **state) {
  (void)state;
  fixture f;
  despur_measures got;
  despur_scores scores;
  set_up(&f, MADE_UP, 3, 3);
  for (size_t i = 0; i < MADE_UP; i++) add(&f, i, MADE_UP_3[i].label, MADE_UP_3[i].group, MADE_UP_3[i].p);
  assert_ok(despur_measures_compute(&got, &f.predicted, &error));
  assert_measures(&got.all, &MADE_UP_3_MEASURES[0]);
  for (size_t g = 0; g < 3; g++) assert_measures(&got.groups[g], &MADE_UP_3_MEASURES[g + 1]);
  assert_true(isnan(got.all.auroc));
  assert_ok(despur_predicted_scores(&scores, &f.predicted, &error));
  assert_near(scores.loss, MADE_UP_3_MEASURES[0].log_loss, 1e-6);
  despur_scores_release(&scores);
  despur_measures_release(&got);
}

static void confusion_counts_labels_in_rows(void **state) {
  (void)state;
  const uint32_t labels[] = {0, 0, 1, 2, 2, 2, 1}, predictions[] = {0, 2, 1, 0, 2, 2, 0},
                 groups[] = {0, 0, 0, 1, 1, 1, 1};
  const size_t all[] = {1, 0, 1, 1, 1, 0, 1, 0, 2}, second[] = {0, 0, 0, 1, 0, 0, 1, 0, 2};
  fixture f;
  despur_measures got;
  set_up(&f, 7, 3, 2);
  memcpy(f.labels, labels, sizeof labels);
  memcpy(f.predictions, predictions, sizeof predictions);
  memcpy(f.groups, groups, sizeof groups);
  f.predicted.probabilities = NULL;
  assert_ok(despur_measures_compute(&got, &f.predicted, &error));
  assert_memory_equal(got.all.confusion, all, sizeof all);
  assert_memory_equal(got.groups[1].confusion, second, sizeof second);
  assert_null(got.all.bins);
  assert_true(isnan(got.all.brier) && isnan(got.all.calibration_error) && isnan(got.all.log_loss));
  despur_measures_release(&got);
}

static void bins_are_closed_above(void **state) {
  (void)state;
  /* one half lies in the middle of bin 7 */
  const double rows[][3] = {{1, 0, 0}, {0.5, 0.25, 0.25}, {0.5, 0.5, 0}, {0.25, 0.25, 0.5}};
  fixture f;
  despur_measures got;
  set_up(&f, 4, 3, 1);
  for (size_t i = 0; i < 4; i++) add(&f, i, 0, 0, rows[i]);
  f.predictions[2] = 2; /* not what its probabilities say: confidence 0 */
  assert_ok(despur_measures_compute(&got, &f.predicted, &error));
  assert_int_equal(got.all.bins[14].count, 1);
  assert_int_equal(got.all.bins[14].correct, 1);
  assert_true(got.all.bins[14].confidence == 1);
  assert_int_equal(got.all.bins[7].count, 2);
  assert_int_equal(got.all.bins[7].correct, 1);
  assert_true(got.all.bins[7].confidence == 0.5);
  assert_int_equal(got.all.bins[0].count, 1);
  assert_int_equal(got.all.bins[0].correct, 0);
  assert_true(isnan(got.all.bins[3].confidence));
  assert_near(got.all.calibration_error, 0, 1e-15);
  despur_measures_release(&got);
}

/* Every edge b / 15 belongs to the bin below it, and the next double to the one above. */
static void values_on_edges_belong_to_the_bin_below(void **state) {
  (void)state;
  fixture f;
  despur_measures got;
  for (size_t b = 1; b < DESPUR_RELIABILITY_BINS; b++) {
    double edge = (double)b / DESPUR_RELIABILITY_BINS, above = nextafter(edge, 1);
    const double rows[][2] = {{edge, 1 - edge}, {above, 1 - above}};
    set_up(&f, 2, 2, 1);
    for (size_t i = 0; i < 2; i++) {
      f.probabilities[2 * i] = rows[i][0];
      f.probabilities[2 * i + 1] = rows[i][1];
    }
    assert_ok(despur_measures_compute(&got, &f.predicted, &error));
    assert_int_equal(got.all.bins[b - 1].count, 1);
    assert_int_equal(got.all.bins[b].count, 1);
    despur_measures_release(&got);
  }
}

/* Decimals as files have them, 0.2 = 3/15 and so on, right in 1, 1, 0, 1 of four each: numpy.digitize(p,
 * numpy.arange(1, 15) / 15, right=True) puts them into bins 2, 5, 8, 11, and the error is |0.75 - p| in the
 * mean, where bins of float32 would have mixed them with 0.24, 0.44, 0.62 and 0.84. */
static void decimals_on_edges_have_the_error_that_numpy_gives(void **state) {
  (void)state;
  const double on_edge[] = {0.2, 0.4, 0.6, 0.8}, above[] = {0.24, 0.44, 0.62, 0.84};
  fixture f;
  despur_measures got;
  double wanted = 0;
  set_up(&f, 32, 2, 1);
  for (size_t k = 0; k < 4; k++)
    for (size_t i = 0; i < 8; i++) {
      size_t row = 8 * k + i;
      double p = i < 4 ? on_edge[k] : above[k];
      f.probabilities[2 * row] = p;
      f.probabilities[2 * row + 1] = 1 - p;
      f.labels[row] = i % 4 == 2;
      wanted += fabs(0.75 - p);
    }
  assert_ok(despur_measures_compute(&got, &f.predicted, &error));
  assert_near(got.all.calibration_error, wanted / 32, 1e-14);
  for (size_t k = 0; k < 4; k++) assert_int_equal(got.all.bins[3 * k + 2].count, 4);
  despur_measures_release(&got);
}

/* All pairs, of few examples and of many, whose scores are equal, tiny, or differ in their last bits only. */
static void ranking_is_the_share_of_pairs_in_order(void **state) {
  (void)state;
  const double some[] = {0, -0.0, 1, 0.5, 0.3, 0x1.3333333333334p-2, 1e-300, 5e-324, 1e-7, 0.1 + 0.2};
  enum { MOST = 300, VALUES = sizeof some / sizeof *some };
  static uint64_t keys[MOST], scratch[MOST];
  static double scores[MOST];
  static bool ones[MOST];
  random_stream stream = random_open(3, "ranking", 0);
  for (size_t count = 2; count <= MOST; count += 1 + count / 8) {
    double won = 0, pairs = 0;
    for (size_t i = 0; i < count; i++) {
      ones[i] = i == 0 || (i > 1 && random_below(&stream, 3) == 0);
      scores[i] = random_below(&stream, 4) ? random_uniform(&stream) : some[random_below(&stream, VALUES)];
      keys[i] = ranking_key(scores[i], ones[i]);
    }
    for (size_t i = 0; i < count; i++)
      for (size_t k = 0; k < count; k++) {
        if (!ones[i] || ones[k]) continue;
        pairs++;
        won += scores[i] > scores[k] ? 1 : scores[i] == scores[k] ? 0.5 : 0;
      }
    assert_true(ranking_area(keys, scratch, count) == won / pairs);
  }
}

static void certain_and_wrong_costs_a_finite_loss(void **state) {
  (void)state;
  const double row[] = {1, 0};
  fixture f;
  despur_measures got;
  set_up(&f, 1, 2, 1);
  add(&f, 0, 1, 0, row);
  assert_ok(despur_measures_compute(&got, &f.predicted, &error));
  assert_near(got.all.log_loss, 15 * log(10), 1e-9);
  assert_true(got.all.brier == 2);
  assert_true(got.all.calibration_error == 1);
  assert_true(isnan(got.all.auroc)); /* one class only */
  despur_measures_release(&got);
}

static void examples_without_a_group_count_for_all(void **state) {
  (void)state;
  const double row[] = {0.75, 0.25};
  fixture f;
  despur_measures got;
  set_up(&f, 3, 2, 1);
  add(&f, 0, 0, 0, row);
  add(&f, 1, 1, DESPUR_NO_GROUP, row);
  add(&f, 2, 0, 0, row);
  assert_ok(despur_measures_compute(&got, &f.predicted, &error));
  assert_int_equal(got.all.count, 3);
  assert_int_equal(got.groups[0].count, 2);
  assert_true(got.all.auroc == 0.5);
  despur_measures_release(&got);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(measures_of_two_classes_agree_with_scikit_learn),
      cmocka_unit_test(measures_of_three_classes_agree_with_scikit_learn),
      cmocka_unit_test(confusion_counts_labels_in_rows),
      cmocka_unit_test(bins_are_closed_above),
      cmocka_unit_test(values_on_edges_belong_to_the_bin_below),
      cmocka_unit_test(decimals_on_edges_have_the_error_that_numpy_gives),
      cmocka_unit_test(ranking_is_the_share_of_pairs_in_order),
      cmocka_unit_test(certain_and_wrong_costs_a_finite_loss),
      cmocka_unit_test(examples_without_a_group_count_for_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
