/* What choosing the best of several epochs adds to its validation accuracy. */
#include "base/math.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "eval/statistics/draw.h"

#include <stdbool.h>

/* Enough splits for an error of the mean of a tenth of a point, within a moment. */
enum { SPLITS_MOST = 1000, SPLITS_LEAST = 100, DRAWS_MOST = 1000000 };

typedef struct tally {
  size_t right, count;
} tally;

/* One split: of each cell's examples `half` are in the first half, and of those `right` are right after the
 * current epoch. */
typedef struct split {
  const despur_epoch_counts *counts;
  size_t *half, *right; /* [cells] each */
  tally *tallies;       /* [cells] of groups or parts */
} split;

static void begin(split *s, random_stream *stream) {
  for (size_t c = 0; c < s->counts->cells; c++) {
    size_t count = s->counts->count[c];
    s->half[c] = count / 2 + (count % 2 ? random_below(stream, 2) : 0);
  }
}

/* Moves on to an epoch. Halves are drawn by counts, not example by example: how many of those that stayed
 * right lie in the first half, given how many were right there before, is hypergeometric, and so is how many
 * of those that became right do. So a split costs a draw or two for each cell and epoch, however many
 * examples there are. */
static void advance(split *s, size_t epoch, random_stream *stream) {
  const despur_epoch_counts *counts = s->counts;
  const size_t *now = counts->correct + epoch * counts->cells;
  for (size_t c = 0; c < counts->cells; c++) {
    size_t count = counts->count[c];
    if (count == 0) continue;
    if (epoch == 0 || !counts->kept) {
      s->right[c] = draw_hypergeometric(stream, count, now[c], s->half[c]);
      continue;
    }
    size_t before = counts->correct[(epoch - 1) * counts->cells + c];
    size_t kept = counts->kept[epoch * counts->cells + c];
    size_t stayed = draw_hypergeometric(stream, before, kept, s->right[c]);
    size_t came = draw_hypergeometric(stream, count - before, now[c] - kept, s->half[c] - s->right[c]);
    s->right[c] = stayed + came;
  }
}

/* The worst accuracy of a half after an epoch; parts without examples there do not count. part: [cells] or
 * NULL. */
static double worst(split *s, size_t epoch, bool first, const size_t *part) {
  const despur_epoch_counts *counts = s->counts;
  double least = 2;
  for (size_t c = 0; c < counts->cells; c++) s->tallies[c] = (tally){0};
  for (size_t c = 0; c < counts->cells; c++) {
    size_t p = part ? part[c] : c, all = counts->correct[epoch * counts->cells + c];
    if (p == DESPUR_NO_CELL) continue;
    s->tallies[p].right += first ? s->right[c] : all - s->right[c];
    s->tallies[p].count += first ? s->half[c] : counts->count[c] - s->half[c];
  }
  for (size_t p = 0; p < counts->cells; p++) {
    const tally *t = &s->tallies[p];
    if (t->count > 0 && (double)t->right < least * (double)t->count)
      least = (double)t->right / (double)t->count;
  }
  return least;
}

/* What the epoch that is best on one half loses on the other: the mean of both ways round, in which the two
 * halves' own differences cancel. */
static double loss_of_split(split *s, random_stream *stream) {
  double best[2] = {-1, -1}, loss[2] = {0, 0};
  begin(s, stream);
  for (size_t e = 0; e < s->counts->epochs; e++) {
    advance(s, e, stream);
    for (int half = 0; half < 2; half++) {
      double value = worst(s, e, half == 0, s->counts->chosen);
      if (value <= best[half]) continue;
      best[half] = value;
      loss[half] = worst(s, e, half == 0, s->counts->group) - worst(s, e, half != 0, s->counts->group);
    }
  }
  return (loss[0] + loss[1]) / 2;
}

static bool is_possible(const despur_epoch_counts *counts, size_t epoch, size_t cell) {
  size_t at = epoch * counts->cells + cell, count = counts->count[cell], now = counts->correct[at];
  if (now > count) return false;
  if (!counts->kept || epoch == 0) return true;
  size_t kept = counts->kept[at], before = counts->correct[at - counts->cells];
  return kept <= now && kept <= before && now - kept <= count - before;
}

static bool is_part(const despur_epoch_counts *counts, const size_t *part, size_t cell) {
  return !part || part[cell] < counts->cells || part[cell] == DESPUR_NO_CELL;
}

static despur_status check_counts(const despur_epoch_counts *counts, despur_error *error) {
  size_t examples = 0;
  for (size_t c = 0; c < counts->cells; c++) {
    examples += counts->count[c];
    if (!is_part(counts, counts->group, c) || !is_part(counts, counts->chosen, c))
      return error_set(error, DESPUR_BAD_INPUT, "selection: cell %zu: its group or part does not exist", c);
  }
  if (examples < 2 || counts->epochs == 0)
    return error_set(error, DESPUR_BAD_INPUT, "selection: expected epochs and at least two examples");
  for (size_t e = 0; e < counts->epochs; e++)
    for (size_t c = 0; c < counts->cells; c++)
      if (!is_possible(counts, e, c))
        return error_set(error, DESPUR_BAD_INPUT, "selection: epoch %zu, cell %zu: impossible counts", e + 1,
                         c);
  return DESPUR_OK;
}

despur_status despur_selection_optimism(double *optimism, const despur_epoch_counts *counts,
                                        despur_error *error) {
  despur_status status = DESPUR_OK;
  split s = {.counts = counts};
  *optimism = 0;
  TRY(check_counts(counts, error));
  if (counts->epochs == 1) goto cleanup;
  TRY(mem_alloc(&s.half, counts->cells, sizeof *s.half, error));
  TRY(mem_alloc(&s.right, counts->cells, sizeof *s.right, error));
  TRY(mem_alloc(&s.tallies, counts->cells, sizeof *s.tallies, error));
  size_t splits = DRAWS_MOST / counts->epochs / counts->cells;
  if (splits > SPLITS_MOST) splits = SPLITS_MOST;
  if (splits < SPLITS_LEAST) splits = SPLITS_LEAST;
  double sum = 0;
  for (size_t i = 0; i < splits; i++) {
    random_stream stream = random_open(0, "halves", i);
    sum += loss_of_split(&s, &stream);
  }
  *optimism = sum / (double)splits / math_sqrt(2);
cleanup:
  mem_free(s.half);
  mem_free(s.right);
  mem_free(s.tallies);
  return status;
}
