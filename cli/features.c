/* despur features: what a network of somebody else makes of pictures. */
#include "cli.h"
#include "output.h"
#include "terminal.h"

#include "despur/onnx.h"
#include "despur/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void show(void *context, size_t done, size_t count) {
  (void)context;
  fprintf(stderr, "\r\033[K%zu of %zu pictures", done, count);
}

static despur_status list(const char *model, despur_error *error) {
  char *lines = NULL;
  despur_status status = despur_onnx_list(&lines, model, error);
  if (status == DESPUR_OK) terminal_print(stdout, "%s", lines);
  free(lines);
  return status;
}

/* FEATURES.json, which is written beside them. */
static despur_status may_describe(const cli_arguments *arguments, const char *features, despur_error *error) {
  char path[4096];
  if ((size_t)snprintf(path, sizeof path, "%s.json", features) >= sizeof path)
    return cli_fail(error, DESPUR_BAD_USAGE, "--out: the path is too long");
  return cli_may_write(arguments, path, error);
}

static despur_status take_job(despur_onnx_job *job, const cli_arguments *arguments, despur_error *error) {
  static const char *const FILTERS[] = {"bilinear", "bicubic", NULL};
  int preset = DESPUR_PREPROCESS_IMAGENET, filter = DESPUR_BILINEAR;
  long threads = 0, shorter = 0;
  *job = (despur_onnx_job){.model = arguments->positional[0],
                           .images = arguments->positional[1],
                           .layer = cli_value(arguments, "layer"),
                           .features = cli_value(arguments, "out"),
                           .logits = cli_value(arguments, "logits"),
                           .progress = isatty(STDERR_FILENO) && !cli_value(arguments, "quiet") ? show : NULL};
  if (!job->features) return cli_fail(error, DESPUR_BAD_USAGE, "features: expected --out FILE.npy");
  despur_status status = cli_choice(&preset, arguments, "preprocess", despur_preprocess_names, error);
  if (status == DESPUR_OK) status = cli_choice(&filter, arguments, "filter", FILTERS, error);
  if (status == DESPUR_OK) status = cli_integer(&shorter, arguments, "shorter", 1, 10000, 0, error);
  if (status == DESPUR_OK)
    status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  if (status == DESPUR_OK) status = cli_may_write(arguments, job->features, error);
  if (status == DESPUR_OK) status = cli_may_write(arguments, job->logits, error);
  if (status == DESPUR_OK) status = may_describe(arguments, job->features, error);
  job->preprocess = (despur_preprocess)preset;
  job->filter = (despur_filter)filter;
  job->shorter = (size_t)shorter;
  job->threads = (int)threads;
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
  if (arguments->count != 2)
    return cli_fail(error, DESPUR_BAD_USAGE, "features: expected a model and pictures, found %zu words",
                    arguments->count);
  despur_status status = take_job(&job, arguments, error);
  if (status == DESPUR_OK) status = despur_onnx_features(&result, &job, error);
  if (job.progress) fputs("\r\033[K", stderr);
  if (status != DESPUR_OK || cli_value(arguments, "quiet")) return status;
  terminal_print(stdout, "%s: %zu features of %zu pictures from '%s', preprocessing %s, by ONNX Runtime %s\n",
                 job.features, result.columns, result.count, result.layer,
                 despur_preprocess_names[job.preprocess], result.engine.version);
  if (job.logits) terminal_print(stdout, "%s: logits of %zu classes\n", job.logits, result.classes);
  return DESPUR_OK;
}

const cli_verb cli_features = {
    .name = "features",
    .usage = "MODEL.onnx IMAGES --out FEATURES.npy [OPTIONS] | MODEL.onnx --list",
    .summary = "what a network of your own makes of pictures, by ONNX Runtime",
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
        "releases give other last digits.\n"
        "\n"
        "Examples:\n"
        "  despur features model.onnx images.npy --out features.npy --logits logits.npy\n"
        "  despur features model.onnx photographs/ --out features.npy --shorter 256 --preprocess clip\n"
        "  despur features model.onnx --list\n",
    .options = {{"out", "FILE", "write the features, float32 [n, columns]"},
                {"logits", "FILE", "write what the last layer makes of them as well"},
                {"layer", "NAME", "a value of the model (default: what its last linear layer is applied to)"},
                {"list", NULL, "show the values that a model has; a star is the default"},
                {"preprocess", "NAME",
                 "of bytes: imagenet (default), unit, half, lite, clip; none: of floats"},
                {"filter", "NAME", "of pictures of another size: bilinear (default) or bicubic"},
                {"shorter", "N", "their shorter side before the middle is cut out (default: the model's)"},
                {"force", NULL, "replace files if there are any"},
                {"threads", "N", "processors to use (default all); results do not depend on it"},
                {"quiet", NULL, "no news"}},
    .execute = execute};
