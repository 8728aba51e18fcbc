/* The judge sees the confirmation half, and of a candidate only where it puts each example and whether it was
 * cut from the features.
 *
 * Two hypotheses must both be rejected: that errors are as frequent in the cell as in the rest of the class,
 * and, where it was cut from the features, that it is nothing but the model's own margin (margin.c): whoever
 * looks where a model is unsure finds errors. */
#include "audit/audit.h"
#include "audit/margin.h"
#include "audit/tally.h"
#include "base/math.h"
#include "base/memory.h"
#include "eval/statistics/distribution.h"

#include <math.h>
#include <stdlib.h>

static const double POWER = 0.8; /* of the detection limit */

typedef struct judge {
  const audit_data *data;
  despur_audit *audit;
  audit_discriminant *discriminant; /* of principal components; NULL without features */
  audit_discriminant **of_maps;     /* [classes] of the maps of a class; NULL without maps */
  double *score;                    /* [n] of the cell at hand */
  margin_row *margins;              /* [judged_count] */
  size_t *of_class, *first; /* [judged_count] judged examples by classes; [classes + 1] where each begins */
  size_t *rows;             /* [judged_count] of the class at hand */
  size_t room;
  double (*valleys)[VALLEY_STRETCHES]; /* [valleys_count] of the candidate at hand */
  size_t valleys_count;
} judge;

static bool is_wrong(const audit_data *d, size_t i) {
  return d->predictions[i] != d->labels[i];
}

/* ---- cells ---- */

static despur_status add_cell(judge *j, const despur_audit_cell *cell, despur_error *error) {
  despur_audit *a = j->audit;
  if (a->cells_count == j->room) {
    size_t room = j->room ? 2 * j->room : 256;
    despur_status status = mem_grow(&a->cells, j->room, room, sizeof *a->cells, error);
    if (status != DESPUR_OK) return status;
    j->room = room;
  }
  a->cells[a->cells_count++] = *cell;
  return DESPUR_OK;
}

/* The class that most errors of the cell go to, the first of equals. */
static uint32_t direction_of(const judge *j, const despur_audit_candidate *c, uint32_t cell, uint32_t y,
                             size_t count) {
  const audit_data *d = j->data;
  uint32_t best = y;
  double most = 0;
  for (uint32_t to = 0; to < d->classes; to++) {
    double found = 0;
    for (size_t i = 0; to != y && i < count; i++)
      if (c->of_example[j->rows[i]] == cell && d->predictions[j->rows[i]] == to)
        found += audit_weight(d, j->rows[i]);
    if (found <= most) continue;
    most = found;
    best = to;
  }
  return best;
}

static despur_status test_margin(despur_audit_cell *found, judge *j, const despur_audit_candidate *c,
                                 despur_error *error) {
  const audit_data *d = j->data;
  size_t count = found->count + found->rest_count, others = 0;
  margin_row *control = j->margins + count; /* of the class that errors go to */
  for (size_t i = 0; i < count; i++) {
    size_t e = j->rows[i];
    j->margins[i] = (margin_row){.score = j->score[e],
                                 .margin = d->margins[e],
                                 .weight = audit_weight(d, e),
                                 .in = c->of_example[e] == found->cell,
                                 .wrong = is_wrong(d, e)};
  }
  const size_t end = found->toward != found->class_index ? j->first[found->toward + 1] : 0;
  for (size_t i = j->first[found->toward]; i < end; i++) {
    size_t e = j->of_class[i];
    if (c->of_example[e] != DESPUR_NO_VALUE)
      control[others++] =
          (margin_row){.score = j->score[e], .margin = d->margins[e], .weight = audit_weight(d, e)};
  }
  margin_test(found, j->margins, control, others);
  if (!found->determined) return DESPUR_OK;
  return valley_count(j->valleys[j->valleys_count++], j->margins, count, error);
}

static void take_counts(despur_audit_cell *found, const audit_tally *in, const audit_tally *rest) {
  found->count = in->count;
  found->wrong = in->marked;
  found->rest_count = rest->count;
  found->rest_wrong = rest->marked;
  found->weight = in->whole;
  found->error = tally_share(in);
  found->rest_error = tally_share(rest);
  found->effective = tally_effective(in);
  found->rest_effective = tally_effective(rest);
  found->excess = found->error - found->rest_error;
  found->p = tally_fisher(in, rest);
}

static despur_status test_class(judge *j, size_t candidate, uint32_t cell, uint32_t y, despur_error *error) {
  const audit_data *d = j->data;
  const despur_audit_candidate *c = &j->audit->candidates[candidate];
  despur_audit_cell found = {
      .candidate = candidate, .cell = cell, .class_index = y, .p_left = (double)NAN, .left = (double)NAN};
  audit_tally sides[2] = {{0}}; /* the rest, the cell */
  size_t count = 0;
  for (size_t i = j->first[y]; i < j->first[y + 1]; i++) {
    size_t e = j->of_class[i];
    if (c->of_example[e] == DESPUR_NO_VALUE) continue;
    tally_add(&sides[c->of_example[e] == cell], audit_weight(d, e), is_wrong(d, e));
    j->rows[count++] = e;
  }
  if (tally_kish(&sides[1]) < AUDIT_LEAST || tally_kish(&sides[0]) < AUDIT_LEAST) return DESPUR_OK;
  take_counts(&found, &sides[1], &sides[0]);
  found.toward = direction_of(j, c, cell, y, count);
  if (c->from_features) {
    despur_status status = test_margin(&found, j, c, error);
    if (status != DESPUR_OK) return status;
  }
  return add_cell(j, &found, error);
}

/* Cells that the margin determines and no valley parts from their class are its tail. */
static void ask_for_valley(judge *j, size_t first_cell) {
  double p = valley_p((const double(*)[VALLEY_STRETCHES])j->valleys, j->valleys_count);
  for (size_t i = first_cell; i < j->audit->cells_count; i++) {
    despur_audit_cell *c = &j->audit->cells[i];
    if (c->determined && c->p_left < p) c->p_left = p;
  }
}

static despur_status test_candidate(judge *j, size_t candidate, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_audit_candidate *c = &j->audit->candidates[candidate];
  size_t first_cell = j->audit->cells_count;
  j->valleys_count = 0;
  TRY(mem_alloc(&j->valleys, c->cells, j->data->classes * sizeof *j->valleys, error));
  for (uint32_t cell = 0; cell < c->cells; cell++) {
    if (c->from_features)
      TRY(audit_discriminant_score(j->score,
                                   c->of_map == DESPUR_NO_VALUE ? j->discriminant : j->of_maps[c->of_map],
                                   c->of_example, cell, error));
    for (uint32_t y = 0; y < j->data->classes; y++) TRY(test_class(j, candidate, cell, y, error));
  }
  if (c->from_features) ask_for_valley(j, first_cell);
cleanup:
  mem_free(j->valleys);
  j->valleys = NULL;
  return status;
}

/* ---- everything together ---- */

static despur_status correct(judge *j, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_audit *a = j->audit;
  double *p = NULL, *alone = NULL, alpha = 1 - a->confidence;
  TRY(mem_alloc(&p, a->cells_count, sizeof *p, error));
  TRY(mem_alloc(&alone, a->cells_count, sizeof *alone, error));
  for (size_t i = 0; i < a->cells_count; i++) {
    const despur_audit_cell *c = &a->cells[i];
    alone[i] = c->p;
    p[i] = c->p_left > c->p ? c->p_left : c->p;
  }
  TRY(despur_holm(p, p, a->cells_count, error));
  TRY(despur_holm(alone, alone, a->cells_count, error));
  for (size_t i = 0; i < a->cells_count; i++) {
    despur_audit_cell *c = &a->cells[i];
    despur_interval interval = tally_difference(c->error, c->effective, c->rest_error, c->rest_effective,
                                                1 - alpha / (double)a->cells_count);
    c->adjusted = p[i];
    c->low = interval.low;
    c->high = interval.high;
    c->confirmed = p[i] <= alpha;
    c->disguised = alone[i] <= alpha && !c->confirmed && !isnan(c->p_left);
  }
cleanup:
  mem_free(p);
  mem_free(alone);
  return status;
}

/* counts [cells, classes] of the judged examples, as many as weigh alike. */
static despur_status count_labels(double **counts, const judge *j, const despur_audit_candidate *c,
                                  despur_error *error) {
  const audit_data *d = j->data;
  audit_tally all = {0};
  despur_status status = mem_alloc(counts, c->cells, d->classes * sizeof **counts, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < d->judged_count; i++) {
    size_t e = d->judged[i];
    if (c->of_example[e] == DESPUR_NO_VALUE) continue;
    tally_add(&all, audit_weight(d, e), false);
    (*counts)[c->of_example[e] * d->classes + d->labels[e]] += audit_weight(d, e);
  }
  double alike = all.count ? tally_kish(&all) / all.whole : 1;
  for (size_t i = 0; i < c->cells * d->classes; i++) (*counts)[i] *= alike;
  return DESPUR_OK;
}

/* Whether examples of class y are more frequent in the cell than elsewhere. */
static bool goes_with(const double *counts, size_t cells, size_t classes, size_t cell, uint32_t y) {
  double in = 0, in_class = 0, of_class = 0, all = 0;
  for (size_t c = 0; c < cells; c++)
    for (size_t k = 0; k < classes; k++) {
      double n = counts[c * classes + k];
      all += n;
      if (k == y) of_class += n;
      if (c == cell) in += n;
      if (c == cell && k == y) in_class += n;
    }
  return in_class * all > of_class * in;
}

/* A cell of another class, in another part of the partition, whose errors go to a class which that part goes
 * with: it could be the other direction. */
static bool may_answer(const despur_audit *a, const despur_audit_cell *c, const despur_audit_cell *first,
                       const double *counts, size_t cells) {
  return c->candidate == first->candidate && c->class_index != first->class_index && c->cell != first->cell &&
         c->toward != c->class_index && goes_with(counts, cells, a->classes, c->cell, c->toward) &&
         !goes_with(counts, cells, a->classes, c->cell, c->class_index);
}

/* Examples of the class are taken for another one at least as often as not. Clusters that merely look a
 * little like another class have more errors, and in both directions; what a model goes by decides. */
static bool decides(const despur_audit_candidate *c, const despur_audit_cell *cell) {
  return !c->from_features || cell->error >= 0.5;
}

/* Whether there are errors in the other direction, beyond the margin, too, corrected for all cells that may
 * answer (Bonferroni), and one of both directions decides; marks these cells. */
static bool find_answers(despur_audit *a, const despur_audit_cell *first, const double *counts,
                         size_t cells) {
  const despur_audit_candidate *of = &a->candidates[first->candidate];
  size_t tests = 0;
  bool found = false, decided = decides(of, first);
  for (size_t i = 0; i < a->cells_count; i++) tests += may_answer(a, &a->cells[i], first, counts, cells);
  for (int marking = 0; marking <= 1; marking++)
    for (size_t i = 0; i < a->cells_count; i++) {
      despur_audit_cell *c = &a->cells[i];
      double p = c->p_left > c->p ? c->p_left : c->p;
      if (!may_answer(a, c, first, counts, cells) || p * (double)tests > 1 - a->confidence) continue;
      found = true;
      decided |= decides(of, c);
      if (!marking || !decided) continue;
      c->answers = 1;
      c->disguised = 0;
    }
  return found && decided;
}

static despur_common_odds follows(const judge *j, const despur_audit_candidate *c,
                                  const despur_audit_cell *best, despur_error *error) {
  const audit_data *d = j->data;
  double(*tables)[4] = NULL;
  audit_tally all = {0};
  despur_common_odds odds = {(double)NAN, 0, 1};
  if (mem_alloc(&tables, d->classes, sizeof *tables, error) != DESPUR_OK) return odds;
  for (size_t i = 0; i < d->judged_count; i++) {
    size_t e = d->judged[i];
    if (c->of_example[e] == DESPUR_NO_VALUE) continue;
    size_t out = c->of_example[e] != best->cell, other = d->predictions[e] != best->toward;
    tally_add(&all, audit_weight(d, e), false);
    tables[d->labels[e]][2 * out + other] += audit_weight(d, e);
  }
  for (size_t y = 0; all.count > 0 && y < d->classes; y++)
    for (size_t k = 0; k < 4; k++) tables[y][k] *= tally_kish(&all) / all.whole;
  odds = despur_mantel_haenszel((const double(*)[4])tables, d->classes);
  mem_free(tables);
  return odds;
}

/* n (p log p + (1 - p) log (1 - p)): the log-likelihood of errors by their own share. */
static double likelihood(double errors, double n) {
  double p = errors / n;
  return p > 0 && p < 1 ? n * (p * math_log(p) + (1 - p) * math_log(1 - p)) : 0;
}

/* How much better the cells tell the errors of each class than the class alone: twice the log of the
 * likelihoods' ratio, less log n for each further share that it needs (Schwarz 1978, "Estimating the
 * dimension of a model"), so that a finer partition is not better for being finer. */
static despur_status fit_errors(despur_audit_candidate *c, const judge *j, despur_error *error) {
  const audit_data *d = j->data;
  audit_tally *tallies = NULL;
  double all = 0, gain = 0, shares = 0;
  despur_status status = mem_alloc(&tallies, c->cells, d->classes * sizeof *tallies, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < d->judged_count; i++) {
    size_t e = d->judged[i];
    if (c->of_example[e] == DESPUR_NO_VALUE) continue;
    tally_add(&tallies[c->of_example[e] * d->classes + d->labels[e]], audit_weight(d, e), is_wrong(d, e));
  }
  for (size_t y = 0; y < d->classes; y++) {
    double n = 0, errors = 0;
    for (size_t k = 0; k < c->cells; k++) {
      const audit_tally *t = &tallies[k * d->classes + y];
      if (t->count == 0) continue;
      double alike = tally_kish(t), wrong = alike * tally_share(t);
      gain += 2 * likelihood(wrong, alike);
      n += alike;
      errors += wrong;
      shares++;
    }
    if (n > 0) gain -= 2 * likelihood(errors, n), shares--;
    all += n;
  }
  c->fit = all > 0 ? gain - shares * math_log(all) : 0;
  mem_free(tallies);
  return DESPUR_OK;
}

/* The best cell is there already; says what the candidate comes to. */
static despur_status decide(judge *j, despur_audit_candidate *c, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_audit *a = j->audit;
  double *counts = NULL;
  TRY(fit_errors(c, j, error));
  TRY(count_labels(&counts, j, c, error));
  c->label = despur_cramer(counts, c->cells, a->classes, a->confidence);
  if (c->best == SIZE_MAX) goto cleanup;
  const despur_audit_cell *best = &a->cells[c->best];
  if (best->toward != best->class_index) c->follows = follows(j, c, best, error);
  if (!best->confirmed) goto cleanup;
  c->verdict = DESPUR_WEAK_GROUP;
  if (c->label.low > 0 && goes_with(counts, c->cells, a->classes, best->cell, best->toward) &&
      !goes_with(counts, c->cells, a->classes, best->cell, best->class_index) &&
      find_answers(a, best, counts, c->cells))
    c->verdict = DESPUR_LEANS_ON_IT;
  for (size_t i = 0; c->verdict == DESPUR_LEANS_ON_IT && i < a->cells_count; i++)
    if (a->cells[i].candidate == best->candidate) a->cells[i].leans = 1;
cleanup:
  mem_free(counts);
  return status;
}

/* By how much errors are more frequent, without what the margin says of it. */
static double weight_of(const despur_audit_cell *c) {
  return c->left < c->excess ? c->left : c->excess;
}

/* Cells of partitions that are leaned on come first, as their candidates do, then other confirmed ones; those
 * that are the margin in disguise last. */
static int place_of(const despur_audit_cell *c) {
  if (c->leans && (c->confirmed || c->answers)) return 0;
  return c->confirmed ? 1 : c->disguised ? 3 : 2;
}

/* Among equals a confirmed cell is before one that answers it; then by the errors in excess that the margin
 * does not say. */
static int more_telling(const void *a, const void *b) {
  const despur_audit_cell *x = a, *y = b;
  if (place_of(x) != place_of(y)) return place_of(x) - place_of(y);
  if (x->confirmed != y->confirmed) return x->confirmed ? -1 : 1;
  if (weight_of(x) != weight_of(y)) return weight_of(x) > weight_of(y) ? -1 : 1;
  if (x->candidate != y->candidate) return x->candidate < y->candidate ? -1 : 1;
  if (x->cell != y->cell) return x->cell < y->cell ? -1 : 1;
  return (x->class_index > y->class_index) - (x->class_index < y->class_index);
}

static int standing(despur_audit_verdict verdict) {
  return verdict == DESPUR_LEANS_ON_IT ? 2 : verdict == DESPUR_WEAK_GROUP;
}

/* By the verdict; what was made without knowing labels or errors is before what may repeat them; then by how
 * well the whole partition tells the errors: one cell that is all errors may be a small part of what there
 * is. */
static int better_candidate(const void *a, const void *b) {
  const despur_audit_candidate *x = a, *y = b;
  if (standing(x->verdict) != standing(y->verdict)) return standing(y->verdict) - standing(x->verdict);
  if (x->from_labels != y->from_labels) return x->from_labels - y->from_labels;
  if (x->fit != y->fit) return x->fit > y->fit ? -1 : 1;
  return (x->best > y->best) - (x->best < y->best);
}

/* Sorts candidates; cells keep pointing to theirs. */
static despur_status rank(despur_audit *a, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *place = NULL;
  TRY(mem_alloc(&place, a->candidates_count, sizeof *place, error));
  if (a->candidates_count > 0)
    qsort(a->candidates, a->candidates_count, sizeof *a->candidates, better_candidate);
  for (size_t i = 0; i < a->candidates_count; i++)
    if (a->candidates[i].best != SIZE_MAX) place[a->cells[a->candidates[i].best].candidate] = i;
  for (size_t i = 0; i < a->cells_count; i++) a->cells[i].candidate = place[a->cells[i].candidate];
cleanup:
  mem_free(place);
  return status;
}

/* ---- what would have been found ---- */

/* The fewest errors in a group that are significant. */
static size_t critical(size_t group, size_t rest, size_t rest_wrong, double alpha) {
  size_t low = 0, high = group + 1; /* found at high */
  while (high - low > 1) {
    size_t middle = (low + high) / 2;
    if (despur_fisher_greater(middle, group, rest_wrong, rest) <= alpha)
      high = middle;
    else
      low = middle;
  }
  return high;
}

enum { QUANTILES = 7 };

/* How many of `count` successes with probability p there may be: the middles of QUANTILES parts of equal
 * chance, by the normal approximation. */
static size_t quantile(size_t part, size_t count, double p) {
  double z = normal_quantile(((double)part + 0.5) / QUANTILES), n = (double)count;
  double x = n * p + z * math_sqrt(n * p * (1 - p)) + 0.5;
  return x < 0 ? 0 : x > n ? count : (size_t)x;
}

/* A confirmation half as it may come out: how large the group is, and how many errors make it significant
 * given those of the rest. */
typedef struct outcome {
  size_t group, needed;
} outcome;

static void imagine(outcome outcomes[QUANTILES * QUANTILES], size_t count, double error, double share,
                    double alpha) {
  for (size_t g = 0; g < QUANTILES; g++)
    for (size_t w = 0; w < QUANTILES; w++) {
      size_t group = quantile(g, count, share), rest = count - group;
      bool tested = group >= AUDIT_LEAST && rest >= AUDIT_LEAST;
      outcomes[g * QUANTILES + w] =
          (outcome){group, tested ? critical(group, rest, quantile(w, rest, error), alpha) : group + 1};
    }
}

static double power_at(const outcome *outcomes, double error) {
  double sum = 0;
  for (size_t i = 0; i < (size_t)QUANTILES * QUANTILES; i++) {
    if (outcomes[i].needed > outcomes[i].group) continue;
    binomial_tails tails = binomial_at(outcomes[i].needed, outcomes[i].group, error);
    sum += tails.equal + tails.above;
  }
  return sum / (QUANTILES * QUANTILES);
}

/* Over the sizes that the group may have in the half, and the errors that the rest may. */
static double least_excess(size_t count, double error, double share, double alpha) {
  outcome outcomes[QUANTILES * QUANTILES];
  double low = 0, high = 1 - error;
  imagine(outcomes, count, error, share, alpha);
  if (power_at(outcomes, 1) < POWER) return (double)NAN;
  for (int i = 0; i < 40; i++) {
    double middle = (low + high) / 2;
    if (power_at(outcomes, error + middle) < POWER)
      low = middle;
    else
      high = middle;
  }
  return high;
}

static despur_status find_limits(judge *j, despur_error *error) {
  static const double SHARES[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.3};
  enum { COUNT = sizeof SHARES / sizeof *SHARES };
  const audit_data *d = j->data;
  despur_audit *a = j->audit;
  double alpha = (1 - a->confidence) / (double)(a->cells_count ? a->cells_count : 1);
  despur_status status = mem_alloc(&a->limits, d->classes * COUNT, sizeof *a->limits, error);
  for (uint32_t y = 0; status == DESPUR_OK && y < d->classes; y++) {
    audit_tally of_class = {0};
    for (size_t i = 0; i < d->judged_count; i++) {
      size_t e = d->judged[i];
      if (d->labels[e] == y) tally_add(&of_class, audit_weight(d, e), is_wrong(d, e));
    }
    size_t count = (size_t)tally_kish(&of_class);
    for (size_t s = 0; s < COUNT; s++)
      a->limits[a->limits_count++] = (despur_audit_limit){
          y, SHARES[s], count ? least_excess(count, tally_share(&of_class), SHARES[s], alpha) : (double)NAN};
  }
  return status;
}

static bool any_limit(const despur_audit *a) {
  for (size_t i = 0; i < a->limits_count; i++)
    if (!isnan(a->limits[i].excess)) return true;
  return false;
}

static void find_best(despur_audit *a) {
  for (size_t c = 0; c < a->candidates_count; c++) a->candidates[c].best = SIZE_MAX;
  for (size_t i = a->cells_count; i-- > 0;) a->candidates[a->cells[i].candidate].best = i;
}

static void sort_cells(despur_audit *a) {
  if (a->cells_count > 0) qsort(a->cells, a->cells_count, sizeof *a->cells, more_telling);
  find_best(a);
}

/* The cell that the verdict names is the first row, whatever else is more telling about some class. */
static void put_first(despur_audit *a) {
  const size_t at = a->candidates[0].best;
  const despur_audit_cell cell = a->cells[at];
  for (size_t i = at; i > 0; i--) a->cells[i] = a->cells[i - 1];
  a->cells[0] = cell;
  find_best(a);
}

static despur_status conclude(judge *j, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_audit *a = j->audit;
  sort_cells(a);
  for (size_t c = 0; c < a->candidates_count; c++) TRY(decide(j, &a->candidates[c], error));
  sort_cells(a); /* with what answers */
  TRY(rank(a, error));
  TRY(find_limits(j, error));
  a->verdict = a->candidates_count ? a->candidates[0].verdict : DESPUR_NOTHING_FOUND;
  if (a->verdict != DESPUR_NOTHING_FOUND) put_first(a);
  if (a->verdict == DESPUR_NOTHING_FOUND && (a->cells_count == 0 || !any_limit(a)))
    a->verdict = DESPUR_TOO_FEW_EXAMPLES;
cleanup:
  return status;
}

/* What a cell looks like is asked of what it was cut from. */
static despur_status open_discriminants(judge *j, despur_error *error) {
  despur_status status = DESPUR_OK;
  const audit_data *d = j->data;
  const view_maps *m = d->maps;
  const audit_coordinates components = {.values = d->q, .k = d->components, .stride = d->components};
  if (!d->q) return DESPUR_OK;
  TRY(audit_discriminant_create(&j->discriminant, d, &components, error));
  if (!m || m->without) return DESPUR_OK;
  TRY(mem_alloc(&j->of_maps, d->classes, sizeof(audit_discriminant *), error));
  for (size_t y = 0; y < d->classes; y++) {
    const size_t places = m->rows * m->columns;
    const audit_coordinates map = {m->values + y * places, places, d->classes * places, m->row_of};
    TRY(audit_discriminant_create(&j->of_maps[y], d, &map, error));
  }
cleanup:
  return status;
}

/* So that many cells of many classes are looked at one class at a time. */
static despur_status sort_by_class(judge *j, despur_error *error) {
  despur_status status = DESPUR_OK;
  const audit_data *d = j->data;
  size_t *next = NULL;
  TRY(mem_alloc(&j->of_class, d->judged_count, sizeof *j->of_class, error));
  TRY(mem_alloc(&j->first, d->classes + 1, sizeof *j->first, error));
  TRY(mem_alloc(&next, d->classes, sizeof *next, error));
  for (size_t i = 0; i < d->judged_count; i++) j->first[d->labels[d->judged[i]] + 1]++;
  for (size_t y = 0; y < d->classes; y++) j->first[y + 1] += next[y] = j->first[y];
  for (size_t i = 0; i < d->judged_count; i++) j->of_class[next[d->labels[d->judged[i]]]++] = d->judged[i];
cleanup:
  mem_free(next);
  return status;
}

despur_status audit_judge(despur_audit *audit, const audit_data *data, despur_error *error) {
  despur_status status = DESPUR_OK;
  judge j = {.data = data, .audit = audit};
  audit_tally all = {0};
  TRY(open_discriminants(&j, error));
  TRY(sort_by_class(&j, error));
  TRY(mem_alloc(&j.score, data->n, sizeof *j.score, error));
  TRY(mem_alloc(&j.margins, data->judged_count, sizeof *j.margins, error));
  TRY(mem_alloc(&j.rows, data->judged_count, sizeof *j.rows, error));
  for (size_t i = 0; i < data->judged_count; i++)
    tally_add(&all, audit_weight(data, data->judged[i]), is_wrong(data, data->judged[i]));
  audit->error = tally_share(&all);
  audit->effective = tally_kish(&all);
  for (size_t c = 0; c < audit->candidates_count; c++) TRY(test_candidate(&j, c, error));
  TRY(correct(&j, error));
  TRY(conclude(&j, error));
cleanup:
  audit_discriminant_free(j.discriminant);
  for (size_t y = 0; j.of_maps && y < data->classes; y++) audit_discriminant_free(j.of_maps[y]);
  mem_free(j.of_maps);
  mem_free(j.score);
  mem_free(j.margins);
  mem_free(j.of_class);
  mem_free(j.first);
  mem_free(j.rows);
  return status;
}
