#include "record/results.h"

#include "base/format.h"
#include "record/scores.h"

#include <string.h>

static void weights_fields(fields *f, result_line *line) {
  if (f->out && !line->weights) return;
  fields list = field_list(f, "group_weights", &line->weights_count, &line->weights, sizeof *line->weights);
  for (size_t g = 0; g < line->weights_count; g++) {
    fields each = field_element(&list, g);
    field_text(&each, "name", &line->weights[g].name);
    field_real(&each, "weight", &line->weights[g].weight);
    field_end(&each);
  }
  field_end(&list);
}

static void degenerate_fields(fields *f, despur_degenerate *d) {
  if (f->number || (f->out && d->kind == DESPUR_NOT_DEGENERATE)) return; /* what it has are no measures */
  const char *name = despur_degenerate_name(d->kind);
  const char *class_name = *d->class_name ? d->class_name : NULL;
  size_t predicted = d->predicted_class;
  fields object = field_object(f, "degenerate");
  field_text(&object, "kind", &name);
  field_count(&object, "predicted_class", &predicted);
  field_optional_text(&object, "class_name", &class_name);
  field_real(&object, "share", &d->share);
  field_real(&object, "accuracy", &d->accuracy);
  field_real(&object, "expected", &d->expected);
  field_end(&object);
  d->predicted_class = (uint32_t)predicted;
  if (class_name && class_name != d->class_name)
    format_text(d->class_name, sizeof d->class_name, "%s", class_name);
  for (despur_degenerate_kind kind = DESPUR_CONSTANT_SCORES; name && kind <= DESPUR_BELOW_CHANCE; kind++)
    if (strcmp(name, despur_degenerate_name(kind)) == 0) d->kind = kind;
}

static void measured_fields(fields *f, despur_scores *s, const size_t *kept) {
  scores_loss_field(f, s);
  scores_worst_fields(f, s);
  scores_average_fields(f, s);
  degenerate_fields(f, &s->degenerate);
  fields list = field_list(f, "groups", &s->groups_count, &s->groups, sizeof *s->groups);
  for (size_t g = 0; g < s->groups_count; g++) {
    fields each = field_element(&list, g);
    scores_group_fields(&each, &s->groups[g], kept ? &kept[g] : NULL, true);
    field_end(&each);
  }
  field_end(&list);
}

static void rules_fields(fields *f, result_line *line) {
  fields list = field_list(f, "selection", &line->rules_count, &line->rules, sizeof *line->rules);
  for (size_t i = 0; i < line->rules_count; i++) {
    fields each = field_element(&list, i);
    field_text(&each, "rule", &line->rules[i].name);
    field_count(&each, "epoch", &line->rules[i].epoch);
    field_real(&each, "test_worst_group_accuracy", &line->rules[i].test_worst_group_accuracy);
    field_real(&each, "regret", &line->rules[i].regret);
    field_real(&each, "val_worst_group_accuracy", &line->rules[i].val_worst_group_accuracy);
    field_real(&each, "optimism", &line->rules[i].optimism);
    field_end(&each);
  }
  field_end(&list);
}

static void part_fields(fields *f, result_part *part) {
  field_text(f, "part", &part->name);
  field_count(f, "examples", &part->examples);
  field_count(f, "clusters", &part->clusters);
  field_real(f, "silhouette", &part->silhouette);
  if (f->out && part->search_count == 0) return;
  fields list = field_list(f, "search", &part->search_count, &part->search, sizeof *part->search);
  for (size_t i = 0; i < part->search_count; i++) {
    fields each = field_element(&list, i);
    field_count(&each, "clusters", &part->search[i].clusters);
    field_real(&each, "silhouette", &part->search[i].silhouette);
    field_end(&each);
  }
  field_end(&list);
}

static void parts_fields(fields *f, result_line *line) {
  if (f->out && !line->parts) return;
  fields list = field_list(f, "parts", &line->parts_count, &line->parts, sizeof *line->parts);
  for (size_t p = 0; p < line->parts_count; p++) {
    fields each = field_element(&list, p);
    part_fields(&each, &line->parts[p]);
    field_end(&each);
  }
  field_end(&list);
}

static void groups_fields(fields *f, result_line *line) {
  parts_fields(f, line);
  if (!f->out || line->powers) field_reals(f, "powers", &line->powers_count, &line->powers);
  field_real(f, "adjusted_rand", &line->adjusted_rand);
  field_real(f, "minority_precision", &line->minority_precision);
  field_real(f, "minority_recall", &line->minority_recall);
  field_texts(f, "inferred", &line->inferred_count, &line->inferred_names);
  field_codes(f, "inferred_y", line->inferred_count, &line->inferred_labels);
  field_texts(f, "true", &line->true_count, &line->true_names);
  field_codes(f, "true_y", line->true_count, &line->true_labels);
  field_codes(f, "true_a", line->true_count, &line->true_attributes);
  field_table(f, "contingency", line->inferred_count, line->true_count, &line->contingency);
}

static void attempts_fields(fields *f, result_line *line) {
  fields list = field_list(f, "candidates", &line->attempts_count, &line->attempts, sizeof *line->attempts);
  for (size_t i = 0; i < line->attempts_count; i++) {
    result_attempt *attempt = &line->attempts[i];
    fields each = field_element(&list, i);
    field_reals(&each, "values", &attempt->values_count, &attempt->values);
    field_real(&each, "worst_group_accuracy", &attempt->worst_group);
    field_real(&each, "worst_class_accuracy", &attempt->worst_class);
    field_real(&each, "average_accuracy", &attempt->average);
    field_end(&each);
  }
  field_end(&list);
}

static void repair_fields(fields *f, result_line *line) {
  field_text(f, "method", &line->method);
  field_text(f, "select", &line->select);
  fields list =
      field_list(f, "parameters", &line->parameters_count, &line->parameters, sizeof *line->parameters);
  for (size_t i = 0; i < line->parameters_count; i++) {
    fields each = field_element(&list, i);
    field_text(&each, "name", &line->parameters[i].name);
    field_real(&each, "value", &line->parameters[i].value);
    field_end(&each);
  }
  field_end(&list);
  field_count(f, "fitted_on", &line->fitted_on);
  field_real(f, "gap", &line->gap);
  field_flag(f, "converged", &line->converged);
  field_flag(f, "cross_validated", &line->cross_validated);
  field_real(f, "val_worst_group_accuracy", &line->val_worst_group_accuracy);
  field_real(f, "optimism", &line->optimism);
  attempts_fields(f, line);
}

/* Which network at what time, and on which examples. */
static void heading_fields(fields *f, result_line *line) {
  field_text(f, "stage", &line->stage);
  if (line->kind == RESULT_INFERRED) {
    field_text(f, "network", &line->network);
    field_text(f, "label", &line->label);
  }
  if (line->kind == RESULT_EPOCH || line->kind == RESULT_SCORES) field_count(f, "epoch", &line->epoch);
  if (line->kind != RESULT_RULES && line->kind != RESULT_GROUPS && line->kind != RESULT_REPAIR)
    field_text(f, "split", &line->split);
  if (line->kind != RESULT_SCORES || (f->out && !line->selected)) return;
  field_flag(f, "selected", &line->selected);
  field_text(f, "label", &line->label);
}

static void line_fields(fields *f, result_line *line) {
  heading_fields(f, line);
  switch (line->kind) {
  case RESULT_EPOCH:
    field_real(f, "loss", &line->loss);
    field_count(f, "steps", &line->steps);
    weights_fields(f, line);
    break;
  case RESULT_SCORES:
  case RESULT_INFERRED:
    measured_fields(f, &line->scores, line->kept);
    break;
  case RESULT_RULES:
    rules_fields(f, line);
    break;
  case RESULT_GROUPS:
    groups_fields(f, line);
    break;
  case RESULT_REPAIR:
    repair_fields(f, line);
    break;
  default:
    break;
  }
}

void result_line_write(json_writer *j, const result_line *line) {
  result_line copy = *line;
  fields f = {.out = j};
  json_open(j, NULL, '{');
  line_fields(&f, &copy);
  json_close(j);
}

void result_line_numbers(const result_line *line, fields_number number, void *context) {
  result_line copy = *line;
  fields f = {.number = number, .context = context};
  line_fields(&f, &copy);
}

/* What the members that are there make of the object. */
static result_kind kind_of(const json_value *object) {
  const char *stage = json_text(json_find(object, "stage"));
  const char *split = json_text(json_find(object, "split"));
  if (!stage) return RESULT_OTHER;
  if (strcmp(stage, RESULT_STAGE_GROUPS) == 0) return RESULT_GROUPS;
  if (json_find(object, "selection")) return RESULT_RULES;
  if (json_find(object, "candidates")) return RESULT_REPAIR;
  if (json_find(object, "groups"))
    return strcmp(stage, RESULT_STAGE_INFERRED) == 0 ? RESULT_INFERRED : RESULT_SCORES;
  return split && strcmp(split, despur_split_name(DESPUR_TRAIN)) == 0 ? RESULT_EPOCH : RESULT_OTHER;
}

despur_status result_line_read(result_line *out, const json_value *object, despur_error *error) {
  *out = (result_line){.kind = kind_of(object), .memory = {.error = error}};
  fields f = {.in = object, .memory = &out->memory};
  line_fields(&f, out);
  return out->memory.status;
}

void result_line_release(result_line *line) {
  fields_release(&line->memory);
}
