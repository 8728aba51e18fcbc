/* Clustering, reductions, group inference and last layers of what cannot be: each says so, and none reads on.
 */
#include "testing.h"

#include "despur/cluster.h"
#include "despur/infer.h"
#include "despur/logistic.h"
#include "despur/report.h"

static despur_error error;

enum { COUNT = 8, BEYOND = 1000 };

static const char MISSING[] = "/nowhere/at/all";
static const char NO_PLACE[] = "/nowhere/at/all/file";

static void groupings_that_make_no_sense_are_refused(void **state) {
  (void)state;
  float outputs[COUNT * 2];
  uint32_t labels[COUNT], groups[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    labels[i] = i % 2;
    outputs[2 * i] = (float)i;
    outputs[2 * i + 1] = 1;
  }
  const despur_grouping_input good_input = {
      .outputs = outputs, .labels = labels, .n = COUNT, .d = 2, .classes = 2};
  const despur_grouping_options good = {
      .clusters = 2, .overcluster = 1, .starts = 1, .silhouette_sample = 100, .threads = 1};
  despur_grouping_input input = good_input;
  despur_grouping_options options = good;
  despur_grouping *grouping;
  assert_ok(despur_grouping_fit(&grouping, &input, &options, &error));
  assert_null(despur_grouping_name(grouping, BEYOND));
  assert_int_equal(despur_grouping_part_at(grouping, BEYOND).clusters, 0);
  assert_fails(despur_grouping_save(grouping, NO_PLACE, &error), DESPUR_NO_RESOURCES, NO_PLACE);
  const uint32_t ninth[] = {9};
  assert_ok(despur_grouping_assign(grouping, outputs, ninth, 1, 1, groups, &error));
  assert_int_equal(groups[0], DESPUR_NO_GROUP);
  const float nan[] = {NAN, 0};
  assert_fails(despur_grouping_assign(grouping, nan, labels, 1, 1, groups, &error), DESPUR_BAD_INPUT, "");
  despur_grouping_free(grouping);
  assert_fails(despur_grouping_load(&grouping, MISSING, &error), DESPUR_BAD_INPUT, MISSING);
#define REFUSED(member, value, text)                                                                         \
  options = good;                                                                                            \
  options.member = (value);                                                                                  \
  assert_fails(despur_grouping_fit(&grouping, &input, &options, &error), DESPUR_BAD_USAGE, text)
  REFUSED(scale, (despur_scale)BEYOND, "scale");
  REFUSED(reduction, (despur_reduction)BEYOND, "reduction");
  REFUSED(algorithm, (despur_clustering)BEYOND, "algorithm");
  REFUSED(score, (despur_cluster_score)BEYOND, "score");
  REFUSED(clusters, 0, "cluster");
  REFUSED(max_clusters, 1, "cluster");
  REFUSED(overcluster, 0, "piece");
  REFUSED(starts, 0, "start");
  REFUSED(reduction, DESPUR_REDUCE_PCA, "component");
  REFUSED(reduction, DESPUR_REDUCE_UMAP, "component");
#undef REFUSED
  input.classes = 1;
  assert_fails(despur_grouping_fit(&grouping, &input, &good, &error), DESPUR_BAD_INPUT, "has label 1");
  input = good_input;
  input.n = 0;
  assert_fails(despur_grouping_fit(&grouping, &input, &good, &error), DESPUR_BAD_INPUT, "");
  input = good_input;
  outputs[3] = NAN;
  assert_fails(despur_grouping_fit(&grouping, &input, &good, &error), DESPUR_BAD_INPUT, "");
}

static void clusterings_of_what_cannot_be_clustered_are_refused(void **state) {
  (void)state;
  const float good[COUNT] = {0, 1, 2, 3, 4, 5, 6, 7}, nan[2] = {0, NAN};
  const uint32_t labels[COUNT] = {0, 1, 0, 1, 0, 1, 0, 1}, ninth[COUNT] = {0, 9};
  despur_kmeans_result kmeans;
  despur_kmedoids_result kmedoids;
  despur_mixture_result mixture;
  despur_silhouette_result silhouette;
  despur_nearest_result nearest;
  double trust;
  despur_kmeans_options k = {.clusters = 2, .starts = 1, .max_iterations = 10, .threads = 1};
  despur_kmedoids_options m = {.clusters = 2, .starts = 1, .max_passes = 10, .threads = 1};
  despur_mixture_options g = {
      .components = 2, .starts = 1, .max_iterations = 10, .regularisation = 1e-6, .threads = 1};
  const despur_silhouette_options s = {.threads = 1};
  despur_nearest_options q = {.neighbors = 1, .threads = 1};
  const despur_trustworthiness_options t = {.neighbors = 1, .components = 1, .threads = 1};
#define REFUSED(function, result, given, wrong_member, value)                                                \
  do {                                                                                                       \
    __typeof__(given) wrong_ = given;                                                                        \
    wrong_.wrong_member = (value);                                                                           \
    assert_fails(function(result, good, COUNT, 1, &wrong_, &error), DESPUR_BAD_USAGE, "");                   \
    assert_fails(function(result, good, 0, 1, &given, &error), DESPUR_BAD_INPUT, "");                        \
    assert_fails(function(result, good, COUNT, 0, &given, &error), DESPUR_BAD_INPUT, "");                    \
    assert_fails(function(result, nan, 2, 1, &given, &error), DESPUR_BAD_INPUT, "");                         \
  } while (0)
  REFUSED(despur_kmeans, &kmeans, k, clusters, 0);
  REFUSED(despur_kmeans, &kmeans, k, starts, 0);
  REFUSED(despur_kmeans, &kmeans, k, tolerance, (double)NAN);
  REFUSED(despur_kmedoids, &kmedoids, m, clusters, 0);
  REFUSED(despur_kmedoids, &kmedoids, m, distance, (despur_distance)BEYOND);
  REFUSED(despur_mixture_fit, &mixture, g, components, 0);
  REFUSED(despur_mixture_fit, &mixture, g, regularisation, 0);
  REFUSED(despur_mixture_fit, &mixture, g, covariance, (despur_covariance)BEYOND);
  REFUSED(despur_nearest, &nearest, q, neighbors, 0);
#undef REFUSED
  despur_nearest_options many = q;
  many.neighbors = COUNT;
  assert_fails(despur_nearest(&nearest, good, COUNT, 1, &many, &error), DESPUR_BAD_INPUT, "");
  assert_fails(despur_silhouette(&silhouette, good, COUNT, 1, ninth, 2, &s, &error), DESPUR_BAD_INPUT, "9");
  assert_fails(despur_silhouette(&silhouette, good, COUNT, 1, labels, 1, &s, &error), DESPUR_BAD_INPUT, "");
  assert_fails(despur_silhouette(&silhouette, good, 0, 1, labels, 2, &s, &error), DESPUR_BAD_INPUT, "");
  despur_trustworthiness_options far = t;
  far.neighbors = COUNT;
  assert_fails(despur_trustworthiness(&trust, good, COUNT, 1, good, &far, &error), DESPUR_BAD_INPUT, "");
  far = t;
  far.components = 0;
  assert_fails(despur_trustworthiness(&trust, good, COUNT, 1, good, &far, &error), DESPUR_BAD_INPUT, "");
  assert_fails(despur_mixture_predict(&(despur_mixture){0}, good, COUNT, 1, NULL, NULL, NULL, NULL, &error),
               DESPUR_BAD_INPUT, "");
}

static void reductions_of_what_cannot_be_reduced_are_refused(void **state) {
  (void)state;
  const float good[COUNT] = {0, 1, 2, 3, 4, 5, 6, 7}, nan[2] = {0, NAN};
  float out[COUNT];
  despur_pca pca;
  despur_umap umap;
  const despur_pca_options p = {.components = 1, .threads = 1};
  const despur_umap_options u = {
      .neighbors = 3, .components = 1, .epochs = 5, .min_dist = 0.1, .spread = 1, .threads = 1};
  despur_pca_options none = p;
  none.components = 0;
  assert_fails(despur_pca_fit(&pca, good, COUNT, 1, &none, &error), DESPUR_BAD_INPUT, "component");
  none.components = 2;
  assert_fails(despur_pca_fit(&pca, good, COUNT, 1, &none, &error), DESPUR_BAD_INPUT, "component");
  assert_fails(despur_pca_fit(&pca, good, 1, 1, &p, &error), DESPUR_BAD_INPUT, "");
  assert_fails(despur_pca_fit(&pca, nan, 2, 1, &p, &error), DESPUR_BAD_INPUT, "");
  assert_ok(despur_pca_fit(&pca, good, COUNT, 1, &p, &error));
  assert_fails(despur_pca_transform(&pca, out, nan, 2, 1, &error), DESPUR_BAD_INPUT, "");
  despur_pca_release(&pca);
#define REFUSED(member, value)                                                                               \
  do {                                                                                                       \
    despur_umap_options wrong_ = u;                                                                          \
    wrong_.member = (value);                                                                                 \
    assert_fails(despur_umap_fit(&umap, good, COUNT, 1, &wrong_, &error), DESPUR_BAD_USAGE, "");             \
  } while (0)
  REFUSED(neighbors, 1);
  REFUSED(components, 0);
  REFUSED(min_dist, -1);
  REFUSED(min_dist, 2);
  REFUSED(spread, (double)NAN);
#undef REFUSED
  assert_fails(despur_umap_fit(&umap, good, 2, 1, &u, &error), DESPUR_BAD_INPUT, "");
  assert_fails(despur_umap_fit(&umap, nan, 2, 1, &u, &error), DESPUR_BAD_INPUT, "");
  assert_ok(despur_umap_fit(&umap, good, COUNT, 1, &u, &error));
  assert_fails(despur_umap_transform(&umap, out, nan, 2, 1, NULL, &error), DESPUR_BAD_INPUT, "");
  despur_umap_release(&umap);
}

static void last_layers_of_nothing_are_refused(void **state) {
  (void)state;
  const float x[COUNT] = {0, 1, 2, 3, 4, 5, 6, 7};
  const uint32_t labels[COUNT] = {0, 1, 0, 1, 0, 1, 0, 9};
  const despur_logistic_options options = {.threads = 1};
  despur_logistic_problem problem = {
      .x = x, .rows = COUNT, .columns = 1, .labels = labels, .classes = 2, .l2 = 1};
  despur_logistic_fit fit = {0};
  assert_fails(despur_logistic_solve(&fit, &problem, &options, &error), DESPUR_BAD_INPUT, "");
  problem.classes = 1;
  assert_fails(despur_logistic_solve(&fit, &problem, &options, &error), DESPUR_BAD_INPUT, "");
  problem.classes = 10;
  problem.l2 = 0;
  assert_fails(despur_logistic_solve(&fit, &problem, &options, &error), DESPUR_BAD_INPUT, "");
  problem.l2 = (double)NAN;
  assert_fails(despur_logistic_solve(&fit, &problem, &options, &error), DESPUR_BAD_INPUT, "");
  problem.l2 = 1;
  problem.rows = 0;
  assert_fails(despur_logistic_solve(&fit, &problem, &options, &error), DESPUR_BAD_INPUT, "");
  assert_fails(despur_logistic_solve_worst(&fit, NULL, &problem, labels, 2, &options, &error),
               DESPUR_BAD_INPUT, "");
}

static void repairs_of_what_cannot_be_repaired_are_refused(void **state) {
  (void)state;
  float x[COUNT] = {0};
  uint32_t labels[COUNT] = {0, 1, 0, 1, 0, 1, 0, 1}, splits[COUNT] = {0, 0, 0, 0, 1, 1, 2, 2},
           groups[COUNT] = {0};
  despur_repair_data data = {
      .features = x, .rows = COUNT, .columns = 1, .labels = labels, .classes = 2, .splits = splits};
  despur_repair_options options = {.methods = {[DESPUR_LAST_ERM] = true}};
  despur_repair_result result;
  despur_repair_check check;
  despur_repair_outcome outcome;
  size_t point;
  assert_string_equal(despur_last_layer_label((despur_last_layer)BEYOND), "");
  assert_string_equal(despur_last_layer_groups((despur_last_layer)BEYOND), "");
  assert_false(despur_last_layer_takes((despur_last_layer)BEYOND, "l2"));
  assert_false(despur_last_layer_takes(DESPUR_LAST_ERM, ""));
  assert_string_equal(despur_repair_rule_name((despur_repair_rule)BEYOND), "");
  options.l2 = (despur_repair_list){{-1}, 1};
  assert_fails(despur_repair(&result, &data, &options, &error), DESPUR_BAD_USAGE,
               "l2: expected values above");
  options.l2.count = BEYOND;
  assert_fails(despur_repair(&result, &data, &options, &error), DESPUR_BAD_USAGE, "at most 32 values");
  options.l2.count = 0;
  options.folds = 1;
  assert_fails(despur_repair(&result, &data, &options, &error), DESPUR_BAD_USAGE, "folds: expected 2");
  options.folds = 0;
  data.groups = groups;
  data.groups_count = 1;
  assert_fails(despur_repair(&result, &data, &options, &error), DESPUR_BAD_INPUT,
               "has examples of other labels");
  data.groups = NULL;
  splits[7] = BEYOND;
  assert_fails(despur_repair(&result, &data, &options, &error), DESPUR_BAD_INPUT, "row 7: expected a split");
  splits[7] = 0;
  labels[3] = BEYOND;
  assert_fails(despur_repair(&result, &data, &options, &error), DESPUR_BAD_INPUT, "row 3: expected a label");
  labels[3] = 1;
  x[2] = INFINITY;
  assert_fails(despur_repair(&result, &data, &options, &error), DESPUR_BAD_INPUT, "row 2, column 0 is not");
  x[2] = 0;
  data.classes = 3;
  assert_fails(despur_repair(&result, &data, &options, &error), DESPUR_BAD_INPUT, "class 2 has no training");
  data.classes = 1;
  assert_fails(despur_repair(&result, &data, &options, &error), DESPUR_BAD_INPUT, "");
  result = (despur_repair_result){.best = SIZE_MAX};
  const despur_repair_view view = {.data = &data, .result = &result};
  const despur_repair_directory directory = {.path = NO_PLACE};
  assert_fails(despur_repair_measure(&outcome, &view, &error), DESPUR_BAD_INPUT, "no method could be fitted");
  outcome = (despur_repair_outcome){0};
  assert_fails(despur_report_repair(&outcome, &view, &directory, &check, &error), DESPUR_BAD_INPUT, "");
  assert_int_equal(despur_dial_choose(&point, &result, &(despur_dial_wish){0.5, 0.5}), DESPUR_DIAL_NONE);
  despur_repair_draw_splits(splits, 0, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(groupings_that_make_no_sense_are_refused),
      cmocka_unit_test(clusterings_of_what_cannot_be_clustered_are_refused),
      cmocka_unit_test(reductions_of_what_cannot_be_reduced_are_refused),
      cmocka_unit_test(last_layers_of_nothing_are_refused),
      cmocka_unit_test(repairs_of_what_cannot_be_repaired_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
