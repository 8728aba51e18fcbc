#include "testing.h"

#include "despur/measures.h"

#include <sys/stat.h>

static despur_error error;
static char path[160];

static const char *write_file(const char *text) {
  char directory[128];
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/p.csv", directory);
  FILE *file = fopen(path, "w");
  fputs(text, file);
  fclose(file);
  return path;
}

static despur_predicted read_text(const char *text) {
  despur_predicted got;
  assert_ok(despur_predicted_read(&got, write_file(text), &error));
  return got;
}

static void assert_refused(const char *text, const char *message) {
  despur_predicted got;
  const char *file = write_file(text);
  assert_fails(despur_predicted_read(&got, file, &error), DESPUR_BAD_INPUT, message);
  assert_null(got.labels);
}

static void columns_are_found_by_name(void **state) {
  (void)state;
  despur_predicted got = read_text("\xef\xbb\xbfnote,prediction,a,\"y\",example\r\n"
                                   "\"one, two\",1,0,1,70\r\n"
                                   ",0,2,1,7\r\n");
  assert_int_equal(got.count, 2);
  assert_int_equal(got.classes, 2);
  assert_int_equal(got.groups_count, 6);
  assert_string_equal(got.names[5], "y=1,a=2");
  const uint32_t labels[] = {1, 1}, predictions[] = {1, 0}, attributes[] = {0, 2}, groups[] = {3, 5},
                 examples[] = {70, 7};
  assert_memory_equal(got.labels, labels, sizeof labels);
  assert_memory_equal(got.predictions, predictions, sizeof predictions);
  assert_memory_equal(got.attributes, attributes, sizeof attributes);
  assert_memory_equal(got.groups, groups, sizeof groups);
  assert_memory_equal(got.examples, examples, sizeof examples);
  assert_null(got.probabilities);
  despur_predicted_release(&got);
}

static void probabilities_may_stand_in_any_order_and_for_the_prediction(void **state) {
  (void)state;
  despur_predicted got = read_text("prob_2,group,prob_0,y,prob_1\n0.5,sea,0.25,1,0.25\n0.2,land,0.4,0,0.4\n");
  assert_int_equal(got.classes, 3);
  const double probabilities[] = {0.25, 0.25, 0.5, 0.4, 0.4, 0.2};
  assert_memory_equal(got.probabilities, probabilities, sizeof probabilities);
  assert_int_equal(got.predictions[0], 2);
  assert_int_equal(got.predictions[1], 0); /* the first of equals */
  despur_predicted_release(&got);
}

static void probabilities_that_float32_cannot_tell_apart_are_compared_as_written(void **state) {
  (void)state;
  despur_predicted got = read_text("y,group,prob_0,prob_1\n1,a,0.4999999990,0.5000000010\n"
                                   "0,b,0.5000000010,0.4999999990\n");
  assert_int_equal(got.predictions[0], 1);
  assert_int_equal(got.predictions[1], 0);
  assert_true(got.probabilities[0] == 0.4999999990);
  despur_measures measures;
  assert_ok(despur_measures_compute(&measures, &got, &error));
  assert_true(measures.all.auroc == 1);
  despur_measures_release(&measures);
  despur_predicted_release(&got);
}

static void groups_by_name_come_in_the_order_of_the_file(void **state) {
  (void)state;
  despur_predicted got = read_text("y,a,group,prediction\n0,1,water,0\n1,0,\"land, far\",1\n1,1,water,0\n");
  assert_int_equal(got.groups_count, 2);
  assert_string_equal(got.names[0], "water");
  assert_string_equal(got.names[1], "land, far");
  const uint32_t groups[] = {0, 1, 0};
  assert_memory_equal(got.groups, groups, sizeof groups);
  assert_non_null(got.attributes);
  despur_scores scores;
  assert_ok(despur_predicted_scores(&scores, &got, &error));
  assert_int_equal(scores.worst_group, 0);
  assert_true(scores.worst_group_accuracy == 0.5);
  assert_true(isnan(scores.train_weighted_average));
  assert_near(scores.attribute_accuracy, 1, 0); /* class 1: its attribute is its prediction */
  despur_scores_release(&scores);
  despur_predicted_release(&got);
}

static void thousands_of_groups_keep_their_names_apart(void **state) {
  (void)state;
  enum { GROUPS = 5000 };
  char *text = malloc(GROUPS * 40 + 100), *at = text + sprintf(text, "y,prediction,group\n");
  for (int round = 0; round < 2; round++)
    for (int g = 0; g < GROUPS; g++) at += sprintf(at, "0,0,g%d\n", g);
  despur_predicted got = read_text(text);
  assert_int_equal(got.groups_count, GROUPS);
  for (size_t i = 0; i < 2 * GROUPS; i++) assert_int_equal(got.groups[i], i % GROUPS);
  despur_predicted_release(&got);
  free(text);
}

static void a_run_directory_stands_for_its_predictions(void **state) {
  (void)state;
  char directory[128], file[160];
  despur_predicted got;
  temporary_directory(directory);
  snprintf(file, sizeof file, "%s/predictions.csv", directory);
  FILE *out = fopen(file, "w");
  fputs("example,y,a,prediction,prob_0,prob_1\n5,0,1,0,0.9,0.1\n", out);
  fclose(out);
  assert_ok(despur_predicted_read(&got, directory, &error));
  assert_int_equal(got.count, 1);
  despur_predicted_release(&got);
  unlink(file);
  assert_fails(despur_predicted_read(&got, directory, &error), DESPUR_BAD_INPUT,
               "predictions.csv: No such file");
}

static void missing_columns_are_named(void **state) {
  (void)state;
  assert_refused("", "p.csv:1:1: expected a line with the names of the columns, found an empty file");
  assert_refused("y,a\n0,1\n", "p.csv:1:1: expected a column 'prediction' or 'prob_0', 'prob_1', ...");
  assert_refused("a,prediction\n", "expected a column 'y'");
  assert_refused("y,prediction\n", "expected a column 'a' or 'group'");
  assert_refused("y;a;prediction\n", "expected a column 'y' (fields must be separated by commas)");
  assert_refused("y,a,predictions\n",
                 "expected a column 'prediction' or 'prob_0', 'prob_1', ... (is it 'predictions'?)");
  assert_refused("y,a,prob_0,prob_2,x\n", "expected a column 'prob_1' beside the other probabilities");
  assert_refused("y,a,prob_0\n", "expected a column 'prob_k' for each class, found one only");
  assert_refused("y,a,prob_7\n", "p.csv:1:5: column 'prob_7', but not one for every class before it");
  assert_refused("y,a,prediction,y\n", "p.csv:1:16: column 'y' is there twice");
  assert_refused("y,a,prob_0,prob_0\n", "p.csv:1:12: column 'prob_0' is there twice");
  assert_refused("y,a,prediction\n", "p.csv: expected predictions below the first line, found none");
}

static void bad_values_are_named_with_their_place(void **state) {
  (void)state;
  assert_refused("y,a,prediction\n0,0,0\n0,cat,0\n",
                 "p.csv:3:3: column 'a': expected a whole number from 0 to 65535, found 'cat'");
  assert_refused("y,a,prediction\n0,0,-1\n", "p.csv:2:5: column 'prediction': expected a whole number");
  assert_refused("y,a,prediction\n,0,1\n",
                 "p.csv:2:1: column 'y': expected a whole number from 0 to 16383, found ''");
  assert_refused("y,a,prob_0,prob_1\n2,0,0.5,0.5\n",
                 "p.csv:2:1: column 'y': expected a whole number from 0 to 1, found '2'");
  assert_refused("y,a,prob_0,prob_1\n1,0,1.5,-0.5\n",
                 "p.csv:2:5: expected a probability from 0 to 1, found '1.5'");
  assert_refused("y,a,prob_0,prob_1\n1,0,0.5,x\n", "p.csv:2:9: a probability: expected a number, found 'x'");
  assert_refused("y,a,prob_0,prob_1\n1,0,0.5,0.4\n",
                 "p.csv:2:5: expected probabilities that add up to 1, found a sum of 0.9");
  assert_refused("y,a,prediction\n0,0,0\n0,0\n",
                 "p.csv:3:1: expected 3 fields as in the first line, found 2");
  assert_refused("y,a,prediction\n0,0,0,7\n", "p.csv:2:7: expected 3 fields as in the first line, found 4");
  assert_refused("y,group,prediction\n0,,0\n",
                 "p.csv:2:3: column 'group': expected a name of 1 to 47 bytes, found 0");
  assert_refused("y,group,prediction\n0,\"a\nb\",0\n",
                 "p.csv:2:3: column 'group': expected a name in UTF-8 without control characters");
  assert_refused("y,group,prediction\n0,a\xff,0\n",
                 "p.csv:2:3: column 'group': expected a name in UTF-8 without control characters");
  assert_refused("y,a,prediction\n0,0,\"1\n", "p.csv:2:5: this quote is never closed");
  assert_refused("y,a,prediction\n16000,60000,1\n",
                 "16001 classes and 60001 attributes make 960076001 groups, more than 65536");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_are_found_by_name),
      cmocka_unit_test(probabilities_may_stand_in_any_order_and_for_the_prediction),
      cmocka_unit_test(probabilities_that_float32_cannot_tell_apart_are_compared_as_written),
      cmocka_unit_test(groups_by_name_come_in_the_order_of_the_file),
      cmocka_unit_test(thousands_of_groups_keep_their_names_apart),
      cmocka_unit_test(a_run_directory_stands_for_its_predictions),
      cmocka_unit_test(missing_columns_are_named),
      cmocka_unit_test(bad_values_are_named_with_their_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
