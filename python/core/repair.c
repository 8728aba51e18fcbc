/* Last layers: heads in, better heads out. */
#include "core.h"

#include <stdlib.h>
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
  out->head_only = count_of(asked, "head_only") != 0;
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
  if (!values) return Py_NewRef(Py_None);
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
  bool done = methods && dial, any = r->best < r->methods_count, before = r->before.correct;
  for (size_t m = 0; done && m < r->methods_count; m++)
    done = append(methods, method_of(&r->methods[m], r->groups_count, data));
  for (size_t p = 0; done && any && before && p < DESPUR_DIAL_POINTS; p++)
    done = append(dial, point_of(&r->dial[p], r, data));
  if (done)
    return Py_BuildValue("{snsNsNsNsNsN}", "best", any ? (Py_ssize_t)r->best : (Py_ssize_t)-1, "methods",
                         methods, "dial", dial, "before",
                         before ? candidate_of(&r->before, NULL, r->groups_count) : Py_NewRef(Py_None),
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

/* A repair with what it was made from, for as long as somebody may want to write it down. */
typedef struct kept {
  despur_repair_data data;
  despur_repair_options options;
  despur_repair_result result;
  core_array arrays[8];
} kept;

static const char CAPSULE[] = "despur.repair";

static void kept_free(kept *k) {
  despur_repair_release(&k->result);
  for (size_t i = 0; i < sizeof k->arrays / sizeof *k->arrays; i++) core_array_release(&k->arrays[i]);
  free(k);
}

static void capsule_free(PyObject *capsule) {
  kept_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

/* Whether arrays are what they must be. Those of groups, of a head, of weights and of folds may be None. */
static bool take_data(kept *k, PyObject *const given[8]) {
  despur_repair_data *d = &k->data;
  core_array *a = k->arrays;
  size_t values, head;
  if (__builtin_mul_overflow(d->rows, d->columns, &values) ||
      __builtin_mul_overflow(d->classes, d->columns, &head))
    return core_refuse("expected features of each example");
  const size_t counts[8] = {values, d->rows, d->rows, d->rows, head, d->classes, d->rows, d->rows};
  for (size_t i = 0; i < 8; i++)
    if (given[i] != Py_None && !core_array_take(&a[i], given[i], "fIIIffdI"[i], counts[i], false))
      return false;
  d->features = a[0].view.buf;
  d->labels = a[1].view.buf;
  d->splits = a[2].view.buf;
  if (a[3].held) d->groups = a[3].view.buf;
  if (a[4].held) d->old_weight = a[4].view.buf;
  if (a[5].held) d->old_bias = a[5].view.buf;
  if (a[6].held) d->weights = a[6].view.buf;
  if (a[7].held) d->folds = a[7].view.buf;
  return true;
}

/* (dict, capsule) */
static PyObject *carry_out(kept *k, core_listener *l) {
  despur_error error;
  k->options.watch = core_listener_watch(l);
  core_listener_unlock(l);
  despur_status status = despur_repair(&k->result, &k->data, &k->options, &error);
  core_listener_lock(l);
  if (status != DESPUR_OK || l->failed) {
    core_listener_raise(l, status, &error);
    kept_free(k);
    return NULL;
  }
  PyObject *capsule = PyCapsule_New(k, CAPSULE, capsule_free);
  if (!capsule) {
    kept_free(k);
    return NULL;
  }
  PyObject *result = result_of(&k->result, &k->data);
  if (!result) Py_CLEAR(capsule);
  return result ? Py_BuildValue("NN", result, capsule) : NULL;
}

PyObject *core_repair(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *given[8], *asked;
  Py_ssize_t rows, columns, classes, groups_count, folds_count;
  core_listener l = {0};
  if (!PyArg_ParseTuple(arguments, "OnnOnOOnOOOOnO!O", &given[0], &rows, &columns, &given[1], &classes,
                        &given[2], &given[3], &groups_count, &given[4], &given[5], &given[6], &given[7],
                        &folds_count, &PyDict_Type, &asked, &l.call))
    return NULL;
  if (rows < 0 || columns < 0 || classes < 0 || groups_count < 0 || folds_count < 0)
    return core_refuse("expected features of each example"), NULL;
  kept *k = calloc(1, sizeof *k);
  if (!k) return PyErr_NoMemory();
  k->data = (despur_repair_data){.rows = (size_t)rows,
                                 .columns = (size_t)columns,
                                 .classes = (size_t)classes,
                                 .groups_count = (size_t)groups_count,
                                 .folds_count = (size_t)folds_count};
  if (options_of(&k->options, asked) && take_data(k, given)) return carry_out(k, &l);
  kept_free(k);
  return NULL;
}

/* ---- in writing ---- */

/* The sentence about the test examples. */
static PyObject *write_repair(const despur_repair_view *view, const despur_repair_directory *directory) {
  despur_repair_outcome outcome = {0};
  despur_repair_check check;
  despur_error error;
  despur_status status;
  PyThreadState *state = PyEval_SaveThread();
  status = despur_repair_measure(&outcome, view, &error);
  if (status == DESPUR_OK) status = despur_report_repair(&outcome, view, directory, &check, &error);
  PyEval_RestoreThread(state);
  PyObject *said = status == DESPUR_OK ? PyUnicode_FromString(outcome.verdict) : core_raise(status, &error);
  despur_repair_outcome_release(&outcome);
  return said;
}

/* Names of classes and groups; the groups of examples are those of the repair, which each have one label. */
PyObject *core_repair_write(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *capsule, *class_list, *name_list, *codes, *said = NULL;
  despur_repair_directory directory = {0};
  core_array attributes = {0};
  size_t classes = 0, groups = 0;
  int force;
  if (!PyArg_ParseTuple(arguments, "OsspO!O!O", &capsule, &directory.path, &directory.config, &force,
                        &PyList_Type, &class_list, &PyList_Type, &name_list, &codes))
    return NULL;
  const kept *k = PyCapsule_GetPointer(capsule, CAPSULE);
  if (!k) return NULL;
  directory.force = force;
  const char **class_names = core_texts(class_list, &classes), **names = core_texts(name_list, &groups);
  if (class_names && names && (classes != k->data.classes || groups != k->result.groups_count))
    core_refuse("expected names of %zu classes and %zu groups, found %zu and %zu", k->data.classes,
                k->result.groups_count, classes, groups);
  else if (class_names && names &&
           (codes == Py_None || core_array_take(&attributes, codes, 'I', k->data.rows, false))) {
    const despur_repair_view view = {.data = &k->data,
                                     .result = &k->result,
                                     .rule = k->options.rule,
                                     .position = 1,
                                     .class_names = class_names,
                                     .fit_names = names,
                                     .groups = k->data.groups ? k->data.groups : k->data.labels,
                                     .attributes = attributes.held ? attributes.view.buf : NULL,
                                     .group_names = names,
                                     .groups_count = groups};
    said = write_repair(&view, &directory);
  }
  core_array_release(&attributes);
  free((void *)class_names);
  free((void *)names);
  return said;
}
