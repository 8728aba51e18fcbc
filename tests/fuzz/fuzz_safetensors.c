/* safetensors files, weights of a network in them, and arrays: a tensor by its name, and the only one. */
#include "fuzz.h"

#include "despur/net.h"
#include "io/npy.h"
#include "io/safetensors.h"

static void read_arrays(const char *file) {
  static const char *const MEMBERS[] = {"", ":x", ":conv1.weight"};
  for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
    char member[600];
    npy_array array;
    snprintf(member, sizeof member, "%s%s", file, MEMBERS[i]);
    if (!fuzz_good(npy_open(&array, member, &fuzz_error))) continue;
    fuzz_touch(array.data, array.count);
    npy_close(&array);
  }
}

static void read_file(const uint8_t *bytes, size_t count) {
  static despur_net *net; /* one for all inputs */
  tensor_file file;
  const char *path = fuzz_file("file.safetensors", bytes, count);
  if (!net) {
    const despur_net_options options = {
        .arch = DESPUR_LENET, .input = {1, 12, 12}, .classes = 2, .batch = 16, .threads = 1};
    FUZZ_REQUIRE(despur_net_create(&net, &options, &fuzz_error) == DESPUR_OK);
  }
  if (fuzz_good(safetensors_open(&file, path, &fuzz_error))) {
    for (size_t i = 0; i < file.count; i++) {
      fuzz_touch(file.tensors[i].data, file.tensors[i].count * sizeof(float));
      FUZZ_REQUIRE(safetensors_find(&file, file.tensors[i].name) == &file.tensors[i]);
    }
    safetensors_close(&file);
  }
  fuzz_good(despur_net_load(net, path, &fuzz_error));
  read_arrays(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  fuzz_safetensors(read_file, bytes, count);
  return 0;
}
