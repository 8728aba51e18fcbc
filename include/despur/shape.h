/* The shape of one image: a plain structure. */
#ifndef DESPUR_SHAPE_H
#define DESPUR_SHAPE_H

#include <stddef.h>

typedef struct despur_shape {
  size_t channels, height, width;
} despur_shape;

#endif
