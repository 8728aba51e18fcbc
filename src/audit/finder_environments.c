/* Environments in which what a weak head goes by holds and does not (EIIL: Creager et al. 2021, "Environment
 * inference for invariant learning"), two in each class. They are made of labels, so a head learns to tell
 * them apart from features alone, all environments weighing the same; the cells are what it says. */
#include "audit/finder.h"
#include "audit/head.h"
#include "base/memory.h"
#include "despur/infer.h"

enum { STEPS = 10000, MOST_CLASSES = 20 };
static const double RATE = 0.01, PENALTY = 0.03;

/* groups [discovery_count]: twice the class, and 1 more where the head falls short. */
static despur_status infer(uint32_t *groups, const finder_view *v, const double *logits,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  float *own = NULL;
  uint32_t *labels = NULL;
  TRY(mem_alloc(&own, v->discovery_count, v->classes * sizeof *own, error));
  TRY(mem_alloc(&labels, v->discovery_count, sizeof *labels, error));
  for (size_t i = 0; i < v->discovery_count; i++) {
    size_t e = v->discovery[i];
    labels[i] = v->labels[e];
    for (size_t c = 0; c < v->classes; c++) own[i * v->classes + c] = (float)logits[e * v->classes + c];
  }
  TRY(despur_eiil(
      groups,
      &(despur_eiil_input){.logits = own, .labels = labels, .n = v->discovery_count, .classes = v->classes},
      &(despur_eiil_options){
          .steps = STEPS, .lr = RATE, .seed = v->seed, .threads = v->threads, .watch = v->watch},
      error));
cleanup:
  mem_free(own);
  mem_free(labels);
  return status;
}

/* Spreads groups over all examples, and weighs each group alike. */
static despur_status weigh(uint32_t *of_example, double *weights, const uint32_t *groups,
                           const finder_view *v, despur_error *error) {
  double *sizes;
  despur_status status = mem_alloc(&sizes, 2 * v->classes, sizeof *sizes, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < v->discovery_count; i++) sizes[groups[i]] += v->weights[v->discovery[i]];
  for (size_t i = 0; i < v->discovery_count; i++) {
    size_t e = v->discovery[i];
    of_example[e] = groups[i];
    weights[e] = v->weights[e] / sizes[groups[i]];
  }
  mem_free(sizes);
  return DESPUR_OK;
}

static despur_status propose(proposals *out, const finder_view *v, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t cells = 2 * v->classes;
  double *logits = NULL, *weights = NULL;
  uint32_t *groups = NULL, *of_example = NULL;
  despur_audit_candidate *c;
  head_problem problem = {.x = v->x,
                          .rows = v->n,
                          .columns = v->columns,
                          .labels = v->labels,
                          .classes = v->classes,
                          .l2 = PENALTY,
                          .threads = v->threads,
                          .watch = v->watch};
  if (v->classes > MOST_CLASSES)
    return proposals_note(out, "%zu classes are more than %d: no environments were inferred", v->classes,
                          MOST_CLASSES);
  TRY(mem_alloc(&logits, v->n, cells * sizeof *logits, error));
  TRY(mem_alloc(&weights, v->n, sizeof *weights, error));
  TRY(mem_alloc(&groups, v->discovery_count, sizeof *groups, error));
  TRY(mem_alloc(&of_example, v->n, sizeof *of_example, error));
  TRY(head_fit(logits, v->x, v->n, &problem, v->weights, error));
  TRY(infer(groups, v, logits, error));
  TRY(weigh(of_example, weights, groups, v, error));
  problem.labels = of_example;
  problem.classes = cells;
  TRY(head_fit(logits, v->x, v->n, &problem, weights, error));
  TRY(proposals_add(&c, out, &finder_environments, v->n, cells, "environments of each class"));
  for (size_t i = 0; i < v->n; i++)
    c->of_example[i] = head_largest(logits + i * cells, cells, DESPUR_NO_VALUE);
cleanup:
  mem_free(logits);
  mem_free(weights);
  mem_free(groups);
  mem_free(of_example);
  return status;
}

const finder finder_environments = {.name = "environments",
                                    .from_features = true,
                                    .from_labels = true,
                                    .on_demand = true,
                                    .propose = propose};
