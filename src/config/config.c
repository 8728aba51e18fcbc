/* The configuration's life: defaults, files, overrides, and the whole of it as text. */
#include "despur/config.h"

#include "base/memory.h"
#include "config/schema.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>

enum { FILE_LIMIT_BYTES = 1 << 20, INDENT = 2 };

despur_status despur_config_create(despur_config **out, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(out, 1, sizeof **out, error));
  for (size_t i = 0; i < schema_count; i++) TRY(config_reset_row(*out, i, error));
  TRY(config_settle(*out, error));
cleanup:
  if (status != DESPUR_OK) {
    despur_config_free(*out);
    *out = NULL;
  }
  return status;
}

void despur_config_watch(despur_config *config, const despur_watch *watch) {
  config->watch = watch ? *watch : (despur_watch){0};
}

void despur_config_free(despur_config *config) {
  mem_free(config);
}

despur_status despur_config_load(despur_config *config, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_config *changed = NULL;
  char *yaml = NULL;
  size_t bytes;
  TRY(file_read(&yaml, &bytes, path, FILE_LIMIT_BYTES, error));
  TRY(mem_alloc(&changed, 1, sizeof *changed, error));
  *changed = *config;
  memset(changed->line, 0, sizeof changed->line); /* they were lines of another file */
  snprintf(changed->file, sizeof changed->file, "%s", path);
  const config_text source = {.yaml = yaml, .bytes = bytes, .key = "", .place = path, .is_file = true};
  TRY(config_parse(changed, &source, error));
  TRY(config_settle(changed, error));
  config_remember_file(changed);
  *config = *changed;
cleanup:
  mem_free(changed);
  mem_free(yaml);
  return status;
}

/* A YAML comment, which a command line has no use for: what stands behind " #" would be lost without a word.
 */
static const char *find_comment(const char *value) {
  char quote = 0;
  for (const char *at = value; *at; at++) {
    if (quote) {
      if (*at == '\\' && quote == '"' && at[1])
        at++;
      else if (*at == quote)
        quote = 0;
    } else if (*at == '#' && (at == value || at[-1] == ' ' || at[-1] == '\t')) {
      return at;
    } else if ((*at == '"' || *at == '\'') && (at == value || strchr(" \t,[{:", at[-1]))) {
      quote = *at;
    }
  }
  return NULL;
}

/* Texts and paths are taken as they stand, unless they begin with a quote: "set #2" and "a: b" are names. */
static bool is_literal(int row, const char *value) {
  return row != CONFIG_NO_ROW && value[0] != '"' && value[0] != '\'' &&
         (schema_rows[row].type == CONFIG_IS_TEXT || schema_rows[row].type == CONFIG_IS_PATH) &&
         !value_is_empty((config_scalar){value, strlen(value), true});
}

static despur_status set_text(despur_config *config, size_t row, const char *value, const char *override,
                              despur_error *error) {
  char expected[CONFIG_EXPECTED];
  schema_expected(&schema_rows[row], expected);
  if (!value_read_text(schema_field(config, &schema_rows[row]), (config_scalar){value, strlen(value), true}))
    return error_set(error, DESPUR_BAD_USAGE, "%.256s: %s: expected %s", override, schema_rows[row].key,
                     expected);
  config->set[row] = true;
  config->line[row] = 0;
  return DESPUR_OK;
}

static despur_status set_value(despur_config *config, const char *key, const char *value,
                               const char *override, despur_error *error) {
  int row = schema_find(key);
  const char *comment = find_comment(value);
  if (is_literal(row, value)) return set_text(config, (size_t)row, value, override, error);
  if (comment)
    return error_set(error, DESPUR_BAD_USAGE,
                     "%.256s: expected a value, found a comment, '%.64s'; in quotes it is part of a text",
                     override, comment);
  const config_text source = {.yaml = value, .bytes = strlen(value), .key = key, .place = override};
  return config_parse(config, &source, error);
}

despur_status despur_config_set(despur_config *config, const char *override, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_config *changed = NULL;
  char *key = NULL;
  const char *equals = strchr(override, '=');
  if (!equals || equals == override)
    FAIL(error, DESPUR_BAD_USAGE, "%.256s: expected KEY=VALUE, such as train.epochs=5", override);
  TRY(mem_copy_text(&key, override, error));
  key[equals - override] = 0;
  TRY(mem_alloc(&changed, 1, sizeof *changed, error));
  *changed = *config;
  for (size_t i = 0; i < schema_count; i++)
    if (schema_in_section(&schema_rows[i], key)) TRY(config_reset_row(changed, i, error));
  TRY(set_value(changed, key, equals + 1, override, error));
  TRY(config_settle(changed, error));
  *config = *changed;
cleanup:
  mem_free(changed);
  mem_free(key);
  return status;
}

/* ---- as text ---- */

static bool is_commented(const despur_config *config, size_t row) {
  return !config->set[row] && config_row_is_idle(config, row);
}

/* Of a run without this stage even comments are left out: it is written as it was before there was one. */
static bool is_left_out(const despur_config *config, size_t row) {
  if (config->repair.method != CONFIG_NO_REPAIR || !schema_in_section(&schema_rows[row], "repair"))
    return false;
  for (size_t i = 0; i < schema_count; i++)
    if (config->set[i] && schema_in_section(&schema_rows[i], "repair")) return false;
  return true;
}

static bool section_is_commented(const despur_config *config, const char *section) {
  for (size_t i = 0; i < schema_count; i++)
    if (schema_in_section(&schema_rows[i], section) && !is_commented(config, i)) return false;
  return true;
}

/* Writes the headings of those sections around a row that do not contain the row before it; *depth gets their
 * number. */
static despur_status format_sections(text *out, const despur_config *config, size_t index, int *depth,
                                     despur_error *error) {
  const char *key = schema_rows[index].key;
  *depth = 0;
  for (const char *dot = strchr(key, '.'), *start = key; dot; start = dot + 1, dot = strchr(start, '.')) {
    char section[CONFIG_KEY];
    snprintf(section, sizeof section, "%.*s", (int)(dot - key), key);
    if (index == 0 || !schema_in_section(&schema_rows[index - 1], section)) {
      const char *mark = section_is_commented(config, section) ? "# " : "";
      despur_status status =
          text_add(out, error, "%*s%s%.*s:\n", INDENT * *depth, "", mark, (int)(dot - start), start);
      if (status != DESPUR_OK) return status;
    }
    ++*depth;
  }
  return DESPUR_OK;
}

despur_status despur_config_format(const despur_config *config, char **out, despur_error *error) {
  despur_status status = DESPUR_OK;
  text yaml = {0};
  *out = NULL;
  for (size_t i = 0; i < schema_count; i++) {
    int depth;
    if (is_left_out(config, i)) continue;
    TRY(format_sections(&yaml, config, i, &depth, error));
    const char *dot = strrchr(schema_rows[i].key, '.'), *name = dot ? dot + 1 : schema_rows[i].key;
    TRY(text_add(&yaml, error, "%*s%s%s: ", INDENT * depth, "", is_commented(config, i) ? "# " : "", name));
    TRY(value_format(&yaml, config, &schema_rows[i], error));
    TRY(text_add(&yaml, error, "\n"));
  }
  *out = yaml.data;
  yaml.data = NULL;
cleanup:
  mem_free(yaml.data);
  return status;
}

static despur_status describe_row(text *list, const config_row *row, despur_error *error) {
  char expected[CONFIG_EXPECTED];
  despur_status status = DESPUR_OK;
  schema_expected(row, expected);
  TRY(text_add(list, error, "%s\n    %s\n    %s; default: %s", row->key, row->help, expected,
               *row->initial ? row->initial : "empty"));
  TRY(config_describe_presets(list, row, error));
  TRY(text_add(list, error, "\n"));
cleanup:
  return status;
}

despur_status despur_config_describe(char **out, const char *key, despur_error *error) {
  despur_status status = DESPUR_OK;
  text list = {0};
  char nearest[CONFIG_KEY];
  *out = NULL;
  for (size_t i = 0; i < schema_count; i++)
    if (!key || strcmp(schema_rows[i].key, key) == 0 || schema_in_section(&schema_rows[i], key))
      TRY(describe_row(&list, &schema_rows[i], error));
  if (!list.data && schema_reason(key))
    FAIL(error, DESPUR_BAD_USAGE, "unknown key '%.128s': %s", key, schema_reason(key));
  if (!list.data && schema_nearest(nearest, key))
    FAIL(error, DESPUR_BAD_USAGE, "unknown key '%.128s' (did you mean '%s'?)", key, nearest);
  if (!list.data) FAIL(error, DESPUR_BAD_USAGE, "unknown key '%.128s'", key);
  *out = list.data;
  list.data = NULL;
cleanup:
  mem_free(list.data);
  return status;
}

const char *despur_config_key(size_t index) {
  return index < schema_count ? schema_rows[index].key : NULL;
}

const char *const *despur_config_choices(const char *key) {
  static const char *const TRUTHS[] = {"true", "false", NULL};
  int row = schema_find(key);
  if (row == CONFIG_NO_ROW) return NULL;
  return schema_rows[row].type == CONFIG_IS_BOOLEAN ? TRUTHS : schema_rows[row].choices;
}
