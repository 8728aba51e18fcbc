/* Checkpoints: as files, and what lies between name and checksum, which mutations would never get right. */
#include "fuzz.h"

#include "run/state/checkpoint.h"

static void check(const checkpoint *c) {
  fuzz_touch(c->config, strlen(c->config));
  fuzz_touch(c->group_of_example, c->group_of_example ? c->examples * sizeof *c->group_of_example : 0);
  for (size_t g = 0; c->group_names && g < c->groups; g++)
    FUZZ_REQUIRE(memchr(c->group_names[g], 0, DESPUR_GROUP_NAME));
  fuzz_touch(c->state.weights,
             c->state.weights ? (c->state.parameters + c->state.buffers) * sizeof(float) : 0);
  fuzz_touch(c->state.selected,
             c->state.selected ? (c->state.parameters + c->state.buffers) * sizeof(float) : 0);
  fuzz_touch(c->state.group_weights, c->state.groups * sizeof(double));
  if (c->history.epochs == 0) return;
  fuzz_touch(c->history.correct, c->history.epochs * c->history.cells * sizeof *c->history.correct);
  fuzz_touch(c->history.kept, c->history.epochs * c->history.cells * sizeof *c->history.kept);
  fuzz_touch(c->history.right, c->history.examples);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  checkpoint c;
  if (fuzz_good(checkpoint_read(&c, fuzz_file(CHECKPOINT_FILE, bytes, count), &fuzz_error))) check(&c);
  checkpoint_release(&c);
  if (fuzz_good(checkpoint_decode(&c, (const char *)bytes, count, CHECKPOINT_FILE, &fuzz_error))) check(&c);
  checkpoint_release(&c);
  return 0;
}
