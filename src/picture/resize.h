/* Pictures at the size that a network takes: the shorter side to a length, then the middle cut out. */
#ifndef PICTURE_RESIZE_H
#define PICTURE_RESIZE_H

#include "despur/picture.h"
#include "picture/picture.h"

/* A part of a picture, in pixels. */
typedef struct picture_box {
  size_t left, top, width, height;
} picture_box;

/* Enlarges or reduces the whole of a picture to width x height and writes the box of that: out [3,
 * box.height, box.width]. Bit for bit what Pillow's Image.resize((width, height), ...).crop(...) gives: two
 * passes of weights in fixed point, 22 bits behind the point, with bytes in between. */
DESPUR_MUST_USE despur_status picture_resize(uint8_t *out, const picture *from, size_t width, size_t height,
                                             picture_box box, despur_filter filter, despur_error *error);

/* What picture_fit cuts out of the picture when it is *width x *height large. */
picture_box picture_fit_box(const picture *from, size_t side, size_t shorter, size_t *width, size_t *height);

/* The shorter side to `shorter` pixels and the other in proportion, rounded down, then the middle square of
 * `side` pixels, as torchvision's Resize and CenterCrop have it. out: [3, side, side]. */
DESPUR_MUST_USE despur_status picture_fit(uint8_t *out, const picture *from, size_t side, size_t shorter,
                                          despur_filter filter, despur_error *error);

/* The longer side to `side` pixels where it is longer, the other in proportion. Pictures are never enlarged:
 * whoever shows them can. Release out with despur_thumbnails_release, also after an error. */
DESPUR_MUST_USE despur_status picture_shrink(despur_thumbnail *out, const picture *from, size_t side,
                                             despur_error *error);

#endif
