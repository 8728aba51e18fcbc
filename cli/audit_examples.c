#include "audit_examples.h"

#include "counting.h"
#include "embedding.h"
#include "examples.h"
#include "output.h"

#include "despur/run.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Whether the model is to be looked into: reading data once more would be in vain. */
static bool asks_for_maps(const cli_arguments *arguments) {
  const char *finders = cli_value(arguments, "finders");
  return !finders || strcmp(finders, "all") == 0 || strstr(finders, "maps");
}

/* ---- a folder of pictures and a model ---- */

/* A folder says its classes and splits itself. */
static despur_status refuse_others(const cli_arguments *arguments, despur_error *error) {
  static const char *const OTHERS[] = {
      "labels",        "splits",    "predictions", "logits",     "attributes", "table",
      "label",         "split",     "score",       "prediction", "positive",   "threshold",
      "probabilities", "attribute", "id",          "unit",       "weight",     "by"};
  for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
    if (cli_value(arguments, OTHERS[i]))
      return cli_fail(error, DESPUR_BAD_USAGE,
                      "audit: --%s is not for a folder of pictures, which says itself what they are; 'despur "
                      "features' makes an array and a table of it",
                      OTHERS[i]);
  return DESPUR_OK;
}

static despur_status read_folder(despur_examples *out, despur_picture_model *model,
                                 const cli_arguments *arguments, despur_error *error) {
  const int predicts = cli_value(arguments, "model-predicts") != NULL;
  despur_onnx_job job;
  despur_status status = refuse_others(arguments, error);
  if (status == DESPUR_OK)
    status = embedding_job(&job, arguments, cli_value(arguments, "model"), arguments->positional[0], error);
  if (status != DESPUR_OK) return status;
  counting shown = counting_start("pictures", false);
  job.watch = counting_watch(&shown);
  status = despur_onnx_examples(out, &job, predicts, error);
  if (status == DESPUR_OK && asks_for_maps(arguments))
    status = despur_onnx_look(model, &job, predicts, error);
  counting_end(&shown);
  return status;
}

/* ---- a run, arrays, tables ---- */

/* A run knows its labels and splits. */
static despur_status read_run(despur_examples *out, despur_picture_model *model,
                              const despur_examples_source *source, const cli_arguments *arguments,
                              int threads, despur_error *error) {
  const char *const others[] = {
      source->labels,   source->splits,       source->predictions, source->logits,     source->attributes,
      source->table,    source->label,        source->split,       source->prediction, source->attribute,
      source->unit,     source->weight,       source->by,          source->id,         source->score,
      source->positive, source->probabilities};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (others[i])
      return cli_fail(error, DESPUR_BAD_USAGE,
                      "%s: a run has its own labels and splits, and no table; expected no others, found '%s'",
                      source->features, others[i]);
  despur_status status = despur_run_examples(out, source->features, threads, NULL, error);
  if (status == DESPUR_OK && asks_for_maps(arguments))
    status = despur_run_look(model, source->features, threads, error);
  return status;
}

static bool is_run(const char *directory) {
  char path[4096];
  struct stat about;
  int bytes = snprintf(path, sizeof path, "%s/config.yaml", directory);
  return bytes > 0 && (size_t)bytes < sizeof path && stat(path, &about) == 0;
}

/* Arrays say so by their names. */
static bool is_array(const char *path) {
  static const char *const ENDINGS[] = {".npy", ".npz", ".safetensors"};
  for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
    const char *at = strstr(path, ENDINGS[i]);
    if (at && (at[strlen(ENDINGS[i])] == '\0' || at[strlen(ENDINGS[i])] == ':')) return true;
  }
  return false;
}

/* A word that is no array is a table, and without features and arrays a table says what a model predicted. */
static despur_status source_of(despur_examples_source *out, const cli_arguments *arguments, bool is_run,
                               despur_error *error) {
  const char *word = arguments->count ? arguments->positional[0] : NULL;
  bool is_table = word && !is_run && !is_array(word);
  *out = examples_source(arguments, is_table ? NULL : word);
  if (is_table && out->table)
    return cli_fail(error, DESPUR_BAD_USAGE, "audit: expected one table, found '%s' and '%s'", word,
                    out->table);
  if (is_table) out->table = word;
  out->predicted = out->table && !out->features && !out->labels && !out->predictions && !out->logits;
  out->zero_weights = true;
  out->score = cli_value(arguments, "score");
  out->positive = cli_value(arguments, "positive");
  out->probabilities = cli_value(arguments, "probabilities");
  return cli_fraction(&out->threshold, arguments, "threshold", error);
}

despur_status audit_examples_read(despur_examples *out, despur_picture_model *model,
                                  despur_audit_options *options, const cli_arguments *arguments,
                                  despur_error *error) {
  despur_examples_source source;
  const char *word = arguments->count ? arguments->positional[0] : NULL, *other = embedding_given(arguments);
  bool folder = word && cli_is_folder(word), with_model = cli_value(arguments, "model") != NULL;
  if (folder && with_model) return read_folder(out, model, arguments, error);
  if (cli_value(arguments, "model-predicts")) other = "model-predicts";
  if (with_model)
    return cli_fail(error, DESPUR_BAD_USAGE, "audit --model: expected a folder of pictures, found %s%s%s",
                    word ? "'" : "no word", word ? word : "", word ? "'" : "");
  if (other)
    return cli_fail(error, DESPUR_BAD_USAGE, "audit: --%s is for a folder of pictures and --model", other);
  if (folder && !is_run(word))
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "%s: expected a run, found a directory without config.yaml; a folder of pictures "
                    "needs --model FILE.onnx",
                    word);
  despur_status status = source_of(&source, arguments, folder, error);
  if (status != DESPUR_OK) return status;
  if (!folder) return despur_examples_read(out, &source, error);
  options->trained_on = 1;
  return read_run(out, model, &source, arguments, options->threads, error);
}
