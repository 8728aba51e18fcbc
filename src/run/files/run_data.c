/* The data set of a run, whose files may have moved. */
#include "run/files/run_data.h"
#include "config/schema.h"
#include "run/state/run_state.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

despur_status run_create_dataset(run *r, despur_error *error) {
  const despur_config *config = r->config;
  char here[CONFIG_TEXT];
  despur_status status = despur_dataset_create(&r->dataset, config, error);
  if (status != DESPUR_BAD_INPUT || !getcwd(here, sizeof here)) return status;
  for (size_t row = 0; row < schema_count; row++) {
    const char *key = schema_rows[row].key;
    if (!config_misses_file(config, row)) continue;
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s/config.yaml:%d: %s: there is no '%s' in %s%s%s; go to the folder that has it",
                     r->result->directory, config->line[row], key,
                     (const char *)schema_value(config, &schema_rows[row]),
                     *config->base ? config->base : here,
                     *config->base ? ", where the run was made, nor in " : "", *config->base ? here : "");
  }
  return status;
}
