/* The fuzzy set of neighbours: how near each neighbour is, measured by the distances around its point, and
 * the union of both directions. Algorithms are numbered as by McInnes, Healy and Melville 2018. */
#include "cluster/umap.h"

#include "base/math.h"
#include "base/memory.h"

#include <math.h>

/* From a width of 1 to any that float32 distances may want, and then on to its last digit. */
enum { MOST_HALVINGS = 256, POINTS_OF_A_TASK = 256 };

static const double LEAST_WIDTH = 1e-3; /* of the mean distance */

void umap_graph_release(umap_graph *graph) {
  mem_free(graph->start);
  mem_free(graph->target);
  mem_free(graph->weight);
  *graph = (umap_graph){0};
}

static despur_status graph_init(umap_graph *out, size_t n, despur_error *error) {
  *out = (umap_graph){.n = n};
  return mem_alloc(&out->start, n + 1, sizeof *out->start, error);
}

static despur_status graph_add_edges(umap_graph *out, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&out->target, out->start[out->n], sizeof *out->target, error));
  TRY(mem_alloc(&out->weight, out->start[out->n], sizeof *out->weight, error));
cleanup:
  return status;
}

/* The nearest one counts whole, however far away it is: so every point hangs together with some other. */
static double nearness(double distance, double nearest, double width) {
  return distance <= nearest ? 1 : math_exp(-(distance - nearest) / width);
}

/* The width at which the nearness of the neighbours adds up to `wanted`, by bisection (algorithm 3). */
static double fitting_width(const float *distances, size_t k, double nearest, double wanted) {
  double low = 0, high = HUGE_VAL, width = 1;
  for (int i = 0; i < MOST_HALVINGS; i++) {
    double sum = 0;
    for (size_t j = 0; j < k; j++) sum += nearness((double)distances[j], nearest, width);
    if (fabs(sum - wanted) < 1e-5) break;
    if (sum > wanted)
      high = width;
    else
      low = width;
    width = isinf(high) ? 2 * width : (low + high) / 2;
  }
  return width;
}

/* The least distance that is not zero: the nearest neighbour's, duplicates aside. 0 when there is none. */
static double least_distance(const float *distances, size_t k) {
  size_t j = 0;
  while (j < k && distances[j] == 0) j++;
  return j < k ? (double)distances[j] : 0;
}

static double sum_of(const float *values, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)values[i];
  return sum;
}

typedef struct strengths {
  const despur_nearest_result *nearest;
  int of_queries;
  double mean; /* of all distances */
  float *out;  /* [count, neighbors] */
} strengths;

/* Means count a point as its own neighbour at distance 0, as the number of neighbours does. */
static double neighbors_with_itself(const strengths *s) {
  return (double)(s->nearest->neighbors + !s->of_queries);
}

static void measure_point(const strengths *s, size_t point) {
  const size_t k = s->nearest->neighbors;
  const float *distances = s->nearest->distances + point * k;
  double nearest = s->of_queries ? 0 : least_distance(distances, k), size = neighbors_with_itself(s);
  double width = fitting_width(distances, k, nearest, math_log(size) / math_log(2));
  double least = LEAST_WIDTH * (nearest > 0 ? sum_of(distances, k) / size : s->mean);
  if (width < least) width = least;
  for (size_t j = 0; j < k; j++)
    s->out[point * k + j] = (float)nearness((double)distances[j], nearest, width);
}

static void measure_points(void *context, size_t task, int thread) {
  (void)thread;
  const strengths *s = context;
  const size_t end = (task + 1) * POINTS_OF_A_TASK;
  for (size_t i = task * POINTS_OF_A_TASK; i < end && i < s->nearest->count; i++) measure_point(s, i);
}

/* *out [count, neighbors]: how near each neighbour is (algorithm 2). Free it with mem_free. */
static despur_status measure(float **out, const despur_nearest_result *nearest, int of_queries,
                             parallel *pool, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t all = nearest->count * nearest->neighbors;
  strengths s = {.nearest = nearest, .of_queries = of_queries};
  for (size_t i = 0; i < all; i++)
    if (isinf(nearest->distances[i]))
      FAIL(error, DESPUR_BAD_INPUT, "UMAP: the distance of point %zu to a neighbour is beyond float32",
           i / nearest->neighbors);
  TRY(mem_alloc(out, all, sizeof **out, error));
  s.out = *out;
  s.mean = sum_of(nearest->distances, all) / (double)nearest->count / neighbors_with_itself(&s);
  parallel_for(pool, (nearest->count + POINTS_OF_A_TASK - 1) / POINTS_OF_A_TASK, measure_points, &s);
cleanup:
  return status;
}

/* Where `point` stands among the neighbours of `of`; the end of its list when it does not. */
static size_t find_neighbor(const despur_nearest_result *nearest, size_t of, size_t point) {
  const size_t end = (of + 1) * nearest->neighbors;
  size_t at = of * nearest->neighbors;
  while (at < end && nearest->indices[at] != point) at++;
  return at;
}

static int is_mutual(const despur_nearest_result *nearest, size_t point, size_t neighbor) {
  return find_neighbor(nearest, neighbor, point) < (neighbor + 1) * nearest->neighbors;
}

/* Fills start with where the edges of each point begin. */
static void count_edges(umap_graph *out, const despur_nearest_result *nearest) {
  const size_t k = nearest->neighbors;
  for (size_t i = 0; i < out->n; i++) {
    out->start[i + 1] += k;
    for (size_t j = 0; j < k; j++) {
      size_t other = nearest->indices[i * k + j];
      out->start[other + 1] += !is_mutual(nearest, i, other);
    }
  }
  for (size_t i = 0; i < out->n; i++) out->start[i + 1] += out->start[i];
}

static void set_edge(umap_graph *out, size_t at, uint32_t target, float weight) {
  out->target[at] = target;
  out->weight[at] = weight;
}

/* Union of fuzzy sets: a or b is as likely as 1 - (1 - a)(1 - b). next [n] is scratch. */
static void fill_edges(umap_graph *out, const despur_nearest_result *nearest, const float *strength,
                       size_t *next) {
  const size_t k = nearest->neighbors;
  for (size_t i = 0; i < out->n; i++) next[i] = out->start[i] + k;
  for (size_t i = 0; i < out->n; i++)
    for (size_t j = 0; j < k; j++) {
      uint32_t other = nearest->indices[i * k + j];
      float there = strength[i * k + j], back = 0;
      if (is_mutual(nearest, i, other))
        back = strength[find_neighbor(nearest, other, i)];
      else
        set_edge(out, next[other]++, (uint32_t)i, there);
      set_edge(out, out->start[i] + j, other, (there + back) - there * back);
    }
}

despur_status umap_graph_create(umap_graph *out, const despur_nearest_result *nearest, parallel *pool,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  float *strength = NULL;
  size_t *next = NULL;
  TRY(graph_init(out, nearest->count, error));
  TRY(measure(&strength, nearest, 0, pool, error));
  TRY(mem_alloc(&next, out->n, sizeof *next, error));
  count_edges(out, nearest);
  TRY(graph_add_edges(out, error));
  fill_edges(out, nearest, strength, next);
cleanup:
  mem_free(strength);
  mem_free(next);
  return status;
}

despur_status umap_graph_create_queries(umap_graph *out, const despur_nearest_result *nearest, parallel *pool,
                                        despur_error *error) {
  despur_status status = DESPUR_OK;
  float *strength = NULL;
  const size_t k = nearest->neighbors;
  TRY(graph_init(out, nearest->count, error));
  TRY(measure(&strength, nearest, 1, pool, error));
  for (size_t i = 0; i < out->n; i++) out->start[i + 1] = (i + 1) * k;
  TRY(graph_add_edges(out, error));
  for (size_t i = 0; i < out->n * k; i++) {
    float first = strength[i / k * k];
    set_edge(out, i, nearest->indices[i], first > 0 ? strength[i] / first : i % k == 0 ? 1 : 0);
  }
cleanup:
  mem_free(strength);
  return status;
}
