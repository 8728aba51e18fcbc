/* Predictions of any model, and what is measured of them: with guessed columns, with weights, and with groups
 * that overlap. */
#include "fuzz.h"

#include "despur/measures.h"
#include "despur/rates.h"

static void measure(const despur_predicted *p) {
  despur_measures measures;
  despur_scores scores;
  despur_rates rates;
  for (size_t i = 0; i < p->count; i++) {
    FUZZ_REQUIRE(p->labels[i] < p->classes && p->predictions[i] < p->classes);
    FUZZ_REQUIRE(p->groups[i] < p->groups_count);
    FUZZ_REQUIRE(!p->weights || p->weights[i] > 0);
  }
  for (size_t i = 0; i < p->repeats; i++) FUZZ_REQUIRE(p->repeated[i] < p->count - p->repeats);
  if (fuzz_good(despur_measures_compute(&measures, p, &fuzz_error))) despur_measures_release(&measures);
  if (fuzz_good(despur_predicted_scores(&scores, p, &fuzz_error))) despur_scores_release(&scores);
  if (fuzz_good(despur_rates_compute(&rates, p, 0.95, &fuzz_error))) despur_rates_release(&rates);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  static const despur_columns READ[] = {{0}, {.weight = "w"}, {.overlapping = "a,b", .weight = "w"}};
  const char *path = fuzz_file("predictions.csv", bytes, count);
  for (size_t i = 0; i < sizeof READ / sizeof *READ; i++) {
    despur_predicted predicted;
    if (!fuzz_good(despur_predicted_read(&predicted, path, &READ[i], &fuzz_error))) continue;
    measure(&predicted);
    despur_predicted_release(&predicted);
  }
  return 0;
}
