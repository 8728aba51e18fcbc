/* Tables through the Arrow C data interface: a stream of batches, or one array. Nothing is copied: memory is
 * exported as buffers that keep their batch alive. What formats mean is told in Python. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/* ---- the interface (https://arrow.apache.org/docs/format/CDataInterface.html) ---- */

struct ArrowSchema {
  const char *format, *name, *metadata;
  int64_t flags, n_children;
  struct ArrowSchema **children, *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};

struct ArrowArray {
  int64_t length, null_count, offset, n_buffers, n_children;
  const void **buffers;
  struct ArrowArray **children, *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
  int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
  const char *(*get_last_error)(struct ArrowArrayStream *);
  void (*release)(struct ArrowArrayStream *);
  void *private_data;
};

/* ---- a batch, and memory of it ---- */

static PyTypeObject *batch_type, *memory_type;

typedef struct batch {
  PyObject_HEAD struct ArrowArray array;
} batch;

typedef struct memory {
  PyObject_HEAD PyObject *owner; /* the batch */
  void *bytes;
  Py_ssize_t count;
} memory;

static void batch_free(PyObject *object) {
  batch *self = (batch *)object;
  PyTypeObject *type = Py_TYPE(object);
  if (self->array.release) self->array.release(&self->array);
  PyObject_Free(self);
  Py_DECREF(type);
}

static void memory_free(PyObject *object) {
  memory *self = (memory *)object;
  PyTypeObject *type = Py_TYPE(object);
  Py_XDECREF(self->owner);
  PyObject_Free(self);
  Py_DECREF(type);
}

static int memory_export(PyObject *object, Py_buffer *view, int flags) {
  memory *self = (memory *)object;
  return PyBuffer_FillInfo(view, object, self->bytes, self->count, 1, flags);
}

/* memory(address, count): the batch says the address, and Python how far it reaches. */
static PyObject *batch_memory(PyObject *object, PyObject *arguments) {
  unsigned long long address;
  Py_ssize_t count;
  if (!PyArg_ParseTuple(arguments, "Kn", &address, &count)) return NULL;
  memory *made = (memory *)PyType_GenericAlloc(memory_type, 0);
  if (!made) return NULL;
  made->owner = Py_NewRef(object);
  made->bytes = (void *)(uintptr_t)address;
  made->count = count;
  return (PyObject *)made;
}

static PyMethodDef batch_methods[] = {
    {"memory", batch_memory, METH_VARARGS, "memory(address, count): bytes of the batch as a buffer"},
    {NULL, NULL, 0, NULL}};

static PyType_Slot batch_slots[] = {{Py_tp_dealloc, (void *)(uintptr_t)batch_free},
                                    {Py_tp_methods, batch_methods},
                                    {Py_tp_doc, (void *)(uintptr_t) "A batch of Arrow's."},
                                    {0, NULL}};

static PyType_Slot memory_slots[] = {{Py_tp_dealloc, (void *)(uintptr_t)memory_free},
                                     {Py_bf_getbuffer, (void *)(uintptr_t)memory_export},
                                     {Py_tp_doc, (void *)(uintptr_t) "Bytes of a batch."},
                                     {0, NULL}};

enum { HIDDEN = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE };

static PyType_Spec batch_spec = {"despur._core.Batch", sizeof(batch), 0, HIDDEN, batch_slots};
static PyType_Spec memory_spec = {"despur._core.Memory", sizeof(memory), 0, HIDDEN, memory_slots};

bool core_arrow_init(void) {
  batch_type = (PyTypeObject *)PyType_FromSpec(&batch_spec);
  memory_type = (PyTypeObject *)PyType_FromSpec(&memory_spec);
  return batch_type && memory_type;
}

/* ---- what Python sees ---- */

/* (format, name, flags, children, dictionary) */
static PyObject *schema_of(const struct ArrowSchema *s) {
  PyObject *children = PyList_New(0), *dictionary = NULL;
  for (int64_t i = 0; children && i < s->n_children; i++) {
    PyObject *child = schema_of(s->children[i]);
    if (!child || PyList_Append(children, child) != 0) Py_CLEAR(children);
    Py_XDECREF(child);
  }
  if (children) dictionary = s->dictionary ? schema_of(s->dictionary) : Py_NewRef(Py_None);
  if (dictionary)
    return Py_BuildValue("szLNN", s->format, s->name, (long long)s->flags, children, dictionary);
  Py_XDECREF(children);
  return NULL;
}

/* (length, nulls, offset, addresses, children, dictionary) */
static PyObject *array_of(const struct ArrowArray *a) {
  PyObject *addresses = PyList_New(0), *children = PyList_New(0), *dictionary = NULL;
  bool done = addresses && children;
  for (int64_t i = 0; done && i < a->n_buffers; i++) {
    PyObject *address = PyLong_FromVoidPtr((void *)(uintptr_t)a->buffers[i]);
    done = address && PyList_Append(addresses, address) == 0;
    Py_XDECREF(address);
  }
  for (int64_t i = 0; done && i < a->n_children; i++) {
    PyObject *child = array_of(a->children[i]);
    done = child && PyList_Append(children, child) == 0;
    Py_XDECREF(child);
  }
  if (done) dictionary = a->dictionary ? array_of(a->dictionary) : Py_NewRef(Py_None);
  if (dictionary)
    return Py_BuildValue("LLLNNN", (long long)a->length, (long long)a->null_count, (long long)a->offset,
                         addresses, children, dictionary);
  Py_XDECREF(addresses);
  Py_XDECREF(children);
  return NULL;
}

/* Takes the array over and adds (batch, array) to the list. */
static bool add_batch(PyObject *list, struct ArrowArray *array) {
  batch *made = (batch *)PyType_GenericAlloc(batch_type, 0);
  if (!made) {
    array->release(array);
    return false;
  }
  made->array = *array;
  array->release = NULL;
  PyObject *seen = array_of(&made->array);
  PyObject *pair = seen ? Py_BuildValue("NN", (PyObject *)made, seen) : NULL;
  if (!seen) Py_DECREF((PyObject *)made);
  bool done = pair && PyList_Append(list, pair) == 0;
  Py_XDECREF(pair);
  return done;
}

static bool stream_failed(struct ArrowArrayStream *stream) {
  const char *said = stream->get_last_error(stream);
  return core_refuse("the table could not be read: %.400s", said ? said : "its owner does not say why");
}

static PyObject *read_stream(struct ArrowArrayStream *stream) {
  struct ArrowSchema schema = {.release = NULL};
  if (stream->get_schema(stream, &schema) != 0) return stream_failed(stream), NULL;
  PyObject *said = schema_of(&schema), *list = said ? PyList_New(0) : NULL;
  schema.release(&schema);
  bool done = list != NULL;
  while (done) {
    struct ArrowArray array = {.release = NULL};
    done = stream->get_next(stream, &array) == 0 || stream_failed(stream);
    if (!done || !array.release) break;
    done = add_batch(list, &array);
  }
  if (done) return Py_BuildValue("NN", said, list);
  Py_XDECREF(said);
  Py_XDECREF(list);
  return NULL;
}

PyObject *core_arrow_stream(PyObject *module, PyObject *capsule) {
  (void)module;
  struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
  if (!stream) return NULL;
  if (!stream->release) return core_refuse("the table's stream has been read already"), NULL;
  PyObject *read = read_stream(stream);
  stream->release(stream);
  stream->release = NULL;
  return read;
}

PyObject *core_arrow_array(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *schema_capsule, *array_capsule;
  if (!PyArg_ParseTuple(arguments, "OO", &schema_capsule, &array_capsule)) return NULL;
  struct ArrowSchema *schema = PyCapsule_GetPointer(schema_capsule, "arrow_schema");
  struct ArrowArray *array = schema ? PyCapsule_GetPointer(array_capsule, "arrow_array") : NULL;
  if (!array) return NULL;
  if (!schema->release || !array->release) return core_refuse("the array has been read already"), NULL;
  PyObject *said = schema_of(schema), *list = said ? PyList_New(0) : NULL;
  if (list && add_batch(list, array)) return Py_BuildValue("NN", said, list);
  Py_XDECREF(said);
  Py_XDECREF(list);
  return NULL;
}
