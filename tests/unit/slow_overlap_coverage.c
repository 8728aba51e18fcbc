/* How often intervals miss where groups overlap. Its output is the table in docs/statistics.md. */
#include "testing.h"

#include "base/random.h"
#include "despur/rates.h"

enum { DRAWS = 2000, EXAMPLES = 400, THINGS = 4, MOST = EXAMPLES * THINGS };

typedef struct overlap_design {
  const char *name;
  bool opposite;   /* who has the first thing has not the second, and the third not the fourth */
  double often;    /* how often an example has a thing */
  double right[2]; /* accuracy of examples that have the first thing, and of others */
} overlap_design;

typedef struct overlap_sample {
  uint32_t labels[MOST], predictions[MOST], groups[MOST], attributes[MOST], repeated[MOST];
  despur_predicted predicted;
} overlap_sample;

static const char *NAMES[2 * THINGS + 2], *THING_NAMES[THINGS + 1] = {"a", "b", "c", "d", "none"};

static void put_row(overlap_sample *s, size_t row, uint32_t label, bool right, uint32_t thing) {
  s->labels[row] = label;
  s->predictions[row] = right ? label : 1 - label;
  s->attributes[row] = thing;
  s->groups[row] = label + 2 * thing;
}

static void draw(overlap_sample *s, const overlap_design *d, random_stream *stream) {
  size_t repeats = 0;
  for (uint32_t i = 0; i < EXAMPLES; i++) {
    bool has[THINGS];
    for (size_t k = 0; k < THINGS; k++) has[k] = random_uniform(stream) < d->often;
    for (size_t k = 1; k < THINGS && d->opposite; k += 2) has[k] = !has[k - 1];
    uint32_t label = random_below(stream, 2), first = 0;
    bool right = random_uniform(stream) < d->right[!has[0]];
    while (first < THINGS && !has[first]) first++;
    put_row(s, i, label, right, first);
    for (uint32_t k = first + 1; k < THINGS; k++) {
      if (!has[k]) continue;
      put_row(s, EXAMPLES + repeats, label, right, k);
      s->repeated[repeats++] = i;
    }
  }
  s->predicted = (despur_predicted){.count = EXAMPLES + repeats,
                                    .repeats = repeats,
                                    .repeated = s->repeated,
                                    .classes = 2,
                                    .groups_count = 2 * THINGS + 2,
                                    .groups_aside = 2,
                                    .attributes_count = THINGS + 1,
                                    .attributes_aside = 1,
                                    .labels = s->labels,
                                    .predictions = s->predictions,
                                    .groups = s->groups,
                                    .attributes = s->attributes,
                                    .names = NAMES,
                                    .attribute_names = THING_NAMES,
                                    .loss = (double)NAN};
}

/* Of the population: a thing that is drawn by itself is there with the first one as often as anywhere. */
static double truth(const overlap_design *d, size_t thing) {
  double mixed = d->often * d->right[0] + (1 - d->often) * d->right[1];
  return thing == 0 ? d->right[0] : thing == 1 && d->opposite ? d->right[1] : mixed;
}

static void intervals_hold_for_groups_that_overlap(void **state) {
  (void)state;
  static overlap_sample sample;
  despur_error error;
  const overlap_design designs[] = {
      {"four things, each of half the examples, 80 %", false, 0.5, {0.8, 0.8}},
      {"four things, each of nine in ten examples, 80 %", false, 0.9, {0.8, 0.8}},
      {"two opposite pairs, 80 %", true, 0.5, {0.8, 0.8}},
      {"two opposite pairs, the first thing 70 %, others 90 %", true, 0.5, {0.7, 0.9}},
  };
  for (size_t i = 0; i < 2 * THINGS + 2; i++) NAMES[i] = i < 2 * THINGS ? "group" : "none";
  for (size_t i = 0; i < sizeof designs / sizeof *designs; i++) {
    const overlap_design *d = &designs[i];
    random_stream stream = random_open(i, "overlap", 0);
    size_t worst = 0, spread = 0;
    double least = 1, most = 0;
    for (size_t k = 0; k < THINGS; k++) {
      least = truth(d, k) < least ? truth(d, k) : least;
      most = truth(d, k) > most ? truth(d, k) : most;
    }
    for (size_t k = 0; k < DRAWS; k++) {
      despur_scores scores;
      despur_rates rates;
      draw(&sample, d, &stream);
      assert_ok(despur_predicted_scores(&scores, &sample.predicted, &error));
      assert_true(scores.overlapping && scores.count == EXAMPLES);
      worst += least < scores.worst_group_low || least > scores.worst_group_high;
      despur_scores_release(&scores);
      assert_ok(despur_rates_compute(&rates, &sample.predicted, 0.95, &error));
      const despur_spread *s = &rates.classes[0].spreads[DESPUR_ACCURACY];
      spread += most - least < s->difference_low - 1e-12 || most - least > s->difference_high + 1e-12;
      despur_rates_release(&rates);
    }
    printf("%-60s worst %.1f spread %.1f\n", d->name, 100.0 * (double)worst / DRAWS,
           100.0 * (double)spread / DRAWS);
    if ((double)worst > DRAWS * 0.065 || (double)spread > DRAWS * 0.065)
      fail_msg("%s: misses too often", d->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(intervals_hold_for_groups_that_overlap)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
