/* The counts of multiply-adds by which speeds are measured, against counting them one by one. */
#include "testing.h"

#include "nn/net.h"

static despur_error error;

static despur_net *network(despur_arch arch) {
  const despur_net_options options = {.arch = arch, .input = {3, 28, 28}, .classes = 5, .batch = 16};
  despur_net *net;
  assert_ok(despur_net_create(&net, &options, &error));
  return net;
}

/* Every product of a convolution whose input is a pixel and not padding. */
static size_t counted_one_by_one(const node *l) {
  size_t count = 0, k = l->spec.kernel, pad = l->spec.padding;
  for (size_t row = 0; row < l->out->layout.height; row++)
    for (size_t column = 0; column < l->out->layout.width; column++)
      for (size_t kr = 0; kr < k; kr++)
        for (size_t kc = 0; kc < k; kc++) {
          size_t y = row * l->spec.stride + kr, x = column * l->spec.stride + kc;
          if (y >= pad && y < l->in[0]->layout.height + pad && x >= pad && x < l->in[0]->layout.width + pad)
            count += l->in[0]->layout.channels * l->out->layout.channels;
        }
  return count;
}

static void convolutions_count_products_with_pixels_only(void **state) {
  (void)state;
  despur_net *net = network(DESPUR_LENET);
  size_t convolutions = 0;
  for (size_t i = 0; i < net->node_count; i++) {
    if (net->nodes[i].spec.op != &op_conv) continue;
    assert_int_equal(node_multiply_adds(&net->nodes[i]), counted_one_by_one(&net->nodes[i]));
    convolutions++;
  }
  assert_int_equal(convolutions, 2);
  despur_net_free(net);
}

/* By hand: conv1 has 18 pairs of channels and 134 of 140 pairs of a place and a kernel column inside, each
 * way; conv2 96 pairs of channels and 50 each way. */
static void lenet_takes_what_its_layers_take(void **state) {
  (void)state;
  despur_net *net = network(DESPUR_LENET);
  const size_t conv1 = 18 * 134 * 134, rest = 96 * 50 * 50 + 400 * 120 + 120 * 84 + 84 * 5;
  assert_int_equal(net_multiply_adds(net, false), conv1 + rest);
  assert_int_equal(net_multiply_adds(net, true), 2 * conv1 + 3 * rest); /* images need no gradient */
  despur_net_free(net);
}

static void mlp_takes_its_weights(void **state) {
  (void)state;
  despur_net *net = network(DESPUR_MLP);
  const size_t first = 2352 * 512, rest = 512 * 256 + 256 * 5;
  assert_int_equal(net_multiply_adds(net, false), first + rest);
  assert_int_equal(net_multiply_adds(net, true), 2 * first + 3 * rest);
  despur_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(convolutions_count_products_with_pixels_only),
      cmocka_unit_test(lenet_takes_what_its_layers_take),
      cmocka_unit_test(mlp_takes_its_weights),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
