#include "data/resample.h"

#include <math.h>

static double tent(double x) {
  x = fabs(x);
  return x < 1 ? 1 - x : 0;
}

/* Keys' cubic with a = -0.5. */
static double cubic(double x) {
  const double a = -0.5;
  x = fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

size_t resample_most(size_t from, size_t to, bool bicubic) {
  const double scale = (double)from / (double)to;
  return (size_t)ceil((bicubic ? 2 : 1) * (scale < 1 ? 1 : scale)) * 2 + 1;
}

size_t resample_weights(double *weights, size_t *first, size_t from, size_t to, size_t at, bool bicubic) {
  const double scale = (double)from / (double)to, stretch = scale < 1 ? 1 : scale;
  const double support = (bicubic ? 2 : 1) * stretch, inverse = 1 / stretch;
  const double centre = ((double)at + 0.5) * scale;
  const double low = centre - support + 0.5, high = centre + support + 0.5;
  const size_t begin = low < 0 ? 0 : (size_t)low, end = high > (double)from ? from : (size_t)high;
  double sum = 0;
  for (size_t k = begin; k < end; k++) {
    const double x = ((double)k - centre + 0.5) * inverse;
    weights[k - begin] = bicubic ? cubic(x) : tent(x);
    sum += weights[k - begin];
  }
  for (size_t k = begin; k < end; k++) weights[k - begin] = sum != 0 ? weights[k - begin] / sum : 0;
  *first = begin;
  return end - begin;
}
