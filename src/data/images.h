/* A bank of grey 28 x 28 digit images: read from IDX files, or drawn by the built-in generator. */
#ifndef DATA_IMAGES_H
#define DATA_IMAGES_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct image_bank {
  size_t train, test; /* images; the test images follow the training images */
  size_t height, width;
  uint8_t *pixels;       /* [train + test, height, width] */
  uint8_t *digit;        /* [train + test] 0..9 */
  char *inputs[4];       /* paths of the files that were read; NULL beyond them */
  char description[256]; /* one line: what was taken, and from where */
  size_t what;           /* bytes of it that say what */
} image_bank;

/* images: "digits" draws train + test images with the built-in generator; "auto" takes the first of
 * $DESPUR_DATA (or its subdirectory mnist), the user's cache, Debian's Fashion-MNIST and the built-in digits;
 * anything else is a directory with the four IDX files. Only $DESPUR_DATA must have the files when it is set;
 * the other places are optional. */
DESPUR_MUST_USE despur_status image_bank_load(image_bank *bank, const char *images, size_t digits_train,
                                              size_t digits_test, uint64_t seed, despur_error *error);

/* *images = what "auto" stands for in this shell: "digits", or a directory. Free with mem_free. */
DESPUR_MUST_USE despur_status image_auto(char **images, despur_error *error);

void image_bank_release(image_bank *bank);

/* *path = where downloaded data sets of that name live: $XDG_CACHE_HOME/despur/NAME, by default below
 * ~/.cache. NULL when neither $XDG_CACHE_HOME nor $HOME is an absolute path. Free with mem_free. */
DESPUR_MUST_USE despur_status image_cache_directory(char **path, const char *name, despur_error *error);

/* Draws handwritten-looking digit number `index` of stream seed into pixels [28, 28], and returns which digit
 * it is. Each ten examples from a multiple of ten on are the ten digits in random order. Depends on (seed,
 * index) only. */
uint8_t digits_draw(uint64_t seed, uint64_t index, uint8_t pixels[28 * 28]);

#endif
