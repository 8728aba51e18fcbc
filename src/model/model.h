/* A model of somebody else as a list of tensors and where their numbers lie in the file. Nothing is copied
 * and nothing of a file is run: each format has one reader that fills the list (safetensors.c, torch.c,
 * onnx.c). */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_MAX_RANK = 8 };

typedef enum model_format { MODEL_SAFETENSORS, MODEL_TORCH_ZIP, MODEL_TORCH_OLD, MODEL_ONNX } model_format;
typedef enum model_type { MODEL_F32, MODEL_F16, MODEL_BF16, MODEL_F64, MODEL_OTHER } model_type;

typedef struct model_tensor {
  char *name;
  model_type type;
  size_t rank, shape[MODEL_MAX_RANK];
  size_t stride[MODEL_MAX_RANK]; /* in numbers, from one index to the next */
  size_t count;                  /* product of shape */
  uint64_t offset;        /* of the first number, in bytes from the start of the file; MODEL_TORCH_ZIP: of
                             the member that is its storage */
  uint64_t end;           /* of the storage that it lies in, from the same start; 0: that of file or member */
  char *storage;          /* name of that member */
  const char *unreadable; /* NULL, or why its numbers cannot be had */
} model_tensor;

/* A linear layer. */
enum { MODEL_NONE = -1 };
typedef struct model_layer {
  char *name;            /* of the node or of the module */
  char *input, *output;  /* ONNX: the values that it is applied to and that it makes */
  size_t weight;         /* index of a tensor of rank 2 */
  ptrdiff_t bias;        /* of one with as many numbers as outputs, or MODEL_NONE */
  bool transposed;       /* the weight is [columns, outputs] */
  const char *unpatched; /* NULL, or why it cannot be taken apart as weight x + bias */
} model_layer;

typedef struct model_file {
  char *path;
  uint8_t *data;
  size_t bytes;
  model_format format;
  model_tensor *tensors;
  size_t count;
  model_layer *layers;
  size_t layer_count;
} model_file;

/* Reads a file and says what it holds. Release with model_close, also after an error. */
DESPUR_MUST_USE despur_status model_open(model_file *out, const char *path, despur_error *error);
void model_close(model_file *model);

/* *file = the FILE and *name = the NAME of FILE:NAME, NULL without one. Release *file with mem_free. */
DESPUR_MUST_USE despur_status model_split(char **file, const char **name, const char *spec,
                                          despur_error *error);

/* ---- for readers ---- */

/* Adds a tensor with a copy of its name and the strides of rows after rows. *out is valid until the next. */
DESPUR_MUST_USE despur_status model_add_tensor(model_tensor **out, model_file *model, const char *name,
                                               size_t name_bytes, const size_t *shape, size_t rank,
                                               despur_error *error);
DESPUR_MUST_USE despur_status model_add_layer(model_layer **out, model_file *model, const char *name,
                                              size_t name_bytes, despur_error *error);

DESPUR_MUST_USE despur_status model_read_safetensors(model_file *model, despur_error *error);
DESPUR_MUST_USE despur_status model_read_torch_zip(model_file *model, despur_error *error);
DESPUR_MUST_USE despur_status model_read_torch_old(model_file *model, despur_error *error);
DESPUR_MUST_USE despur_status model_read_onnx(model_file *model, despur_error *error);

/* ---- numbers ---- */

extern const char *const model_type_names[]; /* by model_type; NULL behind the last that has numbers */
extern const size_t model_type_bytes[];

/* The bytes of a tensor's numbers: begin to end in the file, after checking that they are there; and for
 * MODEL_TORCH_ZIP where the checksums of its member stand, 0 where there is none. */
typedef struct model_place {
  uint64_t begin, end;
  uint64_t member, member_bytes; /* of MODEL_TORCH_ZIP; else 0 */
  uint64_t checksums[3];
} model_place;
DESPUR_MUST_USE despur_status model_locate(model_place *out, const model_file *model, const model_tensor *t,
                                           despur_error *error);

/* Another tensor that has bytes of this one, or NULL. */
const model_tensor *model_shared(const model_file *model, const model_tensor *t);

/* values [count] in the order of the shape. DESPUR_BAD_INPUT for numbers that are not finite. */
DESPUR_MUST_USE despur_status model_read(float *values, const model_file *model, const model_tensor *t,
                                         despur_error *error);

/* One number into its bytes; false where it is not finite or the type does not hold it. */
bool model_put_number(uint8_t *out, model_type type, float value);

/* The tensor of that name, or NULL. */
const model_tensor *model_find(const model_file *model, const char *name);

/* "[10, 512]" */
typedef struct model_shape {
  char text[128];
} model_shape;
model_shape model_shape_text(const model_tensor *t);

/* Finds the layer that NAME means, see despur/model.h; NULL: the only or last one. */
DESPUR_MUST_USE despur_status model_find_layer(const model_layer **out, const model_file *model,
                                               const char *name, despur_error *error);

#endif
