/* Which runs are compared, and under which names. */
#include "base/memory.h"
#include "config/source.h"
#include "report/compare.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool same(const char *a, const char *b) {
  return strcmp(a, b) == 0;
}

static despur_status load_run(compare_run *out, despur_error *error) {
  despur_error why;
  int hold;
  despur_status status = report_hold(&hold, out->directory, &why);
  if (status == DESPUR_OK) status = report_load(&out->run, out->directory, NULL, &why);
  if (hold >= 0) close(hold);
  if (status == DESPUR_NO_RESOURCES) return error_set(error, status, "%s", why.message);
  const char *outcome = status == DESPUR_OK ? out->run.manifest.outcome : "";
  if (status != DESPUR_OK)
    snprintf(out->left_out, sizeof out->left_out, "%.600s", why.message);
  else if (!*outcome)
    snprintf(out->left_out, sizeof out->left_out, "not finished: there is no manifest.json");
  else if (!same(outcome, "complete"))
    snprintf(out->left_out, sizeof out->left_out, "%.40s: %.560s", outcome, out->run.manifest.message);
  else if (!report_last_stage(&out->run))
    snprintf(out->left_out, sizeof out->left_out, "nothing was measured");
  return DESPUR_OK;
}

/* Twice the same configuration is one run. */
static void leave_out_copies(comparison *c) {
  for (size_t i = 0; i < c->directories.count; i++)
    for (size_t j = 0; j < i && !*c->runs[i].left_out; j++)
      if (!*c->runs[j].left_out && same(c->runs[i].run.config, c->runs[j].run.config))
        snprintf(c->runs[i].left_out, sizeof c->runs[i].left_out, "the same run as %.560s",
                 c->runs[j].directory);
}

/* ---- data sets ---- */

/* Of "MNIST: 60,000 + 10,000 images from ...", as runs of before have it in one piece. */
static int length_without_place(const char *data) {
  static const char *const ENDS[] = {" from ", " drawn with "};
  size_t length = strlen(data);
  for (size_t i = 0; i < 2; i++) {
    const char *end = strstr(data, ENDS[i]);
    if (end && (size_t)(end - data) < length) length = (size_t)(end - data);
  }
  return (int)length;
}

static void describe_data(char out[COMPARE_NAME], const report_run *run) {
  const record_manifest *manifest = &run->manifest;
  const char *noise = report_setting(run, "data.label_noise"),
             *core = report_setting(run, "data.core_feature_noise");
  const char *strength = report_setting(run, "data.strength");
  const data_source *source = source_named(report_setting(run, "data.source"));
  bool spuco = source && source_uses(source, "data.difficulty");
  snprintf(out, COMPARE_NAME, "%s%s%s%s%s%s%s%s%.*s", spuco ? report_setting(run, "data.difficulty") : "",
           spuco && *strength ? ", strength " : "", spuco ? strength : "",
           spuco && !same(noise, "0") ? ", label noise " : "", spuco && !same(noise, "0") ? noise : "",
           spuco && !same(core, "0") ? ", core-feature noise " : "", spuco && !same(core, "0") ? core : "",
           spuco ? "; " : "", *manifest->what ? INT_MAX : length_without_place(manifest->data),
           *manifest->what ? manifest->what : manifest->data);
}

/* ---- methods ---- */

/* Keys that repeat a run, or only name it. */
static bool repeats_only(const char *key) {
  return same(key, "name") || same(key, "label") || same(key, "seed") || strncmp(key, "seeds.", 6) == 0 ||
         strncmp(key, "log.", 4) == 0 || strncmp(key, "data.", 5) == 0;
}

static const char *label_of(const compare_run *r) {
  return report_last_stage(&r->run)->label;
}

/* Whether runs of one label and data set differ in a key. */
static bool varies(const comparison *c, const compare_run *r, const char *key) {
  for (size_t i = 0; i < c->directories.count; i++) {
    const compare_run *other = &c->runs[i];
    if (*other->left_out || other->data != r->data || !same(label_of(other), label_of(r))) continue;
    if (!same(report_setting(&other->run, key), report_setting(&r->run, key))) return true;
  }
  return false;
}

/* The label, with the settings that set runs of one label apart. */
static void name_method(char out[COMPARE_NAME], const comparison *c, const compare_run *r) {
  size_t used = (size_t)snprintf(out, COMPARE_NAME, "%s", label_of(r));
  for (size_t i = 0; i < r->run.keys.count && used + 1 < COMPARE_NAME; i++) {
    const text_pair *key = &r->run.keys.items[i];
    if (repeats_only(key->name) || !varies(c, r, key->name)) continue;
    const char *dot = strrchr(key->name, '.');
    int added = snprintf(out + used, COMPARE_NAME - used, ", %s %s", dot ? dot + 1 : key->name, key->value);
    if (added > 0) used += (size_t)added;
  }
}

/* The index of a name in a list, where it is added when it is new. */
static size_t name_index(char (*names)[COMPARE_NAME], size_t *count, const char name[COMPARE_NAME]) {
  size_t i = 0;
  while (i < *count && !same(names[i], name)) i++;
  if (i == *count) memcpy(names[(*count)++], name, COMPARE_NAME);
  return i;
}

despur_status compare_load(comparison *out, const char *const *directories, size_t count,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  char name[COMPARE_NAME];
  size_t counting = 0;
  *out = (comparison){0};
  for (size_t i = 0; i < count; i++) TRY(report_find_runs(&out->directories, directories[i], error));
  size_t runs = out->directories.count;
  TRY(mem_alloc(&out->runs, runs, sizeof *out->runs, error));
  TRY(mem_alloc(&out->values, runs, sizeof *out->values, error));
  TRY(mem_alloc(&out->methods, runs, sizeof *out->methods, error));
  TRY(mem_alloc(&out->data, runs, sizeof *out->data, error));
  for (size_t i = 0; i < runs; i++) {
    out->runs[i].directory = out->directories.items[i];
    TRY(load_run(&out->runs[i], error));
  }
  leave_out_copies(out);
  for (size_t i = 0; i < runs; i++) {
    if (*out->runs[i].left_out) continue;
    describe_data(name, &out->runs[i].run);
    out->runs[i].data = name_index(out->data, &out->data_count, name);
    counting++;
  }
  for (size_t i = 0; i < runs; i++) {
    if (*out->runs[i].left_out) continue;
    name_method(name, out, &out->runs[i]);
    out->runs[i].method = name_index(out->methods, &out->method_count, name);
  }
  if (counting == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected a run to compare; the first was left out: %s", directories[0],
         out->runs[0].left_out);
cleanup:
  return status;
}

void compare_release(comparison *c) {
  for (size_t i = 0; c->runs && i < c->directories.count; i++) report_run_release(&c->runs[i].run);
  mem_free(c->runs);
  mem_free(c->values);
  mem_free(c->methods);
  mem_free(c->data);
  text_list_release(&c->directories);
  *c = (comparison){0};
}
