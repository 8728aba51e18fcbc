/* Last layers: heads in, better heads out. */
#include "core.h"

#include <string.h>

/* ---- what is asked ---- */

static bool take_list(despur_repair_list *out, PyObject *asked, const char *key) {
  PyObject *given = PyDict_GetItemString(asked, key);
  if (!given || given == Py_None) return true;
  Py_ssize_t count = PyList_Size(given);
  if (count < 0) return false;
  if (count > DESPUR_REPAIR_LIST)
    return core_refuse("%s: expected at most %d values, found %zd", key, DESPUR_REPAIR_LIST, count);
  for (Py_ssize_t i = 0; i < count; i++) out->values[i] = PyFloat_AsDouble(PyList_GetItem(given, i));
  out->count = (size_t)count;
  return !PyErr_Occurred();
}

static bool take_methods(despur_repair_options *out, PyObject *asked) {
  PyObject *names = PyDict_GetItemString(asked, "methods");
  for (Py_ssize_t i = 0; names && i < PyList_Size(names); i++) {
    const char *name;
    size_t m = 0;
    if (!core_text(&name, PyList_GetItem(names, i)) || !name) return false;
    while (m < DESPUR_LAST_COUNT && strcmp(despur_last_layer_names[m], name) != 0) m++;
    if (m == DESPUR_LAST_COUNT) return core_refuse("there is no method '%.40s'", name);
    out->methods[m] = true;
  }
  return names != NULL;
}

static size_t count_of(PyObject *asked, const char *key) {
  PyObject *given = PyDict_GetItemString(asked, key);
  return given ? PyLong_AsSize_t(given) : 0;
}

static bool options_of(despur_repair_options *out, PyObject *asked) {
  out->rule = (despur_repair_rule)count_of(asked, "rule");
  out->seed = count_of(asked, "seed");
  out->folds = count_of(asked, "folds");
  out->refits = count_of(asked, "refits");
  out->threads = (int)count_of(asked, "threads");
  return !PyErr_Occurred() && take_methods(out, asked) && take_list(&out->l2, asked, "l2") &&
         take_list(&out->c, asked, "c") && take_list(&out->mix, asked, "mix") &&
         take_list(&out->gamma, asked, "gamma") && take_list(&out->lambda, asked, "lambda") &&
         take_list(&out->scale, asked, "scale") && take_list(&out->diversity, asked, "diversity");
}

/* ---- what came out ---- */

static bool append(PyObject *list, PyObject *item) {
  bool done = list && item && PyList_Append(list, item) == 0;
  Py_XDECREF(item);
  return done;
}

static PyObject *floats(const float *values, size_t count) {
  return PyBytes_FromStringAndSize((const char *)values, (Py_ssize_t)(count * sizeof *values));
}

static PyObject *counts(const size_t *values, size_t count) {
  PyObject *list = PyList_New(0);
  for (size_t i = 0; list && i < count; i++)
    if (!append(list, PyLong_FromSize_t(values[i]))) Py_CLEAR(list);
  return list;
}

static PyObject *candidate_of(const despur_repair_candidate *c, const despur_repaired *of, size_t groups) {
  PyObject *parameters = PyDict_New();
  for (size_t p = 0; parameters && of && p < DESPUR_REPAIR_PARAMETERS && of->parameters[p]; p++) {
    PyObject *value = PyFloat_FromDouble(c->parameters[p]);
    if (!value || PyDict_SetItemString(parameters, of->parameters[p], value) != 0) Py_CLEAR(parameters);
    Py_XDECREF(value);
  }
  if (!parameters) return NULL;
  return Py_BuildValue("{sNsdsdsdsN}", "parameters", parameters, "worst_group", c->worst_group, "worst_class",
                       c->worst_class, "average", c->average, "correct", counts(c->correct, groups));
}

static PyObject *method_of(const despur_repaired *m, size_t groups, const despur_repair_data *data) {
  const char *name = despur_last_layer_names[m->method];
  if (m->skipped)
    return Py_BuildValue("{ssssss}", "name", name, "label", despur_last_layer_label(m->method), "skipped",
                         m->skipped);
  PyObject *candidates = PyList_New(0);
  for (size_t c = 0; candidates && c < m->candidates_count; c++)
    if (!append(candidates, candidate_of(&m->candidates[c], m, groups))) Py_CLEAR(candidates);
  if (!candidates) return NULL;
  return Py_BuildValue("{sssssNsnsNsdsdsNsnsNsN}", "name", name, "label", despur_last_layer_label(m->method),
                       "candidates", candidates, "chosen", (Py_ssize_t)m->chosen, "cross_validated",
                       PyBool_FromLong(m->cross_validated), "optimism", m->optimism, "gap", m->gap,
                       "converged", PyBool_FromLong(m->converged), "fitted_on", (Py_ssize_t)m->fitted_on,
                       "weight", floats(m->weight, data->classes * data->columns), "bias",
                       floats(m->bias, data->classes));
}

static PyObject *point_of(const despur_dial_point *p, const despur_repair_result *r,
                          const despur_repair_data *data) {
  PyObject *weight =
      PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(data->classes * data->columns * sizeof(float)));
  PyObject *bias = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(data->classes * sizeof(float)));
  if (!weight || !bias) {
    Py_XDECREF(weight);
    Py_XDECREF(bias);
    return NULL;
  }
  /* nobody else has seen these bytes yet */
  despur_dial_head((float *)(void *)PyBytes_AsString(weight), (float *)(void *)PyBytes_AsString(bias), r,
                   data, p->position);
  return Py_BuildValue("{sdsdsdsdsdsdsdsdsdsdsNsN}", "position", p->position, "average", p->average,
                       "average_low", p->average_low, "average_high", p->average_high, "worst", p->worst,
                       "worst_low", p->worst_low, "worst_high", p->worst_high, "loss", p->loss, "loss_low",
                       p->loss_low, "loss_high", p->loss_high, "weight", weight, "bias", bias);
}

static PyObject *result_of(const despur_repair_result *r, const despur_repair_data *data) {
  PyObject *methods = PyList_New(0), *dial = PyList_New(0);
  bool done = methods && dial, any = r->best < r->methods_count;
  for (size_t m = 0; done && m < r->methods_count; m++)
    done = append(methods, method_of(&r->methods[m], r->groups_count, data));
  for (size_t p = 0; done && any && p < DESPUR_DIAL_POINTS; p++)
    done = append(dial, point_of(&r->dial[p], r, data));
  if (done)
    return Py_BuildValue("{snsNsNsNsNsN}", "best", any ? (Py_ssize_t)r->best : (Py_ssize_t)-1, "methods",
                         methods, "dial", dial, "before", candidate_of(&r->before, NULL, r->groups_count),
                         "before_weight", floats(r->before_weight, data->classes * data->columns),
                         "before_bias", floats(r->before_bias, data->classes));
  Py_XDECREF(methods);
  Py_XDECREF(dial);
  return NULL;
}

/* ---- repair ---- */

PyObject *core_draw_splits(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *out;
  Py_ssize_t rows;
  unsigned long long seed;
  core_array array = {0};
  if (!PyArg_ParseTuple(arguments, "OnK", &out, &rows, &seed)) return NULL;
  bool taken = core_array_take(&array, out, 'I', (size_t)rows, true);
  if (taken) despur_repair_draw_splits(array.view.buf, (size_t)rows, seed);
  core_array_release(&array);
  return taken ? Py_NewRef(Py_None) : NULL;
}

PyObject *core_repair(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *features, *labels, *splits, *groups, *weight, *bias, *asked, *result = NULL;
  Py_ssize_t rows, columns, classes, groups_count;
  despur_repair_options options = {0};
  despur_repair_result found = {0};
  despur_error error;
  core_array a[6] = {{0}};
  if (!PyArg_ParseTuple(arguments, "OnnOnOOnOOO!", &features, &rows, &columns, &labels, &classes, &splits,
                        &groups, &groups_count, &weight, &bias, &PyDict_Type, &asked) ||
      !options_of(&options, asked))
    return NULL;
  size_t n = (size_t)rows, values, head;
  if (rows < 0 || columns < 0 || classes < 0 || __builtin_mul_overflow(n, (size_t)columns, &values) ||
      __builtin_mul_overflow((size_t)classes, (size_t)columns, &head))
    return core_refuse("expected features of each example"), NULL;
  bool grouped = groups != Py_None, given = weight != Py_None;
  if (core_array_take(&a[0], features, 'f', values, false) && core_array_take(&a[1], labels, 'I', n, false) &&
      core_array_take(&a[2], splits, 'I', n, false) &&
      (!grouped || core_array_take(&a[3], groups, 'I', n, false)) &&
      (!given || (core_array_take(&a[4], weight, 'f', head, false) &&
                  core_array_take(&a[5], bias, 'f', (size_t)classes, false)))) {
    const despur_repair_data data = {.features = a[0].view.buf,
                                     .rows = n,
                                     .columns = (size_t)columns,
                                     .labels = a[1].view.buf,
                                     .classes = (size_t)classes,
                                     .splits = a[2].view.buf,
                                     .groups = grouped ? a[3].view.buf : NULL,
                                     .groups_count = (size_t)groups_count,
                                     .old_weight = given ? a[4].view.buf : NULL,
                                     .old_bias = given ? a[5].view.buf : NULL};
    despur_status status;
    PyThreadState *state = PyEval_SaveThread();
    status = despur_repair(&found, &data, &options, &error);
    PyEval_RestoreThread(state);
    result = status == DESPUR_OK ? result_of(&found, &data) : core_raise(status, &error);
    if (status == DESPUR_OK) despur_repair_release(&found);
  }
  for (size_t i = 0; i < 6; i++) core_array_release(&a[i]);
  return result;
}
