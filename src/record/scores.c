#include "record/scores.h"

#include "eval/score_kinds.h"

static void put_score(json_writer *j, const despur_scores *scores, despur_score_kind kind) {
  json_write_real(j, despur_score_describe(kind)->name, despur_score_value(scores, kind));
}

void scores_write_worst(json_writer *j, const despur_scores *s) {
  json_write_text(j, "worst_group", s->worst_group < s->groups_count ? s->groups[s->worst_group].name : NULL);
  put_score(j, s, DESPUR_SCORE_WORST_GROUP);
  json_write_real(j, "worst_group_low", s->worst_group_low);
  json_write_real(j, "worst_group_high", s->worst_group_high);
}

void scores_write_averages(json_writer *j, const despur_scores *scores) {
  for (despur_score_kind kind = 0; kind < DESPUR_SCORE_KINDS; kind++)
    if (score_is_average(kind)) put_score(j, scores, kind);
}

void scores_write_loss(json_writer *j, const despur_scores *scores) {
  put_score(j, scores, DESPUR_SCORE_LOSS);
}

void scores_write_group(json_writer *j, const despur_group_score *group, const size_t *kept, bool trained) {
  json_write_text(j, "name", group->name);
  json_write_count(j, "count", group->count);
  json_write_count(j, "correct", group->correct);
  if (kept) json_write_count(j, "kept", *kept);
  json_write_real(j, "accuracy", group->accuracy);
  json_write_real(j, "low", group->low);
  json_write_real(j, "high", group->high);
  if (trained) json_write_count(j, "train_count", group->train_count);
}
