/* Writing .npz archives: numpy.load reads them. */
#ifndef IO_NPZ_H
#define IO_NPZ_H

#include "io/safetensors.h"

/* Members NAME.npy of float32, stored, in the order given; below 4 GiB in all, or DESPUR_BAD_INPUT. */
DESPUR_MUST_USE despur_status npz_write(const char *path, const tensor *tensors, size_t count,
                                        despur_error *error);

#endif
