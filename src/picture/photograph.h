/* For drawing: a picture as its file has it, and the part of it that a network sees. */
#ifndef PICTURE_PHOTOGRAPH_H
#define PICTURE_PHOTOGRAPH_H

#include "despur/picture.h"
#include "picture/picture.h"
#include "picture/resize.h"

enum { PHOTOGRAPH_SIDE = 2048 }; /* the longer side, at most */

/* {0} is empty. */
typedef struct photograph {
  despur_thumbnail whole; /* as the file has it; smaller where that is larger than PHOTOGRAPH_SIDE */
  picture_box seen;       /* of whole: the square that becomes the network's image, to whole pixels */
} photograph;

/* Reads picture `index` again, from its folder. DESPUR_BAD_INPUT where it cannot be read any more. Release
 * with photograph_release, also after an error. Thread-safe. */
DESPUR_MUST_USE despur_status photograph_read(photograph *out, const despur_pictures *pictures, size_t index,
                                              despur_error *error);
DESPUR_MUST_USE despur_status photograph_of(photograph *out, const picture *p, size_t side, size_t shorter,
                                            despur_error *error); /* of one that is decoded */
void photograph_release(photograph *p);

/* The shorter side that pictures get before the middle is cut out; 0 where pictures are no files. */
size_t pictures_shorter(const despur_pictures *pictures);

/* A smaller one, both sides at most `side`; never a larger one. Release likewise. */
DESPUR_MUST_USE despur_status photograph_shrink(photograph *out, const photograph *p, size_t side,
                                                despur_error *error);

#endif
