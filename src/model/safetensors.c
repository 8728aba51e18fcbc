/* The tensors of a safetensors file: what the header says, with tensors of any type. */
#include "model/model.h"

#include "io/safetensors.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the bytes of a tensor lie in the data. */
typedef struct extent {
  size_t begin, end;
  const char *name; /* the header's */
} extent;

static int compare_extents(const void *left, const void *right) {
  const extent *a = left, *b = right;
  if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
  return (a->end > b->end) - (a->end < b->end);
}

/* Tensors follow each other without gap or overlap and fill the data: what nobody has described may be
 * anything. */
static despur_status check_cover(extent *extents, size_t count, size_t bytes, const model_file *model,
                                 despur_error *error) {
  size_t end = 0;
  qsort(extents, count, sizeof *extents, compare_extents);
  for (size_t i = 0; i < count; end = extents[i++].end)
    if (extents[i].begin != end)
      return error_set(error, DESPUR_BAD_INPUT, "%s: tensor '%.60s': %s", model->path, extents[i].name,
                       extents[i].begin > end ? "there are unused bytes of data before it"
                                              : "its data overlap those of another tensor");
  if (end == bytes) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s: expected %s bytes of data, found %s (trailing bytes)",
                   model->path, file_grouped(end).text, file_grouped(bytes).text);
}

static despur_status add(model_file *model, extent *out, const json_value *entry, size_t data,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  model_tensor *t;
  size_t shape[MODEL_MAX_RANK] = {0}, begin, end, wanted;
  const json_value *sizes = json_find(entry, "shape"), *offsets = json_find(entry, "data_offsets");
  const char *name = entry->name, *type = json_text(json_find(entry, "dtype"));
  size_t rank = json_elements(sizes);
  bool good = json_is(sizes, JSON_KIND_LIST) && type && json_size(&begin, json_at(offsets, 0)) &&
              json_size(&end, json_at(offsets, 1)) && begin <= end && end <= model->bytes - data;
  for (size_t i = 0; good && i < rank && i < MODEL_MAX_RANK; i++)
    good = json_size(&shape[i], json_at(sizes, i));
  if (!good)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: tensor '%.60s': expected dtype, shape and data_offsets within the data (truncated file?)",
         model->path, name);
  TRY(model_add_tensor(&t, model, name, strlen(name), shape, rank, error));
  for (int known = 0; model_type_names[known]; known++)
    if (strcmp(type, model_type_names[known]) == 0) t->type = (model_type)known;
  t->offset = data + begin;
  *out = (extent){begin, end, name};
  if (t->type == MODEL_OTHER) goto cleanup;
  if (__builtin_mul_overflow(t->count, model_type_bytes[t->type], &wanted) || wanted != end - begin)
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%.60s': its shape %s and its data_offsets do not go together",
         model->path, name, model_shape_text(t).text);
cleanup:
  return status;
}

despur_status model_read_safetensors(model_file *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  json_value *root = NULL;
  extent *extents = NULL;
  int fd = -1;
  size_t bytes;
  TRY(file_open(&fd, &bytes, model->path, error));
  if (bytes != model->bytes)
    FAIL(error, DESPUR_BAD_INPUT, "%s: the file has changed while it was read", model->path);
  TRY(safetensors_read_header(&root, &bytes, fd, model->path, error));
  TRY(mem_alloc(&extents, json_members(root), sizeof *extents, error));
  for (size_t i = 0; i < json_members(root); i++)
    if (strcmp(root->items[i]->name, "__metadata__") != 0)
      TRY(add(model, &extents[model->count], root->items[i], model->bytes - bytes, error));
  TRY(check_cover(extents, model->count, bytes, model, error));
cleanup:
  mem_free(extents);
  if (fd >= 0) close(fd);
  mem_free(root);
  return status;
}
