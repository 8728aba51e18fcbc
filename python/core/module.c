#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static PyObject *input_error; /* despur.InputError, as long as the module */

/* ---- errors ---- */

PyObject *core_raise(despur_status status, const despur_error *error) {
  PyObject *type = input_error;
  if (status == DESPUR_NO_RESOURCES)
    type = strncmp(error->message, "out of memory", 13) == 0 ? PyExc_MemoryError : PyExc_OSError;
  if (status == DESPUR_INTERRUPTED) {
    if (!PyErr_Occurred()) PyErr_SetNone(PyExc_KeyboardInterrupt);
    return NULL;
  }
  PyErr_SetString(type, error->message);
  return NULL;
}

bool core_refuse(const char *format, ...) {
  char message[512];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  PyErr_SetString(input_error, message);
  return false;
}

/* ---- arguments ---- */

static const char *name_of(char type) {
  return type == 'f' ? "float32" : type == 'd' ? "float64" : "uint32";
}

bool core_array_take(core_array *out, PyObject *object, char type, size_t count, bool writable) {
  size_t bytes = type == 'd' ? sizeof(double) : sizeof(float);
  int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
  if (PyObject_GetBuffer(object, &out->view, flags) != 0) return false;
  out->held = true;
  const char *format = out->view.format ? out->view.format : "B";
  if (format[0] != type || format[1] || (size_t)out->view.itemsize != bytes)
    return core_refuse("expected an array of %s, found one of '%.20s'", name_of(type), format);
  if ((size_t)out->view.len / bytes != count)
    return core_refuse("expected an array of %zu values, found %zu", count, (size_t)out->view.len / bytes);
  return true;
}

void core_array_release(core_array *array) {
  if (array->held) PyBuffer_Release(&array->view);
  array->held = false;
}

bool core_text(const char **out, PyObject *object) {
  Py_ssize_t length;
  *out = NULL;
  if (object == Py_None) return true;
  *out = PyUnicode_AsUTF8AndSize(object, &length);
  if (!*out) return false;
  return strlen(*out) == (size_t)length ||
         core_refuse("expected text without a NUL, found one in '%.60s'", *out);
}

const char **core_texts(PyObject *list, size_t *count) {
  Py_ssize_t length = PyList_Size(list);
  const char **texts = length < 0 ? NULL : calloc((size_t)length + 1, sizeof *texts);
  if (!texts) return length < 0 ? NULL : (const char **)PyErr_NoMemory();
  for (Py_ssize_t i = 0; i < length; i++)
    if (!core_text(&texts[i], PyList_GetItem(list, i)) || !texts[i]) {
      if (!PyErr_Occurred()) core_refuse("expected text, found None");
      free((void *)texts);
      return NULL;
    }
  *count = (size_t)length;
  return texts;
}

size_t core_count(PyObject *dictionary, const char *key) {
  PyObject *given = PyDict_GetItemString(dictionary, key);
  return given ? PyLong_AsSize_t(given) : 0;
}

/* ---- the module ---- */

static PyMethodDef functions[] = {
    {"arrow_stream", core_arrow_stream, METH_O, "arrow_stream(capsule): schema, batches"},
    {"arrow_array", core_arrow_array, METH_VARARGS, "arrow_array(schema, array): schema, batches"},
    {"measure", core_measure, METH_VARARGS, "measure(frame, asked, label): Model of a table in memory"},
    {"read", core_read, METH_VARARGS, "read(path, asked, label): Model of a table in a file"},
    {"save", core_save, METH_VARARGS, "save(models, directory, page, force, by_group): verdict"},
    {"compare", core_compare, METH_VARARGS, "compare(first, second, confidence): dict"},
    {"check", core_check, METH_VARARGS, "check(model, rules, baseline, confidence, junit, markdown): dict"},
    {"plan", core_plan, METH_VARARGS, "plan(first, second, disagree, confidence, power): three counts"},
    {"predict", core_predict, METH_VARARGS, "predict(run, split, threads, label): Model of a run's network"},
    {"config", core_config, METH_VARARGS, "config(recipe, overrides): the whole configuration as YAML"},
    {"network", core_network, METH_VARARGS, "network(recipe, overrides): the plan of the network"},
    {"assign", core_assign, METH_VARARGS, "assign(run, path, overrides, threads, listener)"},
    {"run", core_run, METH_VARARGS,
     "run(recipe, overrides, directory, force, resume, threads, only_infer, listener): dict"},
    {"sweep", core_sweep, METH_VARARGS, "sweep(path, directory, jobs, threads, listener): dict"},
    {"table", core_table, METH_VARARGS, "table(directories, rows, columns, measure, split): formats, notes"},
    {"cam", core_cam, METH_VARARGS, "cam(run, options): dict, result"},
    {"cam_write", core_cam_write, METH_VARARGS, "Leaves the files of such a result in a directory."},
    {"kmeans", core_kmeans, METH_VARARGS,
     "kmeans(points, n, d, labels, centres, options): inertia, iterations"},
    {"kmedoids", core_kmedoids, METH_VARARGS, "kmedoids(points, n, d, labels, medoids, options)"},
    {"mixture_fit", core_mixture_fit, METH_VARARGS, "mixture_fit(points, n, d, arrays, options)"},
    {"mixture_predict", core_mixture_predict, METH_VARARGS,
     "mixture_predict(model, points, n, threads, outputs)"},
    {"umap_fit", core_umap_fit, METH_VARARGS, "umap_fit(points, n, d, embedding, options): a, b, epochs"},
    {"umap_transform", core_umap_transform, METH_VARARGS, "umap_transform(model, points, n, threads, out)"},
    {"examples_given", core_examples_given, METH_O, "examples_given(dict): examples that borrow from arrays"},
    {"examples_of_run", core_examples_run, METH_VARARGS, "examples_of_run(directory, threads): examples"},
    {"examples_of_pictures", core_examples_pictures, METH_VARARGS,
     "examples_of_pictures(job, predicts, listener): examples"},
    {"examples_write", core_examples_write, METH_VARARGS, "examples_write(examples, features)"},
    {"features_of_pictures", core_features, METH_VARARGS,
     "features_of_pictures(job, listener): layer, version of the engine"},
    {"layers", core_layers, METH_O, "layers(model): its values, a line each"},
    {"audit", core_audit, METH_VARARGS, "audit(examples, options, listener): verdict, sentence, audit"},
    {"audit_write", core_audit_write, METH_VARARGS,
     "audit_write(audit, directory, page, examples, kind, pictures)"},
    {"repair", core_repair, METH_VARARGS, "repair(data, options, listener): dict, repair"},
    {"repair_takes", core_repair_takes, METH_VARARGS, "repair_takes(method, setting): bool"},
    {"repair_write", core_repair_write, METH_VARARGS, "repair_write(repair, directory, view): sentences"},
    {"head_read", core_head_read, METH_O, "head_read(spec): head, outputs, columns, weight, bias"},
    {"draw_splits", core_draw_splits, METH_VARARGS, "draw_splits(out, rows, seed)"},
    {"grouping_fit", core_grouping_fit, METH_VARARGS,
     "grouping_fit(outputs, n, d, labels, classes, losses, groups, options): names, silhouettes, grouping"},
    {"grouping_assign", core_grouping_assign, METH_VARARGS,
     "grouping_assign(grouping, outputs, n, labels, groups, threads)"},
    {"grouping_save", core_grouping_save, METH_VARARGS, "grouping_save(grouping, path)"},
    {"grouping_load", core_grouping_load, METH_VARARGS, "grouping_load(path): grouping"},
    {"eiil", core_eiil, METH_VARARGS,
     "eiil(logits, n, classes, labels, groups, steps, rate, pooled, seed, threads)"},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                        "_core",
                                        "The library's functions with buffers and plain objects.",
                                        -1,
                                        functions,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL};

/* Names that end with NULL, as a tuple of the module. */
static bool add_names(PyObject *module, const char *as, const char *const *names) {
  Py_ssize_t count = 0;
  while (names[count]) count++;
  PyObject *tuple = PyTuple_New(count);
  for (Py_ssize_t i = 0; tuple && i < count; i++) {
    PyObject *name = PyUnicode_FromString(names[i]);
    if (!name || PyTuple_SetItem(tuple, i, name) != 0) Py_CLEAR(tuple);
  }
  bool done = tuple && PyModule_AddObjectRef(module, as, tuple) == 0;
  Py_XDECREF(tuple);
  return done;
}

static bool fill(PyObject *module) {
  input_error = PyErr_NewExceptionWithDoc(
      "despur.InputError", "What was given cannot be used; the sentence says why.", PyExc_ValueError, NULL);
  if (!input_error) return false;
  return PyModule_AddObjectRef(module, "InputError", input_error) == 0 && core_model_init(module) &&
         core_arrow_init() && add_names(module, "last_layers", despur_last_layer_names) &&
         add_names(module, "preprocessings", despur_preprocess_names) &&
         add_names(module, "layouts", despur_picture_layouts) &&
         PyModule_AddStringConstant(module, "version", despur_version()) == 0 &&
         PyModule_AddStringConstant(module, "features", despur_version_features()) == 0 &&
         PyModule_AddIntConstant(module, "processors", despur_processors()) == 0;
}

PyMODINIT_FUNC PyInit__core(void);
PyMODINIT_FUNC PyInit__core(void) {
  PyObject *module = PyModule_Create(&definition);
  if (module && !fill(module)) {
    Py_DECREF(module);
    return NULL;
  }
  return module;
}
