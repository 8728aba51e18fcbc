/* What choosing an epoch adds: laws of the number, and simulations in which the truth is known. */
#include "testing.h"

#include "base/random.h"
#include "despur/stats.h"

#include <math.h>
#include <stdbool.h>

enum { GROUPS = 4, EXAMPLES = 100, MOST_EPOCHS = 16, CELLS = MOST_EPOCHS * GROUPS };

static despur_error error;

/* A network that is right with probability accuracy[group], anew after each epoch with probability `renewed`.
 */
typedef struct world {
  size_t epochs;
  double accuracy[GROUPS], better; /* better: what the last epoch has more */
  double renewed;
} world;

typedef struct sample {
  size_t correct[CELLS], kept[CELLS];
} sample;

static double chance(const world *w, size_t epoch, size_t group) {
  return w->accuracy[group] + (epoch + 1 == w->epochs ? w->better : 0);
}

static void draw(sample *out, const world *w, uint64_t number) {
  random_stream stream = random_open(1, "world", number);
  *out = (sample){0};
  for (size_t g = 0; g < GROUPS; g++)
    for (size_t i = 0; i < EXAMPLES; i++) {
      bool right = false;
      for (size_t e = 0; e < w->epochs; e++) {
        bool before = right, anew = e == 0 || w->better > 0 || random_uniform(&stream) < w->renewed;
        if (anew) right = random_uniform(&stream) < chance(w, e, g);
        out->correct[e * GROUPS + g] += right;
        out->kept[e * GROUPS + g] += e > 0 && before && right;
      }
    }
}

static const size_t COUNT[GROUPS] = {EXAMPLES, EXAMPLES, EXAMPLES, EXAMPLES};

static despur_epoch_counts counts_of(const world *w, const sample *s) {
  return (despur_epoch_counts){
      .epochs = w->epochs, .cells = GROUPS, .count = COUNT, .correct = s->correct, .kept = s->kept};
}

static double worst(const sample *s, size_t epoch) {
  size_t least = EXAMPLES;
  for (size_t g = 0; g < GROUPS; g++)
    if (s->correct[epoch * GROUPS + g] < least) least = s->correct[epoch * GROUPS + g];
  return (double)least / EXAMPLES;
}

static size_t best_epoch(const world *w, const sample *s) {
  size_t best = 0;
  for (size_t e = 1; e < w->epochs; e++)
    if (worst(s, e) > worst(s, best)) best = e;
  return best;
}

typedef struct outcome {
  double added, said; /* what choosing really added, and what the correction says; means over samples */
} outcome;

/* Validation chooses; a fresh sample is measured at the same epoch. */
static outcome simulate(const world *w, size_t samples) {
  outcome out = {0, 0};
  for (size_t i = 0; i < samples; i++) {
    sample s, fresh;
    double optimism;
    draw(&s, w, 2 * i);
    draw(&fresh, w, 2 * i + 1);
    size_t best = best_epoch(w, &s);
    despur_epoch_counts counts = counts_of(w, &s);
    assert_ok(despur_selection_optimism(&optimism, &counts, &error));
    out.added += (worst(&s, best) - worst(&fresh, best)) / (double)samples;
    out.said += optimism / (double)samples;
  }
  printf("added %.2f points, said %.2f points\n", 100 * out.added, 100 * out.said);
  return out;
}

/* Means of 50 samples have a standard error of 0.6 points. */
static void equal_epochs_are_corrected_by_what_choosing_adds(void **state) {
  (void)state;
  static const world WORLDS[] = {
      {.epochs = 8, .accuracy = {0.8, 0.8, 0.8, 0.8}, .renewed = 1},
      {.epochs = 16, .accuracy = {0.5, 0.9, 0.9, 0.9}, .renewed = 1},
      {.epochs = 12, .accuracy = {0.4, 0.5, 0.8, 0.9}, .renewed = 0.2},
      {.epochs = 3, .accuracy = {0.9, 0.95, 0.95, 0.95}, .renewed = 0.5},
  };
  for (size_t i = 0; i < sizeof WORLDS / sizeof *WORLDS; i++) {
    outcome found = simulate(&WORLDS[i], 50);
    assert_true(fabs(found.added - found.said) < 0.015);
    assert_true(found.said > 0.005);
  }
}

static void an_epoch_that_is_plainly_best_needs_no_correction(void **state) {
  (void)state;
  const world w = {.epochs = 8, .accuracy = {0.3, 0.5, 0.5, 0.5}, .better = 0.4};
  outcome found = simulate(&w, 20);
  assert_true(found.said < 0.001);
}

static void epochs_that_agree_example_by_example_add_nothing(void **state) {
  (void)state;
  const size_t correct[] = {70, 80, 90, 95, 70, 80, 90, 95, 70, 80, 90, 95};
  double optimism;
  despur_epoch_counts counts = {
      .epochs = 3, .cells = GROUPS, .count = COUNT, .correct = correct, .kept = correct};
  assert_ok(despur_selection_optimism(&optimism, &counts, &error));
  assert_true(optimism == 0);
  counts.kept = NULL; /* taken for independent, equal counts are chance */
  assert_ok(despur_selection_optimism(&optimism, &counts, &error));
  assert_true(optimism > 0.01);
  counts.epochs = 1;
  assert_ok(despur_selection_optimism(&optimism, &counts, &error));
  assert_true(optimism == 0);
}

/* The cells of one group, and the parts they are chosen by. */
static void cells_of_a_group_count_together(void **state) {
  (void)state;
  const world w = {.epochs = 6, .accuracy = {0.7, 0.7, 0.7, 0.7}, .renewed = 1};
  const size_t one[GROUPS] = {0, 0, 0, 0}, own[GROUPS] = {0, 1, 2, 3},
               without[GROUPS] = {DESPUR_NO_CELL, 1, 2, 3};
  sample s;
  double plain, same, average, partly;
  draw(&s, &w, 0);
  despur_epoch_counts counts = counts_of(&w, &s);
  assert_ok(despur_selection_optimism(&plain, &counts, &error));
  counts.group = counts.chosen = own;
  assert_ok(despur_selection_optimism(&same, &counts, &error));
  assert_true(plain == same);
  counts.chosen = without;
  assert_ok(despur_selection_optimism(&partly, &counts, &error));
  assert_true(partly != plain);
  counts.group = counts.chosen = one; /* the accuracy over all: chance is half as large */
  assert_ok(despur_selection_optimism(&average, &counts, &error));
  assert_true(average > 0 && average < plain);
}

static void impossible_counts_are_refused(void **state) {
  (void)state;
  const size_t count[2] = {10, 5}, part[2] = {0, 2}, none[2] = {0, 0};
  size_t correct[4] = {8, 3, 9, 4}, kept[4] = {0, 0, 7, 3};
  double optimism;
  despur_epoch_counts counts = {.epochs = 2, .cells = 2, .count = count, .correct = correct, .kept = kept};
  assert_ok(despur_selection_optimism(&optimism, &counts, &error));
  kept[2] = 6; /* 3 others would have to be right of the 2 that were wrong */
  assert_fails(despur_selection_optimism(&optimism, &counts, &error), DESPUR_BAD_INPUT,
               "selection: epoch 2, cell 0: impossible counts");
  kept[2] = 7;
  correct[1] = 6;
  assert_fails(despur_selection_optimism(&optimism, &counts, &error), DESPUR_BAD_INPUT,
               "selection: epoch 1, cell 1: impossible counts");
  correct[1] = 3;
  counts.chosen = part;
  assert_fails(despur_selection_optimism(&optimism, &counts, &error), DESPUR_BAD_INPUT,
               "selection: cell 1: its group or part does not exist");
  counts.chosen = NULL;
  counts.count = none;
  assert_fails(despur_selection_optimism(&optimism, &counts, &error), DESPUR_BAD_INPUT,
               "selection: expected epochs and at least two examples");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_epochs_are_corrected_by_what_choosing_adds),
      cmocka_unit_test(an_epoch_that_is_plainly_best_needs_no_correction),
      cmocka_unit_test(epochs_that_agree_example_by_example_add_nothing),
      cmocka_unit_test(cells_of_a_group_count_together),
      cmocka_unit_test(impossible_counts_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
