#include "model/runtime.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/file.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- ONNX Runtime's C API ---- */

typedef struct ort_object ort_object; /* environments, sessions, options, values, shapes: all opaque */
typedef ort_object *ort_status;       /* NULL: all went well */

/* The table of functions, by number. Those of the first version (to 101) and AddSessionConfigEntry of the
 * fifth are used. */
enum {
  ORT_VERSION = 5,
  GET_ERROR_MESSAGE = 2,
  CREATE_ENV = 3,
  CREATE_SESSION_FROM_ARRAY = 8,
  RUN = 9,
  CREATE_SESSION_OPTIONS = 10,
  SET_INTRA_OP_THREADS = 24,
  SET_INTER_OP_THREADS = 25,
  SESSION_INPUT_COUNT = 30,
  SESSION_INPUT_TYPE = 33,
  SESSION_INPUT_NAME = 36,
  CREATE_TENSOR_WITH_DATA = 49,
  GET_TENSOR_DATA = 51,
  CAST_TO_TENSOR_INFO = 55,
  GET_ELEMENT_TYPE = 60,
  GET_RANK = 61,
  GET_SIZES = 62,
  GET_TENSOR_SHAPE = 65,
  CREATE_CPU_MEMORY_INFO = 69,
  ALLOCATOR_FREE = 76,
  DEFAULT_ALLOCATOR = 78,
  RELEASE_ENV = 92,
  RELEASE_STATUS = 93,
  RELEASE_MEMORY_INFO = 94,
  RELEASE_SESSION = 95,
  RELEASE_VALUE = 96,
  RELEASE_TYPE_INFO = 98,
  RELEASE_SHAPE = 99,
  RELEASE_OPTIONS = 100,
  ADD_CONFIG_ENTRY = 130
};

enum { ORT_ERROR = 3, ORT_FLOAT = 1, ORT_DEVICE_ALLOCATOR = 0, ORT_MEMORY_DEFAULT = 0 };

typedef void (*ort_function)(void);

typedef struct ort_base {
  const ort_function *(*get_api)(uint32_t version);
  const char *(*get_version)(void);
} ort_base;

#define RELEASE(r, number, object)                                                                           \
  do {                                                                                                       \
    if (object) ((void (*)(ort_object *))(r)->api[number])(object);                                          \
  } while (0)

enum { MOST_OUTPUTS = 4 };

struct runtime {
  void *library;
  const ort_function *api;
  ort_object *env, *options, *session, *memory;
  ort_object *values[MOST_OUTPUTS];
  char *path, *input;
  runtime_shape input_shape;
};

/* ---- finding the library ---- */

static const char INSTALLED[] = "models/onnxruntime/capi";
static const char SONAME[] = "libonnxruntime.so.1";

/* The library of a folder: libonnxruntime.so.1 with whatever release behind it. */
static bool find_in(char out[FILE_PATH], const char *folder) {
  DIR *directory = opendir(folder);
  bool found = false;
  if (!directory) return false;
  for (const struct dirent *entry; !found && (entry = readdir(directory));)
    found = strncmp(entry->d_name, SONAME, strlen(SONAME)) == 0 &&
            file_join(out, folder, entry->d_name, NULL) == DESPUR_OK;
  closedir(directory);
  return found;
}

/* models/ beside the program that runs. */
static bool find_beside(char out[FILE_PATH]) {
  char program[FILE_PATH], folder[FILE_PATH];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length <= 0) return false;
  program[length] = 0;
  char *slash = strrchr(program, '/');
  if (!slash) return false;
  *slash = 0;
  return file_join(folder, program, INSTALLED, NULL) == DESPUR_OK && find_in(out, folder);
}

static despur_status load(runtime *r, despur_onnx_engine *engine, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *given = getenv("DESPUR_ONNXRUNTIME");
  char path[FILE_PATH];
  if (given && *given)
    format_text(path, sizeof path, "%s", given);
  else if (!find_beside(path))
    format_text(path, sizeof path, "%s", SONAME);
  r->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!r->library)
    FAIL(error, DESPUR_BAD_INPUT,
         "ONNX Runtime is not there: 'make models' installs it beside despur, or set DESPUR_ONNXRUNTIME to "
         "the path of "
         "libonnxruntime.so, such as that of Python's package onnxruntime (%s)",
         dlerror());
  const ort_base *(*get_base)(void);
  *(void **)&get_base = dlsym(r->library, "OrtGetApiBase");
  const ort_base *base = get_base ? get_base() : NULL;
  r->api = base ? base->get_api(ORT_VERSION) : NULL;
  if (!r->api) FAIL(error, DESPUR_BAD_INPUT, "%s: expected ONNX Runtime of 1.5 or later", path);
  format_text(engine->version, sizeof engine->version, "%s", base->get_version());
  format_text(engine->path, sizeof engine->path, "%s", path);
cleanup:
  return status;
}

despur_status runtime_find(despur_onnx_engine *out, despur_error *error) {
  runtime r = {0};
  *out = (despur_onnx_engine){0};
  despur_status status = load(&r, out, error);
  if (r.library) dlclose(r.library);
  return status;
}

/* ---- a model ---- */

/* Turns what the engine says into an error; it may have many lines. */
static despur_status take_status(const runtime *r, ort_status failed, despur_error *error) {
  if (!failed) return DESPUR_OK;
  const char *message = ((const char *(*)(ort_object *))r->api[GET_ERROR_MESSAGE])(failed);
  despur_status status =
      error_set(error, DESPUR_BAD_INPUT, "%s: ONNX Runtime: %.300s", r->path, message ? message : "failed");
  RELEASE(r, RELEASE_STATUS, failed);
  return status;
}

#define ORT(number, types, ...) TRY(take_status(r, ((ort_status(*) types)r->api[number])(__VA_ARGS__), error))

/* Shape and type of a tensor, from what describes it. */
static despur_status take_shape(runtime *r, runtime_shape *out, const ort_object *described, const char *what,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  int type = 0;
  ORT(GET_ELEMENT_TYPE, (const ort_object *, int *), described, &type);
  ORT(GET_RANK, (const ort_object *, size_t *), described, &out->rank);
  if (type != ORT_FLOAT || out->rank > RUNTIME_MAX_RANK)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected float32 of at most %d dimensions at %s", r->path,
         RUNTIME_MAX_RANK, what);
  ORT(GET_SIZES, (const ort_object *, int64_t *, size_t), described, out->sizes, out->rank);
cleanup:
  return status;
}

static despur_status take_input(runtime *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  ort_object *allocator, *type = NULL;
  const ort_object *tensor = NULL;
  size_t count = 0;
  char *name = NULL;
  ORT(DEFAULT_ALLOCATOR, (ort_object **), &allocator); /* nobody's to release */
  ORT(SESSION_INPUT_COUNT, (const ort_object *, size_t *), r->session, &count);
  if (count != 1)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected a model of one input, the pictures; found %zu inputs",
         r->path, count);
  ORT(SESSION_INPUT_NAME, (const ort_object *, size_t, ort_object *, char **), r->session, 0, allocator,
      &name);
  const despur_status copied = mem_copy_text(&r->input, name, error);
  ORT(ALLOCATOR_FREE, (ort_object *, void *), allocator, name);
  TRY(copied);
  ORT(SESSION_INPUT_TYPE, (const ort_object *, size_t, ort_object **), r->session, 0, &type);
  ORT(CAST_TO_TENSOR_INFO, (const ort_object *, const ort_object **), type, &tensor);
  if (!tensor) FAIL(error, DESPUR_BAD_INPUT, "%s: expected an input that is a tensor", r->path);
  TRY(take_shape(r, &r->input_shape, tensor, "its input", error));
cleanup:
  RELEASE(r, RELEASE_TYPE_INFO, type);
  return status;
}

static despur_status create_session(runtime *r, const void *bytes, size_t count, int threads,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  ORT(CREATE_ENV, (int, const char *, ort_object **), ORT_ERROR, "despur", &r->env);
  ORT(CREATE_SESSION_OPTIONS, (ort_object **), &r->options);
  ORT(SET_INTRA_OP_THREADS, (ort_object *, int), r->options, threads < 1 ? 1 : threads);
  ORT(SET_INTER_OP_THREADS, (ort_object *, int), r->options, 1);
  /* threads that wait by spinning would take the processors of everybody else */
  ORT(ADD_CONFIG_ENTRY, (ort_object *, const char *, const char *), r->options,
      "session.intra_op.allow_spinning", "0");
  ORT(CREATE_SESSION_FROM_ARRAY, (ort_object *, const void *, size_t, const ort_object *, ort_object **),
      r->env, bytes, count, r->options, &r->session);
  ORT(CREATE_CPU_MEMORY_INFO, (int, int, ort_object **), ORT_DEVICE_ALLOCATOR, ORT_MEMORY_DEFAULT,
      &r->memory);
  TRY(take_input(r, error));
cleanup:
  return status;
}

despur_status runtime_open(runtime **out, const void *bytes, size_t count, int threads, const char *path,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_onnx_engine engine;
  runtime *r = NULL;
  *out = NULL;
  TRY(mem_alloc(&r, 1, sizeof *r, error));
  TRY(mem_copy_text(&r->path, path, error));
  TRY(load(r, &engine, error));
  TRY(create_session(r, bytes, count, threads, error));
  *out = r;
cleanup:
  if (status != DESPUR_OK) runtime_close(r);
  return status;
}

void runtime_close(runtime *r) {
  if (!r) return;
  runtime_forget(r);
  if (r->api) {
    RELEASE(r, RELEASE_MEMORY_INFO, r->memory);
    RELEASE(r, RELEASE_SESSION, r->session);
    RELEASE(r, RELEASE_OPTIONS, r->options);
    RELEASE(r, RELEASE_ENV, r->env);
  }
  if (r->library) dlclose(r->library);
  mem_free(r->input);
  mem_free(r->path);
  mem_free(r);
}

const char *runtime_input(const runtime *r, runtime_shape *shape) {
  *shape = r->input_shape;
  return r->input;
}

/* ---- a pass ---- */

void runtime_forget(runtime *r) {
  for (size_t i = 0; i < MOST_OUTPUTS; i++) {
    RELEASE(r, RELEASE_VALUE, r->values[i]);
    r->values[i] = NULL;
  }
}

static despur_status take_output(runtime *r, size_t i, const char *name, const float **values,
                                 runtime_shape *shape, despur_error *error) {
  despur_status status = DESPUR_OK;
  ort_object *described = NULL;
  void *data = NULL;
  ORT(GET_TENSOR_SHAPE, (const ort_object *, ort_object **), r->values[i], &described);
  TRY(take_shape(r, shape, described, name, error));
  ORT(GET_TENSOR_DATA, (ort_object *, void **), r->values[i], &data);
  *values = data;
cleanup:
  RELEASE(r, RELEASE_SHAPE, described);
  return status;
}

despur_status runtime_run(runtime *r, const float *input, const runtime_shape *shape,
                          const char *const *names, size_t count, const float **values, runtime_shape *shapes,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  ort_object *pictures = NULL;
  size_t numbers = 1;
  for (size_t i = 0; i < shape->rank; i++) numbers *= (size_t)shape->sizes[i];
  runtime_forget(r);
  ORT(CREATE_TENSOR_WITH_DATA,
      (const ort_object *, void *, size_t, const int64_t *, size_t, int, ort_object **), r->memory,
      (void *)(uintptr_t)input, numbers * sizeof(float), shape->sizes, shape->rank, ORT_FLOAT, &pictures);
  const ort_object *const inputs[] = {pictures};
  const char *const input_names[] = {r->input};
  ORT(RUN,
      (ort_object *, const ort_object *, const char *const *, const ort_object *const *, size_t,
       const char *const *, size_t, ort_object **),
      r->session, NULL, input_names, inputs, 1, names, count, r->values);
  for (size_t i = 0; i < count; i++) TRY(take_output(r, i, names[i], &values[i], &shapes[i], error));
cleanup:
  RELEASE(r, RELEASE_VALUE, pictures);
  return status;
}
