/* Usage: network ARCH CLASSES WEIGHTS IMAGES.npy LOGITS.npy FEATURES.npy: what a network of despur's with
 * somebody else's weights makes of pictures [n, channels, rows, columns] of float32, for networks_test.py. */
#include "io/npy.h"
#include "model/initialise.h"
#include "nn/engine.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 16, THREADS = 2 };

typedef struct pictures {
  npy_array array;
  size_t numbers, first;
} pictures;

static void row(void *context, size_t i, float *x) {
  const pictures *p = context;
  memcpy(x, (const float *)p->array.data + (p->first + i) * p->numbers, p->numbers * sizeof *x);
}

static despur_status run(despur_net *net, pictures *p, float *logits, float *features) {
  const size_t n = p->array.shape[0], classes = despur_net_classes(net), width = despur_net_features(net);
  for (p->first = 0; p->first < n; p->first += BATCH) {
    const net_batch batch = {.count = n - p->first < BATCH ? n - p->first : BATCH, .row = row, .context = p};
    size_t stride;
    engine_of(net)->forward(net, &batch, false, 0);
    const float *seen = engine_of(net)->features(net, &stride);
    memcpy(logits + p->first * classes, engine_of(net)->logits(net), batch.count * classes * sizeof *logits);
    for (size_t i = 0; i < batch.count; i++)
      memcpy(features + (p->first + i) * width, seen + i * stride, width * sizeof *features);
  }
  return DESPUR_OK;
}

static despur_status carry_out(char **words, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_net_options options = {
      .classes = (size_t)atoi(words[2]), .batch = BATCH, .training_batch = 1, .threads = THREADS};
  despur_net *net = NULL;
  pictures p = {0};
  text left = {0};
  float *logits = NULL, *features = NULL;
  while (despur_arch_names[options.arch] && strcmp(despur_arch_names[options.arch], words[1]) != 0)
    options.arch++;
  TRY(npy_open(&p.array, words[4], error));
  options.input = (despur_shape){p.array.shape[1], p.array.shape[2], p.array.shape[3]};
  p.numbers = p.array.count / p.array.shape[0];
  TRY(despur_net_create(&net, &options, error));
  TRY(model_initialise(net, words[3], &left, error));
  if (left.data) fprintf(stderr, "%s\n", left.data);
  const size_t shapes[2][2] = {{p.array.shape[0], options.classes},
                               {p.array.shape[0], despur_net_features(net)}};
  TRY(mem_alloc(&logits, shapes[0][0] * shapes[0][1], sizeof *logits, error));
  TRY(mem_alloc(&features, shapes[1][0] * shapes[1][1], sizeof *features, error));
  TRY(run(net, &p, logits, features));
  TRY(npy_write(words[5], NPY_F32, 2, shapes[0], logits, error));
  TRY(npy_write(words[6], NPY_F32, 2, shapes[1], features, error));
cleanup:
  despur_net_free(net);
  npy_close(&p.array);
  mem_free(logits);
  mem_free(features);
  mem_free(left.data);
  return status;
}

int main(int argc, char **argv) {
  despur_error error = {0};
  if (argc != 7) return DESPUR_BAD_USAGE;
  despur_status status = carry_out(argv, &error);
  if (status != DESPUR_OK) fprintf(stderr, "%s\n", error.message);
  return (int)status;
}
