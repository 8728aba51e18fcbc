/* Fitted groupings, which assign a few examples when they can be read. */
#include "fuzz.h"

#include "despur/infer.h"

enum { EXAMPLES = 5, MOST_DIMENSIONS = 1000 };

static void assign(const despur_grouping *grouping) {
  size_t d = despur_grouping_dimensions(grouping), groups = despur_grouping_count(grouping);
  uint32_t labels[EXAMPLES] = {0, 1, 0, 1, 0}, of[EXAMPLES];
  static float outputs[EXAMPLES * MOST_DIMENSIONS];
  for (size_t i = 0; i < EXAMPLES * MOST_DIMENSIONS; i++) outputs[i] = (float)(i * i % 17) - 8;
  for (size_t g = 0; g < groups; g++) FUZZ_REQUIRE(*despur_grouping_name(grouping, g));
  for (size_t p = 0; p < despur_grouping_parts(grouping); p++) {
    despur_grouping_part part = despur_grouping_part_at(grouping, p);
    fuzz_touch(part.name, strlen(part.name));
  }
  if (d > MOST_DIMENSIONS) return;
  if (!fuzz_good(despur_grouping_assign(grouping, outputs, labels, EXAMPLES, 1, of, &fuzz_error))) return;
  for (size_t i = 0; i < EXAMPLES; i++) FUZZ_REQUIRE(of[i] < groups || of[i] == UINT32_MAX);
}

static void read_file(const uint8_t *bytes, size_t count) {
  despur_grouping *grouping;
  const char *path = fuzz_file("grouping.safetensors", bytes, count);
  if (!fuzz_good(despur_grouping_load(&grouping, path, &fuzz_error))) return;
  assign(grouping);
  despur_grouping_free(grouping);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  fuzz_safetensors(read_file, bytes, count);
  return 0;
}
