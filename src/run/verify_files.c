#include "run/verify_files.h"

#include "base/format.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/safetensors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void verify_differ(despur_verify_result *result, const char *format, ...) {
  va_list args;
  va_start(args, format);
  format_args(result->difference, sizeof result->difference, format, args);
  va_end(args);
}

/* ---- hashes ---- */

despur_status verify_output_path(char path[1024], const char *directory, const char *name,
                                 despur_error *error) {
  if (*name == 0 || *name == '.' || strchr(name, '/'))
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s/manifest.json: outputs: expected names of files, found '%s'", directory, name);
  int length = snprintf(path, 1024, "%s/%s", directory, name);
  if (length < 0 || length >= 1024)
    return error_set(error, DESPUR_BAD_USAGE, "%s: the path is too long", directory);
  return DESPUR_OK;
}

despur_status verify_outputs(despur_verify_result *result, const char *directory, const text_pairs *kept,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < kept->count; i++) {
    char path[1024], found[SHA256_HEX];
    const char *name = kept->items[i].name;
    TRY(verify_output_path(path, directory, name, error));
    if (!file_exists(path)) {
      verify_differ(result, "%s is missing", path);
      break;
    }
    TRY(file_sha256(path, found, error));
    if (strcmp(found, kept->items[i].value) != 0) {
      verify_differ(result, "%s has changed since it was written", path);
      break;
    }
    result->outputs++;
  }
cleanup:
  return status;
}

/* ---- the first difference of two files ---- */

static bool same_shape(const tensor *a, const tensor *b) {
  return a->rank == b->rank && memcmp(a->shape, b->shape, a->rank * sizeof *a->shape) == 0;
}

static bool describe_tensors(despur_verify_result *result, const tensor_file *a, const tensor_file *b,
                             const char *path) {
  for (size_t t = 0; t < a->count; t++) {
    const tensor *x = &a->tensors[t], *y = safetensors_find(b, x->name);
    if (!y || !same_shape(x, y)) {
      verify_differ(result, "%s, tensor '%s': %s now", path, x->name, y ? "of another shape" : "not there");
      return true;
    }
    for (size_t i = 0; i < x->count; i++) {
      /* -0 is another number than 0 here, and a NaN the same as itself.
       * NOLINTNEXTLINE(*memory-comparison,cert-*) */
      if (memcmp(&x->data[i], &y->data[i], sizeof *x->data) == 0) continue;
      verify_differ(result, "%s, tensor '%s', number %zu: %.9g, now %.9g", path, x->name, i,
                    (double)x->data[i], (double)y->data[i]);
      return true;
    }
  }
  return false;
}

/* Weights and groupings: which number of which tensor. False when that does not tell. */
static bool compare_tensors(despur_verify_result *result, const char *before, const char *now) {
  tensor_file a = {0}, b = {0};
  bool told = safetensors_open(&a, before, NULL) == DESPUR_OK &&
              safetensors_open(&b, now, NULL) == DESPUR_OK && describe_tensors(result, &a, &b, before);
  safetensors_close(&a);
  safetensors_close(&b);
  return told;
}

/* All other files: the line, and the byte in it. */
static despur_status compare_bytes(despur_verify_result *result, const char *before, const char *now,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  char *a = NULL, *b = NULL;
  size_t a_bytes, b_bytes, line = 1, start = 0, i = 0;
  TRY(file_read(&a, &a_bytes, before, SIZE_MAX - 1, error));
  TRY(file_read(&b, &b_bytes, now, SIZE_MAX - 1, error));
  for (; i < a_bytes && i < b_bytes && a[i] == b[i]; i++) {
    if (a[i] != '\n') continue;
    line++;
    start = i + 1;
  }
  if (i < a_bytes || i < b_bytes)
    verify_differ(result, "%s, line %zu, byte %zu (byte %zu of the file)%s", before, line, i - start + 1,
                  i + 1,
                  i == a_bytes   ? ": it ends there, and goes on now"
                  : i == b_bytes ? ": it goes on there, and ends now"
                                 : "");
cleanup:
  mem_free(a);
  mem_free(b);
  return status;
}

despur_status verify_compare(despur_verify_result *result, const char *before, const char *now,
                             despur_error *error) {
  static const char TENSORS[] = ".safetensors";
  size_t length = strlen(before), ending = sizeof TENSORS - 1;
  if (!file_exists(now)) {
    verify_differ(result, "%s: the run does not make it now", before);
    return DESPUR_OK;
  }
  if (length > ending && strcmp(before + length - ending, TENSORS) == 0 &&
      compare_tensors(result, before, now))
    return DESPUR_OK;
  return compare_bytes(result, before, now, error);
}

/* ---- */

despur_status verify_make_room(char room[512], despur_error *error) {
  const char *base = getenv("TMPDIR");
  int length = snprintf(room, 512, "%s/despur-verify-XXXXXX", base && *base ? base : "/tmp");
  if (length < 0 || length >= 512) return error_set(error, DESPUR_BAD_USAGE, "TMPDIR: the path is too long");
  if (!mkdtemp(room))
    return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot create directory: %s", room,
                     format_errno(errno));
  return DESPUR_OK;
}

despur_status verify_outcome(const char *directory, const record_manifest *said, despur_error *error) {
  if (strcmp(said->outcome, "complete") == 0) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s: only complete runs can be verified; this one is %s",
                   directory, *said->outcome ? said->outcome : "without an outcome");
}

void verify_blame_version(despur_verify_result *result, const record_manifest *said) {
  const char *version = said->version;
  size_t used = strlen(result->difference);
  if (used == 0 || !*version || strcmp(version, despur_version()) == 0) return;
  snprintf(result->difference + used, sizeof result->difference - used,
           " (the run was made by despur %.32s, this is %s)", version, despur_version());
}
