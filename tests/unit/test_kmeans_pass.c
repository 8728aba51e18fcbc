/* A pass of k-means over points that lie as near to the middle between two centres as their floats allow. */
#include "points_testing.h"

#include "cluster/kmeans.h"

enum { N = 1000, D = 300, K = 3, STARTS = 5 };

static double square_to(const float *point, const double *centre) {
  double sum = 0;
  for (size_t j = 0; j < D; j++) sum = fma((double)point[j] - centre[j], (double)point[j] - centre[j], sum);
  return sum;
}

/* Moves a point along the line through two centres, to where both are equally far away. */
static void move_between(float *point, const double *a, const double *b) {
  double square = 0, ahead = 0;
  for (size_t j = 0; j < D; j++) {
    square += (b[j] - a[j]) * (b[j] - a[j]);
    ahead += (b[j] - a[j]) * ((double)point[j] - (a[j] + b[j]) / 2);
  }
  for (size_t j = 0; j < D; j++) point[j] = (float)((double)point[j] - (b[j] - a[j]) * ahead / square);
}

static void check_labels(const kmeans_start *start, const float *points) {
  for (size_t i = 0; i < N; i++) {
    size_t wanted = 0;
    for (size_t c = 1; c < K; c++)
      if (square_to(points + i * D, start->centres + c * D) <
          square_to(points + i * D, start->centres + wanted * D))
        wanted = c;
    assert_int_equal(start->labels[i], wanted);
    double square = square_to(points + i * D, start->centres + wanted * D);
    assert_near(start->distances[i], square, 1e-14 * square);
  }
}

/* Each start has its own two centres, between which every STARTS-th point lies. */
static void close_calls_are_decided_in_double_precision(void **state) {
  const double offset = *(const double *)*state;
  float *points = normal_points(1, N, D);
  random_stream stream = random_open(1, "test centres", 0);
  kmeans_pass pass;
  kmeans_start starts[STARTS];
  double centres[STARTS][K * D];
  for (size_t s = 0; s < STARTS; s++) {
    for (size_t j = 0; j < K * D; j++) centres[s][j] = random_normal(&stream) * (1 + (double)s) + offset;
    for (size_t i = s; i < N; i += STARTS) {
      for (size_t j = 0; j < D; j++) points[i * D + j] += (float)offset;
      move_between(points + i * D, centres[s], centres[s] + D);
    }
  }
  assert_ok(kmeans_pass_init(&pass, points, N, D, K, STARTS, 2, &error));
  for (size_t s = 0; s < STARTS; s++) {
    assert_ok(kmeans_start_init(&starts[s], &pass, &error));
    memcpy(starts[s].centres, centres[s], sizeof centres[s]);
    memset(starts[s].labels, 0xff, N * sizeof *starts[s].labels);
    pass.group[s] = &starts[s];
  }
  pass.group_size = STARTS;
  assert_ok(kmeans_assign(&pass, &(despur_watch){0}, &error));
  for (size_t s = 0; s < STARTS; s++) {
    kmeans_measure(&pass, &starts[s]);
    check_labels(&starts[s], points);
    kmeans_start_release(&starts[s]);
  }
  kmeans_pass_release(&pass);
  mem_free(points);
}

int main(void) {
  double none = 0, some = 1e4;
  const struct CMUnitTest tests[] = {
      {"close_calls_are_decided_in_double_precision", close_calls_are_decided_in_double_precision, NULL, NULL,
       &none},
      {"the_same_far_from_zero", close_calls_are_decided_in_double_precision, NULL, NULL, &some},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
