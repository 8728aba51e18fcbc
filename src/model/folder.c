/* What a folder says of its pictures, as examples. */
#include "model/folder.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

static despur_status copy_names(const char ***out, const despur_pictures *p, size_t count,
                                const char *(*name_of)(const despur_pictures *pictures, size_t index),
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  const char **names = NULL;
  TRY(mem_alloc(&names, count, sizeof *names, error));
  for (size_t i = 0; i < count; i++) names[i] = name_of(p, i);
  TRY(text_copy_all(out, names, count, error));
cleanup:
  mem_free(names);
  return status;
}

static size_t count_names(const despur_pictures *p,
                          const char *(*name_of)(const despur_pictures *pictures, size_t index)) {
  size_t count = 0;
  while (name_of(p, count)) count++;
  return count;
}

despur_status folder_describe(despur_examples *out, const despur_pictures *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_example_column *a = &out->attribute;
  out->count = despur_pictures_count(p);
  out->classes = count_names(p, despur_pictures_class);
  a->values_count = count_names(p, despur_pictures_attribute);
  TRY(copy_names(&out->ids, p, out->count, despur_pictures_path, error));
  TRY(copy_names(&out->class_names, p, out->classes, despur_pictures_class, error));
  TRY(mem_alloc(&out->labels, out->count, sizeof *out->labels, error));
  TRY(mem_alloc(&out->splits, out->count, sizeof *out->splits, error));
  memcpy(out->labels, despur_pictures_labels(p), out->count * sizeof *out->labels);
  for (size_t i = 0; i < out->count; i++) out->splits[i] = despur_pictures_splits(p)[i];
  if (a->values_count == 0) goto cleanup;
  TRY(mem_copy_text(&a->name, "a", error));
  TRY(copy_names(&a->values, p, a->values_count, despur_pictures_attribute, error));
  TRY(mem_alloc(&a->codes, out->count, sizeof *a->codes, error));
  memcpy(a->codes, despur_pictures_attributes(p), out->count * sizeof *a->codes);
cleanup:
  return status;
}
