#include "report/plot.h"

#include "base/memory.h"

const plot *const plots[] = {
    &plot_groups,     &plot_sizes,    &plot_curves,      &plot_weights, &plot_embedding,
    &plot_silhouette, &plot_tradeoff, &plot_reliability, &plot_cam,     NULL};

void plot_draw(markup *m, const plot *kind, const report_run *run, size_t index, bool standalone) {
  chart c = {.m = m, .standalone = standalone};
  kind->draw(&c, run, index);
}

void plot_figures(markup *m, const plot *kind, const report_run *run) {
  for (size_t i = 0; i < kind->count(run); i++) {
    markup_raw(m, "<figure>\n");
    plot_draw(m, kind, run, i, false);
    if (kind->caption) markup_print(m, "<figcaption>%s</figcaption>\n", kind->caption);
    markup_raw(m, "</figure>\n");
  }
}

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
