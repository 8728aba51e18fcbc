#include "run/stages/training.h"
#include "base/format.h"
#include "base/math.h"
#include "base/memory.h"
#include "run/files/results.h"
#include "run/files/run_files.h"
#include "run/networks/networks.h"
#include "run/networks/score.h"
#include "run/networks/selection_rules.h"
#include "run/stages/feasible.h"
#include "run/stages/resume.h"
#include "run/stages/stage_infer.h"
#include "run/state/clock.h"
#include "run/state/optimism.h"
#include "run/state/run_state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the hooks of one training need. */
typedef struct training {
  run *run;
  const char *name;
  bool logs_steps;
  despur_progress progress;
  double started, evaluating; /* seconds */
  int rule;                   /* config_select, TRAINING_BY_RECALL or TRAINING_BY_SILHOUETTE */
  despur_error failure;       /* of writing steps.csv; its status is DESPUR_OK without one */
} training;

static void after_step(void *context, size_t step, double loss, size_t examples) {
  training *s = context;
  const despur_observer *observer = &s->run->options->observer;
  if (s->run->steps && s->logs_steps &&
      file_print(s->run->steps, &s->failure, "%zu,%.9g\n", step, loss) != DESPUR_OK) {
    file_writer_leave(s->run->steps); /* under its temporary name, for a run that goes on */
    s->run->steps = NULL;
  }
  s->progress.done += examples;
  s->progress.loss = loss;
  if (observer->progress) observer->progress(observer->context, &s->progress);
}

static int stop_asked(void *context) {
  const training *s = context;
  const despur_observer *observer = &s->run->options->observer;
  return s->failure.status != DESPUR_OK || (observer->stop && observer->stop(observer->context));
}

static bool has_examples(const run *r, despur_split split) {
  size_t count;
  despur_dataset_split(r->dataset, split, &count);
  return count > 0;
}

/* Measures an epoch's network on a split and writes it down. */
static despur_status score_epoch(run *r, const training *s, size_t epoch, despur_net *net, despur_split split,
                                 despur_scores *scores, double *worst_inferred, despur_error *error) {
  uint32_t *predictions = NULL;
  despur_status status = run_score(scores, NULL, &predictions, net, r->dataset, &r->truth, split, error);
  if (status == DESPUR_BAD_INPUT)
    error_add(error, " (%s, epoch %zu of %zu); a smaller learning rate or %s.clip may help", s->name, epoch,
              s->progress.epochs, s->name);
  TRY(status);
  if (split == DESPUR_VAL) TRY(run_remember(r, predictions, error));
  TRY(run_write_scores(r, s->name, epoch, split, scores, NULL, error));
  if (worst_inferred) *worst_inferred = run_worst_inferred_group(r, predictions);
cleanup:
  mem_free(predictions);
  return status;
}

enum { STEPS_TO_BEGIN = 100 };
#define LIKE_GUESSING 0.99 /* of the loss of equal probabilities */

/* After the last epoch: a network whose loss is that of guessing tells nothing about the method. Steps that
 * are too large, or an unlucky start, hold it where all classes look alike. The method's own loss may be
 * another: GroupDRO's leaves out the groups that a batch lacks. */
static void note_not_begun(const training *s, const despur_epoch *epoch) {
  size_t classes = run_classes_to_guess(s->run);
  double guessing = math_log((double)classes);
  if (epoch->epoch < epoch->epochs || epoch->steps < STEPS_TO_BEGIN ||
      epoch->example_loss < LIKE_GUESSING * guessing)
    return;
  run_note(s->run,
           "%s: the network has not begun to learn: its loss of %.4f is not clearly below that of guessing, "
           "log %zu = %.4f; another "
           "seeds.init, or another %s.optimizer.lr, may help",
           s->name, epoch->example_loss, classes, guessing, s->name);
}

static despur_status after_epoch(void *context, despur_net *net, const despur_epoch *epoch, double *score,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  training *s = context;
  run *r = s->run;
  double started = run_seconds();
  epoch_scores scores = {.worst_inferred_group = (double)NAN};
  despur_scores val = {0}, test = {0};
  char heard[128] = "";
  s->progress.epoch = epoch->epoch + 1;
  s->progress.done = 0;
  TRY(run_write_epoch(r, s->name, epoch, error));
  if (has_examples(r, DESPUR_VAL)) {
    TRY(score_epoch(r, s, epoch->epoch, net, DESPUR_VAL, &val, &scores.worst_inferred_group, error));
    scores.val = &val;
    format_text(heard, sizeof heard, ", validation average %.1f %%, worst group %.1f %%",
                100 * val.average_accuracy, 100 * val.worst_group_accuracy);
  }
  if (has_examples(r, DESPUR_TEST)) {
    TRY(score_epoch(r, s, epoch->epoch, net, DESPUR_TEST, &test, NULL, error));
    scores.test = &test;
  }
  *score = rules_hear(run_open_result(r)->rules, &scores, epoch->epoch, s->rule < 0 ? CONFIG_LAST : s->rule);
  if (s->rule == TRAINING_BY_RECALL) TRY(run_reference_recall(score, r, net, error));
  if (s->rule == TRAINING_BY_SILHOUETTE) TRY(run_reference_silhouette(score, r, net, error));
  run_note(r, "%s: epoch %zu of %zu: loss %.4f%s", s->name, epoch->epoch, epoch->epochs, epoch->loss, heard);
  note_not_begun(s, epoch);
cleanup:
  despur_scores_release(&val);
  despur_scores_release(&test);
  s->evaluating += run_seconds() - started;
  return status;
}

/* The run can go on from here. */
static despur_status after_selection(void *context, const despur_train_state *state, despur_error *error) {
  training *s = context;
  run_open_result(s->run)->seconds = run_seconds() - s->started - s->evaluating;
  return run_save(s->run, state, error);
}

static despur_augmentation augmentation_options(const despur_config *c) {
  const double *scale = c->data.augment.scale.values, *ratio = c->data.augment.ratio.values;
  return (despur_augmentation){.flip = c->data.augment.flip,
                               .crop = (despur_crop)c->data.augment.crop,
                               .pad = (size_t)c->data.augment.pad,
                               .scale = {scale[0], scale[1]},
                               .ratio = {ratio[0], ratio[1]},
                               .brightness = c->data.augment.brightness,
                               .contrast = c->data.augment.contrast,
                               .saturation = c->data.augment.saturation,
                               .hue = c->data.augment.hue};
}

despur_train_options training_options(const run *r, const stage_config *config, uint64_t stage_number) {
  return (despur_train_options){
      .epochs = (size_t)config->epochs,
      .batch_size = (size_t)config->batch_size,
      .optimizer = {.name = (despur_optimizer)config->optimizer.name,
                    .lr = config->optimizer.lr,
                    .head_factor = config->optimizer.head_factor,
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
      .ema = config->ema,
      .augment = augmentation_options(r->config),
      .seed = config_seed(r->config, r->config->seeds.order),
      .stage = stage_number,
      .resume = r->state};
}

/* Measures the selected network on the evaluation split and writes it down. */
static despur_status finish(run *r, const training *s, const run_training *what, size_t selected,
                            run_outputs *outputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_stage_result *result = run_open_result(r);
  result->selected_epoch = selected;
  result->epochs = what->options.epochs;
  TRY(run_score(&result->scores, &outputs->logits, &outputs->predictions, r->nets[what->network], r->dataset,
                &r->truth, r->result->split, error));
  run_close_result(r, what->network, what->label);
  TRY(run_write_scores(r, s->name, selected, r->result->split, &result->scores, result->label, error));
  TRY(run_judge_choice(result->rules, r, error));
  if (what->options.epochs > 0) TRY(run_write_rules(r, s->name, result->rules, error));
  result->rule = training_rule(what->rule);
  timing_set(&r->timing, s->name, result->seconds);
cleanup:
  return status;
}

int training_rule(int rule) {
  return rule < 0 ? -1 : rule;
}

despur_status run_train(run *r, const run_training *what, run_outputs *outputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_stage_result *result = run_open_result(r);
  const despur_train_options *options = &what->options;
  despur_train_result trained;
  training s = {.run = r,
                .name = despur_network_names[what->network],
                .logs_steps = what->network == DESPUR_NETWORK_TRAIN,
                .rule = what->rule};
  despur_train_hooks hooks = {
      .context = &s, .step = after_step, .epoch = after_epoch, .state = after_selection, .stop = stop_asked};
  size_t done = options->resume ? options->resume->epoch : 0;
  s.progress = (despur_progress){.stage = s.name, .epoch = done + 1, .epochs = options->epochs};
  despur_dataset_split(r->dataset, DESPUR_TRAIN, &s.progress.total);
  if (options->order) s.progress.total = options->order_length;
  s.started = run_seconds() - result->seconds; /* what it had taken before it was resumed */
  r->state = NULL;
  status = despur_train(r->nets[what->network], r->dataset, options, &hooks, &trained, error);
  if (s.failure.status != DESPUR_OK) FAIL(error, s.failure.status, "%s", s.failure.message);
  if (status != DESPUR_OK) goto cleanup;
  result->seconds = run_seconds() - s.started - s.evaluating;
  TRY(finish(r, &s, what, trained.selected_epoch, outputs, error));
cleanup:
  return status;
}

void run_outputs_release(run_outputs *outputs) {
  mem_free(outputs->logits);
  mem_free(outputs->predictions);
  *outputs = (run_outputs){0};
}
