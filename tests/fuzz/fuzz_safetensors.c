/* safetensors files, and weights of a network in them. */
#include "fuzz.h"

#include "despur/net.h"
#include "io/safetensors.h"

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
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  fuzz_safetensors(read_file, bytes, count);
  return 0;
}
