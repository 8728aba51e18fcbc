/* What a classifier leans on: examples in, a verdict out, which can be written as the tool writes it. */
#include "core.h"

#include <stdlib.h>

static const char CAPSULE[] = "despur.audit";

/* Examples that are borrowed from the caller's arrays. */
typedef struct given {
  despur_examples examples;
  core_array features, labels, splits, predictions, unit, weights;
  core_array *codes;    /* [by_count] */
  const char ***values; /* [by_count] texts, which the lists own */
  const char **class_names;
} given;

static void release(given *g) {
  core_array *arrays[] = {&g->features, &g->labels, &g->splits, &g->predictions, &g->unit, &g->weights};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) core_array_release(arrays[i]);
  for (size_t i = 0; g->codes && g->values && i < g->examples.by_count; i++) {
    core_array_release(&g->codes[i]);
    free((void *)g->values[i]);
  }
  free(g->codes);
  free((void *)g->values);
  free(g->examples.by);
  free((void *)g->class_names);
}

static bool take_optional(core_array *out, uint32_t **to, PyObject *object, size_t rows) {
  if (object == Py_None) return true;
  if (!core_array_take(out, object, 'I', rows, false)) return false;
  *to = out->view.buf;
  return true;
}

static bool take_weights(given *g, PyObject *object) {
  if (object == Py_None) return true;
  if (!core_array_take(&g->weights, object, 'd', g->examples.count, false)) return false;
  g->examples.weights = g->weights.view.buf;
  return true;
}

/* (name, codes, values) */
static bool take_column(given *g, size_t i, PyObject *column) {
  despur_example_column *out = &g->examples.by[i];
  PyObject *name, *codes, *values;
  const char *text;
  if (!PyArg_ParseTuple(column, "OOO", &name, &codes, &values) || !core_text(&text, name) || !text)
    return false;
  if (!core_array_take(&g->codes[i], codes, 'I', g->examples.count, false)) return false;
  g->values[i] = core_texts(values, &out->values_count);
  if (!g->values[i]) return false;
  out->name = (char *)(uintptr_t)text; /* it is not written to */
  out->codes = g->codes[i].view.buf;
  out->values = g->values[i];
  return true;
}

static bool take_columns(given *g, PyObject *list) {
  size_t count = (size_t)PyList_Size(list);
  g->examples.by = calloc(count + 1, sizeof *g->examples.by);
  g->codes = calloc(count + 1, sizeof *g->codes);
  g->values = calloc(count + 1, sizeof *g->values);
  if (!g->examples.by || !g->codes || !g->values) return PyErr_NoMemory() != NULL;
  g->examples.by_count = count;
  for (size_t i = 0; i < count; i++)
    if (!take_column(g, i, PyList_GetItem(list, (Py_ssize_t)i))) return false;
  return true;
}

static bool take_features(given *g, PyObject *features, Py_ssize_t columns) {
  size_t values;
  if (features == Py_None) return true;
  if (columns < 1 || __builtin_mul_overflow(g->examples.count, (size_t)columns, &values))
    return core_refuse("expected a row of features for each example");
  if (!core_array_take(&g->features, features, 'f', values, false)) return false;
  g->examples.x = g->features.view.buf;
  g->examples.columns = (size_t)columns;
  return true;
}

static void audit_free(PyObject *capsule) {
  despur_audit_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

/* Takes the audit. */
static PyObject *result_of(despur_audit *audit) {
  char *sentence = NULL;
  despur_error error;
  despur_audit_verdict verdict = audit->verdict;
  PyObject *capsule = PyCapsule_New(audit, CAPSULE, audit_free);
  if (!capsule) {
    despur_audit_free(audit);
    return NULL;
  }
  despur_status status = despur_audit_sentence(&sentence, audit, &error);
  PyObject *result = status == DESPUR_OK ? Py_BuildValue("isO", (int)verdict, sentence, capsule)
                                         : core_raise(status, &error);
  free(sentence);
  Py_DECREF(capsule);
  return result;
}

PyObject *core_audit(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *features, *labels, *names, *splits, *predictions, *unit, *weights, *by, *result = NULL;
  Py_ssize_t rows, columns, folds, units;
  unsigned long long seed;
  despur_audit_options options = {0};
  despur_audit *audit = NULL;
  core_listener l = {0};
  despur_error error;
  given g = {0};
  if (!PyArg_ParseTuple(arguments, "nOnOO!OOOnOO!dndKipO", &rows, &features, &columns, &labels, &PyList_Type,
                        &names, &splits, &predictions, &unit, &units, &weights, &PyList_Type, &by,
                        &options.l2, &folds, &options.confidence, &seed, &options.threads,
                        &options.trained_on, &l.call))
    return NULL;
  options.folds = folds > 0 ? (size_t)folds : 0;
  options.seed = seed;
  g.examples.count = (size_t)rows;
  g.class_names = core_texts(names, &g.examples.classes);
  g.examples.class_names = g.class_names;
  if (g.class_names && take_features(&g, features, columns) &&
      take_optional(&g.labels, &g.examples.labels, labels, (size_t)rows) &&
      take_optional(&g.splits, &g.examples.splits, splits, (size_t)rows) &&
      take_optional(&g.predictions, &g.examples.predictions, predictions, (size_t)rows) &&
      take_optional(&g.unit, &g.examples.unit.codes, unit, (size_t)rows) && take_weights(&g, weights) &&
      take_columns(&g, by)) {
    g.examples.unit.values_count = (size_t)units;
    despur_status status;
    options.watch = core_listener_watch(&l);
    core_listener_unlock(&l);
    status = despur_audit_run(&audit, &g.examples, &options, &error);
    core_listener_lock(&l);
    if (status == DESPUR_OK && !l.failed) {
      result = result_of(audit);
    } else {
      despur_audit_free(audit);
      core_listener_raise(&l, status, &error);
    }
  }
  release(&g);
  return result;
}

PyObject *core_audit_write(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *capsule;
  const char *directory, *page;
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "Oss", &capsule, &directory, &page)) return NULL;
  const despur_audit *audit = PyCapsule_GetPointer(capsule, CAPSULE);
  if (!audit) return NULL;
  despur_status status;
  PyThreadState *state = PyEval_SaveThread();
  status = despur_audit_write(audit, directory, &error);
  if (status == DESPUR_OK) status = despur_report_audit(audit, "despur.audit(...)", NULL, page, &error);
  PyEval_RestoreThread(state);
  return status == DESPUR_OK ? Py_NewRef(Py_None) : core_raise(status, &error);
}
