/* The training loop. */
#include "base/memory.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "nn/engine.h"
#include "nn/loss.h"
#include "nn/schedule.h"
#include "train/method.h"
#include "train/training_groups.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Everything that lives as long as one call of despur_train. */
typedef struct training {
  despur_net *net;
  const engine *engine; /* of the network */
  const despur_dataset *dataset;
  const despur_train_options *options;
  const despur_train_hooks *hooks;
  const method *method;
  training_groups trained;
  method_input input;    /* of the method */
  double *group_weights; /* [groups] the method's state, or NULL */
  sampler sampler;
  augment_plan augment;
  uint32_t *order;           /* [sampler.length] visits of the current epoch */
  uint32_t *labels, *groups; /* [batch_size] */
  double *losses, *weights;  /* [batch_size] of each example */
  double example_losses;     /* their sum over the epoch so far */
  float *gradient;           /* [batch_size, classes] of the loss by the logits */
  float *finished;           /* [state] weights and buffers after the last finished epoch */
  float *average;            /* [state] their moving average after the last epoch; NULL: none is wanted */
  float *moments[2];         /* [parameters] of the optimiser then; NULL what it does not have */
  double moment_powers[2];
  float *selected; /* [state] */
  double best_score;
  size_t selected_epoch, step, epoch_steps;
  size_t epoch; /* finished */
} training;

/* Of everything that a network has learned: parameters and buffers. */
static size_t state_bytes(const training *t) {
  return net_state_floats(t->net) * sizeof(float);
}

/* Numbers that no recipe can have, but a caller. */
static despur_status check_numbers(const despur_train_options *options, despur_error *error) {
  const despur_optimizer_options *o = &options->optimizer;
  const struct {
    const char *what;
    unsigned found, last;
  } chosen[] = {{"optimiser", o->name, DESPUR_ADAMW},
                {"schedule", options->schedule.name, DESPUR_LINEAR},
                {"selection", options->selection, DESPUR_SELECT_BEST}};
  if (!method_of(options->method))
    return error_set(error, DESPUR_BAD_USAGE, "train: no method has the number %u",
                     (unsigned)options->method);
  for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++)
    if (chosen[i].found > chosen[i].last)
      return error_set(error, DESPUR_BAD_USAGE, "train: no %s has the number %u", chosen[i].what,
                       chosen[i].found);
  if (!(o->lr >= 0) || isinf(o->lr))
    return error_set(error, DESPUR_BAD_USAGE, "train: expected a learning rate of at least 0, found %g",
                     o->lr);
  if (!(o->momentum >= 0 && o->momentum < 1))
    return error_set(error, DESPUR_BAD_USAGE, "train: expected a momentum from 0 to below 1, found %g",
                     o->momentum);
  if (!(options->clip >= 0))
    return error_set(error, DESPUR_BAD_USAGE, "train: expected a clip of at least 0, found %g",
                     options->clip);
  if (!(options->ema >= 0 && options->ema < 1))
    return error_set(error, DESPUR_BAD_USAGE, "train: expected an ema from 0 to below 1, found %g",
                     options->ema);
  return DESPUR_OK;
}

static despur_status check_fit(const despur_net_options *net, const despur_dataset *dataset,
                               const despur_train_options *options, despur_error *error) {
  despur_shape wanted = net->input, found = despur_dataset_shape(dataset);
  if (options->batch_size == 0 || options->batch_size > net->training_batch)
    return error_set(error, DESPUR_BAD_USAGE, "train: batch size %zu, but the network takes from 1 to %zu",
                     options->batch_size, net->training_batch);
  if (despur_dataset_classes(dataset) > net->classes)
    return error_set(error, DESPUR_BAD_USAGE, "train: the data set has %zu classes, the network %zu",
                     despur_dataset_classes(dataset), net->classes);
  if (found.channels != wanted.channels || found.height != wanted.height || found.width != wanted.width)
    return error_set(error, DESPUR_BAD_USAGE,
                     "train: the images have %zu x %zu x %zu values, the network takes %zu x %zu x %zu",
                     found.channels, found.height, found.width, wanted.channels, wanted.height, wanted.width);
  for (size_t i = 0; options->order && i < options->order_length; i++)
    if (options->order[i] >= despur_dataset_count(dataset))
      return error_set(error, DESPUR_BAD_USAGE, "train: the order has example %u of a data set with %zu",
                       options->order[i], despur_dataset_count(dataset));
  return DESPUR_OK;
}

/* Numbers that are one for all groups or classes, or one for each. */
static despur_status check_count(const char *what, size_t found, const char *of, size_t wanted,
                                 despur_error *error) {
  if (found <= 1 || found == wanted) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_USAGE, "train: expected 1 %s, or one for each of %zu %s; found %zu",
                   what, wanted, of, found);
}

static despur_status method_init(training *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_method_options *options = &t->options->method_options;
  size_t classes = despur_dataset_classes(t->dataset);
  t->method = method_of(t->options->method);
  TRY(training_groups_init(&t->trained, t->method->needs, t->dataset, t->options->groups, error));
  t->input = (method_input){
      .groups = t->trained.groups, .label_of = t->trained.label_of, .classes = classes, .options = options};
  TRY(check_count("power", options->powers, "classes", classes, error));
  if (!t->input.groups) return DESPUR_OK;
  TRY(check_count("adjustment", options->adjustments, "groups", t->input.groups->count, error));
  if (t->method->start) {
    TRY(mem_alloc(&t->group_weights, t->input.groups->count, sizeof *t->group_weights, error));
    t->method->start(&t->input, t->group_weights);
  }
cleanup:
  return status;
}

/* The sampler that the method plans, or the explicit order. */
static despur_status sampler_start(training *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_train_options *options = t->options;
  sampling plan = {.groups = t->input.groups};
  size_t groups = plan.groups ? plan.groups->count : 0;
  TRY(mem_alloc(&plan.mass, groups, sizeof *plan.mass, error));
  TRY(mem_alloc(&plan.quota, groups, sizeof *plan.quota, error));
  t->method->sample(&t->input, &plan);
  if (options->order) {
    plan.kind = SAMPLE_EXPLICIT;
    plan.order = options->order;
    plan.order_length = options->order_length;
  }
  TRY(sampler_init(&t->sampler, t->dataset, &plan, options->seed, options->stage, error));
cleanup:
  mem_free(plan.mass);
  mem_free(plan.quota);
  return status;
}

/* What the steps so far have made of the network. */
static void take_snapshot(training *t) {
  net_state state = {t->finished, t->average, {t->moments[0], t->moments[1]}, {0}};
  t->engine->snapshot(t->net, &state);
  memcpy(t->moment_powers, state.moment_powers, sizeof t->moment_powers);
}

static void put_weights(training *t, float *weights) {
  net_state state = {.weights = weights};
  t->engine->restore(t->net, &state);
}

static despur_status training_init(training *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_train_options *options = t->options;
  TRY(check_numbers(options, error));
  TRY(check_fit(net_options(t->net), t->dataset, options, error));
  TRY(augment_check(&options->augment, t->dataset, error));
  t->augment = (augment_plan){options->augment, options->seed, options->stage};
  TRY(method_init(t, error));
  TRY(sampler_start(t, error));
  TRY(t->engine->begin(t->net, &options->optimizer, options->ema > 0, error));
  TRY(mem_alloc(&t->order, t->sampler.length, sizeof *t->order, error));
  TRY(mem_alloc(&t->labels, options->batch_size, sizeof *t->labels, error));
  TRY(mem_alloc(&t->groups, options->batch_size, sizeof *t->groups, error));
  TRY(mem_alloc(&t->losses, options->batch_size, sizeof *t->losses, error));
  TRY(mem_alloc(&t->weights, options->batch_size, sizeof *t->weights, error));
  TRY(mem_alloc(&t->gradient, options->batch_size * despur_net_classes(t->net), sizeof *t->gradient, error));
  TRY(mem_alloc(&t->finished, net_state_floats(t->net), sizeof *t->finished, error));
  TRY(mem_alloc(&t->selected, net_state_floats(t->net), sizeof *t->selected, error));
  if (options->ema > 0) TRY(mem_alloc(&t->average, net_state_floats(t->net), sizeof *t->average, error));
  TRY(mem_alloc(&t->moments[0], net_parameters(t->net), sizeof(float), error));
  if (options->optimizer.name != DESPUR_SGD)
    TRY(mem_alloc(&t->moments[1], net_parameters(t->net), sizeof(float), error));
  take_snapshot(t);
  memcpy(t->selected, t->finished, state_bytes(t));
  t->best_score = -INFINITY;
  t->epoch_steps = (t->sampler.length + options->batch_size - 1) / options->batch_size;
cleanup:
  return status;
}

/* What an epoch that is over ended with: what is measured, and kept when it is the best. */
static float *outcome(const training *t) {
  return t->average ? t->average : t->finished;
}

/* ---- the state between epochs ---- */

static despur_train_state state_of(const training *t) {
  return (despur_train_state){.epoch = t->epoch,
                              .step = t->step,
                              .selected_epoch = t->selected_epoch,
                              .selected_score = t->best_score,
                              .parameters = net_parameters(t->net),
                              .buffers = net_buffers(t->net),
                              .weights = t->finished,
                              .average = t->average,
                              .selected = t->selected_epoch == t->epoch ? NULL : t->selected,
                              .moments = {t->moments[0], t->moments[1]},
                              .moment_powers = {t->moment_powers[0], t->moment_powers[1]},
                              .groups = t->group_weights ? t->input.groups->count : 0,
                              .group_weights = t->group_weights};
}

static despur_status check_state(const training *t, const despur_train_state *state, despur_error *error) {
  const despur_train_state own = state_of(t);
  if (state->parameters != own.parameters || state->buffers != own.buffers)
    return error_set(error, DESPUR_BAD_INPUT,
                     "train: the state is of %zu parameters and %zu buffers, the network has %zu and %zu",
                     state->parameters, state->buffers, own.parameters, own.buffers);
  if (state->groups != own.groups)
    return error_set(error, DESPUR_BAD_INPUT, "train: the state has weights of %zu groups, the method %zu",
                     state->groups, own.groups);
  if (!state->moments[0] != !own.moments[0] || !state->moments[1] != !own.moments[1])
    return error_set(error, DESPUR_BAD_INPUT, "train: the state is of another optimizer");
  if (!state->average != !own.average)
    return error_set(error, DESPUR_BAD_INPUT, "train: the state has %s moving average of the weights",
                     state->average ? "a" : "no");
  if (state->epoch > t->options->epochs || state->step != state->epoch * t->epoch_steps)
    return error_set(error, DESPUR_BAD_INPUT,
                     "train: the state is after %zu epochs and %zu steps, but %zu epochs have %zu steps each",
                     state->epoch, state->step, t->options->epochs, t->epoch_steps);
  return DESPUR_OK;
}

static despur_status restore(training *t, const despur_train_state *state, despur_error *error) {
  size_t bytes = state_bytes(t);
  despur_status status = check_state(t, state, error);
  if (status != DESPUR_OK) return status;
  t->epoch = state->epoch;
  t->step = state->step;
  t->selected_epoch = state->selected_epoch;
  t->best_score = state->selected_score;
  const net_state trained = {state->weights,
                             state->average,
                             {state->moments[0], state->moments[1]},
                             {state->moment_powers[0], state->moment_powers[1]}};
  t->engine->restore(t->net, &trained);
  take_snapshot(t);
  memcpy(t->selected, state->selected ? state->selected : outcome(t), bytes);
  if (state->groups) memcpy(t->group_weights, state->group_weights, state->groups * sizeof(double));
  return DESPUR_OK;
}

static void training_release(training *t) {
  training_groups_release(&t->trained);
  mem_free(t->group_weights);
  sampler_release(&t->sampler);
  mem_free(t->order);
  mem_free(t->labels);
  mem_free(t->groups);
  mem_free(t->losses);
  mem_free(t->weights);
  mem_free(t->gradient);
  mem_free(t->average);
  mem_free(t->moments[0]);
  mem_free(t->moments[1]);
  mem_free(t->finished);
  mem_free(t->selected);
}

/* The loss of a batch as the method sees it; what each example counts goes to t->weights. */
static double weigh_examples(training *t, size_t count) {
  const method_batch batch = {
      .count = count, .losses = t->losses, .groups = t->input.groups ? t->groups : NULL};
  if (t->method->weigh) return t->method->weigh(&t->input, t->group_weights, &batch, t->weights);
  double loss = 0, weight = 1 / (double)count;
  for (size_t i = 0; i < count; i++) {
    t->weights[i] = weight;
    loss += weight * t->losses[i];
  }
  return loss;
}

/* The mean of all steps as long as 1 / (step + 1) is the larger rate. */
static void update_average(training *t) {
  double mean = 1 / (double)(t->step + 1), moving = 1 - t->options->ema;
  t->engine->average(t->net, (float)(mean > moving ? mean : moving));
}

/* One step over the count examples of the epoch's order from `at`; *loss gets their mean loss before the
 * update. The weights are updated only when it is finite. */
static void train_batch(training *t, size_t at, size_t count, double *loss) {
  const engine *e = t->engine;
  const uint32_t *examples = t->order + at;
  size_t classes = despur_net_classes(t->net);
  dataset_batch visits = {.dataset = t->dataset,
                          .examples = examples,
                          .augment = augment_changes(&t->augment.options) ? &t->augment : NULL,
                          .visit = t->epoch * t->sampler.length + at};
  e->forward(t->net, &(net_batch){count, dataset_row, &visits}, true, t->step);
  const uint32_t *labels = despur_dataset_labels(t->dataset);
  for (size_t i = 0; i < count; i++) {
    t->labels[i] = labels[examples[i]];
    if (t->input.groups) t->groups[i] = t->input.groups->of_example[examples[i]];
  }
  cross_entropy(e->logits(t->net), t->labels, count, classes, t->losses);
  *loss = weigh_examples(t, count);
  if (!isfinite(*loss)) return;
  cross_entropy_gradient(e->logits(t->net), t->labels, t->weights, count, classes, t->gradient);
  double lr = schedule_rate(&t->options->schedule, t->options->optimizer.lr, t->step, t->epoch_steps,
                            t->options->epochs);
  if (t->options->clip > 0) {
    e->backward(t->net, t->gradient);
    e->clip(t->net, t->options->clip);
    e->step(t->net, lr);
  } else {
    e->backward_step(t->net, t->gradient, lr);
  }
  if (t->average) update_average(t);
}

/* The steps of one epoch; *mean_loss gets the mean over its examples. */
static despur_status train_epoch(training *t, size_t epoch, double *mean_loss, despur_error *error) {
  const despur_train_hooks *hooks = t->hooks;
  double sum = 0;
  t->example_losses = 0;
  sampler_draw(&t->sampler, epoch, t->order);
  for (size_t at = 0; at < t->sampler.length; at += t->options->batch_size) {
    if (hooks->stop && hooks->stop(hooks->context))
      return error_set(error, DESPUR_INTERRUPTED, "interrupted in epoch %zu of %zu, before step %zu",
                       epoch + 1, t->options->epochs, t->step);
    size_t left = t->sampler.length - at,
           count = left < t->options->batch_size ? left : t->options->batch_size;
    double loss;
    train_batch(t, at, count, &loss);
    if (!isfinite(loss))
      return error_set(
          error, DESPUR_BAD_INPUT,
          "the loss became %s at step %zu (epoch %zu of %zu); a smaller learning rate or train.clip may help",
          isnan(loss) ? "NaN" : "infinite", t->step, epoch + 1, t->options->epochs);
    if (hooks->step) hooks->step(hooks->context, t->step, loss, count);
    sum += loss * (double)count;
    for (size_t i = 0; i < count; i++) t->example_losses += t->losses[i];
    t->step++;
  }
  if (!t->engine->finite(t->net)) /* the last step can spoil weights before any loss sees it */
    return error_set(error, DESPUR_BAD_INPUT,
                     "weights became infinite or NaN by step %zu (epoch %zu of %zu); a smaller learning rate "
                     "or train.clip may help",
                     t->step - 1, epoch + 1, t->options->epochs);
  *mean_loss = sum / (double)t->sampler.length;
  return DESPUR_OK;
}

/* Keeps the weights after an epoch when the selection rule prefers them. */
static void select_weights(training *t, double score) {
  if (t->options->selection == DESPUR_SELECT_BEST && !(score > t->best_score)) return;
  t->best_score = score;
  t->selected_epoch = t->epoch;
  memcpy(t->selected, outcome(t), state_bytes(t));
}

/* An epoch is over: tells the caller and keeps what is worth keeping. The hooks see the outcome in the
 * network; the steps go on from its weights. */
static despur_status finish_epoch(training *t, double mean_loss, despur_error *error) {
  despur_status status = DESPUR_OK;
  double score = 0;
  take_snapshot(t);
  put_weights(t, outcome(t));
  t->epoch++;
  despur_epoch done = {.epoch = t->epoch,
                       .epochs = t->options->epochs,
                       .steps = t->step,
                       .loss = mean_loss,
                       .example_loss = t->example_losses / (double)t->sampler.length,
                       .groups = t->input.groups,
                       .group_weights = t->group_weights};
  if (t->hooks->epoch) status = t->hooks->epoch(t->hooks->context, t->net, &done, &score, error);
  if (status != DESPUR_OK) { /* nobody could say what these weights are worth */
    put_weights(t, t->selected);
    return status;
  }
  select_weights(t, score);
  const despur_train_state state = state_of(t);
  if (t->hooks->state) TRY(t->hooks->state(t->hooks->context, &state, error));
  put_weights(t, t->finished);
cleanup:
  return status;
}

static despur_status train_all(training *t, despur_error *error) {
  while (t->epoch < t->options->epochs) {
    double mean_loss = 0;
    despur_status status = train_epoch(t, t->epoch, &mean_loss, error);
    if (status != DESPUR_OK) {
      put_weights(t, t->finished);
      return status;
    }
    status = finish_epoch(t, mean_loss, error);
    if (status != DESPUR_OK) return status;
  }
  if (t->epoch > 0 && t->selected_epoch == 0) /* the initial weights are nobody's choice */
    return error_set(error, DESPUR_BAD_INPUT,
                     "train: none of %zu epochs has a score above -infinity, so none can be selected",
                     t->epoch);
  put_weights(t, t->selected);
  return DESPUR_OK;
}

despur_status despur_train(despur_net *net, const despur_dataset *dataset,
                           const despur_train_options *options, const despur_train_hooks *hooks,
                           despur_train_result *result, despur_error *error) {
  static const despur_train_hooks NONE = {0};
  despur_status status = DESPUR_OK;
  training t = {.net = net,
                .engine = engine_of(net),
                .dataset = dataset,
                .options = options,
                .hooks = hooks ? hooks : &NONE};
  TRY(training_init(&t, error));
  if (options->resume) TRY(restore(&t, options->resume, error));
  TRY(train_all(&t, error));
cleanup:
  if (result) *result = (despur_train_result){.selected_epoch = t.selected_epoch, .steps = t.step};
  training_release(&t);
  return status;
}
