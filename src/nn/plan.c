/* Planning a network: shapes, paddings, the order of steps, then a place for every activation and gradient.
 *
 * Time is counted in steps: first those of the forward pass, then those of the backward pass. Two things
 * whose times do not overlap may have the same place. */
#include "nn/net.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

static size_t round_up(size_t n) {
  return (n + LANES - 1) / LANES * LANES;
}

/* Gives `count` floats out of a growing total, aligned to whole vectors. */
static size_t grow(size_t *total, size_t count) {
  size_t at = *total;
  *total += round_up(count);
  return at;
}

/* Floats in use from one step to another. */
typedef struct lease {
  size_t at, floats, begin, end; /* steps begin..end */
  node_value *delta;             /* whose gradient it is, or NULL */
} lease;

/* Memory whose leases may share places. */
typedef struct arena {
  lease *leases;
  size_t count, size;
} arena;

struct net_plan {
  despur_net *net;
  size_t *forward_step, *backward_step; /* [nodes] when they happen; 0: never */
  size_t steps;                         /* of both passes */
  arena scratch, deltas;                /* deltas: those that are kept */
};

static bool overlap(size_t a, size_t a_end, size_t b, size_t b_end) {
  return a < b_end && b < a_end;
}

/* The lowest place that is free at that time. */
static size_t arena_lease(arena *a, lease wanted) {
  bool moved = true;
  wanted.floats = round_up(wanted.floats);
  wanted.at = 0;
  while (moved) {
    moved = false;
    for (size_t i = 0; i < a->count; i++) {
      const lease *other = &a->leases[i];
      if (!overlap(wanted.begin, wanted.end + 1, other->begin, other->end + 1)) continue;
      if (!overlap(wanted.at, wanted.at + wanted.floats, other->at, other->at + other->floats)) continue;
      wanted.at = other->at + other->floats;
      moved = true;
    }
  }
  a->leases[a->count++] = wanted;
  if (wanted.at + wanted.floats > a->size) a->size = wanted.at + wanted.floats;
  return wanted.at;
}

/* Gradients with padding must find zeros there: so it matters whether anybody else writes to their place. */
static void arena_find_sharers(arena *a) {
  for (size_t i = 0; i < a->count; i++)
    for (size_t k = 0; a->leases[i].delta && k < a->count; k++)
      if (i != k && overlap(a->leases[i].at, a->leases[i].at + a->leases[i].floats, a->leases[k].at,
                            a->leases[k].at + a->leases[k].floats))
        a->leases[i].delta->shares_padding = true;
}

/* ---- shapes ---- */

static void connect(despur_net *net) {
  for (size_t i = 0; i < net->node_count; i++) {
    node *n = &net->nodes[i];
    n->index = i;
    n->out = &net->values[i + 1];
    n->input_count = n->spec.op->inputs;
    for (size_t k = 0; k < n->input_count; k++) {
      node_value *in = &net->values[n->spec.inputs[k]];
      assert(n->spec.inputs[k] <= i);
      in->readers++;
      n->in[k] = in;
    }
  }
}

static despur_status plan_shapes(despur_net *net, despur_error *error) {
  despur_shape input = net->head.options.input;
  net->values[0].layout = (block_layout){input.channels, input.height, input.width, 0};
  for (size_t i = 0; i < net->node_count; i++) {
    const node *n = &net->nodes[i];
    node_value *out = &net->values[i + 1];
    if (!n->spec.op->shape(n, &out->layout) || block_features(out->layout) == 0)
      return error_set(error, DESPUR_BAD_INPUT,
                       "images of %zu x %zu pixels are too small for this network (layer %zu would be empty)",
                       input.height, input.width, i + 1);
    out->needs_delta = n->spec.op->initialise != NULL;
    for (size_t k = 0; k < n->input_count; k++) {
      const node_value *in = n->in[k];
      out->needs_delta = out->needs_delta || in->needs_delta;
      if (in->segment > out->segment) out->segment = in->segment;
    }
    out->segment += n->spec.op->meet != NULL;
    if (out->segment + 1 > net->segments) net->segments = out->segment + 1;
    net->nodes[i].segment = out->segment;
  }
  return DESPUR_OK;
}

/* The node whose output has this value's memory; NULL for the pictures. */
static const node *owner(const despur_net *net, const node_value *v) {
  return v->root ? &net->nodes[v->root - 1] : NULL;
}

/* A node works in place where nobody else needs its input any more, neither forwards nor backwards. */
static void plan_sharing(despur_net *net) {
  for (size_t i = 0; i < net->node_count; i++) {
    node *n = &net->nodes[i];
    const node_value *in = n->in[0];
    const node *before = n->spec.inputs[0] ? &net->nodes[n->spec.inputs[0] - 1] : NULL;
    n->in_place =
        n->spec.op->may_work_in_place && in->readers == 1 && (!before || !before->spec.op->keeps_output);
    net->values[i + 1].root = n->in_place ? in->root : i + 1;
  }
}

static size_t most(size_t a, size_t b) {
  return a > b ? a : b;
}

/* The padding that its readers want of a value, and that whoever computes it wants of its gradient: a
 * convolution computes the gradient of its input as a convolution over that. A reader that takes its input as
 * one row of numbers wants neither. */
static void plan_padding(despur_net *net) {
  node_value *values = net->values;
  for (size_t i = 0; i < net->node_count; i++) {
    const node *n = &net->nodes[i];
    for (size_t k = 0; k < n->input_count && n->spec.op->padding; k++) {
      node_value *root = &values[n->in[k]->root];
      root->layout.pad = most(root->layout.pad, n->spec.op->padding(n));
    }
  }
  for (size_t i = 0; i <= net->node_count; i++) {
    const node *before = owner(net, &values[i]);
    values[i].layout.pad = values[values[i].root].layout.pad;
    values[i].delta_layout = values[i].layout;
    values[i].delta_layout.pad = before && before->in[0]->needs_delta && before->spec.op->delta_padding
                                     ? before->spec.op->delta_padding(before)
                                     : 0;
  }
  for (size_t i = 0; i < net->node_count; i++) {
    const node *n = &net->nodes[i];
    if (!n->spec.op->flat) continue;
    assert(n->in[0]->layout.pad == 0);
    for (size_t v = 0; v <= net->node_count; v++)
      if (values[v].root == n->in[0]->root) values[v].delta_layout.pad = 0;
  }
}

/* ---- schedules ---- */

static bool learns(const node *n) {
  return n->out->needs_delta;
}

static void add_step(net_schedule *s, size_t *count, size_t index, bool collect) {
  s->steps[(*count)++] = (pass_step){.node = index, .collect = collect};
}

/* Nodes where examples meet compute in the segment that they begin, and collect what they need for that at
 * the end of the segment before. */
static void plan_forward(net_plan *p) {
  despur_net *net = p->net;
  size_t count = 0;
  for (size_t s = 0; s < net->segments; s++) {
    net->forward.first[s] = count;
    for (size_t i = 0; i < net->node_count; i++)
      if (net->nodes[i].segment == s) {
        p->forward_step[i] = count;
        add_step(&net->forward, &count, i, false);
      }
    for (size_t i = 0; i < net->node_count; i++)
      if (net->nodes[i].spec.op->meet && net->nodes[i].segment == s + 1)
        add_step(&net->forward, &count, i, true);
  }
  net->forward.first[net->segments] = count;
  p->steps = count;
}

/* The other way round: such a node collects when the gradient of its output is complete, and hands it on at
 * the begin of the segment before. first[] counts in the order of execution: of the last segment first. */
static void plan_backward(net_plan *p) {
  despur_net *net = p->net;
  size_t count = 0, begin = p->steps;
  for (size_t s = net->segments; s-- > 0;) {
    net->backward.first[net->segments - 1 - s] = count;
    for (size_t i = net->node_count; i-- > 0;) {
      const node *n = &net->nodes[i];
      if (!n->spec.op->meet || n->segment != s + 1 || !learns(n)) continue;
      p->backward_step[i] = begin + count;
      add_step(&net->backward, &count, i, false);
    }
    for (size_t i = net->node_count; i-- > 0;) {
      const node *n = &net->nodes[i];
      if (n->segment != s || !learns(n)) continue;
      if (!n->spec.op->meet) p->backward_step[i] = begin + count;
      add_step(&net->backward, &count, i, n->spec.op->meet);
    }
  }
  net->backward.first[net->segments] = count;
  p->steps += count;
}

/* Of several readers of a value, those that run backwards after the first add their gradients to its. */
static bool comes_first(const net_plan *p, const node *other, size_t m, const node *n, size_t k) {
  size_t its = p->backward_step[other->index], own = p->backward_step[n->index];
  return other->in[m] == n->in[k] && (its < own || (other == n && m < k));
}

static void plan_adding(net_plan *p) {
  despur_net *net = p->net;
  for (size_t i = 0; i < net->node_count; i++)
    for (size_t k = 0; k < net->nodes[i].input_count; k++) {
      node *n = &net->nodes[i];
      for (size_t other = 0; n->in[k]->needs_delta && other < net->node_count; other++)
        for (size_t m = 0; m < net->nodes[other].input_count; m++)
          n->adds[k] = n->adds[k] || comes_first(p, &net->nodes[other], m, n, k);
    }
}

/* ---- places ---- */

/* The segment of the forward pass in which a step happens. */
static size_t segment_at(const net_schedule *s, size_t segments, size_t step) {
  size_t segment = 0;
  while (segment + 1 < segments && s->first[segment + 1] <= step) segment++;
  return segment;
}

/* When somebody needs the data of a root, forwards; *kept: or longer than a segment. */
static lease data_lease(const net_plan *p, size_t root, bool *kept) {
  const despur_net *net = p->net;
  lease l = {.floats = block_floats(net->values[root].layout), .begin = root ? p->forward_step[root - 1] : 0};
  l.end = l.begin;
  *kept = root == 0 || net->values[net->node_count].root == root;
  for (size_t i = 0; i < net->node_count; i++) {
    const node *n = &net->nodes[i];
    *kept = *kept || (n->spec.op->keeps_output && n->out->root == root);
    for (size_t k = 0; k < n->input_count; k++) {
      if (n->in[k]->root != root) continue;
      *kept = *kept || n->spec.op->keeps_input || n->segment != net->values[root].segment;
      l.end = most(l.end, p->forward_step[i]);
    }
  }
  return l;
}

static bool has_root(const node *n, size_t root) {
  bool has = n->out->root == root;
  for (size_t k = 0; k < n->input_count; k++) has = has || n->in[k]->root == root;
  return has;
}

/* From the first reader that leaves a gradient to the node that takes it; *kept: longer than a segment. */
static lease delta_lease(net_plan *p, size_t root, bool *kept) {
  const despur_net *net = p->net;
  size_t forward = net->forward.first[net->segments];
  lease l = {.floats = block_floats(net->values[root].delta_layout),
             .begin = p->steps,
             .end = forward,
             .delta = &net->values[root]};
  if (net->values[net->node_count].root == root) l.begin = forward; /* the gradient of the loss */
  for (size_t step = forward; step < p->steps; step++) {
    const node *n = &net->nodes[net->backward.steps[step - forward].node];
    const bool collect = net->backward.steps[step - forward].collect;
    bool concerned = collect ? n->out->root == root : has_root(n, root);
    if (n->front && !collect) concerned = concerned || has_root(n->front, root) || has_root(n->rear, root);
    if (!concerned) continue;
    if (step < l.begin) l.begin = step;
    if (step > l.end) l.end = step;
  }
  *kept = segment_at(&net->backward, net->segments, l.begin - forward) !=
          segment_at(&net->backward, net->segments, l.end - forward);
  return l;
}

/* Whether a value that is computed again is needed while another one is, which has that place. */
static bool place_is_taken(const despur_net *net, size_t at, size_t root) {
  const node_value *own = &net->values[root];
  for (size_t v = 0; v < root; v++) {
    const node_value *other = &net->values[v];
    if (other->renewed && other->data.at == at && other->segment <= own->last_segment &&
        own->segment <= other->last_segment)
      return true;
  }
  return false;
}

/* Those of one layout share places, where padding stays zero and which stay in the cache. */
static size_t renewed_place(net_plan *p, size_t root) {
  const despur_net *net = p->net;
  const block_layout own = net->values[root].layout;
  for (size_t v = 0; v < root; v++) {
    const node_value *other = &net->values[v];
    if (other->renewed && memcmp(&other->layout, &own, sizeof own) == 0 &&
        !place_is_taken(net, other->data.at, root))
      return other->data.at;
  }
  return arena_lease(&p->scratch, (lease){.floats = block_floats(own), .end = p->steps});
}

static void plan_roots(net_plan *p) {
  despur_net *net = p->net;
  for (size_t v = 0; v <= net->node_count; v++) {
    node_value *root = &net->values[v];
    bool kept;
    if (root->root != v) continue;
    const lease data = data_lease(p, v, &kept);
    kept = kept && !root->renewed;
    root->data.region = kept ? KEPT : SCRATCH;
    root->data.at = root->renewed ? renewed_place(p, v)
                    : kept        ? grow(&net->kept_floats, data.floats)
                                  : arena_lease(&p->scratch, data);
    if (!root->needs_delta) continue;
    const lease delta = delta_lease(p, v, &kept);
    root->delta.region = kept ? KEPT : SCRATCH;
    root->delta.at = arena_lease(kept ? &p->deltas : &p->scratch, delta);
  }
}

/* Gradients that wait for being added. */
static void plan_spares(net_plan *p) {
  for (size_t i = 0; i < p->net->node_count; i++) {
    node *n = &p->net->nodes[i];
    for (size_t k = 0; k < n->input_count; k++)
      if (n->adds[k] && !n->spec.op->adds && !n->adds_itself)
        n->spare_at = plan_backward_scratch(p, n, block_floats(n->in[k]->delta_layout));
  }
}

static void plan_places(net_plan *p) {
  despur_net *net = p->net;
  plan_roots(p);
  plan_spares(p);
  arena_find_sharers(&p->scratch);
  arena_find_sharers(&p->deltas);
  for (size_t v = 0; v <= net->node_count; v++) {
    node_value *root = &net->values[net->values[v].root];
    if (root->root == v && root->delta.region == KEPT) root->delta.at += net->kept_floats;
    net->values[v].data = root->data;
    net->values[v].delta = root->delta;
    net->values[v].shares_padding = root->shares_padding;
  }
  net->kept_floats += p->deltas.size;
  net->scratch_floats = p->scratch.size;
}

size_t plan_parameters(net_plan *p, size_t count) {
  return grow(&p->net->slab, count);
}

size_t plan_block_gradient(net_plan *p, size_t count) {
  return grow(&p->net->block_gradient_floats, count);
}

size_t plan_derived(net_plan *p, size_t count) {
  return grow(&p->net->derived_floats, count);
}

size_t plan_rows(net_plan *p, size_t width) {
  return grow(&p->net->row_floats, p->net->head.options.batch * width);
}

size_t plan_buffers(net_plan *p, size_t count) {
  return grow(&p->net->buffer_floats, count);
}

size_t plan_sums(net_plan *p, size_t doubles) {
  return grow(&p->net->sum_doubles, doubles);
}

size_t plan_norms(net_plan *p, size_t doubles) {
  return grow(&p->net->norm_doubles, doubles);
}

size_t plan_bytes(net_plan *p, size_t count) {
  size_t at = p->net->kept_bytes;
  p->net->kept_bytes += count;
  return at;
}

size_t plan_forward_scratch(net_plan *p, const node *n, size_t count) {
  const size_t step = p->forward_step[n->index], last = n->later ? p->forward_step[n->later->index] : step;
  return arena_lease(&p->scratch, (lease){.floats = count, .begin = step, .end = last});
}

size_t plan_backward_scratch(net_plan *p, const node *n, size_t count) {
  size_t step = p->backward_step[n->index];
  return arena_lease(&p->scratch, (lease){.floats = count, .begin = step, .end = step});
}

static void plan_operations(net_plan *p) {
  despur_net *net = p->net;
  for (size_t i = 0; i < net->node_count; i++) {
    node *n = &net->nodes[i];
    if (n->spec.op->plan) n->spec.op->plan(n, p);
    n->first_task = net->gradient_tasks;
    if (n->spec.op->gradient_tasks) net->gradient_tasks += n->spec.op->gradient_tasks(n);
  }
}

/* Sums of a batch norm while the way back goes by strips. */
static void plan_lanes(net_plan *p) {
  for (size_t i = 0; i < p->net->node_count; i++) {
    node *n = &p->net->nodes[i];
    const size_t floats = n->in[0]->layout.channels * sizeof(norm_lanes) / sizeof(float);
    if (n->front) n->lanes_at = plan_backward_scratch(p, n, floats);
  }
}

static despur_status schedule_init(net_schedule *s, const despur_net *net, despur_error *error) {
  despur_status status = mem_alloc(&s->steps, 2 * net->node_count, sizeof *s->steps, error);
  if (status != DESPUR_OK) return status;
  return mem_alloc(&s->first, net->segments + 1, sizeof *s->first, error);
}

despur_status plan_network(despur_net *net, despur_error *error) {
  despur_status status = DESPUR_OK;
  net_plan p = {.net = net};
  connect(net);
  TRY(plan_shapes(net, error));
  plan_sharing(net);
  plan_padding(net);
  TRY(mem_alloc(&p.forward_step, net->node_count, sizeof *p.forward_step, error));
  TRY(mem_alloc(&p.backward_step, net->node_count, sizeof *p.backward_step, error));
  /* at most one for the data and one for the gradient of a value, two spares, and four of a node's own */
  TRY(mem_alloc(&p.scratch.leases, 8 * (net->node_count + 1), sizeof *p.scratch.leases, error));
  TRY(mem_alloc(&p.deltas.leases, net->node_count + 1, sizeof *p.deltas.leases, error));
  TRY(schedule_init(&net->forward, net, error));
  TRY(schedule_init(&net->backward, net, error));
  plan_forward(&p);
  plan_backward(&p);
  plan_adding(&p);
  plan_fusing(net);
  plan_operations(&p);
  plan_strips(net);
  plan_lanes(&p);
  plan_places(&p);
cleanup:
  mem_free(p.forward_step);
  mem_free(p.backward_step);
  mem_free(p.scratch.leases);
  mem_free(p.deltas.leases);
  return status;
}
