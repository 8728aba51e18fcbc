/* Runs, sweeps, tables over runs, and where their networks look. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

static bool append(PyObject *list, PyObject *item) {
  bool done = list && item && PyList_Append(list, item) == 0;
  Py_XDECREF(item);
  return done;
}

/* ---- observers ---- */

static void on_progress(void *context, const despur_progress *p) {
  core_listener *l = context;
  if (!core_listener_hears(l)) return;
  core_listener_lock(l);
  core_listener_tell(l, "progress",
                     Py_BuildValue("{sssnsnsnsnsd}", "stage", p->stage, "epoch", (Py_ssize_t)p->epoch,
                                   "epochs", (Py_ssize_t)p->epochs, "done", (Py_ssize_t)p->done, "total",
                                   (Py_ssize_t)p->total, "loss", p->loss));
  core_listener_unlock(l);
}

static void on_sweep_progress(void *context, const despur_sweep_progress *p) {
  core_listener *l = context;
  if (!core_listener_hears(l)) return;
  core_listener_lock(l);
  core_listener_tell(l, "progress",
                     Py_BuildValue("{snsnsnsnsnsd}", "total", (Py_ssize_t)p->total, "complete",
                                   (Py_ssize_t)p->complete, "failed", (Py_ssize_t)p->failed, "running",
                                   (Py_ssize_t)p->running, "elsewhere", (Py_ssize_t)p->elsewhere,
                                   "seconds_left", p->seconds_left));
  core_listener_unlock(l);
}

/* ---- configurations ---- */

/* A recipe's file, or NULL for defaults, and overrides. */
static despur_status configure(despur_config **out, const char *recipe, const char *const *overrides,
                               despur_error *error) {
  char *notes = NULL;
  *out = NULL;
  despur_status status = despur_config_create(out, error);
  if (status == DESPUR_OK && recipe) status = despur_config_load(*out, recipe, error);
  for (size_t i = 0; status == DESPUR_OK && overrides[i]; i++)
    status = despur_config_set(*out, overrides[i], error);
  if (status == DESPUR_OK) status = despur_config_drop_idle(*out, &notes, error);
  free(notes);
  return status == DESPUR_OK ? despur_config_check(*out, error) : status;
}

/* Text that is made of a configuration: itself, or the network that it trains last. */
static PyObject *text_of(PyObject *arguments,
                         despur_status (*describe)(char **, const despur_config *, despur_error *)) {
  const char *recipe;
  PyObject *list, *result = NULL;
  despur_config *config;
  despur_error error;
  char *text = NULL;
  if (!PyArg_ParseTuple(arguments, "zO!", &recipe, &PyList_Type, &list)) return NULL;
  size_t count;
  const char **overrides = core_texts(list, &count);
  if (!overrides) return NULL;
  PyThreadState *state = PyEval_SaveThread();
  despur_status status = configure(&config, recipe, overrides, &error);
  if (status == DESPUR_OK) status = describe(&text, config, &error);
  PyEval_RestoreThread(state);
  result = status == DESPUR_OK ? PyUnicode_FromString(text) : core_raise(status, &error);
  free(text);
  despur_config_free(config);
  free((void *)overrides);
  return result;
}

static despur_status format_config(char **out, const despur_config *config, despur_error *error) {
  return despur_config_format(config, out, error);
}

PyObject *core_config(PyObject *module, PyObject *arguments) {
  (void)module;
  return text_of(arguments, format_config);
}

/* network(recipe, overrides): its plan */
PyObject *core_network(PyObject *module, PyObject *arguments) {
  (void)module;
  return text_of(arguments, despur_run_describe_network);
}

/* assign(run, path, overrides, threads, listener) */
PyObject *core_assign(PyObject *module, PyObject *arguments) {
  (void)module;
  const char *directory, *path;
  PyObject *list;
  core_listener l = {0};
  despur_assign_options options = {0};
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "ssO!iO", &directory, &path, &PyList_Type, &list, &options.threads,
                        &l.call))
    return NULL;
  const char **overrides = core_texts(list, &options.count);
  if (!overrides) return NULL;
  options.overrides = overrides;
  options.observer = (despur_observer){&l, core_listener_note, NULL, core_listener_stop};
  core_listener_watch(&l);
  core_listener_unlock(&l);
  despur_status status = despur_run_assign(directory, path, &options, &error);
  core_listener_lock(&l);
  free((void *)overrides);
  return status == DESPUR_OK && !l.failed ? Py_NewRef(Py_None) : core_listener_raise(&l, status, &error);
}

/* ---- runs ---- */

/* Every measure by the name that results.jsonl has for it. */
static bool add_scores(PyObject *stage, const despur_scores *scores) {
  bool done = true;
  for (int kind = 0; done && kind < DESPUR_SCORE_KINDS; kind++) {
    PyObject *value = PyFloat_FromDouble(despur_score_value(scores, (despur_score_kind)kind));
    const char *name = despur_score_describe((despur_score_kind)kind)->name;
    done = value && PyDict_SetItemString(stage, name, value) == 0;
    Py_XDECREF(value);
  }
  return done;
}

static PyObject *stage_of(const despur_stage_result *s) {
  const despur_scores *scores = &s->scores;
  bool any = scores->worst_group < scores->groups_count;
  PyObject *stage =
      Py_BuildValue("{sssnsnsdszsdsd}", "label", s->label, "selected_epoch", (Py_ssize_t)s->selected_epoch,
                    "epochs", (Py_ssize_t)s->epochs, "seconds", s->seconds, "worst_group",
                    any ? scores->groups[scores->worst_group].name : NULL, "worst_group_low",
                    scores->worst_group_low, "worst_group_high", scores->worst_group_high);
  if (stage && !add_scores(stage, scores)) Py_CLEAR(stage);
  return stage;
}

static PyObject *run_of(const despur_run_result *r) {
  PyObject *stages = PyList_New(0);
  for (size_t i = 0; stages && i < r->stage_count; i++)
    if (!append(stages, stage_of(&r->stages[i]))) Py_CLEAR(stages);
  if (!stages) return NULL;
  return Py_BuildValue("{sssssssN}", "directory", r->directory, "verdict", r->verdict ? r->verdict : "",
                       "split", despur_split_name(r->split), "stages", stages);
}

PyObject *core_run(PyObject *module, PyObject *arguments) {
  (void)module;
  const char *recipe;
  PyObject *list, *result = NULL;
  core_listener l = {0};
  despur_run_options options = {0};
  despur_config *config = NULL;
  despur_run_result run;
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "zO!zppipO", &recipe, &PyList_Type, &list, &options.directory,
                        &options.force, &options.resume, &options.threads, &options.only_infer, &l.call))
    return NULL;
  size_t count;
  const char **overrides = core_texts(list, &count);
  if (!overrides) return NULL;
  options.observer = (despur_observer){&l, core_listener_note, on_progress, core_listener_stop};
  core_listener_unlock(&l);
  despur_status status = configure(&config, recipe, overrides, &error);
  bool configured = status == DESPUR_OK;
  if (configured) {
    const despur_watch watch = core_listener_watch(&l);
    despur_config_watch(config, &watch);
    status = despur_run(&run, config, &options, &error);
  }
  core_listener_lock(&l);
  result = status == DESPUR_OK && !l.failed ? run_of(&run) : core_listener_raise(&l, status, &error);
  if (configured) despur_run_result_release(&run);
  despur_config_free(config);
  free((void *)overrides);
  return result;
}

/* ---- sweeps ---- */

static PyObject *failed_runs(const despur_sweep *sweep) {
  PyObject *list = PyList_New(0);
  for (size_t i = 0; list && i < despur_sweep_count(sweep); i++) {
    despur_sweep_state state;
    despur_error error;
    char reason[512];
    despur_status status = despur_sweep_run_state(&state, sweep, i, reason, &error);
    bool done = status == DESPUR_OK;
    if (!done) core_raise(status, &error);
    if (done && state == DESPUR_SWEEP_FAILED)
      done = append(list, Py_BuildValue("ss", despur_sweep_run_name(sweep, i), reason));
    if (!done) Py_CLEAR(list);
  }
  return list;
}

static PyObject *sweep_of(const despur_sweep *sweep, const despur_sweep_result *r) {
  PyObject *failed = failed_runs(sweep);
  if (!failed) return NULL;
  return Py_BuildValue("{sssnsnsnsN}", "directory", despur_sweep_directory(sweep), "runs",
                       (Py_ssize_t)despur_sweep_count(sweep), "complete", (Py_ssize_t)r->complete, "kept",
                       (Py_ssize_t)r->kept, "failed", failed);
}

PyObject *core_sweep(PyObject *module, PyObject *arguments) {
  (void)module;
  const char *path, *directory;
  core_listener l = {0};
  despur_sweep_options options = {0};
  despur_sweep_result done;
  despur_sweep *sweep = NULL;
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "sziiO", &path, &directory, &options.jobs, &options.threads, &l.call))
    return NULL;
  options.observer = (despur_sweep_observer){&l, NULL, on_sweep_progress, core_listener_stop};
  core_listener_unlock(&l);
  despur_status status = despur_sweep_create(&sweep, path, directory, &error);
  if (status == DESPUR_OK) status = despur_sweep_run(&done, sweep, &options, &error);
  core_listener_lock(&l);
  PyObject *result =
      status == DESPUR_OK && !l.failed ? sweep_of(sweep, &done) : core_listener_raise(&l, status, &error);
  despur_sweep_free(sweep);
  return result;
}

/* ---- tables over runs ---- */

/* The table in each format, and its notes. */
static PyObject *print_table(const despur_table *table) {
  PyObject *formats = PyList_New(0), *notes = PyList_New(0);
  bool done = formats && notes;
  for (int f = DESPUR_TABLE_TEXT; done && f <= DESPUR_TABLE_CSV; f++) {
    char *text = NULL;
    despur_error error;
    despur_status status = despur_table_print(table, (despur_table_format)f, &text, &error);
    done = status == DESPUR_OK ? append(formats, PyUnicode_FromString(text))
                               : core_raise(status, &error) != NULL;
    free(text);
  }
  for (size_t i = 0; done && despur_table_note(table, i); i++)
    done = append(notes, PyUnicode_FromString(despur_table_note(table, i)));
  if (done) return Py_BuildValue("NN", formats, notes);
  Py_XDECREF(formats);
  Py_XDECREF(notes);
  return NULL;
}

PyObject *core_table(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *list;
  despur_table_options options = {0};
  despur_table *table = NULL;
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "O!zzzz", &PyList_Type, &list, &options.rows, &options.columns,
                        &options.measure, &options.split))
    return NULL;
  size_t count;
  const char **directories = core_texts(list, &count);
  if (!directories) return NULL;
  despur_status status;
  PyThreadState *state = PyEval_SaveThread();
  status = despur_table_create(&table, directories, count, &options, &error);
  PyEval_RestoreThread(state);
  PyObject *result = status == DESPUR_OK ? print_table(table) : core_raise(status, &error);
  despur_table_free(table);
  free((void *)directories);
  return result;
}

/* ---- where networks look ---- */

static PyObject *cam_group(const despur_cam_group *g, bool minority) {
  return Py_BuildValue("{sssnsnsNsds(ddd)s(ddd)s(ddd)s(ddd)s(ddd)}", "name", g->name, "count",
                       (Py_ssize_t)g->count, "empty", (Py_ssize_t)g->empty, "minority",
                       PyBool_FromLong(minority), "core_area", g->core_area, "core", g->core.mean,
                       g->core.low, g->core.high, "background", g->background.mean, g->background.low,
                       g->background.high, "painted", g->painted.mean, g->painted.low, g->painted.high,
                       "pointing", g->pointing.mean, g->pointing.low, g->pointing.high, "overlap",
                       g->overlap.mean, g->overlap.low, g->overlap.high);
}

static PyObject *cam_stage(const despur_run_cam_result *r, size_t stage) {
  PyObject *groups = PyList_New(0);
  const despur_cam_scores *scores = &r->stages[stage].scores;
  for (size_t g = 0; groups && g < scores->groups_count; g++)
    if (!append(groups, cam_group(&scores->groups[g], r->minority[g] != 0))) Py_CLEAR(groups);
  return groups ? Py_BuildValue("{sssN}", "label", r->stages[stage].label, "groups", groups) : NULL;
}

static PyObject *cam_of(const despur_run_cam_result *r) {
  PyObject *stages = PyList_New(0), *sheets = PyList_New(0);
  bool done = stages && sheets;
  for (size_t s = 0; done && s < r->stage_count; s++) done = append(stages, cam_stage(r, s));
  for (size_t s = 0; done && s < r->sheet_count; s++) {
    const despur_picture *picture = &r->sheets[s].picture;
    done = append(sheets, Py_BuildValue("sy#", r->names[r->sheets[s].group], (const char *)picture->bytes,
                                        (Py_ssize_t)picture->count));
  }
  if (done)
    return Py_BuildValue("{sssssNsN}", "layer", r->layer, "split", despur_split_name(r->split), "stages",
                         stages, "sheets", sheets);
  Py_XDECREF(stages);
  Py_XDECREF(sheets);
  return NULL;
}

/* What was seen, for as long as somebody may want to write it down. */
static const char CAM[] = "despur.cam";

static void cam_free(PyObject *capsule) {
  despur_run_cam_result *found = PyCapsule_GetPointer(capsule, CAM);
  despur_run_cam_release(found);
  free(found);
}

static bool cam_options(despur_run_cam_options *out, core_array *examples, PyObject *asked) {
  const size_t stage = core_count(asked, "stage");
  PyObject *layer = PyDict_GetItemString(asked, "layer"), *wanted = PyDict_GetItemString(asked, "examples"),
           *masks = PyDict_GetItemString(asked, "masks");
  *out = (despur_run_cam_options){.split = (despur_split)core_count(asked, "split"),
                                  .chosen = stage > 0,
                                  .network = (despur_network)(stage > 0 ? stage - 1 : 0),
                                  .cam = {.target = (despur_cam_target)core_count(asked, "target"),
                                          .chosen_class = core_count(asked, "class"),
                                          .subtract_minimum = core_count(asked, "subtract_minimum") != 0},
                                  .example_count = core_count(asked, "example_count"),
                                  .per_group = core_count(asked, "per_group"),
                                  .scored = core_count(asked, "scored"),
                                  .scale = core_count(asked, "scale"),
                                  .threads = (int)core_count(asked, "threads")};
  if (PyErr_Occurred() || (layer && !core_text(&out->cam.layer, layer))) return false;
  if (masks && !core_text(&out->masks, masks)) return false;
  if (!wanted || wanted == Py_None) return true;
  if (!core_array_take(examples, wanted, 'I', out->example_count, false)) return false;
  out->examples = examples->view.buf;
  return true;
}

/* cam(run, options): dict, result */
PyObject *core_cam(PyObject *module, PyObject *arguments) {
  (void)module;
  const char *directory;
  PyObject *asked;
  core_array examples = {0};
  core_listener l = {0};
  despur_run_cam_options options;
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "sO!", &directory, &PyDict_Type, &asked)) return NULL;
  if (!cam_options(&options, &examples, asked)) {
    core_array_release(&examples);
    return NULL;
  }
  despur_run_cam_result *found = calloc(1, sizeof *found);
  if (!found) {
    core_array_release(&examples);
    return PyErr_NoMemory();
  }
  options.watch = core_listener_watch(&l);
  core_listener_unlock(&l);
  despur_status status = despur_run_cam(found, directory, &options, &error);
  core_listener_lock(&l);
  core_array_release(&examples);
  PyObject *kept = status == DESPUR_OK ? PyCapsule_New(found, CAM, cam_free) : core_raise(status, &error);
  if (!kept) {
    despur_run_cam_release(found);
    free(found);
    return NULL;
  }
  PyObject *said = cam_of(found);
  if (!said) Py_CLEAR(kept);
  return said ? Py_BuildValue("NN", said, kept) : NULL;
}

PyObject *core_cam_write(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *capsule;
  const char *directory;
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "Os", &capsule, &directory)) return NULL;
  const despur_run_cam_result *found = PyCapsule_GetPointer(capsule, CAM);
  if (!found) return NULL;
  PyThreadState *state = PyEval_SaveThread();
  despur_status status = despur_run_cam_write(found, directory, &error);
  PyEval_RestoreThread(state);
  return status == DESPUR_OK ? Py_NewRef(Py_None) : core_raise(status, &error);
}
