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

static json_t *group_json(const despur_group_score *group, bool trained, bool units) {
  json_t *object = json_object();
  json_put(&object, "name", json_text(group->name));
  json_put(&object, "count", whole(group->count));
  json_put(&object, "correct", whole(group->correct));
  json_put(&object, "accuracy", real(group->accuracy));
  json_put(&object, "low", real(group->low));
  json_put(&object, "high", real(group->high));
  if (trained) json_put(&object, "train_count", whole(group->train_count));
  if (group->effective.units > 0) {
    if (units) json_put(&object, "units", whole(group->effective.units));
    if (group->effective.weighted) json_put(&object, "weight", real(group->weight));
    json_put(&object, "effective_count", real(group->effective.count));
    json_put(&object, "design_effect", real((double)group->count / group->effective.count));
  }
  return object;
}

static json_t *groups_json(const despur_measured *of) {
  const despur_measures *measures = of->measures;
  bool calibration = of->by_group || (measures && !measures->groups_have_one_label);
  json_t *groups = json_array();
  for (size_t g = 0; g < of->scores->groups_count; g++) {
    json_t *group = group_json(&of->scores->groups[g], !isnan(of->scores->train_weighted_average),
                               of->scores->units_count > 0);
    if (measures && calibration)
      put_measures(&group, &measures->groups[g], measures);
    else if (measures)
      put_confusion(&group, measures->groups[g].confusion, measures->classes);
    json_push(&groups, group);
  }
  return groups;
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

/* "units", or "weights" where there are only these. */
static void put_units(json_t **object, const despur_measured *of) {
  char *sentence = NULL;
  despur_error error;
  json_t *units = json_object();
  bool drawn = of->predicted->units;
  if (despur_units_sentence(&sentence, of->predicted, of->scores, &error) == DESPUR_OK)
    json_put(&units, "sentence", json_text(sentence));
  else
    json_put(&units, "sentence", NULL); /* out of memory, which whoever prints the object says */
  const char *column = drawn ? of->predicted->unit : of->predicted->weight;
  json_put(&units, "column", column ? json_text(column) : json_null());
  if (drawn) {
    json_put(&units, "count", whole(of->predicted->units_count));
    json_put(&units, "groups_share_units", json_boolean(of->scores->groups_share_units));
    json_put(&units, "attributes_share_units", json_boolean(of->scores->attributes_share_units));
    if (of->predicted->weight) json_put(&units, "weights", json_text(of->predicted->weight));
  }
  json_put(&units, "effective_count", real(of->scores->effective.count));
  json_put(object, drawn ? "units" : "weights", units);
  free(sentence);
}

static json_t *degenerate_json(const despur_degenerate *degenerate) {
  char sentence[256];
  if (despur_degenerate_sentence(sentence, degenerate) == 0) return json_null();
  json_t *object = json_object();
  json_put(&object, "kind", json_string(despur_degenerate_name(degenerate->kind)));
  json_put(&object, "sentence", json_text(sentence));
  return object;
}

static void put_worst(json_t **object, const despur_scores *s) {
  json_put(object, "worst_group",
           s->worst_group < s->groups_count ? json_text(s->groups[s->worst_group].name) : json_null());
  json_put(object, "worst_group_accuracy", real(s->worst_group_accuracy));
  json_put(object, "worst_group_low", real(s->worst_group_low));
  json_put(object, "worst_group_high", real(s->worst_group_high));
}

static void put_scores(json_t **object, const despur_scores *s) {
  json_put(object, "degenerate", degenerate_json(&s->degenerate));
  put_worst(object, s);
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

/* The groups of each column alone. */
static json_t *alone_json(const despur_measured *of) {
  json_t *all = json_array();
  for (size_t i = 0; i < of->predicted->alone_count; i++) {
    const despur_scores *s = &of->alone[i];
    json_t *object = json_object(), *groups = json_array();
    for (size_t g = 0; g < s->groups_count; g++)
      json_push(&groups, group_json(&s->groups[g], false, s->units_count > 0));
    json_put(&object, "attribute", json_text(of->predicted->alone[i].attribute));
    put_worst(&object, s);
    json_put(&object, "groups", groups);
    json_push(&all, object);
  }
  return all;
}

/* ---- rates ---- */

static void put_rates(json_t **object, const despur_rates_part *part, double confidence) {
  json_put(object, "name", json_text(part->name));
  json_put(object, "count", whole(part->count));
  for (int kind = 0; kind < DESPUR_RATE_KINDS; kind++) {
    despur_rate rate = despur_rates_rate(part, (despur_rate_kind)kind, confidence);
    json_t *value = json_object();
    json_put(&value, "value", real(rate.value));
    json_put(&value, "low", real(rate.low));
    json_put(&value, "high", real(rate.high));
    json_put(&value, "of", whole(rate.whole));
    json_put(object, despur_rate_word((despur_rate_kind)kind), value);
  }
}

static json_t *spread_json(const despur_rates *rates, const despur_spread *s) {
  bool any = s->lowest < rates->parts_count;
  json_t *object = json_object();
  json_put(&object, "lowest", any ? json_text(rates->names[s->lowest]) : json_null());
  json_put(&object, "highest", any ? json_text(rates->names[s->highest]) : json_null());
  json_put(&object, "difference", real(s->difference));
  json_put(&object, "difference_low", real(s->difference_low));
  json_put(&object, "difference_high", real(s->difference_high));
  json_put(&object, "ratio", real(s->ratio));
  json_put(&object, "ratio_low", real(s->ratio_low));
  json_put(&object, "ratio_high", real(s->ratio_high));
  return object;
}

/* A class's rates by one column, or by all together. */
static json_t *class_by_json(const despur_rates *rates, size_t class, const char *attribute) {
  const despur_class_rates *of = &rates->classes[class];
  json_t *object = json_object(), *groups = json_array(), *spreads = json_object();
  for (size_t k = 0; k < rates->parts_count; k++) {
    json_t *group = json_object();
    put_rates(&group, &of->parts[k], rates->confidence);
    json_put(&group, "aside", json_boolean(k + rates->parts_aside >= rates->parts_count));
    json_push(&groups, group);
  }
  for (int kind = 0; kind < DESPUR_SPREAD_KINDS; kind++)
    json_put(&spreads, despur_rate_word((despur_rate_kind)kind), spread_json(rates, &of->spreads[kind]));
  json_put(&object, "attribute", json_text(attribute));
  json_put(&object, "groups", groups);
  json_put(&object, "spreads", spreads);
  return object;
}

static json_t *rates_json(const despur_measured *of) {
  const despur_predicted *p = of->predicted;
  json_t *classes = json_array();
  for (size_t c = 0; c < of->rates->classes_count; c++) {
    const despur_class_rates *first = &of->rates->classes[c];
    json_t *object = json_object(), *all = json_object(), *by = json_array();
    put_rates(&all, &first->all, of->rates->confidence);
    for (size_t i = 0; i <= p->alone_count; i++)
      if (of->rates[i].parts_count > 0)
        json_push(&by, class_by_json(&of->rates[i], c, model_attribute(p, i)));
    json_put(&object, "positive", class_json(p, first->class_index));
    json_put(&object, "all", all);
    json_put(&object, "by", by);
    json_push(&classes, object);
  }
  return classes;
}

const char *model_attribute(const despur_predicted *p, size_t i) {
  const char *name = i < p->alone_count ? p->alone[i].attribute : p->attribute;
  return name ? name : "attribute";
}

json_t *measured_json(const despur_measured *of) {
  json_t *object = json_object();
  json_put(&object, "label", of->label ? json_text(of->label) : json_null());
  if (of->predicted) put_names(&object, of->predicted);
  if (of->predicted && (of->predicted->units || of->predicted->weights)) put_units(&object, of);
  put_scores(&object, of->scores);
  if (of->measures) put_measures(&object, &of->measures->all, of->measures);
  if (of->predicted && of->measures && of->measures->all.bins)
    put_parts(&object, of->predicted, of->measures);
  json_put(&object, "groups", groups_json(of));
  if (of->predicted && of->alone) json_put(&object, "alone", alone_json(of));
  if (of->predicted && of->rates) json_put(&object, "rates", rates_json(of));
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
