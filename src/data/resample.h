/* Antialiased resizing, as Pillow has it: which pixels of a row make one of a longer or shorter row. */
#ifndef DATA_RESAMPLE_H
#define DATA_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>

/* Most pixels that one is made of. */
size_t resample_most(size_t from, size_t to, bool bicubic);

/* Pixel `at` of `to` is the sum of weights[k] times pixel *first + k of `from`; returns how many these are.
 * Bilinear is a tent, bicubic Keys' with a = -0.5; both are stretched where the row becomes shorter. */
size_t resample_weights(double *weights, size_t *first, size_t from, size_t to, size_t at, bool bicubic);

#endif
