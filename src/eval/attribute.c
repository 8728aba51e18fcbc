/* How well predictions tell the attribute. Within a label they can only do so if the predictor uses it, or
 * something that goes with it: a perfect predictor says the same of all examples of a label. So one guesses
 * the attribute of an example from its label and prediction, for each of these the attribute among whose
 * examples the prediction is most frequent, and counts every attribute of a label alike, however rare it is.
 * Codes do not matter: nothing is compared but counts.
 *
 * Guesses that are fitted to the counts they are judged by are too good, so what is called chance is not
 * 1 / attributes, but what the same fit gives when predictions are dealt out anew. */
#include "base/memory.h"
#include "base/random.h"
#include "eval/cells.h"
#include "eval/statistics/draw.h"

#include <math.h>

static const size_t DEALS = 199, LEAST_DEALS = 19, MOST_WORK = (size_t)1 << 21;

/* Room for one label: by prediction. */
typedef struct room {
  double *best;     /* [classes] the largest share that an attribute has of the prediction */
  size_t *left;     /* [classes] examples of the label with the prediction, not yet dealt */
  uint32_t *served; /* the predictions that occur */
  size_t occurring;
} room;

static double sum_and_reset(room *r) {
  double sum = 0;
  for (size_t k = 0; k < r->occurring; k++) {
    sum += r->best[r->served[k]];
    r->best[r->served[k]] = 0;
  }
  return sum;
}

static void offer(room *r, uint32_t prediction, size_t count, size_t of) {
  double share = (double)count / (double)of;
  if (share > r->best[prediction]) r->best[prediction] = share;
}

/* Of the parts first..end, which are all of one label: mean over attributes of how many are guessed. */
static double observed(room *r, const cells *c, size_t first, size_t end) {
  for (size_t k = first; k < end; k++)
    for (size_t j = c->parts[k].first; j < c->parts[k].end; j++)
      offer(r, c->cells[j].prediction, c->cells[j].count, c->parts[k].count);
  return sum_and_reset(r) / (double)(end - first);
}

static size_t count_predictions(room *r, const cells *c, size_t first, size_t end) {
  size_t examples = 0;
  for (size_t k = 0; k < r->occurring; k++) r->left[r->served[k]] = 0;
  r->occurring = 0;
  for (size_t j = c->parts[first].first; j < c->parts[end - 1].end; j++) {
    uint32_t prediction = c->cells[j].prediction;
    if (r->left[prediction] == 0) r->served[r->occurring++] = prediction;
    r->left[prediction] += c->cells[j].count;
    examples += c->cells[j].count;
  }
  return examples;
}

/* The same after the label's predictions have been dealt out to its examples at random. */
static double dealt(room *r, const cells *c, size_t first, size_t end, random_stream *stream) {
  size_t examples = count_predictions(r, c, first, end);
  for (size_t k = first; k < end; k++) {
    size_t wanted = c->parts[k].count, pool = examples;
    for (size_t j = 0; j < r->occurring && wanted > 0; j++) {
      size_t *here = &r->left[r->served[j]], got = draw_hypergeometric(stream, pool, *here, wanted);
      offer(r, r->served[j], got, c->parts[k].count);
      pool -= *here;
      *here -= got;
      wanted -= got;
    }
    examples -= c->parts[k].count;
  }
  return sum_and_reset(r) / (double)(end - first);
}

/* Mean over the labels that have several attributes; stream: NULL for what was observed. */
static double over_labels(room *r, const cells *c, random_stream *stream) {
  double sum = 0;
  size_t labels = 0;
  for (size_t first = 0, end; first < c->part_count; first = end) {
    end = cells_label_end(c, first);
    if (end - first < 2) continue;
    count_predictions(r, c, first, end);
    sum += stream ? dealt(r, c, first, end, stream) : observed(r, c, first, end);
    labels++;
  }
  return labels ? sum / (double)labels : (double)NAN;
}

/* As many deals as can be had in reasonable time. */
static size_t affordable_deals(room *r, const cells *c) {
  size_t work = 1;
  for (size_t first = 0, end; first < c->part_count; first = end) {
    end = cells_label_end(c, first);
    count_predictions(r, c, first, end);
    work += (end - first) * r->occurring;
  }
  size_t deals = MOST_WORK / work;
  return deals > DEALS ? DEALS : deals < LEAST_DEALS ? LEAST_DEALS : deals;
}

despur_status cells_tell_attribute(cells_told *out, const cells *c, despur_error *error) {
  despur_status status = DESPUR_OK;
  random_stream stream = random_open(0, "attribute", 0);
  room r = {0};
  double sum = 0;
  size_t as_good = 1;
  *out = (cells_told){(double)NAN, (double)NAN, (double)NAN};
  TRY(mem_alloc(&r.best, c->classes, sizeof *r.best, error));
  TRY(mem_alloc(&r.left, c->classes, sizeof *r.left, error));
  TRY(mem_alloc(&r.served, c->classes, sizeof *r.served, error));
  out->accuracy = over_labels(&r, c, NULL);
  if (isnan(out->accuracy)) goto cleanup;
  size_t deals = affordable_deals(&r, c);
  for (size_t d = 0; d < deals; d++) {
    double by_chance = over_labels(&r, c, &stream);
    sum += by_chance;
    as_good += by_chance >= out->accuracy - 1e-12;
  }
  out->chance = sum / (double)deals;
  out->p_value = (double)as_good / (double)(deals + 1);
cleanup:
  mem_free(r.best);
  mem_free(r.left);
  mem_free(r.served);
  return status;
}
