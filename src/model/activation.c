#include "model/activation.h"

#include "base/memory.h"
#include "model/onnx.h"

#include <math.h>
#include <string.h>

enum { MOST_STEPS = 8 };

static bool is_one_of(const char *operation, const char *const *list) {
  for (; *list; list++)
    if (strcmp(operation, *list) == 0) return true;
  return false;
}

despur_status activation_find(char **name, const model_file *model, const char *value, despur_error *error) {
  static const char *const SHAPES[] = {"Flatten", "Reshape", "Squeeze", "Identity", "Dropout", NULL};
  static const char *const MEANS[] = {"GlobalAveragePool", "ReduceMean", "AveragePool", NULL};
  despur_status status = DESPUR_OK;
  char *at = NULL, *operation = NULL, *input = NULL;
  *name = NULL;
  TRY(mem_copy_text(&at, value, error));
  for (int step = 0; step < MOST_STEPS && !*name; step++) {
    TRY(onnx_maker(&operation, &input, model, at, error));
    if (!operation || !input || (!is_one_of(operation, SHAPES) && !is_one_of(operation, MEANS))) break;
    mem_free(at);
    at = input;
    input = NULL;
    if (!is_one_of(operation, MEANS)) {
      mem_free(operation);
      operation = NULL;
      continue;
    }
    *name = at;
    at = NULL;
  }
  if (!*name)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: class activation maps are for models that end in a global average and a linear layer; '%.80s' "
         "is "
         "made by %s",
         model->path, value, operation ? operation : "no node");
cleanup:
  mem_free(at);
  mem_free(operation);
  mem_free(input);
  return status;
}

void activation_map(float *out, const activation_maps *maps, const float *weights) {
  for (size_t p = 0; p < maps->places; p++) {
    double sum = 0;
    for (size_t c = 0; c < maps->channels; c++)
      sum += (double)weights[c] * (double)maps->values[c * maps->of_channel + p * maps->of_place];
    out[p] = (float)sum;
  }
}

bool activation_averages_to(const activation_maps *maps, const float *features) {
  double largest = 0, furthest = 0;
  for (size_t c = 0; c < maps->channels; c++) {
    double sum = 0;
    for (size_t p = 0; p < maps->places; p++)
      sum += (double)maps->values[c * maps->of_channel + p * maps->of_place];
    const double distance = fabs(sum / (double)maps->places - (double)features[c]);
    largest = fmax(largest, fabs((double)features[c]));
    furthest = fmax(furthest, distance);
  }
  return furthest <= 1e-3 * largest;
}
