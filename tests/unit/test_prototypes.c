/* An ensemble of prototypes against the same one by SciPy (tests/golden/make_dpe.py). */
#include "testing.h"

#include "../golden/dpe.h"
#include "despur/repair.h"

enum { TRAIN = 90, ROWS = 210, COLUMNS = 11, CLASSES = 3, GROUPS = 6 };

static despur_error error;
static float x[ROWS * COLUMNS];
static uint32_t labels[ROWS], groups[ROWS], splits[ROWS];

static double noise(size_t i) {
  return (double)(uint32_t)(i * 2654435761u) / 2147483648.0 - 1;
}

static int make(void **state) {
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    const uint32_t attribute = (uint32_t)(i / CLASSES % 2);
    double row[COLUMNS];
    for (size_t j = 0; j < COLUMNS; j++) row[j] = 3 + noise(1000 + i * COLUMNS + j);
    row[i % CLASSES] += 0.7;
    row[5 + attribute] += 1.5;
    for (size_t j = 0; j < COLUMNS; j++) x[i * COLUMNS + j] = (float)row[j];
    labels[i] = (uint32_t)(i % CLASSES);
    groups[i] = 2 * labels[i] + attribute;
    splits[i] = i < TRAIN ? DESPUR_TRAIN : DESPUR_VAL;
  }
  return 0;
}

static despur_repair_result fit(size_t members, double diversity) {
  const despur_repair_data data = {.features = x,
                                   .rows = ROWS,
                                   .columns = COLUMNS,
                                   .labels = labels,
                                   .classes = CLASSES,
                                   .splits = splits,
                                   .groups = groups,
                                   .groups_count = GROUPS};
  despur_repair_options options = {.refits = members, .tolerance = 1e-12};
  despur_repair_result result;
  options.methods[DESPUR_LAST_DPE] = true;
  options.l2 = (despur_repair_list){{0.1}, 1};
  options.scale = (despur_repair_list){{8}, 1};
  options.diversity = (despur_repair_list){{diversity}, 1};
  assert_ok(despur_repair(&result, &data, &options, &error));
  assert_true(result.methods[0].converged);
  return result;
}

/* What all classes have in common changes no probability, so there may be several of the same loss. */
static void an_ensemble_is_what_scipy_makes_of_it(void **state) {
  (void)state;
  despur_repair_result r = fit(3, 0.2);
  const float *weight = r.methods[0].weight, *bias = r.methods[0].bias;
  for (size_t k = 1; k < CLASSES; k++) {
    for (size_t j = 0; j < COLUMNS; j++)
      assert_near((double)(weight[k * COLUMNS + j] - weight[j]),
                  DPE_GOLDEN_WEIGHT[k * COLUMNS + j] - DPE_GOLDEN_WEIGHT[j], 5e-3);
    assert_near((double)(bias[k] - bias[0]), DPE_GOLDEN_BIAS[k] - DPE_GOLDEN_BIAS[0], 0.1);
  }
  despur_repair_release(&r);
}

/* The mean of prototypes is the shorter, the less they are alike. */
static void diversity_keeps_prototypes_apart(void **state) {
  (void)state;
  double squares[2] = {0};
  for (size_t strong = 0; strong < 2; strong++) {
    despur_repair_result r = fit(4, strong ? 0.2 : 1e-6);
    for (size_t i = 0; i < (size_t)CLASSES * COLUMNS; i++)
      squares[strong] += pow((double)r.methods[0].weight[i], 2);
    despur_repair_release(&r);
  }
  assert_true(squares[1] < 0.8 * squares[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_ensemble_is_what_scipy_makes_of_it),
      cmocka_unit_test(diversity_keeps_prototypes_apart),
  };
  return cmocka_run_group_tests(tests, make, NULL);
}
