/* The network of a run to look into and to ask again (despur/picture_model.h): Grad-CAM of each class,
 * with its sign. */
#include "base/memory.h"
#include "data/dataset.h"
#include "eval/maps/cam.h"
#include "eval/maps/outputs.h"
#include "nn/engine.h"
#include "run/files/reopen.h"
#include "run/networks/draw.h"
#include "run/networks/networks.h"
#include "run/state/run_state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct looker {
  char *directory;
  despur_config *config;
  despur_run_options options;
  despur_run_result result;
  run r;
  size_t convolution;  /* the last one */
  despur_shape places; /* of its maps */
  float *rows;         /* [batch, channels, height, width] on their way into the network */
  float *giver;        /* one example */
} looker;

static size_t values_of(despur_shape shape) {
  return shape.channels * shape.height * shape.width;
}

/* An example with a region of another one over it. */
static void paste(float *x, float *giver, const despur_dataset *dataset, const despur_pasted *pasted) {
  const despur_shape shape = despur_dataset_shape(dataset);
  const despur_region *r = &pasted->region;
  despur_dataset_image(dataset, pasted->into, x);
  if (r->width == 0) return;
  despur_dataset_image(dataset, pasted->from, giver);
  for (size_t c = 0; c < shape.channels; c++)
    for (size_t row = r->top; row < r->top + r->height; row++) {
      const size_t at = (c * shape.height + row) * shape.width + r->left;
      memcpy(x + at, giver + at, r->width * sizeof *x);
    }
}

static despur_status check_pasted(const looker *l, const despur_pasted *pasted, size_t count,
                                  despur_error *error) {
  const despur_shape shape = despur_dataset_shape(l->r.dataset);
  const size_t all = despur_dataset_count(l->r.dataset);
  for (size_t i = 0; i < count; i++) {
    const despur_region *r = &pasted[i].region;
    if (pasted[i].into >= all || pasted[i].from >= all || r->width > shape.width ||
        r->height > shape.height || r->left > shape.width - r->width || r->top > shape.height - r->height)
      return error_set(error, DESPUR_BAD_USAGE,
                       "expected two of %zu examples and a region of %zu x %zu pixels, found something else",
                       all, shape.height, shape.width);
  }
  return DESPUR_OK;
}

/* ---- what is asked ---- */

/* Less the mean of the classes, in each place: an example is of a class as much for what speaks against the
 * others, and the sum over all classes moves no prediction. */
static void centre(float *maps, size_t classes, size_t area) {
  for (size_t p = 0; p < area; p++) {
    double sum = 0;
    for (size_t c = 0; c < classes; c++) sum += (double)maps[c * area + p];
    for (size_t c = 0; c < classes; c++)
      maps[c * area + p] = (float)((double)maps[c * area + p] - sum / (double)classes);
  }
}

/* One batch: maps [count, classes, area]; raw [batch, area], targets and finite [batch] are scratch. */
static despur_status look_at_batch(float *maps, looker *l, const uint32_t *pictures, size_t count, float *raw,
                                   uint32_t *targets, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_net *net = run_last_net(&l->r);
  const size_t classes = despur_net_classes(net), area = l->places.height * l->places.width;
  dataset_batch from = {.dataset = l->r.dataset, .examples = pictures};
  const net_batch batch = {count, dataset_row, &from};
  const net_question question = {.layer = l->convolution, .batch = &batch, .targets = targets};
  bool *finite = NULL;
  TRY(mem_alloc(&finite, count, sizeof *finite, error));
  for (size_t i = 0; i < count; i++) finite[i] = true;
  for (size_t c = 0; c < classes; c++) {
    for (size_t i = 0; i < count; i++) targets[i] = (uint32_t)c;
    TRY(cam_signed(net, &question, raw, finite, error));
    for (size_t i = 0; i < count; i++)
      memcpy(maps + (i * classes + c) * area, raw + i * area, area * sizeof *maps);
  }
  for (size_t i = 0; i < count; i++) {
    if (!finite[i]) TRY(outputs_not_finite(pictures[i], error));
    centre(maps + i * classes * area, classes, area);
  }
cleanup:
  mem_free(finite);
  return status;
}

static despur_status look_maps(void *self, float *maps, const despur_linear_layer *layer,
                               const uint32_t *pictures, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  looker *l = self;
  despur_net *net = run_last_net(&l->r);
  const size_t most = net_options(net)->batch, area = l->places.height * l->places.width;
  uint32_t *targets = NULL;
  float *raw = NULL;
  (void)layer;
  TRY(outputs_check_fit(net, l->r.dataset, pictures, count, error));
  TRY(mem_alloc(&raw, most, area * sizeof *raw, error));
  TRY(mem_alloc(&targets, most, sizeof *targets, error));
  for (size_t at = 0; at < count; at += most)
    TRY(look_at_batch(maps + at * despur_net_classes(net) * area, l, pictures + at,
                      count - at < most ? count - at : most, raw, targets, error));
cleanup:
  mem_free(raw);
  mem_free(targets);
  return status;
}

typedef struct stored_rows {
  const float *rows;
  size_t values;
} stored_rows;

static void copy_row(void *context, size_t i, float *x) {
  const stored_rows *s = context;
  memcpy(x, s->rows + i * s->values, s->values * sizeof *x);
}

static despur_status look_logits(void *self, float *logits, const despur_linear_layer *layer,
                                 const despur_pasted *pasted, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  looker *l = self;
  despur_net *net = run_last_net(&l->r);
  const size_t batch = net_options(net)->batch, classes = despur_net_classes(net);
  stored_rows stored = {l->rows, values_of(despur_dataset_shape(l->r.dataset))};
  (void)layer;
  TRY(check_pasted(l, pasted, count, error));
  for (size_t at = 0; at < count; at += batch) {
    const size_t some = count - at < batch ? count - at : batch;
    for (size_t i = 0; i < some; i++)
      paste(l->rows + i * stored.values, l->giver, l->r.dataset, &pasted[at + i]);
    engine_of(net)->forward(net, &(net_batch){some, copy_row, &stored}, false, 0);
    memcpy(logits + at * classes, engine_of(net)->logits(net), some * classes * sizeof *logits);
    for (size_t k = 0; k < some * classes; k++)
      if (!isfinite(logits[at * classes + k])) TRY(outputs_not_finite(pasted[at + k / classes].into, error));
  }
cleanup:
  return status;
}

static despur_status look_draw(void *self, despur_thumbnail *out, const despur_pasted *pasted, size_t count,
                               size_t side, despur_error *error) {
  despur_status status = DESPUR_OK;
  looker *l = self;
  const despur_shape shape = despur_dataset_shape(l->r.dataset);
  for (size_t i = 0; i < count; i++) out[i] = (despur_thumbnail){0};
  TRY(check_pasted(l, pasted, count, error));
  for (size_t i = 0; i < count && run_can_draw(l->r.dataset); i++) {
    paste(l->rows, l->giver, l->r.dataset, &pasted[i]);
    TRY(run_draw(&out[i], l->rows, shape, side, error));
  }
cleanup:
  if (status != DESPUR_OK) despur_thumbnails_release(out, count);
  return status;
}

/* ---- opening ---- */

static void look_close(void *self) {
  looker *l = self;
  run_release(&l->r);
  despur_config_free(l->config);
  mem_free(l->directory);
  mem_free(l->rows);
  mem_free(l->giver);
  mem_free(l);
}

static despur_status open_looker(looker *l, const char *directory, int threads, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_copy_text(&l->directory, directory, error));
  l->options = (despur_run_options){.directory = l->directory, .threads = threads};
  l->r = (run){.options = &l->options, .result = &l->result};
  TRY(run_reopen(&l->r, &l->config, error));
  TRY(run_load_net(&l->r, config_last_network(l->config), error));
  const size_t values = values_of(despur_dataset_shape(l->r.dataset));
  TRY(mem_alloc(&l->rows, net_options(run_last_net(&l->r))->batch, values * sizeof *l->rows, error));
  TRY(mem_alloc(&l->giver, values, sizeof *l->giver, error));
cleanup:
  return status;
}

despur_status despur_run_look(despur_picture_model *out, const char *directory, int threads,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  looker *l = NULL;
  *out = (despur_picture_model){0};
  TRY(mem_alloc(&l, 1, sizeof *l, error));
  TRY(open_looker(l, directory, threads, error));
  const despur_shape shape = despur_dataset_shape(l->r.dataset);
  const size_t classes = despur_net_classes(run_last_net(&l->r));
  out->count = despur_dataset_count(l->r.dataset);
  if (!despur_net_convolution(run_last_net(&l->r), 0))
    snprintf(out->without, sizeof out->without,
             "the network of the run has no convolution, so there are no maps of where it looks");
  else if (classes != despur_dataset_classes(l->r.dataset))
    snprintf(out->without, sizeof out->without,
             "the network of the run has %zu classes, its data %zu: where it looks was not asked", classes,
             despur_dataset_classes(l->r.dataset));
  if (*out->without) goto cleanup;
  engine_of(run_last_net(&l->r))->find_convolution(run_last_net(&l->r), NULL, &l->convolution);
  l->places = engine_of(run_last_net(&l->r))->activation_shape(run_last_net(&l->r), l->convolution);
  out->height = shape.height;
  out->width = shape.width;
  if (l->r.dataset->pictures) out->shorter = shape.height;
  out->rows = l->places.height;
  out->columns = l->places.width;
  out->passes = classes;
  out->own_layer = 1;
  out->maps = look_maps;
  out->logits = look_logits;
  out->draw = look_draw;
  out->close = look_close;
  out->self = l;
  l = NULL;
cleanup:
  if (l) look_close(l);
  if (status != DESPUR_OK) *out = (despur_picture_model){0};
  return status;
}
