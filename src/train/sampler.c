#include "train/sampler.h"

#include "base/memory.h"

#include <string.h>

static random_stream stream_of(const sampler *s, const char *purpose, size_t index) {
  return random_open(s->seed, purpose, s->stage << 32 | index);
}

/* Sorts training examples by group into pool, without those that have none, and notes where each group
 * starts. */
static despur_status sort_by_group(sampler *s, const uint32_t *members, size_t n, const despur_groups *groups,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&s->starts, groups->count + 1, sizeof *s->starts, error));
  for (size_t g = 0; g < groups->count; g++) {
    size_t start = s->pool_size;
    for (size_t i = 0; i < n; i++)
      if (groups->of_example[members[i]] == g) s->pool[s->pool_size++] = members[i];
    if (s->pool_size > start) s->starts[s->groups++] = start;
  }
  s->starts[s->groups] = s->pool_size;
  if (s->groups == 0) FAIL(error, DESPUR_BAD_INPUT, "train: no training example belongs to a group");
cleanup:
  return status;
}

static size_t group_size(const sampler *s, size_t g) {
  return s->starts[g + 1] - s->starts[g];
}

/* Replaces the pool by `size` examples of each group: a random permutation, repeated as often as needed. */
static despur_status resample(sampler *s, size_t size, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *pool = NULL;
  TRY(mem_alloc(&pool, s->groups * size, sizeof *pool, error));
  for (size_t g = 0; g < s->groups; g++) {
    uint32_t *members = s->pool + s->starts[g];
    random_stream stream = stream_of(s, "resample", g);
    random_shuffle(&stream, members, group_size(s, g));
    for (size_t i = 0; i < size; i++) pool[g * size + i] = members[i % group_size(s, g)];
  }
  mem_free(s->pool);
  s->pool = pool;
  s->pool_size = s->groups * size;
cleanup:
  return status;
}

static size_t extreme_group(const sampler *s, int largest) {
  size_t best = group_size(s, 0);
  for (size_t g = 1; g < s->groups; g++) {
    size_t size = group_size(s, g);
    if (largest ? size > best : size < best) best = size;
  }
  return best;
}

static despur_status check_order(const sampler *s, const despur_dataset *dataset, despur_error *error) {
  size_t count = despur_dataset_count(dataset);
  for (size_t i = 0; i < s->pool_size; i++)
    if (s->pool[i] >= count)
      return error_set(error, DESPUR_BAD_INPUT, "train.order: entry %zu is %u, but there are %zu examples", i,
                       s->pool[i], count);
  return DESPUR_OK;
}

despur_status sampler_init(sampler *s, const despur_dataset *dataset, const despur_train_options *options,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t n;
  const uint32_t *members = despur_dataset_split(dataset, DESPUR_TRAIN, &n);
  *s = (sampler){.kind = options->sampler, .seed = options->seed, .stage = options->stage};
  if (s->kind == DESPUR_EXPLICIT) {
    members = options->order;
    n = options->order_length;
  }
  if (n == 0) FAIL(error, DESPUR_BAD_INPUT, "train: there are no examples to train on");
  TRY(mem_alloc(&s->pool, n, sizeof *s->pool, error));
  switch (s->kind) {
  case DESPUR_SHUFFLE:
  case DESPUR_EXPLICIT:
    memcpy(s->pool, members, n * sizeof *members);
    s->pool_size = n;
    TRY(check_order(s, dataset, error));
    break;
  case DESPUR_GROUP_BALANCE:
    TRY(sort_by_group(s, members, n, options->groups, error));
    break;
  case DESPUR_UPSAMPLE:
  case DESPUR_DOWNSAMPLE:
    TRY(sort_by_group(s, members, n, options->groups, error));
    TRY(resample(s, extreme_group(s, s->kind == DESPUR_UPSAMPLE), error));
    break;
  }
  s->length = s->pool_size;
cleanup:
  return status;
}

void sampler_release(sampler *s) {
  mem_free(s->pool);
  mem_free(s->starts);
  *s = (sampler){0};
}

void sampler_draw(const sampler *s, size_t epoch, uint32_t *order) {
  random_stream stream = stream_of(s, s->kind == DESPUR_GROUP_BALANCE ? "balance" : "shuffle", epoch);
  if (s->kind == DESPUR_GROUP_BALANCE) {
    for (size_t i = 0; i < s->length; i++) {
      size_t g = random_below(&stream, (uint32_t)s->groups);
      order[i] = s->pool[s->starts[g] + random_below(&stream, (uint32_t)group_size(s, g))];
    }
    return;
  }
  memcpy(order, s->pool, s->pool_size * sizeof *order);
  if (s->kind != DESPUR_EXPLICIT) random_shuffle(&stream, order, s->length);
}
