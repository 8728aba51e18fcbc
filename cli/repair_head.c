#include "repair_head.h"

#include <stdlib.h>
#include <string.h>

static despur_status check_shape(const despur_head *head, const char *spec, const despur_repair_data *data,
                                 despur_error *error) {
  const bool one = head->outputs == 1 && data->classes == 2;
  if (head->columns == data->columns && (one || head->outputs == data->classes)) return DESPUR_OK;
  const bool transposed = head->outputs == data->columns && head->columns == data->classes;
  return cli_fail(error, DESPUR_BAD_INPUT,
                  "%s: weight has shape %zu x %zu; %zu classes of %zu features need %zu x %zu%s", spec,
                  head->outputs, head->columns, data->classes, data->columns, data->classes, data->columns,
                  transposed ? " (it is transposed)" : "");
}

despur_status repair_head_read(despur_head *out, float **weight, float **bias, const char *spec,
                               const despur_repair_data *data, despur_error *error) {
  const size_t columns = data->columns, classes = data->classes;
  despur_status status = despur_head_read(out, spec, error);
  if (status == DESPUR_OK) status = check_shape(out, spec, data, error);
  if (status != DESPUR_OK) return status;
  *weight = calloc(classes * columns, sizeof **weight);
  *bias = calloc(classes, sizeof **bias);
  if (!*weight || !*bias) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  const size_t first = classes - out->outputs; /* one output is the logit of class 1, that of class 0 is 0 */
  memcpy(*weight + first * columns, out->weight, out->outputs * columns * sizeof **weight);
  memcpy(*bias + first, out->bias, out->outputs * sizeof **bias);
  return DESPUR_OK;
}
