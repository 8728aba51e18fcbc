/* Last layers: heads in, better heads out. */
#include "core.h"

#include <math.h>
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

static bool method_named(despur_last_layer *out, const char *name) {
  size_t m = 0;
  while (m < DESPUR_LAST_COUNT && strcmp(despur_last_layer_names[m], name) != 0) m++;
  *out = (despur_last_layer)m;
  return m < DESPUR_LAST_COUNT || core_refuse("there is no method '%.40s'", name);
}

static bool take_methods(despur_repair_options *out, PyObject *asked) {
  PyObject *names = PyDict_GetItemString(asked, "methods");
  for (Py_ssize_t i = 0; names && i < PyList_Size(names); i++) {
    const char *name;
    despur_last_layer method;
    if (!core_text(&name, PyList_GetItem(names, i)) || !name || !method_named(&method, name)) return false;
    out->methods[method] = true;
  }
  return names != NULL;
}

static bool options_of(despur_repair_options *out, PyObject *asked) {
  out->rule = (despur_repair_rule)core_count(asked, "rule");
  out->seed = core_count(asked, "seed");
  out->folds = core_count(asked, "folds");
  out->refits = core_count(asked, "refits");
  out->threads = (int)core_count(asked, "threads");
  out->fit_on_both = core_count(asked, "fit_on_both") != 0;
  out->head_only = core_count(asked, "head_only") != 0;
  return !PyErr_Occurred() && take_methods(out, asked) && take_list(&out->l2, asked, "l2") &&
         take_list(&out->c, asked, "c") && take_list(&out->mix, asked, "mix") &&
         take_list(&out->gamma, asked, "gamma") && take_list(&out->lambda, asked, "lambda") &&
         take_list(&out->scale, asked, "scale") && take_list(&out->diversity, asked, "diversity");
}

/* (method, setting): whether the setting has an effect on the method. */
PyObject *core_repair_takes(PyObject *module, PyObject *arguments) {
  const char *name, *setting;
  despur_last_layer method;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "ss", &name, &setting) || !method_named(&method, name)) return NULL;
  return PyBool_FromLong(despur_last_layer_takes(method, setting));
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
    return Py_BuildValue("{snsnsNsNsNsNsN}", "judged", (Py_ssize_t)r->judged, "best",
                         any ? (Py_ssize_t)r->best : (Py_ssize_t)-1, "methods", methods, "dial", dial,
                         "before",
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
enum { ARRAYS = 9 };
typedef struct kept {
  despur_repair_data data;
  despur_repair_options options;
  despur_repair_result result;
  despur_dial_wish wish;
  core_array arrays[ARRAYS];
} kept;

static const char CAPSULE[] = "despur.repair", HEAD[] = "despur.head";

static void kept_free(kept *k) {
  despur_repair_release(&k->result);
  for (size_t i = 0; i < ARRAYS; i++) core_array_release(&k->arrays[i]);
  free(k);
}

static void capsule_free(PyObject *capsule) {
  kept_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

static bool take_array(core_array *out, PyObject *given, const char *key, char type, size_t count) {
  PyObject *array = PyDict_GetItemString(given, key);
  return !array || array == Py_None || core_array_take(out, array, type, count, false);
}

/* Whether arrays are what they must be. Those of features, labels and splits must be there. */
static bool take_data(kept *k, PyObject *given) {
  static const char *const NAMES[ARRAYS] = {"features", "labels",  "splits", "groups",    "weight",
                                            "bias",     "weights", "folds",  "partitions"};
  despur_repair_data *d = &k->data;
  core_array *a = k->arrays;
  size_t values, head, cells;
  *d = (despur_repair_data){.rows = core_count(given, "rows"),
                            .columns = core_count(given, "columns"),
                            .classes = core_count(given, "classes"),
                            .groups_count = core_count(given, "groups_count"),
                            .folds_count = core_count(given, "folds_count"),
                            .partitions_count = core_count(given, "partitions_count"),
                            .cells = core_count(given, "cells")};
  if (PyErr_Occurred()) return false;
  if (__builtin_mul_overflow(d->rows, d->columns, &values) ||
      __builtin_mul_overflow(d->classes, d->columns, &head) ||
      __builtin_mul_overflow(d->rows, d->partitions_count, &cells))
    return core_refuse("expected features of each example");
  const size_t counts[ARRAYS] = {values,     d->rows, d->rows, d->rows, head,
                                 d->classes, d->rows, d->rows, cells};
  for (size_t i = 0; i < ARRAYS; i++)
    if (!take_array(&a[i], given, NAMES[i], "fIIIffdII"[i], counts[i])) return false;
  if (!a[0].held || !a[1].held || !a[2].held) return core_refuse("expected features, labels and splits");
  d->features = a[0].view.buf;
  d->labels = a[1].view.buf;
  d->splits = a[2].view.buf;
  if (a[3].held) d->groups = a[3].view.buf;
  if (a[4].held) d->old_weight = a[4].view.buf;
  if (a[5].held) d->old_bias = a[5].view.buf;
  if (a[6].held) d->weights = a[6].view.buf;
  if (a[7].held) d->folds = a[7].view.buf;
  if (a[8].held) d->partitions = a[8].view.buf;
  return true;
}

static bool take_wish(despur_dial_wish *out, PyObject *asked) {
  PyObject *average = PyDict_GetItemString(asked, "min_average"),
           *loss = PyDict_GetItemString(asked, "max_loss");
  out->min_average = average ? PyFloat_AsDouble(average) : (double)NAN;
  out->max_loss = loss ? PyFloat_AsDouble(loss) : (double)NAN;
  return !PyErr_Occurred();
}

/* The point of the dial that fulfils a wish; without one the last. None, or False where that is undecided. */
static PyObject *chosen_point(const kept *k) {
  size_t point = DESPUR_DIAL_POINTS - 1;
  despur_dial_answer answer = DESPUR_DIAL_FOUND;
  if (!isnan(k->wish.min_average) || !isnan(k->wish.max_loss))
    answer = despur_dial_choose(&point, &k->result, &k->wish);
  if (answer == DESPUR_DIAL_UNDECIDED) return Py_NewRef(Py_False);
  return answer == DESPUR_DIAL_NONE ? Py_NewRef(Py_None) : PyLong_FromSize_t(point);
}

/* (dict, point, capsule) */
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
  return result ? Py_BuildValue("NNN", result, chosen_point(k), capsule) : NULL;
}

/* repair(data, options, listener) */
PyObject *core_repair(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *given, *asked;
  core_listener l = {0};
  if (!PyArg_ParseTuple(arguments, "O!O!O", &PyDict_Type, &given, &PyDict_Type, &asked, &l.call)) return NULL;
  kept *k = calloc(1, sizeof *k);
  if (!k) return PyErr_NoMemory();
  if (options_of(&k->options, asked) && take_wish(&k->wish, asked) && take_data(k, given))
    return carry_out(k, &l);
  kept_free(k);
  return NULL;
}

/* ---- a head in a file ---- */

static void head_free(PyObject *capsule) {
  despur_head *head = PyCapsule_GetPointer(capsule, HEAD);
  despur_head_release(head);
  free(head);
}

/* head_read(spec): head, outputs, columns, weight, bias */
PyObject *core_head_read(PyObject *module, PyObject *spec) {
  (void)module;
  const char *path;
  despur_error error;
  if (!core_text(&path, spec) || !path) return NULL;
  despur_head *head = calloc(1, sizeof *head);
  if (!head) return PyErr_NoMemory();
  despur_status status = despur_head_read(head, path, &error);
  PyObject *capsule = status == DESPUR_OK ? PyCapsule_New(head, HEAD, head_free) : core_raise(status, &error);
  if (!capsule) {
    despur_head_release(head);
    free(head);
    return NULL;
  }
  return Py_BuildValue("NnnNN", capsule, (Py_ssize_t)head->outputs, (Py_ssize_t)head->columns,
                       floats(head->weight, head->outputs * head->columns),
                       floats(head->bias, head->outputs));
}

/* ---- in writing ---- */

/* What the test examples say, and what they cannot say. */
static PyObject *write_repair(const despur_repair_view *view, const despur_repair_directory *directory) {
  despur_repair_outcome outcome = {0};
  despur_repair_check check;
  despur_error error;
  despur_status status;
  PyThreadState *state = PyEval_SaveThread();
  status = despur_repair_measure(&outcome, view, &error);
  if (status == DESPUR_OK) status = despur_report_repair(&outcome, view, directory, &check, &error);
  PyEval_RestoreThread(state);
  PyObject *said = status == DESPUR_OK ? Py_BuildValue("ss", outcome.verdict, outcome.caution)
                                       : core_raise(status, &error);
  despur_repair_outcome_release(&outcome);
  return said;
}

/* How test examples are measured, and by which names. */
typedef struct shown {
  despur_repair_view view;
  despur_repair_directory directory;
  core_array groups, attributes, units;
  const char **class_names, **fit_names, **group_names, **ids;
} shown;

static bool take_names(const char ***out, PyObject *given, const char *key, size_t expected) {
  PyObject *list = PyDict_GetItemString(given, key);
  size_t count;
  if (!list || list == Py_None) return true;
  *out = core_texts(list, &count);
  if (!*out) return false;
  return count == expected || core_refuse("expected %zu %s, found %zu", expected, key, count);
}

static bool take_text(const char **out, PyObject *given, const char *key) {
  PyObject *text = PyDict_GetItemString(given, key);
  return !text || core_text(out, text);
}

static bool take_view(shown *s, const kept *k, PyObject *given) {
  despur_repair_view *v = &s->view;
  const size_t rows = k->data.rows;
  PyObject *position = PyDict_GetItemString(given, "position"), *head = PyDict_GetItemString(given, "head");
  *v = (despur_repair_view){.data = &k->data,
                            .result = &k->result,
                            .rule = k->options.rule,
                            .position = position ? PyFloat_AsDouble(position) : 1,
                            .groups_count = core_count(given, "groups_count"),
                            .units_count = core_count(given, "units_count"),
                            .groups_given = core_count(given, "given") != 0};
  if (PyErr_Occurred() || !take_array(&s->groups, given, "groups", 'I', rows) ||
      !take_array(&s->attributes, given, "attributes", 'I', rows) ||
      !take_array(&s->units, given, "units", 'I', rows) ||
      !take_names(&s->class_names, given, "class_names", k->data.classes) ||
      !take_names(&s->fit_names, given, "fit_names", k->result.groups_count) ||
      !take_names(&s->group_names, given, "group_names", v->groups_count) ||
      !take_names(&s->ids, given, "ids", rows) || !take_text(&v->unit, given, "unit") ||
      !take_text(&v->weight, given, "weight") || !take_text(&v->features, given, "features") ||
      !take_text(&s->directory.config, given, "config") || !take_text(&s->directory.patch, given, "patch"))
    return false;
  if (!s->groups.held || !s->class_names || !s->fit_names || !s->group_names)
    return core_refuse("expected groups, and names of classes and groups");
  v->class_names = s->class_names;
  v->fit_names = s->fit_names;
  v->group_names = s->group_names;
  v->ids = s->ids;
  v->groups = s->groups.view.buf;
  if (s->attributes.held) v->attributes = s->attributes.view.buf;
  if (s->units.held) v->units = s->units.view.buf;
  if (head && head != Py_None) s->directory.head = PyCapsule_GetPointer(head, HEAD);
  s->directory.force = core_count(given, "force") != 0;
  return !PyErr_Occurred();
}

/* repair_write(repair, directory, view): verdict, caution */
PyObject *core_repair_write(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *capsule, *given, *said = NULL;
  shown s = {0};
  if (!PyArg_ParseTuple(arguments, "OsO!", &capsule, &s.directory.path, &PyDict_Type, &given)) return NULL;
  const kept *k = PyCapsule_GetPointer(capsule, CAPSULE);
  if (!k) return NULL;
  if (take_view(&s, k, given)) said = write_repair(&s.view, &s.directory);
  core_array_release(&s.groups);
  core_array_release(&s.attributes);
  core_array_release(&s.units);
  free((void *)s.class_names);
  free((void *)s.fit_names);
  free((void *)s.group_names);
  free((void *)s.ids);
  return said;
}
