/* despur features: what a network of somebody else makes of pictures. */
#include "cli.h"
#include "counting.h"
#include "embedding.h"
#include "output.h"
#include "terminal.h"

#include "despur/onnx.h"
#include "despur/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static despur_status list(const char *model, despur_error *error) {
  char *lines = NULL;
  despur_status status = despur_onnx_list(&lines, model, error);
  if (status == DESPUR_OK) terminal_print(stdout, "%s", lines);
  free(lines);
  return status;
}

/* FEATURES.json and, of a folder, FEATURES.csv, which are written beside them. */
static despur_status may_describe(const cli_arguments *arguments, const char *features, despur_error *error) {
  static const char *const ENDINGS[] = {"json", "csv"};
  char path[4096];
  despur_status status = DESPUR_OK;
  for (size_t i = 0; status == DESPUR_OK && i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
    if ((size_t)snprintf(path, sizeof path, "%s.%s", features, ENDINGS[i]) >= sizeof path)
      return cli_fail(error, DESPUR_BAD_USAGE, "--out: the path is too long");
    status = cli_may_write(arguments, path, error);
  }
  return status;
}

static despur_status take_job(despur_onnx_job *job, counting *shown, const cli_arguments *arguments,
                              despur_error *error) {
  despur_status status =
      embedding_job(job, arguments, arguments->positional[0], arguments->positional[1], error);
  job->features = cli_value(arguments, "out");
  job->logits = cli_value(arguments, "logits");
  job->maps = cli_value(arguments, "maps");
  job->watch = counting_watch(shown);
  if (status != DESPUR_OK) return status;
  if (!job->features) return cli_fail(error, DESPUR_BAD_USAGE, "features: expected --out FILE.npy");
  status = cli_may_write(arguments, job->features, error);
  if (status == DESPUR_OK) status = cli_may_write(arguments, job->logits, error);
  if (status == DESPUR_OK) status = cli_may_write(arguments, job->maps, error);
  if (status == DESPUR_OK) status = may_describe(arguments, job->features, error);
  return status;
}

/* Of a run's own network. */
static despur_status of_run(const cli_arguments *arguments, despur_error *error) {
  const char *other = embedding_given(arguments);
  const char *out = cli_value(arguments, "out");
  despur_examples examples = {0};
  long threads = 0;
  if (cli_value(arguments, "logits")) other = "logits";
  if (cli_value(arguments, "maps")) other = "maps";
  if (other)
    return cli_fail(error, DESPUR_BAD_USAGE, "features: --%s is for ONNX models, not for a run", other);
  if (!out) return cli_fail(error, DESPUR_BAD_USAGE, "features: expected --out FILE.npy");
  despur_status status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  if (status == DESPUR_OK) status = cli_may_write(arguments, out, error);
  if (status == DESPUR_OK) status = may_describe(arguments, out, error);
  if (status == DESPUR_OK)
    status = despur_run_examples(&examples, arguments->positional[0], (int)threads, NULL, error);
  if (status == DESPUR_OK) status = despur_examples_write(&examples, out, error);
  if (status == DESPUR_OK && !cli_value(arguments, "quiet"))
    terminal_print(stdout,
                   "%s: %zu features of %zu examples by the network of %s; %s.csv says what they are\n", out,
                   examples.columns, examples.count, arguments->positional[0], out);
  despur_examples_release(&examples);
  return status;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  despur_onnx_job job;
  despur_onnx_result result;
  if (cli_value(arguments, "list")) {
    if (arguments->count != 1)
      return cli_fail(error, DESPUR_BAD_USAGE, "features --list: expected a model, found %zu words",
                      arguments->count);
    return list(arguments->positional[0], error);
  }
  if (arguments->count == 1 && cli_is_folder(arguments->positional[0])) return of_run(arguments, error);
  if (arguments->count != 2)
    return cli_fail(error, DESPUR_BAD_USAGE, "features: expected a model and pictures, found %zu words",
                    arguments->count);
  counting shown = counting_start("pictures", cli_value(arguments, "quiet") != NULL);
  despur_status status = take_job(&job, &shown, arguments, error);
  if (status == DESPUR_OK) status = despur_onnx_features(&result, &job, error);
  counting_end(&shown);
  if (status != DESPUR_OK || cli_value(arguments, "quiet")) return status;
  terminal_print(stdout, "%s: %zu features of %zu pictures from '%s', preprocessing %s, by ONNX Runtime %s\n",
                 job.features, result.columns, result.count, result.layer,
                 despur_preprocess_names[job.preprocess], result.engine.version);
  if (job.logits) terminal_print(stdout, "%s: logits of %zu classes\n", job.logits, result.classes);
  return DESPUR_OK;
}

const cli_verb cli_features = {
    .name = "features",
    .usage = "MODEL.onnx IMAGES --out FEATURES.npy [OPTIONS] | RUN --out FEATURES.npy | MODEL.onnx --list",
    .summary = "what a network of your own, or that of a run, makes of pictures",
    .help =
        "Runs an ONNX model over pictures and writes the features that its last layer sees, one row for "
        "each\n"
        "picture, for audit, repair, cluster and recipes (data.source=features). IMAGES is a folder of "
        "pictures,\n"
        "or an array [n, channels, rows, columns]: bytes, which are preprocessed as the model wants them (it "
        "cannot\n"
        "say so itself: ask whoever trained it) and scaled where their size is another, or floats, which are "
        "taken\n"
        "as they are (--preprocess none).\n"
        "\n"
        "ONNX Runtime is loaded where it is found: $DESPUR_ONNXRUNTIME, what 'make models' installs, or the\n"
        "system's. FEATURES.npy.json says what was computed from what by whom; other processors and other\n"
        "releases give other last digits. Of a folder FEATURES.npy.csv says in the same order what the "
        "pictures\n"
        "are, as audit and repair take it with --table. RUN is a directory that despur run has left: the "
        "features\n"
        "of its final network, of all its examples, and the same table.\n"
        "\n"
        "Examples:\n"
        "  despur features model.onnx images.npy --out features.npy --logits logits.npy\n"
        "  despur features model.onnx photographs/ --out features.npy --shorter 256 --preprocess clip\n"
        "  despur audit features.npy --table features.npy.csv\n"
        "  despur features runs/demo --out features.npy\n"
        "  despur features model.onnx --list\n",
    .options =
        {{"out", "FILE", "write the features, float32 [n, columns]"},
         {"logits", "FILE", "write what the last layer makes of them as well"},
         {"maps", "FILE",
          "write class activation maps [n, rows, columns] of the class that each picture is taken for"},
         {"list", NULL, "show the values that a model has; a star is the default"},
         EMBEDDING_OPTIONS,
         {"force", NULL, "replace files if there are any"},
         {"threads", "N", "processors to use (default all); results do not depend on it"},
         {"quiet", NULL, "no news"}},
    .execute = execute};
