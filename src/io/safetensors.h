/* safetensors files: 8 bytes of header length, a JSON header, then the data without holes. Tensors of
 * float16, bfloat16, float32 and float64 are read, as float32; float32 is written. */
#ifndef IO_SAFETENSORS_H
#define IO_SAFETENSORS_H

#include "io/file.h"

#include "base/json_read.h"

enum { TENSOR_MAX_RANK = 8, TENSOR_NAME = 128, SAFETENSORS_HEADER_MOST = 1 << 20 };

typedef struct tensor {
  char name[TENSOR_NAME];
  size_t rank, shape[TENSOR_MAX_RANK];
  size_t count; /* product of shape */
  const float *data;
} tensor;

typedef struct tensor_file {
  tensor *tensors;
  size_t count;
  float *values; /* of all tensors, one after the other */
} tensor_file;

/* Reads the header of an open file of which *bytes there are; then *bytes of data follow. The header is
 * small, so that what its JSON takes in memory is bounded: other programs accept up to 100 MB. Free *root
 * with mem_free, also after an error. */
DESPUR_MUST_USE despur_status safetensors_read_header(json_value **root, size_t *bytes, int descriptor,
                                                      const char *path, despur_error *error);

DESPUR_MUST_USE despur_status safetensors_open(tensor_file *file, const char *path, despur_error *error);
void safetensors_close(tensor_file *file);

/* NULL when there is none of that name. */
const tensor *safetensors_find(const tensor_file *file, const char *name);

/* Tensors are written in the order given; DESPUR_BAD_INPUT when there are more than a header describes. */
DESPUR_MUST_USE despur_status safetensors_write(const char *path, const tensor *tensors, size_t count,
                                                despur_error *error);

#endif
