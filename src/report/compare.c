/* What runs say together. */
#include "report/compare.h"

#include <math.h>
#include <stdio.h>

double compare_value(const compare_run *run, int measure) {
  const despur_scores *s = &report_last_stage(&run->run)->final->scores;
  const report_rule *rule = report_used_rule(&run->run);
  const double chosen = rule ? rule->val_worst_group_accuracy : (double)NAN;
  const double values[COMPARE_MEASURES] = {s->worst_group_accuracy,
                                           s->average_accuracy,
                                           s->train_weighted_average,
                                           s->balanced_group_accuracy,
                                           chosen,
                                           rule ? chosen - rule->optimism : (double)NAN};
  return 100 * values[measure];
}

bool compare_counts(const comparison *c, size_t run, size_t data, size_t method) {
  const compare_run *r = &c->runs[run];
  return !*r->left_out && r->data == data && r->method == method;
}

repeats compare_repeats(const comparison *c, size_t data, size_t method, int measure) {
  size_t count = 0;
  for (size_t i = 0; i < c->directories.count; i++)
    if (compare_counts(c, i, data, method)) c->values[count++] = compare_value(&c->runs[i], measure);
  return repeats_of(c->values, count);
}

size_t compare_best(const comparison *c, size_t data, bool *surely) {
  size_t best = c->method_count;
  repeats most = {0};
  *surely = true;
  for (size_t m = 0; m < c->method_count; m++) {
    repeats r = compare_repeats(c, data, m, COMPARE_WORST);
    if (r.count == 0 || (best < c->method_count && r.mean <= most.mean)) continue;
    best = m;
    most = r;
  }
  for (size_t m = 0; m < c->method_count; m++) {
    repeats r = compare_repeats(c, data, m, COMPARE_WORST);
    if (m == best || r.count == 0) continue;
    if (r.count < 2 || most.count < 2 || !repeats_differ(&most, &r)) *surely = false;
  }
  return best;
}

static size_t methods_on(const comparison *c, size_t data) {
  size_t count = 0;
  for (size_t m = 0; m < c->method_count; m++) count += compare_repeats(c, data, m, COMPARE_WORST).count > 0;
  return count;
}

/* Whether another method's mean is the same. */
static bool is_shared(const comparison *c, size_t data, size_t method) {
  const double mean = compare_repeats(c, data, method, COMPARE_WORST).mean;
  for (size_t m = 0; m < c->method_count; m++)
    if (m != method && compare_repeats(c, data, m, COMPARE_WORST).mean == mean) return true;
  return false;
}

static despur_status write_method(text *out, const comparison *c, size_t data, size_t method,
                                  despur_error *error) {
  repeats r = compare_repeats(c, data, method, COMPARE_WORST);
  if (r.count == 1)
    return text_add(out, error, "%s gets %.1f %% of its worst group right, in one run", c->methods[method],
                    r.mean);
  return text_add(
      out, error,
      "%s gets %.1f %% of its worst group right on average over %zu runs (standard deviation %.1f)",
      c->methods[method], r.mean, r.count, r.deviation);
}

static despur_status write_one_data_set(text *out, const comparison *c, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool surely;
  size_t best = compare_best(c, 0, &surely), methods = methods_on(c, 0);
  TRY(write_method(out, c, 0, best, error));
  const char *others = methods > 2 ? "every other method" : "the other method";
  if (methods > 1 && is_shared(c, 0, best))
    TRY(text_add(out, error, ", and no other method more"));
  else if (methods > 1)
    TRY(text_add(out, error, ", more than %s, %s", others,
                 surely ? "and by more than chance explains" : "but not surely"));
  TRY(text_add(out, error, "."));
cleanup:
  return status;
}

despur_status compare_verdict(text *out, const comparison *c, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (c->data_count == 1) {
    TRY(write_one_data_set(out, c, error));
    if (out->data[0] >= 'a' && out->data[0] <= 'z') out->data[0] = (char)(out->data[0] - 'a' + 'A');
    return DESPUR_OK;
  }
  TRY(text_add(out, error, "On %zu data sets the best worst group is that of ", c->data_count));
  bool first = true;
  for (size_t m = 0; m < c->method_count; m++) {
    size_t wins = 0, sure = 0;
    for (size_t d = 0; d < c->data_count; d++) {
      bool surely;
      if (compare_best(c, d, &surely) != m) continue;
      wins++;
      sure += surely && methods_on(c, d) > 1;
    }
    if (wins == 0) continue;
    TRY(text_add(out, error, "%s%s %zu %s (%zu by more than chance explains)", first ? "" : ", of ",
                 c->methods[m], wins, wins == 1 ? "time" : "times", sure));
    first = false;
  }
  TRY(text_add(out, error, "."));
cleanup:
  return status;
}
