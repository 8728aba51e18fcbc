/* What was measured of a network or a model, as JSON: every number of the tables and more. */
#include "record/scores.h"
#include "report/models/models.h"

#include <math.h>
#include <stdlib.h>

static void put_confusion(json_writer *j, const size_t *confusion, size_t classes) {
  if (!confusion) return;
  json_open(j, "confusion", '[');
  for (size_t label = 0; label < classes; label++) {
    json_open(j, NULL, '[');
    for (size_t c = 0; c < classes; c++) json_write_count(j, NULL, confusion[label * classes + c]);
    json_close(j);
  }
  json_close(j);
}

static void put_bin(json_writer *j, const despur_reliability_bin *bin, size_t index, size_t bins) {
  json_open(j, NULL, '{');
  json_write_real(j, "from", (double)index / (double)bins);
  json_write_real(j, "to", (double)(index + 1) / (double)bins);
  json_write_count(j, "count", bin->count);
  json_write_real(j, "confidence", bin->confidence);
  json_write_real(j, "accuracy", (double)bin->correct / (double)bin->count);
  json_close(j);
}

static void put_measures(json_writer *j, const despur_group_measures *m, const despur_measures *all) {
  put_confusion(j, m->confusion, all->classes);
  if (!m->bins) return;
  json_write_real(j, "calibration_error", m->calibration_error);
  json_write_real(j, "brier", m->brier);
  json_write_real(j, "log_loss", m->log_loss);
  json_write_real(j, "auroc", m->auroc);
  json_open(j, "reliability", '[');
  for (size_t b = 0; b < all->bins; b++)
    if (m->bins[b].count > 0) put_bin(j, &m->bins[b], b, all->bins);
  json_close(j);
}

/* The class's name, or its number where it has none. */
static void put_class(json_writer *j, const char *name, const despur_predicted *p, size_t class) {
  if (p->class_names)
    json_write_text(j, name, p->class_names[class]);
  else
    json_write_count(j, name, class);
}

/* Parts for which calibration means something. */
static void put_parts(json_writer *j, const despur_predicted *p, const despur_measures *m) {
  json_open(j, "by_attribute", '[');
  for (size_t k = 0; k < m->attributes_count; k++) {
    json_open(j, NULL, '{');
    json_write_text(j, "attribute", m->attribute_names[k]);
    json_write_count(j, "count", m->attributes[k].count);
    put_measures(j, &m->attributes[k], m);
    json_close(j);
  }
  json_close(j);
  json_open(j, "by_prediction", '[');
  for (size_t c = 0; c < m->classes; c++) {
    json_open(j, NULL, '{');
    put_class(j, "prediction", p, c);
    json_write_count(j, "count", m->predictions[c].count);
    put_measures(j, &m->predictions[c], m);
    json_close(j);
  }
  json_close(j);
}

/* units: something was drawn at random; else examples only weigh. */
static void put_effective(json_writer *j, const despur_group_score *group, bool units) {
  if (group->effective.units == 0) return;
  if (units) json_write_count(j, "units", group->effective.units);
  if (group->effective.weighted) json_write_real(j, "weight", group->weight);
  json_write_real(j, "effective_count", group->effective.count);
  json_write_real(j, "design_effect", (double)group->count / group->effective.count);
}

/* The members of a group, in the object that is open. */
static void put_group(json_writer *j, const despur_scores *scores, size_t g, bool trained) {
  fields f = {.out = j};
  despur_group_score copy = scores->groups[g];
  scores_group_fields(&f, &copy, NULL, trained);
  put_effective(j, &copy, scores->units_count > 0);
}

static void put_groups(json_writer *j, const despur_measured *of) {
  const despur_measures *measures = of->measures;
  bool calibration = of->by_group || (measures && !measures->groups_have_one_label);
  json_open(j, "groups", '[');
  for (size_t g = 0; g < of->scores->groups_count; g++) {
    json_open(j, NULL, '{');
    put_group(j, of->scores, g, !isnan(of->scores->train_weighted_average));
    if (measures && calibration)
      put_measures(j, &measures->groups[g], measures);
    else if (measures)
      put_confusion(j, measures->groups[g].confusion, measures->classes);
    json_close(j);
  }
  json_close(j);
}

static void put_names(json_writer *j, const despur_predicted *p) {
  if (p->columns) {
    json_write_text(j, "columns", p->columns);
    json_open(j, "notes", '[');
    for (size_t i = 0; i < p->notes_count; i++) json_write_text(j, NULL, p->notes[i]);
    json_close(j);
  }
  if (!p->class_names) return;
  json_open(j, "classes", '[');
  for (size_t c = 0; c < p->classes; c++) json_write_text(j, NULL, p->class_names[c]);
  json_close(j);
}

/* "units", or "weights" where there are only these. */
static void put_units(json_writer *j, const despur_measured *of) {
  char *sentence = NULL;
  bool drawn = of->predicted->units;
  json_open(j, drawn ? "units" : "weights", '{');
  json_fail(j, despur_units_sentence(&sentence, of->predicted, of->scores, NULL));
  json_write_text(j, "sentence", sentence);
  json_write_text(j, "column", drawn ? of->predicted->unit : of->predicted->weight);
  if (drawn) {
    json_write_count(j, "count", of->predicted->units_count);
    json_write_flag(j, "groups_share_units", of->scores->groups_share_units);
    json_write_flag(j, "attributes_share_units", of->scores->attributes_share_units);
    if (of->predicted->weight) json_write_text(j, "weights", of->predicted->weight);
  }
  json_write_real(j, "effective_count", of->scores->effective.count);
  json_close(j);
  free(sentence);
}

static void put_degenerate(json_writer *j, const despur_degenerate *degenerate) {
  char sentence[256];
  if (despur_degenerate_sentence(sentence, degenerate) == 0) {
    json_write_text(j, "degenerate", NULL);
    return;
  }
  json_open(j, "degenerate", '{');
  json_write_text(j, "kind", despur_degenerate_name(degenerate->kind));
  json_write_text(j, "sentence", sentence);
  json_close(j);
}

static void put_worst(json_writer *j, const despur_scores *scores) {
  fields f = {.out = j};
  despur_scores copy = *scores;
  scores_worst_fields(&f, &copy);
}

static void put_scores(json_writer *j, const despur_scores *scores) {
  fields f = {.out = j};
  despur_scores copy = *scores;
  put_degenerate(j, &scores->degenerate);
  put_worst(j, scores);
  json_write_count(j, "count", scores->count);
  json_write_count(j, "correct", scores->correct);
  scores_average_fields(&f, &copy);
  scores_loss_field(&f, &copy);
}

/* The groups of each column alone. */
static void put_alone(json_writer *j, const despur_measured *of) {
  json_open(j, "alone", '[');
  for (size_t i = 0; i < of->predicted->alone_count; i++) {
    const despur_scores *s = &of->alone[i];
    json_open(j, NULL, '{');
    json_write_text(j, "attribute", of->predicted->alone[i].attribute);
    put_worst(j, s);
    json_open(j, "groups", '[');
    for (size_t g = 0; g < s->groups_count; g++) {
      json_open(j, NULL, '{');
      put_group(j, s, g, false);
      json_close(j);
    }
    json_close(j);
    json_close(j);
  }
  json_close(j);
}

/* ---- rates ---- */

static void put_rates(json_writer *j, const despur_rates_part *part, double confidence) {
  json_write_text(j, "name", part->name);
  json_write_count(j, "count", part->count);
  for (int kind = 0; kind < DESPUR_RATE_KINDS; kind++) {
    despur_rate rate = despur_rates_rate(part, (despur_rate_kind)kind, confidence);
    json_open(j, despur_rate_word((despur_rate_kind)kind), '{');
    json_write_real(j, "value", rate.value);
    json_write_real(j, "low", rate.low);
    json_write_real(j, "high", rate.high);
    json_write_count(j, "of", rate.whole);
    json_close(j);
  }
}

static void put_spread(json_writer *j, const char *name, const despur_rates *rates, const despur_spread *s) {
  bool any = s->lowest < rates->parts_count;
  json_open(j, name, '{');
  json_write_text(j, "lowest", any ? rates->names[s->lowest] : NULL);
  json_write_text(j, "highest", any ? rates->names[s->highest] : NULL);
  json_write_real(j, "difference", s->difference);
  json_write_real(j, "difference_low", s->difference_low);
  json_write_real(j, "difference_high", s->difference_high);
  json_write_real(j, "ratio", s->ratio);
  json_write_real(j, "ratio_low", s->ratio_low);
  json_write_real(j, "ratio_high", s->ratio_high);
  json_close(j);
}

/* A class's rates by one column, or by all together. */
static void put_class_by(json_writer *j, const despur_rates *rates, size_t class, const char *attribute) {
  const despur_class_rates *of = &rates->classes[class];
  json_open(j, NULL, '{');
  json_write_text(j, "attribute", attribute);
  json_open(j, "groups", '[');
  for (size_t k = 0; k < rates->parts_count; k++) {
    json_open(j, NULL, '{');
    put_rates(j, &of->parts[k], rates->confidence);
    json_write_flag(j, "aside", k + rates->parts_aside >= rates->parts_count);
    json_close(j);
  }
  json_close(j);
  json_open(j, "spreads", '{');
  for (int kind = 0; kind < DESPUR_SPREAD_KINDS; kind++)
    put_spread(j, despur_rate_word((despur_rate_kind)kind), rates, &of->spreads[kind]);
  json_close(j);
  json_close(j);
}

static void put_all_rates(json_writer *j, const despur_measured *of) {
  const despur_predicted *p = of->predicted;
  json_open(j, "rates", '[');
  for (size_t c = 0; c < of->rates->classes_count; c++) {
    const despur_class_rates *first = &of->rates->classes[c];
    json_open(j, NULL, '{');
    put_class(j, "positive", p, first->class_index);
    json_open(j, "all", '{');
    put_rates(j, &first->all, of->rates->confidence);
    json_close(j);
    json_open(j, "by", '[');
    for (size_t i = 0; i <= p->alone_count; i++)
      if (of->rates[i].parts_count > 0) put_class_by(j, &of->rates[i], c, model_attribute(p, i));
    json_close(j);
    json_close(j);
  }
  json_close(j);
}

const char *model_attribute(const despur_predicted *p, size_t i) {
  const char *name = i < p->alone_count ? p->alone[i].attribute : p->attribute;
  return name ? name : "attribute";
}

void measured_write(json_writer *j, const char *name, const despur_measured *of) {
  json_open(j, name, '{');
  json_write_text(j, "label", of->label);
  if (of->predicted) put_names(j, of->predicted);
  if (of->predicted && (of->predicted->units || of->predicted->weights)) put_units(j, of);
  put_scores(j, of->scores);
  if (of->measures) put_measures(j, &of->measures->all, of->measures);
  if (of->predicted && of->measures && of->measures->all.bins) put_parts(j, of->predicted, of->measures);
  put_groups(j, of);
  if (of->predicted && of->alone) put_alone(j, of);
  if (of->predicted && of->rates) put_all_rates(j, of);
  json_close(j);
}

despur_status despur_measured_json(char **json, const despur_measured *of, despur_error *error) {
  json_writer j = {.digits = 12};
  *json = NULL;
  if (!of->scores) return error_set(error, DESPUR_BAD_INPUT, "expected scores to write as JSON, found none");
  measured_write(&j, NULL, of);
  return json_finish(json, &j, error);
}
