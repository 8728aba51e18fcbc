/* Checks that need more than one key: keys that do nothing, and keys that need each other. */
#include "despur/net.h"
#include "run/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A key has an effect only while a choice has one of some values. */
typedef struct dependency {
  const char *key, *choice;
  unsigned values; /* bit i: value i of the choice */
} dependency;

#define IS(value) (1u << (value))
#define ADAPTIVE  (IS(CONFIG_ADAM) | IS(CONFIG_ADAMW))
#define STAGE(stage)                                                                                         \
  {stage ".optimizer.momentum", stage ".optimizer.name", IS(CONFIG_SGD)},                                    \
      {stage ".optimizer.nesterov", stage ".optimizer.name", IS(CONFIG_SGD)},                                \
      {stage ".optimizer.betas", stage ".optimizer.name", ADAPTIVE},                                         \
      {stage ".optimizer.eps", stage ".optimizer.name", ADAPTIVE},                                           \
      {stage ".schedule.every", stage ".schedule.name", IS(CONFIG_STEP)},                                    \
      {stage ".schedule.gamma", stage ".schedule.name", IS(CONFIG_STEP)}, {                                  \
    stage ".schedule.final", stage ".schedule.name", IS(CONFIG_COSINE) | IS(CONFIG_LINEAR)                   \
  }

static const dependency dependencies[] = {
    {"data.images", "data.source", IS(CONFIG_SPUCO_MNIST) | IS(CONFIG_NPY)},
    {"data.labels", "data.source", IS(CONFIG_NPY)},
    {"data.attributes", "data.source", IS(CONFIG_NPY)},
    {"data.splits", "data.source", IS(CONFIG_NPY)},
    {"data.difficulty", "data.source", IS(CONFIG_SPUCO_MNIST)},
    {"data.strength", "data.source", IS(CONFIG_SPUCO_MNIST)},
    {"data.val_strength", "data.source", IS(CONFIG_SPUCO_MNIST)},
    {"data.classes", "data.source", IS(CONFIG_SPUCO_MNIST)},
    {"data.label_noise", "data.source", IS(CONFIG_SPUCO_MNIST)},
    {"data.core_feature_noise", "data.source", IS(CONFIG_SPUCO_MNIST)},
    {"data.digits_train", "data.source", IS(CONFIG_SPUCO_MNIST) | IS(CONFIG_BUILT_IN_DIGITS)},
    {"data.digits_test", "data.source", IS(CONFIG_SPUCO_MNIST) | IS(CONFIG_BUILT_IN_DIGITS)},
    {"model.dropout", "model.arch", IS(DESPUR_MLP)},
    {"infer.on", "infer.method", IS(CONFIG_INFER_CLUSTER)},
    {"infer.algorithm", "infer.method", IS(CONFIG_INFER_CLUSTER)},
    {"infer.clusters", "infer.method", IS(CONFIG_INFER_CLUSTER)},
    {"infer.scope", "infer.method", IS(CONFIG_INFER_CLUSTER)},
    {"infer.starts", "infer.method", IS(CONFIG_INFER_CLUSTER)},
    STAGE("reference"),
    STAGE("train"),
};

enum { REASON = 256 };

/* "data.source is npy or digits (it is ...)". */
static void explain(const despur_config *config, const dependency *rule, char out[REASON]) {
  const config_row *row = &schema_rows[schema_find(rule->choice)];
  int value = *(const int *)schema_value(config, row);
  size_t used = (size_t)snprintf(out, REASON, "%s is", row->key);
  const char *before = " ";
  for (int i = 0; row->choices[i]; i++) {
    if (!(rule->values & IS(i))) continue;
    used += (size_t)snprintf(out + used, REASON - used, "%s%s", before, row->choices[i]);
    before = " or ";
  }
  snprintf(out + used, REASON - used, " (it is %s)", row->choices[value]);
}

static bool images_are_named(const despur_config *config) {
  return strcmp(config->data.images, "auto") != 0 && strcmp(config->data.images, "digits") != 0;
}

/* Whether the key has no effect; then needs says what it would take. */
static bool is_idle(const despur_config *config, const config_row *row, char needs[REASON]) {
  for (size_t i = 0; i < sizeof dependencies / sizeof *dependencies; i++) {
    const dependency *rule = &dependencies[i];
    if (strcmp(rule->key, row->key) != 0) continue;
    int value = *(const int *)schema_value(config, &schema_rows[schema_find(rule->choice)]);
    if (rule->values & IS(value)) continue;
    explain(config, rule, needs);
    return true;
  }
  if (config->reference.epochs == 0 && schema_in_section(row, "reference") &&
      strcmp(row->key, "reference.epochs")) {
    snprintf(needs, REASON, "reference.epochs is at least 1 (it is 0)");
    return true;
  }
  bool counts_digits = !strcmp(row->key, "data.digits_train") || !strcmp(row->key, "data.digits_test");
  if (counts_digits && config->data.source == CONFIG_SPUCO_MNIST && images_are_named(config)) {
    snprintf(needs, REASON, "data.images is auto or digits");
    return true;
  }
  return false;
}

bool config_row_is_idle(const despur_config *config, size_t row) {
  char needs[REASON];
  return is_idle(config, &schema_rows[row], needs);
}

/* Blames a key, by its line if it stands in the file. */
__attribute__((format(printf, 4, 5))) static despur_status
blame(const despur_config *config, const char *key, despur_error *error, const char *format, ...) {
  char reason[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  int line = config->line[schema_find(key)];
  if (line == 0) return error_set(error, DESPUR_BAD_USAGE, "%s: %s", key, reason);
  return error_set(error, DESPUR_BAD_INPUT, "%s:%d: %s: %s", config->file, line, key, reason);
}

static despur_status check_idle(const despur_config *config, despur_error *error) {
  for (size_t i = 0; i < schema_count; i++) {
    char needs[REASON];
    if (config->set[i] && is_idle(config, &schema_rows[i], needs))
      return blame(config, schema_rows[i].key, error, "has no effect unless %s", needs);
  }
  return DESPUR_OK;
}

static despur_status check_data(const despur_config *config, despur_error *error) {
  if (config->data.source == CONFIG_NPY && !images_are_named(config))
    return blame(config, "data.source", error, "npy needs data.images, a file of images; found '%s'",
                 config->data.images);
  if (config->data.source == CONFIG_NPY && !*config->data.labels)
    return blame(config, "data.source", error, "npy needs data.labels, a file of labels");
  size_t strengths = config->data.strength.count, classes = config->data.classes.count;
  if (config->data.source == CONFIG_SPUCO_MNIST && strengths != 1 && strengths != classes)
    return blame(config, "data.strength", error,
                 "expected one number, or one for each of the %zu classes; found %zu", classes, strengths);
  return DESPUR_OK;
}

static despur_status check_stage(const despur_config *config, const stage_config *stage, const char *nesterov,
                                 despur_error *error) {
  if (stage->optimizer.nesterov && stage->optimizer.momentum <= 0)
    return blame(config, nesterov, error, "has no effect without momentum (it is 0)");
  return DESPUR_OK;
}

despur_status despur_config_check(const despur_config *config, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (strchr(config->name, '/'))
    return blame(config, "name", error, "expected a text without '/', which names a directory; found '%s'",
                 config->name);
  TRY(check_idle(config, error));
  TRY(check_data(config, error));
  TRY(check_stage(config, &config->reference, "reference.optimizer.nesterov", error));
  TRY(check_stage(config, &config->train, "train.optimizer.nesterov", error));
  if (config->infer.method == CONFIG_INFER_CLUSTER && config->reference.epochs == 0)
    status = blame(config, "infer.method", error,
                   "cluster needs a network to infer from: reference.epochs of at least 1");
cleanup:
  return status;
}
