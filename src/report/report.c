#include "despur/report.h"

#include "base/memory.h"
#include "io/file.h"
#include "report/load.h"
#include "report/page.h"
#include "report/plot.h"
#include "report/verdict.h"

#include <stdio.h>

static despur_status write_markup(const char *path, const markup *m, despur_error *error) {
  return m->status == DESPUR_OK ? file_write_text(path, m->text.data, error) : m->status;
}

static despur_status write_page(const char *path, const report_run *run, const verdict *v,
                                despur_error *error) {
  markup m = {.error = error};
  page_run(&m, run, v);
  despur_status status = write_markup(path, &m, error);
  mem_free(m.text.data);
  return status;
}

static despur_status write_plot(const char *directory, const plot *kind, const report_run *run, size_t index,
                                despur_error *error) {
  char path[1024];
  markup m = {.error = error};
  int length = snprintf(path, sizeof path, "%s/%s-%zu.svg", directory, kind->name, index + 1);
  if (length < 0 || (size_t)length >= sizeof path)
    return error_set(error, DESPUR_BAD_USAGE, "%s: the path is too long", directory);
  plot_draw(&m, kind, run, index, true);
  despur_status status = write_markup(path, &m, error);
  mem_free(m.text.data);
  return status;
}

static despur_status write_plots(const char *directory, const report_run *run, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(file_make_directories(directory, error));
  for (size_t p = 0; plots[p]; p++)
    for (size_t i = 0; i < plots[p]->count(run); i++) TRY(write_plot(directory, plots[p], run, i, error));
cleanup:
  return status;
}

despur_status despur_report(const char *directory, const despur_report_options *options, char **sentence,
                            despur_error *error) {
  despur_status status = DESPUR_OK;
  report_run run;
  verdict v = {0};
  TRY(report_load(&run, directory, options->manifest, error));
  TRY(verdict_write(&v, &run, error));
  if (options->page) TRY(write_page(options->page, &run, &v, error));
  if (options->plots) TRY(write_plots(options->plots, &run, error));
  if (sentence) *sentence = v.sentence.data, v.sentence.data = NULL;
cleanup:
  verdict_release(&v);
  report_run_release(&run);
  return status;
}
