/* Groups of one class differ in their attribute. If the network did not use it, they would be equally right;
 * so every group is compared with the usual group of its class (the one with most training examples), by an
 * interval for the difference that holds for all comparisons together (Bonferroni). */
#include "report/verdicts/verdict.h"

#include "base/math.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "eval/statistics/difference.h"
#include "eval/statistics/effective.h"
#include "io/file.h"
#include "report/loading/cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double NEAR = 0.05;   /* differences below do not count as use */
static const double MARGIN = 0.1;  /* above chance, or half of chance where that is less: hardly anything */
static const double WHOLLY = 0.95; /* answers that follow the attribute, from here on "nothing else" */
static const double CONFIDENCE = 0.95;

/* Whether the classes' usual attributes are the classes' own numbers, so that "predicts the attribute" means
 * following it. */
static bool attribute_is_class(const report_cell *cells, size_t count) {
  for (size_t g = 0; g < count; g++)
    if (cells[g].known && cells[g].usual && cells[g].label != cells[g].attribute) return false;
  return true;
}

/* first - second, from their Wilson intervals (Newcombe 1998, method 10). together: they share units. */
static despur_interval difference(const despur_group_score *first, const despur_group_score *second,
                                  double confidence, bool together) {
  despur_interval a = group_interval(first, confidence), b = group_interval(second, confidence);
  if (together) return together_interval(first->accuracy, a, second->accuracy, b);
  return difference_interval(second->accuracy, b, first->accuracy, a, 0);
}

/* Whether accuracy on the usual groups, as a mean over classes, is surely hardly better than guessing: an
 * answer that never changes is right in one class of K and wrong in all others, however many examples these
 * have. */
static bool is_guessing(const despur_scores *scores, const report_cell *cells) {
  double sum = 0, squares = 0, ups = 0, classes = 0;
  for (size_t g = 0; g < scores->groups_count; g++) {
    const despur_group_score *group = &scores->groups[g];
    if (!cells[g].known || !cells[g].usual || group->count == 0) continue;
    double up = group_interval(group, CONFIDENCE).high - group->accuracy;
    sum += group->accuracy;
    squares += up * up;
    ups += up;
    classes++;
  }
  if (classes < 2) return false;
  double up = scores->groups_share_units ? ups : math_sqrt(squares); /* as if all erred together */
  double chance = 1 / classes, margin = chance / 2 < MARGIN ? chance / 2 : MARGIN;
  return (sum + up) / classes < chance + margin;
}

static bool compared(const report_cell *cells, const despur_scores *scores, size_t g) {
  return cells[g].known && !cells[g].usual && scores->groups[g].count > 0 &&
         scores->groups[cells[g].peer].count > 0;
}

static size_t count_comparisons(const despur_scores *scores, const report_cell *cells) {
  size_t count = 0;
  for (size_t g = 0; g < scores->groups_count; g++) count += compared(cells, scores, g);
  return count;
}

/* How far a group is behind the usual one of its class. */
static despur_interval gap_of(const despur_scores *scores, const report_cell *cells, size_t g,
                              size_t comparisons) {
  return difference(&scores->groups[cells[g].peer], &scores->groups[g],
                    1 - (1 - CONFIDENCE) / (double)comparisons, scores->attributes_share_units);
}

bool verdict_is_behind(const despur_scores *scores, const report_cell *cells, size_t g) {
  return compared(cells, scores, g) && gap_of(scores, cells, g, count_comparisons(scores, cells)).low > 0;
}

void verdict_find_cells(verdict_finding *out, const despur_scores *scores, const report_cell *cells) {
  double most = -1, most_ahead = -NEAR, lowest = 2;
  *out = (verdict_finding){.gap = {(double)NAN, (double)NAN},
                           .ahead_group = scores->groups_count,
                           .low_usual = scores->groups_count};
  out->comparisons = count_comparisons(scores, cells);
  for (size_t g = 0; g < scores->groups_count; g++) {
    const despur_group_score *group = &scores->groups[g];
    if (cells[g].known && cells[g].usual) {
      bool weighted = group->effective.weighted;
      out->usual_correct += weighted ? group->accuracy * group->weight : (double)group->correct;
      out->usual_count += weighted ? group->weight : (double)group->count;
      if (group->count > 0 && group->accuracy < lowest) out->low_usual = g, lowest = group->accuracy;
    }
    out->unseen += cells[g].known && group->count == 0;
    if (!compared(cells, scores, g)) continue;
    despur_interval gap = gap_of(scores, cells, g, out->comparisons);
    out->behind += gap.low > 0;
    if (gap.high > most) most = gap.high;
    if (gap.high < most_ahead) out->ahead_group = g, out->ahead_peer = cells[g].peer, most_ahead = gap.high;
    if (!isnan(out->gap.low) && gap.low <= out->gap.low) continue;
    out->gap = gap;
    out->gap_group = g;
    out->gap_peer = cells[g].peer;
  }
  if (out->comparisons == 0) return;
  out->level = out->behind > 0                           ? VERDICT_USES
               : is_guessing(scores, cells)              ? VERDICT_LITTLE
               : out->ahead_group < scores->groups_count ? VERDICT_REVERSED
               : most < NEAR                             ? VERDICT_NO_USE
                                                         : VERDICT_OPEN;
}

/* Whether nearly nothing is right beside the usual groups. */
static bool others_are_wrong(const despur_scores *scores, const report_cell *cells) {
  size_t correct = 0, count = 0;
  for (size_t g = 0; g < scores->groups_count; g++) {
    if (!compared(cells, scores, g)) continue;
    correct += scores->groups[g].correct;
    count += scores->groups[g].count;
  }
  return despur_wilson_interval(correct, count, CONFIDENCE).high <= 1 - WHOLLY;
}

despur_status verdict_find(verdict_finding *out, const despur_scores *scores, despur_error *error) {
  report_cell *cells = NULL;
  despur_status status = report_cells(&cells, scores, error);
  if (status != DESPUR_OK) return status;
  verdict_find_cells(out, scores, cells);
  if (out->level == VERDICT_USES && attribute_is_class(cells, scores->groups_count) &&
      scores->attribute_accuracy >= WHOLLY && others_are_wrong(scores, cells))
    out->level = VERDICT_ONLY;
  mem_free(cells);
  return DESPUR_OK;
}

despur_status verdict_find_inferred(verdict_finding *out, const despur_scores *scores, despur_error *error) {
  report_cell *cells = NULL;
  despur_status status = report_cells_inferred(&cells, scores, error);
  if (status != DESPUR_OK) return status;
  verdict_find_cells(out, scores, cells);
  mem_free(cells);
  return DESPUR_OK;
}

void verdict_release(verdict *v) {
  mem_free(v->sentence.data);
  mem_free(v->reason.data);
  *v = (verdict){0};
}
