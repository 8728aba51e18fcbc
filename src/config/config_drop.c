/* Keys of a file that overrides have left without effect.
 *
 * Who trains with train.optimizer.name=adam does not mean to keep the recipe's momentum: it is left out, and
 * said. What somebody has written in an override, and what the file itself leaves without effect, stays a
 * mistake. */
#include "base/memory.h"
#include "config/schema.h"

#include <stdio.h>
#include <string.h>

void config_remember_file(despur_config *config) {
  for (size_t i = 0; i < schema_count; i++) config->idle_in_file[i] = config_row_is_idle(config, i);
  config->method_in_file[0] = config->infer.method;
  config->method_in_file[1] = config->train_method;
  config->method_in_file[2] = config->repair.method;
}

/* The file's name for another method than the one that is left. */
static bool is_wrong_label(const despur_config *config, const char *key) {
  return strcmp(key, "label") == 0 && (config->infer.method != config->method_in_file[0] ||
                                       config->train_method != config->method_in_file[1] ||
                                       config->repair.method != config->method_in_file[2]);
}

static bool is_nesterov_without_momentum(const despur_config *config, const char *key) {
  return (!strcmp(key, "reference.optimizer.nesterov") && config->reference.optimizer.nesterov &&
          config->reference.optimizer.momentum <= 0) ||
         (!strcmp(key, "train.optimizer.nesterov") && config->train.optimizer.nesterov &&
          config->train.optimizer.momentum <= 0);
}

static bool is_dropped(const despur_config *config, size_t row, char why[CONFIG_REASON + 32]) {
  char needs[CONFIG_REASON];
  const char *key = schema_rows[row].key;
  if (config->line[row] == 0 || config->idle_in_file[row]) return false;
  if (config_why_idle(config, row, needs))
    snprintf(why, CONFIG_REASON + 32, "it has no effect unless %s", needs);
  else if (is_nesterov_without_momentum(config, key))
    snprintf(why, CONFIG_REASON + 32, "it has no effect without momentum");
  else if (is_wrong_label(config, key))
    snprintf(why, CONFIG_REASON + 32, "it names another method");
  else
    return false;
  return true;
}

despur_status despur_config_drop_idle(despur_config *config, char **notes, despur_error *error) {
  despur_status status = DESPUR_OK;
  text list = {0};
  *notes = NULL;
  for (size_t i = 0; i < schema_count; i++) {
    char why[CONFIG_REASON + 32];
    if (!is_dropped(config, i, why)) continue;
    TRY(text_add(&list, error, "%s:%d: %s is left out: %s\n", config->file, config->line[i],
                 schema_rows[i].key, why));
    TRY(config_reset_row(config, i, error));
    TRY(config_settle(config, error));
    i = (size_t)-1; /* a choice that is gone may leave others without effect */
  }
  *notes = list.data;
  list.data = NULL;
cleanup:
  mem_free(list.data);
  return status;
}
