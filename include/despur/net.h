/* Networks: built once for an architecture and a batch size, then trained or run without further allocation.
 */
#ifndef DESPUR_NET_H
#define DESPUR_NET_H

#include "despur/error.h"
#include "despur/shape.h"
#include "despur/watch.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct despur_net despur_net;

/* Every architecture: its enumerator here, its name in recipes, and its function arch_NAME in src/nn. */
#define DESPUR_ARCHITECTURES(ARCH)                                                                           \
  ARCH(LENET, lenet)        /* LeCun et al. 1998 with ReLU and max pooling: conv 6@5x5 pad 2, pool, conv     \
                               16@5x5, pool, 120, 84 */                                                      \
  ARCH(MLP, mlp)            /* 512, dropout, 256 */                                                          \
  ARCH(ARCH_LINEAR, linear) /* the classifier alone, for features of another model; they are its own, too */ \
  ARCH(RESNET20, resnet20)  /* He et al. 2016, section 4.2: convolutions with batch norm, shortcuts without  \
                               parameters */                                                                 \
  ARCH(RESNET56, resnet56)                                                                                   \
  ARCH(RESNET18, resnet18) /* He et al. 2016, table 1, with the names of torchvision */                      \
  ARCH(RESNET34, resnet34)                                                                                   \
  ARCH(RESNET50, resnet50)                                                                                   \
  ARCH(EFFICIENTNET_LITE0, efficientnet_lite0) /* batch norm folded: for weights that others have trained */

#define DESPUR_ARCH_ENUMERATOR(NAME, name) DESPUR_##NAME,
typedef enum despur_arch { DESPUR_ARCHITECTURES(DESPUR_ARCH_ENUMERATOR) } despur_arch;
#undef DESPUR_ARCH_ENUMERATOR

/* Names in recipes by enumerator, and NULL at the end. */
DESPUR_API extern const char *const despur_arch_names[];

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
  const char *freeze; /* NULL or "": nothing; else all layers up to the last one whose name begins so stay as
                         they are, batch norm's running averages included; borrowed for the call */
  double dropout;     /* probability of dropping a value (MLP), in [0, 1) */
  uint64_t seed;  /* of the initial weights: uniform in +-1/sqrt(inputs), as PyTorch's layers do by default */
  uint64_t stage; /* tells several networks under one seed apart */
  int threads;
  despur_watch
      watch; /* it may stop passes over many examples (despur/eval.h, despur/cam.h) between batches */
} despur_net_options;

/* A network belongs to one thread at a time. Free with despur_net_free. Fails with DESPUR_BAD_INPUT when the
 * images are too small for the architecture, and with DESPUR_BAD_USAGE when $DESPUR_CPU names kernels that
 * this processor cannot run. */
DESPUR_API DESPUR_MUST_USE despur_status despur_net_create(despur_net **out,
                                                           const despur_net_options *options,
                                                           despur_error *error);

/* NULL is accepted. In a child that the process has forked, a network's threads are missing: there it works
 * on the thread that calls, with the same results, and can be freed. The fork must not happen within a call.
 */
DESPUR_API void despur_net_free(despur_net *net);

DESPUR_API size_t despur_net_parameter_count(const despur_net *net);
DESPUR_API size_t despur_net_classes(const despur_net *net);
DESPUR_API size_t despur_net_features(const despur_net *net); /* width of the layer before the classifier */

/* The name of the index-th convolution, such as "conv1"; NULL beyond the last. */
DESPUR_API const char *despur_net_convolution(const despur_net *net, size_t index);

/* *out = the planned network as a table: every operation with its shape, parameters, work and memory, and
 * where a training pass is cut because all examples of a batch must meet. Free with free. */
DESPUR_API DESPUR_MUST_USE despur_status despur_net_describe(const despur_net *net, char **out,
                                                             despur_error *error);

/* The kernels in use: "baseline", "v3", "v4". */
DESPUR_API const char *despur_net_kernels(const despur_net *net);

/* Reads and writes all parameters and buffers as safetensors, with PyTorch's names and layouts
 * ("conv1.weight" [out, in, row, column], "fc1.weight" [out, in], ...). Loading checks that names and shapes
 * are exactly those of the network and that every value is finite; on failure the network is as it was. */
DESPUR_API DESPUR_MUST_USE despur_status despur_net_load(despur_net *net, const char *path,
                                                         despur_error *error);
DESPUR_API DESPUR_MUST_USE despur_status despur_net_save(const despur_net *net, const char *path,
                                                         despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
