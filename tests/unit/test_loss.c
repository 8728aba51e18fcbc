/* Softmax cross entropy against its closed form in wider arithmetic, and against differences of itself. */
#include "testing.h"

#include "base/random.h"
#include "nn/loss.h"

enum { COUNT = 13, CLASSES = 7, N = COUNT * CLASSES };

typedef struct batch {
  float logits[N], gradient[N];
  uint32_t labels[COUNT];
  double weights[COUNT];
} batch;

static batch make_batch(double scale) {
  batch b = {0};
  random_stream stream = random_open(1, "loss test", 0);
  for (size_t i = 0; i < N; i++) b.logits[i] = (float)(scale * random_normal(&stream));
  for (size_t i = 0; i < COUNT; i++) {
    b.labels[i] = random_below(&stream, CLASSES);
    b.weights[i] = i == 4 ? 0 : 5 * random_uniform(&stream);
  }
  return b;
}

/* Loss and gradient of the mean with the given weights (NULL: equal ones), as the training loop puts them
 * together. */
static double loss_of(const float *logits, const uint32_t *labels, const double *weights, size_t count,
                      size_t classes, float *gradient) {
  double losses[COUNT], shares[COUNT], total = 0, loss = 0;
  cross_entropy(logits, labels, count, classes, losses);
  for (size_t i = 0; i < count; i++) total += weights ? weights[i] : 1;
  for (size_t i = 0; i < count; i++) {
    shares[i] = (weights ? weights[i] : 1) / total;
    loss += shares[i] * losses[i];
  }
  cross_entropy_gradient(logits, labels, shares, count, classes, gradient);
  return loss;
}

/* The probability of class c, in long double. */
static long double probability(const float *row, size_t c) {
  long double sum = 0;
  for (size_t k = 0; k < CLASSES; k++) sum += expl((long double)row[k] - (long double)row[c]);
  return 1 / sum;
}

/* The loss and its gradient by the definition; weights NULL: all 1. */
static double closed_form(const batch *b, const double *weights, double gradient[N]) {
  long double loss = 0, total = 0;
  for (size_t i = 0; i < COUNT; i++) total += weights ? (long double)weights[i] : 1;
  for (size_t i = 0; i < COUNT; i++) {
    const float *row = b->logits + i * CLASSES;
    long double share = (weights ? (long double)weights[i] : 1) / total;
    loss -= share * logl(probability(row, b->labels[i]));
    for (size_t c = 0; c < CLASSES; c++)
      gradient[i * CLASSES + c] = (double)(share * (probability(row, c) - (c == b->labels[i])));
  }
  return (double)loss;
}

static void loss_and_gradient_follow_the_closed_form_with_and_without_weights(void **state) {
  (void)state;
  static const double SCALES[] = {0, 0.01, 1, 30};
  for (size_t s = 0; s < 4; s++)
    for (int weighted = 0; weighted < 2; weighted++) {
      batch b = make_batch(SCALES[s]);
      const double *weights = weighted ? b.weights : NULL;
      double gradient[N], wanted = closed_form(&b, weights, gradient);
      assert_near(loss_of(b.logits, b.labels, weights, COUNT, CLASSES, b.gradient), wanted,
                  1e-14 * (1 + wanted));
      for (size_t i = 0; i < N; i++)
        assert_near((double)b.gradient[i], gradient[i], 0x1p-24 * fabs(gradient[i]) + 1e-15);
    }
}

/* The loss is computed in double precision, so differences of logits by 2^-10 are exact in float32 and fine
 * enough: the error of the central difference is at most 2^-20/6 times the third derivative. */
static void gradient_equals_central_differences(void **state) {
  (void)state;
  batch b = make_batch(1);
  float unused[N];
  for (size_t i = 0; i < N; i++) b.logits[i] = rintf(b.logits[i] * 1024) / 1024;
  loss_of(b.logits, b.labels, b.weights, COUNT, CLASSES, b.gradient);
  for (size_t i = 0; i < N; i++) {
    batch up = b, down = b;
    up.logits[i] += 0x1p-10f;
    down.logits[i] -= 0x1p-10f;
    double difference = loss_of(up.logits, b.labels, b.weights, COUNT, CLASSES, unused) -
                        loss_of(down.logits, b.labels, b.weights, COUNT, CLASSES, unused);
    assert_near((double)b.gradient[i], difference * 512, 1e-7);
  }
}

/* Adding a number to all logits of an example changes nothing, so the gradient of a row sums to zero. */
static void gradient_of_an_example_sums_to_zero_and_vanishes_with_its_weight(void **state) {
  (void)state;
  batch b = make_batch(2);
  loss_of(b.logits, b.labels, b.weights, COUNT, CLASSES, b.gradient);
  for (size_t i = 0; i < COUNT; i++) {
    double sum = 0;
    for (size_t c = 0; c < CLASSES; c++) {
      sum += (double)b.gradient[i * CLASSES + c];
      if (b.weights[i] == 0) assert_true(b.gradient[i * CLASSES + c] == 0);
    }
    assert_near(sum, 0, 1e-7);
  }
}

static void equal_weights_are_the_mean_whatever_they_are(void **state) {
  (void)state;
  batch b = make_batch(2), weighted = b;
  for (size_t i = 0; i < COUNT; i++) weighted.weights[i] = 0.25;
  assert_near(loss_of(weighted.logits, b.labels, weighted.weights, COUNT, CLASSES, weighted.gradient),
              loss_of(b.logits, b.labels, NULL, COUNT, CLASSES, b.gradient), 1e-15);
  assert_floats_near(weighted.gradient, b.gradient, N, 1e-6, 0);
}

/* The largest logit of the first example is its last, that of the second its first. */
static void huge_logits_do_not_overflow(void **state) {
  (void)state;
  const float logits[] = {-3e38f, 0, 3e38f, 1000, 999, -1000};
  const uint32_t right[] = {2, 0}, wrong[] = {0, 2};
  float gradient[6];
  assert_near(loss_of(logits, right, NULL, 2, 3, gradient), log1p(exp(-1)) / 2, 1e-12);
  const double p = 1 / (1 + exp(-1)), wanted[] = {0, 0, 0, (p - 1) / 2, (1 - p) / 2, 0};
  for (size_t i = 0; i < 6; i++) assert_near((double)gradient[i], wanted[i], 1e-7);
  double expected = ((double)3e38f + (double)3e38f + log1p(exp(-1)) + 2000) / 2;
  assert_near(loss_of(logits, wrong, NULL, 2, 3, gradient), expected, 1e-12 * expected);
  const double steep[] = {-0.5, 0, 0.5, p / 2, (1 - p) / 2, -0.5};
  for (size_t i = 0; i < 6; i++) assert_near((double)gradient[i], steep[i], 1e-7);
}

static void a_logit_that_is_not_a_number_gives_a_loss_that_is_not_one(void **state) {
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    float logits[] = {1, 2, 3}, gradient[3];
    for (uint32_t label = 0; label < 3; label++) {
      logits[i] = NAN;
      assert_true(isnan(loss_of(logits, &label, NULL, 1, 3, gradient)));
      logits[i] = INFINITY;
      assert_true(!isfinite(loss_of(logits, &label, NULL, 1, 3, gradient)));
    }
  }
  float none[] = {-INFINITY, -INFINITY}, gradient[2];
  assert_true(isnan(loss_of(none, &(uint32_t){0}, NULL, 1, 2, gradient)));
}

static void a_class_that_is_impossible_has_probability_zero(void **state) {
  (void)state;
  float logits[] = {1, -INFINITY, 1}, gradient[3];
  assert_near(loss_of(logits, &(uint32_t){2}, NULL, 1, 3, gradient), log(2), 1e-15);
  assert_true(gradient[0] == 0.5f && gradient[1] == 0 && gradient[2] == -0.5f);
  assert_true(isinf(loss_of(logits, &(uint32_t){1}, NULL, 1, 3, gradient)));
}

static void softmax_gives_probabilities(void **state) {
  (void)state;
  batch b = make_batch(3);
  for (size_t i = 0; i < COUNT; i++) {
    float row[CLASSES];
    memcpy(row, b.logits + i * CLASSES, sizeof row);
    softmax(row, CLASSES);
    for (size_t c = 0; c < CLASSES; c++) {
      double wanted = (double)probability(b.logits + i * CLASSES, c);
      assert_near((double)row[c], wanted, 0x1p-23 * wanted);
    }
    assert_near(log_sum_exp(b.logits + i * CLASSES, CLASSES),
                (double)b.logits[i * CLASSES] - log((double)probability(b.logits + i * CLASSES, 0)), 1e-13);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(loss_and_gradient_follow_the_closed_form_with_and_without_weights),
      cmocka_unit_test(gradient_equals_central_differences),
      cmocka_unit_test(gradient_of_an_example_sums_to_zero_and_vanishes_with_its_weight),
      cmocka_unit_test(equal_weights_are_the_mean_whatever_they_are),
      cmocka_unit_test(huge_logits_do_not_overflow),
      cmocka_unit_test(a_logit_that_is_not_a_number_gives_a_loss_that_is_not_one),
      cmocka_unit_test(a_class_that_is_impossible_has_probability_zero),
      cmocka_unit_test(softmax_gives_probabilities),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
