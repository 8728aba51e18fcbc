/* What counts in cells say, against SciPy (tests/golden/make_association.py). */
#include "testing.h"

#include "../golden/association.h"
#include "despur/stats.h"

static void fishers_test_is_scipys(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof FISHER / sizeof *FISHER; i++)
    assert_near(
        despur_fisher_greater(FISHER[i].marked1, FISHER[i].count1, FISHER[i].marked2, FISHER[i].count2),
        FISHER[i].p, 1e-11 * FISHER[i].p);
  assert_true(despur_fisher_greater(0, 0, 3, 4) == 1);
  assert_true(isnan(despur_fisher_greater(2, 1, 3, 4)));
}

static void cramers_v_and_its_interval_are_scipys(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof CRAMER / sizeof *CRAMER; i++) {
    despur_association a = despur_cramer(CRAMER[i].counts, CRAMER[i].rows, CRAMER[i].columns, 0.95);
    assert_near(a.v, CRAMER[i].v, 1e-12);
    assert_near(a.low, CRAMER[i].low, 1e-6);
    assert_near(a.high, CRAMER[i].high, 1e-6);
    assert_near(a.p, CRAMER[i].p, 1e-10);
  }
  assert_true(isnan(despur_cramer((double[]){1, 2, 0, 0}, 2, 2, 0.95).v));
  assert_true(isnan(despur_cramer((double[]){1, 2, 3, 4}, 2, 2, 1).v));
}

static void strata_are_added_as_mantel_and_haenszel_do(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof ODDS / sizeof *ODDS; i++) {
    despur_common_odds o = despur_mantel_haenszel(ODDS[i].tables, ODDS[i].count);
    assert_near(o.odds_ratio, ODDS[i].odds, 1e-12 * ODDS[i].odds);
    assert_near(o.z, ODDS[i].z, 1e-12);
    assert_near(o.p, ODDS[i].p, 1e-12);
  }
  assert_true(despur_mantel_haenszel((const double[][4]){{5, 0, 5, 0}}, 1).p == 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fishers_test_is_scipys),
      cmocka_unit_test(cramers_v_and_its_interval_are_scipys),
      cmocka_unit_test(strata_are_added_as_mantel_and_haenszel_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
