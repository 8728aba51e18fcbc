#include "nn/head.h"

static const net_head *head_of(const despur_net *net) {
  return (const net_head *)(const void *)net;
}

const engine *engine_of(const despur_net *net) {
  return head_of(net)->engine;
}

const despur_net_options *net_options(const despur_net *net) {
  return &head_of(net)->options;
}

size_t net_parameters(const despur_net *net) {
  return head_of(net)->parameters;
}

size_t net_buffers(const despur_net *net) {
  return head_of(net)->buffers;
}

size_t net_state_floats(const despur_net *net) {
  return head_of(net)->parameters + head_of(net)->buffers;
}

size_t despur_net_classes(const despur_net *net) {
  return head_of(net)->options.classes;
}

size_t despur_net_features(const despur_net *net) {
  return head_of(net)->features;
}

void despur_net_free(despur_net *net) {
  if (net) engine_of(net)->free(net);
}
