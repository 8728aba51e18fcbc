/* Predictors that are degenerate by construction, and good ones that look like them; and how well predictions
 * tell the attribute, against closed forms. */
#include "testing.h"

#include "base/random.h"
#include "despur/measures.h"

#include <stdbool.h>

static despur_error error;

enum { MOST = 6000, MOST_GROUPS = 25 };

typedef struct made {
  uint32_t labels[MOST], attributes[MOST], predictions[MOST], groups[MOST];
  double probabilities[2 * MOST];
  size_t train[MOST_GROUPS];
  const char *names[MOST_GROUPS];
  despur_predicted predicted;
} made;

static void start(made *m, uint32_t classes, uint32_t attributes) {
  *m = (made){0};
  for (size_t g = 0; g < MOST_GROUPS; g++) m->names[g] = "a group";
  m->predicted = (despur_predicted){.classes = classes,
                                    .groups_count = (size_t)classes * attributes,
                                    .labels = m->labels,
                                    .predictions = m->predictions,
                                    .groups = m->groups,
                                    .attributes = m->attributes,
                                    .names = m->names,
                                    .loss = (double)NAN};
}

static void add(made *m, uint32_t label, uint32_t attribute, uint32_t prediction) {
  size_t i = m->predicted.count++;
  m->labels[i] = label;
  m->attributes[i] = attribute;
  m->predictions[i] = prediction;
  m->groups[i] = label * (uint32_t)(m->predicted.groups_count / m->predicted.classes) + attribute;
}

static despur_scores score(made *m) {
  despur_scores scores;
  assert_ok(despur_predicted_scores(&scores, &m->predicted, &error));
  return scores;
}

static despur_degenerate judge(made *m) {
  despur_scores scores = score(m);
  despur_degenerate found = scores.degenerate;
  despur_scores_release(&scores);
  return found;
}

static void assert_kind(made *m, despur_degenerate_kind wanted) {
  despur_degenerate found = judge(m);
  if (found.kind != wanted)
    fail_msg("kind %d instead of %d: accuracy %g, expected %g, share %g", found.kind, wanted, found.accuracy,
             found.expected, found.share);
}

static void one_class_is_named_with_its_share(void **state) {
  (void)state;
  static made m;
  char text[256];
  start(&m, 2, 2);
  for (uint32_t i = 0; i < 1200; i++) add(&m, i % 3 == 0, i / 3 % 2, 1);
  despur_degenerate found = judge(&m);
  assert_int_equal(found.kind, DESPUR_ONE_CLASS);
  assert_int_equal(found.predicted_class, 1);
  assert_true(found.share == 1);
  int length = despur_degenerate_sentence(text, &found);
  assert_int_equal(length, (int)strlen(text));
  assert_string_equal(text, "one class only: 100 % of all predictions are class 1, whatever the example is");
  const char *names[] = {"<=50K", ">50K"};
  m.predicted.class_names = names;
  found = judge(&m);
  despur_degenerate_sentence(text, &found);
  assert_string_equal(text,
                      "one class only: 100 % of all predictions are class >50K, whatever the example is");
  m.predictions[0] = m.predictions[1] = 0; /* 2 predictions of a class that occurs 800 times */
  assert_kind(&m, DESPUR_ONE_CLASS);
}

/* 60 of 6000 examples are of class 1; a third of these are found, and nothing else is. */
static void a_careful_predictor_of_a_rare_class_is_not_degenerate(void **state) {
  (void)state;
  static made m;
  start(&m, 2, 2);
  for (uint32_t i = 0; i < MOST; i++) add(&m, i % 100 == 0, i / 100 % 2, i % 300 == 0);
  assert_kind(&m, DESPUR_NOT_DEGENERATE);
}

static void equal_probabilities_everywhere_are_constant_scores(void **state) {
  (void)state;
  static made m;
  start(&m, 2, 2);
  for (uint32_t i = 0; i < 100; i++) {
    add(&m, i % 2, i / 2 % 2, 0);
    m.probabilities[2 * i] = 0.625;
    m.probabilities[2 * i + 1] = 0.375;
  }
  m.predicted.probabilities = m.probabilities;
  assert_kind(&m, DESPUR_CONSTANT_SCORES);
  m.probabilities[0] = 0.75; /* one class, but with scores that say something */
  assert_kind(&m, DESPUR_ONE_CLASS);
}

static void examples_of_one_class_say_nothing(void **state) {
  (void)state;
  static made m;
  start(&m, 2, 2);
  for (uint32_t i = 0; i < 100; i++) add(&m, 1, i % 2, 1);
  assert_kind(&m, DESPUR_NOT_DEGENERATE);
  start(&m, 2, 2);
  assert_kind(&m, DESPUR_NOT_DEGENERATE);
}

static void right_where_the_attribute_is_unusual_is_inverted(void **state) {
  (void)state;
  static made m;
  start(&m, 2, 2);
  for (uint32_t i = 0; i < 2000; i++) {
    uint32_t label = i % 2, unusual = i / 2 % 10 == 0;
    add(&m, label, label ^ unusual, unusual ? label : 1 - label);
  }
  despur_degenerate found = judge(&m);
  assert_int_equal(found.kind, DESPUR_INVERTED);
  assert_true(found.accuracy == 0 && found.expected == 1);
}

/* On a balanced test split only the training sizes say what is usual. */
static void training_sizes_say_what_is_usual(void **state) {
  (void)state;
  static made m;
  const size_t train[] = {950, 50, 50, 950}, other[] = {50, 950, 950, 50};
  start(&m, 2, 2);
  for (uint32_t i = 0; i < 2000; i++) add(&m, i % 2, i / 2 % 2, 1 - i / 2 % 2); /* 1 - the attribute */
  assert_kind(&m, DESPUR_NOT_DEGENERATE);
  memcpy(m.train, train, sizeof train);
  m.predicted.train_sizes = m.train;
  assert_kind(&m, DESPUR_INVERTED);
  memcpy(m.train, other, sizeof other);
  assert_kind(&m, DESPUR_NOT_DEGENERATE); /* follows the attribute: a shortcut, but no inverted one */
}

static void guessing_is_chance_and_following_the_attribute_is_not(void **state) {
  (void)state;
  static made m;
  random_stream stream = random_open(1, "colour", 0);
  start(&m, 5, 5);
  for (uint32_t i = 0; i < MOST; i++) add(&m, i % 5, i / 5 % 5, random_below(&stream, 5));
  despur_degenerate found = judge(&m);
  assert_int_equal(found.kind, DESPUR_CHANCE);
  assert_near(found.expected, 0.2, 0.001);
  for (uint32_t i = 0; i < MOST; i++) m.predictions[i] = m.attributes[i]; /* also right in a fifth */
  assert_kind(&m, DESPUR_NOT_DEGENERATE);
}

static void few_examples_are_not_called_chance(void **state) {
  (void)state;
  static made m;
  start(&m, 2, 1);
  for (uint32_t i = 0; i < 8; i++) add(&m, i % 2, 0, i < 2 ? 1 - i % 2 : i % 2); /* 6 of 8 right */
  assert_kind(&m, DESPUR_NOT_DEGENERATE);
}

static void exchanged_classes_are_below_chance(void **state) {
  (void)state;
  static made m;
  start(&m, 2, 2);
  for (uint32_t i = 0; i < 400; i++) add(&m, i % 2, i / 2 % 2, i % 40 < 4 ? i % 2 : 1 - i % 2);
  assert_kind(&m, DESPUR_BELOW_CHANCE);
}

/* Honest predictors of many qualities, and guesses: how often each is named. */
static void the_chance_of_a_wrong_name_is_small(void **state) {
  (void)state;
  static made m;
  size_t honest = 0, guessing = 0;
  enum { REPEATS = 100 };
  for (uint32_t r = 0; r < REPEATS; r++)
    for (uint32_t guess = 0; guess < 2; guess++) {
      random_stream stream = random_open(r, "colour", guess);
      start(&m, 3, 2);
      for (uint32_t i = 0; i < 300; i++) {
        uint32_t label = random_below(&stream, 3);
        bool known = !guess && random_uniform(&stream) < 0.4 + 0.006 * r;
        add(&m, label, random_below(&stream, 2), known ? label : random_below(&stream, 3));
      }
      despur_degenerate_kind kind = judge(&m).kind;
      if (guess)
        guessing += kind == DESPUR_CHANCE;
      else
        honest += kind != DESPUR_NOT_DEGENERATE;
    }
  assert_int_equal(honest, 0);
  /* 2.5 % surely above chance, 2.5 % below, 5 % tell the attribute */
  assert_true(guessing > REPEATS * 86 / 100);
}

/* ---- the attribute ---- */

static void following_the_attribute_tells_it_whatever_its_code(void **state) {
  (void)state;
  static made m;
  for (uint32_t code = 0; code < 2; code++)
    for (uint32_t turn = 0; turn < 2; turn++) {
      start(&m, 2, 2);
      for (uint32_t i = 0; i < 2000; i++) {
        uint32_t attribute = i / 2 % 10 < 3;
        uint32_t follows = i % 100 < 90 ? attribute : 1 - attribute;
        add(&m, i % 2, attribute ^ code, follows ^ turn);
      }
      despur_scores scores = score(&m);
      assert_near(scores.attribute_accuracy, 0.9, 0.03);
      assert_near(scores.attribute_chance, 0.5, 0.02);
      despur_scores_release(&scores);
    }
}

static void a_perfect_predictor_tells_nothing_of_the_attribute(void **state) {
  (void)state;
  static made m;
  start(&m, 2, 4);
  for (uint32_t i = 0; i < 800; i++) add(&m, i % 2, i / 2 % 4, i % 2);
  despur_scores scores = score(&m);
  assert_true(scores.attribute_accuracy == 0.25 && scores.attribute_chance == 0.25);
  despur_scores_release(&scores);
}

/* Among few examples a guess fitted to them looks better than 1 / attributes; chance says by how much. */
static void chance_is_what_predictions_without_the_attribute_give(void **state) {
  (void)state;
  static made m;
  double told = 0, chance = 0;
  enum { REPEATS = 200 };
  for (uint32_t r = 0; r < REPEATS; r++) {
    random_stream stream = random_open(r, "noise", 0);
    start(&m, 3, 3);
    for (uint32_t i = 0; i < 90; i++) add(&m, i % 3, i / 3 % 3, random_below(&stream, 3));
    despur_scores scores = score(&m);
    told += scores.attribute_accuracy;
    chance += scores.attribute_chance;
    despur_scores_release(&scores);
  }
  assert_near(told / REPEATS, chance / REPEATS, 0.01);
  assert_true(chance / REPEATS > 0.4); /* a third, were the data endless */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_class_is_named_with_its_share),
      cmocka_unit_test(a_careful_predictor_of_a_rare_class_is_not_degenerate),
      cmocka_unit_test(equal_probabilities_everywhere_are_constant_scores),
      cmocka_unit_test(examples_of_one_class_say_nothing),
      cmocka_unit_test(right_where_the_attribute_is_unusual_is_inverted),
      cmocka_unit_test(training_sizes_say_what_is_usual),
      cmocka_unit_test(guessing_is_chance_and_following_the_attribute_is_not),
      cmocka_unit_test(few_examples_are_not_called_chance),
      cmocka_unit_test(exchanged_classes_are_below_chance),
      cmocka_unit_test(the_chance_of_a_wrong_name_is_small),
      cmocka_unit_test(following_the_attribute_tells_it_whatever_its_code),
      cmocka_unit_test(a_perfect_predictor_tells_nothing_of_the_attribute),
      cmocka_unit_test(chance_is_what_predictions_without_the_attribute_give),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
