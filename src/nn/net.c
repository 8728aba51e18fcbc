/* Building a network: a plan, then memory for it. */
#include "nn/net.h"

#include "base/memory.h"
#include "despur/text.h"

#include <string.h>

/* Memory for everything that was planned. */
static despur_status reserve(despur_net *net, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t threads = (size_t)net->head.options.threads;
  net->blocks = block_count(net->head.options.training_batch);
  if (net->blocks < threads) net->blocks = threads;
  TRY(mem_alloc(&net->parameters, net->slab + net->buffer_floats, sizeof(float), error));
  net->buffers = net->parameters + net->slab;
  TRY(mem_alloc(&net->gradient, net->slab, sizeof(float), error));
  TRY(mem_alloc(&net->kept, net->blocks * net->kept_floats, sizeof(float), error));
  TRY(mem_alloc(&net->bytes, net->blocks * net->kept_bytes, 1, error));
  TRY(mem_alloc(&net->scratch, threads * net->scratch_floats, sizeof(float), error));
  net->example_stride = /* no power of two, and room for what kernels read behind a row */
      (block_features(net->values[0].layout) + LANES - 1) / LANES * LANES + LANES;
  TRY(mem_alloc(&net->examples, threads * LANES * net->example_stride, sizeof(float), error));
  TRY(mem_alloc(&net->block_gradient, net->blocks * net->block_gradient_floats, sizeof(float), error));
  TRY(mem_alloc(&net->derived, net->derived_floats, sizeof(float), error));
  TRY(mem_alloc(&net->rows, net->row_floats, sizeof(float), error));
  TRY(mem_alloc(&net->sums, net->blocks * net->sum_doubles, sizeof(double), error));
  TRY(mem_alloc(&net->norms, net->norm_doubles, sizeof(double), error));
  TRY(mem_alloc(&net->logits, net->head.options.batch * net->head.options.classes, sizeof(float), error));
cleanup:
  return status;
}

static despur_status no_such_layer(const despur_net *net, const char *freeze, despur_error *error) {
  const char **names;
  size_t count = 0;
  despur_status status = mem_alloc(&names, net->node_count + 1, sizeof *names, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i + 1 < net->node_count; i++)
    if (*net->nodes[i].spec.name) names[count++] = net->nodes[i].spec.name;
  const char *nearest = despur_nearest_word(freeze, names);
  if (!nearest && count > 0) nearest = names[0];
  mem_free(names);
  return error_set(
      error, DESPUR_BAD_INPUT, "no layer before the last one has a name that begins with '%.60s'%s%s%s",
      freeze, nearest ? "; layers are called such as '" : "", nearest ? nearest : "", nearest ? "'" : "");
}

/* Layers up to the last one whose name begins so. Gradients still pass through them, for maps. */
static despur_status freeze_layers(despur_net *net, despur_error *error) {
  const char *name = net->head.options.freeze;
  size_t count = 0;
  net->head.options.freeze = NULL; /* the caller's */
  if (!name || !*name) return DESPUR_OK;
  for (size_t i = 0; i + 1 < net->node_count; i++)
    if (strncmp(net->nodes[i].spec.name, name, strlen(name)) == 0) count = i + 1;
  if (count == 0) return no_such_layer(net, name, error);
  for (size_t i = 0; i < count; i++) {
    node *n = &net->nodes[i];
    n->frozen = true;
    if (n->bias + n->bias_count > net->frozen) net->frozen = n->bias + n->bias_count;
  }
  return DESPUR_OK;
}

despur_status net_create_from_graph(despur_net **out, const graph *g, const despur_net_options *options,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_net *net = NULL;
  *out = NULL;
  TRY(mem_alloc(&net, 1, sizeof *net, error));
  net->head = (net_head){.engine = &engine_cpu, .options = *options};
  if (net->head.options.threads < 1) net->head.options.threads = 1;
  if (net->head.options.training_batch == 0 || net->head.options.training_batch > options->batch)
    net->head.options.training_batch = options->batch;
  TRY(kernels_choose(&net->kernels, error));
  TRY(parallel_create(&net->pool, net->head.options.threads, error));
  net->node_count = g->count;
  net->by_strips = strips_pay();
  TRY(mem_alloc(&net->nodes, g->count, sizeof *net->nodes, error));
  TRY(mem_alloc(&net->values, g->count + 1, sizeof *net->values, error));
  for (size_t i = 0; i < g->count; i++) net->nodes[i].spec = g->nodes[i];
  TRY(plan_network(net, error));
  net->head.parameters = net->slab;
  net->head.buffers = net->buffer_floats;
  net->head.features = block_features(net->nodes[g->count - 1].in[0]->layout);
  TRY(reserve(net, error));
  net_initialise(net);
  TRY(freeze_layers(net, error));
  *out = net;
  net = NULL;
cleanup:
  if (net) net_free(net);
  return status;
}

static despur_status check_options(const despur_net_options *options, despur_error *error) {
  static const size_t MOST = (size_t)1 << 40; /* values of a batch of inputs */
  despur_status status = DESPUR_OK;
  size_t values;
  if (!architecture_known(options->arch))
    FAIL(error, DESPUR_BAD_INPUT, "network: no architecture has the number %d", (int)options->arch);
  if (options->classes == 0 || options->batch == 0)
    FAIL(error, DESPUR_BAD_INPUT, "network: expected at least one class and a batch of at least one example");
  if (!(options->dropout >= 0 && options->dropout < 1))
    FAIL(error, DESPUR_BAD_INPUT, "network: expected a dropout from 0 to below 1, found %g",
         options->dropout);
  if (options->normalised_channels > 0 && (options->normalised_channels != options->input.channels ||
                                           options->input.channels > DESPUR_NORMALISED_CHANNELS))
    FAIL(error, DESPUR_BAD_INPUT,
         "means and deviations of %zu channels, but the images have %zu: expected one for each of "
         "at most %d channels",
         options->normalised_channels, options->input.channels, DESPUR_NORMALISED_CHANNELS);
  TRY(mem_multiply(&values, options->input.channels, options->input.height, error));
  TRY(mem_multiply(&values, values, options->input.width, error));
  TRY(mem_multiply(&values, values, options->batch, error));
  if (values == 0 || values > MOST)
    FAIL(error, DESPUR_BAD_INPUT, "network: expected images of at least one value, and not %zu x %zu x %zu",
         options->input.channels, options->input.height, options->input.width);
cleanup:
  return status;
}

despur_status despur_net_create(despur_net **out, const despur_net_options *options, despur_error *error) {
  graph g = {.error = error};
  *out = NULL;
  despur_status checked = check_options(options, error);
  if (checked != DESPUR_OK) return checked;
  architecture_build(&g, options);
  despur_status status = g.status;
  if (status == DESPUR_OK) status = net_create_from_graph(out, &g, options, error);
  graph_release(&g);
  return status;
}

static void schedule_release(net_schedule *s) {
  mem_free(s->steps);
  mem_free(s->first);
}

void net_free(despur_net *net) {
  parallel_free(net->pool);
  mem_free(net->nodes);
  mem_free(net->values);
  schedule_release(&net->forward);
  schedule_release(&net->backward);
  mem_free(net->parameters);
  mem_free(net->gradient);
  mem_free(net->average);
  mem_free(net->optimizer.moments[0]);
  mem_free(net->optimizer.moments[1]);
  mem_free(net->kept);
  mem_free(net->bytes);
  mem_free(net->scratch);
  mem_free(net->examples);
  mem_free(net->block_gradient);
  mem_free(net->derived);
  mem_free(net->rows);
  mem_free(net->sums);
  mem_free(net->norms);
  mem_free(net->logits);
  mem_free(net);
}

const char *despur_net_kernels(const despur_net *net) {
  return net->kernels->level;
}

const engine engine_cpu = {.create = despur_net_create,
                           .free = net_free,
                           .forward = net_forward,
                           .logits = net_logits,
                           .features = net_features,
                           .classifier = net_classifier,
                           .begin = net_begin,
                           .backward = net_backward,
                           .clip = net_clip,
                           .step = net_step,
                           .backward_step = net_backward_step,
                           .average = net_average,
                           .finite = net_finite,
                           .snapshot = net_snapshot,
                           .restore = net_restore,
                           .find_convolution = net_find_convolution,
                           .activation_shape = net_activation_shape,
                           .show_activations = net_show_activations};
