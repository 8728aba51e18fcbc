/* Handing a head back: in files of its own, and in a copy of the model that it is for. */
#include "base/memory.h"
#include "io/npz.h"
#include "report/repaired.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The new numbers under the names and in the type and shape of the head that came: one output stands for the
 * difference of two. */
static despur_status dress(despur_head *out, const despur_repair_outcome *outcome,
                           const despur_repair_data *data, const despur_head *as, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (despur_head){.outputs = as ? as->outputs : data->classes, .columns = data->columns};
  snprintf(out->weight_name, sizeof out->weight_name, "%s", as ? as->weight_name : "weight");
  snprintf(out->bias_name, sizeof out->bias_name, "%s", as ? as->bias_name : "bias");
  snprintf(out->type, sizeof out->type, "%s", as ? as->type : "F32");
  TRY(mem_alloc(&out->weight, out->outputs * out->columns, sizeof *out->weight, error));
  TRY(mem_alloc(&out->bias, out->outputs, sizeof *out->bias, error));
  const bool one = out->outputs < data->classes;
  const float *w = outcome->weight, *b = outcome->bias;
  for (size_t i = 0; i < out->outputs * out->columns; i++)
    out->weight[i] = one ? w[out->columns + i] - w[i] : w[i];
  for (size_t k = 0; k < out->outputs; k++) out->bias[k] = one ? b[1] - b[0] : b[k];
  if (as && !*as->bias_name)
    for (size_t k = 0; k < out->outputs; k++)
      if (out->bias[k] != 0)
        FAIL(error, DESPUR_BAD_INPUT, "%s: the layer has no bias, and the repaired head needs one",
             as->weight_name);
cleanup:
  return status;
}

static void release(despur_head *head) {
  mem_free(head->weight);
  mem_free(head->bias);
}

static size_t largest(const double *z, size_t count) {
  size_t best = 0;
  for (size_t k = 1; k < count; k++)
    if (z[k] > z[best]) best = k;
  return best;
}

/* Logits of one output are those of two classes, the first with 0. */
static despur_status compare_logits(despur_repair_check *check, const despur_head *wanted,
                                    const despur_head *found, const despur_repair_data *data,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  double *z = NULL;
  const size_t outputs = wanted->outputs, from = outputs == 1, room = outputs + from;
  TRY(mem_alloc(&z, room, 2 * sizeof *z, error));
  for (size_t i = 0; i < data->rows; i++) {
    const float *x = data->features + i * data->columns;
    despur_repair_logits(z + from, wanted->weight, wanted->bias, outputs, x, data->columns);
    despur_repair_logits(z + room + from, found->weight, found->bias, outputs, x, data->columns);
    for (size_t k = 0; k < room; k++) check->difference = fmax(check->difference, fabs(z[k] - z[room + k]));
    check->otherwise += largest(z, room) != largest(z + room, room);
  }
cleanup:
  mem_free(z);
  return status;
}

static despur_status read_back(despur_repair_check *check, const char *spec, const despur_head *wanted,
                               const despur_repair_data *data, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_head found = {0};
  TRY(despur_head_read(&found, spec, error));
  if (found.outputs != wanted->outputs || found.columns != wanted->columns)
    FAIL(error, DESPUR_NO_RESOURCES, "%s: is not what was written", spec);
  TRY(compare_logits(check, wanted, &found, data, error));
cleanup:
  despur_head_release(&found);
  return status;
}

static despur_status write_npz(const despur_repair_outcome *outcome, const despur_repair_data *data,
                               const char *path, despur_error *error) {
  const tensor tensors[] = {
      {.name = "weight",
       .rank = 2,
       .shape = {data->classes, data->columns},
       .count = data->classes * data->columns,
       .data = outcome->weight},
      {.name = "bias", .rank = 1, .shape = {data->classes}, .count = data->classes, .data = outcome->bias}};
  return npz_write(path, tensors, 2, error);
}

/* "model" with the ending of the file that it is a copy of. */
static void name_patched(char name[32], const char *spec, const char *layer) {
  char file[FILE_PATH];
  snprintf(file, sizeof file, "%.*s", (int)(layer ? (size_t)(layer - spec) : strlen(spec)), spec);
  const char *dot = strrchr(file, '.');
  snprintf(name, 32, "model%.20s", dot && !strchr(dot, '/') ? dot : ".bin");
}

static despur_status patch(despur_repair_check *check, const despur_head *head,
                           const despur_repair_data *data, const despur_repair_directory *directory,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[FILE_PATH], spec[FILE_PATH + DESPUR_TENSOR_NAME];
  const char *layer = file_exists(directory->patch) ? NULL : strrchr(directory->patch, ':');
  name_patched(check->patched, directory->patch, layer);
  TRY(file_join(path, directory->path, check->patched, error));
  TRY(despur_model_patch(directory->patch, path, head, error));
  snprintf(spec, sizeof spec, "%s:%s", path, layer ? layer + 1 : head->weight_name);
  TRY(read_back(check, spec, head, data, error));
cleanup:
  return status;
}

despur_status repaired_write_heads(despur_repair_check *check, const despur_repair_outcome *outcome,
                                   const despur_repair_data *data, const despur_repair_directory *directory,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_head head = {0};
  char path[FILE_PATH];
  *check = (despur_repair_check){0};
  TRY(dress(&head, outcome, data, directory->head, error));
  TRY(file_join(path, directory->path, "head.npz", error));
  TRY(write_npz(outcome, data, path, error));
  TRY(file_join(path, directory->path, "head.safetensors", error));
  TRY(despur_head_write(&head, path, error));
  TRY(read_back(check, path, &head, data, error));
  if (directory->patch) TRY(patch(check, &head, data, directory, error));
cleanup:
  release(&head);
  return status;
}
