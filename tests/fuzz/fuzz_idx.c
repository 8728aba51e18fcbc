/* IDX files, plain or compressed, as images and as labels. */
#include "fuzz.h"

#include "io/idx.h"

static void read_as(const char *path, size_t rank) {
  idx_reader *reader;
  size_t shape[IDX_MAX_RANK], count = 1;
  uint8_t *data;
  if (!fuzz_good(idx_open(&reader, path, rank, shape, &fuzz_error))) return;
  for (size_t i = 0; i < rank; i++) count *= shape[i];
  if (fuzz_good(mem_alloc(&data, count, 1, &fuzz_error))) {
    if (fuzz_good(idx_read(reader, data, &fuzz_error))) fuzz_touch(data, count);
    mem_free(data);
  }
  idx_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  const char *path = fuzz_file("file", bytes, count);
  read_as(path, 3);
  read_as(path, 1);
  return 0;
}
