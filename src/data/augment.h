/* Inside of augmentation: what is drawn for one visit of an image, and what that does to it. */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include "base/error.h"
#include "despur/augment.h"
#include "despur/dataset.h"

#include <stdbool.h>

enum { AUGMENT_SIDE = 2048 }; /* of images, at most: rows and their weights lie on the stack */

/* Of one visit. */
typedef struct augment_draw {
  bool flip;
  long left, top; /* padded: where the corner lies in the image without its frame */
  struct {
    size_t left, top, width, height;
  } box;            /* resized; height 0: no such crop */
  double factor[3]; /* brightness, contrast, saturation; 1 changes nothing */
  double hue;       /* turns; 0 changes nothing */
} augment_draw;

/* Where draws come from. */
typedef struct augment_plan {
  despur_augmentation options;
  uint64_t seed, stage;
} augment_plan;

/* Whether the options change anything. */
bool augment_changes(const despur_augmentation *options);

/* DESPUR_BAD_USAGE for options that cannot be, or not with such images. */
DESPUR_MUST_USE despur_status augment_check(const despur_augmentation *options, const despur_dataset *dataset,
                                            despur_error *error);

/* Depends on nothing but its arguments. Visits of one training are numbered; an example that is visited twice
 * in an epoch is seen twice in another way. */
void augment_draw_visit(augment_draw *out, const augment_plan *plan, despur_shape shape, uint64_t visit);

/* Changes an image [channels, height, width] in place. Allocates nothing. */
void augment_apply(float *image, despur_shape shape, const augment_draw *draw);

/* The part of it that is about colours (augment_colour.c). */
void augment_colour(float *image, despur_shape shape, const augment_draw *draw);

#endif
