/* Group inference: groupings by clusters, which can be kept and assign new examples, and environments. */
#include "core.h"

#include <string.h>

static const char CAPSULE[] = "despur.grouping";

static void grouping_free(PyObject *capsule) {
  despur_grouping_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

/* Takes the grouping. */
static PyObject *capsule_of(despur_grouping *grouping) {
  PyObject *capsule = PyCapsule_New(grouping, CAPSULE, grouping_free);
  if (!capsule) despur_grouping_free(grouping);
  return capsule;
}

static bool is_asked(PyObject *asked, const char *key, double *value) {
  PyObject *given = PyDict_GetItemString(asked, key);
  *value = given ? PyFloat_AsDouble(given) : 0;
  return !PyErr_Occurred();
}

/* Numbers by the names of members; enumerations are their positions. */
static bool options_of(despur_grouping_options *out, PyObject *asked) {
  double scale, reduction, pooled_reduction, components, neighbors, algorithm, pooled, clusters, most, score,
      over, losses, starts, sample, seed, threads;
  const struct {
    const char *key;
    double *value;
  } fields[] = {{"scale", &scale},
                {"reduction", &reduction},
                {"reduce_pooled", &pooled_reduction},
                {"components", &components},
                {"neighbors", &neighbors},
                {"min_dist", &out->min_dist},
                {"algorithm", &algorithm},
                {"pooled", &pooled},
                {"clusters", &clusters},
                {"max_clusters", &most},
                {"score", &score},
                {"overcluster", &over},
                {"overcluster_loss", &losses},
                {"starts", &starts},
                {"silhouette_sample", &sample},
                {"seed", &seed},
                {"threads", &threads}};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (!is_asked(asked, fields[i].key, fields[i].value)) return false;
  out->scale = (despur_scale)(int)scale;
  out->reduction = (despur_reduction)(int)reduction;
  out->reduce_pooled = pooled_reduction > 0;
  out->components = (size_t)components;
  out->neighbors = (size_t)neighbors;
  out->algorithm = (despur_clustering)(int)algorithm;
  out->pooled = pooled > 0;
  out->clusters = (size_t)clusters;
  out->max_clusters = (size_t)most;
  out->score = (despur_cluster_score)(int)score;
  out->overcluster = (size_t)over;
  out->overcluster_loss = losses > 0;
  out->starts = (size_t)starts;
  out->silhouette_sample = (size_t)sample;
  out->seed = (uint64_t)seed;
  out->threads = (int)threads;
  return true;
}

static PyObject *names_of(const despur_grouping *grouping) {
  PyObject *list = PyList_New(0);
  for (size_t g = 0; list && g < despur_grouping_count(grouping); g++) {
    PyObject *name = PyUnicode_FromString(despur_grouping_name(grouping, g));
    if (!name || PyList_Append(list, name) != 0) Py_CLEAR(list);
    Py_XDECREF(name);
  }
  return list;
}

static PyObject *silhouettes_of(const despur_grouping *grouping) {
  PyObject *list = PyList_New(0);
  for (size_t p = 0; list && p < despur_grouping_parts(grouping); p++) {
    PyObject *value = PyFloat_FromDouble(despur_grouping_part_at(grouping, p).silhouette);
    if (!value || PyList_Append(list, value) != 0) Py_CLEAR(list);
    Py_XDECREF(value);
  }
  return list;
}

PyObject *core_grouping_fit(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *outputs, *labels, *losses, *out, *asked, *result = NULL;
  Py_ssize_t n, d, classes;
  despur_grouping_options options = {0};
  despur_grouping *grouping = NULL;
  core_listener l = {0};
  despur_error error;
  core_array a[4] = {0};
  if (!PyArg_ParseTuple(arguments, "OnnOnOOO!O", &outputs, &n, &d, &labels, &classes, &losses, &out,
                        &PyDict_Type, &asked, &l.call) ||
      !options_of(&options, asked))
    return NULL;
  size_t count = 0;
  if (n < 0 || d < 0 || classes < 1 || __builtin_mul_overflow((size_t)n, (size_t)d, &count))
    return core_refuse("expected an array of outputs for each example"), NULL;
  if (core_array_take(&a[0], outputs, 'f', count, false) &&
      core_array_take(&a[1], labels, 'I', (size_t)n, false) &&
      (losses == Py_None || core_array_take(&a[2], losses, 'd', (size_t)n, false)) &&
      core_array_take(&a[3], out, 'I', (size_t)n, true)) {
    const despur_grouping_input input = {.outputs = a[0].view.buf,
                                         .labels = a[1].view.buf,
                                         .losses = losses == Py_None ? NULL : a[2].view.buf,
                                         .n = (size_t)n,
                                         .d = (size_t)d,
                                         .classes = (size_t)classes};
    despur_status status;
    options.watch = core_listener_watch(&l);
    core_listener_unlock(&l);
    status = despur_grouping_fit(&grouping, &input, &options, &error);
    if (status == DESPUR_OK) despur_grouping_training(grouping, a[3].view.buf);
    core_listener_lock(&l);
    if (status == DESPUR_OK && !l.failed) {
      result = Py_BuildValue("NNN", names_of(grouping), silhouettes_of(grouping), capsule_of(grouping));
    } else {
      despur_grouping_free(grouping);
      core_listener_raise(&l, status, &error);
    }
  }
  for (size_t i = 0; i < 4; i++) core_array_release(&a[i]);
  return result;
}

PyObject *core_grouping_assign(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *capsule, *outputs, *labels, *out, *result = NULL;
  Py_ssize_t n;
  int threads;
  despur_error error;
  core_array a[3] = {0};
  if (!PyArg_ParseTuple(arguments, "OOnOOi", &capsule, &outputs, &n, &labels, &out, &threads)) return NULL;
  const despur_grouping *grouping = PyCapsule_GetPointer(capsule, CAPSULE);
  if (!grouping) return NULL;
  if (core_array_take(&a[0], outputs, 'f', (size_t)n * despur_grouping_dimensions(grouping), false) &&
      core_array_take(&a[1], labels, 'I', (size_t)n, false) &&
      core_array_take(&a[2], out, 'I', (size_t)n, true)) {
    despur_status status;
    PyThreadState *state = PyEval_SaveThread();
    status = despur_grouping_assign(grouping, a[0].view.buf, a[1].view.buf, (size_t)n, threads, a[2].view.buf,
                                    &error);
    PyEval_RestoreThread(state);
    result = status == DESPUR_OK ? Py_NewRef(Py_None) : core_raise(status, &error);
  }
  for (size_t i = 0; i < 3; i++) core_array_release(&a[i]);
  return result;
}

PyObject *core_grouping_save(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *capsule;
  const char *path;
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "Os", &capsule, &path)) return NULL;
  const despur_grouping *grouping = PyCapsule_GetPointer(capsule, CAPSULE);
  if (!grouping) return NULL;
  despur_status status = despur_grouping_save(grouping, path, &error);
  return status == DESPUR_OK ? Py_NewRef(Py_None) : core_raise(status, &error);
}

PyObject *core_grouping_load(PyObject *module, PyObject *arguments) {
  (void)module;
  const char *path;
  despur_grouping *grouping;
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "s", &path)) return NULL;
  despur_status status = despur_grouping_load(&grouping, path, &error);
  return status == DESPUR_OK ? capsule_of(grouping) : core_raise(status, &error);
}

PyObject *core_eiil(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *logits, *labels, *out, *result = NULL;
  Py_ssize_t n, classes, steps;
  unsigned long long seed;
  despur_eiil_options options = {0};
  core_listener l = {0};
  despur_error error;
  core_array a[3] = {0};
  size_t count = 0;
  if (!PyArg_ParseTuple(arguments, "OnnOOndpKiO", &logits, &n, &classes, &labels, &out, &steps, &options.lr,
                        &options.pooled, &seed, &options.threads, &l.call))
    return NULL;
  options.steps = steps > 0 ? (size_t)steps : 0;
  options.seed = seed;
  if (n < 0 || classes < 0 || __builtin_mul_overflow((size_t)n, (size_t)classes, &count))
    return core_refuse("expected logits for each example"), NULL;
  if (core_array_take(&a[0], logits, 'f', count, false) &&
      core_array_take(&a[1], labels, 'I', (size_t)n, false) &&
      core_array_take(&a[2], out, 'I', (size_t)n, true)) {
    const despur_eiil_input input = {a[0].view.buf, a[1].view.buf, (size_t)n, (size_t)classes};
    despur_status status;
    options.watch = core_listener_watch(&l);
    core_listener_unlock(&l);
    status = despur_eiil(a[2].view.buf, &input, &options, &error);
    core_listener_lock(&l);
    result = status == DESPUR_OK && !l.failed ? Py_NewRef(Py_None) : core_listener_raise(&l, status, &error);
  }
  for (size_t i = 0; i < 3; i++) core_array_release(&a[i]);
  return result;
}
