/* Models whose predictions lie in tables: what their page shows. */
#ifndef REPORT_MODELS_H
#define REPORT_MODELS_H

#include "base/json_write.h"
#include "despur/compare.h"
#include "despur/report.h"
#include "report/drawing/page_parts.h"
#include "report/loading/cells.h"
#include "report/loading/load.h"
#include "report/verdicts/verdict.h"

/* The object of despur_measured_json, as a member or an element of another. */
void measured_write(json_writer *j, const char *name, const despur_measured *of);

/* What makes the groups of one column, "sex", or, i = alone_count, of all together, "sex x race". */
const char *model_attribute(const despur_predicted *predicted, size_t i);

/* Whether the manifest of a directory says that it is of that kind. */
DESPUR_MUST_USE despur_status directory_is_of(bool *found, const char *directory, const char *kind,
                                              despur_error *error);

/* Whether a directory is what despur_report_models leaves. */
DESPUR_MUST_USE despur_status models_are_in(bool *found, const char *directory, despur_error *error);

/* Names and hashes of the tables that such a directory was made from, for manifest.json.
 * DESPUR_BAD_INPUT when one cannot be read, or was standard input and is gone. */
DESPUR_MUST_USE despur_status models_hash_tables(text_pairs *out, const char *directory, despur_error *error);

/* Reads these tables once more and leaves the same in another directory. */
DESPUR_MUST_USE despur_status models_again(const char *directory, const char *into, despur_error *error);

/* Whether it may leave that there; DESPUR_BAD_USAGE says why not. */
DESPUR_MUST_USE despur_status models_may_fill(const char *directory, bool force, despur_error *error);

/* What a page of two models has besides, when they are one before and after something. */
typedef struct page_extra {
  const char *title, *sentence, *lede;
  void (*sections)(markup *m, const void *context);
  void (*again)(markup *m); /* how to get it once more */
  const void *context;
} page_extra;

/* A page of models; the first one's groups are its rows. */
typedef struct model_page {
  const despur_model *models;
  size_t count;
  const report_cell *cells; /* [groups of the first] */
  const verdict *said;
  const char *const *names; /* [groups of the first] as the page has them: ">50K: Female x Black" */
  const char *heading;      /* of these: "income: sex x race" */
  const char *asked;        /* what columns.json says */
  text_pairs inputs;        /* tables and their hashes */
  bool kept;                /* it lies in a directory of despur_report_models */
  const page_extra *extra;  /* or NULL */
} model_page;

/* Of one model, and of several. */
void page_one_model(markup *m, const model_page *page);
void page_several_models(markup *m, const model_page *page);

/* The page of models with something besides. *page: release with mem_free. */
DESPUR_MUST_USE despur_status models_page(char **page, const despur_model *models, size_t count,
                                          const page_extra *extra, despur_error *error);

/* Which of several is best for its worst group. page->said is not looked at. */
DESPUR_MUST_USE despur_status verdict_write_models(verdict *out, const model_page *page, despur_error *error);

/* Compares two models on the same examples. *paired: whether these are the same, and out is to be released.
 */
DESPUR_MUST_USE despur_status models_compare(despur_comparison *out, bool *paired, const despur_model *a,
                                             const despur_model *b, double confidence, despur_error *error);

/* Its sections; those that have nothing to show write nothing. */
/* What was drawn at random and what weights make of it, where that is said; named: with the model's name. */
void model_units(markup *m, const despur_model *model, bool named);
void model_groups(markup *m, const model_page *page);
void model_confusion(markup *m, const model_page *page);
void model_rates(markup *m, const model_page *page);
void model_spreads(markup *m, const model_page *page); /* of several models */
void model_calibration(markup *m, const model_page *page);
void model_unchecked(markup *m, const model_page *page);
void model_files(markup *m, const model_page *page);

#endif
