/* Rates by group: tables on stdout, and the same as JSON. */
#ifndef CLI_RATES_H
#define CLI_RATES_H

#include "emit.h"

#include "despur/rates.h"

/* Rates of the same predictions by one column after the other, the last one by all of them. */
typedef struct rates_list {
  despur_rates *items; /* [count] */
  size_t count;
} rates_list;

/* Release with rates_list_release. */
DESPUR_MUST_USE despur_status rates_list_compute(rates_list *out, const despur_predicted *predicted,
                                                 double confidence, despur_error *error);
void rates_list_release(rates_list *list);

void rates_print(const rates_list *list, const despur_predicted *predicted);
void rates_emit(emit *j, const rates_list *list, const despur_predicted *predicted);

#endif
