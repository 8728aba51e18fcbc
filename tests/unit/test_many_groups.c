/* Tens of thousands of groups: what scores, conditions and comparisons cost grows no faster than n log n in
 * the groups. Ten times as many are given, and may take 30 times as long (n log n takes 13, squares take
 * 100), by the processor's time of this thread. */
#include "testing.h"

#include "despur/check.h"
#include "despur/compare.h"
#include "despur/measures.h"

#include <stdio.h>
#include <time.h>

static despur_error error;

enum { FEW = 6000, MANY = 60000, MOST_RATIO = 30 };

/* Groups of 1 to 12 examples whose accuracies all differ. The caller frees what is in it. */
static despur_predicted make(size_t groups, unsigned shift, char (*texts)[16], const char **names) {
  size_t count = 0;
  for (size_t g = 0; g < groups; g++) count += 1 + g % 12;
  despur_predicted p = {
      .count = count, .classes = 2, .groups_count = groups, .names = names, .loss = (double)NAN};
  p.labels = calloc(count, sizeof *p.labels);
  p.predictions = calloc(count, sizeof *p.predictions);
  p.groups = calloc(count, sizeof *p.groups);
  assert_true(p.labels && p.predictions && p.groups);
  for (size_t g = 0, i = 0; g < groups; g++) {
    snprintf(texts[g], sizeof *texts, "g=%zu", g);
    names[g] = texts[g];
    for (size_t k = 0; k < 1 + g % 12; k++, i++) {
      p.groups[i] = (uint32_t)g;
      p.labels[i] = (uint32_t)(i % 2);
      bool right = (i * 2654435761U + shift) % 1000 < 500 + g % 499;
      p.predictions[i] = right ? p.labels[i] : 1 - p.labels[i];
    }
  }
  return p;
}

static void release(despur_predicted *p) {
  free(p->labels);
  free(p->predictions);
  free(p->groups);
}

static double seconds(void) {
  struct timespec now;
  assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The time of each: scores, a condition, a comparison. */
static void measure(double times[3], size_t groups) {
  char(*texts)[16] = calloc(groups, sizeof *texts);
  const char **names = calloc(groups, sizeof *names);
  assert_true(texts && names);
  despur_predicted first = make(groups, 0, texts, names), second = make(groups, 77, texts, names);
  despur_scores scores;
  despur_comparison comparison;
  despur_check check = {.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0};
  double start = seconds();
  assert_ok(despur_predicted_scores(&scores, &first, &error));
  times[0] = seconds() - start;
  start = seconds();
  assert_ok(despur_check_all(&check, 1, &(despur_check_subject){.scores = &scores}, 0.95, &error));
  times[1] = seconds() - start;
  start = seconds();
  assert_ok(despur_compare(&comparison, &first, &second, 0.95, &error));
  times[2] = seconds() - start;
  assert_int_equal(comparison.groups_count, groups);
  despur_comparison_release(&comparison);
  despur_scores_release(&scores);
  release(&first);
  release(&second);
  free(texts);
  free(names);
}

static void costs_grow_no_faster_than_n_log_n(void **state) {
  (void)state;
  static const char *const WHAT[] = {"scores", "a condition", "a comparison"};
  double few[3], many[3];
  measure(few, FEW);
  measure(many, MANY);
  for (int i = 0; i < 3; i++) {
    print_message("%s: %.3f s of %d groups, %.3f s of %d\n", WHAT[i], few[i], FEW, many[i], MANY);
    if (many[i] > MOST_RATIO * fmax(few[i], 0.005))
      fail_msg("%s of %d groups: %.3f s, of %d: %.3f s", WHAT[i], FEW, few[i], MANY, many[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(costs_grow_no_faster_than_n_log_n),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
