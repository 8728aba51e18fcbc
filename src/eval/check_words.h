/* What is said of a condition. */
#ifndef EVAL_CHECK_WORDS_H
#define EVAL_CHECK_WORDS_H

#include "base/text.h"
#include "despur/check.h"

/* One sentence without a full stop: "worst group at least 0.8: does not hold; it is ..." */
DESPUR_MUST_USE despur_status check_explain(text *out, const despur_check *check, despur_error *error);

#endif
