/* The file of a checkpoint: what is written comes back, and no damage goes unnoticed. */
#include "testing.h"

#include "base/memory.h"
#include "run/state/checkpoint.h"
#include "samples.h"

static despur_error error;
static char directory[128];

enum { PARAMETERS = 5, EXAMPLES = 4, GROUPS = 2, CLASSES = 3 };

static int make_directory(void **state) {
  (void)state;
  temporary_directory(directory);
  return 0;
}

static float weights[PARAMETERS] = {1, -2, 0.5f, 1e-38f, 3}, selected[PARAMETERS] = {5, 4, 3, 2, 1},
             average[PARAMETERS] = {2, 2, 1, 1, 7}, moments[PARAMETERS] = {0, 1, 0, -1, 0};
static double group_weights[GROUPS] = {0.25, 0.75}, powers[CLASSES] = {1, 2, 3};
static uint32_t of_example[EXAMPLES] = {0, 1, DESPUR_NO_GROUP, 1}, val_groups[2] = {1, 0},
                group_labels[GROUPS] = {0, DESPUR_NO_CODE};
static char names[GROUPS][DESPUR_GROUP_NAME] = {"y=0,k=0", "y=0,k=1"};
static size_t correct[2 * GROUPS] = {0, 1, 1, 1}, kept[2 * GROUPS] = {0, 0, 0, 1};
static uint8_t right[2] = {1, 0};

/* Everything there is: inside the final stage, with Adam. */
static checkpoint full_checkpoint(void) {
  static char version[] = "0.0.0", config[] = "name: x\nseed: 3\n", inputs[] = "{\"a\":\"b\"}",
              finished[] = "{}", timing[] = "{\"reference\":1.5}", stage[] = "train";
  static checkpoint_stage stages[2];
  checkpoint c = {
      .version = version,
      .config = config,
      .inputs = inputs,
      .finished = finished,
      .timing = timing,
      .seconds = 12.5,
      .only_infer = 1,
      .stage = stage,
      .stage_count = 2,
      .stages = stages,
      .streams = {{.bytes = 1234, .sha256 = "abc"}},
      .examples = EXAMPLES,
      .groups = GROUPS,
      .group_of_example = of_example,
      .group_names = names,
      .group_labels = group_labels,
      .val_examples = 2,
      .val_groups = val_groups,
      .classes = CLASSES,
      .powers = powers,
      .state = {.epoch = 2,
                .step = 14,
                .selected_epoch = 1,
                .selected_score = (double)-INFINITY,
                .parameters = PARAMETERS,
                .weights = weights,
                .average = average,
                .selected = selected,
                .moments = {moments, weights},
                .moment_powers = {0.81, 0.998001},
                .groups = GROUPS,
                .group_weights = group_weights},
      .history = {
          .epochs = 2, .cells = GROUPS, .examples = 2, .correct = correct, .kept = kept, .right = right}};
  c.stages[0] = (checkpoint_stage){.epochs = 3, .selected_epoch = 2, .seconds = 4};
  c.stages[1].rules[4] = (despur_rule_result){.epoch = 1,
                                              .score = 0.5,
                                              .val_worst_group_accuracy = 0.75,
                                              .optimism = (double)NAN,
                                              .test_worst_group_accuracy = (double)NAN,
                                              .best_test_worst_group_accuracy = 0.25};
  return c;
}

static void everything_comes_back(void **state) {
  (void)state;
  char path[256];
  const checkpoint c = full_checkpoint();
  checkpoint found;
  snprintf(path, sizeof path, "%s/whole", directory);
  assert_ok(checkpoint_write(&c, path, &error));
  assert_ok(checkpoint_read(&found, path, &error));
  assert_string_equal(found.version, c.version);
  assert_string_equal(found.config, c.config);
  assert_string_equal(found.inputs, c.inputs);
  assert_string_equal(found.finished, c.finished);
  assert_string_equal(found.timing, c.timing);
  assert_true(found.seconds == 12.5 && found.only_infer == 1 && found.stage_count == 2);
  assert_string_equal(found.stage, "train");
  assert_int_equal(found.stages[0].epochs, 3);
  assert_int_equal(found.stages[0].selected_epoch, 2);
  assert_true(found.stages[0].seconds == 4);
  const despur_rule_result *rule = &found.stages[1].rules[4];
  assert_true(rule->epoch == 1 && rule->score == 0.5 && isnan(rule->test_worst_group_accuracy) &&
              rule->best_test_worst_group_accuracy == 0.25);
  assert_true(rule->val_worst_group_accuracy == 0.75 && isnan(rule->optimism));
  assert_int_equal(found.streams[0].bytes, 1234);
  assert_string_equal(found.streams[0].sha256, "abc");
  assert_string_equal(found.streams[1].sha256, "");
  assert_int_equal(found.groups, GROUPS);
  assert_memory_equal(found.group_of_example, of_example, sizeof of_example);
  assert_memory_equal(found.group_names, names, sizeof names);
  assert_memory_equal(found.group_labels, group_labels, sizeof group_labels);
  assert_memory_equal(found.val_groups, val_groups, sizeof val_groups);
  assert_memory_equal(found.powers, powers, sizeof powers);
  const despur_train_state *s = &found.state;
  assert_true(s->epoch == 2 && s->step == 14 && s->selected_epoch == 1 && s->selected_score < -1e300);
  assert_memory_equal(s->weights, weights, sizeof weights);
  assert_memory_equal(s->average, average, sizeof average);
  assert_memory_equal(s->selected, selected, sizeof selected);
  assert_memory_equal(s->moments[0], moments, sizeof moments);
  assert_memory_equal(s->moments[1], weights, sizeof weights);
  assert_true(s->moment_powers[0] == 0.81 && s->moment_powers[1] == 0.998001);
  assert_memory_equal(s->group_weights, group_weights, sizeof group_weights);
  const run_history *h = &found.history;
  assert_true(h->epochs == 2 && h->cells == GROUPS && h->examples == 2);
  assert_memory_equal(h->correct, correct, sizeof correct);
  assert_memory_equal(h->kept, kept, sizeof kept);
  assert_memory_equal(h->right, right, sizeof right);
  checkpoint_release(&found);
}

static void what_is_not_there_stays_away(void **state) {
  (void)state;
  char path[256];
  checkpoint c = full_checkpoint(), found;
  c.examples = c.groups = c.val_examples = c.classes = 0;
  c.group_of_example = NULL;
  c.group_names = NULL;
  c.group_labels = NULL;
  c.val_groups = NULL;
  c.powers = NULL;
  c.stage_count = 0;
  c.state = (despur_train_state){0};
  c.history = (run_history){0};
  snprintf(path, sizeof path, "%s/early", directory);
  assert_ok(checkpoint_write(&c, path, &error));
  assert_ok(checkpoint_read(&found, path, &error));
  assert_null(found.group_of_example);
  assert_null(found.group_names);
  assert_null(found.val_groups);
  assert_null(found.powers);
  assert_null(found.state.weights);
  assert_null(found.state.group_weights);
  checkpoint_release(&found);
}

static size_t written(char *bytes, size_t room) {
  char path[256];
  const checkpoint c = full_checkpoint();
  snprintf(path, sizeof path, "%s/sample", directory);
  assert_ok(checkpoint_write(&c, path, &error));
  return sample_bytes(path, bytes, room);
}

static void no_byte_can_change_and_none_be_missing(void **state) {
  (void)state;
  static char bytes[8192];
  char path[256];
  size_t count = written(bytes, sizeof bytes);
  checkpoint found;
  assert_in_range(count, 1000, sizeof bytes - 1);
  for (size_t i = 0; i < count; i++) {
    bytes[i] ^= 0x10;
    assert_int_equal(checkpoint_read(&found, sample_file(path, directory, "changed", bytes, count), &error),
                     DESPUR_BAD_INPUT);
    bytes[i] ^= 0x10;
    checkpoint_release(&found);
    if (i % 5 > 0) continue;
    assert_int_equal(checkpoint_read(&found, sample_file(path, directory, "short", bytes, i), &error),
                     DESPUR_BAD_INPUT);
    checkpoint_release(&found);
  }
  bytes[count] = 0;
  assert_fails(checkpoint_read(&found, sample_file(path, directory, "long", bytes, count + 1), &error),
               DESPUR_BAD_INPUT, "long: damaged: its content is not what its checksum was made of");
  checkpoint_release(&found);
}

static void what_is_no_checkpoint_or_another_version_is_said_to_be_that(void **state) {
  (void)state;
  static char bytes[8192];
  char path[256];
  size_t count = written(bytes, sizeof bytes);
  checkpoint found;
  assert_fails(checkpoint_read(&found, sample_file(path, directory, "empty", "", 0), &error),
               DESPUR_BAD_INPUT, "empty: not a checkpoint, or only the beginning of one");
  bytes[18]++;
  assert_fails(checkpoint_read(&found, sample_file(path, directory, "newer", bytes, count), &error),
               DESPUR_BAD_INPUT, "newer: written by another version of despur");
  bytes[0] = 'D';
  assert_fails(checkpoint_read(&found, sample_file(path, directory, "else", bytes, count), &error),
               DESPUR_BAD_INPUT, "else: not a checkpoint");
}

/* Behind the checksum: whatever the fields say, lengths are believed only as far as there are bytes. */
static void lengths_are_not_believed(void **state) {
  (void)state;
  static char bytes[8192];
  size_t count = written(bytes, sizeof bytes), first = strlen("despur checkpoint 6\n");
  checkpoint found;
  for (size_t i = first; i + 8 <= count; i++) {
    char saved[8];
    memcpy(saved, bytes + i, 8);
    for (int fill = 0; fill < 3; fill++) {
      memset(bytes + i, fill == 0 ? 0xff : fill == 1 ? 0x7f : 0, 8);
      if (checkpoint_decode(&found, bytes + first, count - first - 64, "damaged", &error) != DESPUR_OK)
        assert_int_equal(error.status, DESPUR_BAD_INPUT);
      checkpoint_release(&found);
    }
    memcpy(bytes + i, saved, 8);
  }
  for (size_t length = 0; length < count - first - 64; length++) {
    assert_fails(checkpoint_decode(&found, bytes + first, length, "cut", &error), DESPUR_BAD_INPUT,
                 "cut: damaged: it says more than it holds");
    checkpoint_release(&found);
  }
}

static void groups_beyond_their_number_are_refused(void **state) {
  (void)state;
  char path[256];
  checkpoint c = full_checkpoint(), found;
  snprintf(path, sizeof path, "%s/groups", directory);
  of_example[1] = GROUPS;
  assert_ok(checkpoint_write(&c, path, &error));
  of_example[1] = 1;
  assert_fails(checkpoint_read(&found, path, &error), DESPUR_BAD_INPUT, "its fields contradict each other");
  checkpoint_release(&found);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_comes_back),
      cmocka_unit_test(what_is_not_there_stays_away),
      cmocka_unit_test(no_byte_can_change_and_none_be_missing),
      cmocka_unit_test(what_is_no_checkpoint_or_another_version_is_said_to_be_that),
      cmocka_unit_test(lengths_are_not_believed),
      cmocka_unit_test(groups_beyond_their_number_are_refused),
  };
  return cmocka_run_group_tests(tests, make_directory, NULL);
}
