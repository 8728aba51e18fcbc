/* Networks: built once for an architecture and a batch size, then trained or run without further allocation.
 */
#ifndef DESPUR_NET_H
#define DESPUR_NET_H

#include "despur/error.h"
#include "despur/shape.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct despur_net despur_net;

typedef enum despur_arch {
  DESPUR_LENET, /* LeCun et al. 1998 with ReLU and max pooling: conv 6@5x5 pad 2, pool, conv 16@5x5, pool,
                   120, 84 */
  DESPUR_MLP,   /* 512, dropout, 256 */
  DESPUR_ARCH_LINEAR, /* the classifier alone, for features of another model; they are also its own */
  DESPUR_RESNET20,    /* He et al. 2016, section 4.2: 19 convolutions with batch norm, shortcuts without
                         parameters */
  DESPUR_RESNET56
} despur_arch;

enum { DESPUR_NORMALISED_CHANNELS = 4 };

typedef struct despur_net_options {
  despur_arch arch;
  despur_shape input;
  size_t classes;
  size_t batch;               /* the most examples in one pass */
  size_t training_batch;      /* the most in a training pass, which takes most memory; 0: as batch */
  size_t normalised_channels; /* 0: images are seen as they are; else their channels, of which each becomes
                                 (x - mean) / deviation */
  double mean[DESPUR_NORMALISED_CHANNELS], deviation[DESPUR_NORMALISED_CHANNELS];
  double dropout; /* probability of dropping a value (MLP), in [0, 1) */
  uint64_t seed;  /* of the initial weights: uniform in +-1/sqrt(inputs), as PyTorch's layers do by default */
  uint64_t stage; /* tells several networks under one seed apart */
  int threads;
} despur_net_options;

/* A network belongs to one thread at a time. Free with despur_net_free. Fails with DESPUR_BAD_INPUT when the
 * images are too small for the architecture, and with DESPUR_BAD_USAGE when $DESPUR_CPU names kernels that
 * this processor cannot run. */
DESPUR_API DESPUR_MUST_USE despur_status despur_net_create(despur_net **out,
                                                           const despur_net_options *options,
                                                           despur_error *error);

DESPUR_API void despur_net_free(despur_net *net);

DESPUR_API size_t despur_net_parameter_count(const despur_net *net);
DESPUR_API size_t despur_net_classes(const despur_net *net);
DESPUR_API size_t despur_net_features(const despur_net *net); /* width of the layer before the classifier */

/* The name of the index-th convolution, such as "conv1"; NULL beyond the last. */
DESPUR_API const char *despur_net_convolution(const despur_net *net, size_t index);

/* The kernels in use: "baseline", "v3", "v4". */
DESPUR_API const char *despur_net_kernels(const despur_net *net);

/* Reads and writes all parameters and buffers as safetensors, with PyTorch's names and layouts
 * ("conv1.weight" [out, in, row, column], "fc1.weight" [out, in], ...). Loading checks that names and shapes
 * are exactly those of the network. */
DESPUR_API DESPUR_MUST_USE despur_status despur_net_load(despur_net *net, const char *path,
                                                         despur_error *error);
DESPUR_API DESPUR_MUST_USE despur_status despur_net_save(const despur_net *net, const char *path,
                                                         despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
