/* What is said of measured predictions: comparisons, conditions, and how many examples one needs. */
#include "core.h"

#include <stdlib.h>

/* A dict entry from a Py_BuildValue; consumes value, which may be NULL. */
static bool put(PyObject *dict, const char *key, PyObject *value) {
  bool done = value && PyDict_SetItemString(dict, key, value) == 0;
  Py_XDECREF(value);
  return done;
}

static PyObject *degenerate_of(const despur_degenerate *d) {
  char text[256];
  if (d->kind == DESPUR_NOT_DEGENERATE) return Py_NewRef(Py_None);
  despur_degenerate_sentence(text, d);
  return PyUnicode_FromString(text);
}

/* ---- comparison ---- */

static PyObject *group_of(const despur_group_comparison *g, double confidence) {
  const despur_pairs *p = &g->pairs;
  return Py_BuildValue("{sssnsnsnsnsdsdsdsdsdsdsdsN}", "name", g->name, "both", (Py_ssize_t)p->both,
                       "only_first", (Py_ssize_t)p->only_first, "only_second", (Py_ssize_t)p->only_second,
                       "neither", (Py_ssize_t)p->neither, "first", g->first, "second", g->second,
                       "difference", g->difference, "low", g->low, "high", g->high, "p", g->p_value,
                       "adjusted", g->adjusted, "distinguishable",
                       PyBool_FromLong(g->adjusted <= 1 - confidence));
}

static PyObject *worst_of(const despur_comparison *c) {
  const despur_worst_comparison *w = &c->worst;
  bool any = w->group_first < c->groups_count;
  return Py_BuildValue("{szszsdsdsdsdsdsdsN}", "group_first", any ? c->groups[w->group_first].name : NULL,
                       "group_second", any ? c->groups[w->group_second].name : NULL, "first", w->first,
                       "second", w->second, "difference", w->difference, "low", w->low, "high", w->high, "p",
                       w->p_value, "distinguishable", PyBool_FromLong(w->distinguishable));
}

static PyObject *groups_of(const despur_comparison *c) {
  PyObject *list = PyList_New((Py_ssize_t)c->groups_count);
  for (size_t i = 0; list && i < c->groups_count; i++) {
    PyObject *group = group_of(&c->groups[i], c->confidence);
    if (!group || PyList_SetItem(list, (Py_ssize_t)i, group) != 0) Py_CLEAR(list);
  }
  return list;
}

static PyObject *comparison_of(const despur_comparison *c) {
  PyObject *dict = PyDict_New();
  if (!dict) return NULL;
  if (put(dict, "matched_by", PyUnicode_FromString(c->by_id ? "id" : "row")) &&
      put(dict, "confidence", PyFloat_FromDouble(c->confidence)) &&
      put(dict, "degenerate_first", degenerate_of(&c->degenerate_first)) &&
      put(dict, "degenerate_second", degenerate_of(&c->degenerate_second)) &&
      put(dict, "worst_group", worst_of(c)) && put(dict, "all", group_of(&c->all, c->confidence)) &&
      put(dict, "groups", groups_of(c)))
    return dict;
  Py_DECREF(dict);
  return NULL;
}

PyObject *core_compare(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *first, *second;
  double confidence;
  despur_error error;
  despur_comparison comparison = {0};
  if (!PyArg_ParseTuple(arguments, "OOd", &first, &second, &confidence)) return NULL;
  if (!core_is_model(first) || !core_is_model(second)) return NULL;
  const despur_predicted *a = &((core_model *)first)->model.predicted,
                         *b = &((core_model *)second)->model.predicted;
  despur_status status;
  PyThreadState *state = PyEval_SaveThread();
  status = despur_compare(&comparison, a, b, confidence, &error);
  PyEval_RestoreThread(state);
  PyObject *result = status == DESPUR_OK ? comparison_of(&comparison) : core_raise(status, &error);
  despur_comparison_release(&comparison);
  return result;
}

/* ---- conditions ---- */

typedef struct gate {
  despur_rates rates;
  despur_comparison comparison;
  despur_check *checks; /* [count] */
  size_t count;
  despur_check_subject subject;
} gate;

static bool is_about_rate(despur_condition condition) {
  return condition >= DESPUR_RATE_AT_LEAST && condition <= DESPUR_RATIO_AT_LEAST;
}

/* (condition, bound, rate): a condition on a rate is one for each class, but accuracy is the same for all. */
static bool add_rule(gate *g, const despur_predicted *p, PyObject *rule, const char *baseline) {
  int condition;
  double bound;
  const char *word;
  if (!PyArg_ParseTuple(rule, "idz", &condition, &bound, &word)) return false;
  despur_rate_kind kind = word ? despur_rate_of_word(word) : DESPUR_ACCURACY;
  bool rate = is_about_rate((despur_condition)condition);
  if (rate && kind == DESPUR_SPREAD_KINDS) return core_refuse("there is no rate '%.40s'", word);
  if (rate && (g->rates.classes_count == 0 || g->rates.parts_count == 0))
    return core_refuse("there are no rates by group: %s", g->rates.parts_count
                                                              ? "too many classes (positive= names one)"
                                                              : "nothing but labels tells groups apart");
  size_t classes = rate && kind != DESPUR_ACCURACY && kind != DESPUR_ERROR ? g->rates.classes_count : 1;
  despur_check *grown = realloc(g->checks, (g->count + classes) * sizeof *grown);
  if (!grown) return PyErr_NoMemory() != NULL;
  g->checks = grown;
  for (size_t c = 0; c < classes; c++)
    g->checks[g->count++] = (despur_check){
        .condition = (despur_condition)condition,
        .bound = bound,
        .rate = kind,
        .class_slot = c,
        .positive = classes > 1 && p->class_names ? p->class_names[g->rates.classes[c].class_index] : NULL,
        .baseline = baseline};
  return true;
}

/* Rates, and a comparison with the baseline where there is one. */
static despur_status measure(gate *g, const despur_model *model, const despur_model *before,
                             double confidence, despur_error *error) {
  despur_status status = despur_rates_compute(&g->rates, &model->predicted, confidence, error);
  g->subject = (despur_check_subject){.name = model->path ? model->path : model->label,
                                      .scores = &model->scores,
                                      .rates = &g->rates,
                                      .comparison = before ? &g->comparison : NULL};
  if (status == DESPUR_OK && before)
    status = despur_compare(&g->comparison, &before->predicted, &model->predicted, confidence, error);
  return status;
}

static PyObject *check_of(const despur_check *check) {
  static const char *const ANSWERS[] = {"holds", "does not hold", "undecided"};
  char name[DESPUR_CHECK_NAME];
  despur_check_name(check, name);
  return Py_BuildValue("{sssdsdsdsdssszszsn}", "condition", name, "bound", check->bound, "value",
                       check->value, "low", check->low, "high", check->high, "answer", ANSWERS[check->answer],
                       check->other ? "lowest" : "group", check->group, "highest", check->other,
                       "examples_needed", (Py_ssize_t)check->needed);
}

static PyObject *checks_of(const gate *g) {
  PyObject *list = PyList_New((Py_ssize_t)g->count);
  for (size_t i = 0; list && i < g->count; i++) {
    PyObject *one = check_of(&g->checks[i]);
    if (!one || PyList_SetItem(list, (Py_ssize_t)i, one) != 0) Py_CLEAR(list);
  }
  return list;
}

static despur_status decide(gate *g, double confidence, const char *junit, const char *markdown,
                            despur_error *error) {
  despur_status verdict = despur_check_all(g->checks, g->count, &g->subject, confidence, error),
                status = DESPUR_OK;
  if (verdict != DESPUR_OK && verdict != DESPUR_GATE_FAILED && verdict != DESPUR_TOO_LITTLE_DATA)
    return verdict;
  if (junit) status = despur_check_write_junit(g->checks, g->count, &g->subject, junit, error);
  if (status == DESPUR_OK && markdown)
    status = despur_check_write_markdown(g->checks, g->count, &g->subject, confidence, markdown, error);
  return status == DESPUR_OK ? verdict : status;
}

static PyObject *gate_result(const gate *g, despur_status status, double confidence,
                             const despur_error *error) {
  char *text = NULL;
  despur_error wrong;
  if (status != DESPUR_OK && status != DESPUR_GATE_FAILED && status != DESPUR_TOO_LITTLE_DATA)
    return core_raise(status, error);
  despur_status printed = despur_check_markdown(&text, g->checks, g->count, &g->subject, confidence, &wrong);
  if (printed != DESPUR_OK) return core_raise(printed, &wrong);
  PyObject *result = Py_BuildValue("{sisssssNsdsN}", "exit_code", (int)status, "sentence",
                                   status == DESPUR_OK ? "" : error->message, "markdown", text, "degenerate",
                                   degenerate_of(&g->subject.scores->degenerate), "confidence", confidence,
                                   "conditions", checks_of(g));
  free(text);
  return result;
}

PyObject *core_check(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *object, *rules, *before;
  double confidence;
  const char *junit, *markdown, *baseline = NULL;
  gate g = {0};
  despur_error error;
  PyObject *result = NULL;
  if (!PyArg_ParseTuple(arguments, "OO!Odzz", &object, &PyList_Type, &rules, &before, &confidence, &junit,
                        &markdown))
    return NULL;
  if (!core_is_model(object) || (before != Py_None && !core_is_model(before))) return NULL;
  const despur_model *model = &((core_model *)object)->model,
                     *other = before == Py_None ? NULL : &((core_model *)before)->model;
  if (other) baseline = other->path ? other->path : other->label;
  despur_status status;
  PyThreadState *state = PyEval_SaveThread();
  status = measure(&g, model, other, confidence, &error);
  PyEval_RestoreThread(state);
  bool made = status == DESPUR_OK;
  for (Py_ssize_t i = 0; made && i < PyList_Size(rules); i++)
    made = add_rule(&g, &model->predicted, PyList_GetItem(rules, i), baseline);
  if (made) status = decide(&g, confidence, junit, markdown, &error);
  if (!PyErr_Occurred()) result = gate_result(&g, status, confidence, &error);
  free(g.checks);
  despur_comparison_release(&g.comparison);
  despur_rates_release(&g.rates);
  return result;
}

/* ---- numbers ---- */

PyObject *core_plan(PyObject *module, PyObject *arguments) {
  (void)module;
  double first, second, disagree, confidence, power;
  if (!PyArg_ParseTuple(arguments, "ddddd", &first, &second, &disagree, &confidence, &power)) return NULL;
  return Py_BuildValue("nnn", (Py_ssize_t)despur_plan_threshold(first, second, confidence, power),
                       (Py_ssize_t)despur_plan_paired(first, second, disagree, confidence, power),
                       (Py_ssize_t)despur_plan_unpaired(first, second, confidence, power));
}
