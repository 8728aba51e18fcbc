/* The file of a sweep: recipes, seeds, values for each key, and what is left out.
 *
 * Values are not understood here: each becomes the text of an override, and the configuration says what is
 * wrong with it. */
#include "base/memory.h"
#include "config/yaml_reader.h"
#include "io/file.h"
#include "sweep/sweep.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_TIME "key '%s' stands here for the second time"

/* What follows from a file is bounded by what stands in it: names are compared each with each, and an
 * exclusion marks every value of a key. */
enum { FILE_LIMIT_BYTES = 1 << 17, MOST_NESTING = 8, MOST_VALUES = 500, MOST_EXCLUSIONS = 1000 };

static const char *const SECTIONS[] = {"name", "recipes", "seeds", "grid", "set", "exclude", NULL};

static bool list_has(const text_list *list, const char *item) {
  for (size_t i = 0; i < list->count; i++)
    if (!strcmp(list->items[i], item)) return true;
  return false;
}

/* ---- pieces of YAML ---- */

static despur_status wrong(yaml_reader *in, const char *key, const char *expected) {
  char found[READER_FOUND];
  reader_describe(in, found);
  return reader_complain(in, reader_line(in), "%s: expected %s, found %s", key, expected, found);
}

/* A scalar inside brackets. Quotes do not change what a word with one of these characters is: it is a text.
 */
static despur_status add_scalar(text *out, yaml_reader *in) {
  config_scalar scalar = reader_scalar(in);
  for (size_t i = 0; i < scalar.length; i++)
    if ((unsigned char)scalar.text[i] < 0x20)
      return reader_complain(in, reader_line(in), "expected a printable text, found a control character");
  if (scalar.plain && !strpbrk(scalar.text, ",[]{}:#\"'")) return text_add(out, in->error, "%s", scalar.text);
  despur_status status = DESPUR_OK;
  TRY(text_add(out, in->error, "\""));
  for (const char *at = scalar.text; *at; at++)
    TRY(text_add(out, in->error, "%s%c", strchr("\"\\", *at) ? "\\" : "", *at));
  TRY(text_add(out, in->error, "\""));
cleanup:
  return status;
}

/* Appends the current event and those that belong to it as YAML of one line. */
static despur_status add_node(text *out, yaml_reader *in, int depth) {
  despur_status status = DESPUR_OK;
  if (depth > MOST_NESTING)
    return reader_complain(in, reader_line(in), "more than %d brackets", MOST_NESTING);
  if (in->event.type == YAML_SCALAR_EVENT) return add_scalar(out, in);
  bool list = in->event.type == YAML_SEQUENCE_START_EVENT;
  yaml_event_type_t end = list ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;
  TRY(text_add(out, in->error, list ? "[" : "{"));
  for (size_t i = 0;; i++) {
    TRY(reader_next(in));
    if (in->event.type == end) break;
    const char *between = list || i % 2 == 0 ? ", " : ": ";
    if (i > 0) TRY(text_add(out, in->error, "%s", between));
    TRY(add_node(out, in, depth + 1));
  }
  TRY(text_add(out, in->error, list ? "]" : "}"));
cleanup:
  return status;
}

/* *out = the current node; free with mem_free. */
static despur_status read_node(char **out, yaml_reader *in) {
  text node = {0};
  despur_status status = add_node(&node, in, 0);
  *out = node.data;
  if (status == DESPUR_OK && !*out) status = mem_copy_text(out, "", in->error);
  if (status == DESPUR_OK) return status;
  mem_free(node.data);
  *out = NULL;
  return status;
}

static despur_status read_item(text_list *list, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  char *item = NULL;
  TRY(read_node(&item, in));
  TRY(text_list_add(list, item, in->error));
cleanup:
  mem_free(item);
  return status;
}

/* The items of a list, or the one scalar that stands in its place. */
static despur_status read_items(text_list *list, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  if (in->event.type != YAML_SEQUENCE_START_EVENT) return read_item(list, in);
  for (;;) {
    TRY(reader_next(in));
    if (in->event.type == YAML_SEQUENCE_END_EVENT) break;
    TRY(read_item(list, in));
  }
cleanup:
  return status;
}

/* Moves to the next key of a mapping, which is copied to key, and on to its value; *more says whether there
 * was one. */
static despur_status read_key(char key[CONFIG_KEY], bool *more, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  TRY(reader_next(in));
  *more = in->event.type != YAML_MAPPING_END_EVENT;
  if (!*more) goto cleanup;
  if (in->event.type != YAML_SCALAR_EVENT || reader_at_nothing(in)) return wrong(in, "here", "a key");
  config_scalar scalar = reader_scalar(in);
  if (strlen(scalar.text) != scalar.length || scalar.length >= CONFIG_KEY)
    return wrong(in, "here", "a key of at most 63 bytes");
  memcpy(key, scalar.text, scalar.length + 1);
  TRY(reader_next(in));
cleanup:
  return status;
}

/* ---- sections ---- */

static despur_status read_name(despur_sweep *sweep, yaml_reader *in) {
  static const char expected[] = "a word without '/' that names a directory";
  if (in->event.type != YAML_SCALAR_EVENT || reader_at_nothing(in)) return wrong(in, "name", expected);
  config_scalar name = reader_scalar(in);
  if (strchr(name.text, '/') || name.text[0] == '.' || strlen(name.text) != name.length || name.length > 128)
    return wrong(in, "name", expected);
  mem_free(sweep->name);
  return mem_copy_text(&sweep->name, name.text, in->error);
}

static despur_status add_axis(despur_sweep *sweep, const char *key, size_t line, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = sweep->axis_count;
  TRY(mem_grow(&sweep->axes, count, count + 1, sizeof *sweep->axes, error));
  sweep->axis_count++;
  sweep->axes[count].line = line;
  TRY(mem_copy_text(&sweep->axes[count].key, key, error));
cleanup:
  return status;
}

/* The files that a path with *, ? or [...] names, in the order of their names; a plain path is kept as it is.
 */
static despur_status add_recipes(text_list *paths, const char *pattern, yaml_reader *in, size_t line) {
  despur_status status = DESPUR_OK;
  glob_t found = {0};
  if (!strpbrk(pattern, "*?[")) {
    TRY(text_list_add(paths, pattern, in->error));
    goto cleanup;
  }
  int code = glob(pattern, 0, NULL, &found);
  if (code == GLOB_NOSPACE) FAIL(in->error, DESPUR_NO_RESOURCES, "out of memory");
  if (code != 0) {
    status = reader_complain(in, line, "recipes: no file is named like '%.200s'", pattern);
    goto cleanup;
  }
  for (size_t i = 0; i < found.gl_pathc && paths->count <= MOST_VALUES; i++)
    TRY(text_list_add(paths, found.gl_pathv[i], in->error));
cleanup:
  globfree(&found);
  if (status == DESPUR_OK && paths->count > MOST_VALUES)
    status = reader_complain(in, line, "recipes: expected at most %d, found more", MOST_VALUES);
  return status;
}

/* A path as a scalar: quotes and brackets are the caller's business. */
static despur_status read_recipe(text_list *paths, yaml_reader *in) {
  config_scalar path = reader_scalar(in);
  if (in->event.type != YAML_SCALAR_EVENT || reader_at_nothing(in) || strlen(path.text) != path.length)
    return wrong(in, "recipes", "the path of a recipe");
  return add_recipes(paths, path.text, in, reader_line(in));
}

static despur_status read_recipes(despur_sweep *sweep, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  text_list *paths = &sweep->axes[0].values;
  if (in->event.type != YAML_SEQUENCE_START_EVENT) return read_recipe(paths, in);
  for (;;) {
    TRY(reader_next(in));
    if (in->event.type == YAML_SEQUENCE_END_EVENT) break;
    TRY(read_recipe(paths, in));
  }
cleanup:
  return status;
}

/* "7", or "0-4" for 0, 1, 2, 3, 4. */
static bool read_range(int64_t *first, int64_t *last, const char *range) {
  char copy[64], *dash;
  const config_row *row = &schema_rows[schema_find("seed")];
  if (snprintf(copy, sizeof copy, "%s", range) >= (int)sizeof copy) return false;
  dash = strchr(copy, '-');
  if (dash) *dash = 0;
  const char *end = dash ? dash + 1 : copy;
  return value_read_integer(first, row, (config_scalar){copy, strlen(copy), true}) &&
         value_read_integer(last, row, (config_scalar){end, strlen(end), true}) && *first <= *last;
}

static despur_status read_seeds(despur_sweep *sweep, text_list *seeds, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  text_list ranges = {0};
  size_t line = reader_line(in);
  TRY(read_items(&ranges, in));
  for (size_t i = 0; i < ranges.count; i++) {
    int64_t first, last;
    if (!read_range(&first, &last, ranges.items[i])) {
      status = reader_complain(in, line, "seeds: expected numbers and ranges such as 0-4, found '%.60s'",
                               ranges.items[i]);
      goto cleanup;
    }
    if (seeds->count + (uint64_t)(last - first) >= SWEEP_MOST_RUNS) {
      status = reader_complain(in, line, "seeds: expected at most %d, found more", SWEEP_MOST_RUNS);
      goto cleanup;
    }
    for (uint64_t offset = 0; offset <= (uint64_t)(last - first); offset++) { /* last may be the largest */
      char number[24];
      snprintf(number, sizeof number, "%lld", (long long)first + (long long)offset);
      TRY(text_list_add(seeds, number, in->error));
    }
  }
  if (seeds->count == 0) status = reader_complain(in, line, "seeds: expected at least one, found none");
  sweep->has_seeds = true;
cleanup:
  text_list_release(&ranges);
  return status;
}

/* Keys that have a section of their own in the file. */
static despur_status check_key(yaml_reader *in, const char *section, const char *key) {
  char nearest[CONFIG_KEY], hint[CONFIG_KEY + 32] = "";
  if (!strcmp(key, "seed") || !strcmp(key, "recipe"))
    return reader_complain(in, reader_line(in), "%s: '%s' is given by '%ss', outside", section, key, key);
  if (schema_find(key) != CONFIG_NO_ROW || schema_find_section(key) != CONFIG_NO_ROW) return DESPUR_OK;
  if (schema_nearest(nearest, key)) snprintf(hint, sizeof hint, " (did you mean '%s'?)", nearest);
  return reader_complain(in, reader_line(in), "%s: unknown key '%s'%s", section, key, hint);
}

static int find_axis(const despur_sweep *sweep, const char *key) {
  for (size_t i = 0; i < sweep->axis_count; i++)
    if (!strcmp(sweep->axes[i].key, key)) return (int)i;
  return -1;
}

static despur_status read_grid(despur_sweep *sweep, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  if (in->event.type != YAML_MAPPING_START_EVENT) return wrong(in, "grid", "keys and their lists of values");
  for (;;) {
    char key[CONFIG_KEY];
    bool more;
    TRY(read_key(key, &more, in));
    if (!more) break;
    TRY(check_key(in, "grid", key));
    if (find_axis(sweep, key) >= 0) {
      status = reader_complain(in, reader_line(in), SECOND_TIME, key);
      goto cleanup;
    }
    if (in->event.type != YAML_SEQUENCE_START_EVENT) return wrong(in, key, "a list of values");
    size_t line = reader_line(in);
    TRY(add_axis(sweep, key, line, in->error));
    sweep_axis *axis = &sweep->axes[sweep->axis_count - 1];
    TRY(read_items(&axis->values, in));
    if (axis->values.count == 0 || axis->values.count > MOST_VALUES)
      return reader_complain(in, line, "%s: expected from 1 to %d values, found %s", key, MOST_VALUES,
                             axis->values.count ? "more" : "none");
  }
cleanup:
  return status;
}

static bool find_override(const despur_sweep *sweep, const char *key) {
  size_t length = strlen(key);
  for (size_t i = 0; i < sweep->overrides.count; i++)
    if (!strncmp(sweep->overrides.items[i], key, length) && sweep->overrides.items[i][length] == '=')
      return true;
  return false;
}

static despur_status read_set(despur_sweep *sweep, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  char *value = NULL;
  text override = {0};
  if (in->event.type != YAML_MAPPING_START_EVENT) return wrong(in, "set", "keys and their values");
  for (;;) {
    char key[CONFIG_KEY];
    bool more;
    TRY(read_key(key, &more, in));
    if (!more) break;
    TRY(check_key(in, "set", key));
    if (find_override(sweep, key)) {
      status = reader_complain(in, reader_line(in), SECOND_TIME, key);
      goto cleanup;
    }
    TRY(read_node(&value, in));
    override.length = 0;
    TRY(text_add(&override, in->error, "%s=%s", key, value));
    TRY(text_list_add(&sweep->overrides, override.data, in->error));
    mem_free(value);
    value = NULL;
  }
cleanup:
  mem_free(value);
  mem_free(override.data);
  return status;
}

/* ---- exclusions: read as texts, and understood once all axes are known ---- */

typedef struct raw_term {
  size_t exclusion, line;
  char key[CONFIG_KEY];
  text_list values;
} raw_term;

typedef struct raw_terms {
  raw_term *items;
  size_t count;
} raw_terms;

static despur_status read_exclusion(raw_terms *terms, size_t exclusion, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  if (in->event.type != YAML_MAPPING_START_EVENT) return wrong(in, "exclude", "keys and their values");
  for (;;) {
    char key[CONFIG_KEY];
    bool more;
    TRY(read_key(key, &more, in));
    if (!more) break;
    for (size_t i = 0; i < terms->count; i++)
      if (terms->items[i].exclusion == exclusion && !strcmp(terms->items[i].key, key))
        return reader_complain(in, reader_line(in), SECOND_TIME, key);
    TRY(mem_grow(&terms->items, terms->count, terms->count + 1, sizeof *terms->items, in->error));
    raw_term *term = &terms->items[terms->count++];
    *term = (raw_term){.exclusion = exclusion, .line = reader_line(in)};
    memcpy(term->key, key, sizeof key);
    TRY(read_items(&term->values, in));
  }
cleanup:
  return status;
}

static despur_status read_exclusions(despur_sweep *sweep, raw_terms *terms, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  if (in->event.type != YAML_SEQUENCE_START_EVENT) return wrong(in, "exclude", "a list of combinations");
  for (;;) {
    TRY(reader_next(in));
    if (in->event.type == YAML_SEQUENCE_END_EVENT) break;
    if (sweep->exclusion_count == MOST_EXCLUSIONS)
      return reader_complain(in, reader_line(in), "exclude: expected at most %d combinations, found more",
                             MOST_EXCLUSIONS);
    TRY(read_exclusion(terms, sweep->exclusion_count++, in));
  }
cleanup:
  return status;
}

/* Recipes are named by their labels, everything else by its value. */
static despur_status mark_values(sweep_term *term, const raw_term *raw, const sweep_axis *axis,
                                 yaml_reader *in) {
  const text_list *names = !strcmp(axis->key, "recipe") ? &axis->labels : &axis->values;
  for (size_t i = 0; i < raw->values.count; i++) {
    bool known = false;
    for (size_t v = 0; v < names->count; v++)
      if (!strcmp(names->items[v], raw->values.items[i])) known = term->values[v] = true;
    if (!known)
      return reader_complain(in, raw->line, "exclude: %s has no value '%.60s' in this sweep", axis->key,
                             raw->values.items[i]);
  }
  return DESPUR_OK;
}

static despur_status understand(despur_sweep *sweep, const raw_term *raw, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  sweep_exclusion *exclusion = &sweep->exclusions[raw->exclusion];
  int axis = find_axis(sweep, raw->key);
  if (axis < 0) return reader_complain(in, raw->line, "exclude: '%s' does not vary in this sweep", raw->key);
  TRY(mem_grow(&exclusion->terms, exclusion->count, exclusion->count + 1, sizeof *exclusion->terms,
               in->error));
  sweep_term *term = &exclusion->terms[exclusion->count++];
  term->axis = (size_t)axis;
  TRY(mem_alloc(&term->values, sweep->axes[axis].values.count, sizeof *term->values, in->error));
  TRY(mark_values(term, raw, &sweep->axes[axis], in));
cleanup:
  return status;
}

/* ---- the whole file ---- */

static despur_status unknown_section(yaml_reader *in, const char *key) {
  const char *nearest = despur_nearest_word(key, SECTIONS);
  if (nearest)
    return reader_complain(in, reader_line(in), "unknown key '%s' (did you mean '%s'?)", key, nearest);
  return reader_complain(in, reader_line(in),
                         "unknown key '%s'; expected name, recipes, seeds, grid, set or exclude", key);
}

static despur_status read_sections(despur_sweep *sweep, text_list *seeds, raw_terms *terms, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  text_list seen = {0};
  if (in->event.type != YAML_MAPPING_START_EVENT)
    return wrong(in, "a sweep", "keys such as recipes and grid");
  for (;;) {
    char key[CONFIG_KEY];
    bool more;
    TRY(read_key(key, &more, in));
    if (!more) break;
    if (list_has(&seen, key)) {
      status = reader_complain(in, reader_line(in), SECOND_TIME, key);
      goto cleanup;
    }
    TRY(text_list_add(&seen, key, in->error));
    if (!strcmp(key, "name"))
      TRY(read_name(sweep, in));
    else if (!strcmp(key, "recipes"))
      TRY(read_recipes(sweep, in));
    else if (!strcmp(key, "seeds"))
      TRY(read_seeds(sweep, seeds, in));
    else if (!strcmp(key, "grid"))
      TRY(read_grid(sweep, in));
    else if (!strcmp(key, "set"))
      TRY(read_set(sweep, in));
    else if (!strcmp(key, "exclude"))
      TRY(read_exclusions(sweep, terms, in));
    else
      TRY(unknown_section(in, key));
  }
cleanup:
  text_list_release(&seen);
  return status;
}

static despur_status add_seeds(despur_sweep *sweep, text_list *seeds, despur_error *error) {
  if (!sweep->has_seeds) return DESPUR_OK;
  despur_status status = add_axis(sweep, "seed", 0, error);
  if (status != DESPUR_OK) return status;
  sweep->axes[sweep->axis_count - 1].values = *seeds;
  *seeds = (text_list){0};
  return status;
}

/* Not too much, and no value twice. */
static despur_status check_axes(const despur_sweep *sweep, yaml_reader *in) {
  size_t all = 1;
  for (size_t i = 0; i < sweep->axis_count; i++)
    if (__builtin_mul_overflow(all, sweep->axes[i].values.count, &all) || all > SWEEP_MOST_RUNS)
      return reader_complain(in, 1, "expected at most %d combinations, found more", SWEEP_MOST_RUNS);
  for (size_t i = 0; i < sweep->axis_count; i++) {
    const sweep_axis *axis = &sweep->axes[i];
    if (find_override(sweep, axis->key))
      return reader_complain(in, axis->line, "grid: key '%s' stands in 'set', too", axis->key);
    for (size_t v = 0; v < axis->values.count; v++)
      for (size_t w = 0; w < v; w++)
        if (!strcmp(axis->values.items[v], axis->values.items[w]))
          return reader_complain(in, axis->line ? axis->line : 1, "%s: '%.60s' is there twice", axis->key,
                                 axis->values.items[v]);
  }
  return DESPUR_OK;
}

static despur_status read_document(despur_sweep *sweep, text_list *seeds, raw_terms *terms, yaml_reader *in) {
  despur_status status = DESPUR_OK;
  TRY(add_axis(sweep, "recipe", reader_line(in), in->error));
  TRY(read_sections(sweep, seeds, terms, in));
  TRY(reader_finish(in));
  if (sweep->axes[0].values.count == 0)
    return reader_complain(in, 1, "recipes: expected at least one recipe, found none");
  TRY(add_seeds(sweep, seeds, in->error));
  TRY(check_axes(sweep, in));
  for (size_t i = 0; i < sweep->axis_count; i++) TRY(sweep_label_axis(&sweep->axes[i], in->error));
  TRY(mem_alloc(&sweep->exclusions, sweep->exclusion_count, sizeof *sweep->exclusions, in->error));
  for (size_t i = 0; i < terms->count; i++) TRY(understand(sweep, &terms->items[i], in));
cleanup:
  return status;
}

despur_status sweep_read(despur_sweep *sweep, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *yaml = NULL;
  size_t bytes;
  yaml_reader in;
  text_list seeds = {0};
  raw_terms terms = {0};
  status = file_read(&yaml, &bytes, sweep->file, FILE_LIMIT_BYTES, error);
  if (status != DESPUR_OK) return status;
  TRY(reader_open(&in, yaml, bytes, sweep->file, true, error));
  TRY(read_document(sweep, &seeds, &terms, &in));
cleanup:
  reader_close(&in);
  text_list_release(&seeds);
  for (size_t i = 0; i < terms.count; i++) text_list_release(&terms.items[i].values);
  mem_free(terms.items);
  mem_free(yaml);
  return status;
}
