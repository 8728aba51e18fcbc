/* Audits of sets whose truth is known. */
#include "testing.h"

#include "audit/audit.h"
#include "audit/margin.h"
#include "base/math.h"
#include "base/random.h"
#include "despur/audit.h"
#include "despur/report.h"
#include "despur/run.h"

enum { MOST = 3000, COLUMNS = 12 };

static despur_error error;
static float x[MOST * COLUMNS];
static uint32_t labels[MOST], attributes[MOST], predictions[MOST], codes[MOST];

/* A core direction of this size, an attribute that agrees with the label with this probability and shows with
 * that size; the rest is noise. */
static despur_examples planted(size_t n, double core, double spurious, double agreement, uint64_t seed) {
  static const char *const NAMES[] = {"zero", "one"};
  for (size_t i = 0; i < n; i++) {
    random_stream stream = random_open(seed, "test audit", i);
    labels[i] = random_below(&stream, 2);
    attributes[i] = random_uniform(&stream) < agreement ? labels[i] : 1 - labels[i];
    for (size_t j = 0; j < COLUMNS; j++) x[i * COLUMNS + j] = (float)random_normal(&stream);
    x[i * COLUMNS] += (float)(core * (2.0 * labels[i] - 1));
    x[i * COLUMNS + 1] += (float)(spurious * (2.0 * attributes[i] - 1));
  }
  return (despur_examples){.count = n,
                           .columns = COLUMNS,
                           .classes = 2,
                           .x = x,
                           .labels = labels,
                           .class_names = (const char **)(uintptr_t)NAMES};
}

static void a_shortcut_is_found_and_its_cells_are_the_attribute(void **state) {
  (void)state;
  despur_audit *a;
  despur_examples e = planted(3000, 1.2, 3, 0.95, 1);
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2}, &error));
  assert_int_equal(a->verdict, DESPUR_LEANS_ON_IT);
  const despur_audit_candidate *first = &a->candidates[0];
  const despur_audit_cell *cell = &a->cells[first->best];
  size_t inside = 0, conflicting = 0;
  for (size_t i = 0; i < e.count; i++)
    if (labels[i] == cell->class_index && first->of_example[i] == cell->cell) {
      inside++;
      conflicting += attributes[i] != labels[i];
    }
  assert_true((double)conflicting > 0.75 * (double)inside); /* of 5 % */
  assert_true(first->label.low > 0 && first->follows.p < 1e-6);
  char *sentence;
  assert_ok(despur_audit_sentence(&sentence, a, &error));
  assert_non_null(strstr(sentence, "leans on it"));
  free(sentence);
  despur_audit_free(a);
}

static bool cautions(const despur_audit *a, const char *beginning) {
  char *caution;
  assert_ok(despur_audit_caution(&caution, a, &error));
  const bool does = caution && strncmp(caution, beginning, strlen(beginning)) == 0;
  free(caution);
  return does;
}

/* In what a network learned from these labels an example that looks like another class lies among it,
 * shortcut or not. */
static void what_learned_features_cannot_tell_is_said(void **state) {
  (void)state;
  for (int trained_on = 0; trained_on <= 1; trained_on++) {
    despur_audit *a;
    despur_examples e = planted(3000, 1.2, 3, 0.95, 1);
    assert_ok(
        despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2, .trained_on = trained_on}, &error));
    assert_int_equal(a->verdict, DESPUR_LEANS_ON_IT);
    assert_true(a->candidates[0].from_features);
    assert_int_equal(cautions(a, ""), trained_on);
    a->own_head = 0; /* predictions were given, perhaps of the network behind the features */
    assert_true(cautions(a, trained_on ? "Since the features were learned" : "If the features were learned"));
    a->candidates[0].from_features = 0; /* as a column of metadata, which no network has made */
    assert_false(cautions(a, ""));
    despur_audit_free(a);
  }
}

static void nothing_is_found_where_nothing_is(void **state) {
  (void)state;
  size_t found = 0;
  enum { SETS = 20 };
  for (uint64_t seed = 0; seed < SETS; seed++) {
    despur_audit *a;
    despur_examples e = planted(1000, 1 + (double)(seed % 3) / 2, seed % 2 ? 3 : 0, 0.5, 100 + seed);
    assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.seed = seed, .threads = 2}, &error));
    found += a->verdict != DESPUR_NOTHING_FOUND;
    despur_audit_free(a);
  }
  assert_true(found <= 3); /* P(more) = 1.6 % at 5 % each */
}

static void the_margin_in_disguise_is_recognised(void **state) {
  (void)state;
  despur_audit *a;
  despur_examples e = planted(3000, 1.5, 0, 0.5, 7);
  size_t disguised = 0;
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2}, &error));
  for (size_t i = 0; i < a->cells_count; i++) {
    disguised += a->cells[i].disguised != 0;
    assert_false(a->cells[i].confirmed);
  }
  assert_true(disguised > 0);
  despur_audit_free(a);
}

/* Examples whose score is drawn by `draw`, the highest 5 % in the cell; share of them, moved up by `apart`.
 */
static double valley_of(double (*draw)(random_stream *), double share, double apart, uint64_t seed) {
  enum { COUNT = 1000 };
  static margin_row rows[COUNT];
  double table[1][VALLEY_STRETCHES];
  random_stream stream = random_open(seed, "test valley", 0);
  for (size_t i = 0; i < COUNT; i++) {
    bool moved = (double)i < share * COUNT;
    rows[i] = (margin_row){.score = draw(&stream) + (moved ? apart : 0), .weight = 1, .in = moved};
  }
  for (size_t i = 0; share == 0 && i < COUNT; i++) {
    size_t above = 0;
    for (size_t k = 0; k < COUNT; k++) above += rows[k].score > rows[i].score;
    rows[i].in = above < COUNT / 20;
  }
  assert_ok(valley_count(table[0], rows, COUNT, &error));
  return valley_p((const double(*)[VALLEY_STRETCHES])table, 1);
}

static double exponential(random_stream *stream) {
  return -math_log(1 - random_uniform(stream));
}

static void a_tail_has_no_valley_and_a_cloud_has(void **state) {
  (void)state;
  size_t normal = 0, exponentials = 0;
  for (uint64_t seed = 0; seed < 100; seed++) {
    normal += valley_of(random_normal, 0, 0, seed) <= 0.05;
    exponentials += valley_of(exponential, 0, 0, seed) <= 0.05;
    assert_true(valley_of(random_normal, 0.05, 6, seed) < 1e-6);
  }
  assert_true(normal <= 12 && exponentials <= 12); /* P(more) = 0.1 % at 5 % each */
}

/* Tails to one side, the same in each class, bend what is regressed on the margin and make gaps. */
static void skewed_classes_lean_on_nothing(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 10; seed++) {
    despur_audit *a;
    despur_examples e = planted(1000, 0, 0, 0.5, 300 + seed);
    for (size_t i = 0; i < e.count * COLUMNS; i++) x[i] = (float)math_exp(0.75 * (double)x[i]);
    for (size_t i = 0; i < e.count; i++) x[i * COLUMNS] += labels[i] ? 2 : 0;
    assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.seed = seed, .threads = 2}, &error));
    assert_int_not_equal(a->verdict, DESPUR_LEANS_ON_IT);
    despur_audit_free(a);
  }
}

/* Whether at least half of what either of two cells has of a class, in the confirmation half, both have. */
static bool overlap(const despur_audit *a, const despur_audit_cell *one, const despur_audit_cell *other) {
  size_t both = 0, either = 0;
  for (size_t i = 0; i < a->examples; i++) {
    if (a->halves[i] != 1 || a->labels[i] != one->class_index) continue;
    const bool in_x = a->candidates[one->candidate].of_example[i] == one->cell;
    const bool in_y = a->candidates[other->candidate].of_example[i] == other->cell;
    both += in_x && in_y;
    either += in_x || in_y;
  }
  return one->class_index == other->class_index && 2 * both >= either;
}

/* Samples are of the confirmation half and of their side; a second finding of the same examples is left out.
 */
static void samples_are_of_their_side_and_tell_findings_apart(void **state) {
  (void)state;
  despur_audit *a;
  uint32_t examples[256];
  despur_examples e = planted(3000, 1.2, 3, 0.95, 1);
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2}, &error));
  assert_true(a->samples_count >= 3);
  size_t count = despur_audit_sampled(NULL, a), at = 0, conflicting = 0;
  assert_in_range(count, 1, 256);
  assert_int_equal(despur_audit_sampled(examples, a), count);
  for (size_t s = 0; s < a->samples_count; s++) {
    const despur_audit_sample *one = &a->samples[s];
    const despur_audit_cell *cell = &a->cells[one->cell];
    for (size_t i = 0; i < one->examples_count; i++, at++) {
      uint32_t example = one->examples[i];
      assert_int_equal(examples[at], example);
      assert_int_equal(a->halves[example], 1);
      assert_int_equal(a->labels[example], one->class_index);
      assert_int_equal(a->candidates[cell->candidate].of_example[example] == cell->cell, one->inside);
      if (s == 0) conflicting += attributes[example] != labels[example];
    }
    for (size_t k = 0; k < s; k++)
      assert_true(a->samples[k].cell == one->cell || !overlap(a, &a->cells[a->samples[k].cell], cell));
    size_t same = 0;
    for (size_t k = 0; k < a->samples_count; k++)
      same += a->samples[k].cell == one->cell && a->samples[k].class_index == one->class_index &&
              a->samples[k].inside == one->inside;
    assert_int_equal(same, 1);
  }
  assert_int_equal(conflicting, a->samples[0].examples_count); /* the most typical are of the attribute */
  despur_audit_free(a);
}

/* Of half of a hundred examples errors, of which a person knows nothing; what he sees confirms the attribute.
 */
static void what_a_person_notes_confirms_the_attribute(void **state) {
  (void)state;
  static const char *const VALUES[] = {"left", "right"};
  static uint32_t seen[MOST];
  despur_audit *a, *b, *random;
  despur_examples e = planted(3000, 1.2, 3, 0.95, 11);
  despur_example_column noted = {
      .name = (char[]){"side"}, .codes = seen, .values = (const char **)(uintptr_t)VALUES, .values_count = 2};
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2, .label_some = 100}, &error));
  assert_in_range(a->to_label_count, 60, 100);
  size_t wrong = 0, wrong_of_class[2] = {0}, of_class[2] = {0};
  for (size_t i = 0; i < a->to_label_count; i++) {
    uint32_t one = a->to_label[i];
    assert_int_equal(a->halves[one], 1);
    assert_true(i == 0 || a->to_label[i - 1] < one);
    for (size_t s = 0; s < a->samples_count; s++)
      for (size_t k = 0; k < a->samples[s].examples_count; k++)
        assert_int_not_equal(a->samples[s].examples[k], one);
    of_class[labels[one]]++;
    wrong_of_class[labels[one]] += a->predictions[one] != labels[one];
    wrong += a->predictions[one] != labels[one];
  }
  assert_int_equal(2 * wrong, a->to_label_count);
  for (size_t y = 0; y < 2; y++) assert_int_equal(2 * wrong_of_class[y], of_class[y]);
  for (size_t i = 0; i < e.count; i++) seen[i] = DESPUR_NO_VALUE;
  for (size_t i = 0; i < a->to_label_count; i++) seen[a->to_label[i]] = attributes[a->to_label[i]];
  size_t elsewhere = 0;
  while (a->halves[elsewhere] != 0) elsewhere++;
  seen[elsewhere] = 1; /* of the discovery half: of no use */
  assert_ok(despur_audit_run(&b, &e, &(despur_audit_options){.threads = 2, .noted = &noted}, &error));
  assert_int_equal(b->noted_verdict, DESPUR_LEANS_ON_IT);
  assert_int_equal(b->noted_used, a->to_label_count);
  assert_int_equal(b->noted_ignored, 1);
  const despur_audit_noted *first = &b->noted[0];
  assert_true(first->confirmed && first->value != first->class_index && first->toward != first->class_index);
  double with = 0, of = 0, share = 0, count = 0; /* what is estimated from a hundred, of all */
  for (size_t i = 0; i < e.count; i++) {
    if (labels[i] != first->class_index || b->halves[i] != 1) continue;
    count++;
    share += attributes[i] == first->value;
    of += attributes[i] == first->value;
    with += attributes[i] == first->value && b->predictions[i] != labels[i];
  }
  assert_near(first->share, share / count, 0.06);
  assert_near(first->error_with, with / of, 0.35);
  assert_true(first->error_with > 5 * first->error_without);
  for (size_t i = 0; i < a->to_label_count; i++) seen[a->to_label[i]] = (uint32_t)(i / 2 % 2);
  assert_ok(despur_audit_run(&random, &e, &(despur_audit_options){.threads = 2, .noted = &noted}, &error));
  assert_int_equal(random->noted_verdict, DESPUR_NOTHING_FOUND);
  despur_audit_free(random);
  despur_audit_free(b);
  despur_audit_free(a);
}

/* Environments are cut from features, and those in which a head falls short hold what goes against it. */
static void finders_are_asked_by_name(void **state) {
  (void)state;
  despur_audit *a;
  despur_examples e = planted(2000, 1.2, 3, 0.95, 1);
  assert_ok(
      despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2, .finders = "environments"}, &error));
  assert_int_equal(a->candidates_count, 1);
  const despur_audit_candidate *c = &a->candidates[0];
  assert_string_equal(c->finder, "environments");
  assert_int_equal(c->cells, 4);
  double most = 0;
  for (size_t k = 0; k < a->cells_count; k++) {
    const despur_audit_cell *cell = &a->cells[k];
    size_t conflicting = 0;
    for (size_t i = 0; i < e.count; i++)
      conflicting += a->halves[i] == 1 && labels[i] == cell->class_index && c->of_example[i] == cell->cell &&
                     attributes[i] != labels[i];
    if ((double)conflicting > most * (double)cell->count) most = (double)conflicting / (double)cell->count;
  }
  assert_true(most > 0.8); /* of 5 % */
  despur_audit_free(a);
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2, .finders = "all"}, &error));
  size_t usual = a->candidates_count;
  despur_audit_free(a);
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2}, &error));
  assert_int_equal(a->candidates_count, usual - 3); /* environments, and GEORGE's clusters of two classes */
  despur_audit_free(a);
  assert_fails(despur_audit_run(&a, &e, &(despur_audit_options){.finders = "clusters,magic"}, &error),
               DESPUR_BAD_USAGE, "finders: expected some of clusters,");
}

/* A shortcut is found in other halves, too, and what was not there is not; the audit itself stays as it was.
 */
static void other_halves_find_it_again(void **state) {
  (void)state;
  despur_audit *a, *b;
  despur_examples e = planted(2000, 1.2, 3, 0.95, 1);
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2}, &error));
  assert_ok(despur_audit_run(&b, &e, &(despur_audit_options){.threads = 2, .repeats = 4}, &error));
  assert_int_equal(b->repeats, 4);
  assert_int_equal(b->repeats_again, 4);
  assert_int_equal(b->repeats_leaning, 4);
  assert_int_equal(a->cells_count, b->cells_count);
  for (size_t i = 0; i < a->cells_count; i++) assert_true(a->cells[i].adjusted == b->cells[i].adjusted);
  assert_memory_equal(a->halves, b->halves, e.count * sizeof *a->halves);
  assert_memory_equal(a->map, b->map, 2 * e.count * sizeof *a->map);
  despur_audit_free(a);
  despur_audit_free(b);
  e = planted(1000, 1.5, 0, 0.5, 7);
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2, .repeats = 4}, &error));
  assert_int_equal(a->repeats_again, 0);
  assert_true(a->repeats_found <= 2); /* P(more) = 0.05 % at 5 % each */
  despur_audit_free(a);
}

/* With a column that is left out, so that rows move as they are standardised. */
static void features_may_be_standardised_where_they_lie(void **state) {
  (void)state;
  despur_audit *a, *b;
  despur_examples e = planted(1500, 1.2, 3, 0.95, 4);
  for (size_t i = 0; i < e.count; i++) x[i * COLUMNS + 5] = 2;
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2}, &error));
  assert_ok(despur_audit_run(&b, &e, &(despur_audit_options){.threads = 2, .in_place = 1}, &error));
  assert_int_equal(b->constant_columns, 1);
  assert_int_equal(a->cells_count, b->cells_count);
  for (size_t i = 0; i < a->cells_count; i++) {
    assert_int_equal(a->cells[i].count, b->cells[i].count);
    assert_true(a->cells[i].adjusted == b->cells[i].adjusted);
  }
  assert_memory_equal(a->map, b->map, 2 * e.count * sizeof *a->map);
  double mean = 0;
  for (size_t i = 0; i < e.count; i++) mean += (double)x[i * (COLUMNS - 1)] / (double)e.count;
  assert_near(mean, 0, 1e-6); /* it is where it lay */
  despur_audit_free(a);
  despur_audit_free(b);
}

static void threads_change_nothing(void **state) {
  (void)state;
  despur_audit *a, *b;
  despur_examples e = planted(600, 1, 2, 0.9, 3);
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 1}, &error));
  assert_ok(despur_audit_run(&b, &e, &(despur_audit_options){.threads = 3}, &error));
  assert_int_equal(a->cells_count, b->cells_count);
  for (size_t i = 0; i < a->cells_count; i++) {
    assert_true(a->cells[i].adjusted == b->cells[i].adjusted);
    assert_true(a->cells[i].low == b->cells[i].low);
  }
  despur_audit_free(a);
  despur_audit_free(b);
}

static void units_and_equal_rows_are_never_divided(void **state) {
  (void)state;
  despur_audit *a;
  despur_examples e = planted(900, 1, 2, 0.9, 3);
  for (size_t i = 0; i < 900; i++) codes[i] = (uint32_t)(i % 300);
  memcpy(x + COLUMNS, x, COLUMNS * sizeof *x);
  e.unit = (despur_example_column){.codes = codes, .values_count = 300};
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2}, &error));
  assert_int_equal(a->duplicates, 1);
  assert_int_equal(a->units, 299);
  for (size_t i = 0; i < 600; i++) assert_int_equal(a->halves[i], a->halves[i + 300]);
  assert_int_equal(a->halves[0], a->halves[1]);
  for (size_t i = 0; i < a->cells_count; i++) /* one of each unit counts */
    assert_true(a->cells[i].count + a->cells[i].rest_count <= 150);
  despur_audit_free(a);
}

/* Every tenth example of class one at site 1 fails; predictions are given, there are no features. */
static void a_column_that_fails_is_found_without_features(void **state) {
  (void)state;
  despur_audit *a;
  static const char *const SITES[] = {"north", "south"};
  char name[] = "site";
  despur_examples e = planted(3000, 0, 0, 0.5, 5);
  for (size_t i = 0; i < e.count; i++) {
    codes[i] = i % 10 < 2;
    predictions[i] = i % 50 == 7 || (codes[i] && labels[i] && i % 3 == 0) ? 1 - labels[i] : labels[i];
  }
  despur_example_column by = {
      .name = name, .codes = codes, .values = (const char **)(uintptr_t)SITES, .values_count = 2};
  e.x = NULL;
  e.columns = 0;
  e.predictions = predictions;
  e.by = &by;
  e.by_count = 1;
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 1}, &error));
  assert_int_equal(a->verdict, DESPUR_WEAK_GROUP);
  const despur_audit_cell *cell = &a->cells[a->candidates[0].best];
  assert_string_equal(a->candidates[0].cell_names[cell->cell], "site=south");
  assert_int_equal(cell->class_index, 1);
  assert_true(cell->low > 0.1);
  despur_audit_free(a);
}

/* Errors of class one are everywhere in a rare cell, and half of the time in one of two halves, which a third
 * column divides further for nothing. */
static despur_examples halves_with_errors(despur_example_column by[3]) {
  static const char *const VALUES[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
  static uint32_t rare[MOST], parts[MOST], halves[MOST];
  static char names[3][8] = {"rare", "parts", "half"};
  uint32_t *const columns[] = {rare, parts, halves};
  despur_examples e = planted(3000, 0, 0, 0.5, 5);
  for (size_t i = 0; i < e.count; i++) {
    random_stream stream = random_open(6, "test fit", i);
    rare[i] = labels[i] == 1 && random_below(&stream, 25) == 0;
    parts[i] = random_below(&stream, 8);
    halves[i] = parts[i] % 2;
    const double rate = labels[i] == 0 ? 0.02 : rare[i] ? 0.98 : halves[i] ? 0.5 : 0.02;
    predictions[i] = random_uniform(&stream) < rate ? 1 - labels[i] : labels[i];
  }
  for (size_t c = 0; c < 3; c++)
    by[c] = (despur_example_column){.name = names[c],
                                    .codes = columns[c],
                                    .values = (const char **)(uintptr_t)VALUES,
                                    .values_count = c == 1 ? 8 : 2};
  e.x = NULL;
  e.columns = 0;
  e.predictions = predictions;
  e.by = by;
  e.by_count = 3;
  return e;
}

/* Not the cell with the most errors, nor the finest partition. */
static void what_tells_most_of_the_errors_stands_first(void **state) {
  (void)state;
  despur_audit *a;
  despur_example_column by[3];
  despur_examples e = halves_with_errors(by);
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 1, .finders = "columns"}, &error));
  assert_int_equal(a->candidates_count, 3);
  const char *const order[] = {"column half", "column parts", "column rare"};
  for (size_t c = 0; c < 3; c++) {
    assert_string_equal(a->candidates[c].name, order[c]);
    assert_int_equal(a->candidates[c].verdict, DESPUR_WEAK_GROUP);
  }
  assert_true(a->cells[a->candidates[2].best].excess > a->cells[a->candidates[0].best].excess + 0.1);
  despur_audit_free(a);
}

/* The verdict's cell, then confirmed ones by their errors in excess. */
static void assert_first_row_is_the_verdicts(const despur_audit *a) {
  char *sentence, errors[64];
  const despur_audit_cell *first = &a->cells[0];
  assert_int_equal(first->candidate, 0);
  assert_int_equal(a->candidates[0].best, 0);
  assert_true(first->confirmed);
  assert_ok(despur_audit_sentence(&sentence, a, &error));
  snprintf(errors, sizeof errors, "of class %s %.1f %% errors there", a->class_names[first->class_index],
           100 * first->error);
  assert_non_null(strstr(sentence, errors));
  free(sentence);
  for (size_t c = 0; c < a->candidates_count; c++) /* each still points to its own best cell */
    for (size_t i = 0; i < a->candidates[c].best; i++) assert_int_not_equal(a->cells[i].candidate, c);
  for (size_t i = 2; i < a->cells_count && a->cells[i].confirmed; i++)
    assert_true(fmin(a->cells[i].excess, isnan(a->cells[i].left) ? 1 : a->cells[i].left) <=
                fmin(a->cells[i - 1].excess, isnan(a->cells[i - 1].left) ? 1 : a->cells[i - 1].left));
}

static void the_first_row_is_what_the_verdict_names(void **state) {
  (void)state;
  despur_audit *a;
  despur_example_column by[3];
  despur_examples e = halves_with_errors(by);
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 1, .finders = "columns"}, &error));
  assert_int_equal(a->verdict, DESPUR_WEAK_GROUP);
  assert_first_row_is_the_verdicts(a);
  assert_true(a->cells[1].excess > a->cells[0].excess + 0.1); /* of the rare cell */
  despur_audit_free(a);
}

/* One wide column falls into two parts by the attribute, ten narrow ones by `codes`. */
static void what_a_network_makes_large_counts_where_it_was_trained(void **state) {
  (void)state;
  for (int trained_on = 0; trained_on <= 1; trained_on++) {
    despur_audit *a;
    despur_examples e = planted(1500, 0, 0, 0.5, 5);
    size_t agree = 0, at = 0;
    for (size_t i = 0; i < e.count; i++) {
      random_stream stream = random_open(9, "test scale", i);
      codes[i] = random_below(&stream, 2);
      for (size_t j = 0; j < COLUMNS; j++) x[i * COLUMNS + j] *= 0.01F;
      x[i * COLUMNS] += attributes[i] ? 1 : -1;
      for (size_t j = 1; j < COLUMNS - 1; j++) x[i * COLUMNS + j] += codes[i] ? 0.05F : -0.05F;
      x[i * COLUMNS + COLUMNS - 1] += labels[i] ? 0.02F : -0.02F;
    }
    const despur_audit_options options = {.threads = 2, .finders = "clusters", .trained_on = trained_on};
    assert_ok(despur_audit_run(&a, &e, &options, &error));
    while (at < a->candidates_count && a->candidates[at].cells != 2) at++;
    assert_true(at < a->candidates_count);
    for (size_t i = 0; i < e.count; i++)
      agree += a->candidates[at].of_example[i] == (trained_on ? attributes[i] : codes[i]);
    assert_true(agree == 0 || agree == e.count); /* whatever the cells are numbered */
    despur_audit_free(a);
  }
}

/* One column is the attribute, which agrees with the label for 90 %; the other one is a coin. */
static void columns_are_read_and_held_out(void **state) {
  (void)state;
  despur_audit *a;
  static const char *const VALUES[] = {"left", "right"};
  static uint32_t coins[MOST];
  char attribute[] = "attribute", coin[] = "coin";
  despur_examples e = planted(3000, 0.5, 1.5, 0.9, 11);
  for (size_t i = 0; i < e.count; i++) {
    random_stream stream = random_open(12, "test coin", i);
    coins[i] = random_below(&stream, 2);
  }
  despur_example_column by[] = {
      {.name = attribute, .codes = attributes, .values = (const char **)(uintptr_t)VALUES, .values_count = 2},
      {.name = coin, .codes = coins, .values = (const char **)(uintptr_t)VALUES, .values_count = 2}};
  e.by = by;
  e.by_count = 2;
  assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2}, &error));
  assert_int_equal(a->columns_count, 2);
  const despur_audit_column *c = &a->columns[0];
  /* one column of unit noise that lies 3 apart: a head that knows it is right for Phi(1.5) = 93 % */
  assert_true(c->read.low < 0.933 && c->read.value > 0.85 && c->read.chance == 0.5);
  assert_true(c->says.low < 0.9 && c->says.high > 0.9 && c->says.low > 0.85);
  /* without one value, nothing tells that the attribute is not the label; the head leans on it */
  assert_true(c->fall.low > 0.1 && c->held_out > 1400);
  c = &a->columns[1];
  assert_true(c->read.low < 0.5 && c->read.high > 0.5);
  assert_true(c->says.low < 0.5 && c->says.high > 0.5);
  assert_true(c->fall.low < 0 && c->fall.high > 0);
  despur_audit_free(a);
}

/* One class has a single example, another one none, and a third one is never predicted. */
static void classes_that_a_head_never_sees_are_no_error(void **state) {
  (void)state;
  static const char *const NAMES[] = {"zero", "one", "none", "single"};
  for (int given = 0; given <= 1; given++) {
    despur_audit *a;
    despur_examples e = planted(400, 1, 0, 0.5, 21);
    e.classes = 4;
    e.class_names = (const char **)(uintptr_t)NAMES;
    labels[7] = 3;
    memset(predictions, 0, e.count * sizeof *predictions);
    for (size_t i = 0; i < e.count / 2; i++) predictions[i] = given == 1;
    if (given) e.predictions = predictions;
    assert_ok(despur_audit_run(&a, &e, &(despur_audit_options){.threads = 2}, &error));
    assert_int_not_equal(a->predictions[7], 3);
    for (size_t i = 0; i < a->cells_count; i++) assert_true(a->cells[i].class_index < 2);
    despur_audit_free(a);
  }
}

static void what_cannot_be_audited_is_refused(void **state) {
  (void)state;
  despur_audit *a;
  despur_examples e = planted(100, 1, 1, 0.5, 5);
  const despur_audit_options usual = {.threads = 1};
  assert_fails(despur_audit_run(&a, &e, &(despur_audit_options){.folds = 1}, &error), DESPUR_BAD_USAGE,
               "at least 2 folds");
  assert_fails(despur_audit_run(&a, &e, &(despur_audit_options){.confidence = 1}, &error), DESPUR_BAD_USAGE,
               "confidence below 1");
  e.classes = 1;
  assert_fails(despur_audit_run(&a, &e, &usual, &error), DESPUR_BAD_INPUT, "at least 2 classes");
  e.classes = 2;
  e.x = NULL;
  assert_fails(despur_audit_run(&a, &e, &usual, &error), DESPUR_BAD_INPUT, "expected features");
  e.x = x;
  memset(x, 0, sizeof x);
  assert_fails(despur_audit_run(&a, &e, &usual, &error), DESPUR_BAD_INPUT, "all 12 columns are constant");
  e = planted(15, 1, 1, 0.5, 5);
  assert_ok(despur_audit_run(&a, &e, &usual, &error));
  assert_int_equal(a->verdict, DESPUR_TOO_FEW_EXAMPLES);
  assert_fails(despur_audit_write(a, "/dev/null/nowhere", &error), DESPUR_NO_RESOURCES, "/dev/null");
  assert_null(despur_audit_verdict_word((despur_audit_verdict)9));
  assert_fails(despur_report_audit(a, "despur audit", NULL, "/dev/null/nowhere/report.html", &error),
               DESPUR_NO_RESOURCES, "report.html");
  char *sentence;
  assert_ok(despur_audit_sentence(&sentence, a, &error));
  assert_non_null(strstr(sentence, "too little data"));
  free(sentence);
  assert_ok(despur_audit_json(&sentence, a, &error));
  assert_memory_equal(sentence, "{\"verdict\":\"too little data\",", 29);
  free(sentence);
  despur_audit_free(a);
  despur_audit_free(NULL);
  assert_fails(despur_run_examples(&e, "/nowhere", 1, NULL, &error), DESPUR_BAD_INPUT, "/nowhere");
  despur_thumbnail picture = {0};
  const uint32_t first = 0;
  static const char *const OUTSIDE[] = {"../secret.png"}, *const MISSING[] = {"secret.png"};
  assert_fails(despur_run_thumbnails(&picture, "/nowhere", &first, 1, 96, &error), DESPUR_BAD_INPUT,
               "/nowhere");
  assert_fails(despur_thumbnails_of_folder(&picture, "/nowhere", OUTSIDE, 1, 96, &error), DESPUR_BAD_INPUT,
               "below '/nowhere', found '../secret.png'");
  assert_fails(despur_thumbnails_of_folder(&picture, "/nowhere", MISSING, 1, 96, &error), DESPUR_BAD_INPUT,
               "/nowhere/secret.png");
  assert_fails(despur_thumbnails_of_folder(&picture, "/nowhere", MISSING, 1, 0, &error), DESPUR_BAD_USAGE,
               "at least 1 pixel");
  assert_fails(despur_thumbnails_of_array(&picture, "/nowhere.npy", 1, &first, 1, 0, &error),
               DESPUR_BAD_USAGE, "at least 1 pixel");
  assert_fails(despur_thumbnails_of_array(&picture, "/nowhere.npy", 1, &first, 1, 96, &error),
               DESPUR_BAD_INPUT, "/nowhere.npy");
  despur_thumbnails_release(&picture, 1);
  despur_thumbnails_release(NULL, 0);
  despur_example_column noted;
  assert_fails(despur_examples_read_noted(&noted, "/nowhere.csv", 10, &error), DESPUR_BAD_INPUT,
               "/nowhere.csv");
  despur_example_column_release(&noted);
}

/* "X of X" says nothing. */
static void a_cell_that_bears_its_candidates_name_is_called_by_it_alone(void **state) {
  (void)state;
  char slice[] = "age=old and site=south", others[] = "all others", part[] = "cell 1", parts[] = "3 clusters";
  char *sliced[] = {others, slice}, *clustered[] = {part, part, part};
  const char *class_names[] = {"cat", "dog"};
  despur_audit_candidate candidates[] = {
      {.name = slice, .cells = 2, .cell_names = sliced, .verdict = DESPUR_WEAK_GROUP},
      {.name = parts, .cells = 3, .cell_names = clustered, .verdict = DESPUR_WEAK_GROUP}};
  despur_audit_cell cells[] = {{.candidate = 0, .cell = 1}, {.candidate = 0, .cell = 0}, {.candidate = 1}};
  static const char *const WANTED[] = {"age=old and site=south", "all others than age=old and site=south",
                                       "cell 1 of 3 clusters"};
  const despur_audit a = {.verdict = DESPUR_WEAK_GROUP,
                          .class_names = class_names,
                          .cells_count = 3,
                          .cells = cells,
                          .candidates_count = 2,
                          .candidates = candidates};
  char words[128], *sentence;
  for (size_t k = 0; k < 3; k++) {
    const despur_audit_cell_words found = despur_audit_words_of(&a, &cells[k]);
    snprintf(words, sizeof words, "%s%s%s", found.cell, found.between, found.candidate);
    assert_string_equal(words, WANTED[k]);
  }
  for (size_t best = 0; best < 2; best++) {
    candidates[0].best = best;
    assert_ok(despur_audit_sentence(&sentence, &a, &error));
    snprintf(words, sizeof words, "weak group: %s: of class cat ", WANTED[best]);
    assert_memory_equal(sentence, words, strlen(words));
    free(sentence);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_shortcut_is_found_and_its_cells_are_the_attribute),
      cmocka_unit_test(what_learned_features_cannot_tell_is_said),
      cmocka_unit_test(nothing_is_found_where_nothing_is),
      cmocka_unit_test(the_margin_in_disguise_is_recognised),
      cmocka_unit_test(a_tail_has_no_valley_and_a_cloud_has),
      cmocka_unit_test(skewed_classes_lean_on_nothing),
      cmocka_unit_test(samples_are_of_their_side_and_tell_findings_apart),
      cmocka_unit_test(a_cell_that_bears_its_candidates_name_is_called_by_it_alone),
      cmocka_unit_test(what_a_person_notes_confirms_the_attribute),
      cmocka_unit_test(finders_are_asked_by_name),
      cmocka_unit_test(other_halves_find_it_again),
      cmocka_unit_test(features_may_be_standardised_where_they_lie),
      cmocka_unit_test(threads_change_nothing),
      cmocka_unit_test(units_and_equal_rows_are_never_divided),
      cmocka_unit_test(a_column_that_fails_is_found_without_features),
      cmocka_unit_test(what_tells_most_of_the_errors_stands_first),
      cmocka_unit_test(the_first_row_is_what_the_verdict_names),
      cmocka_unit_test(what_a_network_makes_large_counts_where_it_was_trained),
      cmocka_unit_test(columns_are_read_and_held_out),
      cmocka_unit_test(classes_that_a_head_never_sees_are_no_error),
      cmocka_unit_test(what_cannot_be_audited_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
