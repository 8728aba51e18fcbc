/* despur._core: the library's functions with buffers and plain objects. It knows nothing of NumPy; what is
 * pleasant to use is written in Python on top. Everything keeps to the limited API of CPython 3.11. */
#ifndef CORE_H
#define CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "despur/despur.h"

#include <stdbool.h>

/* Sets the exception that belongs to a status other than DESPUR_OK; returns NULL. */
PyObject *core_raise(despur_status status, const despur_error *error);

/* despur.InputError with a sentence; returns false. */
bool core_refuse(const char *format, ...);

/* An array that somebody else owns. {0} holds nothing. */
typedef struct core_array {
  Py_buffer view;
  bool held;
} core_array;

/* Takes hold of `count` contiguous values: type 'f' float32, 'd' float64, 'I' uint32. */
bool core_array_take(core_array *out, PyObject *object, char type, size_t count, bool writable);
void core_array_release(core_array *array);

/* The UTF-8 of a str without NUL, which the object owns; NULL with an exception. None: *out = NULL, and true.
 */
bool core_text(const char **out, PyObject *object);

/* The texts of a list, which owns them, and a NULL behind them. Free the array with free(). NULL with an
 * exception. */
const char **core_texts(PyObject *list, size_t *count);

/* A number of a dictionary, 0 where it has none; on failure an exception is set. */
size_t core_count(PyObject *dictionary, const char *key);

/* A column with names, (name, codes, values), whose texts the lists own; free *texts with free(). */
bool core_column_take(despur_example_column *out, core_array *array, const char ***texts, PyObject *column,
                      size_t rows);

/* What a capsule of examples holds, as long as it lives; NULL with an exception. */
const despur_examples *core_examples_of(PyObject *capsule);

/* The model that they are pictures of, to look into and to ask again, or NULL. */
const despur_picture_model *core_examples_model(PyObject *capsule);

/* ---- who listens ---- */

typedef struct core_listener {
  PyObject *call; /* call(kind, value), or NULL or None */
  bool failed;    /* it raised, or the user interrupted: the exception waits in the thread */
  double asked;   /* when signals were last looked for, seconds */
  PyThreadState *state;
} core_listener;

/* Gives up the interpreter's lock, and takes it again: around the library's work, and for callbacks in it the
 * other way round. */
void core_listener_unlock(core_listener *l);
void core_listener_lock(core_listener *l);

/* Ctrl-C stops the work, as does what the callback raises. */
despur_watch core_listener_watch(core_listener *l);

bool core_listener_hears(const core_listener *l);
void core_listener_tell(core_listener *l, const char *kind, PyObject *value); /* locked; consumes value */
void core_listener_note(void *context, const char *line);
void core_listener_progress(void *context, const char *stage, size_t done, size_t total);
int core_listener_stop(void *context);

/* What a callback raised goes before what the library made of it. Returns NULL. */
PyObject *core_listener_raise(const core_listener *l, despur_status status, const despur_error *error);

/* What is measured of one model. */
typedef struct core_model {
  PyObject_HEAD despur_model model;
  PyObject *texts; /* owns what model.columns, label and path point to */
} core_model;

bool core_model_init(PyObject *module); /* adds the type */
bool core_is_model(PyObject *object);

bool core_arrow_init(void); /* its types */
PyObject *core_arrow_stream(PyObject *module, PyObject *capsule);
PyObject *core_arrow_array(PyObject *module, PyObject *arguments);

PyObject *core_measure(PyObject *module, PyObject *arguments);
PyObject *core_read(PyObject *module, PyObject *arguments);
PyObject *core_save(PyObject *module, PyObject *arguments);
PyObject *core_compare(PyObject *module, PyObject *arguments);
PyObject *core_check(PyObject *module, PyObject *arguments);
PyObject *core_plan(PyObject *module, PyObject *arguments);

PyObject *core_predict(PyObject *module, PyObject *arguments);

PyObject *core_config(PyObject *module, PyObject *arguments);
PyObject *core_network(PyObject *module, PyObject *arguments);
PyObject *core_assign(PyObject *module, PyObject *arguments);
PyObject *core_run(PyObject *module, PyObject *arguments);
PyObject *core_sweep(PyObject *module, PyObject *arguments);
PyObject *core_table(PyObject *module, PyObject *arguments);
PyObject *core_cam(PyObject *module, PyObject *arguments);
PyObject *core_cam_write(PyObject *module, PyObject *arguments);

PyObject *core_kmeans(PyObject *module, PyObject *arguments);
PyObject *core_kmedoids(PyObject *module, PyObject *arguments);
PyObject *core_mixture_fit(PyObject *module, PyObject *arguments);
PyObject *core_mixture_predict(PyObject *module, PyObject *arguments);
PyObject *core_umap_fit(PyObject *module, PyObject *arguments);
PyObject *core_umap_transform(PyObject *module, PyObject *arguments);

PyObject *core_examples_given(PyObject *module, PyObject *given);
PyObject *core_examples_run(PyObject *module, PyObject *arguments);
PyObject *core_examples_pictures(PyObject *module, PyObject *arguments);
PyObject *core_examples_write(PyObject *module, PyObject *arguments);
PyObject *core_features(PyObject *module, PyObject *arguments);
PyObject *core_layers(PyObject *module, PyObject *model);

PyObject *core_audit(PyObject *module, PyObject *arguments);
PyObject *core_audit_write(PyObject *module, PyObject *arguments);

PyObject *core_repair(PyObject *module, PyObject *arguments);
PyObject *core_repair_takes(PyObject *module, PyObject *arguments);
PyObject *core_repair_write(PyObject *module, PyObject *arguments);
PyObject *core_head_read(PyObject *module, PyObject *spec);
PyObject *core_draw_splits(PyObject *module, PyObject *arguments);

PyObject *core_grouping_fit(PyObject *module, PyObject *arguments);
PyObject *core_grouping_assign(PyObject *module, PyObject *arguments);
PyObject *core_grouping_save(PyObject *module, PyObject *arguments);
PyObject *core_grouping_load(PyObject *module, PyObject *arguments);
PyObject *core_eiil(PyObject *module, PyObject *arguments);

#endif
