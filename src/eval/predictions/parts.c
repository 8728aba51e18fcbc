/* What is known of attributes is codes and, perhaps, names; else the names of groups say theirs. */
#include "eval/predictions/parts.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_code(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* codes: [examples], those that occur come first, in their order. */
static void number_codes(predicted_parts *out, uint32_t *codes, const despur_predicted *p) {
  memcpy(codes, p->attributes, p->count * sizeof *codes);
  qsort(codes, p->count, sizeof *codes, by_code);
  for (size_t i = 0; i < p->count; i++)
    if (out->count == 0 || codes[i] != codes[out->count - 1]) codes[out->count++] = codes[i];
  for (size_t i = 0; i < p->count; i++) {
    const uint32_t *at = bsearch(&p->attributes[i], codes, out->count, sizeof *codes, by_code);
    out->numbered[i] = (uint32_t)(at - codes);
  }
  out->keys = out->numbered;
}

const char *name_beside_label(const char *name) {
  bool quoted = false;
  for (; *name; name++) {
    if (*name == '"') quoted = !quoted;
    if (*name == ',' && !quoted) return name + 1;
  }
  return NULL;
}

static despur_status name_parts(predicted_parts *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char **names = NULL;
  char(*codes)[16] = NULL;
  TRY(mem_alloc(&names, out->count, sizeof *names, error));
  TRY(mem_alloc(&codes, out->count, sizeof *codes, error));
  for (size_t i = 0; i < p->count; i++) {
    uint32_t key = out->keys[i];
    if (names[key]) continue;
    snprintf(codes[key], sizeof *codes, "a=%u", p->attributes[i]);
    const char *found = p->groups[i] == DESPUR_NO_GROUP ? NULL : name_beside_label(p->names[p->groups[i]]);
    names[key] = found ? found : codes[key];
  }
  TRY(text_copy_all(&out->names, names, out->count, error));
cleanup:
  mem_free(names);
  mem_free(codes);
  return status;
}

/* Codes of a table are 0, 1, ... already, all of them occur, and they have names. */
static despur_status take_named(predicted_parts *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < p->count; i++)
    if (p->attributes[i] >= p->attributes_count)
      FAIL(error, DESPUR_BAD_INPUT, "predictions: row %zu has attribute %u of %zu attributes", i + 1,
           p->attributes[i], p->attributes_count);
  out->keys = p->attributes;
  out->count = p->attributes_count;
  out->aside = p->attributes_aside;
  TRY(text_copy_all(&out->names, p->attribute_names, out->count, error));
cleanup:
  return status;
}

despur_status predicted_parts_find(predicted_parts *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *codes = NULL;
  *out = (predicted_parts){0};
  if (!p->attributes || p->count == 0) return DESPUR_OK;
  if (p->attribute_names) {
    TRY(take_named(out, p, error));
  } else {
    TRY(mem_alloc(&out->numbered, p->count, sizeof *out->numbered, error));
    TRY(mem_alloc(&codes, p->count, sizeof *codes, error));
    number_codes(out, codes, p);
    TRY(name_parts(out, p, error));
  }
cleanup:
  mem_free(codes);
  if (status != DESPUR_OK) predicted_parts_release(out);
  return status;
}

void predicted_parts_release(predicted_parts *parts) {
  mem_free(parts->numbered);
  mem_free((void *)parts->names);
  *parts = (predicted_parts){0};
}
