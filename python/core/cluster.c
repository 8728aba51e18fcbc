/* Clustering: points and results are the caller's arrays. */
#include "core.h"

#include <string.h>

/* Points [n, d] and up to four outputs, released together. */
typedef struct arrays {
  core_array points, out[4];
} arrays;

static void release(arrays *a) {
  core_array_release(&a->points);
  for (size_t i = 0; i < sizeof a->out / sizeof *a->out; i++) core_array_release(&a->out[i]);
}

/* n * d, or a refusal. */
static bool product(size_t *out, Py_ssize_t n, Py_ssize_t d) {
  if (n >= 0 && d >= 0 && !__builtin_mul_overflow((size_t)n, (size_t)d, out)) return true;
  return core_refuse("expected an array of [%zd, %zd] values", n, d);
}

static bool take(core_array *out, PyObject *object, char type, Py_ssize_t n, Py_ssize_t d, bool writable) {
  size_t count = 0;
  return product(&count, n, d) && core_array_take(out, object, type, count, writable);
}

/* Copies results and returns what was built, or raises. */
#define COPY(array, from, type)                                                                              \
  memcpy((array).view.buf, from, (size_t)(array).view.len / sizeof(type) * sizeof(type))

PyObject *core_kmeans(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *points, *labels, *centres, *result = NULL;
  Py_ssize_t n, d, clusters, starts, iterations;
  unsigned long long seed;
  despur_kmeans_options options = {0};
  despur_kmeans_result found = {0};
  core_listener l = {0};
  despur_error error;
  arrays a = {0};
  if (!PyArg_ParseTuple(arguments, "OnnOOnnndKiO", &points, &n, &d, &labels, &centres, &clusters, &starts,
                        &iterations, &options.tolerance, &seed, &options.threads, &l.call))
    return NULL;
  options.clusters = (size_t)clusters;
  options.starts = (size_t)starts;
  options.max_iterations = (size_t)iterations;
  options.seed = seed;
  if (take(&a.points, points, 'f', n, d, false) && take(&a.out[0], labels, 'I', n, 1, true) &&
      take(&a.out[1], centres, 'd', clusters, d, true)) {
    despur_status status;
    options.watch = core_listener_watch(&l);
    core_listener_unlock(&l);
    status = despur_kmeans(&found, a.points.view.buf, (size_t)n, (size_t)d, &options, &error);
    core_listener_lock(&l);
    if (status == DESPUR_OK && !l.failed) {
      COPY(a.out[0], found.labels, uint32_t);
      COPY(a.out[1], found.centres, double);
      result = Py_BuildValue("dn", found.inertia, (Py_ssize_t)found.iterations);
    } else {
      core_listener_raise(&l, status, &error);
    }
    despur_kmeans_release(&found);
  }
  release(&a);
  return result;
}

PyObject *core_kmedoids(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *points, *labels, *medoids, *result = NULL;
  Py_ssize_t n, d, clusters, starts, passes;
  unsigned long long seed;
  int distance;
  despur_kmedoids_options options = {0};
  despur_kmedoids_result found = {0};
  core_listener l = {0};
  despur_error error;
  arrays a = {0};
  if (!PyArg_ParseTuple(arguments, "OnnOOninnKiO", &points, &n, &d, &labels, &medoids, &clusters, &distance,
                        &starts, &passes, &seed, &options.threads, &l.call))
    return NULL;
  options.clusters = (size_t)clusters;
  options.distance = (despur_distance)distance;
  options.starts = (size_t)starts;
  options.max_passes = (size_t)passes;
  options.seed = seed;
  if (take(&a.points, points, 'f', n, d, false) && take(&a.out[0], labels, 'I', n, 1, true) &&
      take(&a.out[1], medoids, 'I', clusters, 1, true)) {
    despur_status status;
    options.watch = core_listener_watch(&l);
    core_listener_unlock(&l);
    status = despur_kmedoids(&found, a.points.view.buf, (size_t)n, (size_t)d, &options, &error);
    core_listener_lock(&l);
    if (status == DESPUR_OK && !l.failed) {
      COPY(a.out[0], found.labels, uint32_t);
      COPY(a.out[1], found.medoids, uint32_t);
      result = Py_BuildValue("dnN", found.loss, (Py_ssize_t)found.swaps, PyBool_FromLong(found.converged));
    } else {
      core_listener_raise(&l, status, &error);
    }
    despur_kmedoids_release(&found);
  }
  release(&a);
  return result;
}

/* ---- mixtures: a model is (components, dimensions, covariance, weights, means, whitening) ---- */

static Py_ssize_t whitening_width(int covariance, Py_ssize_t d) {
  return covariance == DESPUR_COVARIANCE_FULL ? d * d : d;
}

PyObject *core_mixture_fit(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *points, *labels, *weights, *means, *whitening, *result = NULL;
  Py_ssize_t n, d, components, starts, iterations;
  unsigned long long seed;
  int covariance;
  despur_mixture_options options = {0};
  despur_mixture_result found = {0};
  core_listener l = {0};
  despur_error error;
  arrays a = {0};
  if (!PyArg_ParseTuple(arguments, "OnnOOOOninnddKiO", &points, &n, &d, &labels, &weights, &means, &whitening,
                        &components, &covariance, &starts, &iterations, &options.tolerance,
                        &options.regularisation, &seed, &options.threads, &l.call))
    return NULL;
  options.components = (size_t)components;
  options.covariance = (despur_covariance)covariance;
  options.starts = (size_t)starts;
  options.max_iterations = (size_t)iterations;
  options.seed = seed;
  if (take(&a.points, points, 'f', n, d, false) && take(&a.out[0], labels, 'I', n, 1, true) &&
      take(&a.out[1], weights, 'd', components, 1, true) &&
      take(&a.out[2], means, 'd', components, d, true) &&
      take(&a.out[3], whitening, 'd', components, whitening_width(covariance, d), true)) {
    despur_status status;
    options.watch = core_listener_watch(&l);
    core_listener_unlock(&l);
    status = despur_mixture_fit(&found, a.points.view.buf, (size_t)n, (size_t)d, &options, &error);
    core_listener_lock(&l);
    if (status == DESPUR_OK && !l.failed) {
      COPY(a.out[0], found.labels, uint32_t);
      COPY(a.out[1], found.model.weights, double);
      COPY(a.out[2], found.model.means, double);
      COPY(a.out[3], found.model.whitening, double);
      result = Py_BuildValue("dnN", found.log_likelihood, (Py_ssize_t)found.iterations,
                             PyBool_FromLong(found.converged));
    } else {
      core_listener_raise(&l, status, &error);
    }
    despur_mixture_result_release(&found);
  }
  release(&a);
  return result;
}

PyObject *core_mixture_predict(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *points, *weights, *means, *whitening, *labels, *responsibilities, *densities, *result = NULL;
  Py_ssize_t n, d, components;
  int covariance, threads;
  despur_error error;
  arrays a = {0};
  core_array model[3] = {0};
  if (!PyArg_ParseTuple(arguments, "OnnOOOniOOOi", &points, &n, &d, &weights, &means, &whitening, &components,
                        &covariance, &labels, &responsibilities, &densities, &threads))
    return NULL;
  if (take(&a.points, points, 'f', n, d, false) && take(&model[0], weights, 'd', components, 1, false) &&
      take(&model[1], means, 'd', components, d, false) &&
      take(&model[2], whitening, 'd', components, whitening_width(covariance, d), false) &&
      take(&a.out[0], labels, 'I', n, 1, true) &&
      take(&a.out[1], responsibilities, 'd', n, components, true) &&
      take(&a.out[2], densities, 'd', n, 1, true)) {
    const despur_mixture mixture = {(despur_covariance)covariance,
                                    (size_t)components,
                                    (size_t)d,
                                    model[0].view.buf,
                                    model[1].view.buf,
                                    model[2].view.buf};
    core_listener l = {0};
    const despur_watch watch = core_listener_watch(&l);
    core_listener_unlock(&l);
    despur_status status =
        despur_mixture_predict(&mixture, a.points.view.buf, (size_t)n, threads, a.out[0].view.buf,
                               a.out[1].view.buf, a.out[2].view.buf, &watch, &error);
    core_listener_lock(&l);
    result = status == DESPUR_OK && !l.failed ? Py_NewRef(Py_None) : core_listener_raise(&l, status, &error);
  }
  for (size_t i = 0; i < 3; i++) core_array_release(&model[i]);
  release(&a);
  return result;
}

/* ---- UMAP ---- */

PyObject *core_umap_fit(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *points, *embedding, *result = NULL;
  Py_ssize_t n, d, components, neighbors, epochs;
  unsigned long long seed;
  despur_umap_options options = {0};
  despur_umap found = {0};
  core_listener l = {0};
  despur_error error;
  arrays a = {0};
  if (!PyArg_ParseTuple(arguments, "OnnOnnnddKiO", &points, &n, &d, &embedding, &components, &neighbors,
                        &epochs, &options.min_dist, &options.spread, &seed, &options.threads, &l.call))
    return NULL;
  options.components = (size_t)components;
  options.neighbors = (size_t)neighbors;
  options.epochs = (size_t)epochs;
  options.seed = seed;
  if (take(&a.points, points, 'f', n, d, false) && take(&a.out[0], embedding, 'f', n, components, true)) {
    despur_status status;
    options.watch = core_listener_watch(&l);
    core_listener_unlock(&l);
    status = despur_umap_fit(&found, a.points.view.buf, (size_t)n, (size_t)d, &options, &error);
    core_listener_lock(&l);
    if (status == DESPUR_OK && !l.failed) {
      COPY(a.out[0], found.embedding, float);
      result = Py_BuildValue("ddn", found.a, found.b, (Py_ssize_t)found.epochs);
    } else {
      core_listener_raise(&l, status, &error);
    }
    despur_umap_release(&found);
  }
  release(&a);
  return result;
}

PyObject *core_umap_transform(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *fitted, *embedding, *points, *out, *result = NULL;
  Py_ssize_t count, n, d, components, neighbors, epochs;
  unsigned long long seed;
  int threads;
  despur_umap umap = {0};
  despur_error error;
  arrays a = {0};
  core_array model[2] = {0};
  if (!PyArg_ParseTuple(arguments, "OOnnnnnddKOnOi", &fitted, &embedding, &count, &d, &components, &neighbors,
                        &epochs, &umap.a, &umap.b, &seed, &points, &n, &out, &threads))
    return NULL;
  if (take(&model[0], fitted, 'f', count, d, false) &&
      take(&model[1], embedding, 'f', count, components, false) &&
      take(&a.points, points, 'f', n, d, false) && take(&a.out[0], out, 'f', n, components, true)) {
    umap.points = (size_t)count;
    umap.dimensions = (size_t)d;
    umap.components = (size_t)components;
    umap.neighbors = (size_t)neighbors;
    umap.epochs = (size_t)epochs;
    umap.seed = seed;
    umap.data = model[0].view.buf;
    umap.embedding = model[1].view.buf;
    core_listener l = {0};
    const despur_watch watch = core_listener_watch(&l);
    core_listener_unlock(&l);
    despur_status status = despur_umap_transform(&umap, a.out[0].view.buf, a.points.view.buf, (size_t)n,
                                                 threads, &watch, &error);
    core_listener_lock(&l);
    result = status == DESPUR_OK && !l.failed ? Py_NewRef(Py_None) : core_listener_raise(&l, status, &error);
  }
  for (size_t i = 0; i < 2; i++) core_array_release(&model[i]);
  release(&a);
  return result;
}
