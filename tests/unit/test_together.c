/* Shares of groups that have examples in common. The difference of two is a sum over disjoint pieces: what is
 * in the first alone, in the second alone, in both. Its variance is added up here piece by piece. */
#include "testing.h"

#include "base/random.h"
#include "eval/rates/together.h"

enum { EXAMPLES = 500, PARTS = 4, MOST = EXAMPLES * PARTS };

static despur_error error;

typedef struct sample {
  bool has[EXAMPLES][PARTS];
  uint32_t label[EXAMPLES], prediction[EXAMPLES], unit[EXAMPLES];
  double weight[EXAMPLES];
  uint32_t labels[MOST], predictions[MOST], units[MOST], repeated[MOST], keys[MOST];
  double weights[MOST];
  despur_predicted p;
} sample;

static void put(sample *s, size_t row, size_t example, uint32_t part) {
  s->labels[row] = s->label[example];
  s->predictions[row] = s->prediction[example];
  s->units[row] = s->unit[example];
  s->weights[row] = s->weight[example];
  s->keys[row] = part;
}

static void draw(sample *s, uint64_t seed, size_t units, bool weigh) {
  random_stream stream = random_open(seed, "together", 0);
  size_t rows = EXAMPLES;
  for (size_t i = 0; i < EXAMPLES; i++) {
    for (size_t k = 0; k < PARTS; k++) s->has[i][k] = random_uniform(&stream) < 0.3 + 0.15 * (double)k;
    s->label[i] = random_below(&stream, 2);
    s->prediction[i] = random_uniform(&stream) < (s->has[i][0] ? 0.7 : 0.9) ? s->label[i] : 1 - s->label[i];
    s->unit[i] = units ? random_below(&stream, (uint32_t)units) : (uint32_t)i;
    s->weight[i] = weigh ? 0.5 + random_uniform(&stream) : 1;
    uint32_t first = 0;
    while (first < PARTS && !s->has[i][first]) first++;
    put(s, i, i, first); /* PARTS: in none of them */
    for (uint32_t k = first + 1; k < PARTS; k++) {
      if (!s->has[i][k]) continue;
      s->repeated[rows - EXAMPLES] = (uint32_t)i;
      put(s, rows++, i, k);
    }
  }
  s->p = (despur_predicted){.count = rows,
                            .repeats = rows - EXAMPLES,
                            .repeated = s->repeated,
                            .classes = 2,
                            .labels = s->labels,
                            .predictions = s->predictions,
                            .units = units ? s->units : NULL,
                            .units_count = units,
                            .weights = weigh ? s->weights : NULL};
}

/* Whether an example has a part in a rate, and what it adds. */
static bool has_part(double *adds, const sample *s, size_t i, despur_rate_kind kind) {
  bool label = s->label[i] == 1, said = s->prediction[i] == 1;
  *adds = kind == DESPUR_ACCURACY ? label == said : label && said;
  return kind == DESPUR_ACCURACY || (kind == DESPUR_TRUE_POSITIVE ? label : label || said);
}

static double share(double *whole, const sample *s, size_t part, despur_rate_kind kind) {
  double sum = 0, adds;
  *whole = 0;
  for (size_t i = 0; i < EXAMPLES; i++) {
    if (!s->has[i][part] || !has_part(&adds, s, i, kind)) continue;
    *whole += s->weight[i];
    sum += s->weight[i] * adds;
  }
  return sum / *whole;
}

/* Of share g less share h (h == PARTS: of g alone), from what each unit adds to it, whichever piece it is in.
 */
static double variance(const sample *s, size_t g, size_t h, despur_rate_kind kind) {
  static double of_unit[EXAMPLES];
  double whole[2], shares[2], adds, sum = 0;
  shares[0] = share(&whole[0], s, g, kind);
  shares[1] = h < PARTS ? share(&whole[1], s, h, kind) : 0;
  memset(of_unit, 0, sizeof of_unit);
  for (size_t i = 0; i < EXAMPLES; i++) {
    if (!has_part(&adds, s, i, kind)) continue;
    bool in[] = {s->has[i][g], h < PARTS && s->has[i][h]};
    double *to = &of_unit[s->unit[i]];
    if (in[0] && !in[1]) *to += s->weight[i] * (adds - shares[0]) / whole[0];
    if (in[1] && !in[0]) *to -= s->weight[i] * (adds - shares[1]) / whole[1];
    if (in[0] && in[1]) *to += s->weight[i] * ((adds - shares[0]) / whole[0] - (adds - shares[1]) / whole[1]);
  }
  for (size_t u = 0; u < EXAMPLES; u++) sum += of_unit[u] * of_unit[u];
  return sum;
}

static void a_difference_varies_as_the_contrast_of_its_pieces(void **state) {
  (void)state;
  static sample s;
  const despur_rate_kind kinds[] = {DESPUR_ACCURACY, DESPUR_TRUE_POSITIVE, DESPUR_F1};
  for (uint64_t seed = 0; seed < 8; seed++) {
    unit_rows rows;
    together t;
    draw(&s, seed, seed & 1 ? 40 : 0, seed & 2);
    assert_ok(unit_rows_find(&rows, &s.p, &error));
    assert_ok(together_find(&t, PARTS, &s.p, 1, &rows, s.keys, &error));
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
      const double *r = together_of(&t, kinds[k]);
      for (size_t g = 0; g < PARTS; g++)
        for (size_t h = 0; h < PARTS; h++) {
          double of_g = variance(&s, g, PARTS, kinds[k]), of_h = variance(&s, h, PARTS, kinds[k]);
          double both = of_g + of_h - 2 * r[g * PARTS + h] * sqrt(of_g) * sqrt(of_h);
          assert_near(both, variance(&s, g, h, kinds[k]), 1e-12);
          assert_true(g != h || r[g * PARTS + h] == 1);
        }
      assert_true(r[0 * PARTS + 1] > 0.05); /* they do share examples, some of them wrong */
    }
    assert_ptr_equal(together_of(&t, DESPUR_FALSE_NEGATIVE), together_of(&t, DESPUR_TRUE_POSITIVE));
    together_release(&t);
    unit_rows_release(&rows);
  }
}

/* Groups of the same examples are not apart, and intervals say so: to the last bit where nothing rounds. */
static void groups_of_the_same_examples_are_surely_alike(void **state) {
  (void)state;
  static sample s;
  const char *names[] = {"a", "b"};
  despur_rates rates;
  draw(&s, 3, 0, false);
  s.p.count = 2 * EXAMPLES;
  s.p.repeats = EXAMPLES;
  for (uint32_t i = 0; i < EXAMPLES; i++) {
    s.repeated[i] = i;
    put(&s, i, i, 0);
    put(&s, EXAMPLES + i, i, 1);
  }
  s.p.attributes = s.p.groups = s.keys;
  s.p.attributes_count = s.p.groups_count = 2;
  s.p.attribute_names = s.p.names = names;
  assert_ok(despur_rates_compute(&rates, &s.p, 0.95, &error));
  const despur_spread *of = &rates.classes[0].spreads[DESPUR_ACCURACY];
  assert_true(rates.share_units && of->difference == 0 && of->ratio == 1);
  assert_near(of->difference_high, 0,
              0.02); /* Wilson's intervals reach further to one side than to the other */
  assert_near(of->ratio_low, 1, 0.02);
  despur_rates_release(&rates);
}

/* Of more parts than pairs can be kept of, ends of intervals have to do. */
static void of_many_parts_nothing_is_kept(void **state) {
  (void)state;
  static sample s;
  unit_rows rows;
  together t;
  draw(&s, 1, 0, false);
  assert_ok(unit_rows_find(&rows, &s.p, &error));
  assert_ok(together_find(&t, TOGETHER_MOST + 1, &s.p, 1, &rows, s.keys, &error));
  assert_null(together_of(&t, DESPUR_ACCURACY));
  together_release(&t);
  unit_rows_release(&rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_difference_varies_as_the_contrast_of_its_pieces),
      cmocka_unit_test(groups_of_the_same_examples_are_surely_alike),
      cmocka_unit_test(of_many_parts_nothing_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
