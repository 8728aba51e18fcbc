/* Archives of arrays: a member by its name, the only one, and all as the columns of a table of predictions.
 */
#include "fuzz.h"

#include "despur/measures.h"
#include "io/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  static const char *const MEMBERS[] = {"", ":x"};
  const char *path = fuzz_file("file.npz", bytes, count);
  for (size_t i = 0; i < 2; i++) {
    char member[600];
    npy_array array;
    snprintf(member, sizeof member, "%s%s", path, MEMBERS[i]);
    if (!fuzz_good(npy_open(&array, member, &fuzz_error))) continue;
    fuzz_touch(array.data, array.count);
    npy_close(&array);
  }
  despur_predicted predicted;
  if (fuzz_good(despur_predicted_read(&predicted, path, NULL, &fuzz_error))) {
    FUZZ_REQUIRE(predicted.count > 0);
    despur_predicted_release(&predicted);
  }
  return 0;
}
