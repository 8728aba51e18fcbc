/* The same as the tables, and more, as JSON. */
#include "columns.h"
#include "emit.h"
#include "rates.h"
#include "report.h"

#include <math.h>

static void write_confusion(emit *j, const size_t *confusion, size_t classes) {
  if (!confusion) return;
  emit_open(j, "confusion", '[');
  for (size_t label = 0; label < classes; label++) {
    emit_open(j, NULL, '[');
    for (size_t c = 0; c < classes; c++) emit_count(j, NULL, confusion[label * classes + c]);
    emit_close(j, ']');
  }
  emit_close(j, ']');
}

static void write_measures(emit *j, const despur_group_measures *m, const despur_measures *all) {
  write_confusion(j, m->confusion, all->classes);
  if (!m->bins) return;
  emit_real(j, "calibration_error", m->calibration_error);
  emit_real(j, "brier", m->brier);
  emit_real(j, "log_loss", m->log_loss);
  emit_real(j, "auroc", m->auroc);
  emit_open(j, "reliability", '[');
  for (size_t b = 0; b < all->bins; b++) {
    const despur_reliability_bin *bin = &m->bins[b];
    if (bin->count == 0) continue;
    emit_open(j, NULL, '{');
    emit_real(j, "from", (double)b / (double)all->bins);
    emit_real(j, "to", (double)(b + 1) / (double)all->bins);
    emit_count(j, "count", bin->count);
    emit_real(j, "confidence", bin->confidence);
    emit_real(j, "accuracy", (double)bin->correct / (double)bin->count);
    emit_close(j, '}');
  }
  emit_close(j, ']');
}

/* Parts for which calibration means something. */
static void write_parts(emit *j, const despur_predicted *p, const despur_measures *m) {
  emit_open(j, "by_attribute", '[');
  for (size_t k = 0; k < m->attributes_count; k++) {
    emit_open(j, NULL, '{');
    emit_text(j, "attribute", m->attribute_names[k]);
    emit_count(j, "count", m->attributes[k].count);
    write_measures(j, &m->attributes[k], m);
    emit_close(j, '}');
  }
  emit_close(j, ']');
  emit_open(j, "by_prediction", '[');
  for (size_t c = 0; c < m->classes; c++) {
    emit_open(j, NULL, '{');
    if (p->class_names)
      emit_text(j, "prediction", p->class_names[c]);
    else
      emit_count(j, "prediction", c);
    emit_count(j, "count", m->predictions[c].count);
    write_measures(j, &m->predictions[c], m);
    emit_close(j, '}');
  }
  emit_close(j, ']');
}

static void write_group(emit *j, const despur_group_score *group, bool train, const despur_measures *measures,
                        size_t g, bool calibration) {
  emit_open(j, NULL, '{');
  emit_text(j, "name", group->name);
  emit_count(j, "count", group->count);
  emit_count(j, "correct", group->correct);
  emit_real(j, "accuracy", group->accuracy);
  emit_real(j, "low", group->low);
  emit_real(j, "high", group->high);
  if (train) emit_count(j, "train_count", group->train_count);
  if (measures && calibration) write_measures(j, &measures->groups[g], measures);
  if (measures && !calibration) write_confusion(j, measures->groups[g].confusion, measures->classes);
  emit_close(j, '}');
}

static void write_worst(emit *j, const despur_scores *scores) {
  bool any = scores->worst_group < scores->groups_count;
  emit_text(j, "worst_group", any ? scores->groups[scores->worst_group].name : NULL);
  emit_real(j, "worst_group_accuracy", scores->worst_group_accuracy);
  emit_real(j, "worst_group_low", scores->worst_group_low);
  emit_real(j, "worst_group_high", scores->worst_group_high);
}

static void write_names(emit *j, const despur_predicted *p) {
  columns_emit(j, p);
  if (!p->class_names) return;
  emit_open(j, "classes", '[');
  for (size_t c = 0; c < p->classes; c++) emit_text(j, NULL, p->class_names[c]);
  emit_close(j, ']');
}

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

/* The groups of each column alone. */
static void write_alone(emit *j, const report_measured *of) {
  emit_open(j, "alone", '[');
  for (size_t i = 0; i < of->predicted->alone_count; i++) {
    const despur_scores *s = &of->alone[i];
    emit_open(j, NULL, '{');
    emit_text(j, "attribute", of->predicted->alone[i].attribute);
    write_worst(j, s);
    emit_open(j, "groups", '[');
    for (size_t g = 0; g < s->groups_count; g++) write_group(j, &s->groups[g], false, NULL, g, false);
    emit_close(j, ']');
    emit_close(j, '}');
  }
  emit_close(j, ']');
}

static void write_scores(emit *j, const report_measured *of) {
  const despur_scores *scores = of->scores;
  const despur_measures *measures = of->measures;
  bool train = !isnan(scores->train_weighted_average);
  bool by_group = of->by_group || (measures && !measures->groups_have_one_label);
  emit_open(j, NULL, '{');
  emit_text(j, "label", of->label);
  if (of->end) report_emit_outcome(j, of->end);
  if (of->predicted) write_names(j, of->predicted);
  report_emit_degenerate(j, "degenerate", &scores->degenerate);
  write_worst(j, scores);
  emit_count(j, "count", scores->count);
  emit_count(j, "correct", scores->correct);
  emit_real(j, "average_accuracy", scores->average_accuracy);
  emit_real(j, "train_weighted_average", scores->train_weighted_average);
  emit_real(j, "balanced_group_accuracy", scores->balanced_group_accuracy);
  emit_real(j, "worst_class_accuracy", scores->worst_class_accuracy);
  emit_real(j, "attribute_accuracy", scores->attribute_accuracy);
  emit_real(j, "attribute_chance", scores->attribute_chance);
  emit_real(j, "loss", scores->loss);
  if (measures) write_measures(j, &measures->all, measures);
  if (measures && measures->all.bins) write_parts(j, of->predicted, measures);
  emit_open(j, "groups", '[');
  for (size_t g = 0; g < scores->groups_count; g++)
    write_group(j, &scores->groups[g], train, measures, g, by_group);
  emit_close(j, ']');
  if (of->alone) write_alone(j, of);
  if (of->rates) rates_emit(j, of->rates, of->predicted);
  write_choice(j, of->choice);
  emit_close(j, '}');
}

void report_print_predicted_json(const report_measured *of) {
  emit j = {0};
  write_scores(&j, of);
}

/* The accuracies of each network, by true or by inferred groups. */
static void write_stages(emit *j, const char *name, const despur_run_result *result, bool inferred) {
  emit_open(j, name, '[');
  for (size_t i = 0; i < result->stage_count; i++) {
    const despur_stage_result *stage = &result->stages[i];
    write_scores(
        j, &(report_measured){.label = stage->label, .scores = inferred ? &stage->inferred : &stage->scores});
  }
  emit_close(j, ']');
}

void report_print_run_json(const despur_run_result *result) {
  const despur_stage_result *last = result->stage_count ? &result->stages[result->stage_count - 1] : NULL;
  emit j = {0};
  emit_open(&j, NULL, '{');
  emit_text(&j, "directory", result->directory);
  if (result->verdict) emit_text(&j, "verdict", result->verdict);
  emit_text(&j, "split", despur_split_name(result->split));
  write_stages(&j, "stages", result, false);
  if (last && last->inferred.groups_count > 0) {
    emit_text(&j, "inferred_split", despur_split_name(result->inferred_split));
    write_stages(&j, "inferred_groups", result, true);
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
}
