/* Models of other people: their last layer, read, written and exchanged. A model is a file of safetensors, a
 * state dictionary of PyTorch (.pt and .pth, as torch.save writes it today and as it did before 1.6; nothing
 * in it is run) or ONNX; which one is seen from its bytes. */
#ifndef DESPUR_MODEL_H
#define DESPUR_MODEL_H

#include "despur/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { DESPUR_TENSOR_NAME = 256, DESPUR_TENSOR_TYPE = 8 };

/* A linear layer: logits = weight x + bias. */
typedef struct despur_head {
  size_t outputs, columns;
  float *weight; /* [outputs, columns] row-major, however the file has it */
  float *bias;   /* [outputs]; zeros where the layer has none */
  char weight_name[DESPUR_TENSOR_NAME];
  char bias_name[DESPUR_TENSOR_NAME]; /* "": the layer has none */
  char type[DESPUR_TENSOR_TYPE];      /* of its numbers in the file: "F16", "BF16", "F32" or "F64" */
} despur_head;

/* spec is FILE or FILE:NAME, where NAME is the weight ("fc.weight"), the layer that it belongs to ("fc") or,
 * in ONNX, its node. Without a name: the only linear layer, in ONNX the last one (Gemm, or MatMul and Add).
 * DESPUR_BAD_INPUT where there is none of that name, or several without one: the message lists them; and for
 * numbers that are not finite. Release with despur_head_release. Thread-safe, as all of these. */
DESPUR_API DESPUR_MUST_USE despur_status despur_head_read(despur_head *out, const char *spec,
                                                          despur_error *error);

/* Writes the layer to a safetensors file, with its names and its type. DESPUR_BAD_INPUT for a number that is
 * not finite or that the type does not hold. */
DESPUR_API DESPUR_MUST_USE despur_status despur_head_write(const despur_head *head, const char *path,
                                                           despur_error *error);

DESPUR_API void despur_head_release(despur_head *head); /* leaves it empty */

/* Writes to `out` a copy of a model in which one layer has the numbers of new_head, in the type that the
 * model has; all other bytes are the model's (but for the checksums of the two tensors in a zip archive). The
 * layer is the one that FILE:NAME names, as above; for FILE alone the one whose weight is
 * new_head->weight_name. DESPUR_BAD_INPUT where there is none, its shape differs, it has no bias for a bias
 * that is not 0, a number is not finite or too large for the type, or the layer's bytes belong to another
 * tensor, too. */
DESPUR_API DESPUR_MUST_USE despur_status despur_model_patch(const char *model, const char *out,
                                                            const despur_head *new_head, despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
