/* Compiled once for each instruction set (base/level.h). A sum is one chain over the rows, and products are
 * rounded before they are added, as plain C does, so all levels give the same bits. */
#include "cluster/components.h"

#include "base/lanes.h"
#include "base/level.h"

/* A tile is FACTORS numbers of x times all lanes of y: its sums stay in registers while the rows pass by. */
enum { FACTORS = DOUBLES == 8 ? 8 : DOUBLES == 4 ? 2 : 1 };

INLINE void products_tile(double *sums, size_t stride, const double *x, const double *y, size_t rows) {
  dvec sum[FACTORS][DOUBLE_PARTS];
  UNROLL for (size_t a = 0; a < FACTORS; a++) {
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) sum[a][p] =
        load_doubles(sums + a * stride + p * DOUBLES);
  }
  for (size_t row = 0; row < rows; row++, x += LANES, y += LANES) {
    UNROLL for (size_t a = 0; a < FACTORS; a++) {
      const dvec factor = splat_double(x[a]);
      UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) sum[a][p] += factor * load_doubles(y + p * DOUBLES);
    }
  }
  UNROLL for (size_t a = 0; a < FACTORS; a++) {
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++)
        store_doubles(sums + a * stride + p * DOUBLES, sum[a][p]);
  }
}

static void add_products(double *sums, size_t stride, const double *x, const double *y, size_t rows) {
  for (size_t a = 0; a < LANES; a += FACTORS) products_tile(sums + a * stride, stride, x + a, y, rows);
}

extern const components_table LEVEL_TABLE(components);
const components_table LEVEL_TABLE(components) = {.add_products = add_products};
