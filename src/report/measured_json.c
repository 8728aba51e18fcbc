/* What was measured of a network or a model, as JSON: every number of the tables and more. */
#include "base/json.h"
#include "report/models.h"

#include <math.h>
#include <stdlib.h>

static json_t *real(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *whole(size_t value) {
  return json_integer((json_int_t)value);
}

static void put_confusion(json_t **object, const size_t *confusion, size_t classes) {
  if (!confusion) return;
  json_t *rows = json_array();
  for (size_t label = 0; label < classes; label++) {
    json_t *row = json_array();
    for (size_t c = 0; c < classes; c++) json_push(&row, whole(confusion[label * classes + c]));
    json_push(&rows, row);
  }
  json_put(object, "confusion", rows);
}

static json_t *bin_json(const despur_reliability_bin *bin, size_t index, size_t bins) {
  json_t *object = json_object();
  json_put(&object, "from", real((double)index / (double)bins));
  json_put(&object, "to", real((double)(index + 1) / (double)bins));
  json_put(&object, "count", whole(bin->count));
  json_put(&object, "confidence", real(bin->confidence));
  json_put(&object, "accuracy", real((double)bin->correct / (double)bin->count));
  return object;
}

static void put_measures(json_t **object, const despur_group_measures *m, const despur_measures *all) {
  put_confusion(object, m->confusion, all->classes);
  if (!m->bins) return;
  json_put(object, "calibration_error", real(m->calibration_error));
  json_put(object, "brier", real(m->brier));
  json_put(object, "log_loss", real(m->log_loss));
  json_put(object, "auroc", real(m->auroc));
  json_t *bins = json_array();
  for (size_t b = 0; b < all->bins; b++)
    if (m->bins[b].count > 0) json_push(&bins, bin_json(&m->bins[b], b, all->bins));
  json_put(object, "reliability", bins);
}

/* The class's name, or its number where it has none. */
static json_t *class_json(const despur_predicted *p, size_t class) {
  return p->class_names ? json_text(p->class_names[class]) : whole(class);
}

/* Parts for which calibration means something. */
static void put_parts(json_t **object, const despur_predicted *p, const despur_measures *m) {
  json_t *attributes = json_array(), *predictions = json_array();
  for (size_t k = 0; k < m->attributes_count; k++) {
    json_t *part = json_object();
    json_put(&part, "attribute", json_text(m->attribute_names[k]));
    json_put(&part, "count", whole(m->attributes[k].count));
    put_measures(&part, &m->attributes[k], m);
    json_push(&attributes, part);
  }
  json_put(object, "by_attribute", attributes);
  for (size_t c = 0; c < m->classes; c++) {
    json_t *part = json_object();
    json_put(&part, "prediction", class_json(p, c));
    json_put(&part, "count", whole(m->predictions[c].count));
    put_measures(&part, &m->predictions[c], m);
    json_push(&predictions, part);
  }
  json_put(object, "by_prediction", predictions);
}

static json_t *group_json(const despur_measured *of, size_t g) {
  const despur_group_score *group = &of->scores->groups[g];
  const despur_measures *measures = of->measures;
  json_t *object = json_object();
  json_put(&object, "name", json_text(group->name));
  json_put(&object, "count", whole(group->count));
  json_put(&object, "correct", whole(group->correct));
  json_put(&object, "accuracy", real(group->accuracy));
  json_put(&object, "low", real(group->low));
  json_put(&object, "high", real(group->high));
  if (!isnan(of->scores->train_weighted_average)) json_put(&object, "train_count", whole(group->train_count));
  if (measures && (of->by_group || !measures->groups_have_one_label))
    put_measures(&object, &measures->groups[g], measures);
  else if (measures)
    put_confusion(&object, measures->groups[g].confusion, measures->classes);
  return object;
}

static void put_names(json_t **object, const despur_predicted *p) {
  if (p->columns) {
    json_t *notes = json_array();
    for (size_t i = 0; i < p->notes_count; i++) json_push(&notes, json_text(p->notes[i]));
    json_put(object, "columns", json_text(p->columns));
    json_put(object, "notes", notes);
  }
  if (!p->class_names) return;
  json_t *classes = json_array();
  for (size_t c = 0; c < p->classes; c++) json_push(&classes, json_text(p->class_names[c]));
  json_put(object, "classes", classes);
}

static json_t *degenerate_json(const despur_degenerate *degenerate) {
  char sentence[256];
  if (despur_degenerate_sentence(sentence, degenerate) == 0) return json_null();
  json_t *object = json_object();
  json_put(&object, "kind", json_string(despur_degenerate_name(degenerate->kind)));
  json_put(&object, "sentence", json_text(sentence));
  return object;
}

static void put_scores(json_t **object, const despur_scores *s) {
  json_put(object, "degenerate", degenerate_json(&s->degenerate));
  json_put(object, "worst_group",
           s->worst_group < s->groups_count ? json_text(s->groups[s->worst_group].name) : json_null());
  json_put(object, "worst_group_accuracy", real(s->worst_group_accuracy));
  json_put(object, "worst_group_low", real(s->worst_group_low));
  json_put(object, "worst_group_high", real(s->worst_group_high));
  json_put(object, "count", whole(s->count));
  json_put(object, "correct", whole(s->correct));
  json_put(object, "average_accuracy", real(s->average_accuracy));
  json_put(object, "train_weighted_average", real(s->train_weighted_average));
  json_put(object, "balanced_group_accuracy", real(s->balanced_group_accuracy));
  json_put(object, "worst_class_accuracy", real(s->worst_class_accuracy));
  json_put(object, "attribute_accuracy", real(s->attribute_accuracy));
  json_put(object, "attribute_chance", real(s->attribute_chance));
  json_put(object, "loss", real(s->loss));
}

json_t *measured_json(const despur_measured *of) {
  json_t *object = json_object(), *groups = json_array();
  json_put(&object, "label", of->label ? json_text(of->label) : json_null());
  if (of->predicted) put_names(&object, of->predicted);
  put_scores(&object, of->scores);
  if (of->measures) put_measures(&object, &of->measures->all, of->measures);
  if (of->predicted && of->measures && of->measures->all.bins)
    put_parts(&object, of->predicted, of->measures);
  for (size_t g = 0; g < of->scores->groups_count; g++) json_push(&groups, group_json(of, g));
  json_put(&object, "groups", groups);
  return object;
}

despur_status despur_measured_json(char **json, const despur_measured *of, despur_error *error) {
  *json = NULL;
  if (!of->scores) return error_set(error, DESPUR_BAD_INPUT, "expected scores to write as JSON, found none");
  json_t *object = measured_json(of);
  *json = json_print(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
  json_decref(object);
  return *json ? DESPUR_OK : error_set(error, DESPUR_NO_RESOURCES, "out of memory while writing JSON");
}
