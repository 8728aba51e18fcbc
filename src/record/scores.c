#include "record/scores.h"

#include "eval/score_kinds.h"

static void score_field(fields *f, despur_scores *scores, despur_score_kind kind) {
  field_real(f, despur_score_describe(kind)->name, score_place(scores, kind));
}

void scores_worst_fields(fields *f, despur_scores *s) {
  const char *worst = s->worst_group < s->groups_count ? s->groups[s->worst_group].name : NULL;
  field_text(f, "worst_group", &worst);
  score_field(f, s, DESPUR_SCORE_WORST_GROUP);
  field_real(f, "worst_group_low", &s->worst_group_low);
  field_real(f, "worst_group_high", &s->worst_group_high);
}

void scores_average_fields(fields *f, despur_scores *scores) {
  for (despur_score_kind kind = 0; kind < DESPUR_SCORE_KINDS; kind++)
    if (score_is_average(kind)) score_field(f, scores, kind);
}

void scores_loss_field(fields *f, despur_scores *scores) {
  score_field(f, scores, DESPUR_SCORE_LOSS);
}

void scores_group_fields(fields *f, despur_group_score *group, const size_t *kept, bool trained) {
  field_text(f, "name", &group->name);
  field_code(f, "y", &group->label);
  field_code(f, "a", &group->attribute);
  field_count(f, "count", &group->count);
  field_count(f, "correct", &group->correct);
  if (kept) {
    size_t value = *kept;
    field_count(f, "kept", &value);
  }
  field_real(f, "accuracy", &group->accuracy);
  field_real(f, "low", &group->low);
  field_real(f, "high", &group->high);
  if (trained) field_count(f, "train_count", &group->train_count);
}
