#include "record/manifest.h"

#include "base/json_read.h"
#include "base/memory.h"

#include <stdint.h>
#include <string.h>

/* Members that are texts, in the order of the file; the seed stands before those of the data. */
static const struct {
  const char *name;
  size_t offset;
} TEXTS[] = {{"despur", offsetof(record_manifest, version)},
             {"outcome", offsetof(record_manifest, outcome)},
             {"message", offsetof(record_manifest, message)},
             {"data", offsetof(record_manifest, data)},
             {"data_without_place", offsetof(record_manifest, what)}};

enum { TEXT_COUNT = sizeof TEXTS / sizeof *TEXTS, DATA_AT = 3 };

static const char SEED[] = "seed", INPUTS[] = "inputs", OUTPUTS[] = "outputs";

static char **place_of(const record_manifest *manifest, size_t i) {
  return (char **)(void *)((char *)(uintptr_t)manifest + TEXTS[i].offset);
}

static void write_hashes(json_writer *j, const char *name, const text_pairs *hashes) {
  json_open(j, name, '{');
  for (size_t i = 0; i < hashes->count; i++)
    json_write_text(j, hashes->items[i].name, hashes->items[i].value);
  json_close(j);
}

void manifest_write(json_writer *j, const record_manifest *manifest) {
  json_open(j, NULL, '{');
  for (size_t i = 0; i < TEXT_COUNT; i++) {
    const char *value = *place_of(manifest, i);
    if (i == DATA_AT && manifest->seeded) json_write_integer(j, SEED, manifest->seed);
    if (value && *value) json_write_text(j, TEXTS[i].name, value);
  }
  if (manifest->hashed) {
    write_hashes(j, INPUTS, &manifest->inputs);
    write_hashes(j, OUTPUTS, &manifest->outputs);
  }
  json_close(j);
}

despur_status manifest_print(char **out, const record_manifest *manifest, despur_error *error) {
  json_writer j = {.style = JSON_PRETTY};
  manifest_write(&j, manifest);
  return json_finish(out, &j, error);
}

/* What is no text is no hash of anything. */
static despur_status read_hashes(text_pairs *out, const json_value *object, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < json_members(object); i++) {
    const char *hash = json_text(object->items[i]);
    TRY(text_pairs_add(out, object->items[i]->name, hash ? hash : "", error));
  }
cleanup:
  return status;
}

despur_status hashes_print(char **out, const text_pairs *hashes, despur_error *error) {
  json_writer j = {0};
  write_hashes(&j, NULL, hashes);
  return json_finish(out, &j, error);
}

despur_status hashes_parse(text_pairs *out, const char *content, const char *path, despur_error *error) {
  json_value *object;
  *out = (text_pairs){0};
  despur_status status = json_read_object(&object, content, strlen(content), path, 0, error);
  if (status == DESPUR_OK) status = read_hashes(out, object, error);
  mem_free(object);
  return status;
}

despur_status manifest_from(record_manifest *out, const json_value *object, despur_error *error) {
  despur_status status = DESPUR_OK;
  const json_value *seed = json_find(object, SEED);
  *out = (record_manifest){.seeded = json_is(seed, JSON_KIND_WHOLE)};
  if (out->seeded) out->seed = seed->whole;
  out->hashed = json_is(json_find(object, OUTPUTS), JSON_KIND_OBJECT);
  for (size_t i = 0; i < TEXT_COUNT; i++)
    TRY(mem_copy_text(place_of(out, i), json_member_text(object, TEXTS[i].name, ""), error));
  TRY(read_hashes(&out->inputs, json_find(object, INPUTS), error));
  TRY(read_hashes(&out->outputs, json_find(object, OUTPUTS), error));
cleanup:
  return status;
}

despur_status manifest_parse(record_manifest *out, const char *content, size_t bytes, const char *path,
                             despur_error *error) {
  json_value *object;
  *out = (record_manifest){0};
  despur_status status = json_read_object(&object, content, bytes, path, 0, error);
  if (status == DESPUR_OK) status = manifest_from(out, object, error);
  mem_free(object);
  return status;
}

void manifest_release(record_manifest *manifest) {
  for (size_t i = 0; i < TEXT_COUNT; i++) mem_free(*place_of(manifest, i));
  text_pairs_release(&manifest->inputs);
  text_pairs_release(&manifest->outputs);
  *manifest = (record_manifest){0};
}
