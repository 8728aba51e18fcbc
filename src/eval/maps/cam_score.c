/* How maps lie over the pixels that are known to matter: means by group, with intervals. */
#include "base/math.h"
#include "base/memory.h"
#include "despur/cam.h"
#include "despur/stats.h"
#include "eval/statistics/student.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* What is measured of one map that is not empty. */
typedef enum measure { CORE, BACKGROUND, PAINTED, POINTING, OVERLAP, MEASURES } measure;

static void measure_map(const float *map, const uint8_t *pixels, size_t area, double out[MEASURES]) {
  double energy[3] = {0}; /* by despur_pixel */
  size_t top = 0, either = 0, both = 0;
  for (size_t i = 0; i < area; i++) {
    bool core = pixels[i] == DESPUR_PIXEL_CORE, high = (double)map[i] > DESPUR_CAM_THRESHOLD;
    energy[pixels[i]] += (double)map[i];
    if (map[i] > map[top]) top = i;
    either += core || high;
    both += core && high;
  }
  double all = energy[DESPUR_PIXEL_PLAIN] + energy[DESPUR_PIXEL_CORE] + energy[DESPUR_PIXEL_PAINTED];
  out[CORE] = energy[DESPUR_PIXEL_CORE] / all;
  out[BACKGROUND] = (energy[DESPUR_PIXEL_PLAIN] + energy[DESPUR_PIXEL_PAINTED]) / all;
  out[PAINTED] = energy[DESPUR_PIXEL_PAINTED] / all;
  out[POINTING] = pixels[top] == DESPUR_PIXEL_CORE;
  out[OVERLAP] = (double)both / (double)either; /* the map's maximum is above the threshold */
}

static bool is_empty(const float *map, size_t area) {
  for (size_t i = 0; i < area; i++)
    if (map[i] > 0) return false;
  return true;
}

/* Sums over the maps of one group. The second pass adds squared distances to the means. */
typedef struct tally {
  size_t area[3]; /* pixels by despur_pixel, of all examples */
  double sum[MEASURES], squares[MEASURES];
} tally;

static despur_cam_mean interval(double sum, double squares, size_t n, double t) {
  double mean = n ? sum / (double)n : (double)NAN;
  double half = n > 1 ? t * math_sqrt(squares / (double)(n - 1) / (double)n) : (double)NAN;
  return (despur_cam_mean){mean, mean - half < 0 ? 0 : mean - half, mean + half > 1 ? 1 : mean + half};
}

/* Student's interval would have no width when all maps agree. */
static despur_cam_mean proportion(double hits, size_t n) {
  const double nan = (double)NAN;
  if (n == 0) return (despur_cam_mean){nan, nan, nan};
  despur_interval interval = despur_wilson_interval((size_t)hits, n, 0.95);
  return (despur_cam_mean){hits / (double)n, interval.low, interval.high};
}

static void summarise(despur_cam_group *group, const tally *t, size_t image_area) {
  size_t n = group->count - group->empty;
  double quantile = n > 1 ? student_quantile(n - 1, 0.95) : 0;
  double pixels = (double)group->count * (double)image_area;
  const double *sum = t->sum, *squares = t->squares;
  group->core_area = group->count ? (double)t->area[DESPUR_PIXEL_CORE] / pixels : (double)NAN;
  group->painted_area = group->count ? (double)t->area[DESPUR_PIXEL_PAINTED] / pixels : (double)NAN;
  group->core = interval(sum[CORE], squares[CORE], n, quantile);
  group->background = interval(sum[BACKGROUND], squares[BACKGROUND], n, quantile);
  group->painted = interval(sum[PAINTED], squares[PAINTED], n, quantile);
  group->overlap = interval(sum[OVERLAP], squares[OVERLAP], n, quantile);
  group->pointing = proportion(sum[POINTING], n);
}

static despur_status check_maps(const despur_dataset *dataset, const despur_groups *groups,
                                const uint32_t *examples, size_t count, despur_error *error) {
  if (groups->examples != despur_dataset_count(dataset))
    return error_set(error, DESPUR_BAD_INPUT, "Grad-CAM: groups of %zu examples for a data set with %zu",
                     groups->examples, despur_dataset_count(dataset));
  for (size_t i = 0; i < count; i++)
    if (examples[i] >= groups->examples)
      return error_set(error, DESPUR_BAD_INPUT, "Grad-CAM: example %u of a data set with %zu examples",
                       examples[i], groups->examples);
  return DESPUR_OK;
}

/* One example's map into the sums of its group. */
static void add_map(tally *t, despur_cam_group *group, const float *map, const uint8_t *pixels, size_t area,
                    double measures[MEASURES]) {
  group->count++;
  for (size_t i = 0; i < area; i++) t->area[pixels[i]]++;
  if (is_empty(map, area)) {
    group->empty++;
    measures[CORE] = (double)NAN;
    return;
  }
  measure_map(map, pixels, area, measures);
  for (size_t m = 0; m < MEASURES; m++) t->sum[m] += measures[m];
}

/* Variances are summed about the means, in a second pass. */
static void add_square(tally *t, const despur_cam_group *group, const double measures[MEASURES]) {
  if (isnan(measures[CORE])) return;
  for (size_t m = 0; m < MEASURES; m++) {
    double distance = measures[m] - t->sum[m] / (double)(group->count - group->empty);
    t->squares[m] += distance * distance;
  }
}

despur_status despur_cam_score(despur_cam_scores *out, const despur_dataset *dataset,
                               const despur_groups *groups, const uint32_t *examples, const float *maps,
                               size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_shape shape = despur_dataset_shape(dataset);
  size_t area = shape.height * shape.width;
  double(*measures)[MEASURES] = NULL;
  tally *tallies = NULL;
  uint8_t *pixels = NULL;
  *out = (despur_cam_scores){0};
  TRY(check_maps(dataset, groups, examples, count, error));
  TRY(mem_alloc(&measures, count, sizeof *measures, error));
  TRY(mem_alloc(&tallies, groups->count, sizeof *tallies, error));
  TRY(mem_alloc(&pixels, area, 1, error));
  TRY(mem_alloc(&out->groups, groups->count, sizeof *out->groups, error));
  out->groups_count = groups->count;
  for (size_t i = 0; i < count; i++) {
    uint32_t g = groups->of_example[examples[i]];
    if (!despur_dataset_pixels(dataset, examples[i], pixels))
      FAIL(error, DESPUR_BAD_INPUT, "Grad-CAM: the data set does not know which pixels its labels are about");
    if (g != DESPUR_NO_GROUP)
      add_map(&tallies[g], &out->groups[g], maps + i * area, pixels, area, measures[i]);
  }
  for (size_t i = 0; i < count; i++) {
    uint32_t g = groups->of_example[examples[i]];
    if (g != DESPUR_NO_GROUP) add_square(&tallies[g], &out->groups[g], measures[i]);
  }
  for (size_t g = 0; g < groups->count; g++) {
    memcpy(out->groups[g].name, groups->names[g], sizeof out->groups[g].name);
    summarise(&out->groups[g], &tallies[g], area);
  }
cleanup:
  mem_free(measures);
  mem_free(tallies);
  mem_free(pixels);
  if (status != DESPUR_OK) despur_cam_scores_release(out);
  return status;
}

void despur_cam_scores_release(despur_cam_scores *scores) {
  mem_free(scores->groups);
  *scores = (despur_cam_scores){0};
}
