/* Models of other people: a head that is read is there to its last number, and a copy with the same head has
 * the same layer in it. */
#include "fuzz.h"

#include "despur/model.h"
#include "despur/onnx.h"

static void exchange(const char *path, const despur_head *head) {
  char spec[300], copy[200];
  despur_head again;
  snprintf(copy, sizeof copy, "%s.copy", path);
  snprintf(spec, sizeof spec, "%s:%.40s", path, head->weight_name);
  if (strlen(head->weight_name) <= 40 && fuzz_good(despur_model_patch(spec, copy, head, &fuzz_error))) {
    snprintf(spec, sizeof spec, "%s:%.40s", copy, head->weight_name);
    FUZZ_REQUIRE(despur_head_read(&again, spec, &fuzz_error) == DESPUR_OK);
    FUZZ_REQUIRE(again.outputs == head->outputs && again.columns == head->columns);
    despur_head_release(&again);
  }
  unlink(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  static const char *const NAMES[] = {"", ":fc"};
  const char *path = fuzz_file("model", data, bytes);
  char *lines;
  if (fuzz_good(despur_onnx_list(&lines, path, &fuzz_error))) {
    fuzz_touch(lines, strlen(lines));
    free(lines);
  }
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
    char spec[200];
    despur_head head;
    snprintf(spec, sizeof spec, "%s%s", path, NAMES[i]);
    if (!fuzz_good(despur_head_read(&head, spec, &fuzz_error))) continue;
    fuzz_touch(head.weight, head.outputs * head.columns * sizeof *head.weight);
    fuzz_touch(head.bias, head.outputs * sizeof *head.bias);
    exchange(path, &head);
    despur_head_release(&head);
  }
  return 0;
}
