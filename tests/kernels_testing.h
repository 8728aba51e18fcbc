/* The kernels that a test goes through. */
#ifndef KERNELS_TESTING_H
#define KERNELS_TESTING_H

#include "nn/kernels.h"

#ifdef HAVE_KERNELS_WIDE
extern const kernel_table
    kernels_wide; /* needs what v3 needs; the tiles of AVX-512 in plain C: no machine is without them */
#endif

/* The tables that this machine can run, then the wide one; NULL past the end. */
static inline const kernel_table *tested_table(size_t i) {
#ifdef HAVE_KERNELS_WIDE
  if (i > 1 && !kernels_available(i) && kernels_available(i - 1)) return &kernels_wide;
#endif
  return kernels_available(i);
}

#endif
