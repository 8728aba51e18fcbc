#include "cluster/distinct.h"

#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

uint32_t distinct_hash(const float *point, size_t d) {
  uint64_t hash = UINT64_C(0x9e3779b97f4a7c15);
  for (size_t j = 0; j < d; j++) {
    float value = point[j] + 0.0f; /* -0 becomes 0 */
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 32;
  }
  return (uint32_t)hash;
}

static bool are_equal(const float *a, const float *b, size_t d) {
  for (size_t j = 0; j < d; j++)
    if (a[j] != b[j]) return false;
  return true;
}

/* A table of at least twice as many places as points, looked through from the hash on. */
despur_status distinct_find(distinct *out, const float *points, size_t n, size_t d, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *table = NULL; /* 1 + the number of a distinct point; 0: free */
  size_t places = 2;
  while (places / 2 < n) places *= 2;
  *out = (distinct){0};
  TRY(mem_alloc(&table, places, sizeof *table, error));
  TRY(mem_alloc(&out->of_row, n, sizeof *out->of_row, error));
  TRY(mem_alloc(&out->row_of, n, sizeof *out->row_of, error));
  for (size_t i = 0; i < n; i++) {
    size_t at = distinct_hash(points + i * d, d) & (places - 1);
    while (table[at] && !are_equal(points + i * d, points + out->row_of[table[at] - 1] * d, d))
      at = (at + 1) & (places - 1);
    if (!table[at]) {
      out->row_of[out->count] = (uint32_t)i;
      table[at] = (uint32_t)++out->count;
    }
    out->of_row[i] = table[at] - 1;
  }
cleanup:
  mem_free(table);
  if (status != DESPUR_OK) distinct_release(out);
  return status;
}

void distinct_release(distinct *found) {
  mem_free(found->of_row);
  mem_free(found->row_of);
  *found = (distinct){0};
}
