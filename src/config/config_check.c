/* Checks that need more than one key: keys that do nothing, and keys that need each other. */
#include "base/format.h"
#include "config/source.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A key has an effect only while a choice has one of some values. */
typedef struct dependency {
  const char *key, *choice;
  unsigned values; /* bit i: value i of the choice */
} dependency;

#define IS(value)   (1u << (value))
#define ADAPTIVE    (IS(DESPUR_ADAM) | IS(DESPUR_ADAMW))
#define CLUSTERING  (IS(CONFIG_INFER_CLUSTER) | IS(CONFIG_INFER_GEORGE) | IS(CONFIG_INFER_SPARE))
#define LAYER(name) IS(1 + DESPUR_LAST_##name)
#define ANY_LAYER   (IS(1 + DESPUR_LAST_COUNT) - 2u)
#define SUBSETS     (LAYER(DFR) | LAYER(DFR_TRAIN) | LAYER(DISPEL))
#define STAGE(stage)                                                                                         \
  {stage ".optimizer.momentum", stage ".optimizer.name", IS(DESPUR_SGD)},                                    \
      {stage ".optimizer.nesterov", stage ".optimizer.name", IS(DESPUR_SGD)},                                \
      {stage ".optimizer.betas", stage ".optimizer.name", ADAPTIVE},                                         \
      {stage ".optimizer.eps", stage ".optimizer.name", ADAPTIVE},                                           \
      {stage ".schedule.every", stage ".schedule.name", IS(DESPUR_STEP)},                                    \
      {stage ".schedule.gamma", stage ".schedule.name", IS(DESPUR_STEP)}, {                                  \
    stage ".schedule.final", stage ".schedule.name", IS(DESPUR_COSINE) | IS(DESPUR_LINEAR)                   \
  }

static const dependency dependencies[] = {
    {"data.augment.pad", "data.augment.crop", IS(DESPUR_CROP_PADDED)},
    {"data.augment.scale", "data.augment.crop", IS(DESPUR_CROP_RESIZED)},
    {"data.augment.ratio", "data.augment.crop", IS(DESPUR_CROP_RESIZED)},
    {"model.dropout", "model.arch", IS(DESPUR_MLP)},
    {"reference.select", "infer.method", CLUSTERING},
    {"infer.preset", "infer.method", IS(CONFIG_INFER_GEORGE)},
    {"infer.on", "infer.method", CLUSTERING},
    {"infer.scale", "infer.method", CLUSTERING},
    {"infer.reduce.method", "infer.method", CLUSTERING},
    {"infer.reduce.scope", "infer.reduce.method", IS(DESPUR_REDUCE_PCA) | IS(DESPUR_REDUCE_UMAP)},
    {"infer.reduce.components", "infer.reduce.method", IS(DESPUR_REDUCE_PCA) | IS(DESPUR_REDUCE_UMAP)},
    {"infer.reduce.neighbors", "infer.reduce.method", IS(DESPUR_REDUCE_UMAP)},
    {"infer.reduce.min_dist", "infer.reduce.method", IS(DESPUR_REDUCE_UMAP)},
    {"infer.algorithm", "infer.method", CLUSTERING},
    {"infer.scope", "infer.method", CLUSTERING | IS(CONFIG_INFER_EIIL)},
    {"infer.clusters", "infer.method", CLUSTERING},
    {"infer.max_clusters", "infer.method", CLUSTERING},
    {"infer.score", "infer.method", CLUSTERING},
    {"infer.overcluster", "infer.method", CLUSTERING},
    {"infer.overcluster_loss", "infer.method", CLUSTERING},
    {"infer.starts", "infer.method", CLUSTERING},
    {"infer.silhouette_sample", "infer.method", CLUSTERING},
    {"infer.eiil.steps", "infer.method", IS(CONFIG_INFER_EIIL)},
    {"infer.eiil.lr", "infer.method", IS(CONFIG_INFER_EIIL)},
    {"train.sampler", "train.method", IS(DESPUR_GROUPDRO)},
    {"train.groupdro.eta", "train.method", IS(DESPUR_GROUPDRO)},
    {"train.groupdro.adjustment", "train.method", IS(DESPUR_GROUPDRO)},
    {"train.spare.rule", "train.method", IS(DESPUR_SPARE)},
    {"train.spare.threshold", "train.method", IS(DESPUR_SPARE)},
    {"train.spare.threshold", "train.spare.rule", IS(CONFIG_BY_SILHOUETTE)},
    {"train.spare.power", "train.method", IS(DESPUR_SPARE)},
    {"train.jtt.repeats", "train.method", IS(DESPUR_JTT)},
    {"repair.groups", "repair.method", ANY_LAYER},
    {"repair.select", "repair.method", ANY_LAYER},
    {"repair.folds", "repair.method", ANY_LAYER},
    {"repair.refits", "repair.method", SUBSETS | LAYER(DPE)},
    {"repair.l2", "repair.method", LAYER(ERM) | LAYER(BALANCED) | LAYER(GROUPDRO)},
    {"repair.c", "repair.method", SUBSETS},
    {"repair.mix", "repair.method", LAYER(DISPEL)},
    {"repair.gamma", "repair.method", LAYER(AFR)},
    {"repair.lambda", "repair.method", LAYER(AFR)},
    {"repair.scale", "repair.method", LAYER(DPE)},
    {"repair.diversity", "repair.method", LAYER(DPE)},
    STAGE("reference"),
    STAGE("train"),
};

/* "data.source is npy or digits (it is ...)". */
static void explain(const despur_config *config, const dependency *rule, char out[CONFIG_REASON]) {
  const config_row *row = &schema_rows[schema_find(rule->choice)];
  int value = *(const int *)schema_value(config, row);
  size_t used = (size_t)snprintf(out, CONFIG_REASON, "%s is", row->key);
  unsigned left = rule->values;
  for (int i = 0; row->choices[i]; i++) {
    if (!(left & IS(i))) continue;
    left &= ~IS(i);
    const char *before = left + IS(i) == rule->values ? " " : left ? ", " : " or ";
    used += (size_t)snprintf(out + used, CONFIG_REASON - used, "%s%s", before, row->choices[i]);
  }
  snprintf(out + used, CONFIG_REASON - used, " (it is %s)", row->choices[value]);
}

/* Keys of a data set that its source does not use, or does not need. */
static bool is_idle_in_source(const despur_config *config, const char *key, char needs[CONFIG_REASON]) {
  const data_source *source = source_of(config);
  const dependency rule = {key, "data.source", sources_with(key)};
  const char *why = NULL;
  if (rule.values == 0) return false;
  if (!source_uses(source, key))
    explain(config, &rule, needs);
  else if (source->why_idle && (why = source->why_idle(config, key)))
    snprintf(needs, CONFIG_REASON, "%s", why);
  return why || !source_uses(source, key);
}

bool config_why_idle(const despur_config *config, size_t index, char needs[CONFIG_REASON]) {
  const config_row *row = &schema_rows[index];
  for (size_t i = 0; i < sizeof dependencies / sizeof *dependencies; i++) {
    const dependency *rule = &dependencies[i];
    if (strcmp(rule->key, row->key) != 0) continue;
    int value = *(const int *)schema_value(config, &schema_rows[schema_find(rule->choice)]);
    if (rule->values & IS(value)) continue;
    explain(config, rule, needs);
    return true;
  }
  if (config->reference.epochs == 0 && schema_in_section(row, "reference") &&
      strcmp(row->key, "reference.epochs") != 0) {
    snprintf(needs, CONFIG_REASON, "reference.epochs is at least 1 (it is 0)");
    return true;
  }
  if (!strcmp(row->key, "infer.clusters") && config->infer.max_clusters > 0) {
    snprintf(needs, CONFIG_REASON, "infer.max_clusters is 0 (it is %lld)",
             (long long)config->infer.max_clusters);
    return true;
  }
  if (!strcmp(row->key, "infer.score") && config->infer.max_clusters == 0) {
    snprintf(needs, CONFIG_REASON, "infer.max_clusters is at least 2 (it is 0)");
    return true;
  }
  if (!strcmp(row->key, "infer.overcluster_loss") && config->infer.overcluster == 1) {
    snprintf(needs, CONFIG_REASON, "infer.overcluster is at least 2 (it is 1)");
    return true;
  }
  return is_idle_in_source(config, row->key, needs);
}

bool config_row_is_idle(const despur_config *config, size_t row) {
  char needs[CONFIG_REASON];
  return config_why_idle(config, row, needs);
}

static despur_status check_idle(const despur_config *config, despur_error *error) {
  for (size_t i = 0; i < schema_count; i++) {
    char needs[CONFIG_REASON];
    if (config->set[i] && config_why_idle(config, i, needs))
      return config_blame(config, schema_rows[i].key, error, "has no effect unless %s", needs);
  }
  return DESPUR_OK;
}

/* The least of two numbers first. */
static despur_status check_order(const despur_config *config, const char *key, const config_reals *range,
                                 despur_error *error) {
  if (range->values[0] <= range->values[1]) return DESPUR_OK;
  return config_blame(config, key, error, "expected the least first, found [%g, %g]", range->values[0],
                      range->values[1]);
}

static despur_status check_data(const despur_config *config, despur_error *error) {
  const data_source *source = source_of(config);
  for (const source_need *need = source->needs; need < source->needs + SOURCE_NEEDS && need->key; need++) {
    const char *value = schema_value(config, &schema_rows[schema_find(need->key)]);
    bool is_file = value != config->data.images || config_images_are_named(config);
    if (*value && is_file) continue;
    return config_blame(config, "data.source", error, "%s needs %s, %s%s%s%s", source->name, need->key,
                        need->what, *value ? "; found '" : "", value, *value ? "'" : "");
  }
  if (source->kind == DESPUR_INPUT_FEATURES && config->model.arch != DESPUR_MLP &&
      config->model.arch != DESPUR_ARCH_LINEAR)
    return config_blame(config, "model.arch", error,
                        "%s takes images, not features; model.arch=linear or model.arch=mlp takes these",
                        schema_rows[schema_find("model.arch")].choices[config->model.arch]);
  for (size_t i = 0; i < 4; i++)
    if (config->data.region.values[i] != floor(config->data.region.values[i]))
      return config_blame(config, "data.region", error, "expected whole numbers, found %g",
                          config->data.region.values[i]);
  despur_status status = check_order(config, "data.augment.scale", &config->data.augment.scale, error);
  if (status == DESPUR_OK)
    status = check_order(config, "data.augment.ratio", &config->data.augment.ratio, error);
  if (status != DESPUR_OK) return status;
  return source->check_keys ? source->check_keys(config, error) : DESPUR_OK;
}

static despur_status check_normalisation(const despur_config *config, despur_error *error) {
  size_t means = config->model.mean.count, deviations = config->model.std.count;
  if (means == 1 || deviations == 1 || means == deviations) return DESPUR_OK;
  return config_blame(config, "model.std", error,
                      "expected one number, or one for each of the %zu of model.mean; found %zu", means,
                      deviations);
}

static despur_status check_stage(const despur_config *config, const stage_config *stage, const char *nesterov,
                                 despur_error *error) {
  if (stage->optimizer.nesterov && stage->optimizer.momentum <= 0)
    return config_blame(config, nesterov, error, "has no effect without momentum (it is 0)");
  return DESPUR_OK;
}

static despur_status check_infer(const despur_config *config, despur_error *error) {
  const config_row *row = &schema_rows[schema_find("infer.method")];
  if (config->infer.method == CONFIG_INFER_NONE) return DESPUR_OK;
  if (config->reference.epochs == 0)
    return config_blame(config, "infer.method", error,
                        "%s needs a network to infer from: reference.epochs of at least 1",
                        row->choices[config->infer.method]);
  if (config->infer.max_clusters == 1)
    return config_blame(config, "infer.max_clusters", error, "expected 0, or at least 2; found 1");
  if (config->infer.reduce.method == DESPUR_REDUCE_HARDNESS && config->infer.on != DESPUR_FEATURES)
    return config_blame(config, "infer.reduce.method", error, "hardness needs infer.on: features");
  if (config->infer.reduce.method == DESPUR_REDUCE_HARDNESS && config->infer.scope == CONFIG_ALL_CLASSES)
    return config_blame(config, "infer.reduce.method", error, "hardness needs infer.scope: class");
  if (config->infer.reduce.method != DESPUR_REDUCE_NONE && config->infer.scope == CONFIG_ALL_CLASSES &&
      config->infer.reduce.scope == CONFIG_WITHIN_CLASS)
    return config_blame(
        config, "infer.scope", error,
        "clusters over all classes need a reduction over all classes: infer.reduce.scope: all");
  return DESPUR_OK;
}

bool config_infers_clusters(const despur_config *config) {
  return CLUSTERING & IS(config->infer.method);
}

static despur_status check_train(const despur_config *config, despur_error *error) {
  if (config->train_method == DESPUR_JTT && config->infer.method != CONFIG_INFER_JTT)
    return config_blame(config, "train.method", error, "jtt needs infer.method: jtt");
  if (config->train_method == DESPUR_SPARE && config->spare.rule == CONFIG_BY_SILHOUETTE &&
      !config_infers_clusters(config))
    return config_blame(config, "train.method", error,
                        "spare without inferred clusters has no silhouettes; set train.spare.rule=given");
  if (config->select.rule == CONFIG_VAL_WORST_INFERRED_GROUP && !config_infers_clusters(config))
    return config_blame(
        config, "select.rule", error,
        "val_worst_inferred_group needs clusters, which validation examples are assigned to: infer.method "
        "cluster, george or spare");
  return DESPUR_OK;
}

static despur_status check_repair(const despur_config *config, despur_error *error) {
  if (config->repair.groups == CONFIG_INFERRED_GROUPS && !config_infers_clusters(config))
    return config_blame(config, "repair.groups", error,
                        "inferred needs clusters, which validation examples are assigned to: infer.method "
                        "cluster, george or spare");
  return DESPUR_OK;
}

despur_status despur_config_check(const despur_config *config, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (strchr(config->name, '/'))
    return config_blame(config, "name", error,
                        "expected a text without '/', which names a directory; found '%s'", config->name);
  TRY(check_idle(config, error));
  TRY(check_data(config, error));
  TRY(check_normalisation(config, error));
  TRY(check_stage(config, &config->reference, "reference.optimizer.nesterov", error));
  TRY(check_stage(config, &config->train, "train.optimizer.nesterov", error));
  TRY(check_infer(config, error));
  TRY(check_train(config, error));
  TRY(check_repair(config, error));
cleanup:
  return status;
}
