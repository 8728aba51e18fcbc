/* The table of last layers. */
#include "repair/layer.h"

#include <string.h>

#define DECLARE(NAME, name) extern const layer layer_##name;
DESPUR_LAST_LAYERS(DECLARE)
#undef DECLARE

#define ENTRY(NAME, name) [DESPUR_LAST_##NAME] = &layer_##name,
static const layer *const LAYERS[] = {DESPUR_LAST_LAYERS(ENTRY)};
#undef ENTRY

#define NAME_OF(NAME, name) #name,
const char *const despur_last_layer_names[] = {DESPUR_LAST_LAYERS(NAME_OF) 0};
#undef NAME_OF

const layer *layer_of(despur_last_layer method) {
  return (unsigned)method < DESPUR_LAST_COUNT ? LAYERS[method] : NULL;
}

const char *despur_last_layer_label(despur_last_layer method) {
  const layer *found = layer_of(method);
  return found ? found->label : "";
}

const char *despur_last_layer_groups(despur_last_layer method) {
  static const char *const WORDS[] = {[LAYER_NEEDS_NONE] = "none",
                                      [LAYER_NEEDS_VAL_GROUPS] = "validation",
                                      [LAYER_NEEDS_TRAIN_GROUPS] = "training"};
  const layer *found = layer_of(method);
  return found ? WORDS[found->needs] : "";
}

bool despur_last_layer_takes(despur_last_layer method, const char *setting) {
  const layer *found = layer_of(method);
  if (!found) return false;
  for (size_t p = 0; p < DESPUR_REPAIR_PARAMETERS && found->parameters[p]; p++)
    if (strcmp(found->parameters[p], setting) == 0) return true;
  if (strcmp(setting, "fit") == 0) return found->fitted_on == DESPUR_TRAIN;
  return found->refits == 0 && strcmp(setting, "refits") == 0;
}

const char *despur_repair_rule_name(despur_repair_rule rule) {
  static const char *const NAMES[] = {[DESPUR_BY_WORST_GROUP] = "worst_group",
                                      [DESPUR_BY_WORST_CLASS] = "worst_class",
                                      [DESPUR_BY_AVERAGE] = "average"};
  return (unsigned)rule < DESPUR_REPAIR_RULES ? NAMES[rule] : "";
}

const despur_repair_list *repair_list(const despur_repair_options *options, const char *name) {
  const struct {
    const char *name;
    const despur_repair_list *list;
  } lists[] = {{"l2", &options->l2},
               {"c", &options->c},
               {"mix", &options->mix},
               {"gamma", &options->gamma},
               {"lambda", &options->lambda},
               {"scale", &options->scale},
               {"diversity", &options->diversity}};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    if (strcmp(lists[i].name, name) == 0) return lists[i].list;
  return NULL;
}
