/* Predictions of any model, and what is measured of them. */
#include "fuzz.h"

#include "despur/measures.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  despur_predicted predicted;
  despur_measures measures;
  if (!fuzz_good(
          despur_predicted_read(&predicted, fuzz_file("predictions.csv", bytes, count), NULL, &fuzz_error)))
    return 0;
  for (size_t i = 0; i < predicted.count; i++) {
    FUZZ_REQUIRE(predicted.labels[i] < predicted.classes && predicted.predictions[i] < predicted.classes);
    FUZZ_REQUIRE(predicted.groups[i] < predicted.groups_count);
  }
  if (fuzz_good(despur_measures_compute(&measures, &predicted, &fuzz_error)))
    despur_measures_release(&measures);
  despur_predicted_release(&predicted);
  return 0;
}
