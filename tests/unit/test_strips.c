/* The way back through convolutions strip by strip is that of one node after the other, to the bit; and
 * values that are computed again on the way back need nothing of what the way there has left. */
#include "network_testing.h"

#include <math.h>

enum { EXAMPLES = 40, CLASSES = 5 };

static despur_error error;

/* Returns how many values there are that are computed again. */
static size_t spoil_renewed(const despur_net *net, size_t threads) {
  size_t count = 0;
  for (size_t v = 0; v <= net->node_count; v++) {
    const node_value *value = &net->values[v];
    if (!value->renewed) continue;
    count++;
    for (size_t t = 0; t < threads; t++)
      for (size_t i = 0; i < value->layout.channels * value->layout.height; i++) {
        float *row = net->scratch + t * net->scratch_floats + value->data.at +
                     block_at(value->layout, i / value->layout.height, i % value->layout.height);
        for (size_t k = 0; k < value->layout.width * LANES; k++) row[k] = NAN;
      }
  }
  return count;
}

static size_t strips_of(const despur_net *net) {
  size_t count = 0;
  for (size_t i = 0; i < net->node_count; i++) count += net->nodes[i].front != NULL;
  return count;
}

static void go(despur_net *net, examples *from, size_t threads) {
  forward_examples(net, from, EXAMPLES, true, 0);
  assert_true(spoil_renewed(net, threads) > 3);
  net_backward(net, net_logits(net)); /* any gradient will do */
}

static void strips_leave_the_gradients_of_single_nodes(void **state) {
  (void)state;
  static const struct {
    despur_arch arch;
    size_t height, width;
  } NETWORKS[] = {{DESPUR_RESNET20, 37, 33}, {DESPUR_RESNET20, 32, 32}, {DESPUR_RESNET18, 68, 90}};
  for (size_t n = 0; n < sizeof NETWORKS / sizeof *NETWORKS; n++)
    for (size_t threads = 1; threads <= 2; threads++) {
      despur_net *strips, *single;
      const despur_net_options options = {.arch = NETWORKS[n].arch,
                                          .input = {3, NETWORKS[n].height, NETWORKS[n].width},
                                          .classes = CLASSES,
                                          .batch = EXAMPLES,
                                          .seed = 3,
                                          .threads = (int)threads};
      examples from = make_examples(EXAMPLES, options.input, CLASSES);
      assert_ok(despur_net_create(&strips, &options, &error));
      assert_ok(despur_net_create(&single, &options, &error));
      assert_true(strips_of(strips) > 5);
      strips->by_strips = true;
      single->by_strips = false;
      go(strips, &from, threads);
      go(single, &from, threads);
      for (size_t i = 0; i < strips->slab; i++) assert_true(isfinite(strips->gradient[i]));
      assert_memory_equal(strips->gradient, single->gradient, strips->slab * sizeof *strips->gradient);
      despur_net_free(strips);
      despur_net_free(single);
      free_examples(&from);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(strips_leave_the_gradients_of_single_nodes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
