#include "audit/finder.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/text.h"
#include "despur/cluster.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void release_candidate(despur_audit_candidate *c) {
  for (size_t i = 0; c->cell_names && i < c->cells; i++) mem_free(c->cell_names[i]);
  mem_free(c->cell_names);
  mem_free(c->finder);
  mem_free(c->name);
  mem_free(c->of_example);
}

void proposals_release(proposals *list) {
  for (size_t i = 0; i < list->count; i++) release_candidate(&list->items[i]);
  mem_free(list->items);
  text_list_release(&list->notes);
  *list = (proposals){0};
}

despur_status proposals_name_cell(despur_audit_candidate *candidate, size_t cell, const char *name,
                                  despur_error *error) {
  mem_free(candidate->cell_names[cell]);
  return mem_copy_text(&candidate->cell_names[cell], name, error);
}

static despur_status fill(despur_audit_candidate *c, const finder *of, size_t n, const char *name,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  char cell[32];
  c->from_features = of->from_features;
  c->from_labels = of->from_labels;
  c->of_map = DESPUR_NO_VALUE;
  TRY(mem_copy_text(&c->finder, of->name, error));
  TRY(mem_copy_text(&c->name, name, error));
  TRY(mem_alloc(&c->of_example, n, sizeof *c->of_example, error));
  TRY(mem_alloc(&c->cell_names, c->cells, sizeof *c->cell_names, error));
  for (size_t i = 0; i < n; i++) c->of_example[i] = DESPUR_NO_VALUE;
  for (size_t i = 0; i < c->cells; i++) {
    snprintf(cell, sizeof cell, "cell %zu", i);
    TRY(proposals_name_cell(c, i, cell, error));
  }
cleanup:
  return status;
}

despur_status proposals_add(despur_audit_candidate **out, proposals *list, const finder *of, size_t n,
                            size_t cells, const char *format, ...) {
  char name[256];
  va_list args;
  va_start(args, format);
  format_args(name, sizeof name, format, args);
  va_end(args);
  if (list->count == list->room) {
    size_t room = list->room ? 2 * list->room : 32;
    despur_status status = mem_grow(&list->items, list->room, room, sizeof *list->items, list->error);
    if (status != DESPUR_OK) return status;
    list->room = room;
  }
  *out = &list->items[list->count++];
  (*out)->cells = cells;
  return fill(*out, of, n, name, list->error);
}

despur_status proposals_note(proposals *list, const char *format, ...) {
  char note[512];
  va_list args;
  va_start(args, format);
  format_args(note, sizeof note, format, args);
  va_end(args);
  return text_list_add(&list->notes, note, list->error);
}

despur_status finder_gather(float **out, const float *x, size_t columns, const size_t *rows, size_t count,
                            despur_error *error) {
  despur_status status = mem_alloc(out, count, columns * sizeof **out, error);
  for (size_t i = 0; status == DESPUR_OK && i < count; i++)
    memcpy(*out + i * columns, x + rows[i] * columns, columns * sizeof **out);
  return status;
}

void finder_nearest(uint32_t *cells, const float *q, size_t n, size_t k, const double *centres,
                    size_t count) {
  for (size_t i = 0; i < n; i++) {
    double least = 0;
    for (uint32_t c = 0; c < count; c++) {
      double distance = 0;
      for (size_t j = 0; j < k; j++) {
        double part = (double)q[i * k + j] - centres[c * k + j];
        distance += part * part;
      }
      if (c > 0 && distance >= least) continue;
      least = distance;
      cells[i] = c;
    }
  }
}

despur_status finder_propose_kmeans(proposals *out, const finder_view *v, const finder_kmeans *o,
                                    const size_t *rows, size_t count, despur_error *error) {
  enum { STARTS = 5, ITERATIONS = 100 };
  despur_status status = DESPUR_OK;
  despur_kmeans_result found = {0};
  float *points = NULL;
  TRY(finder_gather(&points, v->q, v->components, rows, count, error));
  for (size_t k = 2; k <= o->most && k <= count; k++) {
    despur_audit_candidate *c;
    const despur_kmeans_options options = {.clusters = k,
                                           .starts = STARTS,
                                           .max_iterations = ITERATIONS,
                                           .tolerance = 1e-4,
                                           .seed = v->seed,
                                           .index = o->stream + k,
                                           .threads = v->threads,
                                           .watch = v->watch};
    TRY(despur_kmeans(&found, points, count, v->components, &options, error));
    TRY(proposals_add(&c, out, o->of, v->n, k, "%zu clusters of %s", k, o->where));
    finder_nearest(c->of_example, v->q, v->n, v->components, found.centres, k);
    despur_kmeans_release(&found);
  }
cleanup:
  despur_kmeans_release(&found);
  mem_free(points);
  return status;
}
