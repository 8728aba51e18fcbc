/* Convolutions of 1 x 1 on every instruction set, and what follows them, to the bit: one number at a time in
 * the order that all kernels have. And networks: what a convolution does in passing is what others did. */
#include "kernels_testing.h"
#include "network_testing.h"

#include "base/memory.h"

#include <math.h>

static random_stream stream;

static float *drawn(size_t count) {
  float *values;
  assert_int_equal(mem_alloc(&values, count, sizeof *values, NULL), DESPUR_OK);
  for (size_t i = 0; i < count; i++) values[i] = (float)(2 * random_uniform(&stream) - 1);
  return values;
}

typedef struct points_case {
  size_t ins, outs, height, width, stride, pad; /* pad: of the output */
  bool follows, scales, adds, relu, six, has_bias;
} points_case;

static block_layout input_of(const points_case *c) {
  return (block_layout){.channels = c->ins, .height = c->height, .width = c->width, .pad = 1};
}

static block_layout output_of(const points_case *c) {
  return (block_layout){.channels = c->outs,
                        .height = (c->height - 1) / c->stride + 1,
                        .width = (c->width - 1) / c->stride + 1,
                        .pad = c->pad};
}

static float value_by_hand(const conv_job *job, size_t out, size_t row, size_t column, size_t lane) {
  float sum = 0;
  for (size_t in = 0; in < job->in_channels; in++)
    sum = fmaf(
        job->weight[out * job->in_channels + in],
        job->x[in * job->x_channel + row * job->stride * job->x_row + column * job->stride * LANES + lane],
        sum);
  float value = (job->bias ? job->bias[out] : 0) + sum;
  if (!job->after) return value;
  if (job->after->scale) value = fmaf(value, job->after->scale[out], job->after->shift[out]);
  if (job->after->plus)
    value +=
        job->after->plus[out * job->after->plus_channel + row * job->after->plus_row + column * LANES + lane];
  if (job->after->relu && value < 0) return 0;
  return job->after->six && value > 6 ? 6 : value;
}

static void check_values(const float *y, const conv_job *job, block_layout out, const char *level) {
  for (size_t o = 0; o < out.channels; o++)
    for (size_t i = 0; i < out.height * out.width * LANES; i++) {
      const size_t row = i / LANES / out.width, column = i / LANES % out.width, lane = i % LANES;
      const float wanted = value_by_hand(job, o, row, column, lane);
      const float *found = y + block_at(out, o, row) + column * LANES + lane;
      if (memcmp(found, &wanted, sizeof wanted) != 0)
        fail_msg("%s, %zu to %zu channels, row %zu, column %zu: %.9g, expected %.9g", level, job->in_channels,
                 job->out_channels, row, column, (double)*found, (double)wanted);
    }
}

static void check_case(const points_case *c) {
  const block_layout in = input_of(c), out = output_of(c), plus = {out.channels, out.height, out.width, 0};
  float *x = drawn(block_floats(in)), *weight = drawn(c->ins * c->outs), *bias = drawn(c->outs);
  float *scale = drawn(c->outs), *shift = drawn(c->outs), *added = drawn(block_floats(plus));
  const conv_after after = {.scale = c->scales ? scale : NULL,
                            .shift = c->scales ? shift : NULL,
                            .plus = c->adds ? added : NULL,
                            .plus_channel = block_channel(plus),
                            .plus_row = block_row(plus),
                            .relu = c->relu,
                            .six = c->six};
  for (size_t t = 0; tested_table(t); t++) {
    float *y;
    assert_int_equal(mem_alloc(&y, block_floats(out), sizeof *y, NULL), DESPUR_OK);
    const conv_job job = {.x = x + block_at(in, 0, 0),
                          .x_channel = block_channel(in),
                          .x_row = block_row(in),
                          .x_rows = in.height,
                          .weight = weight,
                          .bias = c->has_bias ? bias : NULL,
                          .y = y + block_at(out, 0, 0),
                          .y_channel = block_channel(out),
                          .y_row = block_row(out),
                          .y_column = LANES,
                          .in_channels = c->ins,
                          .out_channels = c->outs,
                          .rows = out.height,
                          .columns = out.width,
                          .kernel = 1,
                          .kernel_columns = 1,
                          .stride = c->stride,
                          .after = c->follows ? &after : NULL};
    tested_table(t)->conv(&job);
    check_values(y, &job, out, tested_table(t)->level);
    for (size_t i = 0; i < out.channels * out.height; i++) /* padding stays zero */
      for (size_t k = 0; k < out.pad * LANES; k++)
        assert_true(y[block_at(out, i / out.height, i % out.height) - 1 - k] == 0);
    if (c->follows) { /* the same in two steps */
      conv_job alone = job;
      alone.after = NULL;
      tested_table(t)->conv(&alone);
      tested_table(t)->points->finish(&job);
      check_values(y, &job, out, tested_table(t)->level);
    }
    mem_free(y);
  }
  mem_free(x), mem_free(weight), mem_free(bias), mem_free(scale), mem_free(shift), mem_free(added);
}

static void points_add_up_in_one_order_and_do_what_follows(void **state) {
  (void)state;
  static const size_t INS[] = {1, 3, 64, 65, 130}, OUTS[] = {1, 4, 7},
                      SIDES[][2] = {{1, 1}, {3, 5}, {7, 7}, {2, 13}};
  stream = random_open(3, "points", 0);
  for (size_t i = 0; i < 5; i++)
    for (size_t o = 0; o < 3; o++)
      for (size_t s = 0; s < 4; s++)
        for (unsigned kind = 0; kind < 4; kind++)
          check_case(&(points_case){.ins = INS[i],
                                    .outs = OUTS[o],
                                    .height = SIDES[s][0],
                                    .width = SIDES[s][1],
                                    .stride = 1 + random_below(&stream, 2),
                                    .pad = random_below(&stream, 2),
                                    .follows = kind > 0,
                                    .scales = random_below(&stream, 2),
                                    .adds = kind > 1,
                                    .relu = kind > 2 || random_below(&stream, 2),
                                    .six = random_below(&stream, 2),
                                    .has_bias = random_below(&stream, 2)});
}

/* Weights, running means and variances that change something. */
static void shake(despur_net *net) {
  const size_t floats = net->slab + net->buffer_floats;
  for (size_t i = 0; i < floats; i++)
    net->parameters[i] += (float)(0.1 * random_uniform(&stream)) * (i < net->slab ? 0.3F : 1.0F);
}

static void logits_of_every_node(despur_net *net, examples *from, float *out) {
  const net_batch batch = {LANES, example_row, from};
  net->used = LANES;
  net_begin_forward(net, false);
  pass p = net_pass(net, 0, 0, false);
  assert_true(p.returns);
  net_put_rows(&p, &batch);
  for (size_t i = 0; i < net->node_count; i++) node_forward(&net->nodes[i], &p);
  memcpy(out, node_output(&net->nodes[net->node_count - 1], &p), 5 * LANES * sizeof *out);
}

static void convolutions_in_evaluation_give_what_their_followers_gave(void **state) {
  (void)state;
  static const struct {
    despur_arch arch;
    size_t height, width;
  } NETWORKS[] = {{DESPUR_RESNET20, 36, 33},
                  {DESPUR_RESNET18, 36, 33},
                  {DESPUR_RESNET50, 36, 33},
                  {DESPUR_EFFICIENTNET_LITE0, 64, 32}};
  despur_error error;
  for (size_t a = 0; a < sizeof NETWORKS / sizeof *NETWORKS; a++) {
    despur_net *net;
    float wanted[5 * LANES];
    size_t joined = 0;
    const despur_net_options options = {.arch = NETWORKS[a].arch,
                                        .input = {3, NETWORKS[a].height, NETWORKS[a].width},
                                        .classes = 5,
                                        .batch = LANES,
                                        .seed = 3,
                                        .threads = 1};
    assert_ok(despur_net_create(&net, &options, &error));
    examples from = make_examples(LANES, options.input, 5);
    shake(net);
    logits_of_every_node(net, &from, wanted);
    forward_examples(net, &from, LANES, false, 0);
    for (size_t i = 0; i < LANES; i++)
      for (size_t c = 0; c < 5; c++)
        if (memcmp(&net_logits(net)[i * 5 + c], &wanted[c * LANES + i], sizeof(float)) != 0)
          fail_msg("%s, example %zu, class %zu: %.9g, expected %.9g", despur_arch_names[NETWORKS[a].arch], i,
                   c, (double)net_logits(net)[i * 5 + c], (double)wanted[c * LANES + i]);
    for (size_t i = 0; i < net->node_count; i++) joined += net->nodes[i].later && net->nodes[i].finishes;
    assert_true(joined > 8);
    free_examples(&from);
    despur_net_free(net);
  }
}

/* Of convolutions in a row: each writes what the next one reads, in another place than what it reads itself.
 */
static void convolutions_in_a_row_have_places_of_their_own(void **state) {
  (void)state;
  const node_spec conv = {
      .op = &op_conv, .size = 16, .kernel = 3, .stride = 1, .padding = 1, .without_bias = true};
  const node_spec norm = {.op = &op_batch_norm}, relu = {.op = &op_relu};
  const node_spec nodes[] = {conv,
                             norm,
                             relu,
                             conv,
                             norm,
                             relu,
                             conv,
                             norm,
                             relu,
                             conv,
                             norm,
                             relu,
                             {.op = &op_average},
                             {.op = &op_linear, .size = 5}};
  const despur_net_options options = {
      .input = {3, 13, 12}, .classes = 5, .batch = LANES, .seed = 3, .threads = 1};
  despur_net *net;
  despur_error error;
  float wanted[5 * LANES];
  size_t renewed = 0;
  assert_ok(create_chain(&net, nodes, sizeof nodes / sizeof *nodes, &options, &error));
  examples from = make_examples(LANES, options.input, 5);
  shake(net);
  logits_of_every_node(net, &from, wanted);
  forward_examples(net, &from, LANES, false, 0);
  for (size_t i = 0; i < LANES; i++)
    for (size_t c = 0; c < 5; c++)
      assert_memory_equal(&net_logits(net)[i * 5 + c], &wanted[c * LANES + i], sizeof(float));
  for (size_t v = 0; v <= net->node_count; v++) renewed += net->values[v].renewed;
  assert_int_equal(renewed, 3);
  free_examples(&from);
  despur_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(points_add_up_in_one_order_and_do_what_follows),
      cmocka_unit_test(convolutions_in_evaluation_give_what_their_followers_gave),
      cmocka_unit_test(convolutions_in_a_row_have_places_of_their_own)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
