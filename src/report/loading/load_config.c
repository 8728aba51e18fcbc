/* config.yaml: its text, and its values by dotted key. Only the nesting matters here; types, ranges and
 * defaults are the business of the run that wrote it. */
#include "base/memory.h"
#include "base/text.h"
#include "io/file.h"
#include "report/loading/load.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { CONFIG_LIMIT = 1 << 20, DEEPEST = 8 };

/* A walk through the events of a file. */
typedef struct walk {
  text_pairs *pairs;
  yaml_parser_t parser;
  yaml_event_t event; /* the current one */
  const char *path;
  despur_error *error;
} walk;

static despur_status next(walk *w) {
  yaml_event_delete(&w->event);
  const yaml_parser_t *parser = &w->parser;
  if (!yaml_parser_parse(&w->parser, &w->event)) {
    if (parser->error == YAML_MEMORY_ERROR) return error_set(w->error, DESPUR_NO_RESOURCES, "out of memory");
    return error_set(w->error, DESPUR_BAD_INPUT, "%s:%zu: expected YAML: %s", w->path,
                     parser->problem_mark.line + 1, parser->problem ? parser->problem : "unreadable");
  }
  if (w->event.type == YAML_ALIAS_EVENT) /* of aliases of aliases there may be billions */
    return error_set(w->error, DESPUR_BAD_INPUT, "%s:%zu: expected plain keys and values, found an alias (*)",
                     w->path, w->event.start_mark.line + 1);
  return DESPUR_OK;
}

static despur_status add_node(walk *w, const char *name, int depth);

/* *name = prefix.key of the current event, or NULL when it is left out. */
static void join(char room[256], const char **name, const walk *w, const char *prefix) {
  *name = NULL;
  if (!prefix || w->event.type != YAML_SCALAR_EVENT) return;
  int length =
      snprintf(room, 256, "%s%s%s", prefix, *prefix ? "." : "", (const char *)w->event.data.scalar.value);
  if (length > 0 && length < 256) *name = room;
}

static despur_status add_mapping(walk *w, const char *prefix, int depth) {
  despur_status status = DESPUR_OK;
  for (;;) {
    char room[256];
    const char *name;
    TRY(next(w));
    if (w->event.type == YAML_MAPPING_END_EVENT) break;
    join(room, &name, w, prefix);
    TRY(add_node(w, NULL, depth)); /* the key */
    TRY(next(w));
    TRY(add_node(w, name, depth));
  }
cleanup:
  return status;
}

/* Adds the scalars of the current event and those that belong to it; name NULL: adds nothing. Lists are left
 * out. */
static despur_status add_node(walk *w, const char *name, int depth) {
  despur_status status = DESPUR_OK;
  if (depth > DEEPEST)
    FAIL(w->error, DESPUR_BAD_INPUT, "%s:%zu: expected at most %d levels", w->path,
         w->event.start_mark.line + 1, DEEPEST);
  if (w->event.type == YAML_MAPPING_START_EVENT) {
    TRY(add_mapping(w, name, depth + 1));
  } else if (w->event.type == YAML_SEQUENCE_START_EVENT) {
    for (;;) {
      TRY(next(w));
      if (w->event.type == YAML_SEQUENCE_END_EVENT) break;
      TRY(add_node(w, NULL, depth + 1));
    }
  } else if (name && *name && w->event.type == YAML_SCALAR_EVENT) {
    TRY(text_pairs_add(w->pairs, name, (const char *)w->event.data.scalar.value, w->error));
  }
cleanup:
  return status;
}

despur_status report_load_config(report_run *out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t bytes;
  walk w = {.pairs = &out->keys, .path = path, .error = error};
  TRY(file_read(&out->config, &bytes, path, CONFIG_LIMIT, error));
  if (!yaml_parser_initialize(&w.parser)) FAIL(error, DESPUR_NO_RESOURCES, "out of memory");
  yaml_parser_set_input_string(&w.parser, (const unsigned char *)out->config, bytes);
  TRY(next(&w)); /* the start of the stream */
  TRY(next(&w));
  if (w.event.type == YAML_DOCUMENT_START_EVENT) TRY(next(&w));
  TRY(add_node(&w, "", 0));
  while (w.event.type != YAML_STREAM_END_EVENT) TRY(next(&w));
cleanup:
  yaml_event_delete(&w.event);
  yaml_parser_delete(&w.parser); /* of one that was never initialised, nothing */
  return status;
}

const char *report_setting(const report_run *run, const char *key) {
  for (size_t i = 0; i < run->keys.count; i++)
    if (strcmp(run->keys.items[i].name, key) == 0) return run->keys.items[i].value;
  return "";
}
