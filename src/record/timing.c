#include "record/timing.h"

#include "base/json_read.h"
#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char MADE_IN[] = "made_in";

static size_t find(const record_timing *timing, const char *part) {
  size_t i = 0;
  while (i < timing->count && strcmp(timing->parts[i].name, part) != 0) i++;
  return i;
}

void timing_set(record_timing *timing, const char *part, double seconds) {
  size_t i = find(timing, part);
  assert(i < TIMING_PARTS && strlen(part) < sizeof timing->parts[i].name);
  snprintf(timing->parts[i].name, sizeof timing->parts[i].name, "%s", part);
  timing->parts[i].seconds = seconds;
  if (i == timing->count) timing->count++;
}

double timing_of(const record_timing *timing, const char *part) {
  size_t i = find(timing, part);
  return i < timing->count ? timing->parts[i].seconds : (double)NAN;
}

despur_status timing_print(char **out, const record_timing *timing, json_style style, despur_error *error) {
  json_writer j = {.style = style, .digits = style == JSON_PRETTY ? 6 : 0};
  json_open(&j, NULL, '{');
  if (*timing->made_in) json_write_text(&j, MADE_IN, timing->made_in);
  for (size_t i = 0; i < timing->count; i++)
    json_write_real(&j, timing->parts[i].name, timing->parts[i].seconds);
  if (timing->ended) {
    json_write_count(&j, "threads", timing->threads);
    json_write_text(&j, "kernels", timing->kernels);
    json_write_count(&j, "peak_resident_mb", timing->peak_resident_mb);
  }
  json_close(&j);
  return json_finish(out, &j, error);
}

despur_status timing_parse(record_timing *out, const char *content, size_t bytes, const char *path,
                           despur_error *error) {
  json_value *object;
  *out = (record_timing){0};
  despur_status status = json_read_object(&object, content, bytes, path, 0, error);
  if (status != DESPUR_OK) return status;
  const char *made_in = json_member_text(object, MADE_IN, "");
  if (strlen(made_in) < TIMING_PATH) memcpy(out->made_in, made_in, strlen(made_in) + 1);
  for (size_t i = 0; i < json_members(object); i++) {
    const json_value *value = object->items[i];
    const char *name = value->name;
    if (!json_is(value, JSON_KIND_REAL) || out->count == TIMING_PARTS ||
        strlen(name) >= sizeof out->parts->name)
      continue;
    timing_set(out, name, value->number);
  }
  mem_free(object);
  return DESPUR_OK;
}
