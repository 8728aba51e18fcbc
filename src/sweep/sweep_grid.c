/* From axes to runs: the combinations, and the name and configuration of each. */
#include "base/memory.h"
#include "base/sha256.h"
#include "config/schema.h"
#include "sweep/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The index of the value of an axis in a combination, which is a number whose digits they are: seeds count as
 * the highest, then recipes, then the keys in their order. */
static size_t pick(const despur_sweep *sweep, size_t combined, size_t axis) {
  size_t below = 1;
  for (size_t i = sweep->axis_count - 1; i > axis; i--)
    if (!(sweep->has_seeds && i == sweep->axis_count - 1)) below *= sweep->axes[i].values.count;
  if (sweep->has_seeds && axis == sweep->axis_count - 1)
    for (size_t i = 0; i + 1 < sweep->axis_count; i++) below *= sweep->axes[i].values.count;
  return combined / below % sweep->axes[axis].values.count;
}

static bool is_excluded(const despur_sweep *sweep, size_t combined) {
  for (size_t e = 0; e < sweep->exclusion_count; e++) {
    const sweep_exclusion *exclusion = &sweep->exclusions[e];
    bool all = true;
    for (size_t t = 0; t < exclusion->count && all; t++)
      all = exclusion->terms[t].values[pick(sweep, combined, exclusion->terms[t].axis)];
    if (all) return true;
  }
  return false;
}

static despur_status combine(despur_sweep *sweep, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t all = 1;
  for (size_t i = 0; i < sweep->axis_count; i++)
    all *= sweep->axes[i].values.count; /* at most SWEEP_MOST_RUNS: the file was read so */
  TRY(mem_alloc(&sweep->combined, all, sizeof *sweep->combined, error));
  for (size_t combined = 0; combined < all; combined++)
    if (!is_excluded(sweep, combined)) sweep->combined[sweep->count++] = combined;
  if (sweep->count == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: exclude leaves none of %zu combinations", sweep->file, all);
cleanup:
  return status;
}

static size_t value_of(const despur_sweep *sweep, size_t run, size_t axis) {
  return pick(sweep, sweep->combined[run], axis);
}

/* ---- names ---- */

static const char *last_part(const char *key) {
  const char *dot = strrchr(key, '.');
  return dot ? dot + 1 : key;
}

/* A key by its last part where no other key of the grid ends alike. */
static const char *short_key(const despur_sweep *sweep, size_t axis) {
  const char *key = sweep->axes[axis].key;
  for (size_t i = 0; i < sweep->axis_count; i++)
    if (i != axis && !strcmp(last_part(sweep->axes[i].key), last_part(key))) return key;
  return last_part(key);
}

static despur_status name_run(despur_sweep *sweep, size_t run, despur_error *error) {
  char *name = sweep->names[run];
  size_t used =
      (size_t)snprintf(name, SWEEP_NAME, "%s", sweep->axes[0].labels.items[value_of(sweep, run, 0)]);
  for (size_t i = 1; i < sweep->axis_count && used < SWEEP_NAME; i++)
    used += (size_t)snprintf(name + used, SWEEP_NAME - used, ",%s-%s", short_key(sweep, i),
                             sweep->axes[i].labels.items[value_of(sweep, run, i)]);
  if (used > 200) /* file systems end at 255, and a lock's name is longer */
    return error_set(
        error, DESPUR_BAD_INPUT,
        "%s: the name of a run would be longer than 200 bytes: '%.60s...'; sweep fewer keys at once",
        sweep->file, name);
  return DESPUR_OK;
}

despur_status sweep_path(char path[1024], const despur_sweep *sweep, size_t run, const char *file,
                         despur_error *error) {
  int length = snprintf(path, 1024, "%s/%s%s%s", sweep->directory, sweep->names[run], *file ? "/" : "", file);
  if (length < 0 || length >= 1024)
    return error_set(error, DESPUR_BAD_USAGE, "%.200s...: the path is too long", sweep->directory);
  return DESPUR_OK;
}

/* ---- configurations ---- */

static despur_status override(despur_config *config, const char *key, const char *value,
                              despur_error *error) {
  text pair = {0};
  despur_status status = text_add(&pair, error, "%s=%s", key, value);
  if (status == DESPUR_OK) status = despur_config_set(config, pair.data, error);
  mem_free(pair.data);
  return status;
}

despur_status sweep_config(despur_config *out, const despur_sweep *sweep, size_t run, char **notes,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  char *own = NULL;
  *out = sweep->recipes[value_of(sweep, run, 0)];
  for (size_t i = 0; i < sweep->overrides.count; i++)
    TRY(despur_config_set(out, sweep->overrides.items[i], error));
  for (size_t i = 1; i < sweep->axis_count; i++)
    TRY(override(out, sweep->axes[i].key, sweep->axes[i].values.items[value_of(sweep, run, i)], error));
  TRY(despur_config_drop_idle(out, notes ? notes : &own, error));
  TRY(despur_config_check(out, error));
cleanup:
  free(own);
  return status;
}

/* Runs of a recipe leave out the same keys for the same reasons, so each line is kept once. */
static despur_status keep_notes(despur_sweep *sweep, const char *notes, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (const char *end; notes && (end = strchr(notes, '\n')); notes = end + 1) {
    uint32_t index;
    size_t before = sweep->notes.count;
    TRY(dictionary_add(&index, &sweep->notes, notes, (size_t)(end - notes), error));
    if (sweep->notes.count > before)
      TRY(mem_grow(&sweep->noted, before, before + 1, sizeof *sweep->noted, error));
    sweep->noted[index]++;
  }
cleanup:
  return status;
}

static despur_status load_recipes(despur_sweep *sweep, despur_error *error) {
  despur_status status = DESPUR_OK;
  const text_list *paths = &sweep->axes[0].values;
  despur_config *config = NULL;
  TRY(mem_alloc(&sweep->recipes, paths->count, sizeof *sweep->recipes, error));
  for (size_t i = 0; i < paths->count; i++) {
    TRY(despur_config_create(&config, error));
    TRY(despur_config_load(config, paths->items[i], error));
    sweep->recipes[i] = *config;
    despur_config_free(config);
    config = NULL;
  }
cleanup:
  despur_config_free(config);
  return status;
}

typedef struct fingerprint {
  char hash[SHA256_HEX];
  size_t run;
} fingerprint;

static int compare_fingerprints(const void *a, const void *b) {
  const fingerprint *left = a, *right = b;
  return strcmp(left->hash, right->hash);
}

static despur_status take_fingerprint(fingerprint *out, const despur_config *config, size_t run,
                                      despur_error *error) {
  char *yaml = NULL;
  sha256 hash;
  despur_status status = despur_config_format(config, &yaml, error);
  if (status != DESPUR_OK) return status;
  sha256_init(&hash);
  sha256_add(&hash, yaml, strlen(yaml));
  sha256_finish(&hash, out->hash);
  out->run = run;
  free(yaml);
  return status;
}

/* The same run twice would count as two: 0.1 and 1e-1, say. */
static despur_status check_distinct(const despur_sweep *sweep, fingerprint *prints, despur_error *error) {
  qsort(prints, sweep->count, sizeof *prints, compare_fingerprints);
  for (size_t i = 1; i < sweep->count; i++)
    if (!strcmp(prints[i - 1].hash, prints[i].hash))
      return error_set(error, DESPUR_BAD_INPUT, "%s: %s and %s are the same run", sweep->file,
                       sweep->names[prints[i - 1].run], sweep->names[prints[i].run]);
  return DESPUR_OK;
}

/* Names every run and checks its configuration. */
static despur_status check_runs(despur_sweep *sweep, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_config *config = NULL;
  fingerprint *prints = NULL;
  char *notes = NULL;
  TRY(mem_alloc(&prints, sweep->count, sizeof *prints, error));
  TRY(mem_alloc(&sweep->names, sweep->count, sizeof *sweep->names, error));
  TRY(mem_alloc(&config, 1, sizeof *config, error));
  for (size_t run = 0; run < sweep->count; run++) {
    TRY(name_run(sweep, run, error));
    free(notes);
    notes = NULL;
    status = sweep_config(config, sweep, run, &notes, error);
    if (status != DESPUR_OK) {
      if (status == DESPUR_BAD_USAGE) status = DESPUR_BAD_INPUT; /* overrides stand in a file here */
      if (error) error->status = status;
      error_prefix(error, "%s: %s: ", sweep->file, sweep->names[run]);
      goto cleanup;
    }
    TRY(keep_notes(sweep, notes, error));
    TRY(take_fingerprint(&prints[run], config, run, error));
  }
  TRY(check_distinct(sweep, prints, error));
cleanup:
  free(notes);
  mem_free(prints);
  mem_free(config);
  return status;
}

/* ---- public ---- */

/* The file's name without directories and extension. */
static despur_status name_after_file(despur_sweep *sweep, despur_error *error) {
  char label[SWEEP_LABEL];
  sweep_path_label(label, sweep->file, 1);
  return mem_copy_text(&sweep->name, label, error);
}

static despur_status choose_directory(despur_sweep *sweep, const char *directory, despur_error *error) {
  text path = {0};
  despur_status status =
      directory ? text_add(&path, error, "%s", directory) : text_add(&path, error, "runs/%s", sweep->name);
  sweep->directory = path.data;
  return status;
}

despur_status despur_sweep_create(despur_sweep **out, const char *path, const char *directory,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_sweep *sweep = NULL;
  *out = NULL;
  TRY(mem_alloc(&sweep, 1, sizeof *sweep, error));
  TRY(mem_copy_text(&sweep->file, path, error));
  TRY(name_after_file(sweep, error));
  TRY(sweep_read(sweep, error));
  TRY(choose_directory(sweep, directory, error));
  TRY(combine(sweep, error));
  TRY(load_recipes(sweep, error));
  TRY(check_runs(sweep, error));
  *out = sweep;
cleanup:
  if (status != DESPUR_OK) despur_sweep_free(sweep);
  return status;
}

void despur_sweep_free(despur_sweep *sweep) {
  if (!sweep) return;
  for (size_t i = 0; i < sweep->axis_count; i++) {
    mem_free(sweep->axes[i].key);
    text_list_release(&sweep->axes[i].values);
    text_list_release(&sweep->axes[i].labels);
  }
  for (size_t i = 0; sweep->exclusions && i < sweep->exclusion_count; i++) {
    for (size_t t = 0; t < sweep->exclusions[i].count; t++) mem_free(sweep->exclusions[i].terms[t].values);
    mem_free(sweep->exclusions[i].terms);
  }
  mem_free(sweep->axes);
  mem_free(sweep->exclusions);
  text_list_release(&sweep->overrides);
  mem_free(sweep->recipes);
  mem_free(sweep->combined);
  mem_free(sweep->names);
  mem_free(sweep->noted);
  dictionary_release(&sweep->notes);
  mem_free(sweep->file);
  mem_free(sweep->name);
  mem_free(sweep->directory);
  mem_free(sweep);
}

size_t despur_sweep_count(const despur_sweep *sweep) {
  return sweep->count;
}

const char *despur_sweep_directory(const despur_sweep *sweep) {
  return sweep->directory;
}

const char *despur_sweep_run_name(const despur_sweep *sweep, size_t run) {
  return run < sweep->count ? sweep->names[run] : NULL;
}

despur_status despur_sweep_notes(char **out, const despur_sweep *sweep, despur_error *error) {
  despur_status status = DESPUR_OK;
  text lines = {0};
  *out = NULL;
  for (uint32_t i = 0; i < sweep->notes.count; i++) {
    TRY(text_add(&lines, error, "%s", dictionary_key(&sweep->notes, i)));
    if (sweep->noted[i] < sweep->count)
      TRY(text_add(&lines, error, " (in %zu of %zu runs)", sweep->noted[i], sweep->count));
    TRY(text_add(&lines, error, "\n"));
  }
  *out = lines.data;
  lines.data = NULL;
cleanup:
  mem_free(lines.data);
  return status;
}

despur_status sweep_check_run(const despur_sweep *sweep, size_t run, despur_error *error) {
  if (run < sweep->count) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_USAGE, "%s: expected one of %zu runs, found number %zu", sweep->file,
                   sweep->count, run);
}

despur_status despur_sweep_run_config(despur_config **out, const despur_sweep *sweep, size_t run,
                                      despur_error *error) {
  *out = NULL;
  despur_status status = sweep_check_run(sweep, run, error);
  if (status == DESPUR_OK) status = mem_alloc(out, 1, sizeof **out, error);
  if (status == DESPUR_OK) status = sweep_config(*out, sweep, run, NULL, error);
  if (status != DESPUR_OK) {
    despur_config_free(*out);
    *out = NULL;
  }
  return status;
}

/* A word as a shell takes it. */
static despur_status add_word(text *out, const char *word, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool plain = *word != 0;
  for (const char *at = word; *at; at++) plain = plain && (sweep_is_plain(*at) || strchr("/=,:@%", *at));
  if (plain) return text_add(out, error, " %s", word);
  TRY(text_add(out, error, " '"));
  for (; *word; word++)
    if (*word == '\'')
      TRY(text_add(out, error, "'\\''"));
    else
      TRY(text_add(out, error, "%c", *word));
  TRY(text_add(out, error, "'"));
cleanup:
  return status;
}

despur_status despur_sweep_run_command(char **out, const despur_sweep *sweep, size_t run,
                                       despur_error *error) {
  despur_status status = DESPUR_OK;
  text command = {0}, pair = {0};
  *out = NULL;
  TRY(sweep_check_run(sweep, run, error));
  TRY(text_add(&command, error, "despur run"));
  TRY(add_word(&command, sweep->axes[0].values.items[value_of(sweep, run, 0)], error));
  for (size_t i = 0; i < sweep->overrides.count; i++)
    TRY(add_word(&command, sweep->overrides.items[i], error));
  for (size_t i = 1; i < sweep->axis_count; i++) {
    pair.length = 0;
    TRY(text_add(&pair, error, "%s=%s", sweep->axes[i].key,
                 sweep->axes[i].values.items[value_of(sweep, run, i)]));
    TRY(add_word(&command, pair.data, error));
  }
  *out = command.data;
  command.data = NULL;
cleanup:
  mem_free(command.data);
  mem_free(pair.data);
  return status;
}
