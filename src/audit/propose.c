/* Every finder proposes, from what it may see. */
#include "audit/audit.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/watch.h"

#include <stdio.h>
#include <string.h>

#define ADDRESS(name) &finder_##name,
static const finder *const ALL[] = {FINDERS(ADDRESS)};

/* Whether a list of names with commas between has one. */
static bool is_named(const char *list, const char *name) {
  for (size_t length; *list; list += length + (list[length] == ',')) {
    length = strcspn(list, ",");
    if (length == strlen(name) && strncmp(list, name, length) == 0) return true;
  }
  return false;
}

bool audit_asks(const finder *f, const char *list) {
  if (!list) return !f->on_demand;
  return strcmp(list, "all") == 0 || is_named(list, f->name);
}

despur_status audit_check_finders(const char *list, despur_error *error) {
  despur_status status = DESPUR_OK;
  text known = {0};
  char name[64];
  if (!list || strcmp(list, "all") == 0) return DESPUR_OK;
  for (size_t f = 0; f < sizeof ALL / sizeof *ALL; f++)
    TRY(text_add(&known, error, "%s%s", f ? "," : "", ALL[f]->name));
  for (const char *at = list;; at++) {
    size_t length = strcspn(at, ",");
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), at);
    if (!is_named(known.data, name))
      FAIL(error, DESPUR_BAD_USAGE, "finders: expected some of %s, or all, found '%s'", known.data, name);
    at += length;
    if (!*at) break;
  }
cleanup:
  mem_free(known.data);
  return status;
}

/* Whether there is what a finder looks at. */
static bool can_look(const finder *f, const audit_data *d) {
  return (!f->from_features || d->q) && (!f->from_columns || d->examples->by_count > 0) &&
         (!f->from_maps || d->maps);
}

/* Those that are asked by name, or else "nothing found" would be said of nothing looked at. */
static despur_status check_asked(const audit_data *d, const char *list, despur_error *error) {
  if (!list) return DESPUR_OK;
  for (size_t f = 0; f < sizeof ALL / sizeof *ALL; f++)
    if (audit_asks(ALL[f], list) && can_look(ALL[f], d)) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT,
                   "finders: there are no features, columns or maps that %s could look at", list);
}

static despur_status propose_all(proposals *out, const audit_data *d, const despur_audit_options *o,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *labels = NULL, *predictions = NULL;
  double *weights = NULL;
  TRY(mem_alloc(&labels, d->n, sizeof *labels, error));
  TRY(mem_alloc(&predictions, d->n, sizeof *predictions, error));
  TRY(mem_alloc(&weights, d->n, sizeof *weights, error));
  for (size_t i = 0; i < d->discovery_count; i++) {
    size_t e = d->discovery[i];
    labels[e] = d->labels[e];
    predictions[e] = d->predictions[e];
    weights[e] = audit_weight(d, e);
  }
  const finder_view view = {.n = d->n,
                            .columns = d->columns,
                            .components = d->components,
                            .classes = d->classes,
                            .class_names = d->examples->class_names,
                            .x = d->x,
                            .q = d->q,
                            .discovery_count = d->discovery_count,
                            .discovery = d->discovery,
                            .weights = weights,
                            .labels = labels,
                            .predictions = predictions,
                            .by_count = d->examples->by_count,
                            .by = d->examples->by,
                            .maps = d->maps,
                            .seed = o->seed,
                            .threads = o->threads,
                            .watch = watch_quiet(&o->watch)};
  out->error = error;
  const size_t all = sizeof ALL / sizeof *ALL;
  for (size_t f = 0; f < all; f++) {
    watch_tell(&o->watch, ALL[f]->name, f, all);
    TRY(watch_ask(&o->watch, error));
    if (audit_asks(ALL[f], o->finders) && can_look(ALL[f], d)) TRY(ALL[f]->propose(out, &view, error));
  }
  watch_tell(&o->watch, "done", all, all);
cleanup:
  mem_free(labels);
  mem_free(predictions);
  mem_free(weights);
  return status;
}

despur_status audit_propose(despur_audit *a, const audit_data *data, const despur_audit_options *options,
                            despur_error *error) {
  despur_status status = DESPUR_OK;
  proposals found = {0};
  if (data->discovery_count >= AUDIT_HALF) {
    TRY(check_asked(data, options->finders, error));
    TRY(propose_all(&found, data, options, error));
  }
  a->notes_count = found.notes.count;
  TRY(text_copy_all(&a->notes, (const char *const *)found.notes.items, found.notes.count, error));
  a->candidates = found.items;
  a->candidates_count = found.count;
  found.items = NULL;
  found.count = 0;
cleanup:
  proposals_release(&found);
  return status;
}
