#include "model/initialise.h"

#include "base/dictionary.h"
#include "base/memory.h"
#include "model/model.h"
#include "nn/engine.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 5 };

static const char PARALLEL[] = "module."; /* what torch.nn.DataParallel puts in front of all names */

typedef struct match {
  const char *path;
  model_file model;
  dictionary names; /* of the model's tensors, without the prefix: same indices */
  size_t prefix;    /* bytes in front of all names */
  tensor *wanted;
  size_t count, classifier;
  const model_tensor **found; /* [count] NULL: it stays as it is */
  bool *used;                 /* [tensors of the model] */
  text missing, shapes, others;
  size_t missing_count, shape_count, other_count;
  despur_error *error;
} match;

/* Adds an item to a list of which the first few are shown. */
static despur_status list(match *m, text *items, size_t *count, const char *name, const char *more) {
  ++*count;
  if (*count > SHOWN) return DESPUR_OK;
  return text_add(items, m->error, "%s'%.60s'%s", *count > 1 ? ", " : "", name, more);
}

static size_t common_prefix(const model_file *model) {
  for (size_t i = 0; i < model->count; i++)
    if (strncmp(model->tensors[i].name, PARALLEL, strlen(PARALLEL)) != 0) return 0;
  return strlen(PARALLEL);
}

static despur_status number_names(match *m) {
  despur_status status = DESPUR_OK;
  m->prefix = common_prefix(&m->model);
  for (size_t i = 0; i < m->model.count; i++) {
    const char *name = m->model.tensors[i].name + m->prefix;
    uint32_t index;
    TRY(dictionary_add(&index, &m->names, name, strlen(name), m->error));
    if (index != i) FAIL(m->error, DESPUR_BAD_INPUT, "%s: two tensors have the name '%.60s'", m->path, name);
  }
cleanup:
  return status;
}

static bool same_shape(const tensor *wanted, const model_tensor *found) {
  return found->rank == wanted->rank &&
         memcmp(found->shape, wanted->shape, wanted->rank * sizeof *wanted->shape) == 0;
}

static model_shape wanted_shape(const tensor *t) {
  model_tensor like = {.rank = t->rank};
  memcpy(like.shape, t->shape, t->rank * sizeof *t->shape);
  return model_shape_text(&like);
}

/* Looks for the i-th tensor of the network. */
static despur_status look_for(match *m, size_t i) {
  const tensor *wanted = &m->wanted[i];
  uint32_t index;
  if (!dictionary_find(&index, &m->names, wanted->name, strlen(wanted->name)))
    return list(m, &m->missing, &m->missing_count, wanted->name, "");
  const model_tensor *found = &m->model.tensors[index];
  m->used[index] = true;
  if (same_shape(wanted, found)) {
    m->found[i] = found;
    return DESPUR_OK;
  }
  char more[320];
  snprintf(more, sizeof more, " %s in place of %s", model_shape_text(found).text, wanted_shape(wanted).text);
  return list(m, &m->shapes, &m->shape_count, wanted->name, more);
}

/* The last layer is taken whole or not at all. */
static despur_status look_for_classifier(match *m) {
  despur_status status = DESPUR_OK;
  const size_t missing = m->missing_count, shapes = m->shape_count;
  text kept_missing = m->missing, kept_shapes = m->shapes;
  m->missing = m->shapes = (text){0};
  m->missing_count = m->shape_count = 0;
  for (size_t i = m->classifier; i < m->count; i++) TRY(look_for(m, i));
  if (m->missing_count + m->shape_count > 0)
    for (size_t i = m->classifier; i < m->count; i++) m->found[i] = NULL;
cleanup:
  mem_free(m->missing.data);
  mem_free(m->shapes.data);
  m->missing = kept_missing;
  m->shapes = kept_shapes;
  m->missing_count = missing;
  m->shape_count = shapes;
  return status;
}

static despur_status add_part(match *m, text *out, const char *what, const text *items, size_t count) {
  despur_status status = DESPUR_OK;
  if (count == 0) return DESPUR_OK;
  TRY(text_add(out, m->error, "%s %s %s", out->length > 0 ? ";" : ":", what, items->data));
  if (count > SHOWN) TRY(text_add(out, m->error, " and %zu more", count - SHOWN));
cleanup:
  return status;
}

static despur_status refuse(match *m) {
  despur_status status = DESPUR_OK;
  text parts = {0};
  TRY(add_part(m, &parts, "it lacks", &m->missing, m->missing_count));
  TRY(add_part(m, &parts, "of other shapes are", &m->shapes, m->shape_count));
  TRY(add_part(m, &parts, "the network has no", &m->others, m->other_count));
  status =
      error_set(m->error, DESPUR_BAD_INPUT, "%s: not the weights of this network%s", m->path, parts.data);
cleanup:
  mem_free(parts.data);
  return status;
}

/* What the file has and the network has not. A file whose last layer has another name has that one over. */
static despur_status look_for_others(match *m) {
  despur_status status = DESPUR_OK;
  bool has_classifier = m->found[m->classifier] != NULL;
  ptrdiff_t head[2] = {MODEL_NONE, MODEL_NONE};
  for (size_t i = 0; i < m->model.layer_count && !has_classifier; i++) {
    const model_layer *layer = &m->model.layers[i];
    if (m->used[layer->weight]) continue;
    head[0] = (ptrdiff_t)layer->weight;
    head[1] = layer->bias;
  }
  for (size_t i = 0; i < m->model.count; i++) {
    const model_tensor *t = &m->model.tensors[i];
    if (m->used[i] || t->type == MODEL_OTHER || t->count <= 1 || (ptrdiff_t)i == head[0] ||
        (ptrdiff_t)i == head[1])
      continue;
    TRY(list(m, &m->others, &m->other_count, t->name + m->prefix, ""));
  }
cleanup:
  return status;
}

static despur_status say_left(match *m, text *left) {
  const tensor *weight = &m->wanted[m->classifier];
  if (m->found[m->classifier]) return DESPUR_OK;
  return text_add(left, m->error, "%s has no layer like the last one, '%s' %s, which begins at random",
                  m->path, weight->name, wanted_shape(weight).text);
}

/* All are read before one is changed. */
static despur_status take_all(match *m, despur_net *net) {
  despur_status status = DESPUR_OK;
  float *values = NULL;
  size_t total = 0;
  for (size_t i = 0; i < m->count; i++) total += m->wanted[i].count;
  TRY(mem_alloc(&values, total, sizeof *values, m->error));
  for (size_t i = 0, at = 0; i < m->count; at += m->wanted[i++].count)
    if (m->found[i]) TRY(model_read(values + at, &m->model, m->found[i], m->error));
  for (size_t i = 0, at = 0; i < m->count; at += m->wanted[i++].count)
    if (m->found[i]) net_set_tensor(net, &m->wanted[i], values + at);
cleanup:
  mem_free(values);
  return status;
}

despur_status model_initialise(despur_net *net, const char *path, text *left, despur_error *error) {
  despur_status status = DESPUR_OK;
  match m = {.path = path, .error = error};
  TRY(model_open(&m.model, path, error));
  TRY(net_list_tensors(&m.wanted, &m.count, &m.classifier, net, error));
  TRY(mem_alloc(&m.found, m.count, sizeof *m.found, error));
  TRY(mem_alloc(&m.used, m.model.count, sizeof *m.used, error));
  TRY(number_names(&m));
  for (size_t i = 0; i < m.classifier; i++) TRY(look_for(&m, i));
  TRY(look_for_classifier(&m));
  TRY(look_for_others(&m));
  if (m.missing_count + m.shape_count + m.other_count > 0) TRY(refuse(&m));
  TRY(take_all(&m, net));
  TRY(say_left(&m, left));
cleanup:
  model_close(&m.model);
  dictionary_release(&m.names);
  mem_free(m.wanted);
  mem_free(m.found);
  mem_free(m.used);
  mem_free(m.missing.data);
  mem_free(m.shapes.data);
  mem_free(m.others.data);
  return status;
}
