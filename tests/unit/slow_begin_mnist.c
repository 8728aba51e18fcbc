/* How many initial networks and orders of examples a recipe with large steps begins to learn from. Such
 * steps, with weight decay, can pull all weights to where every class looks alike before anything is learned,
 * and there is no gradient there.
 *
 * With arguments it measures another recipe: unit_begin_mnist RECIPE FIRST DRAWS [KEY=VALUE ...] prints how
 * many of the draws FIRST, FIRST + 1, ... begin. Groups are the true ones, whatever the recipe infers: those
 * that it finds here hardly differ. What JTT repeats are the examples of a colour that is not their class's.
 */
#include "testing.h"

#include "base/memory.h"
#include "config/config.h"
#include "despur/run.h"
#include "despur/train.h"

static despur_error error;

static const char MNIST[] = "../shared/data/mnist";

enum { FIRST = 4000, DRAWS = 200, BEFORE = 10, RECENT = 50, EPOCHS = 3 };

/* A training under watch. The loss of GroupDRO leaves out groups that a batch lacks, so what is compared is
 * the loss at the beginning and not log 5. */
typedef struct watch {
  double losses[RECENT]; /* a ring */
  double first;          /* sum over the first steps */
  size_t steps;
} watch;

static void after_step(void *context, size_t step, double loss, size_t examples) {
  (void)step;
  (void)examples;
  watch *w = context;
  if (w->steps < BEFORE) w->first += loss;
  w->losses[w->steps++ % RECENT] = loss;
}

static int has_begun(void *context) {
  const watch *w = context;
  double sum = 0;
  if (w->steps < RECENT) return 0;
  for (size_t i = 0; i < RECENT; i++) sum += w->losses[i];
  return sum / RECENT < 0.5 * w->first / BEFORE;
}

static despur_train_options options_of(const despur_config *config, const despur_groups *groups) {
  const stage_config *train = &config->train;
  return (despur_train_options){.epochs = EPOCHS,
                                .batch_size = (size_t)train->batch_size,
                                .optimizer = {.name = (despur_optimizer)train->optimizer.name,
                                              .lr = train->optimizer.lr,
                                              .momentum = train->optimizer.momentum,
                                              .nesterov = train->optimizer.nesterov,
                                              .weight_decay = train->optimizer.weight_decay},
                                .clip = train->clip,
                                .method = (despur_method)config->train_method,
                                .method_options = {.sampler = (despur_sampler)config->train_sampler,
                                                   .eta = config->groupdro.eta,
                                                   .power = config->spare.power.values,
                                                   .powers = config->spare.power.count,
                                                   .repeats = (size_t)config->jtt_repeats},
                                .groups = groups,
                                .stage = 2};
}

/* As the run with seed=1 seeds.init=DRAW seeds.order=DRAW. */
static bool draw_begins(size_t *steps, const despur_dataset *data, despur_train_options options,
                        uint64_t draw) {
  const despur_net_options shape = {.arch = DESPUR_LENET,
                                    .input = despur_dataset_shape(data),
                                    .classes = despur_dataset_classes(data),
                                    .batch = options.batch_size,
                                    .seed = draw,
                                    .stage = 2,
                                    .threads = 1};
  watch w = {0};
  const despur_train_hooks hooks = {.context = &w, .step = after_step, .stop = has_begun};
  despur_net *net;
  assert_ok(despur_net_create(&net, &shape, &error));
  options.seed = draw;
  despur_status status = despur_train(net, data, &options, &hooks, NULL, &error);
  if (status != DESPUR_OK && status != DESPUR_INTERRUPTED)
    fail_msg("draw %zu: %s", (size_t)draw, error.message);
  despur_net_free(net);
  *steps = w.steps;
  return status == DESPUR_INTERRUPTED;
}

static void make_groups(despur_groups *groups, const despur_dataset *data, const despur_config *config) {
  assert_ok(despur_groups_true(groups, data, &error));
  if (config->train_method != DESPUR_JTT) return;
  size_t colours = groups->count / despur_dataset_classes(data);
  despur_groups wrong;
  assert_ok(despur_groups_create(&wrong, groups->examples, 2, &error));
  for (size_t e = 0; e < groups->examples; e++)
    wrong.of_example[e] = groups->of_example[e] % (colours + 1) != 0;
  for (size_t g = 0; g < groups->count; g++)
    wrong.train_sizes[g % (colours + 1) != 0] += groups->train_sizes[g];
  despur_groups_release(groups);
  *groups = wrong;
}

/* The number of draws that begin. */
static size_t measure(const char *recipe, char **overrides, uint64_t first, size_t draws) {
  despur_config *config;
  despur_dataset *data;
  despur_groups groups;
  size_t begun = 0, slowest = 0;
  assert_ok(despur_config_create(&config, &error));
  assert_ok(despur_config_load(config, recipe, &error));
  assert_ok(despur_config_set(config, "seed=1", &error));
  if (!getenv("DESPUR_DATA"))
    assert_ok(despur_config_set(config, "data.images=../shared/data/mnist", &error));
  for (; overrides && *overrides; overrides++) assert_ok(despur_config_set(config, *overrides, &error));
  assert_ok(despur_dataset_create(&data, config, &error));
  make_groups(&groups, data, config);
  const despur_train_options options = options_of(config, &groups);
  for (uint64_t draw = first; draw < first + draws; draw++) {
    size_t steps;
    bool begins = draw_begins(&steps, data, options, draw);
    begun += begins;
    if (begins && steps > slowest) slowest = steps;
    if (!begins) printf("%s: draw %zu has not begun after %zu steps\n", recipe, (size_t)draw, steps);
  }
  printf("%s: %zu of %zu draws begin, the slowest after %zu steps\n", recipe, begun, draws, slowest);
  fflush(stdout);
  despur_groups_release(&groups);
  despur_dataset_free(data);
  despur_config_free(config);
  return begun;
}

static void begins_from_199_of_200_draws(const char *recipe) {
  if (access(MNIST, R_OK)) skip();
  assert_true(measure(recipe, NULL, FIRST, DRAWS) >= 199);
}

#define BEGINS(name, recipe)                                                                                 \
  static void name##_begins_from_199_of_200_draws(void **state) {                                            \
    (void)state;                                                                                             \
    begins_from_199_of_200_draws("recipes/" recipe ".yaml");                                                 \
  }

BEGINS(group_balance, "spuco_mnist/group_balance-magnitude_large")
BEGINS(groupdro, "spuco_mnist/groupdro-magnitude_large")
BEGINS(spare, "spuco_mnist/spare-magnitude_large")
BEGINS(jtt, "spuco_mnist/jtt-magnitude_large")
BEGINS(demo, "demo")

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(group_balance_begins_from_199_of_200_draws),
      cmocka_unit_test(groupdro_begins_from_199_of_200_draws),
      cmocka_unit_test(spare_begins_from_199_of_200_draws),
      cmocka_unit_test(jtt_begins_from_199_of_200_draws),
      cmocka_unit_test(demo_begins_from_199_of_200_draws),
  };
  if (argc >= 4) {
    measure(argv[1], argv + 4, strtoull(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
    return 0;
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
