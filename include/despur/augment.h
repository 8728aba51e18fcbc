/* Random changes of training images (flips, crops, colours): what a network sees of an image is another
 * variant at every visit, and evaluation sees the image as it is. Plain structures, which are only read. */
#ifndef DESPUR_AUGMENT_H
#define DESPUR_AUGMENT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum despur_crop {
  DESPUR_CROP_NONE,
  DESPUR_CROP_PADDED, /* the image in a frame of zeros, cut back to its size anywhere */
  DESPUR_CROP_RESIZED /* a part of the image, enlarged to its size as Pillow's bilinear filter does */
} despur_crop;

/* {0} changes nothing. Crop, then flip, then brightness, contrast, saturation and hue, in this order. */
typedef struct despur_augmentation {
  int flip; /* mirror every second visit, left to right */
  despur_crop crop;
  size_t pad;      /* padded: width of the frame; below the image's sides */
  double scale[2]; /* resized: least and greatest area of the part, as a share of the image's */
  double ratio[2]; /* resized: least and greatest width of the part, as a multiple of its height */
  double brightness, contrast, saturation; /* factors from 1 - x (at least 0) to 1 + x; images of 1 or 3
                                              channels from 0 to 1, saturation of 3 */
  double hue;                              /* turns of the colour circle from -x to x, up to 0.5 */
} despur_augmentation;

#ifdef __cplusplus
}
#endif
#endif
