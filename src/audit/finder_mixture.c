/* An error-aware mixture (Domino: Eyuboglu et al. 2022, "Domino: Discovering systematic errors with
 * cross-modal embeddings"): Gaussians over features, label and prediction together, so that a component holds
 * examples that look alike and fail alike. New examples are assigned by their features alone: to look at
 * their predictions would select the errors that the judge then counts. */
#include "audit/finder.h"
#include "base/memory.h"
#include "despur/cluster.h"

#include <string.h>

enum { COMPONENTS = 8, FEATURES = 16, LEAST = 4 * COMPONENTS, MOST_CLASSES = 20 };
static const double WEIGHT = 10; /* of label and prediction against features, as in the paper */

static despur_status make_points(float **out, const finder_view *v, size_t k, size_t width,
                                 despur_error *error) {
  despur_status status = mem_alloc(out, v->discovery_count, width * sizeof **out, error);
  for (size_t i = 0; status == DESPUR_OK && i < v->discovery_count; i++) {
    float *row = *out + i * width;
    size_t example = v->discovery[i];
    memcpy(row, v->q + example * v->components, k * sizeof *row);
    row[k + v->labels[example]] = (float)WEIGHT;
    row[k + v->classes + v->predictions[example]] = (float)WEIGHT;
  }
  return status;
}

/* The mixture's own marginal of the first k dimensions: covariances are diagonal. */
static despur_status assign(uint32_t *cells, const finder_view *v, const despur_mixture *fitted, size_t k,
                            despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t width = fitted->dimensions;
  despur_mixture marginal = {.covariance = DESPUR_COVARIANCE_DIAGONAL,
                             .components = fitted->components,
                             .dimensions = k,
                             .weights = fitted->weights};
  float *points = NULL;
  TRY(mem_alloc(&marginal.means, fitted->components, k * sizeof *marginal.means, error));
  TRY(mem_alloc(&marginal.whitening, fitted->components, k * sizeof *marginal.whitening, error));
  TRY(mem_alloc(&points, v->n, k * sizeof *points, error));
  for (size_t c = 0; c < fitted->components; c++) {
    memcpy(marginal.means + c * k, fitted->means + c * width, k * sizeof *marginal.means);
    memcpy(marginal.whitening + c * k, fitted->whitening + c * width, k * sizeof *marginal.whitening);
  }
  for (size_t i = 0; i < v->n; i++) memcpy(points + i * k, v->q + i * v->components, k * sizeof *points);
  TRY(despur_mixture_predict(&marginal, points, v->n, v->threads, cells, NULL, NULL, NULL, error));
cleanup:
  mem_free(marginal.means);
  mem_free(marginal.whitening);
  mem_free(points);
  return status;
}

static despur_status propose(proposals *out, const finder_view *v, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_mixture_result found = {0};
  despur_audit_candidate *c;
  float *points = NULL;
  size_t k = v->components < FEATURES ? v->components : FEATURES, width = k + 2 * v->classes;
  if (v->discovery_count < LEAST) return DESPUR_OK;
  if (v->classes > MOST_CLASSES)
    return proposals_note(out, "%zu classes are more than %d: no error-aware mixture was fitted", v->classes,
                          MOST_CLASSES);
  TRY(make_points(&points, v, k, width, error));
  TRY(despur_mixture_fit(&found, points, v->discovery_count, width,
                         &(despur_mixture_options){.components = COMPONENTS,
                                                   .covariance = DESPUR_COVARIANCE_DIAGONAL,
                                                   .starts = 1,
                                                   .max_iterations = 100,
                                                   .tolerance = 1e-3,
                                                   .regularisation = 1e-3,
                                                   .seed = v->seed,
                                                   .threads = v->threads,
                                                   .watch = v->watch},
                         error));
  TRY(proposals_add(&c, out, &finder_mixture, v->n, COMPONENTS, "%d components of an error-aware mixture",
                    COMPONENTS));
  TRY(assign(c->of_example, v, &found.model, k, error));
cleanup:
  despur_mixture_result_release(&found);
  mem_free(points);
  return status;
}

const finder finder_mixture = {
    .name = "mixture", .from_features = true, .from_labels = true, .propose = propose};
