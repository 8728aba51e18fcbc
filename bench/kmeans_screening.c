/* Usage: kmeans_screening [ROWS COLUMNS]: what single-precision screening of distances is worth to k-means.
 *
 * One pass that gives every point to its nearest centre, of as many starts as go together when ten are asked
 * for, with screening and with all squares in double precision, alternately, on normal points around 16
 * places. Labels are the same. It sees private parts of the library. */
#include "base/memory.h"
#include "base/random.h"
#include "cluster/kmeans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 7, MOST_CENTRES = 16, STARTS = 10 };

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* one thread: others on the machine count less */
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A table whose screening settles nothing. */
static void no_products(const screen_job *job) {
  (void)job;
}

static unsigned settle_nothing(const float *products, const float *halves, size_t k, const float *lengths,
                               const float *margin, uint32_t *which) {
  (void)products, (void)halves, (void)k, (void)lengths, (void)margin, (void)which;
  return ~0U;
}

/* Points stand apart by a few of their deviations, as clusters that anybody looks for do. A million rows are
 * sums of a few thousand that are drawn. */
static despur_status draw(float *points, size_t n, size_t d, despur_error *error) {
  enum { FIRST = 1021, SECOND = 1009 };
  float *drawn;
  despur_status status = mem_alloc(&drawn, MOST_CENTRES + FIRST + SECOND, d * sizeof *drawn, error);
  if (status != DESPUR_OK) return status;
  random_stream stream = random_open(0, "rows", 0);
  for (size_t i = 0; i < (MOST_CENTRES + FIRST + SECOND) * d; i++) drawn[i] = (float)random_normal(&stream);
  for (size_t i = 0; i < n; i++) {
    const float *place = drawn + i % MOST_CENTRES * d, *a = drawn + (MOST_CENTRES + i % FIRST) * d,
                *b = drawn + (MOST_CENTRES + FIRST + i % SECOND) * d;
    for (size_t j = 0; j < d; j++) points[i * d + j] = 0.5f * place[j] + 0.7f * (a[j] + b[j]);
  }
  mem_free(drawn);
  return DESPUR_OK;
}

static double time_assignment(kmeans_pass *pass, despur_error *error) {
  for (size_t g = 0; g < pass->group_size; g++)
    memset(pass->group[g]->labels, 0xff, pass->n * sizeof *pass->group[g]->labels);
  const double begun = seconds();
  if (kmeans_assign(pass, &(despur_watch){0}, error) != DESPUR_OK) exit(1);
  return seconds() - begun;
}

static int compare(const void *a, const void *b) {
  const double *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

static double median(double values[REPEATS]) {
  qsort(values, REPEATS, sizeof *values, compare);
  return values[REPEATS / 2];
}

/* Every start begins with points of its own. */
static despur_status make_starts(kmeans_start starts[STARTS], kmeans_pass *pass, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t width = pass->k * pass->d;
  pass->group_size = pass->group_room;
  for (size_t g = 0; g < pass->group_size; g++) {
    TRY(kmeans_start_init(&starts[g], pass, error));
    for (size_t i = 0; i < width; i++) starts[g].centres[i] = (double)pass->points[g * width + i];
    pass->group[g] = &starts[g];
  }
cleanup:
  return status;
}

static despur_status measure(const float *points, size_t n, size_t d, size_t k, despur_error *error) {
  despur_status status = DESPUR_OK;
  kmeans_pass pass = {0};
  kmeans_start starts[STARTS] = {0};
  uint32_t *labels = NULL;
  double with[REPEATS], without[REPEATS];
  TRY(kmeans_pass_init(&pass, points, n, d, k, STARTS, 1, error));
  TRY(make_starts(starts, &pass, error));
  TRY(mem_alloc(&labels, n, sizeof *labels, error));
  const kmeans_table *usual = pass.kernels;
  kmeans_table exact = *usual;
  exact.products = no_products;
  exact.screen = settle_nothing;
  for (size_t r = 0; r < REPEATS; r++) {
    pass.kernels = usual;
    with[r] = time_assignment(&pass, error);
    memcpy(labels, starts[0].labels, n * sizeof *labels);
    pass.kernels = &exact;
    without[r] = time_assignment(&pass, error);
    if (memcmp(labels, starts[0].labels, n * sizeof *labels) != 0)
      FAIL(error, DESPUR_BAD_INPUT, "labels differ");
  }
  printf("%9zu x %4zu, k = %2zu, %2zu starts: %9.3f ms, in double precision %9.3f ms: %.2f times\n", n, d, k,
         pass.group_size, 1e3 * median(with), 1e3 * median(without), median(without) / median(with));
  fflush(stdout);
cleanup:
  mem_free(labels);
  for (size_t g = 0; g < STARTS; g++) kmeans_start_release(&starts[g]);
  kmeans_pass_release(&pass);
  return status;
}

static int measure_size(size_t n, size_t d) {
  static const size_t CENTRES[] = {2, 4, 8, MOST_CENTRES};
  despur_error error;
  float *points;
  despur_status status = mem_alloc(&points, n, d * sizeof *points, &error);
  if (status == DESPUR_OK) status = draw(points, n, d, &error);
  for (size_t i = 0; status == DESPUR_OK && i < sizeof CENTRES / sizeof *CENTRES; i++)
    status = measure(points, n, d, CENTRES[i], &error);
  if (status != DESPUR_OK) fprintf(stderr, "kmeans_screening: %s\n", error.message);
  mem_free(points);
  return status != DESPUR_OK;
}

int main(int argc, char **argv) {
  if (argc == 3)
    return measure_size((size_t)strtoull(argv[1], NULL, 10), (size_t)strtoull(argv[2], NULL, 10));
  return measure_size(10000, 64) || measure_size(100000, 128) || measure_size(1000000, 512);
}
