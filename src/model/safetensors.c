/* The tensors of a safetensors file: what the header says, with tensors of any type. */
#include "model/model.h"

#include "io/safetensors.h"

#include <string.h>
#include <unistd.h>

static bool take_size(size_t *out, const json_t *array, size_t i) {
  const json_t *value = json_array_get(array, i);
  *out = (size_t)json_integer_value(value);
  return json_is_integer(value) && json_integer_value(value) >= 0;
}

static despur_status add(model_file *model, const char *name, const json_t *entry, size_t data,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  model_tensor *t;
  size_t shape[MODEL_MAX_RANK] = {0}, begin, end, wanted;
  const json_t *sizes = json_object_get(entry, "shape"), *offsets = json_object_get(entry, "data_offsets");
  const char *type = json_string_value(json_object_get(entry, "dtype"));
  size_t rank = json_array_size(sizes);
  bool good = json_is_array(sizes) && type && take_size(&begin, offsets, 0) && take_size(&end, offsets, 1) &&
              begin <= end && end <= model->bytes - data;
  for (size_t i = 0; good && i < rank && i < MODEL_MAX_RANK; i++) good = take_size(&shape[i], sizes, i);
  if (!good)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: tensor '%.60s': expected dtype, shape and data_offsets within the data (truncated file?)",
         model->path, name);
  TRY(model_add_tensor(&t, model, name, strlen(name), shape, rank, error));
  for (int known = 0; model_type_names[known]; known++)
    if (strcmp(type, model_type_names[known]) == 0) t->type = (model_type)known;
  t->offset = data + begin;
  if (t->type == MODEL_OTHER) goto cleanup;
  if (__builtin_mul_overflow(t->count, model_type_bytes[t->type], &wanted) || wanted != end - begin)
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%.60s': its shape %s and its data_offsets do not go together",
         model->path, name, model_shape_text(t).text);
cleanup:
  return status;
}

despur_status model_read_safetensors(model_file *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  json_t *root = NULL, *entry;
  const char *name;
  int fd = -1;
  size_t bytes;
  TRY(file_open(&fd, &bytes, model->path, error));
  if (bytes != model->bytes)
    FAIL(error, DESPUR_BAD_INPUT, "%s: the file has changed while it was read", model->path);
  TRY(safetensors_read_header(&root, &bytes, fd, model->path, error));
  json_object_foreach(root, name, entry) {
    if (strcmp(name, "__metadata__") != 0) TRY(add(model, name, entry, model->bytes - bytes, error));
  }
cleanup:
  if (fd >= 0) close(fd);
  json_decref(root);
  return status;
}
