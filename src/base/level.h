/* Instruction-set levels. Files named kernels*.c are compiled once for each level (KERNEL_LEVEL is its name),
 * and each ends with a table of its functions; the tables of one module are chosen from at start-up.
 *
 * v3 and v4 are x86-64's (psABI) and contain the levels before them. On other processors there is one level,
 * baseline, with whatever vectors the compiler may assume. */
#ifndef BASE_LEVEL_H
#define BASE_LEVEL_H

#include "base/error.h"

#include <stddef.h>

#define LEVEL_QUOTE_(x)   #x
#define LEVEL_QUOTE(x)    LEVEL_QUOTE_(x)
#define LEVEL_JOIN_(a, b) a##b
#define LEVEL_JOIN(a, b)  LEVEL_JOIN_(a, b)

/* In such a file: the name of this level as text, and of the table of this level. */
#define LEVEL_NAME         LEVEL_QUOTE(KERNEL_LEVEL)
#define LEVEL_TABLE(table) LEVEL_JOIN(table##_, KERNEL_LEVEL)

/* Elsewhere: pointers to the tables of all levels that were compiled, lowest first. */
#if defined(__x86_64__)
#define LEVEL_TABLES(table)                                                                                  \
  { &table##_baseline, &table##_v3, &table##_v4 }
#else
#define LEVEL_TABLES(table)                                                                                  \
  { &table##_baseline }
#endif

/* How many of the levels this processor can run, at least 1. */
size_t level_count(void);

/* The highest of them, or the one that $DESPUR_CPU names: an index into LEVEL_TABLES. DESPUR_BAD_USAGE when
 * there is no such level or the processor cannot run it. */
DESPUR_MUST_USE despur_status level_choose(size_t *level, despur_error *error);

#endif
