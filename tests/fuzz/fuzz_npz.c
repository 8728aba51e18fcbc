/* Archives of arrays: a member by its name, and the only one. */
#include "fuzz.h"

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
  return 0;
}
