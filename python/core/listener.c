/* Who listens while the library works. The library calls without the interpreter's lock, and from the thread
 * that called it; the lock is taken for as long as a callback lasts. */
#include "core.h"

#include <time.h>

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void core_listener_unlock(core_listener *l) {
  l->state = PyEval_SaveThread();
}

void core_listener_lock(core_listener *l) {
  PyEval_RestoreThread(l->state);
}

bool core_listener_hears(const core_listener *l) {
  return l->call && l->call != Py_None && !l->failed;
}

void core_listener_tell(core_listener *l, const char *kind, PyObject *value) {
  PyObject *said = value ? PyObject_CallFunction(l->call, "sO", kind, value) : NULL;
  if (!said) l->failed = true;
  Py_XDECREF(said);
  Py_XDECREF(value);
}

void core_listener_note(void *context, const char *line) {
  core_listener *l = context;
  if (!core_listener_hears(l)) return;
  core_listener_lock(l);
  core_listener_tell(l, "note", PyUnicode_FromString(line));
  core_listener_unlock(l);
}

/* Ten times a second is soon enough for people. */
int core_listener_stop(void *context) {
  core_listener *l = context;
  if (l->failed) return 1;
  double now = seconds_now();
  if (now - l->asked < 0.1) return 0;
  l->asked = now;
  core_listener_lock(l);
  if (PyErr_CheckSignals() != 0) l->failed = true;
  core_listener_unlock(l);
  return l->failed;
}

void core_listener_progress(void *context, const char *stage, size_t done, size_t total) {
  core_listener *l = context;
  if (!core_listener_hears(l)) return;
  core_listener_lock(l);
  core_listener_tell(
      l, "progress",
      Py_BuildValue("{sssnsn}", "stage", stage, "done", (Py_ssize_t)done, "total", (Py_ssize_t)total));
  core_listener_unlock(l);
}

despur_watch core_listener_watch(core_listener *l) {
  l->asked = seconds_now(); /* short work does not ask at all */
  return (despur_watch){l, core_listener_stop, core_listener_progress};
}

PyObject *core_listener_raise(const core_listener *l, despur_status status, const despur_error *error) {
  return l->failed && PyErr_Occurred() ? NULL : core_raise(status, error);
}
