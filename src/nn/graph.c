#include "nn/graph.h"

#include "base/memory.h"

size_t graph_add(graph *g, node_spec spec) {
  if (g->status != DESPUR_OK) return 0;
  if (g->count == g->room) {
    size_t room = g->room ? 2 * g->room : 16;
    g->status = mem_grow(&g->nodes, g->room, room, sizeof *g->nodes, g->error);
    if (g->status != DESPUR_OK) return 0;
    g->room = room;
  }
  g->nodes[g->count] = spec;
  return ++g->count;
}

void graph_release(graph *g) {
  mem_free(g->nodes);
  *g = (graph){0};
}
