/* What examples that belong together, or weigh, do to intervals, in words. */
#ifndef EVAL_UNITS_WORDS_H
#define EVAL_UNITS_WORDS_H

#include "base/text.h"
#include "despur/eval.h"

/* "; design effect up to 3.1 in y=1,a=0: its interval is 1.8 times as wide as rows alone would make it", and
 * of which groups nothing can be said; nothing where there is neither. */
DESPUR_MUST_USE despur_status units_add_effect(text *out, const despur_scores *scores, despur_error *error);

#endif
