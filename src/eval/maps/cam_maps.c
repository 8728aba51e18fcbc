/* Grad-CAM's maps: from a convolution's activation and gradient to a picture as large as the image. */
#include "base/memory.h"
#include "base/watch.h"
#include "data/dataset.h"
#include "despur/cam.h"
#include "eval/maps/cam.h"
#include "eval/maps/outputs.h"
#include "nn/engine.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct raw_job {
  despur_shape shape;    /* of the layer */
  float *raw;            /* [batch, height, width] */
  uint32_t *predictions; /* or NULL */
  bool keeps_sign;       /* what speaks against the target is not cut off */
  bool *finite;          /* [batch] stays true where everything is */
} raw_job;

/* Each channel weighted with the mean of its gradient. The sums are in double precision: a mean over
 * gradients of both signs is small against them. */
static void visit(void *context, const net_activation *shown) {
  const raw_job *job = context;
  size_t area = job->shape.height * job->shape.width;
  float *raw = job->raw + shown->example * area;
  bool finite = shown->finite;
  memset(raw, 0, area * sizeof *raw);
  for (size_t channel = 0; channel < job->shape.channels; channel++) {
    const float *gradient = shown->gradient + channel * area,
                *activation = shown->activation + channel * area;
    double weight = 0;
    for (size_t i = 0; i < area; i++) weight += (double)gradient[i];
    for (size_t i = 0; i < area; i++) raw[i] += (float)(weight / (double)area * (double)activation[i]);
  }
  for (size_t i = 0; i < area; i++) {
    finite = finite && isfinite(raw[i]);
    if (!job->keeps_sign && !(raw[i] > 0)) raw[i] = 0;
  }
  job->finite[shown->example] = job->finite[shown->example] && finite;
  if (job->predictions) job->predictions[shown->example] = shown->prediction;
}

/* Where output index `at` of `to` lies between two of `from` input values. */
typedef struct between {
  size_t low, high;
  double share; /* of high */
} between;

static between find_between(size_t at, size_t from, size_t to) {
  double place = ((double)at + 0.5) * (double)from / (double)to - 0.5;
  if (place < 0) place = 0;
  size_t low = (size_t)place;
  return (between){low, low + 1 < from ? low + 1 : low, place - (double)low};
}

void cam_enlarge(const float *x, size_t height, size_t width, float *y, size_t out_height, size_t out_width) {
  for (size_t row = 0; row < out_height; row++) {
    between v = find_between(row, height, out_height);
    for (size_t column = 0; column < out_width; column++) {
      between h = find_between(column, width, out_width);
      const float *top = x + v.low * width, *bottom = x + v.high * width;
      double upper = (1 - h.share) * (double)top[h.low] + h.share * (double)top[h.high];
      double lower = (1 - h.share) * (double)bottom[h.low] + h.share * (double)bottom[h.high];
      y[row * out_width + column] = (float)((1 - v.share) * upper + v.share * lower);
    }
  }
}

static void subtract_minimum(float *map, size_t n) {
  float least = map[0];
  for (size_t i = 1; i < n; i++)
    if (map[i] < least) least = map[i];
  for (size_t i = 0; i < n; i++) map[i] -= least;
}

/* Divides by the maximum, if there is one above zero. */
static void normalise(float *map, size_t n) {
  float most = 0;
  for (size_t i = 0; i < n; i++)
    if (map[i] > most) most = map[i];
  for (size_t i = 0; most > 0 && i < n; i++) map[i] /= most;
}

static despur_status check_question(const despur_net *net, const despur_dataset *dataset,
                                    const despur_cam_options *options, size_t *convolution,
                                    despur_error *error) {
  if (!despur_net_convolution(net, 0))
    return error_set(error, DESPUR_BAD_USAGE, "Grad-CAM needs a network with a convolution; this has none");
  if (!engine_of(net)->find_convolution(net, options->layer, convolution)) {
    char names[256] = "";
    for (size_t i = 0, at = 0; despur_net_convolution(net, i) && at < sizeof names; i++)
      at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "",
                             despur_net_convolution(net, i));
    return error_set(error, DESPUR_BAD_USAGE, "layer: expected one of %s, found '%s'", names, options->layer);
  }
  if (options->target == DESPUR_CAM_CLASS && options->chosen_class >= despur_net_classes(net))
    return error_set(error, DESPUR_BAD_USAGE, "target: expected a class from 0 to %zu, found %zu",
                     despur_net_classes(net) - 1, options->chosen_class);
  if (options->target == DESPUR_CAM_LABEL && dataset->classes > despur_net_classes(net))
    return error_set(error, DESPUR_BAD_INPUT, "Grad-CAM: the network has %zu classes, the data set %zu",
                     despur_net_classes(net), dataset->classes);
  return DESPUR_OK;
}

despur_status cam_raw(despur_net *net, const net_question *question, float *raw, uint32_t *predictions,
                      bool *finite, despur_error *error) {
  raw_job job = {.shape = engine_of(net)->activation_shape(net, question->layer),
                 .raw = raw,
                 .predictions = predictions,
                 .finite = finite};
  return engine_of(net)->show_activations(net, question, visit, &job, error);
}

despur_status cam_signed(despur_net *net, const net_question *question, float *raw, bool *finite,
                         despur_error *error) {
  raw_job job = {.shape = engine_of(net)->activation_shape(net, question->layer),
                 .raw = raw,
                 .keeps_sign = true,
                 .finite = finite};
  return engine_of(net)->show_activations(net, question, visit, &job, error);
}

/* Memory for the maps of one batch. */
typedef struct cam_room {
  size_t convolution, area; /* of a map as large as the layer */
  float *raw, *of_class;    /* [batch, area] */
  uint32_t *targets, *predictions;
  bool *finite;
} cam_room;

static despur_status room_create(cam_room *room, const despur_net *net, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t batch = net_options(net)->batch;
  despur_shape out = engine_of(net)->activation_shape(net, room->convolution);
  room->area = out.height * out.width;
  TRY(mem_alloc(&room->raw, batch * room->area, sizeof *room->raw, error));
  TRY(mem_alloc(&room->of_class, batch * room->area, sizeof *room->of_class, error));
  TRY(mem_alloc(&room->targets, batch, sizeof *room->targets, error));
  TRY(mem_alloc(&room->predictions, batch, sizeof *room->predictions, error));
  TRY(mem_alloc(&room->finite, batch, sizeof *room->finite, error));
cleanup:
  return status;
}

static void room_release(cam_room *room) {
  mem_free(room->raw);
  mem_free(room->of_class);
  mem_free(room->targets);
  mem_free(room->predictions);
  mem_free(room->finite);
}

/* The maps of all classes, added up: room->raw. */
static despur_status add_classes(cam_room *room, despur_net *net, net_question *question,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t used = question->batch->count, values = used * room->area;
  question->targets = room->targets;
  memset(room->raw, 0, values * sizeof *room->raw);
  for (uint32_t c = 0; c < despur_net_classes(net); c++) {
    for (size_t i = 0; i < used; i++) room->targets[i] = c;
    TRY(cam_raw(net, question, room->of_class, room->predictions, room->finite, error));
    for (size_t i = 0; i < values; i++) room->raw[i] += room->of_class[i];
  }
cleanup:
  return status;
}

/* Maps of one batch as large as the layer. */
static despur_status look(cam_room *room, despur_net *net, dataset_batch *from, size_t count,
                          const despur_cam_options *options, despur_error *error) {
  const net_batch batch = {count, dataset_row, from};
  net_question question = {.layer = room->convolution, .batch = &batch};
  if (options->target == DESPUR_CAM_ALL) return add_classes(room, net, &question, error);
  if (options->target != DESPUR_CAM_PREDICTION) question.targets = room->targets;
  for (size_t i = 0; i < count; i++)
    room->targets[i] = options->target == DESPUR_CAM_LABEL ? from->dataset->label[from->examples[i]]
                                                           : (uint32_t)options->chosen_class;
  return cam_raw(net, &question, room->raw, room->predictions, room->finite, error);
}

despur_status despur_cam(despur_net *net, const despur_dataset *dataset, const uint32_t *examples,
                         size_t count, const despur_cam_options *options, float *maps, uint32_t *predictions,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  cam_room room = {0};
  TRY(check_question(net, dataset, options, &room.convolution, error));
  TRY(outputs_check_fit(net, dataset, examples, count, error));
  TRY(room_create(&room, net, error));
  despur_shape small = engine_of(net)->activation_shape(net, room.convolution);
  despur_shape large = dataset->shape;
  size_t area = large.height * large.width;
  for (size_t at = 0; at < count; at += net_options(net)->batch) {
    size_t left = count - at, used = left < net_options(net)->batch ? left : net_options(net)->batch;
    dataset_batch from = {.dataset = dataset, .examples = examples + at};
    for (size_t i = 0; i < used; i++) room.finite[i] = true;
    TRY(watch_ask(&net_options(net)->watch, error));
    TRY(look(&room, net, &from, used, options, error));
    for (size_t i = 0; i < used; i++) {
      if (!room.finite[i]) TRY(outputs_not_finite(examples[at + i], error));
      float *map = maps + (at + i) * area;
      cam_enlarge(room.raw + i * room.area, small.height, small.width, map, large.height, large.width);
      if (options->subtract_minimum) subtract_minimum(map, area);
      normalise(map, area);
    }
    if (predictions) memcpy(predictions + at, room.predictions, used * sizeof *predictions);
  }
cleanup:
  room_release(&room);
  return status;
}
