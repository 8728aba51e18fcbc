/* What a folder says of its pictures, as examples. */
#ifndef MODEL_FOLDER_H
#define MODEL_FOLDER_H

#include "base/error.h"
#include "despur/examples.h"
#include "despur/picture.h"

/* Paths, classes, splits (drawn ones, too), and attributes where there are any; out is empty before. Release
 * with despur_examples_release, also after an error. */
DESPUR_MUST_USE despur_status folder_describe(despur_examples *out, const despur_pictures *pictures,
                                              despur_error *error);

#endif
