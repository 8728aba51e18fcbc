/* What a heavily regularised head makes of each example: it learns what is easiest first, as an early network
 * does, so examples that it gets wrong are those that go against the easy way (Liu et al. 2021, JTT; Yang et
 * al. 2024, SPARE). Its cells are its predictions. */
#include "audit/finder.h"
#include "audit/head.h"
#include "base/memory.h"

static despur_status propose(proposals *out, const finder_view *v, despur_error *error) {
  static const struct {
    double l2;
    const char *name;
  } PENALTIES[] = {{1, "1"}, {0.1, "0.1"}, {0.03, "0.03"}};
  despur_status status = DESPUR_OK;
  double *logits = NULL;
  TRY(mem_alloc(&logits, v->n, v->classes * sizeof *logits, error));
  for (size_t p = 0; p < sizeof PENALTIES / sizeof *PENALTIES; p++) {
    despur_audit_candidate *c;
    const head_problem problem = {.x = v->x,
                                  .rows = v->n,
                                  .columns = v->columns,
                                  .labels = v->labels,
                                  .classes = v->classes,
                                  .l2 = PENALTIES[p].l2,
                                  .threads = v->threads,
                                  .watch = v->watch};
    TRY(head_fit(logits, v->x, v->n, &problem, v->weights, error));
    TRY(proposals_add(&c, out, &finder_weak_head, v->n, v->classes, "predictions of a head with l2 = %s",
                      PENALTIES[p].name));
    for (size_t i = 0; i < v->n; i++)
      c->of_example[i] = head_largest(logits + i * v->classes, v->classes, DESPUR_NO_VALUE);
  }
cleanup:
  mem_free(logits);
  return status;
}

const finder finder_weak_head = {
    .name = "weak_head", .from_features = true, .from_labels = true, .propose = propose};
