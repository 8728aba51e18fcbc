/* Defaults that follow from other choices: what a paper's method, or another implementation of it, stands
 * for.
 *
 * They are written where nobody has set the key, so a preset never overrides what a recipe says. */
#include "config/source.h"

#include <string.h>

typedef struct preset {
  int method, preset; /* config_infer, config_preset */
  const char *key, *value;
} preset;

/* The first that fits counts. */
static const preset PRESETS[] = {
    /* GEORGE (Sohoni et al. 2020; settings of the authors' code) */
    {CONFIG_INFER_GEORGE, CONFIG_PAPER, "infer.on", "features"},
    {CONFIG_INFER_GEORGE, CONFIG_PAPER, "infer.scale", "unit"},
    {CONFIG_INFER_GEORGE, CONFIG_PAPER, "infer.reduce.method", "umap"},
    {CONFIG_INFER_GEORGE, CONFIG_PAPER, "infer.algorithm", "gmm"},
    {CONFIG_INFER_GEORGE, CONFIG_PAPER, "infer.max_clusters", "10"},
    {CONFIG_INFER_GEORGE, CONFIG_PAPER, "infer.score", "macro_silhouette"},
    {CONFIG_INFER_GEORGE, CONFIG_PAPER, "infer.overcluster", "5"},
    {CONFIG_INFER_GEORGE, CONFIG_PAPER, "infer.starts", "3"},
    {CONFIG_INFER_GEORGE, CONFIG_PAPER, "train.method", "groupdro"},
    {CONFIG_INFER_GEORGE, CONFIG_PAPER, "select.rule", "val_worst_inferred_group"},
    /* the same as SpuCo has it: one reduction of all classes, no condition on losses */
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "infer.on", "features"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "infer.scale", "standard"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "infer.reduce.method", "umap"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "infer.reduce.scope", "all"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "infer.reduce.min_dist", "0.1"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "infer.algorithm", "gmm"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "infer.max_clusters", "5"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "infer.score", "macro_silhouette"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "infer.overcluster", "5"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "infer.overcluster_loss", "false"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "infer.starts", "3"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "train.method", "groupdro"},
    {CONFIG_INFER_GEORGE, CONFIG_SPUCO, "select.rule", "val_worst_group"},
    /* SPARE (Yang et al. 2024) */
    {CONFIG_INFER_SPARE, CONFIG_PAPER, "infer.on", "probabilities"},
    {CONFIG_INFER_SPARE, CONFIG_PAPER, "infer.max_clusters", "5"},
    {CONFIG_INFER_SPARE, CONFIG_PAPER, "train.method", "spare"},
    /* JTT (Liu et al. 2021) */
    {CONFIG_INFER_JTT, CONFIG_PAPER, "train.method", "jtt"},
    /* EIIL (Creager et al. 2021): two environments over all classes */
    {CONFIG_INFER_EIIL, CONFIG_PAPER, "infer.scope", "all"},
    {CONFIG_INFER_EIIL, CONFIG_PAPER, "train.method", "groupdro"},
};

/* Networks fit their data. */
static const char ARCH_KEY[] = "model.arch";

static const char *preset_value(const despur_config *config, const char *key) {
  if (!strcmp(key, ARCH_KEY)) return source_of(config)->arch;
  for (size_t i = 0; i < sizeof PRESETS / sizeof *PRESETS; i++) {
    const preset *p = &PRESETS[i];
    if (p->method == config->infer.method && p->preset == config->infer.preset && !strcmp(p->key, key))
      return p->value;
  }
  return NULL;
}

static bool has_presets(const char *key) {
  if (!strcmp(key, ARCH_KEY)) return true;
  for (size_t i = 0; i < sizeof PRESETS / sizeof *PRESETS; i++)
    if (!strcmp(PRESETS[i].key, key)) return true;
  return false;
}

/* infer.clusters and infer.max_clusters are two ways to say one thing: who fixes the number has not asked for
 * a search.
 */
static bool is_overruled(const despur_config *config, const char *key) {
  return !strcmp(key, "infer.max_clusters") && config->set[schema_find("infer.clusters")];
}

despur_status config_settle(despur_config *config, despur_error *error) {
  for (size_t i = 0; i < schema_count; i++) {
    const config_row *row = &schema_rows[i];
    if (config->set[i] || !has_presets(row->key)) continue;
    const char *value = is_overruled(config, row->key) ? NULL : preset_value(config, row->key);
    if (!value) value = row->initial;
    const config_text source = {
        .yaml = value, .bytes = strlen(value), .key = row->key, .place = "default value"};
    despur_status status = config_parse(config, &source, error);
    if (status != DESPUR_OK) return status;
    config->set[i] = false;
    config->line[i] = 0;
  }
  return DESPUR_OK;
}

despur_status config_describe_presets(text *out, const config_row *row, despur_error *error) {
  despur_status status = DESPUR_OK;
  const data_source *source;
  for (size_t i = 0; !strcmp(row->key, ARCH_KEY) && (source = source_at(i)); i++)
    if (source->arch) TRY(text_add(out, error, "; with %s: %s", source->name, source->arch));
  const config_row *methods = &schema_rows[schema_find("infer.method")],
                   *presets = &schema_rows[schema_find("infer.preset")];
  for (size_t i = 0; i < sizeof PRESETS / sizeof *PRESETS; i++) {
    const preset *p = &PRESETS[i];
    if (strcmp(p->key, row->key) != 0) continue;
    TRY(text_add(out, error, "; with %s%s%s: %s", methods->choices[p->method],
                 p->preset == CONFIG_PAPER ? "" : ", preset ",
                 p->preset == CONFIG_PAPER ? "" : presets->choices[p->preset], p->value));
  }
cleanup:
  return status;
}

despur_status config_reset_row(despur_config *config, size_t index, despur_error *error) {
  const config_row *row = &schema_rows[index];
  const config_text source = {
      .yaml = row->initial, .bytes = strlen(row->initial), .key = row->key, .place = "default value"};
  despur_status status = config_parse(config, &source, error);
  config->set[index] = false;
  config->line[index] = 0;
  return status;
}
