/* The stages of a run: training the reference network, inferring groups from it, training the final network.
 */
#include "base/memory.h"
#include "run/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
  despur_outputs(net, dataset, examples, count, DESPUR_LOGITS, outputs);
  double loss = despur_predictions(outputs, dataset, examples, count, classes, predicted);
  TRY(despur_scores_compute(scores, dataset, groups, examples, predicted, count, error));
  scores->loss = loss;
  if (logits) *logits = outputs, outputs = NULL;
  if (predictions) *predictions = predicted, predicted = NULL;
cleanup:
  mem_free(outputs);
  mem_free(predicted);
  return status;
}

/* What the hooks of one training need. */
typedef struct stage {
  run *run;
  const char *name;
  const stage_config *config;
  despur_progress progress;
  double started, evaluating; /* seconds */
  despur_error failure;       /* of writing steps.csv; its status is DESPUR_OK without one */
} stage;

static void after_step(void *context, size_t step, double loss, size_t examples) {
  stage *s = context;
  const despur_observer *observer = &s->run->options->observer;
  if (s->run->steps && strcmp(s->name, "train") == 0 &&
      file_print(s->run->steps, &s->failure, "%zu,%.9g\n", step, loss) != DESPUR_OK) {
    file_writer_discard(s->run->steps); /* half a file is worse than none */
    s->run->steps = NULL;
  }
  s->progress.done += examples;
  s->progress.loss = loss;
  if (observer->progress) observer->progress(observer->context, &s->progress);
}

static int stop_asked(void *context) {
  const stage *s = context;
  const despur_observer *observer = &s->run->options->observer;
  return s->failure.status != DESPUR_OK || (observer->stop && observer->stop(observer->context));
}

static despur_status after_epoch(void *context, despur_net *net, const despur_epoch *epoch, double *score,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  stage *s = context;
  run *r = s->run;
  double started = run_seconds();
  despur_scores scores = {0};
  size_t val_count;
  despur_dataset_split(r->dataset, DESPUR_VAL, &val_count);
  s->progress.epoch = epoch->epoch + 1;
  s->progress.done = 0;
  TRY(run_write_epoch(r, s->name, epoch, error));
  if (val_count == 0) {
    run_note(r, "%s: epoch %zu of %zu: loss %.4f", s->name, epoch->epoch, epoch->epochs, epoch->loss);
    goto cleanup;
  }
  TRY(run_score(&scores, NULL, NULL, net, r->dataset, &r->truth, DESPUR_VAL, error));
  TRY(run_write_scores(r, s->name, epoch->epoch, DESPUR_VAL, &scores, error));
  *score =
      r->config->select.rule == CONFIG_VAL_AVERAGE ? scores.average_accuracy : scores.worst_group_accuracy;
  run_note(r, "%s: epoch %zu of %zu: loss %.4f, validation average %.1f %%, worst group %.1f %%", s->name,
           epoch->epoch, epoch->epochs, epoch->loss, 100 * scores.average_accuracy,
           100 * scores.worst_group_accuracy);
cleanup:
  despur_scores_release(&scores);
  s->evaluating += run_seconds() - started;
  return status;
}

static despur_train_options train_options(const run *r, const stage_config *config, uint64_t stage_number) {
  return (despur_train_options){
      .epochs = (size_t)config->epochs,
      .batch_size = (size_t)config->batch_size,
      .optimizer = {.name = (despur_optimizer)config->optimizer.name,
                    .lr = config->optimizer.lr,
                    .momentum = config->optimizer.momentum,
                    .nesterov = config->optimizer.nesterov,
                    .weight_decay = config->optimizer.weight_decay,
                    .betas = {config->optimizer.betas.values[0], config->optimizer.betas.values[1]},
                    .eps = config->optimizer.eps},
      .schedule = {.name = (despur_schedule)config->schedule.name,
                   .every = (size_t)config->schedule.every,
                   .gamma = config->schedule.gamma,
                   .final_share = config->schedule.final},
      .clip = config->clip,
      .seed = config_seed(r->config, r->config->seeds.order),
      .stage = stage_number};
}

/* Trains, notes the time, and measures the selected network on the evaluation split. */
static despur_status train_and_score(run *r, stage *s, despur_net *net, const despur_train_options *options,
                                     const char *label, float **logits, uint32_t **predictions,
                                     despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_stage_result *result = &r->result->stages[r->result->stage_count];
  despur_train_result trained;
  despur_train_hooks hooks = {.context = s, .step = after_step, .epoch = after_epoch, .stop = stop_asked};
  s->progress = (despur_progress){.stage = s->name, .epoch = 1, .epochs = options->epochs};
  despur_dataset_split(r->dataset, DESPUR_TRAIN, &s->progress.total);
  if (options->sampler == DESPUR_EXPLICIT) s->progress.total = options->order_length;
  s->started = run_seconds();
  status = despur_train(net, r->dataset, options, &hooks, &trained, error);
  if (s->failure.status != DESPUR_OK) FAIL(error, s->failure.status, "%s", s->failure.message);
  if (status != DESPUR_OK) goto cleanup;
  result->seconds = run_seconds() - s->started - s->evaluating;
  result->selected_epoch = trained.selected_epoch;
  result->epochs = options->epochs;
  snprintf(result->label, sizeof result->label, "%.*s", (int)sizeof result->label - 1, label);
  TRY(run_score(&result->scores, logits, predictions, net, r->dataset, &r->truth, r->result->split, error));
  r->result->stage_count++;
  TRY(run_write_scores(r, s->name, trained.selected_epoch, r->result->split, &result->scores, error));
  json_object_set_new(r->timing, s->name, json_real(result->seconds));
cleanup:
  return status;
}

despur_status run_reference_stage(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  stage s = {.run = r, .name = "reference", .config = &r->config->reference};
  despur_train_options options = train_options(r, s.config, 1);
  TRY(train_and_score(r, &s, r->reference, &options, "ERM", NULL, NULL, error));
  TRY(run_path(path, r, "reference.safetensors", error));
  TRY(despur_net_save(r->reference, path, error));
cleanup:
  return status;
}

static void note_groups(const run *r) {
  const despur_groups *groups = &r->result->groups;
  size_t smallest = 0, largest = 0;
  for (size_t g = 1; g < groups->count; g++) {
    if (groups->train_sizes[g] < groups->train_sizes[smallest]) smallest = g;
    if (groups->train_sizes[g] > groups->train_sizes[largest]) largest = g;
  }
  run_note(r, "infer: %zu groups of %zu (%s) to %zu (%s) training examples", groups->count,
           groups->train_sizes[smallest], groups->names[smallest], groups->train_sizes[largest],
           groups->names[largest]);
}

despur_status run_infer_stage(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  float *outputs = NULL;
  size_t count;
  double started = run_seconds();
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_TRAIN, &count);
  despur_output what = (despur_output)r->config->infer.on;
  size_t width =
      what == DESPUR_FEATURES ? despur_net_features(r->reference) : despur_net_classes(r->reference);
  despur_infer_cluster_options options = {.clusters = (size_t)r->config->infer.clusters,
                                          .pooled = r->config->infer.scope == CONFIG_ALL_CLASSES,
                                          .starts = (size_t)r->config->infer.starts,
                                          .seed = (uint64_t)r->config->seed,
                                          .threads = r->options->threads};
  TRY(mem_alloc(&outputs, count * width, sizeof *outputs, error));
  despur_outputs(r->reference, r->dataset, examples, count, what, outputs);
  TRY(despur_infer_cluster(&r->result->groups, r->dataset, outputs, width, &options, error));
  r->result->inferred = 1;
  TRY(despur_agreement_compute(&r->result->agreement, r->dataset, &r->result->groups, &r->truth, error));
  note_groups(r);
  TRY(run_write_groups(r, error));
  json_object_set_new(r->timing, "infer", json_real(run_seconds() - started));
cleanup:
  mem_free(outputs);
  return status;
}

const char *run_method_label(const run *r) {
  static const char *const LABELS[] = {"ERM", "group balance", "class balance", "upsampling", "downsampling"};
  static const char *const INFERRED[] = {"ERM", "clusters + group balance", "class balance",
                                         "clusters + upsampling", "clusters + downsampling"};
  if (*r->config->label) return r->config->label;
  return (r->result->inferred ? INFERRED : LABELS)[r->config->train_method];
}

static despur_sampler method_sampler(const run *r) {
  static const despur_sampler SAMPLERS[] = {DESPUR_SHUFFLE, DESPUR_GROUP_BALANCE, DESPUR_GROUP_BALANCE,
                                            DESPUR_UPSAMPLE, DESPUR_DOWNSAMPLE};
  return r->order ? DESPUR_EXPLICIT : SAMPLERS[r->config->train_method];
}

despur_status run_train_stage(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  float *logits = NULL;
  uint32_t *predictions = NULL;
  despur_groups labels = {0};
  stage s = {.run = r, .name = "train", .config = &r->config->train};
  despur_train_options options = train_options(r, s.config, 2);
  options.sampler = method_sampler(r);
  options.order = r->order;
  options.order_length = r->order_length;
  options.selection = r->config->select.rule == CONFIG_LAST ? DESPUR_SELECT_LAST : DESPUR_SELECT_BEST;
  options.groups = r->result->inferred ? &r->result->groups : &r->truth;
  if (r->config->train_method == CONFIG_CLASS_BALANCE) {
    TRY(despur_groups_of_labels(&labels, r->dataset, error));
    options.groups = &labels;
  }
  status = train_and_score(r, &s, r->net, &options, run_method_label(r), &logits, &predictions, error);
  if (status != DESPUR_OK && status != DESPUR_INTERRUPTED && status != DESPUR_BAD_INPUT) goto cleanup;
  /* an interrupted or diverged training leaves the weights of its last finished epoch: worth keeping */
  despur_error second;
  despur_status saved = run_path(path, r, "model.safetensors", &second);
  if (saved == DESPUR_OK) saved = despur_net_save(r->net, path, &second);
  if (status == DESPUR_OK && saved != DESPUR_OK) FAIL(error, saved, "%s", second.message);
  if (status == DESPUR_OK) TRY(run_write_predictions(r, predictions, logits, error));
cleanup:
  despur_groups_release(&labels);
  mem_free(logits);
  mem_free(predictions);
  return status;
}
