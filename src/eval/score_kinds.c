/* The measures over all groups: the only place that names them. */
#include "eval/score_kinds.h"

#include <math.h>
#include <stdint.h>

typedef struct kind_row {
  despur_score_words words;
  size_t offset; /* in despur_scores */
} kind_row;

static const kind_row ROWS[DESPUR_SCORE_KINDS] = {
    [DESPUR_SCORE_WORST_GROUP] = {{"worst_group_accuracy",
                                   "worst-group accuracy",
                                   {"Worst group", "Worst class"},
                                   {"worst group", "worst class"}},
                                  offsetof(despur_scores, worst_group_accuracy)},
    [DESPUR_SCORE_AVERAGE] = {{"average_accuracy",
                               "average accuracy over examples",
                               {"Average over examples", "Average over examples"},
                               {"average over examples", "average over examples"}},
                              offsetof(despur_scores, average_accuracy)},
    [DESPUR_SCORE_TRAIN_WEIGHTED] = {{"train_weighted_average",
                                      "average accuracy weighted by training groups",
                                      {"Average weighted by training shares",
                                       "Average weighted by training shares"},
                                      {"average weighted by training", "average weighted by training"}},
                                     offsetof(despur_scores, train_weighted_average)},
    [DESPUR_SCORE_BALANCED] = {{"balanced_group_accuracy",
                                "mean accuracy over groups",
                                {"Mean over groups", "Mean over classes"},
                                {"mean over groups", "mean over classes"}},
                               offsetof(despur_scores, balanced_group_accuracy)},
    [DESPUR_SCORE_WORST_CLASS] =
        {{"worst_class_accuracy", "worst-class accuracy", {"Worst class", NULL}, {"worst class", NULL}},
         offsetof(despur_scores, worst_class_accuracy)},
    [DESPUR_SCORE_ATTRIBUTE] = {{"attribute_accuracy",
                                 "how well predictions tell the attribute within a class",
                                 {"Tells the attribute", "Tells the attribute"},
                                 {"tells the attribute", "tells the attribute"}},
                                offsetof(despur_scores, attribute_accuracy)},
    [DESPUR_SCORE_ATTRIBUTE_CHANCE] = {{"attribute_chance",
                                        "how well chance tells the attribute within a class",
                                        {"The same, by chance", "The same, by chance"},
                                        {"  and would by chance", "  and would by chance"}},
                                       offsetof(despur_scores, attribute_chance)},
    [DESPUR_SCORE_LOSS] = {{"loss", "loss", {NULL, NULL}, {NULL, NULL}}, offsetof(despur_scores, loss)},
};

const despur_score_words *despur_score_describe(despur_score_kind kind) {
  return (size_t)kind < DESPUR_SCORE_KINDS ? &ROWS[kind].words : NULL;
}

double despur_score_value(const despur_scores *scores, despur_score_kind kind) {
  if ((size_t)kind >= DESPUR_SCORE_KINDS) return (double)NAN;
  return *(const double *)(const void *)((const char *)scores + ROWS[kind].offset);
}

double *score_place(despur_scores *scores, despur_score_kind kind) {
  return (double *)(void *)((char *)scores + ROWS[kind].offset);
}

bool score_is_average(despur_score_kind kind) {
  return kind != DESPUR_SCORE_WORST_GROUP && kind != DESPUR_SCORE_LOSS;
}
