/* The grid of a sweep: which runs there are, what they are called, and what their configurations say. */
#include "config_testing.h"

#include "despur/sweep.h"
#include "io/file.h"

#include <sys/stat.h>

static char folder[128];

static void write_text(const char *name, const char *content) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  char *slash = strrchr(path, '/');
  *slash = 0;
  assert_ok(file_make_directories(path, &error));
  *slash = '/';
  assert_ok(file_write_text(path, content, &error));
}

/* Recipes lie in a new folder, which becomes the current one: sweeps name them without a directory. */
static int new_folder(void **state) {
  (void)state;
  temporary_directory(folder);
  assert_int_equal(chdir(folder), 0);
  write_text("erm.yaml", "name: erm\ntrain: {epochs: 3}\n");
  write_text("balance.yaml", "name: balance\nseed: 7\ntrain: {method: group_balance}\n");
  return 0;
}

static despur_sweep *sweep_of(const char *yaml) {
  despur_sweep *sweep;
  write_text("s.yaml", yaml);
  assert_ok(despur_sweep_create(&sweep, "s.yaml", NULL, &error));
  return sweep;
}

static void assert_names(const despur_sweep *sweep, const char *const *names) {
  size_t count = 0;
  while (names[count]) count++;
  assert_int_equal(despur_sweep_count(sweep), count);
  for (size_t i = 0; i < count; i++) assert_string_equal(despur_sweep_run_name(sweep, i), names[i]);
}

static void assert_configs_equal(const despur_config *a, const despur_config *b) {
  char *left = formatted(a), *right = formatted(b);
  assert_string_equal(left, right);
  free(left);
  free(right);
}

/* ---- combinations and names ---- */

static void every_combination_is_a_run_and_the_first_seed_comes_first(void **state) {
  (void)state;
  despur_sweep *sweep = sweep_of("recipes: [erm.yaml, balance.yaml]\n"
                                 "grid:\n"
                                 "  train.optimizer.lr: [0.1, 1e-2]\n"
                                 "  train.batch_size: [32, 64]\n"
                                 "seeds: [0, 5]\n");
  const char *const names[] = {"erm,lr-0.1,batch_size-32,seed-0",
                               "erm,lr-0.1,batch_size-64,seed-0",
                               "erm,lr-1e-2,batch_size-32,seed-0",
                               "erm,lr-1e-2,batch_size-64,seed-0",
                               "balance,lr-0.1,batch_size-32,seed-0",
                               "balance,lr-0.1,batch_size-64,seed-0",
                               "balance,lr-1e-2,batch_size-32,seed-0",
                               "balance,lr-1e-2,batch_size-64,seed-0",
                               "erm,lr-0.1,batch_size-32,seed-5",
                               "erm,lr-0.1,batch_size-64,seed-5",
                               "erm,lr-1e-2,batch_size-32,seed-5",
                               "erm,lr-1e-2,batch_size-64,seed-5",
                               "balance,lr-0.1,batch_size-32,seed-5",
                               "balance,lr-0.1,batch_size-64,seed-5",
                               "balance,lr-1e-2,batch_size-32,seed-5",
                               "balance,lr-1e-2,batch_size-64,seed-5",
                               NULL};
  assert_names(sweep, names);
  assert_string_equal(despur_sweep_directory(sweep), "runs/s");
  despur_sweep_free(sweep);
}

static void a_run_has_the_configuration_of_its_command(void **state) {
  (void)state;
  despur_sweep *sweep = sweep_of("recipes: [erm.yaml, balance.yaml]\n"
                                 "seeds: [3]\n"
                                 "set: {data.strength: 0.9, train: {epochs: 2, method: upsample}}\n"
                                 "grid:\n"
                                 "  data.classes: [[[0, 1], [2, 3]], [[4], [5]]]\n"
                                 "  label:\n"
                                 "    - plain\n"
                                 "    - 'with, comma'\n"
                                 "    - \"it's \\\"quoted\\\"\"\n");
  despur_config *config, *wanted = new_config();
  const size_t run = 11; /* balance, the second classes, the third label */
  assert_string_equal(despur_sweep_run_name(sweep, run), "balance,classes-4-5,label-it-s-quoted,seed-3");
  assert_ok(despur_sweep_run_config(&config, sweep, run, &error));
  assert_ok(despur_config_load(wanted, "balance.yaml", &error));
  set(wanted, "data.strength=0.9");
  set(wanted, "train={epochs: 2, method: upsample}");
  set(wanted, "data.classes=[[4], [5]]");
  set(wanted, "label=\"it's \\\"quoted\\\"\"");
  set(wanted, "seed=3");
  assert_configs_equal(config, wanted);
  char *command;
  assert_ok(despur_sweep_run_command(&command, sweep, run, &error));
  assert_string_equal(command,
                      "despur run balance.yaml data.strength=0.9 'train={epochs: 2, method: upsample}' "
                      "'data.classes=[[4], [5]]' 'label=\"it'\\''s \\\"quoted\\\"\"' seed=3");
  free(command);
  despur_config_free(config);
  despur_config_free(wanted);
  despur_sweep_free(sweep);
}

static void without_seeds_each_recipe_keeps_its_own(void **state) {
  (void)state;
  despur_sweep *sweep = sweep_of("recipes: [erm.yaml, balance.yaml]\nname: mine\n");
  const char *const names[] = {"erm", "balance", NULL};
  assert_names(sweep, names);
  assert_string_equal(despur_sweep_directory(sweep), "runs/mine");
  despur_config *config;
  assert_ok(despur_sweep_run_config(&config, sweep, 1, &error));
  assert_int_equal(config->seed, 7);
  despur_config_free(config);
  despur_sweep_free(sweep);
}

static void seeds_are_numbers_and_ranges(void **state) {
  (void)state;
  const char *const wanted[] = {"erm,seed-0", "erm,seed-1", "erm,seed-2", "erm,seed-9", NULL};
  despur_sweep *sweep = sweep_of("recipes: erm.yaml\nseeds: [0-2, 9]\n");
  assert_names(sweep, wanted);
  despur_sweep_free(sweep);
  const char *const one[] = {"erm,seed-4", NULL};
  sweep = sweep_of("recipes: erm.yaml\nseeds: 4\n");
  assert_names(sweep, one);
  despur_sweep_free(sweep);
}

static void patterns_name_files_in_order(void **state) {
  (void)state;
  write_text("b/3.yaml", "name: three\n");
  write_text("b/1.yaml", "name: one\n");
  write_text("b/2.txt", "no recipe\n");
  const char *const names[] = {"1", "3", "erm", NULL};
  despur_sweep *sweep = sweep_of("recipes: [b/*.yaml, erm.yaml]\n");
  assert_names(sweep, names);
  despur_sweep_free(sweep);
}

static void recipes_of_one_name_are_told_apart_by_their_folders(void **state) {
  (void)state;
  write_text("x/one/config.yaml", "name: a\n");
  write_text("y/one/config.yaml", "name: b\n");
  const char *const names[] = {"x-one-config", "y-one-config", NULL};
  despur_sweep *sweep = sweep_of("recipes: [x/one/config.yaml, y/one/config.yaml]\n");
  assert_names(sweep, names);
  despur_sweep_free(sweep);
}

static void keys_with_one_ending_are_written_whole(void **state) {
  (void)state;
  const char *const names[] = {"erm,reference.epochs-1,train.epochs-1,arch-mlp",
                               "erm,reference.epochs-1,train.epochs-2,arch-mlp", NULL};
  despur_sweep *sweep =
      sweep_of("recipes: erm.yaml\ngrid: {reference.epochs: [1], train.epochs: [1, 2], model.arch: [mlp]}\n");
  assert_names(sweep, names);
  despur_sweep_free(sweep);
}

static void values_that_a_name_cannot_hold_get_a_number(void **state) {
  (void)state;
  const char *const names[] = {"erm,label-a-b", "erm,label-a-b-2", "erm,label-empty", NULL};
  despur_sweep *sweep = sweep_of("recipes: erm.yaml\ngrid: {label: [a b, 'a/b', '']}\n");
  assert_names(sweep, names);
  despur_sweep_free(sweep);
}

static void names_stay_inside_the_directory(void **state) {
  (void)state;
  despur_sweep *sweep = sweep_of("recipes: erm.yaml\ngrid: {label: [../../up, /etc, ..]}\n");
  for (size_t i = 0; i < despur_sweep_count(sweep); i++) {
    assert_null(strchr(despur_sweep_run_name(sweep, i), '/'));
    assert_int_equal(strncmp(despur_sweep_run_name(sweep, i), "erm,label-", 10), 0);
  }
  despur_sweep_free(sweep);
}

static void excluded_combinations_are_left_out(void **state) {
  (void)state;
  const char *const names[] = {"erm,lr-0.1,seed-0", "balance,lr-0.01,seed-0", "balance,lr-0.01,seed-1", NULL};
  despur_sweep *sweep = sweep_of("recipes: [erm.yaml, balance.yaml]\n"
                                 "seeds: 0-1\n"
                                 "grid: {train.optimizer.lr: [0.1, 0.01]}\n"
                                 "exclude:\n"
                                 "  - {recipe: erm, seed: 1}\n"
                                 "  - {recipe: balance, train.optimizer.lr: 0.1}\n"
                                 "  - {train.optimizer.lr: [0.01], seed: [0, 1], recipe: [erm]}\n");
  assert_names(sweep, names);
  despur_sweep_free(sweep);
}

/* ---- mistakes ---- */

static void mistakes_are_named_with_file_and_line(void **state) {
  (void)state;
  const struct {
    const char *yaml, *message;
  } cases[] = {
      {"", "s.yaml:1: a sweep: expected keys such as recipes and grid, found nothing"},
      {"- a\n", "s.yaml:1: a sweep: expected keys such as recipes and grid, found a list"},
      {"seeds: 0-4\n", "s.yaml:1: recipes: expected at least one recipe, found none"},
      {"recipes: []\n", "s.yaml:1: recipes: expected at least one recipe, found none"},
      {"recipes: [[erm.yaml]]\n", "s.yaml:1: recipes: expected the path of a recipe, found a list"},
      {"recipes: none-*.yaml\n", "s.yaml:1: recipes: no file is named like 'none-*.yaml'"},
      {"recipes: nowhere.yaml\n", "nowhere.yaml: No such file or directory"},
      {"recipes: erm.yaml\nrecipes: erm.yaml\n", "s.yaml:2: key 'recipes' stands here for the second time"},
      {"recipe: erm.yaml\n", "s.yaml:1: unknown key 'recipe' (did you mean 'recipes'?)"},
      {"recipes: [erm.yaml, erm.yaml]\n", "s.yaml:1: recipe: 'erm.yaml' is there twice"},
      {"recipes: erm.yaml\nseeds: []\n", "s.yaml:2: seeds: expected at least one, found none"},
      {"recipes: erm.yaml\nseeds: 4-1\n",
       "s.yaml:2: seeds: expected numbers and ranges such as 0-4, found '4-1'"},
      {"recipes: erm.yaml\nseeds: [-1]\n",
       "s.yaml:2: seeds: expected numbers and ranges such as 0-4, found '-1'"},
      {"recipes: erm.yaml\nseeds: 0000000000000000000000000000000000000000000000000000000000000000000001-2\n",
       "s.yaml:2: seeds: expected numbers and ranges such as 0-4, found '000"},
      {"recipes: erm.yaml\nseeds: [1, 0-3]\n", "seed: '1' is there twice"},
      {"recipes: erm.yaml\nname: a/b\n",
       "s.yaml:2: name: expected a word without '/' that names a directory"},
      {"recipes: erm.yaml\ngrid: {train.epochs: 3}\n",
       "s.yaml:2: train.epochs: expected a list of values, found '3'"},
      {"recipes: erm.yaml\ngrid: {train.epochs: []}\n",
       "s.yaml:2: train.epochs: expected from 1 to 500 values, found none"},
      {"recipes: erm.yaml\ngrid: {train.epoch: [3]}\n",
       "s.yaml:2: grid: unknown key 'train.epoch' (did you mean 'train.epochs'?)"},
      {"recipes: erm.yaml\ngrid: {seed: [3]}\n", "s.yaml:2: grid: 'seed' is given by 'seeds', outside"},
      {"recipes: erm.yaml\ngrid: {train.epochs: [1, 1]}\n", "s.yaml:2: train.epochs: '1' is there twice"},
      {"recipes: erm.yaml\ngrid: {train.epochs: [1], train.epochs: [2]}\n",
       "key 'train.epochs' stands here for the second time"},
      {"recipes: erm.yaml\nset: {train.epochs: 2, train.epochs: 3}\n",
       "s.yaml:2: key 'train.epochs' stands here for the second time"},
      {"recipes: erm.yaml\nset: {train.epochs: 2}\ngrid: {train.epochs: [1]}\n",
       "s.yaml:3: grid: key 'train.epochs' stands in 'set', too"},
      {"recipes: erm.yaml\ngrid: {train.epochs: [1, x]}\n",
       "s.yaml: erm,epochs-x: train.epochs=x: train.epochs: expected an integer from 0 to 100000, found 'x'"},
      {"recipes: erm.yaml\ngrid: {train.optimizer.lr: [0.1, 1e-1]}\n",
       "s.yaml: erm,lr-0.1 and erm,lr-1e-1 are the same run"},
      {"recipes: erm.yaml\nset: {model.dropout: 0.1}\n",
       "s.yaml: erm: model.dropout: has no effect unless model.arch is mlp (it is lenet)"},
      {"recipes: erm.yaml\nexclude: [{train.epochs: 1}]\n",
       "s.yaml:2: exclude: 'train.epochs' does not vary in this sweep"},
      {"recipes: erm.yaml\nexclude: [{recipe: emr}]\n",
       "s.yaml:2: exclude: recipe has no value 'emr' in this sweep"},
      {"recipes: erm.yaml\nexclude: [{recipe: erm, recipe: erm}]\n",
       "s.yaml:2: key 'recipe' stands here for the second time"},
      {"recipes: erm.yaml\nexclude: [{recipe: erm}]\n", "s.yaml: exclude leaves none of 1 combinations"},
      {"recipes: erm.yaml\nset: {label: &a x}\n",
       "s.yaml:2: expected plain keys and values, found an anchor (&)"},
      {"recipes: erm.yaml\nset: {label: \"a\\nb\"}\n",
       "s.yaml:2: expected a printable text, found a control character"},
      {"recipes: erm.yaml\nset: {label: [[[[[[[[[[x]]]]]]]]]]}\n", "s.yaml:2: more than 8 brackets"},
      {"recipes: erm.yaml\n---\nrecipes: erm.yaml\n",
       "s.yaml:2: expected one YAML document, found a second one"},
      {"recipes: erm.yaml\nseeds: 0-9999\ngrid: {train.epochs: [1, 2]}\n",
       "s.yaml:1: expected at most 10000 combinations, found more"},
      {"recipes: erm.yaml\nseeds: 0-9999999\n", "s.yaml:2: seeds: expected at most 10000, found more"},
      {"recipes: erm.yaml\nseeds: [0-9, 0-9223372036854775807]\n",
       "seeds: expected at most 10000, found more"},
      {"recipes: [erm.yaml\n", "s.yaml:2: not valid YAML"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    despur_sweep *sweep = NULL;
    write_text("s.yaml", cases[i].yaml);
    assert_fails(despur_sweep_create(&sweep, "s.yaml", NULL, &error), DESPUR_BAD_INPUT, cases[i].message);
    assert_null(sweep);
  }
}

static void mistakes_of_recipes_are_named_with_their_line(void **state) {
  (void)state;
  despur_sweep *sweep;
  write_text("bad.yaml", "name: bad\ntrain: {epochs: many}\n");
  write_text("s.yaml", "recipes: bad.yaml\n");
  assert_fails(despur_sweep_create(&sweep, "s.yaml", NULL, &error), DESPUR_BAD_INPUT,
               "bad.yaml:2: train.epochs: ");
  write_text("idle.yaml", "name: idle\nmodel: {dropout: 0.1}\n");
  write_text("s.yaml", "recipes: idle.yaml\n");
  assert_fails(despur_sweep_create(&sweep, "s.yaml", NULL, &error), DESPUR_BAD_INPUT,
               "s.yaml: idle: idle.yaml:2: model.dropout: has no effect");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_combination_is_a_run_and_the_first_seed_comes_first),
      cmocka_unit_test(a_run_has_the_configuration_of_its_command),
      cmocka_unit_test(without_seeds_each_recipe_keeps_its_own),
      cmocka_unit_test(seeds_are_numbers_and_ranges),
      cmocka_unit_test(patterns_name_files_in_order),
      cmocka_unit_test(recipes_of_one_name_are_told_apart_by_their_folders),
      cmocka_unit_test(keys_with_one_ending_are_written_whole),
      cmocka_unit_test(values_that_a_name_cannot_hold_get_a_number),
      cmocka_unit_test(names_stay_inside_the_directory),
      cmocka_unit_test(excluded_combinations_are_left_out),
      cmocka_unit_test(mistakes_are_named_with_file_and_line),
      cmocka_unit_test(mistakes_of_recipes_are_named_with_their_line),
  };
  return cmocka_run_group_tests(tests, new_folder, NULL);
}
