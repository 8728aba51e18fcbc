/* The layout: in every epoch each point goes along its edges, one after the other, and away from random
 * points.
 *
 * A point sees the others where they stood at the end of the epoch before, and itself where it has come to.
 * So the points of an epoch do not wait for each other, and the bytes do not depend on threads. */
#include "cluster/umap.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/watch.h"

#include <stdbool.h>
#include <string.h>

enum { PUSHES = 5, POINTS_OF_A_TASK = 128 };

/* How far a point goes in this epoch for a squared distance, divided by the difference of the places. */
typedef struct steps {
  umap_table pull; /* along an edge */
  umap_table push; /* away from a random point */
} steps;

typedef struct epoch {
  const umap_layout *layout;
  const steps *steps;
  const float *others; /* where the targets stand */
  float *from, *to;    /* where the points stood, and will stand */
  float *scratch;      /* [threads, components] */
  size_t number;
  float scale; /* 1 / the largest weight */
} epoch;

/* Where points move together, umap-learn follows each edge twice, from either end, and moves both ends. After
 * the first time their difference is `left` of what it was. */
static void set_steps(steps *s, const umap_forces *forces, float rate, bool together) {
  for (size_t i = 0; i <= TABLE_ENTRIES; i++) {
    const float first = rate * forces->attraction.values[i], left = 1 + 2 * first;
    const float second = rate * left * umap_table_at(&forces->attraction, umap_table_place(i) * left * left);
    s->pull.values[i] = together ? first + second : first;
    s->push.values[i] = rate * forces->repulsion.values[i];
  }
}

static inline float square_between(const float *a, const float *b, const size_t C) {
  float sum = 0;
  for (size_t c = 0; c < C; c++) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

/* Whether an edge of this frequency per epoch has its turn: an edge of half the largest weight in every
 * second one. umap-learn draws edges in the same proportion by counting epochs down. */
static inline bool has_turn(float frequency, size_t number) {
  return (uint32_t)(frequency * (float)(number + 1)) != (uint32_t)(frequency * (float)number);
}

static inline void step(float *place, const float *before, const float *other, const umap_table *table,
                        const size_t C) {
  const float size = umap_table_at(table, square_between(before, other, C));
  for (size_t c = 0; c < C; c++) place[c] += size * (before[c] - other[c]);
}

/* One turn: the pull of an edge and the pushes of random points, all from where the point stands before. That
 * is [C] scratch. */
static inline void take_turn(float *place, float *before, const float *target, const epoch *e,
                             random_stream *stream, const size_t C) {
  for (size_t c = 0; c < C; c++) before[c] = place[c];
  step(place, before, target, &e->steps->pull, C);
  for (int i = 0; i < PUSHES; i++) {
    const uint64_t other = (uint64_t)random_u32(stream) * e->layout->other_count >> 32;
    step(place, before, e->others + other * C, &e->steps->push, C);
  }
}

/* Each point has a stream for each epoch: which random points push it does not depend on who moves before. */
static inline void move_point(const epoch *e, size_t point, float *place, float *before, const size_t C) {
  const umap_layout *l = e->layout;
  const umap_graph *g = l->graph;
  const uint64_t stage = l->others != NULL, name = l->names ? l->names[point] : point;
  random_stream stream = random_open(l->seed, "umap", stage << 48 | (uint64_t)e->number << 32 | name);
  for (size_t edge = g->start[point]; edge < g->start[point + 1]; edge++)
    if (has_turn(g->weight[edge] * e->scale, e->number))
      take_turn(place, before, e->others + g->target[edge] * C, e, &stream, C);
}

static void move_points(void *context, size_t task, int thread) {
  const epoch *e = context;
  const size_t C = e->layout->components, n = e->layout->graph->n, first = task * POINTS_OF_A_TASK;
  const size_t end = n - first < POINTS_OF_A_TASK ? n : first + POINTS_OF_A_TASK;
  for (size_t i = first; i < end; i++) {
    if (C == 2) { /* in registers */
      float place[2] = {e->from[2 * i], e->from[2 * i + 1]}, before[2];
      move_point(e, i, place, before, 2);
      memcpy(e->to + 2 * i, place, sizeof place);
    } else {
      memcpy(e->to + i * C, e->from + i * C, C * sizeof *e->to);
      move_point(e, i, e->to + i * C, e->scratch + (size_t)thread * C, C);
    }
  }
}

static float largest_weight(const umap_graph *graph) {
  float largest = 0;
  for (size_t i = 0; i < graph->start[graph->n]; i++)
    largest = graph->weight[i] > largest ? graph->weight[i] : largest;
  return largest;
}

despur_status umap_layout_run(const umap_layout *layout, parallel *pool, int threads, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t n = layout->graph->n, values = n * layout->components;
  float *buffer = NULL, *scratch = NULL;
  steps *s = NULL;
  TRY(mem_alloc(&buffer, values, sizeof *buffer, error));
  TRY(mem_alloc(&scratch, layout->components, (size_t)threads * sizeof *scratch, error));
  TRY(mem_alloc(&s, 1, sizeof *s, error));
  epoch e = {.layout = layout,
             .steps = s,
             .from = layout->places,
             .to = buffer,
             .scratch = scratch,
             .scale = 1 / largest_weight(layout->graph)};
  for (; e.number < layout->epochs; e.number++) {
    e.others = layout->others ? layout->others : e.from;
    const float rate = layout->rate * (1 - (float)e.number / (float)layout->epochs);
    set_steps(s, layout->forces, rate, !layout->others);
    TRY(parallel_for_watched(pool, (n + POINTS_OF_A_TASK - 1) / POINTS_OF_A_TASK, move_points, &e,
                             &layout->watch, error));
    watch_tell(&layout->watch, "epochs", e.number + 1, layout->epochs);
    float *moved = e.to;
    e.to = e.from;
    e.from = moved;
  }
  if (e.from != layout->places) memcpy(layout->places, e.from, values * sizeof *buffer);
cleanup:
  mem_free(buffer);
  mem_free(scratch);
  mem_free(s);
  return status;
}
