
#include "run/networks/split_outputs.h"
#include "base/memory.h"
#include "run/state/run_state.h"

void split_outputs_release(split_outputs *outputs) {
  mem_free(outputs->values);
  mem_free(outputs->labels);
  *outputs = (split_outputs){0};
}

despur_status split_outputs_get(split_outputs *out, const run *r, despur_net *net, despur_split split,
                                despur_output what, despur_error *error) {
  despur_status status = DESPUR_OK;
  const uint32_t *examples = despur_dataset_split(r->dataset, split, &out->count);
  const uint32_t *labels = despur_dataset_labels(r->dataset);
  out->width = what == DESPUR_FEATURES ? despur_net_features(net) : despur_net_classes(net);
  TRY(mem_alloc(&out->values, out->count * out->width, sizeof *out->values, error));
  TRY(mem_alloc(&out->labels, out->count, sizeof *out->labels, error));
  TRY(despur_outputs(net, r->dataset, examples, out->count, what, out->values, error));
  for (size_t i = 0; i < out->count; i++) out->labels[i] = labels[examples[i]];
cleanup:
  return status;
}
