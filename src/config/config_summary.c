/* What a configuration amounts to, in a word: for headings and rows of tables. */
#include "config/source.h"

#include <stdio.h>
#include <string.h>

/* "GEORGE", "EIIL + GroupDRO", "clusters + group balance". */
static void training_label(char label[DESPUR_GROUP_NAME], const despur_config *config) {
  static const char *const PREFIX[] = {"", "clusters + ", "GEORGE + ", "SPARE + ", "JTT + ", "EIIL + "};
  static const despur_method OWN[] = {DESPUR_ERM,   DESPUR_ERM, DESPUR_GROUPDRO,
                                      DESPUR_SPARE, DESPUR_JTT, DESPUR_ERM};
  despur_method method = (despur_method)config->train_method;
  const char *prefix = despur_method_needs_groups(method) ? PREFIX[config->infer.method] : "";
  if (*prefix && OWN[config->infer.method] != DESPUR_ERM && method == OWN[config->infer.method])
    snprintf(label, DESPUR_GROUP_NAME, "%.*s", (int)strlen(prefix) - 3,
             prefix); /* a method by its own name */
  else
    snprintf(label, DESPUR_GROUP_NAME, "%s%s", prefix, despur_method_label(method));
}

void config_network_label(char label[DESPUR_GROUP_NAME], const despur_config *config,
                          despur_network network) {
  if (*config->label && network == config_last_network(config)) {
    snprintf(label, DESPUR_GROUP_NAME, "%.*s", DESPUR_GROUP_NAME - 1, config->label);
  } else if (network == DESPUR_NETWORK_REFERENCE) {
    snprintf(label, DESPUR_GROUP_NAME, "%s", despur_method_label(DESPUR_ERM));
  } else {
    training_label(label, config);
    size_t used = strlen(label);
    if (network == DESPUR_NETWORK_REPAIR)
      snprintf(label + used, DESPUR_GROUP_NAME - used, " + %s",
               despur_last_layer_label((despur_last_layer)(config->repair.method - 1)));
  }
}

void config_method_label(char label[DESPUR_GROUP_NAME], const despur_config *config) {
  config_network_label(label, config, config_last_network(config));
}

#define NAME_OF(NAME, name) #name,
const char *const despur_network_names[] = {DESPUR_NETWORKS(NAME_OF) NULL};
#undef NAME_OF

bool config_has_network(const despur_config *config, despur_network network) {
  switch (network) {
  case DESPUR_NETWORK_REFERENCE:
    return config->reference.epochs > 0;
  case DESPUR_NETWORK_REPAIR:
    return config->repair.method != CONFIG_NO_REPAIR;
  default:
    return true;
  }
}

despur_network config_last_network(const despur_config *config) {
  despur_network last = DESPUR_NETWORK_COUNT - 1;
  while (!config_has_network(config, last)) last--;
  return last;
}

const char *config_weights_file(const despur_config *config, despur_network network) {
#define FILE_OF(NAME, name) #name ".safetensors",
  static const char *const FILES[] = {DESPUR_NETWORKS(FILE_OF)};
#undef FILE_OF
  return network == config_last_network(config) ? "model.safetensors" : FILES[network];
}

/* Whether the data say an attribute; else the groups are the classes, and their labels are those of classes.
 */
static bool has_attributes(const despur_config *config) {
  return source_of(config)->knows_attributes || *config->data.attributes;
}

config_group_labels config_labels_needed(const despur_config *config) {
  if (!has_attributes(config)) return CONFIG_NO_LABELS;
  bool inferred = config->infer.method != CONFIG_INFER_NONE;
  const char *layer = despur_last_layer_groups((despur_last_layer)(config->repair.method - 1));
  bool repaired =
      config->repair.method != CONFIG_NO_REPAIR && config->repair.groups == CONFIG_ATTRIBUTE_GROUPS;
  if (repaired && !strcmp(layer, "training")) return CONFIG_LABELS_OF_TRAINING;
  if (!inferred && despur_method_needs_groups((despur_method)config->train_method))
    return CONFIG_LABELS_OF_TRAINING;
  bool by_recall = config->reference.epochs > 0 && config->reference_select == CONFIG_REFERENCE_RECALL;
  bool by_group = repaired && config->repair.select == DESPUR_BY_WORST_GROUP;
  return by_recall || by_group || (repaired && !strcmp(layer, "validation")) ||
                 config->select.rule == CONFIG_VAL_WORST_GROUP
             ? CONFIG_LABELS_OF_VALIDATION
             : CONFIG_NO_LABELS;
}
