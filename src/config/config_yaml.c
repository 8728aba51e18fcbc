/* From YAML to the configuration: a walk over events that keeps the dotted key.
 *
 * The schema says what may come next, and anything else ends the walk with its line. So there is no tree to
 * build, an alias cannot multiply anything, and nesting cannot go deeper than the schema does. */
#include "config/schema.h"
#include "config/yaml_reader.h"
#include "despur/text.h"

#include <stdio.h>
#include <string.h>

enum { DOTTED = 256 };

typedef struct walker {
  yaml_reader *in;
  despur_config *config;
  bool row_seen[CONFIG_ROWS_MAX];
  bool section_seen[CONFIG_ROWS_MAX]; /* by the section's first row, which no two sections share */
} walker;

/* ---- messages ---- */

static despur_status wrong_value(walker *walk, const config_row *row) {
  char expected[CONFIG_EXPECTED], found[READER_FOUND], hint[CONFIG_KEY + 32] = "";
  schema_expected(row, expected);
  reader_describe(walk->in, found);
  if (row->type == CONFIG_IS_CHOICE && walk->in->event.type == YAML_SCALAR_EVENT) {
    const char *nearest = despur_nearest_word(reader_scalar(walk->in).text, row->choices);
    if (nearest) snprintf(hint, sizeof hint, " (did you mean '%s'?)", nearest);
  }
  const char *separator = row->type == CONFIG_IS_CHOICE ? ";" : ",";
  return reader_complain(walk->in, reader_line(walk->in), "%s: expected %s%s found %s%s", row->key, expected,
                         separator, found, hint);
}

static despur_status unknown_key(walker *walk, size_t line, const char *key) {
  char nearest[CONFIG_KEY];
  int shown = reader_clip(key, READER_QUOTED);
  const char *more = key[shown] ? "..." : "";
  if (schema_reason(key))
    return reader_complain(walk->in, line, "unknown key '%.*s%s': %s", shown, key, more, schema_reason(key));
  if (schema_nearest(nearest, key))
    return reader_complain(walk->in, line, "unknown key '%.*s%s' (did you mean '%s'?)", shown, key, more,
                           nearest);
  return reader_complain(walk->in, line, "unknown key '%.*s%s'", shown, key, more);
}

/* ---- values ---- */

static despur_status read_reals(walker *walk, const config_row *row, config_reals *out) {
  despur_status status = DESPUR_OK;
  size_t line = reader_line(walk->in);
  *out = (config_reals){0};
  if (walk->in->event.type == YAML_SCALAR_EVENT && row->fewest == 1) {
    out->count = 1;
    return value_read_real(&out->values[0], row, reader_scalar(walk->in)) ? status : wrong_value(walk, row);
  }
  if (walk->in->event.type != YAML_SEQUENCE_START_EVENT) return wrong_value(walk, row);
  size_t count = 0; /* may exceed the room: then it is only counted, for the message */
  for (;; count++) {
    double value;
    TRY(reader_next(walk->in));
    if (walk->in->event.type == YAML_SEQUENCE_END_EVENT) break;
    if (walk->in->event.type != YAML_SCALAR_EVENT || !value_read_real(&value, row, reader_scalar(walk->in)))
      return wrong_value(walk, row);
    if (count < row->most) out->values[count] = value;
  }
  out->count = count;
  if (count < row->fewest || count > row->most) {
    char expected[CONFIG_EXPECTED];
    schema_expected(row, expected);
    return reader_complain(walk->in, line, "%s: expected %s, found a list of %zu", row->key, expected, count);
  }
cleanup:
  return status;
}

/* Reads the digits of one class up to the end of its list; class_of_digit has -1 where a digit is still free.
 */
static despur_status read_class(walker *walk, const config_row *row, config_classes *out,
                                int class_of_digit[CONFIG_DIGITS]) {
  despur_status status = DESPUR_OK;
  int class = (int)out->count;
  if (walk->in->event.type != YAML_SEQUENCE_START_EVENT) return wrong_value(walk, row);
  for (;;) {
    int64_t digit;
    TRY(reader_next(walk->in));
    if (walk->in->event.type == YAML_SEQUENCE_END_EVENT) break;
    if (walk->in->event.type != YAML_SCALAR_EVENT ||
        !value_read_integer(&digit, row, reader_scalar(walk->in)))
      return wrong_value(walk, row);
    int other = class_of_digit[digit];
    if (other == class)
      return reader_complain(walk->in, reader_line(walk->in), "%s: digit %d is twice in class %d", row->key,
                             (int)digit, class);
    if (other >= 0)
      return reader_complain(walk->in, reader_line(walk->in), "%s: digit %d is in class %d and in class %d",
                             row->key, (int)digit, other, class);
    class_of_digit[digit] = class;
    out->digits[class][out->sizes[class]++] = (uint8_t)digit;
  }
  if (out->sizes[class] == 0)
    return reader_complain(walk->in, reader_line(walk->in), "%s: class %d has no digits", row->key, class);
  out->count++;
cleanup:
  return status;
}

static despur_status read_classes(walker *walk, const config_row *row, config_classes *out) {
  despur_status status = DESPUR_OK;
  int class_of_digit[CONFIG_DIGITS];
  for (size_t i = 0; i < CONFIG_DIGITS; i++) class_of_digit[i] = -1;
  *out = (config_classes){0};
  if (walk->in->event.type != YAML_SEQUENCE_START_EVENT) return wrong_value(walk, row);
  for (;;) {
    TRY(reader_next(walk->in));
    if (walk->in->event.type == YAML_SEQUENCE_END_EVENT) break;
    if (out->count == CONFIG_CLASSES)
      return reader_complain(walk->in, reader_line(walk->in), "%s: expected at most %d classes, found more",
                             row->key, CONFIG_CLASSES);
    TRY(read_class(walk, row, out, class_of_digit));
  }
  if (out->count < 2)
    return reader_complain(walk->in, reader_line(walk->in), "%s: expected at least 2 classes, found %zu",
                           row->key, out->count);
cleanup:
  return status;
}

static despur_status read_scalar(walker *walk, const config_row *row, void *field) {
  if (walk->in->event.type != YAML_SCALAR_EVENT) return wrong_value(walk, row);
  config_scalar scalar = reader_scalar(walk->in);
  bool good = false;
  switch (row->type) {
  case CONFIG_IS_INTEGER:
    good = value_read_integer(field, row, scalar);
    break;
  case CONFIG_IS_REAL:
    good = value_read_real(field, row, scalar);
    break;
  case CONFIG_IS_BOOLEAN:
    good = value_read_boolean(field, scalar);
    break;
  case CONFIG_IS_CHOICE:
    good = value_read_choice(field, row, scalar);
    break;
  case CONFIG_IS_TEXT:
  case CONFIG_IS_PATH:
    good = value_read_text(field, scalar);
    break;
  case CONFIG_IS_REALS:
  case CONFIG_IS_CLASSES:
    break; /* not scalars */
  }
  return good ? DESPUR_OK : wrong_value(walk, row);
}

static despur_status read_row(walker *walk, size_t index) {
  const config_row *row = &schema_rows[index];
  void *field = schema_field(walk->config, row);
  size_t line = reader_line(walk->in);
  bool is_text = row->type == CONFIG_IS_TEXT || row->type == CONFIG_IS_PATH;
  bool to_default = is_text && reader_at_nothing(walk->in);
  despur_status status = DESPUR_OK;
  if (to_default)
    snprintf(field, CONFIG_TEXT, "%s", row->initial);
  else if (row->type == CONFIG_IS_REALS)
    status = read_reals(walk, row, field);
  else if (row->type == CONFIG_IS_CLASSES)
    status = read_classes(walk, row, field);
  else
    status = read_scalar(walk, row, field);
  walk->config->set[index] = !to_default;
  walk->config->line[index] = walk->in->is_file && !to_default ? (int)line : 0;
  return status;
}

/* ---- sections ---- */

static despur_status read_section(walker *walk, const char *section);

/* Reads the current event, and those that belong to it, as the value of a key or section. */
static despur_status read_node(walker *walk, const char *key, size_t key_line) {
  int row = schema_find(key);
  bool is_root = !*key;
  int first = is_root ? 0 : schema_find_section(key);
  if (row == CONFIG_NO_ROW && first == CONFIG_NO_ROW) return unknown_key(walk, key_line, key);
  bool *seen = row != CONFIG_NO_ROW ? &walk->row_seen[row] : &walk->section_seen[first];
  if (*seen) return reader_complain(walk->in, key_line, "key '%s' stands here for the second time", key);
  *seen = !is_root;
  if (row != CONFIG_NO_ROW) return read_row(walk, (size_t)row);
  if (walk->in->event.type == YAML_MAPPING_START_EVENT) return read_section(walk, key);
  char found[READER_FOUND];
  reader_describe(walk->in, found);
  return reader_complain(walk->in, reader_line(walk->in), "%s%sexpected keys and their values, found %s", key,
                         is_root ? "" : ": ", found);
}

/* Writes section.key of the current event into dotted. */
static despur_status read_key(walker *walk, const char *section, char dotted[DOTTED]) {
  char found[READER_FOUND];
  reader_describe(walk->in, found);
  if (walk->in->event.type != YAML_SCALAR_EVENT)
    return reader_complain(walk->in, reader_line(walk->in), "expected a key, found %s", found);
  config_scalar key = reader_scalar(walk->in);
  snprintf(dotted, DOTTED, "%s%s%s", section, *section ? "." : "", key.text);
  if (strlen(key.text) != key.length || key.length == 0)
    return reader_complain(walk->in, reader_line(walk->in), "expected a key, found %s", found);
  if (strchr(key.text, '.'))
    return reader_complain(walk->in, reader_line(walk->in),
                           "expected a key without a dot (sections are nested), found %s", found);
  return DESPUR_OK;
}

static despur_status read_section(walker *walk, const char *section) {
  despur_status status = DESPUR_OK;
  char key[DOTTED] = "";
  for (;;) {
    TRY(reader_next(walk->in));
    if (walk->in->event.type == YAML_MAPPING_END_EVENT) break;
    size_t line = reader_line(walk->in);
    TRY(read_key(walk, section, key));
    TRY(reader_next(walk->in));
    TRY(read_node(walk, key, line));
  }
cleanup:
  return status;
}

despur_status config_parse(despur_config *config, const config_text *source, despur_error *error) {
  despur_status status = DESPUR_OK;
  yaml_reader in;
  walker walk = {.in = &in, .config = config};
  TRY(reader_open(&in, source->yaml, source->bytes, source->place, source->is_file, error));
  TRY(read_node(&walk, source->key, 1));
  TRY(reader_finish(&in));
cleanup:
  reader_close(&in);
  return status;
}
