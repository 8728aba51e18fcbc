/* config.yaml: its text, and its values by dotted key. Only the nesting matters here; types, ranges and
 * defaults are the business of the run that wrote it. */
#include "base/memory.h"
#include "base/text.h"
#include "io/file.h"
#include "report/load.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { CONFIG_LIMIT = 1 << 20, DEEPEST = 8 };

static despur_status add_pair(report_pairs *pairs, const char *name, const char *value, despur_error *error) {
  report_pair *pair;
  despur_status status = mem_grow(&pairs->items, pairs->count, pairs->count + 1, sizeof *pairs->items, error);
  if (status != DESPUR_OK) return status;
  pair = &pairs->items[pairs->count++];
  status = mem_copy_text(&pair->name, name, error);
  return status == DESPUR_OK ? mem_copy_text(&pair->value, value, error) : status;
}

static const char *scalar(const yaml_node_t *node) {
  return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

/* Adds the scalars below a mapping; lists are left out. */
static despur_status add_mapping(report_pairs *pairs, yaml_document_t *document, const yaml_node_t *node,
                                 const char *prefix, int depth, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (depth == DEEPEST || node->type != YAML_MAPPING_NODE) return DESPUR_OK;
  for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
    char name[256];
    const char *key = scalar(yaml_document_get_node(document, p->key));
    const yaml_node_t *value = yaml_document_get_node(document, p->value);
    if (!key || !value) continue;
    int length = snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", key);
    if (length < 0 || (size_t)length >= sizeof name) continue;
    if (scalar(value)) TRY(add_pair(pairs, name, scalar(value), error));
    TRY(add_mapping(pairs, document, value, name, depth + 1, error));
  }
cleanup:
  return status;
}

despur_status report_load_config(report_run *out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t bytes;
  yaml_parser_t parser;
  yaml_document_t document;
  TRY(file_read(&out->config, &bytes, path, CONFIG_LIMIT, error));
  if (!yaml_parser_initialize(&parser)) FAIL(error, DESPUR_NO_RESOURCES, "out of memory");
  yaml_parser_set_input_string(&parser, (const unsigned char *)out->config, bytes);
  if (!yaml_parser_load(&parser, &document)) {
    status = error_set(error, DESPUR_BAD_INPUT, "%s:%zu: expected YAML: %s", path,
                       parser.problem_mark.line + 1, parser.problem ? parser.problem : "unreadable");
    yaml_parser_delete(&parser);
    goto cleanup;
  }
  const yaml_node_t *root = yaml_document_get_root_node(&document);
  if (root) status = add_mapping(&out->keys, &document, root, "", 0, error);
  yaml_document_delete(&document);
  yaml_parser_delete(&parser);
cleanup:
  return status;
}
