/* An interval for a difference from intervals for both sides. */
#ifndef EVAL_DIFFERENCE_H
#define EVAL_DIFFERENCE_H

#include "despur/stats.h"

/* second - first (Newcombe 1998; Zou and Donner 2008 call it MOVER). */
despur_interval difference_interval(double first, despur_interval of_first, double second,
                                    despur_interval of_second, double correlation);

/* Correlation of two classifiers' right answers, 0 when one of them is always right or always wrong. */
double pairs_correlation(const despur_pairs *pairs);

#endif
