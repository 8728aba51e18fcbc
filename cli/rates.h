/* Rates by group: tables on stdout. */
#ifndef CLI_RATES_H
#define CLI_RATES_H

#include "despur/measures.h"
#include "despur/rates.h"

/* rates: [predicted.alone_count + 1] by one column after the other, the last by all of them. */
void rates_print(const despur_rates *rates, const despur_predicted *predicted);

#endif
