/* What choosing the best of several epochs adds to its validation accuracy. */
#include "base/math.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "eval/draw.h"

#include <stdbool.h>

/* Enough splits for an error of the mean of a tenth of a point, within a second. */
enum { SPLITS_MOST = 1000, SPLITS_LEAST = 100, DRAWS_MOST = 2000000 };

/* One split: of each group's examples `half` are in the first half, and of those `right` are right after the
 * current epoch. */
typedef struct split {
  const despur_epoch_counts *counts;
  size_t *half, *right; /* [groups] each */
} split;

static void begin(split *s, random_stream *stream) {
  for (size_t g = 0; g < s->counts->groups; g++) {
    size_t count = s->counts->count[g];
    s->half[g] = count / 2 + (count % 2 ? random_below(stream, 2) : 0);
  }
}

/* Moves on to an epoch. */
static void advance(split *s, size_t epoch, random_stream *stream) {
  const despur_epoch_counts *c = s->counts;
  const size_t *now = c->correct + epoch * c->groups, *before = now - c->groups,
               *kept = c->kept + epoch * c->groups;
  for (size_t g = 0; g < c->groups; g++) {
    if (epoch == 0 || !c->kept) {
      s->right[g] = draw_hypergeometric(stream, c->count[g], now[g], s->half[g]);
      continue;
    }
    size_t stayed = draw_hypergeometric(stream, before[g], kept[g], s->right[g]);
    size_t came =
        draw_hypergeometric(stream, c->count[g] - before[g], now[g] - kept[g], s->half[g] - s->right[g]);
    s->right[g] = stayed + came;
  }
}

typedef struct half_scores {
  double worst, average;
} half_scores;

/* first: of the first half, else of the second. Groups without examples there do not count. */
static half_scores score(const split *s, size_t epoch, int first) {
  const despur_epoch_counts *c = s->counts;
  half_scores out = {.worst = 2};
  size_t sum = 0, total = 0;
  for (size_t g = 0; g < c->groups; g++) {
    size_t right = first ? s->right[g] : c->correct[epoch * c->groups + g] - s->right[g];
    size_t count = first ? s->half[g] : c->count[g] - s->half[g];
    if (count == 0) continue;
    double accuracy = (double)right / (double)count;
    if (accuracy < out.worst) out.worst = accuracy;
    sum += right;
    total += count;
  }
  out.average = total ? (double)sum / (double)total : 0;
  return out;
}

/* What the epoch that is best on the first half loses on the second. */
static double loss_of_split(split *s, despur_selected_by by, random_stream *stream) {
  double best = -1, loss = 0;
  begin(s, stream);
  for (size_t e = 0; e < s->counts->epochs; e++) {
    advance(s, e, stream);
    half_scores first = score(s, e, 1);
    double value = by == DESPUR_BY_AVERAGE ? first.average : first.worst;
    if (value <= best) continue;
    best = value;
    loss = first.worst - score(s, e, 0).worst;
  }
  return loss;
}

static despur_status check(const despur_epoch_counts *c, despur_error *error) {
  size_t examples = 0;
  for (size_t g = 0; g < c->groups; g++) examples += c->count[g];
  if (examples < 2 || c->epochs == 0)
    return error_set(error, DESPUR_BAD_INPUT, "selection: expected epochs and at least two examples");
  for (size_t i = 0; i < c->epochs * c->groups; i++) {
    size_t now = c->correct[i], count = c->count[i % c->groups],
           kept = c->kept && i >= c->groups ? c->kept[i] : 0;
    bool possible = now <= count && kept <= now;
    if (c->kept && i >= c->groups) {
      size_t before = c->correct[i - c->groups];
      possible = possible && kept <= before && now - kept <= count - before;
    }
    if (!possible)
      return error_set(error, DESPUR_BAD_INPUT, "selection: epoch %zu, group %zu: impossible counts",
                       i / c->groups + 1, i % c->groups);
  }
  return DESPUR_OK;
}

despur_status despur_selection_optimism(double *optimism, const despur_epoch_counts *counts,
                                        despur_selected_by by, despur_error *error) {
  despur_status status = DESPUR_OK;
  split s = {.counts = counts};
  *optimism = 0;
  TRY(check(counts, error));
  TRY(mem_alloc(&s.half, counts->groups, sizeof *s.half, error));
  TRY(mem_alloc(&s.right, counts->groups, sizeof *s.right, error));
  size_t splits = DRAWS_MOST / (counts->epochs * counts->groups);
  if (splits > SPLITS_MOST) splits = SPLITS_MOST;
  if (splits < SPLITS_LEAST) splits = SPLITS_LEAST;
  double sum = 0;
  for (size_t i = 0; i < splits; i++) {
    random_stream stream = random_open(0, "halves", i);
    sum += loss_of_split(&s, by, &stream);
  }
  *optimism = sum / (double)splits / math_sqrt(2);
cleanup:
  mem_free(s.half);
  mem_free(s.right);
  return status;
}
