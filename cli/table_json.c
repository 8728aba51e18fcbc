/* The same as the tables, and more, as JSON: what the library says of networks and models, and what only runs
 * know. */
#include "emit.h"
#include "report.h"

#include <stdlib.h>

/* How the epoch was chosen on validation, if it was. */
static void write_choice(emit *j, const despur_rule_result *rule) {
  if (!rule || rule->epoch == 0) return;
  emit_open(j, "selection", '{');
  emit_text(j, "rule", rule->name);
  emit_count(j, "epoch", rule->epoch);
  emit_real(j, "val_worst_group_accuracy", rule->val_worst_group_accuracy);
  emit_real(j, "optimism", rule->optimism);
  emit_real(j, "corrected_worst_group_accuracy", rule->val_worst_group_accuracy - rule->optimism);
  emit_close(j, '}');
}

void report_emit_degenerate(emit *j, const char *name, const despur_degenerate *degenerate) {
  char sentence[256];
  if (despur_degenerate_sentence(sentence, degenerate) == 0) {
    emit_text(j, name, NULL);
    return;
  }
  emit_open(j, name, '{');
  emit_text(j, "kind", despur_degenerate_name(degenerate->kind));
  emit_text(j, "sentence", sentence);
  emit_close(j, '}');
}

void report_emit_outcome(emit *j, const despur_run_end *end) {
  emit_text(j, "outcome", *end->outcome ? end->outcome : NULL);
  if (*end->message) emit_text(j, "message", end->message);
}

static despur_status write_measured(emit *j, const report_measured *of, despur_error *error) {
  char *json = NULL;
  despur_measured measured = despur_model_measured(of->model, of->by_group);
  measured.label = of->label;
  despur_status status = despur_measured_json(&json, &measured, error);
  if (status != DESPUR_OK) return status;
  emit_open(j, NULL, '{');
  emit_members(j, json);
  if (of->end) report_emit_outcome(j, of->end);
  write_choice(j, of->choice);
  emit_close(j, '}');
  free(json);
  return DESPUR_OK;
}

despur_status report_print_predicted_json(const report_measured *of, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  emit j = {0};
  if (count == 1) return write_measured(&j, of, error);
  emit_open(&j, NULL, '{');
  emit_open(&j, "models", '[');
  for (size_t i = 0; i < count && status == DESPUR_OK; i++) status = write_measured(&j, &of[i], error);
  emit_close(&j, ']');
  emit_close(&j, '}');
  return status;
}

/* What is said of each stage, by true or by inferred groups: made before anything is printed. */
typedef struct stage_texts {
  char *true_groups[DESPUR_NETWORK_COUNT], *inferred[DESPUR_NETWORK_COUNT];
} stage_texts;

static despur_status make_texts(stage_texts *out, const despur_run_result *result, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (stage_texts){0};
  for (size_t i = 0; i < result->stage_count && status == DESPUR_OK; i++) {
    const despur_stage_result *stage = &result->stages[i];
    const despur_measured by_truth = {.label = stage->label, .scores = &stage->scores};
    const despur_measured by_inferred = {.label = stage->label, .scores = &stage->inferred};
    status = despur_measured_json(&out->true_groups[i], &by_truth, error);
    if (status == DESPUR_OK) status = despur_measured_json(&out->inferred[i], &by_inferred, error);
  }
  return status;
}

static void free_texts(stage_texts *texts) {
  for (size_t i = 0; i < DESPUR_NETWORK_COUNT; i++) {
    free(texts->true_groups[i]);
    free(texts->inferred[i]);
  }
}

static void write_stages(emit *j, const char *name, char *const *texts, size_t count) {
  emit_open(j, name, '[');
  for (size_t i = 0; i < count; i++) {
    emit_open(j, NULL, '{');
    emit_members(j, texts[i]);
    emit_close(j, '}');
  }
  emit_close(j, ']');
}

despur_status report_print_run_json(const despur_run_result *result, despur_error *error) {
  const despur_stage_result *last = result->stage_count ? &result->stages[result->stage_count - 1] : NULL;
  stage_texts texts;
  despur_status status = make_texts(&texts, result, error);
  if (status != DESPUR_OK) {
    free_texts(&texts);
    return status;
  }
  emit j = {0};
  emit_open(&j, NULL, '{');
  emit_text(&j, "directory", result->directory);
  if (result->verdict) emit_text(&j, "verdict", result->verdict);
  emit_text(&j, "split", despur_split_name(result->split));
  write_stages(&j, "stages", texts.true_groups, result->stage_count);
  if (last && last->inferred.groups_count > 0) {
    emit_text(&j, "inferred_split", despur_split_name(result->inferred_split));
    write_stages(&j, "inferred_groups", texts.inferred, result->stage_count);
  }
  if (last && last->rule > 0) write_choice(&j, &last->rules[last->rule]);
  if (result->inferred && result->attributes) {
    emit_open(&j, "agreement", '{');
    emit_real(&j, "adjusted_rand", result->agreement.adjusted_rand);
    emit_real(&j, "minority_precision", result->agreement.minority_precision);
    emit_real(&j, "minority_recall", result->agreement.minority_recall);
    emit_close(&j, '}');
  }
  emit_close(&j, '}');
  free_texts(&texts);
  return DESPUR_OK;
}
