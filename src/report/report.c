#include "despur/report.h"

#include "base/memory.h"
#include "io/file.h"
#include "report/compare.h"
#include "report/figures/plot.h"
#include "report/loading/load.h"
#include "report/page.h"
#include "report/verdicts/verdict.h"

#include <stdio.h>
#include <unistd.h>

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

/* DIRECTORY/NAME-1.svg for index 0. */
static despur_status plot_path(char path[1024], const char *directory, const char *name, size_t index,
                               despur_error *error) {
  char file[64];
  snprintf(file, sizeof file, "%s-%zu.svg", name, index + 1);
  return file_join(path, directory, file, error);
}

static despur_status write_plot(const char *directory, const plot *kind, const report_run *run, size_t index,
                                despur_error *error) {
  char path[1024];
  markup m = {.error = error};
  despur_status status = plot_path(path, directory, kind->name, index, error);
  if (status != DESPUR_OK) return status;
  plot_draw(&m, kind, run, index, true);
  status = write_markup(path, &m, error);
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

static despur_status report_one(const char *directory, const despur_report_options *options, char **sentence,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  report_run run = {0};
  verdict v = {0};
  int hold = -1;
  if (!options->manifest) TRY(report_hold(&hold, directory, error)); /* else the run itself asks */
  TRY(report_load(&run, directory, options->manifest, error));
  TRY(report_load_details(&run, error));
  TRY(verdict_write(&v, &run, error));
  if (options->page) TRY(write_page(options->page, &run, &v, error));
  if (options->plots) TRY(write_plots(options->plots, &run, error));
  if (sentence) *sentence = v.sentence.data, v.sentence.data = NULL;
cleanup:
  if (hold >= 0) close(hold);
  verdict_release(&v);
  report_run_release(&run);
  return status;
}

static despur_status write_comparison_plot(const char *directory, const char *name, const comparison *c,
                                           size_t data, void (*draw)(chart *, const comparison *, size_t),
                                           despur_error *error) {
  markup m = {.error = error};
  chart drawn = {.m = &m, .standalone = true};
  char path[1024];
  despur_status status = plot_path(path, directory, name, data, error);
  if (status == DESPUR_OK) {
    draw(&drawn, c, data);
    status = write_markup(path, &m, error);
  }
  mem_free(m.text.data);
  return status;
}

static despur_status report_several(const char *const *directories, size_t count,
                                    const despur_report_options *options, char **sentence,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  comparison c;
  text said = {0};
  markup m = {.error = error};
  TRY(compare_load(&c, directories, count, error));
  TRY(compare_verdict(&said, &c, error));
  if (options->page) {
    page_comparison(&m, &c, said.data);
    TRY(write_markup(options->page, &m, error));
  }
  if (options->plots) TRY(file_make_directories(options->plots, error));
  for (size_t d = 0; options->plots && d < c.data_count; d++) {
    TRY(write_comparison_plot(options->plots, "runs", &c, d, compare_draw_runs, error));
    TRY(write_comparison_plot(options->plots, "front", &c, d, compare_draw_front, error));
  }
  if (sentence) *sentence = said.data, said.data = NULL;
cleanup:
  mem_free(said.data);
  mem_free(m.text.data);
  compare_release(&c);
  return status;
}

despur_status despur_report(const char *const *directories, size_t count,
                            const despur_report_options *options, char **sentence, despur_error *error) {
  if (count == 0) return error_set(error, DESPUR_BAD_USAGE, "expected a run directory, found none");
  bool single = false;
  despur_status status = count == 1 ? report_is_run(&single, directories[0], error) : DESPUR_OK;
  if (status != DESPUR_OK) return status;
  if (single) return report_one(directories[0], options, sentence, error);
  return report_several(directories, count, options, sentence, error);
}
