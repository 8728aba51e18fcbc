#include "run/networks/score.h"
#include "base/format.h"
#include "base/memory.h"
#include "data/dataset.h"

/* Of the class that is predicted whatever the example is. */
static void name_class(despur_degenerate *out, const despur_dataset *dataset) {
  char word[DESPUR_GROUP_NAME];
  if (out->kind == DESPUR_NOT_DEGENERATE || !dataset->class_names) return;
  const group_naming naming = groups_naming(dataset);
  groups_class_word(word, &naming, out->predicted_class);
  format_text(out->class_name, sizeof out->class_name, "%s", word);
}

despur_status run_score(despur_scores *scores, float **logits, uint32_t **predictions, despur_net *net,
                        const despur_dataset *dataset, const despur_groups *groups, despur_split split,
                        despur_error *error) {
  despur_status status = DESPUR_OK;
  float *outputs = NULL;
  uint32_t *predicted = NULL;
  size_t count, classes = despur_net_classes(net);
  const uint32_t *examples = despur_dataset_split(dataset, split, &count);
  TRY(mem_alloc(&outputs, count * classes, sizeof *outputs, error));
  TRY(mem_alloc(&predicted, count, sizeof *predicted, error));
  TRY(despur_outputs(net, dataset, examples, count, DESPUR_LOGITS, outputs, error));
  double loss = despur_predictions(outputs, dataset, examples, count, classes, predicted);
  TRY(despur_scores_compute(scores, dataset, groups, examples, predicted, count, error));
  scores->loss = loss;
  name_class(&scores->degenerate, dataset);
  if (logits) *logits = outputs, outputs = NULL;
  if (predictions) *predictions = predicted, predicted = NULL;
cleanup:
  mem_free(outputs);
  mem_free(predicted);
  return status;
}
