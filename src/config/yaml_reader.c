#include "config/yaml_reader.h"

#include "base/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PLACE = 256 };

/* ---- messages ---- */

int reader_clip(const char *word, size_t limit) {
  size_t length = strnlen(word, limit + 1);
  if (length <= limit) return (int)length;
  while (limit > 0 && ((unsigned char)word[limit] & 0xc0) == 0x80) limit--;
  return (int)limit;
}

despur_status reader_complain(yaml_reader *in, size_t line, const char *format, ...) {
  char message[sizeof in->error->message];
  va_list args;
  va_start(args, format);
  format_args(message, sizeof message, format, args);
  va_end(args);
  int shown = reader_clip(in->place, PLACE);
  if (in->is_file)
    return error_set(in->error, DESPUR_BAD_INPUT, "%.*s:%zu: %s", shown, in->place, line, message);
  return error_set(in->error, DESPUR_BAD_USAGE, "%.*s: %s", shown, in->place, message);
}

size_t reader_line(const yaml_reader *in) {
  return in->event.start_mark.line + 1;
}

config_scalar reader_scalar(const yaml_reader *in) {
  return (config_scalar){(const char *)in->event.data.scalar.value, in->event.data.scalar.length,
                         in->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE};
}

bool reader_at_nothing(const yaml_reader *in) {
  if (in->event.type == YAML_STREAM_END_EVENT) return true;
  return in->event.type == YAML_SCALAR_EVENT && value_is_empty(reader_scalar(in));
}

void reader_describe(const yaml_reader *in, char out[READER_FOUND]) {
  if (in->event.type == YAML_SEQUENCE_START_EVENT) {
    snprintf(out, READER_FOUND, "a list");
  } else if (in->event.type == YAML_MAPPING_START_EVENT) {
    snprintf(out, READER_FOUND, "a section of keys");
  } else if (reader_at_nothing(in)) {
    snprintf(out, READER_FOUND, "nothing");
  } else {
    config_scalar scalar = reader_scalar(in);
    int shown = reader_clip(scalar.text, READER_QUOTED);
    snprintf(out, READER_FOUND, "'%.*s%s'%s", shown, scalar.text, scalar.text[shown] ? "..." : "",
             scalar.plain ? "" : " in quotes");
  }
}

/* ---- events ---- */

static size_t line_of_offset(const yaml_reader *in, size_t offset) {
  size_t line = 1;
  for (size_t i = 0; i < offset && i < in->bytes; i++) line += in->yaml[i] == '\n';
  return line;
}

static despur_status broken_yaml(yaml_reader *in) {
  const yaml_parser_t *parser = &in->parser;
  if (parser->error == YAML_MEMORY_ERROR) return error_set(in->error, DESPUR_NO_RESOURCES, "out of memory");
  const char *problem = parser->problem ? parser->problem : "cannot be read";
  if (parser->error == YAML_READER_ERROR)
    return reader_complain(in, line_of_offset(in, parser->problem_offset), "not valid YAML: %s", problem);
  size_t line = parser->problem_mark.line + 1;
  if (!parser->context) return reader_complain(in, line, "not valid YAML: %s", problem);
  return reader_complain(in, line, "not valid YAML: %s %s that begins in line %zu", problem, parser->context,
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

despur_status reader_next(yaml_reader *in) {
  yaml_event_delete(&in->event);
  if (!yaml_parser_parse(&in->parser, &in->event)) return broken_yaml(in);
  const char *found = decoration(&in->event);
  if (found) return reader_complain(in, reader_line(in), "expected plain keys and values, found %s", found);
  return DESPUR_OK;
}

despur_status reader_open(yaml_reader *in, const char *yaml, size_t bytes, const char *place, bool is_file,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  *in = (yaml_reader){.yaml = yaml, .bytes = bytes, .place = place, .is_file = is_file, .error = error};
  if (!yaml_parser_initialize(&in->parser)) return error_set(error, DESPUR_NO_RESOURCES, "out of memory");
  yaml_parser_set_encoding(&in->parser, YAML_UTF8_ENCODING); /* never guessed */
  yaml_parser_set_input_string(&in->parser, (const unsigned char *)yaml, bytes);
  TRY(reader_next(in)); /* the start of the stream */
  TRY(reader_next(in));
  if (in->event.type == YAML_DOCUMENT_START_EVENT) TRY(reader_next(in));
cleanup:
  return status;
}

despur_status reader_finish(yaml_reader *in) {
  despur_status status = DESPUR_OK;
  if (in->event.type == YAML_STREAM_END_EVENT) return DESPUR_OK; /* there was no document */
  TRY(reader_next(in));                                          /* the end of the document */
  TRY(reader_next(in));
  if (in->event.type != YAML_STREAM_END_EVENT)
    return reader_complain(in, reader_line(in), "expected one YAML document, found a second one");
cleanup:
  return status;
}

void reader_close(yaml_reader *in) {
  yaml_event_delete(&in->event);
  yaml_parser_delete(&in->parser);
}
