/* What every network begins with, for those who write engines: what follows belongs to its engine. Others ask
 * through nn/engine.h. */
#ifndef NN_HEAD_H
#define NN_HEAD_H

#include "nn/engine.h"

typedef struct net_head {
  const engine *engine;
  despur_net_options options; /* with defaults filled in */
  size_t parameters, buffers; /* floats of a state */
  size_t features;            /* width of the layer before the classifier */
} net_head;

#endif
