/* Householder's reduction to tridiagonal form, then the QL method with implicit shifts (Golub and Van Loan,
 * "Matrix Computations", sections 8.3.1 and 8.3.3; Bowdler et al. 1968). Vectors are kept as rows, so that
 * both parts run along memory. */
#include "cluster/eigen.h"

#include "base/memory.h"
#include "base/watch.h"

#include <float.h>
#include <math.h>

/* Many more than the two or three that a value takes. */
enum { MOST_STEPS = 100 };

/* Beside the largest entry, which is near 1, a vector of less than this squared length is nothing. */
static const double NOTHING = 1e-200;

typedef struct tridiagonal {
  size_t n;
  double *diagonal; /* [n] */
  double *beside;   /* [n], beside[i] stands between i and i + 1; the last is 0 */
  double *vectors;  /* [n, n] rows: the basis in which the matrix is tridiagonal */
} tridiagonal;

static void add_multiple(double *to, double factor, const double *from, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] += factor * from[i];
}

static double dot(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* The reflection I - beta v v^T that turns x [n] into (result, 0, ..., 0). Returns beta, 0 when there is
 * nothing to do. */
static double reflector(double *v, double *result, const double *x, size_t n) {
  double rest = dot(x + 1, x + 1, n - 1);
  *result = x[0];
  if (rest < NOTHING) return 0;
  double length = sqrt(x[0] * x[0] + rest);
  *result = x[0] > 0 ? -length : length;
  v[0] = x[0] - *result;
  for (size_t i = 1; i < n; i++) v[i] = x[i];
  return 2 / (v[0] * v[0] + rest);
}

/* a -= v w^T + w v^T with the w that makes it (I - beta v v^T) a (I - beta v v^T); a is the square of size n
 * at the end of a matrix with rows of length `stride`. */
static void reflect_both_sides(double *a, size_t n, size_t stride, const double *v, double beta, double *w) {
  for (size_t i = 0; i < n; i++) w[i] = 0;
  for (size_t i = 0; i < n; i++) add_multiple(w, beta * v[i], a + i * stride, n);
  double half = beta / 2 * dot(v, w, n);
  add_multiple(w, -half, v, n);
  for (size_t i = 0; i < n; i++) {
    add_multiple(a + i * stride, -v[i], w, n);
    add_multiple(a + i * stride, -w[i], v, n);
  }
}

/* rows -= beta v (v^T rows) for n rows of length `width`. */
static void reflect_rows(double *rows, size_t n, size_t width, const double *v, double beta, double *sum) {
  for (size_t i = 0; i < width; i++) sum[i] = 0;
  for (size_t i = 0; i < n; i++) add_multiple(sum, v[i], rows + i * width, width);
  for (size_t i = 0; i < n; i++) add_multiple(rows + i * width, -beta * v[i], sum, width);
}

/* work: [2, n] */
static despur_status tridiagonalise(tridiagonal *t, double *a, double *work, const despur_watch *watch,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t n = t->n;
  double *v = work, *w = work + n;
  for (size_t i = 0; i < n * n; i++) t->vectors[i] = i % (n + 1) == 0;
  for (size_t k = 0; k + 1 < n; k++) {
    const size_t left = n - k - 1;
    TRY(watch_ask(watch, error));
    double *rest = a + (k + 1) * n + k + 1;
    double beta = reflector(v, &t->beside[k], a + k * n + k + 1, left);
    t->diagonal[k] = a[k * n + k];
    if (beta == 0) continue;
    reflect_both_sides(rest, left, n, v, beta, w);
    reflect_rows(t->vectors + (k + 1) * n, left, n, v, beta, w);
  }
  t->diagonal[n - 1] = a[n * n - 1];
  t->beside[n - 1] = 0;
cleanup:
  return status;
}

static void rotate_rows(double *a, double *b, double cosine, double sine, size_t n) {
  for (size_t i = 0; i < n; i++) {
    double x = a[i], y = b[i];
    a[i] = cosine * x - sine * y;
    b[i] = sine * x + cosine * y;
  }
}

/* The first i >= from whose neighbour is negligible. */
static size_t block_end(const tridiagonal *t, size_t from) {
  size_t i = from;
  for (; i + 1 < t->n; i++) {
    double size = fabs(t->diagonal[i]) + fabs(t->diagonal[i + 1]);
    if (fabs(t->beside[i]) <= DBL_EPSILON / 2 * size || fabs(t->beside[i]) < DBL_MIN) break;
  }
  return i;
}

/* One QL step on rows first..last, which hang together: rotations chase a bulge from the end to the
 * beginning. */
static void ql_step(tridiagonal *t, size_t first, size_t last) {
  double *d = t->diagonal, *e = t->beside;
  double g = (d[first + 1] - d[first]) / (2 * e[first]), length = sqrt(g * g + 1);
  double shift = d[first] - e[first] / (g + (g < 0 ? -length : length));
  double sine = 1, cosine = 1, moved = 0, bulge = d[last] - shift;
  for (size_t i = last; i-- > first;) {
    double f = sine * e[i], b = cosine * e[i];
    length = sqrt(f * f + bulge * bulge);
    e[i + 1] = length;
    if (length == 0) { /* the matrix has fallen apart */
      d[i + 1] -= moved;
      e[last] = 0;
      return;
    }
    sine = f / length;
    cosine = bulge / length;
    bulge = d[i + 1] - moved;
    double turned = (d[i] - bulge) * sine + 2 * cosine * b;
    moved = sine * turned;
    d[i + 1] = bulge + moved;
    bulge = cosine * turned - b;
    rotate_rows(t->vectors + i * t->n, t->vectors + (i + 1) * t->n, cosine, sine, t->n);
  }
  d[first] -= moved;
  e[first] = bulge;
  e[last] = 0;
}

static despur_status diagonalise(tridiagonal *t, const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < t->n; i++) {
    size_t steps = 0;
    for (size_t last; (last = block_end(t, i)) > i; steps++) {
      if (steps == MOST_STEPS)
        FAIL(error, DESPUR_BAD_INPUT, "eigenvalue %zu of %zu does not converge", i, t->n);
      TRY(watch_ask(watch, error));
      ql_step(t, i, last);
    }
  }
cleanup:
  return status;
}

/* Selection sort: n exchanges of rows at most. */
static void sort_falling(tridiagonal *t) {
  for (size_t i = 0; i < t->n; i++) {
    size_t largest = i;
    for (size_t j = i + 1; j < t->n; j++)
      if (t->diagonal[j] > t->diagonal[largest]) largest = j;
    if (largest == i) continue;
    double value = t->diagonal[i];
    t->diagonal[i] = t->diagonal[largest];
    t->diagonal[largest] = value;
    for (size_t j = 0; j < t->n; j++) {
      double *a = &t->vectors[i * t->n + j], *b = &t->vectors[largest * t->n + j], swap = *a;
      *a = *b;
      *b = swap;
    }
  }
}

/* The exponent of the largest value, by which the matrix is divided: no square overflows or vanishes. */
static int exponent_of(const double *a, size_t count) {
  double largest = 0;
  for (size_t i = 0; i < count; i++) largest = fabs(a[i]) > largest ? fabs(a[i]) : largest;
  int exponent;
  frexp(largest, &exponent);
  return exponent;
}

despur_status eigen_symmetric(double *values, double *vectors, double *a, size_t n, const despur_watch *watch,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  double *work = NULL;
  tridiagonal t = {.n = n, .diagonal = values, .vectors = vectors};
  TRY(mem_alloc(&work, 3 * n, sizeof *work, error));
  t.beside = work + 2 * n;
  const int exponent = exponent_of(a, n * n);
  for (size_t i = 0; i < n * n; i++) a[i] = ldexp(a[i], -exponent);
  TRY(tridiagonalise(&t, a, work, watch, error));
  TRY(diagonalise(&t, watch, error));
  sort_falling(&t);
  for (size_t i = 0; i < n; i++) values[i] = ldexp(values[i], exponent);
cleanup:
  mem_free(work);
  return status;
}
