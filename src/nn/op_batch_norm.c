/* Batch norm (Ioffe and Szegedy 2015, algorithm 1), with PyTorch's arithmetic: for each channel
 * y = (x - mean) / sqrt(variance + eps) * weight + bias.
 *
 * In training, mean and variance are those of all examples and places of the batch; every block brings its
 * own and they are combined in the order of blocks. Outside, they are running averages, which training keeps.
 */
#include "nn/net.h"

#include "base/math.h"

#include <stdio.h>

static const double EPS = 1e-5, MOMENTUM = 0.1;

/* What is known of a channel, from net->norms + node.norm_at on. */
typedef struct channel_norm {
  double mean, inverse; /* inverse: 1 / sqrt(variance + eps) */
  double mean_dy, slope;
} channel_norm;

enum { NORM_DOUBLES = sizeof(channel_norm) / sizeof(double), SUM_DOUBLES = 2 };

static channel_norm *norms_of(const node *n, const despur_net *net) {
  return (channel_norm *)(net->norms + n->norm_at);
}

static size_t channels(const node *n) {
  return n->in[0]->layout.channels;
}

static double values_of(const node *n, size_t examples) {
  return (double)(examples * n->in[0]->layout.height * n->in[0]->layout.width);
}

static size_t block_used(const despur_net *net, size_t block) {
  size_t left = net->used - block * LANES;
  return left < LANES ? left : LANES;
}

static bool shape(const node *n, block_layout *out) {
  *out = n->in[0]->layout;
  return true;
}

static void plan_norm(node *n, net_plan *p) {
  n->weight_count = n->bias_count = channels(n);
  n->weight = plan_parameters(p, n->weight_count);
  n->bias = plan_parameters(p, n->bias_count);
  n->running_mean = plan_buffers(p, channels(n));
  n->running_variance = plan_buffers(p, channels(n));
  n->sums_at = plan_sums(p, channels(n) * SUM_DOUBLES);
  n->norm_at = plan_norms(p, channels(n) * NORM_DOUBLES);
  n->line_at = plan_derived(p, 2 * channels(n));
}

static void initialise(const node *n, despur_net *net) {
  for (size_t c = 0; c < channels(n); c++) {
    net->parameters[n->weight + c] = 1;
    net->buffers[n->running_variance + c] = 1;
  }
}

static size_t tensors(const node *n, const despur_net *net, tensor *out) {
  static const char *const NAMES[NODE_TENSORS] = {"weight", "bias", "running_mean", "running_var"};
  const float *data[NODE_TENSORS] = {net->parameters + n->weight, net->parameters + n->bias,
                                     net->buffers + n->running_mean, net->buffers + n->running_variance};
  for (size_t i = 0; i < NODE_TENSORS; i++) {
    out[i] = (tensor){.rank = 1, .shape = {channels(n)}, .count = channels(n), .data = data[i]};
    snprintf(out[i].name, sizeof out->name, "%s.%s", n->spec.name, NAMES[i]);
  }
  return NODE_TENSORS;
}

static norm_rows all_rows(const node *n) {
  return (norm_rows){0, n->in[0]->layout.height};
}

/* Without the output, which is another one forwards and backwards. */
static norm_job job_of(const node *n, const pass *p, size_t channel, norm_rows rows) {
  block_layout in = n->in[0]->layout;
  return (norm_job){.x = node_input(n, p, 0) + block_at(in, channel, rows.begin),
                    .x_row = block_row(in),
                    .rows = rows.end - rows.begin,
                    .columns = in.width,
                    .used = p->used};
}

static norm_job gradient_job_of(const node *n, const pass *p, size_t channel, norm_rows rows) {
  block_layout delta = n->out->delta_layout;
  norm_job job = job_of(n, p, channel, rows);
  job.dy = node_delta(n, p) + block_at(delta, channel, rows.begin);
  job.dy_row = block_row(delta);
  return job;
}

/* ---- statistics of the batch ---- */

static void collect(const node *n, pass *p) {
  norm_moments *moments = (norm_moments *)(p->sums + n->sums_at);
  for (size_t c = 0; c < channels(n); c++) {
    const norm_job job = job_of(n, p, c, all_rows(n));
    moments[c] = p->net->kernels->norm->moments(&job);
  }
}

/* Chan, Golub and LeVeque 1979: moments of a union. */
static norm_moments moments_of_batch(const node *n, const despur_net *net, size_t channel) {
  norm_moments all = {0};
  double count = 0;
  for (size_t block = 0; block < block_count(net->used); block++) {
    const norm_moments *of_block = (const norm_moments *)(net->sums + block * net->sum_doubles + n->sums_at);
    norm_moments other = of_block[channel];
    double more = values_of(n, block_used(net, block)), distance = other.mean - all.mean;
    all.mean += distance * (more / (count + more));
    all.squares += other.squares + distance * distance * (count * more / (count + more));
    count += more;
  }
  return all;
}

/* As PyTorch: normalised with the variance of the batch itself (divided by its count), while the running
 * average takes the estimate for the population (divided by one less). */
static void meet(const node *n, despur_net *net) {
  double count = values_of(n, net->used), rest = count > 1 ? count - 1 : 1;
  if (n->frozen) return; /* as outside of training: see begin */
  float *means = net->buffers + n->running_mean, *variances = net->buffers + n->running_variance;
  for (size_t c = 0; c < channels(n); c++) {
    norm_moments batch = moments_of_batch(n, net, c);
    channel_norm *norm = &norms_of(n, net)[c];
    norm->mean = batch.mean;
    norm->inverse = 1 / math_sqrt(batch.squares / count + EPS);
    means[c] = (float)((1 - MOMENTUM) * (double)means[c] + MOMENTUM * batch.mean);
    variances[c] = (float)((1 - MOMENTUM) * (double)variances[c] + MOMENTUM * (batch.squares / rest));
  }
}

/* y = x * scale + shift. */
typedef struct channel_line {
  float scale, shift;
} channel_line;

static channel_line line_of(const node *n, const despur_net *net, size_t channel) {
  const channel_norm *norm = &norms_of(n, net)[channel];
  const double scale = (double)net->parameters[n->weight + channel] * norm->inverse;
  return (channel_line){(float)scale,
                        (float)((double)net->parameters[n->bias + channel] - norm->mean * scale)};
}

static void begin(const node *n, despur_net *net, bool training) {
  const float *means = net->buffers + n->running_mean, *variances = net->buffers + n->running_variance;
  float *lines = net->derived + n->line_at;
  if (training && !n->frozen) return;
  for (size_t c = 0; c < channels(n); c++) {
    norms_of(n, net)[c] =
        (channel_norm){.mean = (double)means[c], .inverse = 1 / math_sqrt((double)variances[c] + EPS)};
    const channel_line of = line_of(n, net, c);
    lines[c] = of.scale;
    lines[channels(n) + c] = of.shift;
  }
}

/* The convolution before it does what it and its host do. */
static void forward_from(const node *n, const pass *p, const node *host) {
  const float *lines = p->net->derived + n->line_at;
  conv_after after = {.scale = lines, .shift = lines + channels(n), .relu = host != NULL};
  if (host && host->input_count > 1) {
    const block_layout plus = host->in[1]->layout;
    after.plus = node_input(host, p, 1) + block_at(plus, 0, 0);
    after.plus_channel = block_channel(plus);
    after.plus_row = block_row(plus);
  }
  n->source->spec.op->forward_into(n->source, p, n->out, &after);
}

/* One multiply-add for each value: x * scale + shift, which are computed in double precision, for the
 * difference of bias and mean * scale loses digits where the mean is large. The host is ReLU, or an addition
 * with ReLU behind it; NULL: nothing follows. */
void norm_forward_rows(const node *n, const pass *p, const node *host, norm_rows rows) {
  const node *add = host && host->input_count > 1 ? host : NULL;
  block_layout out = n->out->layout;
  for (size_t c = 0; c < channels(n); c++) {
    const channel_line of = line_of(n, p->net, c);
    norm_job job = job_of(n, p, c, rows);
    job.y = node_output(n, p) + block_at(out, c, rows.begin);
    job.y_row = block_row(out);
    job.relu = host != NULL;
    if (add) {
      job.plus = node_input(add, p, 1) + block_at(add->in[1]->layout, c, rows.begin);
      job.plus_row = block_row(add->in[1]->layout);
    }
    p->net->kernels->norm->apply(&job, of.scale, of.shift);
  }
}

static void forward_for(const node *n, const pass *p, const node *host) {
  if (!p->returns && n->source && n->source->finishes)
    forward_from(n, p, host);
  else
    norm_forward_rows(n, p, host, all_rows(n));
}

static void forward(const node *n, pass *p) {
  forward_for(n, p, NULL);
}

/* ---- gradients ---- */

/* Sums of one channel in the lanes in use, in their order. */
typedef struct norm_sums {
  double dy, dy_x; /* of dy, and of dy * (x - mean) */
} norm_sums;

static norm_sums sum_lanes(const norm_lanes *lanes, size_t used) {
  norm_sums sums = {0};
  for (size_t lane = 0; lane < used; lane++) sums.dy += lanes->dy[lane], sums.dy_x += lanes->dy_x[lane];
  return sums;
}

/* The way back through ReLU and, where the host is one, through an addition; sums as by `norm`. */
static void mask(const node *n, const pass *p, const node *host, size_t channel, norm_rows rows,
                 norm_lanes *to) {
  const norm_job norm = gradient_job_of(n, p, channel, rows);
  block_layout out = n->out->layout, delta = n->out->delta_layout;
  mask_job job = {.dy = node_delta(n, p) + block_at(delta, channel, rows.begin),
                  .dy_row = block_row(delta),
                  .y = node_output(n, p) + block_at(out, channel, rows.begin),
                  .y_row = block_row(out),
                  .rows = rows.end - rows.begin,
                  .columns = out.width};
  if (host->input_count > 1 && host->in[1]->needs_delta) {
    block_layout plus = host->in[1]->delta_layout;
    job.plus = node_delta_in(host, p, 1) + block_at(plus, channel, rows.begin);
    job.plus_row = block_row(plus);
    job.adds = host->adds[1];
  }
  p->net->kernels->norm->mask(&job, &norm, norms_of(n, p->net)[channel].mean, to);
}

void norm_mask_rows(const node *n, const pass *p, const node *host, norm_rows rows, norm_lanes *to) {
  for (size_t c = 0; c < channels(n); c++) mask(n, p, host, c, rows, &to[c]);
}

void norm_collect(const node *n, const pass *p, const norm_lanes *lanes) {
  norm_sums *sums = (norm_sums *)(p->sums + n->sums_at);
  for (size_t c = 0; c < channels(n); c++) sums[c] = sum_lanes(&lanes[c], p->used);
}

static void collect_for(const node *n, const pass *p, const node *host) {
  norm_sums *sums = (norm_sums *)(p->sums + n->sums_at);
  for (size_t c = 0; c < channels(n); c++) {
    const norm_job job = gradient_job_of(n, p, c, all_rows(n));
    norm_lanes lanes = {0};
    if (host)
      mask(n, p, host, c, all_rows(n), &lanes);
    else
      p->net->kernels->norm->sums(&job, norms_of(n, p->net)[c].mean, &lanes);
    sums[c] = sum_lanes(&lanes, p->used);
  }
}

static void collect_backward(const node *n, pass *p) {
  collect_for(n, p, NULL);
}

/* With x^ = (x - mean) * inverse, and means over the batch (Ioffe and Szegedy 2015, section 3):
 *
 *   dweight = sum dy x^    dbias = sum dy    dx = weight * inverse * (dy - mean(dy) - x^ mean(dy x^))
 *
 * The kernels have dy_x = sum dy (x - mean), so x^ mean(dy x^) is (x - mean) times the slope below. */
static void meet_backward(const node *n, despur_net *net) {
  double count = values_of(n, net->used);
  for (size_t c = 0; c < channels(n); c++) {
    channel_norm *norm = &norms_of(n, net)[c];
    norm_sums all = {0};
    for (size_t block = 0; block < block_count(net->used); block++) {
      const norm_sums *of_block = (const norm_sums *)(net->sums + block * net->sum_doubles + n->sums_at);
      all.dy += of_block[c].dy;
      all.dy_x += of_block[c].dy_x;
    }
    net->gradient[n->weight + c] = (float)(all.dy_x * norm->inverse);
    net->gradient[n->bias + c] = (float)all.dy;
    norm->mean_dy = all.dy / count;
    norm->slope = all.dy_x * norm->inverse * norm->inverse / count;
  }
}

/* Outside of training the mean and the variance do not depend on the examples. */
void norm_backward_rows(const node *n, const pass *p, norm_rows rows) {
  block_layout in = n->in[0]->delta_layout;
  for (size_t c = 0; n->in[0]->needs_delta && c < channels(n); c++) {
    const channel_norm *norm = &norms_of(n, p->net)[c];
    const norm_line line = {.scale = (float)((double)p->net->parameters[n->weight + c] * norm->inverse),
                            .shift = p->training ? (float)norm->mean_dy : 0,
                            .mean = (float)norm->mean,
                            .slope = p->training ? (float)norm->slope : 0};
    norm_job job = gradient_job_of(n, p, c, rows);
    job.y = node_delta_in(n, p, 0) + block_at(in, c, rows.begin);
    job.y_row = block_row(in);
    p->net->kernels->norm->gradient(&job, line);
  }
}

static void backward(const node *n, pass *p) {
  norm_backward_rows(n, p, all_rows(n));
}

const operation op_batch_norm = {.name = "batch norm",
                                 .inputs = 1,
                                 .keeps_input = true,
                                 .pointwise = true,
                                 .takes_source = true,
                                 .shape = shape,
                                 .plan = plan_norm,
                                 .initialise = initialise,
                                 .tensors = tensors,
                                 .begin = begin,
                                 .forward = forward,
                                 .backward = backward,
                                 .forward_for = forward_for,
                                 .collect_for = collect_for,
                                 .collect = collect,
                                 .meet = meet,
                                 .collect_backward = collect_backward,
                                 .meet_backward = meet_backward};
