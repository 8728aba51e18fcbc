/* Features of pictures by a network of somebody else: the model gets one or two more outputs, pictures go
 * through it in batches, and beside the result stands what it was computed from and by whom. */
#include "despur/model.h"
#include "despur/onnx.h"

#include "base/format.h"
#include "base/json_write.h"
#include "base/level.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/watch.h"
#include "eval/predictions/examples.h"
#include "io/array_file.h"
#include "model/activation.h"
#include "model/extraction.h"
#include "model/folder.h"
#include "model/onnx.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- passes ---- */

/* How many numbers of a picture one value of the result is the mean of, and how many values there are. */
static despur_status measure(const extraction *e, size_t output, const runtime_shape *shape, size_t *width,
                             size_t *places) {
  const int64_t *s = shape->sizes;
  if (shape->rank != 2 && shape->rank != 4)
    return error_set(e->error, DESPUR_BAD_INPUT,
                     "%s: '%.80s' has %zu dimensions; expected a layer [n, features] or of maps [n, "
                     "channels, rows, columns]",
                     e->job->model, e->names[output], shape->rank);
  *width = (size_t)s[shape->rank == 4 && e->in.last ? 3 : 1];
  *places = shape->rank == 2 ? 1 : (size_t)(e->in.last ? s[1] * s[2] : s[2] * s[3]);
  if (*width > 0 && *places > 0) return DESPUR_OK;
  return error_set(e->error, DESPUR_BAD_INPUT, "%s: '%.80s' is empty", e->job->model, e->names[output]);
}

/* Keeps one output of a batch of which `count` pictures count. */
static despur_status keep(extraction *e, size_t output, size_t first, size_t count, const float *values,
                          const runtime_shape *shape) {
  despur_status status = DESPUR_OK;
  size_t width, places;
  TRY(measure(e, output, shape, &width, &places));
  if (shape->sizes[0] < (int64_t)count)
    FAIL(e->error, DESPUR_BAD_INPUT, "%s: '%.80s' has %zu rows for %zu pictures", e->job->model,
         e->names[output], (size_t)shape->sizes[0], count);
  if (!e->results[output]) TRY(mem_alloc(&e->results[output], e->in.count, width * sizeof(float), e->error));
  if (first > 0 && width != e->widths[output])
    FAIL(e->error, DESPUR_BAD_INPUT, "%s: '%.80s' changes its width", e->job->model, e->names[output]);
  e->widths[output] = width;
  for (size_t i = 0; i < count * width; i++) {
    const size_t picture = i / width, column = i % width;
    const float *from = values + picture * width * places + (e->in.last ? column : column * places);
    double sum = 0;
    for (size_t p = 0; p < places; p++) sum += (double)from[p * (e->in.last ? width : 1)];
    float value = (float)(sum / (double)places);
    if (!isfinite(value))
      FAIL(e->error, DESPUR_BAD_INPUT, "%s: '%.80s' is not finite for picture %zu of %s", e->job->model,
           e->names[output], first + picture, e->job->images);
    e->results[output][first * width + i] = value;
  }
cleanup:
  return status;
}

/* The class that the logits of a picture are largest for, the first of equals. */
static size_t predicted(const extraction *e, size_t picture) {
  const float *logits = e->results[EXTRACT_LOGITS] + picture * e->widths[EXTRACT_LOGITS];
  size_t best = 0;
  for (size_t k = 1; k < e->widths[EXTRACT_LOGITS]; k++)
    if (logits[k] > logits[best]) best = k;
  return best;
}

/* Maps of the classes that a batch is taken for; features and logits of it are known. */
static despur_status keep_maps(extraction *e, size_t first, size_t count, const float *values,
                               const runtime_shape *shape) {
  despur_status status = DESPUR_OK;
  const size_t row = e->in.last ? 1 : 2, channel = e->in.last ? 3 : 1, columns = e->widths[EXTRACT_FEATURES];
  if (shape->rank != 4 || shape->sizes[0] < (int64_t)count || (size_t)shape->sizes[channel] != columns ||
      e->head.columns != columns || e->head.outputs != e->widths[EXTRACT_LOGITS])
    FAIL(e->error, DESPUR_BAD_INPUT, "%s: '%.80s' is not the maps of the %zu features", e->job->model,
         e->maps, columns);
  const size_t rows = (size_t)shape->sizes[row], across = (size_t)shape->sizes[row + 1],
               places = rows * across;
  if (first > 0 && (rows != e->map_rows || across != e->map_columns))
    FAIL(e->error, DESPUR_BAD_INPUT, "%s: '%.80s' changes its size", e->job->model, e->maps);
  e->map_rows = rows;
  e->map_columns = across;
  if (!e->results[EXTRACT_MAPS])
    TRY(mem_alloc(&e->results[EXTRACT_MAPS], e->in.count, places * sizeof(float), e->error));
  for (size_t i = 0; i < count; i++) {
    const activation_maps maps = {values + i * places * columns, columns, places, e->in.last ? 1 : places,
                                  e->in.last ? columns : 1};
    if (!activation_averages_to(&maps, e->results[EXTRACT_FEATURES] + (first + i) * columns))
      FAIL(e->error, DESPUR_BAD_INPUT, "%s: the features are not the average of '%.80s' over all places",
           e->job->model, e->maps);
    activation_map(e->results[EXTRACT_MAPS] + (first + i) * places, &maps,
                   e->head.weight + predicted(e, first + i) * columns);
  }
cleanup:
  return status;
}

static despur_status run_batch(extraction *e, size_t first, size_t count) {
  despur_status status = DESPUR_OK;
  const float *values[EXTRACT_OUTPUTS];
  runtime_shape shapes[EXTRACT_OUTPUTS], shape = e->in.shape;
  shape.sizes[0] = (int64_t)(e->fixed ? e->batch : count);
  TRY(images_fill(e->input, &e->in, first, count, e->error));
  TRY(runtime_run(e->engine, e->input, &shape, e->names, e->outputs, values, shapes, e->error));
  for (size_t i = 0; i < e->outputs && i < EXTRACT_MAPS; i++)
    TRY(keep(e, i, first, count, values[i], &shapes[i]));
  if (e->outputs > EXTRACT_MAPS) TRY(keep_maps(e, first, count, values[EXTRACT_MAPS], &shapes[EXTRACT_MAPS]));
cleanup:
  runtime_forget(e->engine);
  return status;
}

static despur_status run_all(extraction *e) {
  despur_status status = DESPUR_OK;
  const size_t n = e->in.count;
  for (size_t first = 0; first < n; first += e->batch) {
    size_t count = n - first < e->batch ? n - first : e->batch;
    TRY(run_batch(e, first, count));
    TRY(watch_ask(&e->job->watch, e->error));
    watch_tell(&e->job->watch, "pictures", first + count, n);
  }
cleanup:
  return status;
}

/* ---- what is written ---- */

static void put_file(json_writer *j, const char *name, const char *path, const char *hash) {
  assert(path);
  const char *slash = strrchr(path, '/');
  json_open(j, name, '{');
  json_write_text(j, "file", slash ? slash + 1 : path);
  json_write_text(j, "sha256", hash);
  json_close(j);
}

/* An array by its hash; a folder by what was found in it. */
static despur_status put_images(json_writer *j, const extraction *e) {
  despur_status status = DESPUR_OK;
  char hash[SHA256_HEX], *file = NULL;
  if (e->in.pictures) {
    json_open(j, "images", '{');
    json_write_text(j, "folder", despur_pictures_description(e->in.pictures));
    json_close(j);
    return DESPUR_OK;
  }
  TRY(array_file_name(&file, e->job->images, e->error));
  TRY(file_sha256(file, hash, e->error));
  put_file(j, "images", file, hash);
cleanup:
  mem_free(file);
  return status;
}

static void put_size(json_writer *j, const extraction *e) {
  static const char *const FILTERS[] = {"bilinear", "bicubic"};
  json_open(j, "size", '{');
  json_write_count(j, "rows", e->in.rows);
  json_write_count(j, "columns", e->in.columns);
  if (e->in.fitted || e->in.pictures) {
    json_write_count(j, "shorter", e->job->shorter ? e->job->shorter : e->in.rows);
    json_write_text(j, "filter", FILTERS[e->job->filter]);
  }
  json_close(j);
}

static void put_preprocessing(json_writer *j, const extraction *e) {
  static const char *const NAMES[] = {"mean", "deviation"};
  json_open(j, "preprocess", '{');
  json_write_text(j, "name", despur_preprocess_names[e->job->preprocess]);
  if (e->job->preprocess != DESPUR_PREPROCESS_NONE) {
    json_write_real(j, "scale", 1.0 / 255);
    for (size_t i = 0; i < 2; i++) {
      json_open(j, NAMES[i], '[');
      for (size_t c = 0; c < e->in.channels; c++) {
        double numbers[2];
        preprocess_numbers(&numbers[0], &numbers[1], e->job->preprocess, c);
        json_write_real(j, NULL, numbers[i]);
      }
      json_close(j);
    }
  }
  json_close(j);
}

/* The line that tells the tool its own file again; see cli/output.c. */
static const char MADE_BY[] = "Made by despur " DESPUR_VERSION;

static despur_status describe(json_writer *j, const extraction *e, const despur_onnx_result *result) {
  static const char *const LEVELS[] = {"baseline", "v3", "v4"};
  despur_status status = DESPUR_OK;
  char model[SHA256_HEX], features[SHA256_HEX], logits[SHA256_HEX], maps[SHA256_HEX];
  sha256 hash;
  sha256_init(&hash);
  sha256_add(&hash, e->model.data, e->model.bytes); /* as it was run, whatever has become of the file */
  sha256_finish(&hash, model);
  TRY(file_sha256(e->job->features, features, e->error));
  if (e->job->logits) TRY(file_sha256(e->job->logits, logits, e->error));
  if (e->job->maps) TRY(file_sha256(e->job->maps, maps, e->error));
  json_open(j, NULL, '{');
  json_write_text(j, "by", MADE_BY);
  put_file(j, "model", e->job->model, model);
  TRY(put_images(j, e));
  put_size(j, e);
  json_write_text(j, "layer", result->layer);
  put_preprocessing(j, e);
  json_open(j, "engine", '{');
  json_write_text(j, "name", "ONNX Runtime");
  json_write_text(j, "version", result->engine.version);
  json_write_text(j, "instruction_set", LEVELS[level_count() - 1]);
  json_close(j);
  json_write_count(j, "count", result->count);
  json_write_count(j, "columns", result->columns);
  put_file(j, "features", e->job->features, features);
  if (e->job->logits) put_file(j, "logits", e->job->logits, logits);
  if (e->job->maps) put_file(j, "maps", e->job->maps, maps);
  json_close(j);
cleanup:
  return status;
}

static despur_status write_description(const extraction *e, const despur_onnx_result *result) {
  despur_status status = DESPUR_OK;
  text path = {0};
  json_writer j = {.style = JSON_PRETTY};
  char *content = NULL;
  TRY(describe(&j, e, result));
  TRY(json_finish(&content, &j, e->error));
  TRY(text_add(&path, e->error, "%s.json", e->job->features));
  TRY(file_write_text(path.data, content, e->error));
cleanup:
  json_drop(&j);
  mem_free(path.data);
  mem_free(content);
  return status;
}

static despur_status write_table(const extraction *e) {
  despur_status status = DESPUR_OK;
  despur_examples examples = {0};
  text path = {0};
  TRY(folder_describe(&examples, e->in.pictures, e->error));
  TRY(text_add(&path, e->error, "%s.csv", e->job->features));
  TRY(examples_write_table(&examples, path.data, e->error));
cleanup:
  despur_examples_release(&examples);
  mem_free(path.data);
  return status;
}

static despur_status write_all(const extraction *e, despur_onnx_result *out) {
  despur_status status = DESPUR_OK;
  const char *paths[] = {e->job->features, e->job->logits};
  *out = (despur_onnx_result){.count = e->in.count,
                              .columns = e->widths[EXTRACT_FEATURES],
                              .classes = e->job->logits ? e->widths[EXTRACT_LOGITS] : 0};
  format_text(out->layer, sizeof out->layer, "%s", e->names[0]);
  TRY(runtime_find(&out->engine, e->error));
  for (size_t i = 0; i < EXTRACT_MAPS; i++)
    if (paths[i])
      TRY(npy_write_marked(paths[i], NPY_F32, 2, (const size_t[]){out->count, e->widths[i]}, e->results[i],
                           e->error));
  if (e->job->maps)
    TRY(npy_write_marked(e->job->maps, NPY_F32, 3, (const size_t[]){out->count, e->map_rows, e->map_columns},
                         e->results[EXTRACT_MAPS], e->error));
  if (e->in.pictures) TRY(write_table(e));
  TRY(write_description(e, out));
cleanup:
  return status;
}

/* Examples in memory are pictures of a folder, and what predicts has as many outputs as that has classes. */
static despur_status check_folder(const extraction *e) {
  const model_layer *last = &e->model.layers[e->model.layer_count - 1];
  size_t classes = 0, outputs;
  if (!e->in.pictures)
    return error_set(e->error, DESPUR_BAD_INPUT, "%s: expected a folder of pictures, found an array",
                     e->job->images);
  if (!e->wants_logits) return DESPUR_OK;
  while (despur_pictures_class(e->in.pictures, classes)) classes++;
  outputs = e->model.tensors[last->weight].shape[last->transposed];
  if (outputs == classes) return DESPUR_OK;
  return error_set(e->error, DESPUR_BAD_INPUT,
                   "%s: it has %zu outputs, and %s %zu classes: its predictions cannot be of them",
                   e->job->model, outputs, e->job->images, classes);
}

static despur_status extract(extraction *e) {
  despur_status status = DESPUR_OK;
  TRY(extraction_open(e));
  if (!e->job->features) TRY(check_folder(e));
  TRY(run_all(e));
cleanup:
  return status;
}

despur_status despur_onnx_features(despur_onnx_result *out, const despur_onnx_job *job, despur_error *error) {
  despur_status status = DESPUR_OK;
  extraction e = {
      .job = job, .wants_logits = job->logits != NULL, .wants_maps = job->maps != NULL, .error = error};
  *out = (despur_onnx_result){0};
  if (!job->features)
    FAIL(error, DESPUR_BAD_USAGE, "expected the name of a file for the features, found NULL");
  TRY(extraction_check_job(job, error));
  TRY(extract(&e));
  TRY(write_all(&e, out));
cleanup:
  extraction_release(&e);
  return status;
}

/* ---- examples in memory ---- */

static despur_status take_predictions(despur_examples *out, const extraction *e) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&out->predictions, out->count, sizeof *out->predictions, e->error));
  for (size_t i = 0; i < out->count; i++) out->predictions[i] = (uint32_t)predicted(e, i);
cleanup:
  return status;
}

static despur_status read_as(despur_examples *out, const extraction *e) {
  despur_status status = DESPUR_OK;
  text line = {0};
  TRY(text_add(&line, e->error, "%s, features: '%s' of %s, predictions: %s",
               despur_pictures_description(e->in.pictures), e->names[EXTRACT_FEATURES], e->job->model,
               e->wants_logits ? "its own" : "of a head that is fitted to the features"));
  out->read_as = line.data;
  line.data = NULL;
cleanup:
  mem_free(line.data);
  return status;
}

despur_status despur_onnx_examples(despur_examples *out, const despur_onnx_job *job, int predicts,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_onnx_job pictures = {.model = job->model,
                                    .images = job->images,
                                    .layout = job->layout,
                                    .layer = job->layer,
                                    .preprocess = job->preprocess,
                                    .filter = job->filter,
                                    .shorter = job->shorter,
                                    .skip_unreadable = job->skip_unreadable,
                                    .threads = job->threads,
                                    .watch = job->watch};
  extraction e = {.job = &pictures, .wants_logits = predicts != 0, .error = error};
  *out = (despur_examples){0};
  TRY(extraction_check_job(&pictures, error));
  TRY(extract(&e));
  TRY(folder_describe(out, e.in.pictures, error));
  if (!despur_pictures_say_splits(e.in.pictures)) {
    mem_free(out->splits);
    out->splits = NULL;
  }
  if (predicts) TRY(take_predictions(out, &e));
  TRY(read_as(out, &e));
  out->columns = e.widths[EXTRACT_FEATURES];
  out->x = e.results[EXTRACT_FEATURES];
  e.results[EXTRACT_FEATURES] = NULL;
cleanup:
  extraction_release(&e);
  if (status != DESPUR_OK) despur_examples_release(out);
  return status;
}

despur_status despur_onnx_find(despur_onnx_engine *out, despur_error *error) {
  return runtime_find(out, error);
}

/* ---- a list ---- */

typedef struct listing {
  text lines;
  const char *usual;
} listing;

static despur_status add_line(void *context, const char *operation, const char *value, despur_error *error) {
  listing *l = context;
  bool usual = l->usual && strcmp(l->usual, value) == 0;
  return text_add(&l->lines, error, "%c %-24s %s\n", usual ? '*' : ' ', operation, value);
}

despur_status despur_onnx_list(char **out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  model_file model = {0};
  listing l = {0};
  *out = NULL;
  TRY(extraction_open_model(&model, path, error));
  l.usual = extraction_usual_layer(&model);
  TRY(text_add(&l.lines, error, "%s", "")); /* a model may have no values */
  TRY(onnx_each_value(&model, add_line, &l, error));
  *out = l.lines.data;
  l.lines.data = NULL;
cleanup:
  mem_free(l.lines.data);
  model_close(&model);
  return status;
}
