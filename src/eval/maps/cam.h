/* Inside of Grad-CAM: maps before they are enlarged, and the interpolation. */
#ifndef EVAL_CAM_H
#define EVAL_CAM_H

#include "despur/cam.h"
#include "nn/engine.h"

/* Maps of the examples of a batch as large as the layer: raw[example][row][column], neither
 * enlarged nor divided. predictions and finite: one for each; finite is false where a logit or a map is not,
 * else as it was. */
DESPUR_MUST_USE despur_status cam_raw(despur_net *net, const net_question *question, float *raw,
                                      uint32_t *predictions, bool *finite, despur_error *error);

/* The same before what is below zero is cut off: linear in the target's logit. */
DESPUR_MUST_USE despur_status cam_signed(despur_net *net, const net_question *question, float *raw,
                                         bool *finite, despur_error *error);

/* Bilinear interpolation as PyTorch's with align_corners=False: output pixel i lies at (i + 1/2) in / out -
 * 1/2 of the input, and what lies outside is the edge. */
void cam_enlarge(const float *x, size_t height, size_t width, float *y, size_t out_height, size_t out_width);

/* Pictures of an image, each of its pixels scale x scale large, into RGB bytes whose rows are stride bytes
 * apart. Images of 3 channels are shown in colour, others by their first channel in grey. */
void cam_draw_image(uint8_t *rgb, size_t stride, const float *image, despur_shape shape, size_t scale);
DESPUR_MUST_USE despur_status cam_draw_overlay(uint8_t *rgb, size_t stride, const float *image,
                                               const float *map, despur_shape shape, size_t scale,
                                               despur_error *error);

/* A photograph, bytes [height, width, 3], and the part of it that the network has seen. */
typedef struct cam_photograph {
  const uint8_t *rgb;
  size_t width, height;
  size_t left, top, seen_width, seen_height;
} cam_photograph;

/* The overlay at the photograph's own size. map: [shape.height, shape.width], over what was seen; what lies
 * around that is dim, without a colour. */
DESPUR_MUST_USE despur_status cam_draw_photograph(uint8_t *rgb, size_t stride, const cam_photograph *photo,
                                                  const float *map, despur_shape shape, despur_error *error);

#endif
