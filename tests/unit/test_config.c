/* Files, overrides, the configuration as text, and the checks between keys. */
#include "config_testing.h"

#include "base/memory.h"
#include "base/random.h"
#include "despur/dataset.h"
#include "io/file.h"

#include <dirent.h>

#define SAMPLES "tests/data/config"

static size_t row_of(const char *key) {
  int row = schema_find(key);
  if (row < 0) fail_msg("no key %s", key);
  return (size_t)row;
}

/* ---- defaults and printing ---- */

static void defaults_are_those_of_the_manual(void **state) {
  (void)state;
  despur_config *config = new_config();
  assert_string_equal(config->name, "run");
  assert_string_equal(config->label, "");
  assert_int_equal(config_seed(config, config->seeds.order), 0);
  assert_string_equal(config->data.images, "auto");
  assert_int_equal(config->data.difficulty, DESPUR_MAGNITUDE_LARGE);
  assert_int_equal(config->data.strength.count, 1);
  assert_true(config->data.strength.values[0] == 0.995);
  assert_int_equal(config->data.classes.count, 5);
  for (size_t i = 0; i < 10; i++) {
    assert_int_equal(config->data.classes.sizes[i / 2], 2);
    assert_int_equal(config->data.classes.digits[i / 2][i % 2], i);
  }
  assert_int_equal(config->data.digits_train, 20000);
  assert_true(config->model.dropout == 0.5);
  assert_int_equal(config->reference.epochs, 0);
  assert_int_equal(config->train.epochs, 1);
  const stage_config *stages[] = {&config->reference, &config->train};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(stages[i]->batch_size, 64);
    assert_true(stages[i]->optimizer.lr == 0.01);
    assert_true(stages[i]->optimizer.momentum == 0.9);
    assert_false(stages[i]->optimizer.nesterov);
    assert_true(stages[i]->optimizer.betas.values[1] == 0.999);
    assert_true(stages[i]->optimizer.eps == 1e-8);
    assert_int_equal(stages[i]->schedule.name, DESPUR_CONSTANT);
  }
  assert_int_equal(config->infer.starts, 10);
  for (size_t i = 0; i < schema_count; i++) assert_false(config->set[i]);
  assert_ok(despur_config_check(config, &error));
  despur_config_free(config);
}

static void defaults_survive_a_round_trip(void **state) {
  (void)state;
  despur_config *config = new_config();
  assert_round_trip(config);
  char *yaml = formatted(config);
  assert_null(strstr(yaml, "repair:")); /* a run without this stage is written as if there were none */
  free(yaml);
  set(config, "repair.method=dfr");
  assert_round_trip(config);
  yaml = formatted(config);
  for (size_t i = 0; i < schema_count; i++) { /* every key is there, if only as a comment */
    const char *dot = strrchr(schema_rows[i].key, '.');
    char line[CONFIG_KEY + 8];
    snprintf(line, sizeof line, " %s:", dot ? dot + 1 : schema_rows[i].key);
    assert_non_null(strstr(yaml, dot ? line : line + 1));
  }
  free(yaml);
  despur_config_free(config);
}

static void a_written_file_loads_as_it_was(void **state) {
  (void)state;
  char directory[128], path[256];
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/config.yaml", directory);
  despur_config *config = new_config(), *back = new_config();
  set(config, "train.optimizer={name: adam, lr: 0.1}");
  set(config, "name=\"it's: \\\"odd\\\" # \\\\ \xc3\xa9 {\"");
  set(config, "seed=9223372036854775807");
  char *yaml = formatted(config);
  assert_ok(file_write_text(path, yaml, &error));
  assert_ok(despur_config_load(back, path, &error));
  assert_string_equal(back->name, "it's: \"odd\" # \\ \xc3\xa9 {");
  assert_true(back->seed == INT64_MAX);
  assert_int_equal(back->train.optimizer.name, DESPUR_ADAM);
  char *again = formatted(back);
  assert_string_equal(yaml, again);
  free(again);
  free(yaml);
  despur_config_free(back);
  despur_config_free(config);
}

static void keys_without_effect_are_comments(void **state) {
  (void)state;
  despur_config *config = new_config();
  char *yaml = formatted(config);
  assert_non_null(strstr(yaml, "\n  # dropout: 0.5\n"));
  assert_non_null(strstr(yaml, "\n  # optimizer:\n    # name: sgd\n"));
  free(yaml);
  set(config, "model.arch=mlp");
  set(config, "reference.epochs=1");
  yaml = formatted(config);
  assert_non_null(strstr(yaml, "\n  dropout: 0.5\n"));
  assert_non_null(strstr(yaml, "\n  optimizer:\n    name: sgd\n"));
  free(yaml);
  despur_config_free(config);
}

/* ---- files ---- */

/* Every sample says in its first line, behind "# ", how its message goes on after the file's name. */
static void malformed_samples_give_their_messages(void **state) {
  (void)state;
  DIR *directory = opendir(SAMPLES);
  if (!directory) skip();
  int count = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    char path[512], *content, wanted[1024];
    size_t bytes;
    if (!strstr(entry->d_name, ".yaml")) continue;
    snprintf(path, sizeof path, SAMPLES "/%s", entry->d_name);
    assert_ok(file_read(&content, &bytes, path, 1 << 20, &error));
    snprintf(wanted, sizeof wanted, "%.*s", (int)strcspn(content, "\n") - 2, content + 2);
    despur_config *config = new_config();
    char *before = formatted(config);
    despur_status status = despur_config_load(config, path, &error);
    size_t length = strlen(path);
    bool placed = !strncmp(error.message, path, length) && error.message[length] == ':';
    bool begins = placed && !strncmp(error.message + length + 1, wanted, strlen(wanted));
    bool numbered = wanted[0] >= '0' && wanted[0] <= '9';
    if (status != DESPUR_BAD_INPUT || !placed || (numbered ? !begins : !strstr(error.message, wanted)))
      fail_msg("%s: status %d, message '%s'; expected '%s'", path, (int)status, error.message, wanted);
    char *after = formatted(config);
    assert_string_equal(before, after); /* what was good in the file has not been taken over */
    free(after);
    free(before);
    despur_config_free(config);
    mem_free(content);
    count++;
  }
  closedir(directory);
  assert_true(count > 50);
}

static void files_that_cannot_be_read_are_named(void **state) {
  (void)state;
  char directory[128], path[256], *large;
  temporary_directory(directory);
  despur_config *config = new_config();
  snprintf(path, sizeof path, "%s/missing.yaml", directory);
  assert_fails(despur_config_load(config, path, &error), DESPUR_BAD_INPUT, "missing.yaml: ");
  assert_fails(despur_config_load(config, directory, &error), DESPUR_BAD_INPUT,
               "expected a file, found a directory");
  snprintf(path, sizeof path, "%s/large.yaml", directory);
  assert_ok(mem_alloc(&large, (1 << 20) + 2, 1, &error));
  memset(large, '#', (1 << 20) + 1);
  assert_ok(file_write_text(path, large, &error));
  assert_fails(despur_config_load(config, path, &error), DESPUR_BAD_INPUT, "at most 1,048,576 are expected");
  mem_free(large);
  snprintf(path, sizeof path, "%s/empty.yaml", directory);
  assert_ok(file_write_text(path, "", &error));
  assert_fails(despur_config_load(config, path, &error), DESPUR_BAD_INPUT, "found nothing");
  despur_config_free(config);
}

static const char RECIPE[] =
    "name: george-blog\nseed: 3\nseeds: {order: 7}\n"
    "data:   {source: spuco_mnist, images: auto, difficulty: variance_low, strength: [0.9, 0.8, 1e-1],\n"
    "         classes: [[0,1],[2, 3],[4]], label_noise: .5}\n"
    "model:  {arch: lenet} # no dropout\n"
    "reference: {epochs: 1, batch_size: 32, optimizer: {name: sgd, lr: 0.02, momentum: 0.8, nesterov: "
    "true}}\n"
    "infer:  {method: cluster, on: features, clusters: 3, scope: all}\n"
    "train:\n  method: group_balance\n  epochs: 4\n  clip: 1.5\n"
    "  optimizer:\n    name: adamw\n    betas: [0.8, 0.99]\n    weight_decay: 0.0005\n"
    "  schedule: {name: step, every: 2, gamma: 0.5}\n"
    "select: {rule: 'val_worst_group'}\nlog: {steps: true}\n";

static void a_recipe_fills_the_structure(void **state) {
  (void)state;
  despur_config *config = new_config();
  assert_ok(parse_file(config, RECIPE, strlen(RECIPE)));
  assert_string_equal(config->name, "george-blog");
  assert_int_equal(config_seed(config, config->seeds.order), 7);
  assert_int_equal(config_seed(config, config->seeds.data), 3);
  assert_int_equal(config->data.difficulty, DESPUR_VARIANCE_LOW);
  assert_int_equal(config->data.strength.count, 3);
  assert_true(config->data.strength.values[2] == 0.1);
  assert_int_equal(config->data.classes.count, 3);
  assert_int_equal(config->data.classes.sizes[2], 1);
  assert_int_equal(config->data.classes.digits[1][1], 3);
  assert_true(config->data.label_noise == 0.5);
  assert_true(config->reference.optimizer.nesterov);
  assert_true(config->reference.optimizer.momentum == 0.8);
  assert_int_equal(config->infer.on, DESPUR_FEATURES);
  assert_int_equal(config->infer.scope, CONFIG_ALL_CLASSES);
  assert_int_equal(config->train_method, DESPUR_GROUP_BALANCE);
  assert_int_equal(config->train.optimizer.name, DESPUR_ADAMW);
  assert_true(config->train.optimizer.betas.values[0] == 0.8);
  assert_true(config->train.optimizer.lr == 0.01); /* left at its default */
  assert_int_equal(config->train.schedule.every, 2);
  assert_int_equal(config->select.rule, CONFIG_VAL_WORST_GROUP);
  assert_true(config->log.steps);
  assert_int_equal(config->line[row_of("train.clip")], 12);
  assert_ok(despur_config_check(config, &error));
  assert_round_trip(config);
  despur_config_free(config);
}

static void damaged_recipes_are_read_or_refused(void **state) {
  (void)state;
  random_stream stream = random_open(2, "test", 0);
  static const char spice[] = "[]{}:,-?&*!|>%@`'\"\\#\n\t .~<=0e\0\xff\xc2\xe2";
  int accepted = 0;
  for (int round = 0; round < 3000; round++) {
    char *yaml; /* of exactly that size: a sanitizer sees every byte too many */
    size_t bytes = strlen(RECIPE);
    if (round % 3 == 0) bytes = random_below(&stream, (uint32_t)bytes);
    yaml = malloc(bytes ? bytes : 1);
    assert_non_null(yaml);
    memcpy(yaml, RECIPE, bytes);
    uint32_t changes = round % 3 == 0 ? 0 : random_below(&stream, 6);
    for (uint32_t i = 0; i < changes && bytes; i++) {
      char put = random_below(&stream, 2) ? spice[random_below(&stream, sizeof spice)]
                                          : (char)random_below(&stream, 256);
      yaml[random_below(&stream, (uint32_t)bytes)] = put;
    }
    despur_config *changed = new_config();
    despur_status status = parse_file(changed, yaml, bytes);
    if (status == DESPUR_OK) {
      assert_round_trip(changed);
      accepted++;
    } else {
      assert_int_equal(status, DESPUR_BAD_INPUT);
      assert_true(!strncmp(error.message, "r.yaml:", 7) && error.message[7] >= '1' &&
                  error.message[7] <= '9');
    }
    despur_config_free(changed);
    free(yaml);
  }
  assert_true(accepted > 250 && accepted < 2750);
}

static void random_bytes_are_refused(void **state) {
  (void)state;
  random_stream stream = random_open(3, "test", 0);
  despur_config *config = new_config();
  for (int round = 0; round < 20000; round++) {
    uint32_t bytes = random_below(&stream, 64);
    char *yaml = malloc(bytes ? bytes : 1);
    assert_non_null(yaml);
    uint32_t above = random_below(&stream, 2) ? 256 : 128;
    for (uint32_t i = 0; i < bytes; i++) yaml[i] = (char)random_below(&stream, above);
    assert_int_equal(parse_file(config, yaml, bytes), DESPUR_BAD_INPUT);
    free(yaml);
  }
  despur_config_free(config);
}

/* ---- overrides ---- */

static void overrides_read_yaml(void **state) {
  (void)state;
  despur_config *config = new_config();
  set(config, "train.epochs=5");
  assert_int_equal(config->train.epochs, 5);
  set(config, "data.classes=[[0,1],[2,3]]");
  assert_int_equal(config->data.classes.count, 2);
  set(config, "data.strength=[0.9,0.8]");
  assert_true(config->data.strength.values[1] == 0.8);
  set(config, "data.strength=0.7");
  assert_int_equal(config->data.strength.count, 1);
  set(config, "name=a=b");
  assert_string_equal(config->name, "a=b");
  set(config, "label=two words  # and no remark");
  assert_string_equal(config->label, "two words  # and no remark");
  set(config, "label=\"set #2\"");
  assert_string_equal(config->label, "set #2");
  set(config, "data={source: npy, images: 'set #2: [a]'}");
  assert_string_equal(config->data.images, "set #2: [a]");
  set(config, "data={source: digits}");
  set(config, "label=");
  assert_string_equal(config->label, "");
  set(config, "name=run #2");
  assert_string_equal(config->name, "run #2");
  set(config, "name=");
  assert_string_equal(config->name, "run");
  assert_false(config->set[row_of("name")]);
  assert_ok(despur_config_check(config, &error));
  despur_config_free(config);
}

static void an_override_replaces_a_section(void **state) {
  (void)state;
  despur_config *config = new_config();
  assert_ok(parse_file(config, RECIPE, strlen(RECIPE)));
  set(config, "train.optimizer={name: adam, lr: 0.1}");
  assert_int_equal(config->train.optimizer.name, DESPUR_ADAM);
  assert_true(config->train.optimizer.lr == 0.1);
  assert_true(config->train.optimizer.weight_decay == 0);
  assert_true(config->train.optimizer.betas.values[0] == 0.9);
  assert_int_equal(config->train.epochs, 4); /* outside of it */
  set(config, "reference={epochs: 2}");
  assert_false(config->reference.optimizer.nesterov);
  assert_ok(despur_config_check(config, &error));
  assert_round_trip(config);
  despur_config_free(config);
}

/* Who chooses another optimiser does not mean to keep the momentum of the recipe's. */
static void overrides_drop_what_they_leave_without_effect(void **state) {
  (void)state;
  static const char OURS[] = "label: ours\n"
                             "reference: {epochs: 1}\n"
                             "infer: {method: cluster, on: logits, clusters: 3}\n"
                             "train:\n"
                             "  optimizer: {name: sgd, momentum: 0.5, nesterov: true}\n";
  despur_config *config = new_config();
  char *notes, *found, *wanted;
  assert_ok(parse_file(config, OURS, strlen(OURS)));
  set(config, "train.optimizer.name=adam");
  set(config, "infer.method=jtt");
  assert_ok(despur_config_drop_idle(config, &notes, &error));
  assert_non_null(strstr(notes, ":1: label is left out: it names another method\n"));
  assert_non_null(strstr(notes,
                         ":3: infer.clusters is left out: it has no effect unless infer.method is cluster, "
                         "george or spare (it is jtt)\n"));
  assert_non_null(strstr(notes, ":5: train.optimizer.momentum is left out: it has no effect unless "
                                "train.optimizer.name is sgd (it is adam)\n"));
  free(notes);
  assert_ok(despur_config_check(config, &error));
  found = formatted(config);
  despur_config_free(config);
  /* the same as if the recipe had never had them */
  config = new_config();
  set(config, "reference.epochs=1");
  set(config, "train.optimizer.name=adam");
  set(config, "infer.method=jtt");
  wanted = formatted(config);
  assert_string_equal(found, wanted);
  free(found);
  free(wanted);
  despur_config_free(config);
}

static void overrides_without_effect_stay_mistakes(void **state) {
  (void)state;
  static const char OURS[] = "train: {optimizer: {momentum: 0.5}}\n", IDLE[] = "train: {jtt: {repeats: 5}}\n";
  despur_config *config = new_config();
  char *notes;
  assert_ok(parse_file(config, OURS, strlen(OURS)));
  set(config, "train.optimizer.name=adam");
  set(config, "train.optimizer.momentum=0.6");
  assert_ok(despur_config_drop_idle(config, &notes, &error));
  assert_null(notes);
  assert_fails(despur_config_check(config, &error), DESPUR_BAD_USAGE,
               "train.optimizer.momentum: has no effect");
  despur_config_free(config);
  config = new_config();
  assert_ok(parse_file(config, IDLE, strlen(IDLE)));
  set(config, "train.method=groupdro");
  assert_ok(despur_config_drop_idle(config, &notes, &error));
  assert_null(notes);
  assert_fails(despur_config_check(config, &error), DESPUR_BAD_INPUT, ":1: train.jtt.repeats: has no effect");
  despur_config_free(config);
}

/* Only what is left at the end counts. */
static void overrides_that_are_taken_back_drop_nothing(void **state) {
  (void)state;
  static const char OURS[] = "train: {optimizer: {momentum: 0.5, nesterov: true}}\n";
  despur_config *config = new_config();
  char *notes;
  assert_ok(parse_file(config, OURS, strlen(OURS)));
  set(config, "train.optimizer.name=adam");
  set(config, "train.optimizer.name=sgd");
  assert_ok(despur_config_drop_idle(config, &notes, &error));
  assert_null(notes);
  assert_true(config->train.optimizer.momentum == 0.5);
  set(config, "train.optimizer.momentum=0");
  assert_ok(despur_config_drop_idle(config, &notes, &error));
  assert_non_null(
      strstr(notes, ":1: train.optimizer.nesterov is left out: it has no effect without momentum\n"));
  free(notes);
  assert_ok(despur_config_check(config, &error));
  despur_config_free(config);
}

static void wrong_overrides_name_themselves_and_change_nothing(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"train.epochs=abc",
       "train.epochs=abc: train.epochs: expected an integer from 0 to 100000, found 'abc'"},
      {"train.epoch=5", "train.epoch=5: unknown key 'train.epoch' (did you mean 'train.epochs'?)"},
      {"train.epochs", "train.epochs: expected KEY=VALUE, such as train.epochs=5"},
      {"=5", "=5: expected KEY=VALUE"},
      {"", ": expected KEY=VALUE"},
      {"train.=5", "train.=5: unknown key 'train.'"},
      {"train=5", "train=5: train: expected keys and their values, found '5'"},
      {"train=", "train=: train: expected keys and their values, found nothing"},
      {"train.epochs=", "train.epochs=: train.epochs: expected an integer from 0 to 100000, found nothing"},
      {"train={epochs: 3, clip: x}",
       "train={epochs: 3, clip: x}: train.clip: expected a number from 0 to 1000000, found 'x'"},
      {"train={epochs: 3, epochs: 3}", "key 'train.epochs' stands here for the second time"},
      {"train={train: {}}", "unknown key 'train.train'"},
      {"seed=1\n--- 2", "seed=1?--- 2: expected one YAML document, found a second one"},
      {"data.classes=[[0,1],[1]]", "data.classes: digit 1 is in class 0 and in class 1"},
      {"data.classes=[[0,1", "data.classes=[[0,1: not valid YAML: "},
      {"train.clip=&a 1", "found an anchor (&)"},
      {"seed=5 # fine", "seed=5 # fine: expected a value, found a comment, '# fine'"},
      {"data={images: set #2}", "found a comment, '#2}'; in quotes it is part of a text"},
  };
  despur_config *config = new_config();
  char *before = formatted(config);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_fails(despur_config_set(config, cases[i][0], &error), DESPUR_BAD_USAGE, cases[i][1]);
    char *after = formatted(config);
    assert_string_equal(before, after);
    free(after);
  }
  free(before);
  despur_config_free(config);
}

static void long_overrides_do_not_crowd_out_the_reason(void **state) {
  (void)state;
  char override[4096] = "seed=[";
  for (size_t i = strlen(override); i + 3 < sizeof override; i += 2) memcpy(override + i, "\xc3\xa9", 2);
  despur_config *config = new_config();
  assert_fails(despur_config_set(config, override, &error), DESPUR_BAD_USAGE, "found a list");
  memcpy(override, "names=", 6);
  assert_fails(despur_config_set(config, override, &error), DESPUR_BAD_USAGE, "(did you mean 'name'?)");
  memset(override, 'k', sizeof override - 1);
  memcpy(override + 4000, "=1", 2);
  assert_fails(despur_config_set(config, override, &error), DESPUR_BAD_USAGE, "unknown key 'kkk");
  despur_config_free(config);
}

/* ---- keys that need each other ---- */

static void assert_check(const char *const *overrides, const char *wanted) {
  despur_config *config = new_config();
  for (; *overrides; overrides++) set(config, *overrides);
  if (wanted)
    assert_fails(despur_config_check(config, &error), DESPUR_BAD_USAGE, wanted);
  else
    assert_ok(despur_config_check(config, &error));
  assert_round_trip(config);
  despur_config_free(config);
}

#define CHECK(wanted, ...) assert_check((const char *const[]){__VA_ARGS__, NULL}, wanted)

static void contradictions_are_refused(void **state) {
  (void)state;
  CHECK("model.dropout: has no effect unless model.arch is mlp (it is lenet)", "model.dropout=0.2");
  CHECK("model.dropout: has no effect", "model.dropout=0.5"); /* also when it is the default */
  CHECK(NULL, "model.dropout=0.2", "model.arch=mlp");
  CHECK("data.labels: has no effect unless data.source is npy or features (it is spuco_mnist)",
        "data.labels=y.npy");
  CHECK("train.schedule.every: has no effect unless train.schedule.name is step (it is cosine)",
        "train.schedule={name: cosine, every: 3}");
  CHECK("train.schedule.final: has no effect unless train.schedule.name is cosine or linear (it is constant)",
        "train.schedule.final=0.1");
  CHECK(NULL, "train.schedule={name: step, every: 3, gamma: 0.5}");
  CHECK(NULL, "train.schedule={name: linear, final: 0.5}");
  CHECK("train.optimizer.momentum: has no effect unless train.optimizer.name is sgd (it is adam)",
        "train.optimizer={name: adam, momentum: 0.9}");
  CHECK("train.optimizer.betas: has no effect unless train.optimizer.name is adam or adamw (it is sgd)",
        "train.optimizer={betas: [0.9, 0.99]}");
  CHECK("train.optimizer.nesterov: has no effect without momentum",
        "train.optimizer={nesterov: true, momentum: 0}");
  CHECK("reference.batch_size: has no effect unless reference.epochs is at least 1 (it is 0)",
        "reference.batch_size=8");
  CHECK(NULL, "reference={epochs: 1, batch_size: 8}");
  CHECK("infer.clusters: has no effect unless infer.method is cluster, george or spare (it is none)",
        "infer.clusters=3");
  CHECK("infer.method: cluster needs a network to infer from: reference.epochs of at least 1",
        "infer.method=cluster");
  CHECK(NULL, "infer={method: cluster, clusters: 3}", "reference.epochs=1");
  CHECK("data.source: npy needs data.images, a file of images; found 'auto'",
        "data={source: npy, labels: y.npy}");
  CHECK("data.source: npy needs data.labels", "data={source: npy, images: x.npy}");
  CHECK(NULL, "data={source: npy, images: x.npy, labels: y.npy, attributes: a.npy, splits: s.npy}");
  CHECK("data.strength: has no effect", "data={source: npy, images: x.npy, labels: y.npy, strength: 0.5}");
  CHECK("data.digits_train: has no effect",
        "data={source: npy, images: x.npy, labels: y.npy, digits_train: 10}");
  CHECK("data.images: has no effect", "data={source: digits, images: digits}");
  CHECK(NULL, "data={source: digits, digits_train: 100, digits_test: 50}");
  CHECK("infer.clusters: has no effect unless infer.max_clusters is 0 (it is 5)", "infer.method=cluster",
        "reference.epochs=1", "infer.max_clusters=5", "infer.clusters=3");
  CHECK("infer.score: has no effect unless infer.max_clusters is at least 2 (it is 0)",
        "infer.method=cluster", "reference.epochs=1", "infer.score=macro_silhouette");
  CHECK("infer.max_clusters: expected 0, or at least 2; found 1", "infer.method=cluster",
        "reference.epochs=1", "infer.max_clusters=1");
  CHECK("infer.reduce.method: hardness needs infer.on: features", "infer.method=cluster",
        "reference.epochs=1", "infer.on=logits", "infer.reduce.method=hardness");
  CHECK("infer.reduce.method: hardness needs infer.scope: class", "infer.method=cluster",
        "reference.epochs=1", "infer.on=features", "infer.reduce.method=hardness", "infer.scope=all");
  CHECK("train.method: jtt needs infer.method: jtt", "train.method=jtt", "infer.method=cluster",
        "reference.epochs=1");
  CHECK("train.method: spare without inferred clusters has no silhouettes", "train.method=spare");
  CHECK("model.std: expected one number, or one for each of the 3 of model.mean; found 2",
        "model.mean=[0, 0, 0.5]", "model.std=[1, 2]");
  CHECK("infer.overcluster_loss: has no effect unless infer.overcluster is at least 2 (it is 1)",
        "infer.method=cluster", "reference.epochs=1", "infer.overcluster_loss=false");
  CHECK("data.digits_test: has no effect unless data.images is auto or digits",
        "data={images: mnist, digits_test: 50}");
  CHECK("data.strength: expected one number, or one for each of the 5 classes; found 2",
        "data.strength=[0.9, 0.8]");
  CHECK(NULL, "data={strength: [0.9, 0.8], classes: [[1], [2]]}");
  CHECK("name: expected a text without '/', which names a directory; found '../a'", "name=../a");
}

static void contradictions_in_a_file_name_the_line(void **state) {
  (void)state;
  char directory[128], path[256], wanted[512];
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/r.yaml", directory);
  assert_ok(file_write_text(path, "seed: 1\nmodel:\n  arch: lenet\n  dropout: 0.1\n", &error));
  despur_config *config = new_config();
  assert_ok(despur_config_load(config, path, &error));
  snprintf(wanted, sizeof wanted, "%s:4: model.dropout: has no effect", path);
  assert_fails(despur_config_check(config, &error), DESPUR_BAD_INPUT, wanted);
  set(config, "model={arch: lenet}");
  assert_ok(despur_config_check(config, &error));
  despur_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults_are_those_of_the_manual),
      cmocka_unit_test(defaults_survive_a_round_trip),
      cmocka_unit_test(a_written_file_loads_as_it_was),
      cmocka_unit_test(keys_without_effect_are_comments),
      cmocka_unit_test(malformed_samples_give_their_messages),
      cmocka_unit_test(files_that_cannot_be_read_are_named),
      cmocka_unit_test(a_recipe_fills_the_structure),
      cmocka_unit_test(damaged_recipes_are_read_or_refused),
      cmocka_unit_test(random_bytes_are_refused),
      cmocka_unit_test(overrides_read_yaml),
      cmocka_unit_test(an_override_replaces_a_section),
      cmocka_unit_test(overrides_drop_what_they_leave_without_effect),
      cmocka_unit_test(overrides_without_effect_stay_mistakes),
      cmocka_unit_test(overrides_that_are_taken_back_drop_nothing),
      cmocka_unit_test(wrong_overrides_name_themselves_and_change_nothing),
      cmocka_unit_test(long_overrides_do_not_crowd_out_the_reason),
      cmocka_unit_test(contradictions_are_refused),
      cmocka_unit_test(contradictions_in_a_file_name_the_line),
  };
  return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
