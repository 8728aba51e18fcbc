#include "train/sampler.h"

#include "base/memory.h"

#include <string.h>

static random_stream stream_of(const sampler *s, const char *purpose, size_t index) {
  return random_open(s->seed, purpose, s->stage << 32 | index);
}

/* What the sampler keeps of a group while it is sorted: a group without training examples is left out. */
static despur_status sort_by_group(sampler *s, const uint32_t *members, size_t n, const sampling *plan,
                                   size_t *quotas, despur_error *error) {
  despur_status status = DESPUR_OK;
  double total = 0;
  TRY(mem_alloc(&s->starts, plan->groups->count + 1, sizeof *s->starts, error));
  TRY(mem_alloc(&s->bounds, plan->groups->count, sizeof *s->bounds, error));
  for (size_t g = 0; g < plan->groups->count; g++) {
    size_t start = s->pool_size;
    for (size_t i = 0; i < n; i++)
      if (plan->groups->of_example[members[i]] == g) s->pool[s->pool_size++] = members[i];
    if (s->pool_size == start) continue;
    total += plan->mass ? plan->mass[g] : 0;
    s->starts[s->groups] = start;
    s->bounds[s->groups] = total;
    quotas[s->groups++] = plan->quota ? plan->quota[g] : 0;
  }
  s->starts[s->groups] = s->pool_size;
  if (s->groups == 0) FAIL(error, DESPUR_BAD_INPUT, "train: no training example belongs to a group");
  if (plan->kind == SAMPLE_DRAW && !(total > 0))
    FAIL(error, DESPUR_BAD_INPUT, "train: no group has a positive probability of being drawn");
cleanup:
  return status;
}

static size_t group_size(const sampler *s, size_t g) {
  return s->starts[g + 1] - s->starts[g];
}

/* Replaces the pool by the list of an epoch's visits. A quota above a group's size takes all of its members
 * equally often, but for a remainder that is drawn: as even as whole numbers can be. */
static despur_status make_list(sampler *s, const size_t *quotas, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *pool = NULL;
  size_t length = 0, at = 0;
  for (size_t g = 0; g < s->groups; g++)
    if (__builtin_add_overflow(length, quotas[g], &length) || length >= UINT32_MAX)
      FAIL(error, DESPUR_BAD_INPUT, "train: an epoch would have more than 2^32 visits");
  TRY(mem_alloc(&pool, length, sizeof *pool, error));
  for (size_t g = 0; g < s->groups; g++) {
    uint32_t *members = s->pool + s->starts[g];
    random_stream stream = stream_of(s, "resample", g);
    random_shuffle(&stream, members, group_size(s, g));
    for (size_t i = 0; i < quotas[g]; i++) pool[at++] = members[i % group_size(s, g)];
  }
  mem_free(s->pool);
  s->pool = pool;
  s->pool_size = length;
cleanup:
  return status;
}

static despur_status check_order(const sampler *s, const despur_dataset *dataset, despur_error *error) {
  size_t count = despur_dataset_count(dataset);
  for (size_t i = 0; i < s->pool_size; i++)
    if (s->pool[i] >= count)
      return error_set(error, DESPUR_BAD_INPUT, "train.order: entry %zu is %u, but there are %zu examples", i,
                       s->pool[i], count);
  return DESPUR_OK;
}

despur_status sampler_init(sampler *s, const despur_dataset *dataset, const sampling *plan, uint64_t seed,
                           uint64_t stage, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t n, *quotas = NULL;
  const uint32_t *members = despur_dataset_split(dataset, DESPUR_TRAIN, &n);
  *s = (sampler){.kind = plan->kind, .seed = seed, .stage = stage};
  if (s->kind == SAMPLE_EXPLICIT) {
    members = plan->order;
    n = plan->order_length;
  }
  if (n == 0) FAIL(error, DESPUR_BAD_INPUT, "train: there are no examples to train on");
  TRY(mem_alloc(&s->pool, n, sizeof *s->pool, error));
  if (s->kind == SAMPLE_SHUFFLE || s->kind == SAMPLE_EXPLICIT) {
    memcpy(s->pool, members, n * sizeof *members);
    s->pool_size = n;
    TRY(check_order(s, dataset, error));
  } else {
    TRY(mem_alloc(&quotas, plan->groups->count, sizeof *quotas, error));
    TRY(sort_by_group(s, members, n, plan, quotas, error));
    if (s->kind == SAMPLE_LIST) TRY(make_list(s, quotas, error));
  }
  s->length = s->pool_size;
cleanup:
  mem_free(quotas);
  return status;
}

void sampler_release(sampler *s) {
  mem_free(s->pool);
  mem_free(s->starts);
  mem_free(s->bounds);
  *s = (sampler){0};
}

/* The first group whose bound lies above a point of [0, total). */
static size_t group_at(const sampler *s, double point) {
  size_t low = 0, high = s->groups - 1;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (point < s->bounds[middle])
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/* With replacement: a group by its mass, then one of its members, all equally likely. */
static void draw_by_mass(const sampler *s, random_stream *stream, uint32_t *order) {
  double total = s->bounds[s->groups - 1];
  for (size_t i = 0; i < s->length; i++) {
    size_t g = group_at(s, random_uniform(stream) * total);
    order[i] = s->pool[s->starts[g] + random_below(stream, (uint32_t)group_size(s, g))];
  }
}

/* A stream for each epoch, not one that goes on: so an epoch's order can be had without those before it,
 * which is all that going on after an interruption needs. */
void sampler_draw(const sampler *s, size_t epoch, uint32_t *order) {
  if (s->kind == SAMPLE_DRAW) {
    random_stream stream = stream_of(s, "balance", epoch);
    draw_by_mass(s, &stream, order);
    return;
  }
  random_stream stream = stream_of(s, "shuffle", epoch);
  memcpy(order, s->pool, s->pool_size * sizeof *order);
  if (s->kind != SAMPLE_EXPLICIT) random_shuffle(&stream, order, s->length);
}
