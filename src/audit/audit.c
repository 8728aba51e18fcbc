/* An audit from end to end: prepare, let every finder propose, judge, and give each example its cells. */
#include "audit/audit.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/watch.h"

#include <string.h>

static despur_status keep(despur_audit *a, audit_data *d, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_examples *e = d->examples;
  TRY(text_copy_all(&a->class_names, e->class_names, e->classes, error));
  if (e->ids) TRY(text_copy_all(&a->ids, e->ids, e->count, error));
  if (d->weights) TRY(mem_copy_text(&a->weight, e->weight ? e->weight : "weights", error));
  a->predictions = d->predictions;
  d->predictions = NULL;
  TRY(mem_alloc(&a->class_sizes, e->classes, sizeof *a->class_sizes, error));
  for (size_t i = 0; i < e->count; i++) a->class_sizes[e->labels[i]] += d->used[i];
  TRY(mem_alloc(&a->labels, e->count, sizeof *a->labels, error));
  memcpy(a->labels, e->labels, e->count * sizeof *a->labels);
  TRY(mem_alloc(&a->splits, e->count, sizeof *a->splits, error));
  if (e->splits) memcpy(a->splits, e->splits, e->count * sizeof *a->splits);
  if (e->attribute.codes) {
    TRY(mem_alloc(&a->attributes, e->count, sizeof *a->attributes, error));
    memcpy(a->attributes, e->attribute.codes, e->count * sizeof *a->attributes);
  }
  TRY(mem_alloc(&a->halves, e->count, sizeof *a->halves, error));
  for (size_t i = 0; i < e->count; i++) a->halves[i] = d->used[i] ? 1 : DESPUR_NO_VALUE;
  for (size_t i = 0; i < d->discovery_count; i++) a->halves[d->discovery[i]] = 0;
  if (!d->q || d->components < 2) goto cleanup;
  TRY(mem_alloc(&a->map, e->count, 2 * sizeof *a->map, error));
  for (size_t i = 0; i < d->n; i++) memcpy(a->map + 2 * i, d->q + i * d->components, 2 * sizeof *a->map);
cleanup:
  return status;
}

despur_status despur_audit_run(despur_audit **out, const despur_examples *examples,
                               const despur_audit_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  audit_data data = {0};
  despur_audit *a = NULL;
  *out = NULL;
  if (options->confidence < 0 || options->confidence >= 1 || options->folds == 1 || options->l2 < 0)
    FAIL(error, DESPUR_BAD_USAGE,
         "audit: expected a confidence below 1, at least 2 folds and l2 of at least 0");
  TRY(audit_check_finders(options->finders, error));
  TRY(mem_alloc(&a, 1, sizeof *a, error));
  TRY(audit_prepare(&data, examples, options, error));
  TRY(audit_look(&data, options, error));
  *a = (despur_audit){.examples = examples->count,
                      .classes = examples->classes,
                      .used = data.used_count,
                      .discovery = data.discovery_count,
                      .confirmation = data.confirmation_count,
                      .units = data.units_count,
                      .duplicates = data.duplicates,
                      .constant_columns = data.constant_columns,
                      .confidence = options->confidence > 0 ? options->confidence : 0.95,
                      .own_head = examples->predictions == NULL,
                      .trained_on = options->trained_on};
  TRY(audit_propose(a, &data, options, error));
  TRY(audit_judge(a, &data, error));
  TRY(audit_choose_samples(a, &data, error));
  TRY(audit_keep_looks(a, &data, options, error));
  TRY(audit_choose_labelled(a, &data, options->label_some, options->seed, error));
  TRY(audit_judge_noted(a, &data, options->noted, error));
  if (data.discovery_count >= AUDIT_HALF) TRY(audit_ask_columns(a, &data, options, error));
  TRY(audit_paste(a, &data, options, error));
  TRY(audit_repeat(a, &data, options, error));
  TRY(keep(a, &data, error));
  *out = a;
  a = NULL;
cleanup:
  audit_data_release(&data);
  despur_audit_free(a);
  return status;
}
