/* A model of somebody else to look into and to ask again (despur/picture_model.h). Everything follows from
 * its last maps: their mean over the places are the features, and a linear layer of these gives logits. */
#include "despur/onnx.h"

#include "base/format.h"
#include "base/memory.h"
#include "model/activation.h"
#include "model/extraction.h"
#include "model/onnx.h"
#include "picture/resize.h"

#include <math.h>
#include <string.h>

typedef struct looker {
  despur_onnx_job job;
  extraction e;
  despur_linear_layer own;     /* of the model; empty: another one is given */
  float *weights, *biases;     /* of own, zero on average over the classes */
  float *giver;                /* one picture as the model takes it */
  size_t columns, rows, width; /* features; places of a map */
} looker;

/* ---- one batch ---- */

static size_t target(const images *in, size_t channel, size_t row, size_t column) {
  return in->last ? (row * in->columns + column) * in->channels + channel
                  : (channel * in->rows + row) * in->columns + column;
}

/* Picture i of the batch: one, with a region of another over it. */
static despur_status fill(looker *l, size_t i, const despur_pasted *pasted, despur_error *error) {
  despur_status status = DESPUR_OK;
  const images *in = &l->e.in;
  const despur_region *r = &pasted->region;
  float *to = l->e.input + i * in->numbers;
  TRY(images_fill(to, in, pasted->into, 1, error));
  if (r->width == 0) return DESPUR_OK;
  TRY(images_fill(l->giver, in, pasted->from, 1, error));
  for (size_t c = 0; c < in->channels; c++)
    for (size_t y = r->top; y < r->top + r->height; y++)
      for (size_t x = r->left; x < r->left + r->width; x++) {
        const size_t at = target(in, c, y, x);
        to[at] = l->giver[at];
      }
cleanup:
  return status;
}

static activation_maps maps_of(const looker *l, const float *values, size_t i) {
  const size_t places = l->rows * l->width;
  return (activation_maps){values + i * places * l->columns, l->columns, places, l->e.in.last ? 1 : places,
                           l->e.in.last ? l->columns : 1};
}

/* The last maps of count pictures, at most a batch, which stay until runtime_forget. */
static despur_status run(const float **values, looker *l, const despur_pasted *pasted, size_t count,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  extraction *e = &l->e;
  const float *all[EXTRACT_OUTPUTS];
  runtime_shape shapes[EXTRACT_OUTPUTS], shape = e->in.shape;
  const runtime_shape *s = &shapes[EXTRACT_MAPS];
  const size_t row = e->in.last ? 1 : 2, channel = e->in.last ? 3 : 1;
  for (size_t i = 0; i < count; i++) TRY(fill(l, i, &pasted[i], error));
  shape.sizes[0] = (int64_t)(e->fixed ? e->batch : count);
  TRY(runtime_run(e->engine, e->input, &shape, e->names, e->outputs, all, shapes, error));
  *values = all[EXTRACT_MAPS];
  if (s->rank != 4 || s->sizes[0] < (int64_t)count || s->sizes[row] <= 0 || s->sizes[row + 1] <= 0 ||
      s->sizes[channel] <= 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: '%.80s' is no maps of channels", l->job.model, e->maps);
  if (l->columns == 0) {
    l->columns = (size_t)s->sizes[channel];
    l->rows = (size_t)s->sizes[row];
    l->width = (size_t)s->sizes[row + 1];
  }
  if (l->columns != (size_t)s->sizes[channel] || l->rows != (size_t)s->sizes[row] ||
      l->width != (size_t)s->sizes[row + 1])
    FAIL(error, DESPUR_BAD_INPUT, "%s: '%.80s' changes its size", l->job.model, e->maps);
  for (size_t i = 0; i < count; i++) {
    const activation_maps maps = maps_of(l, *values, i);
    if (shapes[EXTRACT_FEATURES].rank != 2 || shapes[EXTRACT_FEATURES].sizes[1] != s->sizes[channel] ||
        !activation_averages_to(&maps, all[EXTRACT_FEATURES] + i * l->columns))
      FAIL(error, DESPUR_BAD_INPUT, "%s: the features are not the average of '%.80s' over all places",
           l->job.model, e->maps);
  }
cleanup:
  return status;
}

/* out [classes, places] = what each place adds to each logit: their means over the places are the logits. */
static void weigh(float *out, const looker *l, const despur_linear_layer *layer,
                  const activation_maps *maps) {
  for (size_t c = 0; c < layer->classes; c++) {
    activation_map(out + c * maps->places, maps, layer->weights + c * l->columns);
    for (size_t p = 0; p < maps->places; p++) out[c * maps->places + p] += layer->biases[c];
  }
}

/* ---- what is asked ---- */

static despur_status choose_layer(const despur_linear_layer **out, const looker *l,
                                  const despur_linear_layer *given, despur_error *error) {
  *out = given ? given : &l->own;
  if ((*out)->classes == 0 || (*out)->columns != l->columns)
    return error_set(error, DESPUR_BAD_USAGE, "%s: expected a last layer of %zu features, found one of %zu",
                     l->job.model, l->columns, (*out)->columns);
  return DESPUR_OK;
}

static despur_status check_pasted(const looker *l, const despur_pasted *pasted, size_t count,
                                  despur_error *error) {
  const images *in = &l->e.in;
  for (size_t i = 0; i < count; i++) {
    const despur_region *r = &pasted[i].region;
    if (pasted[i].into >= in->count || pasted[i].from >= in->count || r->width > in->columns ||
        r->height > in->rows || r->left > in->columns - r->width || r->top > in->rows - r->height)
      return error_set(error, DESPUR_BAD_USAGE,
                       "expected two of %zu pictures and a region of %zu x %zu pixels, found something else",
                       in->count, in->rows, in->columns);
  }
  return DESPUR_OK;
}

/* Maps where there is room for them, else logits. */
static despur_status ask(looker *l, float *maps, float *logits, const despur_linear_layer *given,
                         const despur_pasted *pasted, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t places = l->rows * l->width;
  const despur_linear_layer *layer;
  const float *values;
  float *room = NULL;
  TRY(choose_layer(&layer, l, given, error));
  TRY(check_pasted(l, pasted, count, error));
  TRY(mem_alloc(&room, layer->classes, places * sizeof *room, error));
  for (size_t at = 0; at < count; at += l->e.batch) {
    const size_t some = count - at < l->e.batch ? count - at : l->e.batch;
    TRY(run(&values, l, pasted + at, some, error));
    for (size_t i = 0; i < some; i++) {
      const activation_maps of = maps_of(l, values, i);
      weigh(room, l, layer, &of);
      if (maps)
        memcpy(maps + (at + i) * layer->classes * places, room, layer->classes * places * sizeof *room);
      for (size_t c = 0; c < layer->classes; c++) {
        double sum = 0;
        for (size_t p = 0; p < places; p++) sum += (double)room[c * places + p];
        if (!isfinite(sum))
          FAIL(error, DESPUR_BAD_INPUT, "%s: '%.80s' is not finite for picture %u of %s", l->job.model,
               l->e.maps, pasted[at + i].into, l->job.images);
        if (logits) logits[(at + i) * layer->classes + c] = (float)(sum / (double)places);
      }
    }
    runtime_forget(l->e.engine);
  }
cleanup:
  runtime_forget(l->e.engine);
  mem_free(room);
  return status;
}

static despur_status look_maps(void *self, float *maps, const despur_linear_layer *layer,
                               const uint32_t *pictures, size_t count, despur_error *error) {
  despur_pasted *plain;
  despur_status status = mem_alloc(&plain, count, sizeof *plain, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < count; i++) plain[i] = (despur_pasted){.into = pictures[i]};
  status = ask(self, maps, NULL, layer, plain, count, error);
  mem_free(plain);
  return status;
}

static despur_status look_logits(void *self, float *logits, const despur_linear_layer *layer,
                                 const despur_pasted *pasted, size_t count, despur_error *error) {
  return ask(self, NULL, logits, layer, pasted, count, error);
}

/* ---- for a page ---- */

static despur_status draw_one(despur_thumbnail *out, const looker *l, const despur_pasted *pasted,
                              size_t side, uint8_t *planes, picture *whole, despur_error *error) {
  despur_status status = DESPUR_OK;
  const images *in = &l->e.in;
  const despur_region *r = &pasted->region;
  const size_t area = in->rows * in->columns;
  TRY(despur_pictures_read(in->pictures, pasted->into, 1, planes, error));
  if (r->width > 0) TRY(despur_pictures_read(in->pictures, pasted->from, 1, planes + 3 * area, error));
  for (size_t p = 0; p < area; p++) {
    const size_t y = p / in->columns, x = p % in->columns;
    const bool given = x >= r->left && x < r->left + r->width && y >= r->top && y < r->top + r->height;
    for (size_t c = 0; c < 3; c++) whole->rgb[3 * p + c] = planes[((given ? 3 : 0) + c) * area + p];
  }
  TRY(picture_shrink(out, whole, side, error));
cleanup:
  return status;
}

static despur_status look_draw(void *self, despur_thumbnail *out, const despur_pasted *pasted, size_t count,
                               size_t side, despur_error *error) {
  despur_status status = DESPUR_OK;
  const looker *l = self;
  picture whole = {0};
  uint8_t *planes = NULL; /* [2, 3, rows, columns] */
  for (size_t i = 0; i < count; i++) out[i] = (despur_thumbnail){0};
  if (side == 0) FAIL(error, DESPUR_BAD_USAGE, "expected a side of at least 1 pixel, found 0");
  TRY(check_pasted(l, pasted, count, error));
  TRY(picture_allocate(&whole, l->e.in.columns, l->e.in.rows, error));
  TRY(mem_alloc(&planes, 6, l->e.in.rows * l->e.in.columns, error));
  for (size_t i = 0; i < count; i++) TRY(draw_one(&out[i], l, &pasted[i], side, planes, &whole, error));
cleanup:
  picture_release(&whole);
  mem_free(planes);
  if (status != DESPUR_OK) despur_thumbnails_release(out, count);
  return status;
}

/* ---- opening ---- */

static void look_close(void *self) {
  looker *l = self;
  extraction_release(&l->e);
  mem_free(l->weights);
  mem_free(l->biases);
  mem_free(l->giver);
  mem_free(l);
}

/* Why there are no maps, or "": what the graph says. */
static despur_status find_obstacle(char *out, size_t room, const despur_onnx_job *job, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_error why = {0};
  model_file model = {0};
  char *maps = NULL;
  TRY(extraction_open_model(&model, job->model, error));
  const char *layer = extraction_usual_layer(&model);
  if (job->layer)
    format_text(out, room, "class activation maps are of what the last linear layer sees, not of '%.80s'",
                job->layer);
  else if (!layer)
    format_text(out, room, "%.200s: it has no linear layer, so there are no class activation maps",
                job->model);
  else if (activation_find(&maps, &model, layer, &why) == DESPUR_BAD_INPUT)
    format_text(out, room, "%s", why.message);
  else if (!maps)
    status = error_set(error, DESPUR_NO_RESOURCES, "out of memory");
cleanup:
  mem_free(maps);
  model_close(&model);
  return status;
}

/* The model's own last layer, zero on average over the classes, which changes no prediction. */
static despur_status take_own_layer(looker *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_head *h = &l->e.head;
  TRY(mem_alloc(&l->weights, h->outputs, h->columns * sizeof *l->weights, error));
  TRY(mem_alloc(&l->biases, h->outputs, sizeof *l->biases, error));
  for (size_t j = 0; j <= h->columns; j++) {
    double sum = 0;
    for (size_t c = 0; c < h->outputs; c++)
      sum += (double)(j < h->columns ? h->weight[c * h->columns + j] : h->bias[c]);
    for (size_t c = 0; c < h->outputs; c++) {
      const double value = (double)(j < h->columns ? h->weight[c * h->columns + j] : h->bias[c]);
      *(j < h->columns ? &l->weights[c * h->columns + j] : &l->biases[c]) =
          (float)(value - sum / (double)h->outputs);
    }
  }
  l->own = (despur_linear_layer){h->outputs, h->columns, l->weights, l->biases};
cleanup:
  return status;
}

static despur_status open_looker(looker *l, const despur_onnx_job *job, int predicts, despur_error *error) {
  despur_status status = DESPUR_OK;
  const float *values;
  l->job = *job;
  l->e = (extraction){.job = &l->job, .wants_logits = true, .wants_maps = true, .error = error};
  TRY(extraction_open(&l->e));
  if (!l->e.in.pictures)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected a folder of pictures, found an array", job->images);
  TRY(mem_alloc(&l->giver, l->e.in.numbers, sizeof *l->giver, error));
  TRY(run(&values, l, &(despur_pasted){0}, 1, error)); /* how large maps are */
  if (predicts) TRY(take_own_layer(l, error));
cleanup:
  if (l->e.engine) runtime_forget(l->e.engine);
  return status;
}

despur_status despur_onnx_look(despur_picture_model *out, const despur_onnx_job *job, int predicts,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  looker *l = NULL;
  *out = (despur_picture_model){0};
  TRY(extraction_check_job(job, error));
  TRY(find_obstacle(out->without, sizeof out->without, job, error));
  if (*out->without) return DESPUR_OK;
  TRY(mem_alloc(&l, 1, sizeof *l, error));
  TRY(open_looker(l, job, predicts, error));
  out->count = l->e.in.count;
  out->height = l->e.in.rows;
  out->width = l->e.in.columns;
  out->shorter = job->shorter ? job->shorter : l->e.in.rows;
  out->rows = l->rows;
  out->columns = l->width;
  out->passes = 1;
  out->own_layer = predicts;
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
