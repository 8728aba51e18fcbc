/* What a run does with what its parts give it: numbers that can be worked out again from the files it leaves.
 */
#include "testing.h"

#include "despur/run.h"
#include "io/file.h"
#include "io/npy.h"

#include <jansson.h>
#include <stdbool.h>

static despur_error error;

/* ---- runs and what they leave ---- */

enum { MOST = 4000 };

static char notes[8192];

static void hear(void *context, const char *line) {
  (void)context;
  size_t used = strlen(notes);
  snprintf(notes + used, sizeof notes - used, "%s\n", line);
}

/* KEY=VALUE words, separated by spaces. */
static void carry_out(const char *words) {
  despur_config *config;
  despur_run_result result;
  const despur_run_options options = {
      .directory = "run", .force = 1, .threads = 2, .observer = {.note = hear}};
  char copy[1024], *rest = copy;
  notes[0] = 0;
  assert_ok(despur_config_create(&config, &error));
  snprintf(copy, sizeof copy, "%s", words);
  for (char *word; (word = strsep(&rest, " "));)
    if (*word) assert_ok(despur_config_set(config, word, &error));
  assert_ok(despur_run(&result, config, &options, &error));
  despur_run_result_release(&result);
  despur_config_free(config);
}

/* The first line of results.jsonl that has the key; to be freed with json_decref. */
static json_t *result_with(const char *key) {
  json_t *found = NULL;
  char *line = NULL;
  size_t room = 0;
  FILE *file = fopen("run/results.jsonl", "rb");
  assert_non_null(file);
  while (!found && getline(&line, &room, file) >= 0) {
    json_t *object = json_loads(line, 0, NULL);
    if (object && json_object_get(object, key))
      found = object;
    else
      json_decref(object);
  }
  fclose(file);
  free(line);
  assert_non_null(found);
  return found;
}

static double number_at(const json_t *array, size_t index) {
  return json_number_value(json_array_get(array, index));
}

/* Rows of numbers and of text in quotes, which counts as the number behind its last '='. */
static size_t read_csv(const char *path, double (*rows)[6], char (*words)[16]) {
  char *line = NULL;
  size_t room = 0, count = 0;
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_true(getline(&line, &room, file) > 0);
  while (count < MOST && getline(&line, &room, file) >= 0) {
    char *rest = line;
    size_t column = 0;
    for (char *cell; column < 6 && (cell = strsep(&rest, ",\n"));) {
      if (words && column == 1) snprintf(words[count], 16, "%s", cell);
      rows[count][column++] = strtod(cell, NULL);
    }
    count++;
  }
  fclose(file);
  free(line);
  return count;
}

static int set_up(void **state) {
  (void)state;
  static char path[128];
  temporary_directory(path);
  return chdir(path);
}

#define DIGITS                                                                                               \
  "data.images=digits data.digits_train=200 data.digits_test=40 data.classes=[[0,1,2,3,4],[5,6,7,8,9]] "     \
  "data.strength=0.7 reference.epochs=1 reference.batch_size=20 reference.optimizer.lr=0.003 "               \
  "reference.optimizer.name=adam train.batch_size=20 "

/* ---- the tests ---- */

/* Of SPARE's clusters in classes 0 and 1: one's are better separated than the other's. Returns what lies
 * between. */
static double find_silhouettes(double silhouettes[2]) {
  carry_out(DIGITS "infer.method=spare train.spare.power=[7,5]");
  json_t *line = result_with("parts");
  for (size_t y = 0; y < 2; y++)
    silhouettes[y] =
        json_number_value(json_object_get(json_array_get(json_object_get(line, "parts"), y), "silhouette"));
  json_decref(line);
  assert_true(silhouettes[0] != silhouettes[1]);
  return (silhouettes[0] + silhouettes[1]) / 2;
}

static void spare_takes_power_1_for_well_separated_classes_only(void **state) {
  (void)state;
  static const double GIVEN[2] = {7, 5};
  char words[1024];
  double silhouettes[2], between = find_silhouettes(silhouettes);
  snprintf(words, sizeof words,
           DIGITS "infer.method=spare train.spare.power=[7,5] train.spare.threshold=%.6f", between);
  carry_out(words);
  json_t *line = result_with("powers");
  for (size_t y = 0; y < 2; y++)
    assert_true(number_at(json_object_get(line, "powers"), y) == (silhouettes[y] >= between ? 1 : GIVEN[y]));
  json_decref(line);
}

/* The SHA-256 of the weights that a run with these powers ends with. */
static void weights_of(char sum[SHA256_HEX], const char *rule, double first, double second) {
  char words[1024];
  snprintf(words, sizeof words, DIGITS "infer.method=spare %s train.spare.power=[%.0f,%.0f]", rule, first,
           second);
  carry_out(words);
  assert_ok(file_sha256("run/model.safetensors", sum, &error));
}

static void spare_trains_with_the_powers_that_silhouettes_have_chosen(void **state) {
  (void)state;
  double silhouettes[2], between = find_silhouettes(silhouettes), power[2];
  char chosen[SHA256_HEX], given[SHA256_HEX], exchanged[SHA256_HEX], words[1024];
  for (size_t y = 0; y < 2; y++) power[y] = silhouettes[y] >= between ? 1 : 6;
  weights_of(given, "train.spare.rule=given", power[0], power[1]);
  weights_of(exchanged, "train.spare.rule=given", power[1], power[0]);
  snprintf(words, sizeof words, DIGITS "infer.method=spare train.spare.power=6 train.spare.threshold=%.6f",
           between); /* one power for all classes, as by default */
  carry_out(words);
  assert_ok(file_sha256("run/model.safetensors", chosen, &error));
  assert_memory_equal(chosen, given, SHA256_HEX);
  assert_memory_not_equal(chosen, exchanged, SHA256_HEX);
}

/* Probabilities sum to one, and their logarithms at the labels give the loss that the logits gave. */
static void a_network_measured_again_says_probabilities(void **state) {
  (void)state;
  despur_predicted predicted;
  double rows[40][6], loss = 0;
  carry_out(DIGITS "train.epochs=2 train.optimizer.lr=0.1");
  assert_int_equal(read_csv("run/predictions.csv", rows, NULL), 40);
  assert_ok(despur_run_predict(&predicted, "run", DESPUR_TEST, 1, NULL, &error));
  assert_int_equal(predicted.count, 40);
  for (size_t i = 0; i < 40; i++) {
    const double *p = predicted.probabilities + 2 * i;
    assert_near(p[0] + p[1], 1, 1e-6);
    assert_true(p[0] >= 0 && p[1] >= 0);
    assert_int_equal(predicted.predictions[i], p[1] > p[0]);
    assert_near(p[0], rows[i][4], 1e-6);
    assert_near(p[1], rows[i][5], 1e-6);
    loss -= log(p[predicted.labels[i]]) / 40;
  }
  assert_near(loss, predicted.loss, 1e-5);
  despur_predicted_release(&predicted);
}

/* Of one class: among validation's two groups, the share of the one that the largest training cluster holds
 * less of which lies outside of that cluster. */
static double recall_of(double (*rows)[6], char (*splits)[16], size_t count, int label) {
  size_t sizes[8] = {0}, largest = 0, members[2] = {0}, inside[2] = {0};
  for (size_t i = 0; i < count; i++)
    if (!strcmp(splits[i], "train") && (int)rows[i][2] == label) sizes[(size_t)rows[i][4]]++;
  for (size_t g = 1; g < 8; g++)
    if (sizes[g] > sizes[largest]) largest = g;
  for (size_t i = 0; i < count; i++) {
    if (strcmp(splits[i], "val") != 0 || (int)rows[i][2] != label) continue;
    size_t attribute = (size_t)rows[i][3];
    members[attribute]++;
    inside[attribute] += (size_t)rows[i][4] == largest;
  }
  double shares[2] = {(double)inside[0] / (double)members[0], (double)inside[1] / (double)members[1]};
  return 1 - (shares[0] < shares[1] ? shares[0] : shares[1]);
}

/* The same from the file of groups that the finished run assigns. */
static void the_recall_of_a_reference_is_that_of_its_groups(void **state) {
  (void)state;
  static double rows[MOST][6];
  static char splits[MOST][16];
  const despur_assign_options one_thread = {.threads = 1};
  bool some = false;
  for (int seed = 0; seed < 3; seed++) {
    char words[1024], wanted[64];
    snprintf(words, sizeof words,
             DIGITS "infer.method=cluster infer.clusters=3 reference.select=val_recall "
                    "reference.optimizer.name=sgd seed=%d",
             seed);
    carry_out(words);
    assert_ok(despur_run_assign("run", "assigned.csv", &one_thread, &error));
    size_t count = read_csv("assigned.csv", rows, splits);
    double recall = (recall_of(rows, splits, count, 0) + recall_of(rows, splits, count, 1)) / 2;
    some = some || (recall > 0 && recall < 1);
    snprintf(wanted, sizeof wanted, "clusters find %.1f %% of", 100 * recall);
    if (!strstr(notes, wanted)) fail_msg("seed %d: no '%s' in\n%s", seed, wanted, notes);
  }
  assert_true(some);
}

/* 3,000 points, nine in ten of them in one cluster. */
static void write_points(void) {
  static float values[3000 * 2];
  static int64_t labels[3000];
  const size_t shape[] = {3000, 2};
  for (size_t i = 0; i < 3000; i++) {
    values[2 * i] = (float)(i % 10 ? 0 : 100) + (float)(i % 7) / 10;
    values[2 * i + 1] = (float)(i % 11) / 10;
    labels[i] = i % 3 == 0;
  }
  assert_ok(npy_write("features.npy", NPY_F32, 2, shape, values, &error));
  assert_ok(npy_write("labels.npy", NPY_I64, 1, shape, labels, &error));
}

/* 2,000 points are shown: a thousand of the two groups each, or all of a smaller one; of a larger one evenly
 * spaced examples. */
static void the_embedding_shows_small_groups_whole_and_thins_large_ones_evenly(void **state) {
  (void)state;
  static double rows[MOST][6];
  size_t shown[2] = {0}, last = 0, least = MOST, most = 0;
  write_points();
  carry_out("data.source=features data.features=features.npy data.labels=labels.npy reference.epochs=1 "
            "infer.method=cluster infer.on=features infer.scope=all train.epochs=1");
  size_t count = read_csv("run/embedding.csv", rows, NULL);
  for (size_t i = 0; i < count; i++) {
    size_t example = (size_t)rows[i][0], rank = example - example / 10; /* among those of the large group */
    bool small = example % 10 == 0;
    assert_near(rows[i][1], (small ? 100 : 0) + (double)(example % 7) / 10, 1e-4);
    assert_near(rows[i][2], (double)(example % 11) / 10, 1e-4);
    if (!small && shown[0]) {
      size_t gap = rank - last;
      least = gap < least ? gap : least;
      most = gap > most ? gap : most;
    }
    if (!small) last = rank;
    shown[small]++;
  }
  assert_int_equal(shown[1], 300);
  assert_int_equal(shown[0], 1000); /* of 2,700 */
  assert_int_equal(least, 2);
  assert_int_equal(most, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spare_takes_power_1_for_well_separated_classes_only),
      cmocka_unit_test(spare_trains_with_the_powers_that_silhouettes_have_chosen),
      cmocka_unit_test(a_network_measured_again_says_probabilities),
      cmocka_unit_test(the_recall_of_a_reference_is_that_of_its_groups),
      cmocka_unit_test(the_embedding_shows_small_groups_whole_and_thins_large_ones_evenly),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
