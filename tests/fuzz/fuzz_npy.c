/* .npy files in every way in which they are read. */
#include "fuzz.h"

#include "despur/array.h"
#include "io/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  npy_array array;
  int64_t *integers;
  uint32_t *labels;
  float *matrix;
  size_t length, rows, columns;
  const char *path = fuzz_file("file.npy", bytes, count);
  if (fuzz_good(npy_open(&array, path, &fuzz_error))) {
    static const size_t BYTES[] = {1, 1, 2, 4, 8, 2, 4, 8, 2, 4, 8, 1};
    fuzz_touch(array.data, array.count * BYTES[array.type]);
    npy_close(&array);
  }
  npy_fields fields;
  if (fuzz_good(npy_open_fields(&fields, path, &fuzz_error))) npy_fields_close(&fields);
  if (fuzz_good(npy_read_integers(&integers, &length, path, &fuzz_error))) {
    fuzz_touch(integers, length * sizeof *integers);
    mem_free(integers);
  }
  if (fuzz_good(despur_array_read_labels(&labels, &length, 99, path, &fuzz_error))) {
    for (size_t i = 0; i < length; i++) FUZZ_REQUIRE(labels[i] <= 99);
    mem_free(labels);
  }
  if (fuzz_good(despur_array_read_matrix(&matrix, &rows, &columns, path, &fuzz_error))) {
    for (size_t i = 0; i < rows * columns; i++) FUZZ_REQUIRE(matrix[i] - matrix[i] == 0);
    mem_free(matrix);
  }
  return 0;
}
