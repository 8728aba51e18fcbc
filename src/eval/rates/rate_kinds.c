#include "eval/rates/rate_kinds.h"

const despur_rate_kind rate_kinds_counted[RATE_KINDS_COUNTED] = {
    DESPUR_ACCURACY, DESPUR_TRUE_POSITIVE, DESPUR_FALSE_POSITIVE, DESPUR_PRECISION,
    DESPUR_F1,       DESPUR_SELECTION};

despur_rate_kind rate_kind_counted(despur_rate_kind kind) {
  switch (kind) {
  case DESPUR_ERROR:
    return DESPUR_ACCURACY;
  case DESPUR_FALSE_NEGATIVE:
    return DESPUR_TRUE_POSITIVE;
  case DESPUR_TRUE_NEGATIVE:
    return DESPUR_FALSE_POSITIVE;
  default:
    return kind;
  }
}

bool rate_counts(bool *hit, despur_rate_kind kind, rate_row row) {
  *hit = row.label && row.prediction;
  switch (kind) {
  case DESPUR_TRUE_POSITIVE:
    return row.label;
  case DESPUR_PRECISION:
    return row.prediction;
  case DESPUR_F1:
    return row.label || row.prediction;
  case DESPUR_FALSE_POSITIVE:
    *hit = row.prediction;
    return !row.label;
  case DESPUR_SELECTION:
    *hit = row.prediction;
    return true;
  default:
    *hit = row.right;
    return true;
  }
}
