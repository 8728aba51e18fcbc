/* Single-precision screening of k-means: points and centres as it wants them, and how far it can be wrong. */
#include "cluster/kmeans.h"

#include "base/memory.h"

#include <math.h>

void kmeans_screen_release(kmeans_screen *screen) {
  mem_free(screen->mean);
  mem_free(screen->lanes);
  mem_free(screen->lengths);
  mem_free(screen->packed);
  mem_free(screen->halves);
  mem_free(screen->margins);
  mem_free(screen->products);
  *screen = (kmeans_screen){0};
}

/* What the chunks of points are asked for. */
typedef struct points_job {
  const kmeans_pass *pass;
  kmeans_screen *screen;
  double *sums;    /* [chunks, d], of differences from the first point, so that no offset spoils the mean */
  double *squares; /* [chunks], of distances from the mean, times factor */
  float *largest;  /* [chunks], sizes of values */
} points_job;

static void add_points(void *context, size_t chunk, int thread) {
  (void)thread;
  const points_job *job = context;
  const float *first = job->pass->points;
  size_t d = job->pass->d;
  double *sums = job->sums + chunk * d;
  float largest = 0;
  for (size_t i = kmeans_chunk_begin(job->pass, chunk); i < kmeans_chunk_end(job->pass, chunk); i++)
    for (size_t j = 0; j < d; j++) {
      float x = first[i * d + j], size = fabsf(x);
      sums[j] += (double)x - (double)first[j];
      largest = size > largest ? size : largest;
    }
  job->largest[chunk] = largest;
}

/* |x - mean| <= 2 |x| for the largest |x|. */
static void find_mean_and_factor(const points_job *job) {
  const kmeans_pass *pass = job->pass;
  float largest = 0;
  for (size_t chunk = 0; chunk < pass->chunks; chunk++) {
    for (size_t j = 0; j < pass->d; j++) job->screen->mean[j] += job->sums[chunk * pass->d + j];
    largest = job->largest[chunk] > largest ? job->largest[chunk] : largest;
  }
  for (size_t j = 0; j < pass->d; j++)
    job->screen->mean[j] = (double)pass->points[j] + job->screen->mean[j] / (double)pass->n;
  int exponent;
  frexpf(largest, &exponent);
  job->screen->factor = ldexp(1, -exponent - 1);
}

static void screen_points(void *context, size_t chunk, int thread) {
  (void)thread;
  const points_job *job = context;
  const kmeans_pass *pass = job->pass;
  const double *mean = job->screen->mean, factor = job->screen->factor;
  size_t end = kmeans_chunk_end(pass, chunk), d = pass->d;
  for (size_t first = kmeans_chunk_begin(pass, chunk); first < end; first += LANES) {
    const float *x = pass->lanes + first * d;
    float *y = job->screen->lanes + first * d;
    double squares[LANES] = {0};
    for (size_t j = 0; j < d; j++)
      for (size_t lane = 0; lane < LANES; lane++) {
        double value = ((double)x[j * LANES + lane] - mean[j]) * factor;
        y[j * LANES + lane] = (float)value;
        squares[lane] += value * value;
      }
    for (size_t lane = 0; lane < LANES; lane++)
      job->screen->lengths[first + lane] = (float)sqrt(squares[lane]);
    for (size_t i = first; i < end && i < first + LANES; i++) job->squares[chunk] += squares[i - first];
  }
}

static despur_status prepare_points(kmeans_screen *screen, const kmeans_pass *pass, despur_error *error) {
  despur_status status = DESPUR_OK;
  points_job job = {.pass = pass, .screen = screen};
  double squares = 0;
  TRY(mem_alloc(&job.sums, pass->chunks, pass->d * sizeof(double), error));
  TRY(mem_alloc(&job.squares, pass->chunks, sizeof(double), error));
  TRY(mem_alloc(&job.largest, pass->chunks, sizeof(float), error));
  parallel_for(pass->pool, pass->chunks, add_points, &job);
  find_mean_and_factor(&job);
  parallel_for(pass->pool, pass->chunks, screen_points, &job);
  for (size_t chunk = 0; chunk < pass->chunks; chunk++) squares += job.squares[chunk];
  screen->variance = squares / (screen->factor * screen->factor) / ((double)pass->n * (double)pass->d);
cleanup:
  mem_free(job.sums);
  mem_free(job.squares);
  mem_free(job.largest);
  return status;
}

despur_status kmeans_screen_init(kmeans_screen *screen, const kmeans_pass *pass, int threads,
                                 despur_error *error) {
  *screen = (kmeans_screen){0};
  despur_status status = DESPUR_OK;
  size_t rows = block_count(pass->n) * LANES, room = kmeans_centre_room(pass);
  TRY(mem_alloc(&screen->mean, pass->d, sizeof(double), error));
  TRY(mem_alloc(&screen->lanes, rows * pass->d, sizeof(float), error));
  TRY(mem_alloc(&screen->lengths, rows, sizeof(float), error));
  TRY(mem_alloc(&screen->packed, room * pass->d, sizeof(float), error));
  TRY(mem_alloc(&screen->halves, room, sizeof(float), error));
  TRY(mem_alloc(&screen->margins, pass->group_room, 3 * sizeof(float), error));
  TRY(mem_alloc(&screen->products, (size_t)threads * SCREEN_BLOCKS * room, LANES * sizeof(float), error));
  TRY(prepare_points(screen, pass, error));
cleanup:
  if (status != DESPUR_OK) kmeans_screen_release(screen);
  return status;
}

/* Two scores have to differ by more than their errors together. Let u = 2^-24, L the length of a point and R
 * that of the longest centre, both less the mean. Each factor of a product is rounded once, and a sum of d
 * products in pieces rounds each of them at most SCREEN_PIECE + d / SCREEN_PIECE + 1 times: an error of g L R
 * (Higham 2002, section 3.1, and Cauchy and Schwarz), g = m u / (1 - m u). The half square and the difference
 * add u (L R + R^2). Double precision has errors, too: of the square that is asked in a close call, (d + 2)
 * 2^-53 of it, where half the square is at most L^2 + R^2. The last term is what products below the smallest
 * number lose. A hundredth more is for the rounding of the margin itself. */
static void set_margin(float *margin, size_t d, double longest) {
  const size_t roundings = SCREEN_PIECE + 5 + d / SCREEN_PIECE;
  const double u = 0x1p-24, m = (double)roundings * u, twice = 2.02;
  const double gamma = m < 0.5 ? m / (1 - m) : HUGE_VAL, exact = ((double)d + 2) * 0x1p-53;
  margin[0] = (float)(twice * ((u + exact) * longest * longest + (double)d * 0x1p-140));
  margin[1] = (float)(twice * (gamma + u) * longest);
  margin[2] = (float)(twice * exact);
}

void kmeans_screen_centres(kmeans_pass *pass) {
  const kmeans_screen *screen = &pass->screen;
  size_t d = pass->d, place = 0;
  for (size_t g = 0; g < pass->group_size; g++) {
    double longest = 0;
    for (size_t c = 0; c < pass->k; c++, place++) {
      const double *centre = pass->group[g]->centres + c * d;
      float *to = screen->packed + place / PACK * PACK * d + place % PACK;
      double square = 0;
      for (size_t j = 0; j < d; j++) {
        double value = (centre[j] - screen->mean[j]) * screen->factor;
        to[j * PACK] = (float)value;
        square += value * value;
      }
      screen->halves[place] = (float)(square / 2);
      longest = square > longest ? square : longest;
    }
    set_margin(screen->margins + g * 3, d, sqrt(longest));
  }
}
