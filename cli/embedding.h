/* The words that say how a model of somebody else sees pictures: the same for every verb that takes one. */
#ifndef CLI_EMBEDDING_H
#define CLI_EMBEDDING_H

#include "cli.h"

#include "despur/onnx.h"

/* Rows of a verb's table of options. */
#define EMBEDDING_OPTIONS                                                                                    \
  {"layer", "NAME", "a value of the model (default: what its last linear layer is applied to)"},             \
      {"preprocess", "NAME", "of bytes: imagenet (default), unit, half, lite, clip; none: of floats"},       \
      {"filter", "NAME", "of pictures of another size: bilinear (default) or bicubic"},                      \
      {"shorter", "N", "their shorter side before the middle is cut out (default: the model's)"},            \
      {"layout", "NAME", "of a folder: imagefolder, celeba, ... (docs/pictures.md); auto (default)"}, {      \
    "skip-unreadable", NULL, "leave out pictures of a folder that cannot be read"                            \
  }

/* The name of one of them that was given, or NULL. */
const char *embedding_given(const cli_arguments *arguments);

/* What these options and --threads say; model and images are borrowed, and no file is named. */
DESPUR_MUST_USE despur_status embedding_job(despur_onnx_job *out, const cli_arguments *arguments,
                                            const char *model, const char *images, despur_error *error);

#endif
