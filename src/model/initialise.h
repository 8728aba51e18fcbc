/* Weights that somebody else has trained, into a network of despur's own. */
#ifndef MODEL_INITIALISE_H
#define MODEL_INITIALISE_H

#include "base/text.h"
#include "despur/net.h"

/* Takes weights from a file of any kind that model_open reads, by the names of tensors; "module." in front of
 * all of them is passed over. All layers must be there with their shapes, and nothing else, but for the last
 * layer: where the file has another or none it stays as it is, and *left says so; else *left stays empty.
 * Numbers that are no weights, and single ones, are passed over. DESPUR_BAD_INPUT lists what does not fit;
 * the network is as it was then. */
DESPUR_MUST_USE despur_status model_initialise(despur_net *net, const char *path, text *left,
                                               despur_error *error);

#endif
