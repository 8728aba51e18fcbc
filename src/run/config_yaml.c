/* From YAML to the configuration: a walk over the events of libyaml that keeps the dotted key.
 *
 * The schema says what may come next, and anything else ends the walk with its line. So there is no tree to
 * build, an alias cannot multiply anything, and nesting cannot go deeper than the schema does. */
#include "despur/text.h"
#include "run/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { QUOTED = 60, PLACE = 256, FOUND = 128, DOTTED = 256 };

typedef struct walker {
  yaml_parser_t parser;
  yaml_event_t event; /* the current one */
  const config_text *source;
  despur_config *config;
  bool row_seen[CONFIG_ROWS_MAX];
  bool section_seen[CONFIG_ROWS_MAX]; /* by the section's first row, which no two sections share */
  despur_error *error;
} walker;

/* ---- messages ---- */

/* The length of a word, or a shorter one that does not cut a character of UTF-8 in two. */
static int clip(const char *word, size_t limit) {
  size_t length = strnlen(word, limit + 1);
  if (length <= limit) return (int)length;
  while (limit > 0 && ((unsigned char)word[limit] & 0xc0) == 0x80) limit--;
  return (int)limit;
}

__attribute__((format(printf, 3, 4))) static despur_status complain(walker *walk, size_t line,
                                                                    const char *format, ...) {
  char message[sizeof walk->error->message];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  const config_text *source = walk->source;
  int shown = clip(source->place, PLACE);
  if (source->is_file)
    return error_set(walk->error, DESPUR_BAD_INPUT, "%.*s:%zu: %s", shown, source->place, line, message);
  return error_set(walk->error, DESPUR_BAD_USAGE, "%.*s: %s", shown, source->place, message);
}

static size_t current_line(const walker *walk) {
  return walk->event.start_mark.line + 1;
}

static config_scalar current_scalar(const walker *walk) {
  return (config_scalar){(const char *)walk->event.data.scalar.value, walk->event.data.scalar.length,
                         walk->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE};
}

/* The end of the stream stands where the value of an override would be when it is blank. */
static bool is_empty_value(const walker *walk) {
  if (walk->event.type == YAML_STREAM_END_EVENT) return true;
  return walk->event.type == YAML_SCALAR_EVENT && value_is_empty(current_scalar(walk));
}

static void describe_current(const walker *walk, char out[FOUND]) {
  if (walk->event.type == YAML_SEQUENCE_START_EVENT) {
    snprintf(out, FOUND, "a list");
  } else if (walk->event.type == YAML_MAPPING_START_EVENT) {
    snprintf(out, FOUND, "a section of keys");
  } else if (is_empty_value(walk)) {
    snprintf(out, FOUND, "nothing");
  } else {
    config_scalar scalar = current_scalar(walk);
    int shown = clip(scalar.text, QUOTED);
    snprintf(out, FOUND, "'%.*s%s'%s", shown, scalar.text, scalar.text[shown] ? "..." : "",
             scalar.plain ? "" : " in quotes");
  }
}

static despur_status wrong_value(walker *walk, const config_row *row) {
  char expected[CONFIG_EXPECTED], found[FOUND], hint[CONFIG_KEY + 32] = "";
  schema_expected(row, expected);
  describe_current(walk, found);
  if (row->type == CONFIG_IS_CHOICE && walk->event.type == YAML_SCALAR_EVENT) {
    const char *nearest = despur_nearest_word(current_scalar(walk).text, row->choices);
    if (nearest) snprintf(hint, sizeof hint, " (did you mean '%s'?)", nearest);
  }
  const char *separator = row->type == CONFIG_IS_CHOICE ? ";" : ",";
  return complain(walk, current_line(walk), "%s: expected %s%s found %s%s", row->key, expected, separator,
                  found, hint);
}

static despur_status unknown_key(walker *walk, size_t line, const char *key) {
  char nearest[CONFIG_KEY];
  int shown = clip(key, QUOTED);
  const char *more = key[shown] ? "..." : "";
  if (schema_nearest(nearest, key))
    return complain(walk, line, "unknown key '%.*s%s' (did you mean '%s'?)", shown, key, more, nearest);
  return complain(walk, line, "unknown key '%.*s%s'", shown, key, more);
}

/* ---- events ---- */

static size_t line_of_offset(const config_text *source, size_t offset) {
  size_t line = 1;
  for (size_t i = 0; i < offset && i < source->bytes; i++) line += source->yaml[i] == '\n';
  return line;
}

static despur_status broken_yaml(walker *walk) {
  const yaml_parser_t *parser = &walk->parser;
  if (parser->error == YAML_MEMORY_ERROR) return error_set(walk->error, DESPUR_NO_RESOURCES, "out of memory");
  const char *problem = parser->problem ? parser->problem : "cannot be read";
  if (parser->error == YAML_READER_ERROR)
    return complain(walk, line_of_offset(walk->source, parser->problem_offset), "not valid YAML: %s",
                    problem);
  size_t line = parser->problem_mark.line + 1;
  if (!parser->context) return complain(walk, line, "not valid YAML: %s", problem);
  return complain(walk, line, "not valid YAML: %s %s that begins in line %zu", problem, parser->context,
                  parser->context_mark.line + 1);
}

/* An anchor or a tag of the current event, or NULL. */
static const char *decoration(const yaml_event_t *event) {
  switch (event->type) {
  case YAML_ALIAS_EVENT:
    return "an alias (*)";
  case YAML_SCALAR_EVENT:
    return event->data.scalar.anchor ? "an anchor (&)" : event->data.scalar.tag ? "a tag (!)" : NULL;
  case YAML_SEQUENCE_START_EVENT:
    return event->data.sequence_start.anchor ? "an anchor (&)"
           : event->data.sequence_start.tag  ? "a tag (!)"
                                             : NULL;
  case YAML_MAPPING_START_EVENT:
    return event->data.mapping_start.anchor ? "an anchor (&)"
           : event->data.mapping_start.tag  ? "a tag (!)"
                                            : NULL;
  default:
    return NULL;
  }
}

static despur_status next(walker *walk) {
  yaml_event_delete(&walk->event);
  if (!yaml_parser_parse(&walk->parser, &walk->event)) return broken_yaml(walk);
  const char *found = decoration(&walk->event);
  if (found) return complain(walk, current_line(walk), "expected plain keys and values, found %s", found);
  return DESPUR_OK;
}

/* ---- values ---- */

static despur_status read_reals(walker *walk, const config_row *row, config_reals *out) {
  despur_status status = DESPUR_OK;
  size_t line = current_line(walk);
  *out = (config_reals){0};
  if (walk->event.type == YAML_SCALAR_EVENT && row->fewest == 1) {
    out->count = 1;
    return value_read_real(&out->values[0], row, current_scalar(walk)) ? status : wrong_value(walk, row);
  }
  if (walk->event.type != YAML_SEQUENCE_START_EVENT) return wrong_value(walk, row);
  size_t count = 0; /* may exceed the room: then it is only counted, for the message */
  for (;; count++) {
    double value;
    TRY(next(walk));
    if (walk->event.type == YAML_SEQUENCE_END_EVENT) break;
    if (walk->event.type != YAML_SCALAR_EVENT || !value_read_real(&value, row, current_scalar(walk)))
      return wrong_value(walk, row);
    if (count < row->most) out->values[count] = value;
  }
  out->count = count;
  if (count < row->fewest || count > row->most) {
    char expected[CONFIG_EXPECTED];
    schema_expected(row, expected);
    return complain(walk, line, "%s: expected %s, found a list of %zu", row->key, expected, count);
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
  if (walk->event.type != YAML_SEQUENCE_START_EVENT) return wrong_value(walk, row);
  for (;;) {
    int64_t digit;
    TRY(next(walk));
    if (walk->event.type == YAML_SEQUENCE_END_EVENT) break;
    if (walk->event.type != YAML_SCALAR_EVENT || !value_read_integer(&digit, row, current_scalar(walk)))
      return wrong_value(walk, row);
    int other = class_of_digit[digit];
    if (other == class)
      return complain(walk, current_line(walk), "%s: digit %d is twice in class %d", row->key, (int)digit,
                      class);
    if (other >= 0)
      return complain(walk, current_line(walk), "%s: digit %d is in class %d and in class %d", row->key,
                      (int)digit, other, class);
    class_of_digit[digit] = class;
    out->digits[class][out->sizes[class]++] = (uint8_t)digit;
  }
  if (out->sizes[class] == 0)
    return complain(walk, current_line(walk), "%s: class %d has no digits", row->key, class);
  out->count++;
cleanup:
  return status;
}

static despur_status read_classes(walker *walk, const config_row *row, config_classes *out) {
  despur_status status = DESPUR_OK;
  int class_of_digit[CONFIG_DIGITS];
  for (size_t i = 0; i < CONFIG_DIGITS; i++) class_of_digit[i] = -1;
  *out = (config_classes){0};
  if (walk->event.type != YAML_SEQUENCE_START_EVENT) return wrong_value(walk, row);
  for (;;) {
    TRY(next(walk));
    if (walk->event.type == YAML_SEQUENCE_END_EVENT) break;
    if (out->count == CONFIG_CLASSES)
      return complain(walk, current_line(walk), "%s: expected at most %d classes, found more", row->key,
                      CONFIG_CLASSES);
    TRY(read_class(walk, row, out, class_of_digit));
  }
  if (out->count < 2)
    return complain(walk, current_line(walk), "%s: expected at least 2 classes, found %zu", row->key,
                    out->count);
cleanup:
  return status;
}

static despur_status read_scalar(walker *walk, const config_row *row, void *field) {
  if (walk->event.type != YAML_SCALAR_EVENT) return wrong_value(walk, row);
  config_scalar scalar = current_scalar(walk);
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
  size_t line = current_line(walk);
  bool is_text = row->type == CONFIG_IS_TEXT || row->type == CONFIG_IS_PATH;
  bool to_default = is_text && is_empty_value(walk);
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
  walk->config->line[index] = walk->source->is_file && !to_default ? (int)line : 0;
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
  if (*seen) return complain(walk, key_line, "key '%s' stands here for the second time", key);
  *seen = !is_root;
  if (row != CONFIG_NO_ROW) return read_row(walk, (size_t)row);
  if (walk->event.type == YAML_MAPPING_START_EVENT) return read_section(walk, key);
  char found[FOUND];
  describe_current(walk, found);
  return complain(walk, current_line(walk), "%s%sexpected keys and their values, found %s", key,
                  is_root ? "" : ": ", found);
}

/* Writes section.key of the current event into dotted. */
static despur_status read_key(walker *walk, const char *section, char dotted[DOTTED]) {
  char found[FOUND];
  describe_current(walk, found);
  if (walk->event.type != YAML_SCALAR_EVENT)
    return complain(walk, current_line(walk), "expected a key, found %s", found);
  config_scalar key = current_scalar(walk);
  snprintf(dotted, DOTTED, "%s%s%s", section, *section ? "." : "", key.text);
  if (strlen(key.text) != key.length || key.length == 0)
    return complain(walk, current_line(walk), "expected a key, found %s", found);
  if (strchr(key.text, '.'))
    return complain(walk, current_line(walk), "expected a key without a dot (sections are nested), found %s",
                    found);
  return DESPUR_OK;
}

static despur_status read_section(walker *walk, const char *section) {
  despur_status status = DESPUR_OK;
  char key[DOTTED];
  for (;;) {
    TRY(next(walk));
    if (walk->event.type == YAML_MAPPING_END_EVENT) break;
    size_t line = current_line(walk);
    TRY(read_key(walk, section, key));
    TRY(next(walk));
    TRY(read_node(walk, key, line));
  }
cleanup:
  return status;
}

static despur_status read_stream(walker *walk) {
  despur_status status = DESPUR_OK;
  const config_text *source = walk->source;
  TRY(next(walk)); /* the start of the stream */
  TRY(next(walk));
  bool has_document = walk->event.type == YAML_DOCUMENT_START_EVENT;
  if (has_document) TRY(next(walk));
  TRY(read_node(walk, source->key, 1));
  if (!has_document) goto cleanup;
  TRY(next(walk)); /* the end of the document */
  TRY(next(walk));
  if (walk->event.type != YAML_STREAM_END_EVENT)
    return complain(walk, current_line(walk), "expected one YAML document, found a second one");
cleanup:
  return status;
}

despur_status config_parse(despur_config *config, const config_text *source, despur_error *error) {
  walker walk = {.source = source, .config = config, .error = error};
  if (!yaml_parser_initialize(&walk.parser)) return error_set(error, DESPUR_NO_RESOURCES, "out of memory");
  yaml_parser_set_encoding(&walk.parser, YAML_UTF8_ENCODING); /* never guessed */
  yaml_parser_set_input_string(&walk.parser, (const unsigned char *)source->yaml, source->bytes);
  despur_status status = read_stream(&walk);
  yaml_event_delete(&walk.event);
  yaml_parser_delete(&walk.parser);
  return status;
}
