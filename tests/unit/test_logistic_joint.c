/* Newton steps of softmax for all classes together, from a start where a whole step makes the objective
 * larger, against steps and an optimum by NumPy and SciPy. */
#include "testing.h"

#include "base/memory.h"
#include "repair/logistic.h"

#include <stdbool.h>

#include "../golden/joint.h"

static despur_error error;

/* The problem that tests/golden/make_joint.py makes. */
enum {
  ROWS = 60,
  COLUMNS = 3,
  CLASSES = 3,
  STEPS = sizeof JOINT_STEPS / sizeof *JOINT_STEPS,
  LEAD_TOO_FAR = 9 /* so many steps, the first ones, would make the objective larger */
};

static float x[ROWS * COLUMNS];
static uint32_t y[ROWS];

static double noise(size_t i) {
  return (double)(uint32_t)(i * 2654435761u) / 2147483648.0 - 1;
}

static despur_logistic_problem make(void) {
  for (size_t i = 0; i < ROWS; i++) {
    double best = -INFINITY;
    for (size_t j = 0; j < COLUMNS; j++) x[i * COLUMNS + j] = (float)noise(i * COLUMNS + j + 1);
    for (size_t c = 0; c < CLASSES; c++) {
      double score = noise(5000 + i * CLASSES + c);
      for (size_t j = 0; j < COLUMNS; j++) score += (double)x[i * COLUMNS + j] * noise(100 + c * COLUMNS + j);
      if (!(score > best)) continue;
      best = score;
      y[i] = (uint32_t)c;
    }
  }
  return (despur_logistic_problem){
      .x = x, .rows = ROWS, .columns = COLUMNS, .labels = y, .classes = CLASSES, .l1 = 0.01, .l2 = 0.001};
}

/* What the objective was before each step; within one the watch is asked more than once. */
typedef struct history {
  const logistic_place *at;
  double objective[64];
  size_t count;
} history;

static int look(void *context) {
  history *seen = context;
  if (seen->count > 0 && seen->objective[seen->count - 1] == seen->at->objective) return 0;
  assert_true(seen->count + 1 < 64);
  seen->objective[seen->count++] = seen->at->objective;
  return 0;
}

static void steps_that_lead_too_far_are_halved(void **state) {
  (void)state;
  const double tolerance = 1e-8;
  const despur_logistic_problem problem = make();
  logistic_model model = {0};
  logistic_place at = {.bound = -INFINITY};
  history seen = {.at = &at};
  const despur_watch watch = {.stop = look, .context = &seen};
  assert_ok(logistic_model_create(&model, &problem, 1, &error));
  assert_ok(mem_alloc(&at.point, model.length, sizeof(double), &error));
  assert_ok(mem_alloc(&at.gradient, model.length, sizeof(double), &error));
  for (size_t i = 0; i < CLASSES * COLUMNS; i++)
    at.point[i / COLUMNS * model.stride + i % COLUMNS] = 12 * noise(900 + i);
  at.objective = logistic_evaluate(&model, at.point, at.gradient) + logistic_l1_term(&model, at.point);
  assert_near(at.objective, JOINT_START, 1e-11 * JOINT_START);
  assert_ok(logistic_joint(&at, &model, tolerance, 5000, &watch, &error));
  seen.objective[seen.count] = at.objective;
  assert_int_equal(seen.count, STEPS);
  for (size_t step = 0; step < STEPS; step++) {
    const double before = seen.objective[step], after = seen.objective[step + 1];
    assert_near(after, JOINT_STEPS[step].objective, 1e-6 * after);
    assert_true(after < before);
    assert_true((JOINT_STEPS[step].whole > before) == (step < LEAD_TOO_FAR));
  }
  assert_near(at.objective, JOINT_OPTIMUM, tolerance * JOINT_OPTIMUM);
  assert_true(at.bound <= JOINT_OPTIMUM + 1e-11 && at.objective - at.bound <= tolerance * at.objective);
  mem_free(at.point);
  mem_free(at.gradient);
  logistic_model_release(&model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(steps_that_lead_too_far_are_halved)};
  return cmocka_run_group_tests_name("logistic_joint", tests, NULL, NULL);
}
