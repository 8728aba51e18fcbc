#include "report/figures/plot_series.h"

#include "base/memory.h"

plot_points plot_room(markup *m, size_t room) {
  plot_points p = {0};
  if (m->status == DESPUR_OK) m->status = mem_alloc(&p.x, room, sizeof *p.x, m->error);
  if (m->status == DESPUR_OK) m->status = mem_alloc(&p.y, room, sizeof *p.y, m->error);
  return p;
}

void plot_points_release(plot_points *p) {
  mem_free(p->x);
  mem_free(p->y);
  *p = (plot_points){0};
}

size_t plot_count(const report_stage *stage, despur_split split) {
  size_t count = 0;
  for (size_t i = 0; i < stage->eval_count; i++)
    count += stage->evals[i].split == split && !stage->evals[i].selected;
  return count;
}

plot_points plot_measured(markup *m, const report_stage *stage, despur_split split,
                          double (*measure)(const despur_scores *)) {
  plot_points p = plot_room(m, plot_count(stage, split));
  for (size_t i = 0; p.x && p.y && i < stage->eval_count; i++) {
    const report_eval *eval = &stage->evals[i];
    if (eval->split != split || eval->selected) continue;
    p.x[p.count] = (double)eval->epoch;
    p.y[p.count++] = measure(&eval->scores);
  }
  return p;
}

double plot_loss(const despur_scores *s) {
  return s->loss;
}

double plot_average(const despur_scores *s) {
  return 100 * s->average_accuracy;
}

double plot_worst(const despur_scores *s) {
  return 100 * s->worst_group_accuracy;
}
