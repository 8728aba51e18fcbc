/* What a repair tries where nobody says: for despur_repair, and for a configuration's keys. */
#ifndef REPAIR_USUAL_H
#define REPAIR_USUAL_H

#include "despur/repair.h" /* whose options these are */

/* Macros: the schema spells them. */
#define USUAL_FOLDS  5
#define USUAL_REFITS 20

/* Strong penalties first: a path begins where the solution is simple. */
#define USUAL_L2        10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001
#define USUAL_C         1, 0.7, 0.3, 0.1, 0.07, 0.03, 0.01 /* the grid of DFR's authors */
#define USUAL_MIX       1, 0.9, 0.8, 0.7                   /* that of DISPEL's */
#define USUAL_GAMMA     0.5, 1, 2, 4, 8
#define USUAL_LAMBDA    1, 0.1, 0.01
#define USUAL_SCALE     5, 10, 20, 40
#define USUAL_DIVERSITY 0.1, 1, 10

#endif
