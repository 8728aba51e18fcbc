/* The attributes that occur, numbered and named. */
#ifndef EVAL_PARTS_H
#define EVAL_PARTS_H

#include "despur/measures.h"

/* keys: [examples] which one each has, NULL without attributes; those of the predictions where these are
 * numbered already. Release with predicted_parts_release. */
typedef struct predicted_parts {
  const uint32_t *keys;
  uint32_t *numbered;  /* keys that are not theirs */
  const char **names;  /* [count] "a=1", one allocation */
  size_t count, aside; /* aside: the last of them, which have missing values */
} predicted_parts;

DESPUR_MUST_USE despur_status predicted_parts_find(predicted_parts *out, const despur_predicted *predicted,
                                                   despur_error *error);
void predicted_parts_release(predicted_parts *parts);

/* What follows the label in a group's name, to be shown: "a=1" of "y=0,a=1". Commas in quotes part nothing.
 * NULL when nothing does. */
const char *name_beside_label(const char *name);

#endif
