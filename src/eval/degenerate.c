/* Predictors whose accuracies mean nothing of what they seem to mean. Every definition is one of counts; each
 * is met surely, at 95 % confidence, or not at all. */
#include "base/format.h"
#include "base/math.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "despur/text.h"
#include "eval/cells.h"
#include "eval/predictions/predicted.h"
#include "eval/statistics/difference.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/effective.h"
#include "eval/statistics/student.h"

#include <math.h>
#include <string.h>

static const double CONFIDENCE = 0.95, ALPHA = 0.05;
static const double RARELY = 0.01;   /* other classes are predicted less often than this share of them */
static const double NEAR = 0.05;     /* of the way from chance to perfect: no better than chance */
static const double HALF_WAY = 0.5;  /* not that either, if data are few and can tell it from this */
static const double INVERSION = 0.1; /* unusual examples are at least that much better */

const char *despur_degenerate_name(despur_degenerate_kind kind) {
  static const char *const NAMES[] = {NULL,       "constant_scores", "one_class",
                                      "inverted", "chance",          "below_chance"};
  return kind > DESPUR_NOT_DEGENERATE && kind <= DESPUR_BELOW_CHANCE ? NAMES[kind] : NULL;
}

int despur_degenerate_sentence(char sentence[256], const despur_degenerate *d) {
  double first = 100 * d->accuracy, second = 100 * d->expected;
  char class[sizeof d->class_name];
  if (*d->class_name)
    memcpy(class, d->class_name, sizeof class);
  else
    format_text(class, sizeof class, "%u", d->predicted_class);
  switch (d->kind) {
  case DESPUR_CONSTANT_SCORES:
    return format_text(sentence, 256,
                       "constant scores: every example gets the same probabilities, and class %s", class);
  case DESPUR_ONE_CLASS:
    return format_text(sentence, 256,
                       "one class only: %.4g %% of all predictions are class %s, whatever the example is",
                       100 * d->share, class);
  case DESPUR_CHANCE:
    return format_text(
        sentence, 256,
        "cannot be told from chance: %.1f %% right, and the same predictions dealt out at random "
        "would be %.1f %% right",
        first, second);
  case DESPUR_BELOW_CHANCE:
    return format_text(
        sentence, 256,
        "worse than chance: %.1f %% right, and the same predictions dealt out at random would be "
        "%.1f %% right (are the classes numbered alike?)",
        first, second);
  case DESPUR_INVERTED:
    return format_text(
        sentence, 256,
        "inverted: %.1f %% right where the attribute is the usual one of the class, %.1f %% where "
        "it is not (is the attribute coded alike?)",
        first, second);
  default:
    sentence[0] = 0;
    return 0;
  }
}

/* ---- one class ---- */

/* How often each class occurs and is predicted. */
typedef struct margins {
  size_t *labels, *predictions; /* [classes] */
  size_t correct;
} margins;

static despur_status count_margins(margins *out, const cells *c, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (margins){0};
  TRY(mem_alloc(&out->labels, 2 * c->classes, sizeof *out->labels, error));
  out->predictions = out->labels + c->classes;
  for (size_t j = 0; j < c->count; j++) {
    out->labels[c->cells[j].label] += c->cells[j].count;
    out->predictions[c->cells[j].prediction] += c->cells[j].count;
    if (c->cells[j].label == c->cells[j].prediction) out->correct += c->cells[j].count;
  }
cleanup:
  return status;
}

static bool is_one_class(despur_degenerate *out, const cells *c, const margins *m) {
  size_t often = 0;
  for (size_t y = 1; y < c->classes; y++)
    if (m->predictions[y] > m->predictions[often]) often = y;
  out->predicted_class = (uint32_t)often;
  out->share = (double)m->predictions[often] / (double)c->examples;
  double others = (double)(c->examples - m->labels[often]),
         predicted = (double)(c->examples - m->predictions[often]);
  return predicted < RARELY * others;
}

/* ---- inverted ---- */

static despur_interval interval_of(size_t correct, size_t count, despur_effective effective) {
  const despur_group_score share = {.correct = correct, .count = count, .effective = effective};
  return group_interval(&share, CONFIDENCE);
}

/* The part of a label's parts first..end that is usual: most training examples; where these are unknown, more
 * than half of the examples, surely. end when there is none. */
static size_t usual_part(const cells *c, size_t first, size_t end) {
  size_t most = cells_usual(c, first, end), total = 0;
  for (size_t k = first; k < end; k++) total += c->parts[k].count;
  if (cells_trained(c, first, end)) return c->parts[most].train > 0 ? most : end;
  return interval_of(c->parts[most].count, total, c->parts[most].share).low > 0.5 ? most : end;
}

/* Means over labels, their intervals combined by MOVER (Zou and Donner 2008); where labels share units, as if
 * all of them were wrong together. */
static bool is_inverted(despur_degenerate *out, const cells *c) {
  double usual = 0, other = 0, up = 0, down = 0;
  size_t labels = 0;
  for (size_t first = 0, end; first < c->part_count; first = end) {
    end = cells_label_end(c, first);
    size_t at = usual_part(c, first, end), count = 0, correct = 0;
    if (end - first < 2 || at == end) continue;
    const cell_part *here = &c->parts[at];
    for (size_t k = first; k < end; k++) {
      if (k == at) continue;
      count += c->parts[k].count;
      correct += c->parts[k].correct;
    }
    double p = (double)here->correct / (double)here->count, q = (double)correct / (double)count;
    despur_interval of_p = interval_of(here->correct, here->count, here->effective);
    despur_interval of_q = interval_of(correct, count, here->others);
    double high = of_p.high - p;
    double low = q - p -
                 (c->parts_share_units ? together_interval(q, of_q, p, of_p)
                                       : difference_interval(p, of_p, q, of_q, 0))
                     .low;
    usual += p;
    other += q;
    up += c->labels_share_units ? high : high * high;
    down += c->labels_share_units ? low : low * low;
    labels++;
  }
  if (labels == 0) return false;
  double share = 1 / (double)labels;
  out->accuracy = usual * share;
  out->expected = other * share;
  if (!c->labels_share_units) {
    up = math_sqrt(up);
    down = math_sqrt(down);
  }
  return out->accuracy + share * up < 0.5 && out->expected - out->accuracy - share * down > INVERSION;
}

/* ---- chance ---- */

/* Cohen's kappa: the share of the way from what predictions dealt out at random get to perfect ones, and its
 * standard deviation when they are (matches of a random permutation: Hoeffding 1951). */
static despur_interval skill(despur_degenerate *out, const cells *c, const margins *m) {
  double n = (double)c->examples, products = 0, by_label = 0, by_prediction = 0;
  for (size_t y = 0; y < c->classes; y++) {
    double a = (double)m->labels[y], b = (double)m->predictions[y];
    products += a * b;
    by_label += a * a * b;
    by_prediction += a * b * b;
  }
  double variance = (products - (by_label + by_prediction) / n + products / n * (products / n)) / (n - 1);
  out->accuracy = (double)m->correct / n;
  out->expected = products / (n * n);
  double room = 1 - out->expected, kappa = (out->accuracy - out->expected) / room;
  const double Z = 1.959963984540054; /* of 95 % */
  double half = Z * math_sqrt(variance > 0 ? variance : 0) / (n * room);
  if (c->units > 0) half = fmax(half, student_of_normal(Z, c->units - 1) * c->kappa_deviation);
  return (despur_interval){kappa - half, kappa + half};
}

static despur_degenerate_kind compared_with_chance(despur_interval kappa) {
  if (kappa.low > -NEAR && kappa.high < NEAR) return DESPUR_CHANCE;
  if (kappa.high < 0) return DESPUR_BELOW_CHANCE;
  return kappa.low <= 0 && kappa.high < HALF_WAY ? DESPUR_CHANCE : DESPUR_NOT_DEGENERATE;
}

/* ---- */

static size_t labels_present(const cells *c) {
  size_t labels = 0;
  for (size_t first = 0; first < c->part_count; first = cells_label_end(c, first)) labels++;
  return labels;
}

despur_status cells_degenerate(despur_degenerate *out, const cells *c, const cells_told *told, bool constant,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  margins m = {0};
  *out = (despur_degenerate){.accuracy = (double)NAN, .expected = (double)NAN, .share = (double)NAN};
  if (labels_present(c) < 2) return DESPUR_OK;
  TRY(count_margins(&m, c, error));
  if (is_one_class(out, c, &m)) {
    out->kind = constant ? DESPUR_CONSTANT_SCORES : DESPUR_ONE_CLASS;
  } else if (is_inverted(out, c)) {
    out->kind = DESPUR_INVERTED;
  } else {
    /* who follows the attribute may be right as often as chance would have it, and is not guessing */
    despur_interval kappa = skill(out, c, &m);
    if (isnan(told->p_value) || told->p_value > ALPHA) out->kind = compared_with_chance(kappa);
  }
cleanup:
  mem_free(m.labels);
  return status;
}

static bool has_constant_scores(const despur_predicted *p) {
  if (!p->probabilities || p->count < 2) return false;
  for (size_t i = 1; i < p->count; i++)
    for (size_t k = 0; k < p->classes; k++)
      if (!(fabs(p->probabilities[i * p->classes + k] - p->probabilities[k]) <= 1e-6)) return false;
  return true;
}

static void name_class(despur_degenerate *d, const despur_predicted *p) {
  const char *name = p->class_names && d->kind ? p->class_names[d->predicted_class] : "";
  size_t length = 0, step;
  for (; name[length]; length += step) {
    step = despur_text_character(name + length);
    if (step == 0) step = 1; /* a control character, which whoever shows the text escapes */
    if (length + step >= sizeof d->class_name) break;
  }
  memcpy(d->class_name, name, length);
  d->class_name[length] = 0;
}

despur_status predicted_judge(despur_degenerate *out, cells_told *told, const despur_predicted *p,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  cells counted = {0};
  cells_told own;
  despur_predicted once;
  if (!told) told = &own;
  if (p->repeats > 0) { /* each example once; what it has is no attribute then */
    once = *p;
    once.count = predicted_examples(p);
    once.attributes = NULL;
    once.repeats = 0;
    p = &once;
  }
  TRY(cells_count(&counted, p, error));
  TRY(cells_tell_attribute(told, &counted, error));
  if (p->units) TRY(cells_add_units(&counted, p, error));
  if (p->units) TRY(cells_tell_by_unit(told, p, error));
  TRY(cells_degenerate(out, &counted, told, has_constant_scores(p), error));
  name_class(out, p);
cleanup:
  cells_release(&counted);
  return status;
}
