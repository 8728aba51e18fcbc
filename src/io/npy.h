/* NumPy's arrays: .npy files of format 1.0 to 3.0, members of .npz archives ("FILE.npz:NAME", see
 * io/array_file.h) and tensors of safetensors files (io/tensor_array.h), of either order of bytes and of
 * dimensions; in memory they are little-endian and in C order. Read and written whole, with the bytes that
 * numpy.save writes. */
#ifndef IO_NPY_H
#define IO_NPY_H

#include "io/file.h"

enum { NPY_MAX_RANK = 8 };

typedef enum npy_type {
  NPY_U8,
  NPY_I8,
  NPY_I16,
  NPY_I32,
  NPY_I64,
  NPY_U16,
  NPY_U32,
  NPY_U64,
  NPY_F16,
  NPY_F32,
  NPY_F64,
  NPY_BOOL
} npy_type;

typedef struct npy_array {
  npy_type type;
  size_t rank, shape[NPY_MAX_RANK];
  size_t count; /* product of shape */
  void *data;   /* freed by npy_close */
} npy_array;

DESPUR_MUST_USE despur_status npy_open(npy_array *array, const char *path, despur_error *error);

/* The same, also of one-dimensional arrays of text ('<U6', '|S6'): these are bytes [n, width *
 * character_bytes], of characters in UTF-32 or of bytes with what encoding there is, padded with zeros.
 * *character_bytes is 4 or 1, and 0 for numbers. */
DESPUR_MUST_USE despur_status npy_open_text(npy_array *array, size_t *character_bytes, const char *path,
                                            despur_error *error);
void npy_close(npy_array *array);

/* Takes an array in blocks, from its first element to its last, where all of it need not be in memory.
 * `begin` gets its type, shape and count, `take` a block of `count` elements of this type, the first of which
 * is number `first` of the array. */
typedef struct npy_sink {
  despur_status (*begin)(void *context, const npy_array *about, despur_error *error);
  despur_status (*take)(void *context, const npy_array *block, size_t first, despur_error *error);
  void *context;
} npy_sink;

/* An array in Fortran's order of dimensions is one block. */
DESPUR_MUST_USE despur_status npy_pour(const npy_sink *sink, const char *path, despur_error *error);

/* One column of a structured array, or, without a name, an array that is none. */
typedef struct npy_field {
  char name[64];
  npy_array array;
  size_t character_bytes; /* as npy_open_text has it */
} npy_field;

typedef struct npy_fields {
  npy_field *items; /* [count] */
  size_t count;
} npy_fields;

/* Reads a structured array of one dimension whose fields are numbers, truth values and text, or any array
 * that npy_open_text reads. Release with npy_fields_close. */
DESPUR_MUST_USE despur_status npy_open_fields(npy_fields *out, const char *path, despur_error *error);
void npy_fields_close(npy_fields *fields);

/* Turns float16 and float64 into float32, rounded to nearest; beyond its range, to infinity. Others stay. */
DESPUR_MUST_USE despur_status npy_narrow(npy_array *array, despur_error *error);

/* "float32" and the like, and "<f4". */
const char *npy_type_name(npy_type type);
const char *npy_type_code(npy_type type);
size_t npy_type_bytes(npy_type type);

/* A one-dimensional array of any integer type, or of booleans, as int64. Free *values with mem_free. */
DESPUR_MUST_USE despur_status npy_read_integers(int64_t **values, size_t *count, const char *path,
                                                despur_error *error);

DESPUR_MUST_USE despur_status npy_write(const char *path, npy_type type, size_t rank, const size_t *shape,
                                        const void *data, despur_error *error);

/* The same with NPY_MARK more spaces at the end of the header than NumPy writes, which readers skip: so the
 * tool knows its own file again and may replace it. */
enum { NPY_MARK = 128 };
DESPUR_MUST_USE despur_status npy_write_marked(const char *path, npy_type type, size_t rank,
                                               const size_t *shape, const void *data, despur_error *error);

#endif
