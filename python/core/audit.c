/* What a classifier leans on: examples in, a verdict out, which can be written as the tool writes it. */
#include "core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char CAPSULE[] = "despur.audit";

static void audit_free(PyObject *capsule) {
  despur_audit_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

/* Takes the audit. */
static PyObject *result_of(despur_audit *audit) {
  char *sentence = NULL, *caution = NULL;
  despur_error error;
  despur_audit_verdict verdict = audit->verdict;
  PyObject *capsule = PyCapsule_New(audit, CAPSULE, audit_free);
  if (!capsule) {
    despur_audit_free(audit);
    return NULL;
  }
  despur_status status = despur_audit_sentence(&sentence, audit, &error);
  if (status == DESPUR_OK) status = despur_audit_caution(&caution, audit, &error);
  PyObject *result = status == DESPUR_OK ? Py_BuildValue("iszO", (int)verdict, sentence, caution, capsule)
                                         : core_raise(status, &error);
  free(sentence);
  free(caution);
  Py_DECREF(capsule);
  return result;
}

static double real_of(PyObject *asked, const char *key) {
  PyObject *given = PyDict_GetItemString(asked, key);
  return given ? PyFloat_AsDouble(given) : 0;
}

/* What somebody noted of some examples: in a file, or in an array. */
typedef struct noted {
  despur_example_column column;
  const char *path;
  core_array codes;
  const char **values;
} noted;

static void noted_release(noted *n) {
  if (n->path) despur_example_column_release(&n->column);
  core_array_release(&n->codes);
  free((void *)n->values);
}

static bool take_noted(noted *n, PyObject *given, size_t rows) {
  despur_error error;
  if (!PyUnicode_Check(given)) return core_column_take(&n->column, &n->codes, &n->values, given, rows);
  if (!core_text(&n->path, given)) return false;
  despur_status status = despur_examples_read_noted(&n->column, n->path, rows, &error);
  return status == DESPUR_OK || core_raise(status, &error) != NULL;
}

static bool take_options(despur_audit_options *out, noted *n, PyObject *asked, size_t rows) {
  PyObject *finders = PyDict_GetItemString(asked, "finders"), *given = PyDict_GetItemString(asked, "noted");
  *out = (despur_audit_options){.l2 = real_of(asked, "penalty"),
                                .folds = core_count(asked, "folds"),
                                .confidence = real_of(asked, "confidence"),
                                .seed = core_count(asked, "seed"),
                                .threads = (int)core_count(asked, "threads"),
                                .trained_on = core_count(asked, "trained_on") != 0,
                                .repeats = core_count(asked, "repeats"),
                                .label_some = core_count(asked, "label_some")};
  if (PyErr_Occurred() || (finders && !core_text(&out->finders, finders))) return false;
  if (!given || given == Py_None) return true;
  out->noted = &n->column;
  return take_noted(n, given, rows);
}

/* audit(examples, options, listener): verdict, sentence, caution or None, audit */
PyObject *core_audit(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *capsule, *asked, *result = NULL;
  despur_audit_options options;
  despur_audit *audit = NULL;
  core_listener l = {0};
  despur_error error;
  noted n = {0};
  if (!PyArg_ParseTuple(arguments, "OO!O", &capsule, &PyDict_Type, &asked, &l.call)) return NULL;
  const despur_examples *examples = core_examples_of(capsule);
  if (examples && take_options(&options, &n, asked, examples->count)) {
    options.model = core_examples_model(capsule);
    options.watch = core_listener_watch(&l);
    core_listener_unlock(&l);
    despur_status status = despur_audit_run(&audit, examples, &options, &error);
    core_listener_lock(&l);
    if (status == DESPUR_OK && !l.failed) {
      result = result_of(audit);
    } else {
      despur_audit_free(audit);
      core_listener_raise(&l, status, &error);
    }
  }
  noted_release(&n);
  return result;
}

/* ---- in writing ---- */

/* Pictures below a folder by their ids, of an array, or of the data of a run. */
static despur_status take_pictures(despur_thumbnail *out, const despur_audit *a, const uint32_t *examples,
                                   size_t count, const char *kind, const char *path, despur_error *error) {
  const size_t side = despur_audit_picture_side(a);
  if (count == 0) return DESPUR_OK;
  if (strcmp(kind, "run") == 0) return despur_run_thumbnails(out, path, examples, count, side, error);
  if (strcmp(kind, "array") == 0)
    return despur_thumbnails_of_array(out, path, a->examples, examples, count, side, error);
  const char **names = calloc(count, sizeof *names);
  if (!names) {
    snprintf(error->message, sizeof error->message, "out of memory");
    return DESPUR_NO_RESOURCES;
  }
  for (size_t i = 0; i < count; i++) names[i] = a->ids[examples[i]];
  despur_status status = despur_thumbnails_of_folder(out, path, names, count, side, error);
  free(names);
  return status;
}

/* Of the examples that are shown, and behind them of what pasting has made. */
static despur_status draw_page(despur_thumbnail *out, const despur_audit *a,
                               const despur_picture_model *model, const char *kind, const char *path,
                               despur_error *error) {
  const size_t sampled = despur_audit_sampled(NULL, a), shown = despur_audit_shown(NULL, a);
  uint32_t *examples = calloc(sampled + 1, sizeof *examples);
  despur_pasted *pasted = calloc(shown + 1, sizeof *pasted);
  despur_status status = examples && pasted ? DESPUR_OK : DESPUR_NO_RESOURCES;
  if (status == DESPUR_OK) {
    despur_audit_sampled(examples, a);
    despur_audit_shown(pasted, a);
    if (kind) status = take_pictures(out, a, examples, sampled, kind, path, error);
  } else {
    snprintf(error->message, sizeof error->message, "out of memory");
  }
  if (status == DESPUR_OK && model && shown > 0)
    status = model->draw(model->self, out + sampled, pasted, shown, despur_audit_picture_side(a), error);
  free(examples);
  free(pasted);
  return status;
}

static despur_status write_page(const despur_audit *a, const despur_picture_model *model, const char *page,
                                const char *kind, const char *path, despur_error *error) {
  const size_t count = despur_audit_sampled(NULL, a) + despur_audit_shown(NULL, a);
  despur_thumbnail *thumbnails = calloc(count + 1, sizeof *thumbnails);
  if (!thumbnails) {
    snprintf(error->message, sizeof error->message, "out of memory");
    return DESPUR_NO_RESOURCES;
  }
  despur_status status = draw_page(thumbnails, a, model, kind, path, error);
  if (status == DESPUR_OK) status = despur_report_audit(a, "despur.audit(...)", thumbnails, page, error);
  despur_thumbnails_release(thumbnails, count);
  free(thumbnails);
  return status;
}

/* audit_write(audit, directory, page, examples, kind, path): kind and path of pictures, or None */
PyObject *core_audit_write(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *capsule, *examples;
  const char *directory, *page, *kind, *path;
  despur_error error;
  if (!PyArg_ParseTuple(arguments, "OszOzz", &capsule, &directory, &page, &examples, &kind, &path))
    return NULL;
  const despur_audit *audit = PyCapsule_GetPointer(capsule, CAPSULE);
  if (!audit) return NULL;
  const despur_picture_model *model = examples == Py_None ? NULL : core_examples_model(examples);
  if (PyErr_Occurred()) return NULL;
  if (kind && strcmp(kind, "folder") == 0 && !audit->ids)
    return core_refuse("pictures: expected ids, the paths of pictures below %s", path), NULL;
  PyThreadState *state = PyEval_SaveThread();
  despur_status status = despur_audit_write(audit, directory, &error);
  if (status == DESPUR_OK && page) status = write_page(audit, model, page, kind, path, &error);
  PyEval_RestoreThread(state);
  return status == DESPUR_OK ? Py_NewRef(Py_None) : core_raise(status, &error);
}
