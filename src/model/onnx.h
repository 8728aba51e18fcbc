/* Fields of ONNX's messages that are used, by the numbers of onnx.proto (ONNX 1.16; a number never changes),
 * and a model as what can be run: its values by name. */
#ifndef MODEL_ONNX_H
#define MODEL_ONNX_H

#include "model/model.h"

enum { MODEL_GRAPH = 7 };
enum { GRAPH_NODE = 1, GRAPH_INITIALIZER = 5, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OPERATION = 4, NODE_ATTRIBUTE = 5 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_FLOAT = 2, ATTRIBUTE_INT = 3 };
enum { VALUE_NAME = 1 };

/* Why numbers that lie in another file cannot be had. */
extern const char onnx_external[];

/* Calls visit with every value that a node makes, in their order, until it fails. Texts are valid for the
 * call. */
typedef despur_status onnx_visit(void *context, const char *operation, const char *value,
                                 despur_error *error);
DESPUR_MUST_USE despur_status onnx_each_value(const model_file *model, onnx_visit *visit, void *context,
                                              despur_error *error);

/* *operation and *input = those of the node that makes a value, the first input; NULL where no node does.
 * Free with mem_free. */
DESPUR_MUST_USE despur_status onnx_maker(char **operation, char **input, const model_file *model,
                                         const char *value, despur_error *error);

/* DESPUR_BAD_INPUT, with the nearest names, where no node makes the value. */
DESPUR_MUST_USE despur_status onnx_check_value(const model_file *model, const char *name,
                                               despur_error *error);

/* *bytes = a copy of the model that gives these values as well: messages add up, so an output is a graph of
 * nothing else behind the model. Free with mem_free. */
DESPUR_MUST_USE despur_status onnx_add_outputs(uint8_t **bytes, size_t *count, const model_file *model,
                                               const char *const *names, size_t name_count,
                                               despur_error *error);

#endif
