/* Examples as audits take them: borrowed from arrays, or computed by the network of a run or an ONNX model.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

static const char CAPSULE[] = "despur.examples";

enum { ARRAYS = 7 };

typedef struct core_examples {
  despur_examples examples;
  despur_picture_model model;
  bool own;                  /* the library has made them */
  PyObject *given;           /* the dictionary that owns all texts */
  core_array arrays[ARRAYS]; /* in the order of take_arrays */
  core_array *codes;         /* [by_count] */
  const char ***values;      /* [by_count] */
  core_array attribute;      /* its codes */
  const char **attribute_values;
} core_examples;

static void examples_free(core_examples *e) {
  despur_picture_model_close(&e->model);
  for (size_t i = 0; i < ARRAYS; i++) core_array_release(&e->arrays[i]);
  for (size_t i = 0; e->codes && e->values && i < e->examples.by_count; i++) {
    core_array_release(&e->codes[i]);
    free((void *)e->values[i]);
  }
  core_array_release(&e->attribute);
  free((void *)e->attribute_values);
  free(e->codes);
  free((void *)e->values);
  if (e->own) {
    despur_examples_release(&e->examples);
  } else {
    free(e->examples.by);
    free((void *)e->examples.class_names);
    free((void *)e->examples.ids);
  }
  Py_XDECREF(e->given);
  free(e);
}

static void capsule_free(PyObject *capsule) {
  examples_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

/* Takes the examples; NULL: an exception has been set. */
static PyObject *capsule_of(core_examples *e) {
  PyObject *capsule = e ? PyCapsule_New(e, CAPSULE, capsule_free) : NULL;
  if (!capsule && e) examples_free(e);
  return capsule;
}

const despur_examples *core_examples_of(PyObject *capsule) {
  const core_examples *e = PyCapsule_GetPointer(capsule, CAPSULE);
  return e ? &e->examples : NULL;
}

const despur_picture_model *core_examples_model(PyObject *capsule) {
  const core_examples *e = PyCapsule_GetPointer(capsule, CAPSULE);
  return e && (e->model.self || *e->model.without) ? &e->model : NULL;
}

/* ---- from arrays ---- */

static PyObject *entry(PyObject *given, const char *key) {
  PyObject *found = PyDict_GetItemString(given, key);
  return found == Py_None ? NULL : found;
}

/* (name, codes, values); the texts are the lists'. */
bool core_column_take(despur_example_column *out, core_array *array, const char ***texts, PyObject *column,
                      size_t rows) {
  PyObject *name, *codes, *values;
  const char *text;
  if (!PyArg_ParseTuple(column, "OOO", &name, &codes, &values) || !core_text(&text, name) || !text)
    return false;
  if (!core_array_take(array, codes, 'I', rows, false)) return false;
  *texts = core_texts(values, &out->values_count);
  if (!*texts) return false;
  out->name = (char *)(uintptr_t)text; /* it is not written to */
  out->codes = array->view.buf;
  out->values = *texts;
  return true;
}

static bool take_columns(core_examples *e, PyObject *list) {
  const size_t count = list ? (size_t)PyList_Size(list) : 0;
  e->examples.by = calloc(count + 1, sizeof *e->examples.by);
  e->codes = calloc(count + 1, sizeof *e->codes);
  e->values = calloc(count + 1, sizeof *e->values);
  if (!e->examples.by || !e->codes || !e->values) return PyErr_NoMemory() != NULL;
  e->examples.by_count = count;
  for (size_t i = 0; i < count; i++)
    if (!core_column_take(&e->examples.by[i], &e->codes[i], &e->values[i],
                          PyList_GetItem(list, (Py_ssize_t)i), e->examples.count))
      return false;
  return true;
}

/* An array of `width` values a row, or nothing. */
static bool take(void **to, core_array *array, PyObject *object, char type, size_t rows, size_t width) {
  size_t values;
  if (!object) return true;
  if (width < 1 || __builtin_mul_overflow(rows, width, &values))
    return core_refuse("expected a row of numbers for each example");
  if (!core_array_take(array, object, type, values, false)) return false;
  *to = array->view.buf;
  return true;
}

static bool take_arrays(core_examples *e, PyObject *given) {
  despur_examples *x = &e->examples;
  void *at[ARRAYS] = {0};
  const char *const NAMES[ARRAYS] = {"labels", "splits", "predictions", "unit", "x", "logits", "weights"};
  const size_t widths[ARRAYS] = {1, 1, 1, 1, x->columns, x->classes, 1};
  for (size_t i = 0; i < ARRAYS; i++)
    if (!take(&at[i], &e->arrays[i], entry(given, NAMES[i]), "IIIIffd"[i], x -> count, widths[i]))
      return false;
  x->labels = at[0];
  x->splits = at[1];
  x->predictions = at[2];
  x->unit.codes = at[3];
  x->x = at[4];
  x->logits = at[5];
  x->weights = at[6];
  return true;
}

static bool take_given(core_examples *e, PyObject *given) {
  despur_examples *x = &e->examples;
  size_t ids;
  e->given = Py_NewRef(given);
  x->count = core_count(given, "rows");
  x->columns = core_count(given, "columns");
  x->unit.values_count = core_count(given, "units");
  x->class_names = core_texts(PyDict_GetItemString(given, "class_names"), &x->classes);
  if (PyErr_Occurred() || !x->class_names) return false;
  const char *weight = NULL;
  if (entry(given, "weight") && !core_text(&weight, entry(given, "weight"))) return false;
  x->weight = (char *)(uintptr_t)weight; /* it is not written to */
  if (entry(given, "ids")) {
    x->ids = core_texts(entry(given, "ids"), &ids);
    if (!x->ids) return false;
    if (ids != x->count) return core_refuse("expected %zu ids, found %zu", x->count, ids);
  }
  if (entry(given, "attribute") && !core_column_take(&x->attribute, &e->attribute, &e->attribute_values,
                                                     entry(given, "attribute"), x->count))
    return false;
  return take_arrays(e, given) && take_columns(e, entry(given, "by"));
}

/* examples_given(dict) */
PyObject *core_examples_given(PyObject *module, PyObject *given) {
  (void)module;
  core_examples *e = calloc(1, sizeof *e);
  if (!e) return PyErr_NoMemory();
  if (take_given(e, given)) return capsule_of(e);
  examples_free(e);
  return NULL;
}

/* ---- from a run, and from pictures ---- */

/* examples_of_run(directory, threads) */
PyObject *core_examples_run(PyObject *module, PyObject *arguments) {
  (void)module;
  const char *directory;
  int threads;
  core_listener l = {0};
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "si", &directory, &threads)) return NULL;
  core_examples *e = calloc(1, sizeof *e);
  if (!e) return PyErr_NoMemory();
  e->own = true;
  const despur_watch watch = core_listener_watch(&l);
  core_listener_unlock(&l);
  despur_status status = despur_run_examples(&e->examples, directory, threads, &watch, &error);
  if (status == DESPUR_OK) status = despur_run_look(&e->model, directory, threads, &error);
  core_listener_lock(&l);
  if (status == DESPUR_OK) return capsule_of(e);
  examples_free(e);
  return core_raise(status, &error);
}

/* A name among those of an enumeration, whose last one NULL follows. */
static bool choice(int *out, PyObject *job, const char *key, const char *const *names) {
  const char *text;
  if (!core_text(&text, PyDict_GetItemString(job, key)) || !text) return false;
  for (*out = 0; names[*out]; ++*out)
    if (strcmp(names[*out], text) == 0) return true;
  return core_refuse("%s: there is no '%.40s'", key, text);
}

static bool take_job(despur_onnx_job *out, PyObject *job, core_listener *l) {
  static const char *const FILTERS[] = {"bilinear", "bicubic", NULL};
  int preprocess, filter, layout;
  const struct {
    const char *key, **to;
  } texts[] = {{"model", &out->model},       {"images", &out->images}, {"layer", &out->layer},
               {"features", &out->features}, {"logits", &out->logits}, {"maps", &out->maps}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    PyObject *text = entry(job, texts[i].key);
    if (text && !core_text(texts[i].to, text)) return false;
  }
  if (!choice(&preprocess, job, "preprocess", despur_preprocess_names) ||
      !choice(&filter, job, "filter", FILTERS) || !choice(&layout, job, "layout", despur_picture_layouts))
    return false;
  out->preprocess = (despur_preprocess)preprocess;
  out->filter = (despur_filter)filter;
  out->layout = layout ? despur_picture_layouts[layout] : NULL;
  out->shorter = core_count(job, "shorter");
  out->skip_unreadable = core_count(job, "skip_unreadable") != 0;
  out->threads = (int)core_count(job, "threads");
  out->watch = core_listener_watch(l);
  return !PyErr_Occurred();
}

/* examples_of_pictures(job, predicts, listener) */
PyObject *core_examples_pictures(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *asked;
  int predicts;
  despur_onnx_job job = {0};
  core_listener l = {0};
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "O!pO", &PyDict_Type, &asked, &predicts, &l.call) ||
      !take_job(&job, asked, &l))
    return NULL;
  core_examples *e = calloc(1, sizeof *e);
  if (!e) return PyErr_NoMemory();
  e->own = true;
  e->given = Py_NewRef(asked); /* the model's texts are its */
  core_listener_unlock(&l);
  despur_status status = despur_onnx_examples(&e->examples, &job, predicts, &error);
  job.watch = (despur_watch){0}; /* nobody listens any more when the model is asked again */
  if (status == DESPUR_OK) status = despur_onnx_look(&e->model, &job, predicts, &error);
  core_listener_lock(&l);
  if (status == DESPUR_OK && !l.failed) return capsule_of(e);
  examples_free(e);
  return core_listener_raise(&l, status, &error);
}

/* examples_write(examples, features) */
PyObject *core_examples_write(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *capsule;
  const char *path;
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "Os", &capsule, &path)) return NULL;
  const despur_examples *e = core_examples_of(capsule);
  if (!e) return NULL;
  PyThreadState *state = PyEval_SaveThread();
  despur_status status = despur_examples_write(e, path, &error);
  PyEval_RestoreThread(state);
  return status == DESPUR_OK ? Py_NewRef(Py_None) : core_raise(status, &error);
}

/* ---- features of pictures, as files ---- */

/* features(job, listener): layer, version of the engine */
PyObject *core_features(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *asked;
  despur_onnx_job job = {0};
  despur_onnx_result result;
  core_listener l = {0};
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "O!O", &PyDict_Type, &asked, &l.call) || !take_job(&job, asked, &l))
    return NULL;
  core_listener_unlock(&l);
  despur_status status = despur_onnx_features(&result, &job, &error);
  core_listener_lock(&l);
  if (status == DESPUR_OK && !l.failed) return Py_BuildValue("ss", result.layer, result.engine.version);
  return core_listener_raise(&l, status, &error);
}

/* layers(model): the lines of despur_onnx_list */
PyObject *core_layers(PyObject *module, PyObject *model) {
  (void)module;
  const char *path;
  char *lines = NULL;
  despur_error error;
  if (!core_text(&path, model) || !path) return NULL;
  despur_status status = despur_onnx_list(&lines, path, &error);
  PyObject *text = status == DESPUR_OK ? PyUnicode_FromString(lines) : core_raise(status, &error);
  free(lines);
  return text;
}
