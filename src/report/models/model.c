/* A model from a table, and everything that is measured of it. */
#include "base/memory.h"
#include "despur/report.h"

static despur_status measure_alone(despur_model *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_predicted *p = &model->predicted;
  TRY(mem_alloc(&model->alone, p->alone_count, sizeof *model->alone, error));
  TRY(mem_alloc(&model->rates, p->alone_count + 1, sizeof *model->rates, error));
  for (size_t i = 0; i < p->alone_count; i++) {
    TRY(despur_predicted_scores(&model->alone[i], &p->alone[i], error));
    TRY(despur_rates_compute(&model->rates[i], &p->alone[i], 0.95, error));
  }
  TRY(despur_rates_compute(&model->rates[p->alone_count], p, 0.95, error));
cleanup:
  return status;
}

despur_status despur_model_measure(despur_model *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(despur_predicted_scores(&model->scores, &model->predicted, error));
  TRY(despur_measures_compute(&model->measures, &model->predicted, error));
  TRY(measure_alone(model, error));
cleanup:
  if (status != DESPUR_OK) despur_model_release(model);
  return status;
}

despur_status despur_model_read(despur_model *out, const char *label, const char *path,
                                const despur_columns *columns, despur_error *error) {
  *out = (despur_model){.label = label, .path = path, .columns = columns ? *columns : (despur_columns){0}};
  despur_status status = despur_predicted_read(&out->predicted, path, columns, error);
  return status == DESPUR_OK ? despur_model_measure(out, error) : status;
}

void despur_model_release(despur_model *model) {
  for (size_t i = 0; model->alone && i < model->predicted.alone_count; i++)
    despur_scores_release(&model->alone[i]);
  for (size_t i = 0; model->rates && i <= model->predicted.alone_count; i++)
    despur_rates_release(&model->rates[i]);
  mem_free(model->alone);
  mem_free(model->rates);
  despur_measures_release(&model->measures);
  despur_scores_release(&model->scores);
  despur_predicted_release(&model->predicted);
  *model = (despur_model){0};
}

despur_measured despur_model_measured(const despur_model *model, bool by_group) {
  return (despur_measured){.label = model->label,
                           .scores = &model->scores,
                           .predicted = &model->predicted,
                           .measures = &model->measures,
                           .alone = model->alone,
                           .rates = model->rates,
                           .by_group = by_group};
}
