/* The curve of nearness in the embedding, and the forces that follow from it. */
#include "cluster/umap.h"

#include "base/math.h"

#include <math.h>

enum { PLACES = 300, MOST_STEPS = 500 };

static const double STRONGEST = 4; /* as in umap-learn, where it holds for each coordinate */

/* The sum of squares of curve(x) - target(x) and, for Gauss-Newton steps, its normal equations. */
typedef struct fit {
  double squares;
  double aa, ab, bb; /* J^T J */
  double a, b;       /* J^T residuals */
} fit;

/* y = 1 / (1 + a x^2b): dy/da = -y^2 x^2b, dy/db = -y^2 a x^2b ln x^2. */
static fit evaluate(double a, double b, double min_dist) {
  fit f = {0};
  for (int i = 0; i < PLACES; i++) {
    double x = 3.0 * i / (PLACES - 1), log_square = i ? 2 * math_log(x) : 0;
    double power = i ? math_exp(b * log_square) : 0, y = 1 / (1 + a * power);
    double residual = y - (x < min_dist ? 1 : math_exp(min_dist - x));
    double by_a = -y * y * power, by_b = by_a * a * log_square;
    f.squares += residual * residual;
    f.aa += by_a * by_a;
    f.ab += by_a * by_b;
    f.bb += by_b * by_b;
    f.a += by_a * residual;
    f.b += by_b * residual;
  }
  return f;
}

/* Levenberg and Marquardt's method from a = b = 1, in units of spread. */
void umap_fit_curve(double *a, double *b, double min_dist, double spread) {
  *a = *b = 1;
  min_dist /= spread;
  fit best = evaluate(*a, *b, min_dist);
  double damping = 1e-3;
  for (int step = 0; step < MOST_STEPS && damping < 1e12; step++) {
    double aa = best.aa * (1 + damping), bb = best.bb * (1 + damping);
    double determinant = aa * bb - best.ab * best.ab;
    double next_a = *a - (best.a * bb - best.b * best.ab) / determinant;
    double next_b = *b - (best.b * aa - best.a * best.ab) / determinant;
    fit next = next_a > 0 && next_b > 0 ? evaluate(next_a, next_b, min_dist) : (fit){.squares = HUGE_VAL};
    if (!(next.squares < best.squares)) {
      damping *= 10;
      continue;
    }
    *a = next_a;
    *b = next_b;
    best = next;
    damping /= 10;
  }
  *a /= math_exp(2 * *b * math_log(spread));
}

/* Gradients of the cross entropy, divided by the difference of the places (McInnes et al., appendix C); 0.001
 * keeps repulsion finite. */
void umap_forces_init(umap_forces *forces, double a, double b) {
  for (size_t i = 0; i <= TABLE_ENTRIES; i++) {
    const double x = (double)umap_table_place(i), power = math_exp(b * math_log(x)), y = 1 / (1 + a * power);
    const double attraction = 2 * a * b * power * y / x, repulsion = 2 * b * y / (0.001 + x);
    const double most = STRONGEST / sqrt(x);
    forces->attraction.values[i] = (float)-(attraction < most ? attraction : most);
    forces->repulsion.values[i] = (float)(repulsion < most ? repulsion : most);
  }
}
