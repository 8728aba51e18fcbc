/* Predictions of one model, from arrays or a file, and what is measured of them. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

static PyTypeObject *model_type;

/* ---- which column is what ---- */

/* Texts stay with the dict, whose values are str, numbers, bools or None. */
static bool asked_text(const char **out, PyObject *asked, const char *key) {
  PyObject *value = PyDict_GetItemString(asked, key);
  *out = NULL;
  return !value || core_text(out, value);
}

static bool asked_flag(PyObject *asked, const char *key) {
  PyObject *value = PyDict_GetItemString(asked, key);
  return value && PyObject_IsTrue(value) == 1;
}

static double asked_number(PyObject *asked, const char *key) {
  PyObject *value = PyDict_GetItemString(asked, key);
  return value ? PyFloat_AsDouble(value) : 0;
}

/* One character, or "tab". */
static bool asked_character(char *out, PyObject *asked, const char *key) {
  const char *text = NULL;
  if (!asked_text(&text, asked, key)) return false;
  if (!text) return true;
  *out = strcmp(text, "tab") == 0 ? '\t' : text[0];
  return strcmp(text, "tab") == 0 || (text[0] && !text[1]) ||
         core_refuse("%s: expected one character or 'tab', found '%.20s'", key, text);
}

static bool columns_of(despur_columns *out, PyObject *asked) {
  *out = (despur_columns){.from_scores = asked_flag(asked, "from_scores"),
                          .whole_groups = asked_flag(asked, "whole_groups"),
                          .with_missing = asked_flag(asked, "with_missing"),
                          .ids = asked_flag(asked, "ids"),
                          .threshold = asked_number(asked, "threshold"),
                          .at = asked_number(asked, "at"),
                          .min_count = (size_t)asked_number(asked, "min_count")};
  return !PyErr_Occurred() && asked_text(&out->label, asked, "label") &&
         asked_text(&out->prediction, asked, "prediction") && asked_text(&out->score, asked, "score") &&
         asked_text(&out->positive, asked, "positive") &&
         asked_text(&out->probabilities, asked, "probabilities") && asked_text(&out->by, asked, "by") &&
         asked_text(&out->overlapping, asked, "overlapping") && asked_text(&out->split, asked, "split") &&
         asked_text(&out->id, asked, "id") && asked_text(&out->unit, asked, "unit") &&
         asked_text(&out->weight, asked, "weight") && asked_character(&out->separator, asked, "separator") &&
         asked_character(&out->comment, asked, "comment");
}

/* ---- a table in memory ---- */

typedef struct frame {
  despur_frame frame;
  despur_frame_column *columns; /* [count] */
  core_array *arrays;           /* [count] numbers or codes of each */
  const char ***values;         /* [count] texts of each, which the lists own */
  size_t count;
} frame;

static void frame_release(frame *f) {
  for (size_t i = 0; i < f->count; i++) {
    core_array_release(&f->arrays[i]);
    free(f->values[i]);
  }
  free(f->columns);
  free(f->arrays);
  free(f->values);
}

static bool take_values(despur_frame_column *out, const char ***texts, PyObject *list) {
  Py_ssize_t count = PyList_Size(list);
  if (count < 0) return false;
  *texts = calloc((size_t)count + 1, sizeof **texts);
  if (!*texts) return PyErr_NoMemory() != NULL;
  for (Py_ssize_t k = 0; k < count; k++)
    if (!core_text(&(*texts)[k], PyList_GetItem(list, k)) || !(*texts)[k])
      return PyErr_Occurred() ? false : core_refuse("expected values as text, found None");
  out->values = *texts;
  out->values_count = (size_t)count;
  return true;
}

/* One of (name, numbers) and (name, codes, values). */
static bool take_column(frame *f, size_t i, PyObject *given) {
  PyObject *name, *array, *values = NULL;
  despur_frame_column *column = &f->columns[i];
  if (!PyArg_ParseTuple(given, "OO|O!", &name, &array, &PyList_Type, &values) ||
      !core_text(&column->name, name))
    return false;
  if (!core_array_take(&f->arrays[i], array, values ? 'I' : 'd', f->frame.rows, false)) return false;
  if (!values) column->numbers = f->arrays[i].view.buf;
  if (!values) return true;
  column->codes = f->arrays[i].view.buf;
  return take_values(column, &f->values[i], values);
}

/* Release with frame_release, also after false. */
static bool frame_take(frame *out, const char *name, Py_ssize_t rows, PyObject *list) {
  size_t count = (size_t)PyList_Size(list);
  *out = (frame){.columns = calloc(count + 1, sizeof *out->columns),
                 .arrays = calloc(count + 1, sizeof *out->arrays),
                 .values = calloc(count + 1, sizeof *out->values)};
  if (!out->columns || !out->arrays || !out->values) return PyErr_NoMemory() != NULL;
  out->count = count;
  out->frame = (despur_frame){name, out->columns, count, (size_t)rows};
  for (size_t i = 0; i < count; i++)
    if (!take_column(out, i, PyList_GetItem(list, (Py_ssize_t)i))) return false;
  return true;
}

/* ---- the type ---- */

bool core_is_model(PyObject *object) {
  return PyObject_TypeCheck(object, model_type) || core_refuse("expected measured predictions");
}

/* An empty one that holds on to the arguments' texts. */
static core_model *model_new(PyObject *arguments) {
  core_model *self = (core_model *)PyType_GenericAlloc(model_type, 0);
  if (!self) return NULL;
  self->model = (despur_model){0};
  self->texts = Py_NewRef(arguments);
  return self;
}

static void model_free(PyObject *object) {
  core_model *self = (core_model *)object;
  PyTypeObject *type = Py_TYPE(object);
  despur_model_release(&self->model);
  Py_XDECREF(self->texts);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyObject *model_json(PyObject *object, PyObject *arguments) {
  core_model *self = (core_model *)object;
  int by_group;
  char *json = NULL;
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "p", &by_group)) return NULL;
  const despur_measured measured = despur_model_measured(&self->model, by_group);
  despur_status status = despur_measured_json(&json, &measured, &error);
  if (status != DESPUR_OK) return core_raise(status, &error);
  PyObject *text = PyUnicode_FromString(json);
  free(json);
  return text;
}

static PyObject *texts_list(const char *const *texts, size_t count) {
  PyObject *list = PyList_New((Py_ssize_t)count);
  for (size_t i = 0; list && i < count; i++) {
    PyObject *text = PyUnicode_FromString(texts[i]);
    if (!text || PyList_SetItem(list, (Py_ssize_t)i, text) != 0) Py_CLEAR(list);
  }
  return list;
}

static PyObject *model_notes(PyObject *object, PyObject *unused) {
  (void)unused;
  const despur_predicted *p = &((core_model *)object)->model.predicted;
  return texts_list(p->notes, p->notes_count);
}

static PyObject *model_has_ids(PyObject *object, PyObject *unused) {
  (void)unused;
  return PyBool_FromLong(((core_model *)object)->model.predicted.ids != NULL);
}

static PyObject *model_plot(PyObject *object, PyObject *unused) {
  (void)unused;
  char *svg = NULL;
  despur_error error;
  despur_status status = despur_plot_groups(&svg, &((core_model *)object)->model, &error);
  if (status != DESPUR_OK) return core_raise(status, &error);
  PyObject *text = PyUnicode_FromString(svg);
  free(svg);
  return text;
}

/* The group of each row, into uint32. */
static PyObject *model_groups(PyObject *object, PyObject *out) {
  const despur_predicted *p = &((core_model *)object)->model.predicted;
  core_array array = {0};
  bool taken = core_array_take(&array, out, 'I', p->count, true);
  if (taken) memcpy(array.view.buf, p->groups, p->count * sizeof *p->groups);
  core_array_release(&array);
  return taken ? Py_NewRef(Py_None) : NULL;
}

static PyMethodDef methods[] = {
    {"json", model_json, METH_VARARGS, "json(by_group): everything that was measured"},
    {"notes", model_notes, METH_NOARGS, "sentences that a reader should know"},
    {"plot", model_plot, METH_NOARGS, "accuracies by group as SVG"},
    {"has_ids", model_has_ids, METH_NOARGS, "whether something tells examples apart"},
    {"groups", model_groups, METH_O, "groups(out): the group of each row"},
    {NULL, NULL, 0, NULL}};

static PyType_Slot slots[] = {{Py_tp_dealloc, (void *)(uintptr_t)model_free},
                              {Py_tp_methods, methods},
                              {Py_tp_doc, (void *)(uintptr_t) "Measured predictions of one model."},
                              {0, NULL}};

static PyType_Spec spec = {"despur._core.Model", sizeof(core_model), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
                           slots};

bool core_model_init(PyObject *module) {
  model_type = (PyTypeObject *)PyType_FromSpec(&spec);
  return model_type && PyModule_AddObjectRef(module, "Model", (PyObject *)model_type) == 0;
}

/* ---- making one ---- */

/* Measures what has been read, with the status of that; the model is given up after an error. */
static PyObject *finish(core_model *self, despur_status status, const despur_error *error) {
  if (status == DESPUR_OK) return (PyObject *)self;
  self->model = (despur_model){0};
  Py_DECREF(self);
  return core_raise(status, error);
}

PyObject *core_measure(PyObject *module, PyObject *arguments) {
  (void)module;
  const char *name, *label;
  Py_ssize_t rows;
  PyObject *list, *asked;
  frame f = {0};
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "snO!O!s", &name, &rows, &PyList_Type, &list, &PyDict_Type, &asked,
                        &label))
    return NULL;
  core_model *self = model_new(arguments);
  if (!self) return NULL;
  if (!columns_of(&self->model.columns, asked) || !frame_take(&f, name, rows, list)) {
    frame_release(&f);
    Py_DECREF(self);
    return NULL;
  }
  despur_model *model = &self->model;
  model->label = label;
  despur_status status;
  PyThreadState *state = PyEval_SaveThread();
  status = despur_predicted_from_frame(&model->predicted, &f.frame, &model->columns, &error);
  if (status == DESPUR_OK) status = despur_model_measure(model, &error);
  PyEval_RestoreThread(state);
  frame_release(&f);
  return finish(self, status, &error);
}

PyObject *core_read(PyObject *module, PyObject *arguments) {
  (void)module;
  const char *path, *label;
  PyObject *asked;
  despur_error error;
  despur_columns columns;
  if (!PyArg_ParseTuple(arguments, "sO!s", &path, &PyDict_Type, &asked, &label)) return NULL;
  core_model *self = model_new(arguments);
  if (!self) return NULL;
  if (!columns_of(&columns, asked)) {
    Py_DECREF(self);
    return NULL;
  }
  despur_status status;
  PyThreadState *state = PyEval_SaveThread();
  status = despur_model_read(&self->model, label, path, &columns, &error);
  PyEval_RestoreThread(state);
  return finish(self, status, &error);
}

PyObject *core_predict(PyObject *module, PyObject *arguments) {
  (void)module;
  const char *directory, *label;
  int split, threads;
  core_listener l = {0};
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "siis", &directory, &split, &threads, &label)) return NULL;
  core_model *self = model_new(arguments);
  if (!self) return NULL;
  self->model.label = label;
  const despur_watch watch = core_listener_watch(&l);
  core_listener_unlock(&l);
  despur_status status =
      despur_run_predict(&self->model.predicted, directory, (despur_split)split, threads, &watch, &error);
  if (status == DESPUR_OK) status = despur_model_measure(&self->model, &error);
  core_listener_lock(&l);
  return finish(self, status, &error);
}

/* ---- files ---- */

enum { MOST_MODELS = 64 };

PyObject *core_save(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *list;
  despur_models_options options = {0};
  int force, by_group;
  if (!PyArg_ParseTuple(arguments, "O!zzpp", &PyList_Type, &list, &options.directory, &options.page, &force,
                        &by_group))
    return NULL;
  options.force = force;
  options.calibration_by_group = by_group;
  despur_model models[MOST_MODELS];
  Py_ssize_t count = PyList_Size(list);
  if (count > MOST_MODELS) return core_refuse("expected at most %d models", MOST_MODELS), NULL;
  for (Py_ssize_t i = 0; i < count; i++) {
    PyObject *one = PyList_GetItem(list, i);
    if (!core_is_model(one)) return NULL;
    models[i] = ((core_model *)one)->model;
  }
  char *verdict = NULL;
  despur_error error;
  despur_status status;
  PyThreadState *state = PyEval_SaveThread();
  status = despur_report_models(models, (size_t)count, &options, &verdict, &error);
  PyEval_RestoreThread(state);
  if (status != DESPUR_OK) return core_raise(status, &error);
  PyObject *text = PyUnicode_FromString(verdict);
  free(verdict);
  return text;
}
