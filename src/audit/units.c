/* Which examples belong together: union-find over units and over equal rows. */
#include "audit/audit.h"
#include "base/dictionary.h"
#include "base/memory.h"

static uint32_t root_of(uint32_t *parent, uint32_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

/* The lower number stays the root, so that the result does not depend on the order of unions. */
static void join(uint32_t *parent, uint32_t a, uint32_t b) {
  a = root_of(parent, a);
  b = root_of(parent, b);
  if (a < b) parent[b] = a;
  if (b < a) parent[a] = b;
}

/* A row without weight is as if it were not there. */
static bool is_there(const audit_data *d, size_t i) {
  return !d->examples->weights || d->examples->weights[i] > 0;
}

static despur_status join_equal(uint32_t *parent, size_t *again, const void *keys, size_t bytes,
                                const audit_data *d, despur_error *error) {
  despur_status status = DESPUR_OK;
  dictionary seen = {0};
  uint32_t *first = NULL;
  TRY(mem_alloc(&first, d->n, sizeof *first, error));
  for (uint32_t i = 0; i < d->n; i++) {
    uint32_t index;
    size_t before = seen.count;
    if (!is_there(d, i)) continue;
    TRY(dictionary_add(&index, &seen, (const char *)keys + i * bytes, bytes, error));
    if (index == before) {
      first[index] = i;
      continue;
    }
    ++*again;
    join(parent, first[index], i);
  }
cleanup:
  dictionary_release(&seen);
  mem_free(first);
  return status;
}

/* Two hashes of a row, which stand for it: 128 bits that differ where rows do. */
static void hash_row(uint64_t out[2], const float *row, size_t columns) {
  const uint32_t *bits = (const uint32_t *)(const void *)row;
  out[0] = 1;
  out[1] = UINT64_C(0x9e3779b97f4a7c15);
  for (size_t j = 0; j < columns; j++) {
    uint32_t word = row[j] == 0 ? 0 : bits[j];
    out[0] = (out[0] ^ word) * UINT64_C(0xff51afd7ed558ccd);
    out[0] ^= out[0] >> 32;
    out[1] = (out[1] + word) * UINT64_C(0xc4ceb9fe1a85ec53);
    out[1] ^= out[1] >> 29;
  }
}

static void number_units(audit_data *d, uint32_t *parent) {
  for (uint32_t i = 0; i < d->n; i++) {
    if (!is_there(d, i)) continue;
    uint32_t root = root_of(parent, i);
    d->units[i] = root == i ? (uint32_t)d->units_count++ : d->units[root];
  }
}

despur_status audit_find_units(audit_data *d, despur_error *error) {
  despur_status status = DESPUR_OK;
  const uint32_t *code = d->examples->unit.codes;
  uint64_t(*hashes)[2] = NULL;
  uint32_t *parent = NULL;
  size_t again = 0;
  TRY(mem_alloc(&d->units, d->n, sizeof *d->units, error));
  TRY(mem_alloc(&parent, d->n, sizeof *parent, error));
  for (uint32_t i = 0; i < d->n; i++) parent[i] = i;
  if (d->x) {
    TRY(mem_alloc(&hashes, d->n, sizeof *hashes, error));
    for (size_t i = 0; i < d->n; i++) hash_row(hashes[i], d->x + i * d->columns, d->columns);
    TRY(join_equal(parent, &d->duplicates, hashes, sizeof *hashes, d, error));
  }
  if (code) TRY(join_equal(parent, &again, code, sizeof *code, d, error));
  number_units(d, parent);
cleanup:
  mem_free(hashes);
  mem_free(parent);
  return status;
}
