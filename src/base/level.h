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

/* Defines the two functions by which a module offers its tables: NAME_available(i), the i-th that this
 * processor can run, slowest first, NULL past the end; and NAME_choose(&table, error), level_choose's. */
#define LEVEL_FUNCTIONS(type, tables, name)                                                                  \
  extern const type tables##_baseline, tables##_v3, tables##_v4;                                             \
  static const type *const tables##_of_level[] = LEVEL_TABLES(tables);                                       \
  const type *name##_available(size_t i) {                                                                   \
    return i < level_count() ? tables##_of_level[i] : NULL;                                                  \
  }                                                                                                          \
  despur_status name##_choose(const type **out, despur_error *error) {                                       \
    size_t level;                                                                                            \
    despur_status status = level_choose(&level, error);                                                      \
    if (status == DESPUR_OK) *out = tables##_of_level[level];                                                \
    return status;                                                                                           \
  }

/* How many of the levels this processor can run, at least 1. */
size_t level_count(void);

/* The highest of them, or the one that $DESPUR_CPU names: an index into LEVEL_TABLES. DESPUR_BAD_USAGE when
 * there is no such level or the processor cannot run it. */
DESPUR_MUST_USE despur_status level_choose(size_t *level, despur_error *error);

#endif
