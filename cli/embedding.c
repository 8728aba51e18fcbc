#include "embedding.h"

#include "despur/picture.h"
#include "despur/run.h"

const char *embedding_given(const cli_arguments *arguments) {
  static const char *const NAMES[] = {"layer",   "preprocess", "filter",
                                      "shorter", "layout",     "skip-unreadable"};
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
    if (cli_value(arguments, NAMES[i])) return NAMES[i];
  return NULL;
}

despur_status embedding_job(despur_onnx_job *out, const cli_arguments *arguments, const char *model,
                            const char *images, despur_error *error) {
  static const char *const FILTERS[] = {"bilinear", "bicubic", NULL};
  int preprocess = DESPUR_PREPROCESS_IMAGENET, filter = DESPUR_BILINEAR, layout = 0;
  long threads = 0, shorter = 0;
  despur_status status = cli_choice(&preprocess, arguments, "preprocess", despur_preprocess_names, error);
  if (status == DESPUR_OK) status = cli_choice(&filter, arguments, "filter", FILTERS, error);
  if (status == DESPUR_OK) status = cli_choice(&layout, arguments, "layout", despur_picture_layouts, error);
  if (status == DESPUR_OK) status = cli_integer(&shorter, arguments, "shorter", 1, 10000, 0, error);
  if (status == DESPUR_OK)
    status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  *out = (despur_onnx_job){.model = model,
                           .images = images,
                           .layout = layout ? despur_picture_layouts[layout] : NULL,
                           .layer = cli_value(arguments, "layer"),
                           .preprocess = (despur_preprocess)preprocess,
                           .filter = (despur_filter)filter,
                           .shorter = (size_t)shorter,
                           .skip_unreadable = cli_value(arguments, "skip-unreadable") != NULL,
                           .threads = (int)threads};
  return status;
}
