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
  assert_ok(despur_predicted_read(&got, write_file(text), NULL, &error));
  return got;
}

static void assert_refused(const char *text, const char *message) {
  despur_predicted got;
  const char *file = write_file(text);
  assert_fails(despur_predicted_read(&got, file, NULL, &error), DESPUR_BAD_INPUT, message);
  assert_null(got.labels);
}

static despur_predicted read_as(const char *text, despur_columns columns) {
  despur_predicted got;
  assert_ok(despur_predicted_read(&got, write_file(text), &columns, &error));
  return got;
}

static void assert_refused_as(const char *text, despur_columns columns, const char *message) {
  despur_predicted got;
  const char *file = write_file(text);
  assert_fails(despur_predicted_read(&got, file, &columns, &error), DESPUR_BAD_INPUT, message);
  assert_null(got.labels);
}

#define assert_numbers(got, ...)                                                                             \
  do {                                                                                                       \
    const uint32_t wanted_[] = {__VA_ARGS__};                                                                \
    assert_memory_equal(got, wanted_, sizeof wanted_);                                                       \
  } while (0)

/* Texts that end with NULL. */
static void assert_texts(const char *const *got, size_t count, const char *const *wanted) {
  size_t i = 0;
  for (; wanted[i]; i++) {
    assert_true(i < count);
    assert_string_equal(got[i], wanted[i]);
  }
  assert_int_equal(count, i);
}

#define assert_names(got, count, ...) assert_texts(got, count, (const char *const[]){__VA_ARGS__, NULL})

static void columns_are_found_by_name(void **state) {
  (void)state;
  despur_predicted got = read_text("\xef\xbb\xbfnote,prediction,a,\"y\",example\r\n"
                                   "\"one, two\",1,0,1,seventy\r\n"
                                   ",0,2,1,seventy\r\n");
  assert_int_equal(got.count, 2);
  assert_names(got.class_names, got.classes, "0", "1");
  assert_names(got.names, got.groups_count, "y=1,a=0", "y=1,a=2");
  assert_numbers(got.labels, 1, 1);
  assert_numbers(got.predictions, 1, 0);
  assert_numbers(got.groups, 0, 1);
  assert_numbers(got.attributes, 0, 1);
  assert_null(got.probabilities);
  assert_null(got.ids); /* not wanted, so not looked at */
  assert_string_equal(got.columns, "label: y, prediction: prediction, groups: a within each label");
  assert_names(got.notes, got.notes_count, "class '0' is predicted in 1 of 2 rows and is no example's label");
  despur_predicted_release(&got);
}

static void usual_names_are_guessed_and_others_can_be_said(void **state) {
  (void)state;
  const char *table = "age,Sex,race,True Label,y-pred,income,q\n1,M,w,a,b,b,b\n2,F,b,b,b,a,b\n";
  despur_predicted got = read_text(table);
  assert_string_equal(got.columns,
                      "label: True Label, prediction: y-pred, groups: Sex x race within each label");
  assert_names(got.names, got.groups_count, "True Label=a,Sex=M,race=w", "True Label=b,Sex=F,race=b");
  despur_predicted_release(&got);
  got = read_as(table, (despur_columns){.label = "income", .prediction = "q", .by = "race"});
  assert_string_equal(got.columns, "label: income, prediction: q, groups: race within each label");
  assert_numbers(got.labels, 1, 0);
  assert_numbers(got.predictions, 1, 1);
  despur_predicted_release(&got);
  assert_refused_as(table, (despur_columns){.label = "incme"},
                    "p.csv:1: there is no column 'incme'; there are: 'age', 'Sex', 'race', 'True Label', "
                    "'y-pred', 'income', 'q' (is it 'income'?)");
}

static void probabilities_may_stand_in_any_order_and_for_the_prediction(void **state) {
  (void)state;
  despur_predicted got = read_text("prob_2,group,prob_0,y,prob_1\n0.5,sea,0.25,1,0.25\n0.2,land,0.4,0,0.4\n");
  assert_int_equal(got.classes, 3);
  const double probabilities[] = {0.25, 0.25, 0.5, 0.4, 0.4, 0.2};
  assert_memory_equal(got.probabilities, probabilities, sizeof probabilities);
  assert_numbers(got.predictions, 2, 0); /* the first of equals */
  despur_predicted_release(&got);
  got = read_as("y,a,p.dog,p.cat\ncat,0,0.9,0.1\ndog,1,0.3,0.7\n", (despur_columns){.probabilities = "p."});
  assert_names(got.class_names, got.classes, "cat", "dog");
  const double turned[] = {0.1, 0.9, 0.7, 0.3};
  assert_memory_equal(got.probabilities, turned, sizeof turned);
  assert_numbers(got.labels, 0, 1);
  despur_predicted_release(&got);
}

static void probabilities_that_float32_cannot_tell_apart_are_compared_as_written(void **state) {
  (void)state;
  despur_predicted got = read_text("y,group,prob_0,prob_1\n1,a,0.4999999990,0.5000000010\n"
                                   "0,b,0.5000000010,0.4999999990\n");
  assert_numbers(got.predictions, 1, 0);
  assert_true(got.probabilities[0] == 0.4999999990);
  despur_measures measures;
  assert_ok(despur_measures_compute(&measures, &got, &error));
  assert_true(measures.all.auroc == 1);
  despur_measures_release(&measures);
  despur_predicted_release(&got);
}

static void rounding_is_forgiven_on_both_sides_and_said(void **state) {
  (void)state;
  despur_predicted got = read_text("y,a,prob_0,prob_1\n0,0,1.0000000000000002,-2.220446049250313e-16\n"
                                   "0,0,1.0000005,0\n");
  const double probabilities[] = {1, 0, 1, 0};
  assert_memory_equal(got.probabilities, probabilities, sizeof probabilities);
  assert_names(got.notes, got.notes_count,
               "probabilities beyond 0 and 1, by 5e-07 at most, were taken for 0 and 1");
  despur_predicted_release(&got);
  assert_refused("y,a,prob_0,prob_1\n0,0,1.00001,0\n",
                 "p.csv:2: column 'prob_0': expected a probability from 0 to 1, found 1.00001");
  assert_refused("y,a,prob_0,prob_1\n0,0,0,1\n0,0,1,-0.00001\n",
                 "p.csv:3: column 'prob_1': expected a probability from 0 to 1, found -1e-05");
  /* ten classes with two decimals: each may be off by 0.005 */
  got = read_text("y,a,prob_0,prob_1,prob_2,prob_3,prob_4,prob_5,prob_6,prob_7,prob_8,prob_9\n"
                  "0,0,0.14,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1\n");
  assert_names(got.notes, got.notes_count,
               "sums of probabilities are off 1 by up to 0.04, which rounding to 2 decimals explains");
  despur_predicted_release(&got);
  assert_refused("y,a,prob_0,prob_1\n0,0,0.94,0.1\n",
                 "p.csv:2: expected probabilities that add up to 1, found a sum of 1.04");
  assert_refused("y,a,prob_0,prob_1\n0,0,1,1\n",
                 "p.csv:2: expected probabilities that add up to 1, found a sum of 2");
}

static void a_score_is_the_probability_of_one_of_two_classes(void **state) {
  (void)state;
  const char *table = "income,sex,p\n>50K,m,0.75\n<=50K,f,0.5\n>50K,f,0.25\n";
  const despur_columns columns = {.label = "income", .score = "p", .positive = ">50K"};
  despur_predicted got = read_as(table, columns);
  assert_names(got.class_names, got.classes, "<=50K", ">50K");
  assert_numbers(got.predictions, 1, 1, 0);
  const double probabilities[] = {0.25, 0.75, 0.5, 0.5, 0.75, 0.25};
  assert_memory_equal(got.probabilities, probabilities, sizeof probabilities);
  despur_predicted_release(&got);
  despur_columns other = columns;
  other.threshold = 0.2;
  other.positive = "<=50K";
  got = read_as(table, other);
  assert_numbers(got.predictions, 0, 0, 0);
  assert_true(got.probabilities[0] == 0.75);
  despur_predicted_release(&got);
  other.positive = NULL;
  assert_refused_as(table, other,
                    "p.csv: of which class is 'p' the probability? Say --positive '>50K' or '<=50K'");
  other.positive = "50K";
  assert_refused_as(table, other, "p.csv: no label is '50K'");
  got = read_text("y,a,score\nTrue,0,0.9\nFalse,0,0.8\n"); /* guessed, of True */
  assert_numbers(got.predictions, 1, 1);
  despur_predicted_release(&got);
  assert_refused("y,a,score\n1,0,7.5\n",
                 "p.csv:2: column 'score': expected a probability from 0 to 1, found 7.5");
  assert_refused("y,a,score\n1,0,0.5\n0,0,0.5\n2,0,0.5\n",
                 "p.csv: a score is of two classes, but '1', '0' and '2' occur");
}

static void a_low_score_is_an_error_where_all_labels_are_positive(void **state) {
  (void)state;
  despur_predicted got = read_text("y,score,a\n1,0.9,0\n1,0.2,0\n");
  assert_names(got.class_names, got.classes, "0", "1");
  assert_numbers(got.predictions, 1, 0);
  despur_predicted_release(&got);
  got = read_as("y,score,a\nTrue,0.2,0\n", (despur_columns){0});
  assert_names(got.class_names, got.classes, "False", "True");
  assert_numbers(got.predictions, 0);
  despur_predicted_release(&got);
  got = read_as("y,score,a\nill,0.2,0\nill,0.7,0\n", (despur_columns){.positive = "ill"});
  assert_names(got.class_names, got.classes, "ill", "not ill");
  assert_numbers(got.predictions, 1, 0);
  despur_predicted_release(&got);
}

static void groups_are_what_a_column_says_within_each_label(void **state) {
  (void)state;
  const char *table = "y,a,group,prediction\n0,1,water,0\n1,0,\"land, far\",1\n1,1,water,0\n";
  despur_predicted got = read_text(table);
  assert_names(got.names, got.groups_count, "y=0,group=water", "y=1,group=\"land, far\"", "y=1,group=water");
  assert_numbers(got.groups, 0, 1, 2);
  despur_scores scores;
  assert_ok(despur_predicted_scores(&scores, &got, &error));
  assert_int_equal(scores.worst_group, 2);
  assert_true(scores.worst_group_accuracy == 0);
  assert_true(isnan(scores.train_weighted_average));
  despur_scores_release(&scores);
  despur_predicted_release(&got);
  got = read_as(table, (despur_columns){.whole_groups = true});
  assert_names(got.names, got.groups_count, "land, far", "water");
  assert_numbers(got.groups, 1, 0, 1);
  assert_string_equal(got.columns, "label: y, prediction: prediction, groups: group");
  despur_predicted_release(&got);
  got = read_as(table, (despur_columns){.whole_groups = true, .by = "group,a"});
  assert_names(got.names, got.groups_count, "group=\"land, far\",a=0", "group=water,a=1");
  despur_predicted_release(&got);
}

/* The same model and the same groups, whether the attribute is called a or group. */
static void the_name_of_the_column_changes_no_number(void **state) {
  (void)state;
  static const char rows[] = "0,3,0\n0,3,1\n1,3,1\n0,5,0\n1,5,0\n1,5,0\n";
  double worst[2];
  for (int i = 0; i < 2; i++) {
    char text[200];
    despur_scores scores;
    snprintf(text, sizeof text, "y,%s,prediction\n%s", i ? "group" : "a", rows);
    despur_predicted got = read_text(text);
    assert_ok(despur_predicted_scores(&scores, &got, &error));
    worst[i] = scores.worst_group_accuracy;
    assert_int_equal(got.groups_count, 4);
    despur_scores_release(&scores);
    despur_predicted_release(&got);
  }
  assert_true(worst[0] == 0 && worst[1] == 0);
}

static void only_what_occurs_exists(void **state) {
  (void)state;
  despur_predicted got = read_text("y,a,prediction\n1,840,1\n2,566,2\n2,840,7\n");
  assert_names(got.class_names, got.classes, "1", "2", "7");
  assert_names(got.names, got.groups_count, "y=1,a=840", "y=2,a=566", "y=2,a=840");
  assert_names(got.notes, got.notes_count, "class '7' is predicted in 1 of 3 rows and is no example's label");
  despur_predicted_release(&got);
}

static void equal_values_are_one_however_they_are_written(void **state) {
  (void)state;
  despur_predicted got = read_text("y,group,prediction\n1.0,01,1\n+1,1,1e0\n0.0,1 ,-0.0\n1, 1.00,0\n");
  assert_names(got.class_names, got.classes, "0", "1");
  assert_numbers(got.labels, 1, 1, 0, 1);
  assert_numbers(got.predictions, 1, 1, 0, 0);
  assert_names(got.names, got.groups_count, "y=0,group=1", "y=1,group=1", "y=1,group=01");
  despur_predicted_release(&got);
  got = read_text("y,a,prediction\nTrue,false,1\nfalse,FALSE,0\n");
  assert_names(got.class_names, got.classes, "false", "True");
  assert_numbers(got.predictions, 1, 0);
  despur_predicted_release(&got);
  got = read_as("y;a;prob_0;prob_1\n1;0,5;0,25;0,75\n0,0;0.5;0.5;0,5\n", (despur_columns){.by = "a"});
  assert_names(got.names, got.groups_count, "y=0,a=\"0,5\"", "y=1,a=\"0,5\"");
  assert_true(got.probabilities[1] == 0.75 && got.probabilities[2] == 0.5);
  despur_predicted_release(&got);
}

static void a_column_that_is_the_same_everywhere_makes_no_groups_unasked(void **state) {
  (void)state;
  static const char TEXT[] = "y,a,prediction\n1,0,1\n0,0,1\n1,0,0\n";
  despur_predicted got = read_text(TEXT);
  assert_names(got.names, got.groups_count, "y=0", "y=1");
  assert_numbers(got.groups, 1, 0, 1);
  assert_null(got.attributes);
  assert_null(got.attribute);
  assert_string_equal(got.columns,
                      "label: y, prediction: prediction, groups: the labels, for 'a' is the same everywhere");
  despur_predicted_release(&got);
  got = read_as(TEXT, (despur_columns){.by = "a"});
  assert_names(got.names, got.groups_count, "y=0,a=0", "y=1,a=0");
  assert_string_equal(got.attribute, "a");
  despur_predicted_release(&got);
  got = read_text("y,a,prediction\n1,0,1\n1,,1\n"); /* a missing value is another one */
  assert_names(got.names, got.groups_count, "y=1,a=0", "y=1,a=(missing)");
  despur_predicted_release(&got);
}

static void names_are_sorted_as_numbers_or_text_whatever_the_order_of_rows(void **state) {
  (void)state;
  despur_predicted got = read_as("y,g,p\nb,10,b\nb,9,a\na,-1.5,a\nb,x,b\n",
                                 (despur_columns){.by = "g", .prediction = "p", .whole_groups = true});
  assert_names(got.class_names, got.classes, "a", "b");
  assert_names(got.names, got.groups_count, "-1.5", "9", "10", "x");
  assert_numbers(got.groups, 2, 1, 0, 3);
  despur_predicted_release(&got);
}

static void missing_values_make_groups_that_cannot_be_the_worst(void **state) {
  (void)state;
  const char *table = "y,sex,race,prediction\n0,m,,1\n1,m,w,1\n0,NaN,w,1\n1,f,w,1\n1,f,w,0\n";
  despur_predicted got = read_text(table);
  assert_names(got.names, got.groups_count, "y=1,sex=f,race=w", "y=1,sex=m,race=w",
               "y=0,sex=m,race=(missing)", "y=0,sex=(missing),race=w");
  assert_int_equal(got.groups_aside, 2);
  assert_names(got.notes, got.notes_count,
               "column 'sex': 1 of 5 values are missing; their groups cannot be the worst",
               "column 'race': 1 of 5 values are missing; their groups cannot be the worst");
  despur_scores scores;
  assert_ok(despur_predicted_scores(&scores, &got, &error));
  assert_int_equal(scores.worst_group, 0);
  assert_true(scores.worst_group_accuracy == 0.5 && scores.balanced_group_accuracy == 0.75);
  assert_int_equal(scores.groups[3].count, 1);
  despur_scores_release(&scores);
  despur_predicted_release(&got);
  got = read_as(table, (despur_columns){.with_missing = true});
  assert_ok(despur_predicted_scores(&scores, &got, &error));
  assert_true(scores.worst_group == 2 && scores.worst_group_accuracy == 0);
  despur_scores_release(&scores);
  despur_predicted_release(&got);
  assert_refused("y,a,prediction\n0,0,0\n,0,0\nNA,0,0\n",
                 "p.csv: column 'y': 2 of 3 labels are missing, the first in line 3");
  assert_refused("y,a,prediction\n0,0,null\n1,0,0\n",
                 "p.csv: column 'prediction': 1 of 2 predictions are missing, the first in line 2");
  assert_refused("y,a,prob_0,prob_1\n0,0,1,0\n1,0,nan,1\n",
                 "p.csv: column 'prob_0': 1 of 2 probabilities are missing, the first in line 3");
}

static void ids_are_text_and_tell_examples_apart(void **state) {
  (void)state;
  const char *table = "example,y,a,prediction\nimg 1.png,0,0,0\n7,1,1,1\n7.0x,1,1,1\n";
  despur_predicted got = read_as(table, (despur_columns){.ids = true});
  assert_names(got.ids, got.count, "img 1.png", "7", "7.0x");
  despur_predicted_release(&got);
  got = read_as(",y,a,prediction\n5,0,0,0\n6,1,1,1\n", (despur_columns){.ids = true}); /* pandas' index */
  assert_names(got.ids, got.count, "5", "6");
  despur_predicted_release(&got);
  assert_refused_as("y,a,prediction,z\n0,0,0,7\n1,1,1,8\n1,1,1,7.0\n", (despur_columns){.id = "z"},
                    "p.csv:4: column 'z': '7' is there twice, first in line 2");
}

static void thousands_of_groups_keep_their_names_apart(void **state) {
  (void)state;
  enum { GROUPS = 70000 };
  char *text = malloc(GROUPS * 40 + 100), *at = text + sprintf(text, "y,prediction,group\n");
  for (int round = 0; round < 2; round++)
    for (int g = 0; g < GROUPS; g++) at += sprintf(at, "0,0,%d\n", GROUPS - 1 - g);
  despur_predicted got = read_text(text);
  assert_int_equal(got.groups_count, GROUPS);
  for (size_t i = 0; i < 2 * GROUPS; i++) assert_int_equal(got.groups[i], GROUPS - 1 - i % GROUPS);
  assert_string_equal(got.names[GROUPS - 1], "y=0,group=69999");
  despur_predicted_release(&got);
  free(text);
}

static void packed_tables_are_told_by_their_content(void **state) {
  (void)state;
  char command[1000];
  despur_predicted got;
  write_file("y,a,prediction\n0,0,0\n1,1,1\n");
  snprintf(command, sizeof command,
           "gzip <%s >%s.packed && printf '1,0,1\\n' | gzip >>%s.packed && mv %s.packed %s", path, path, path,
           path, path);
  assert_int_equal(system(command), 0);
  assert_ok(despur_predicted_read(&got, path, NULL, &error));
  assert_int_equal(got.count, 3);
  despur_predicted_release(&got);
  FILE *file = fopen(path, "ab");
  fputs("junk", file);
  fclose(file);
  assert_fails(despur_predicted_read(&got, path, NULL, &error), DESPUR_BAD_INPUT,
               "p.csv: expected nothing behind the compressed data, found 4 bytes that are not gzip's");
  assert_int_equal(truncate(path, 30), 0);
  assert_fails(despur_predicted_read(&got, path, NULL, &error), DESPUR_BAD_INPUT,
               "p.csv: the gzip data end too early (truncated file?)");
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
  assert_ok(despur_predicted_read(&got, directory, NULL, &error));
  assert_int_equal(got.count, 1);
  despur_predicted_release(&got);
  unlink(file);
  assert_fails(despur_predicted_read(&got, directory, NULL, &error), DESPUR_BAD_INPUT,
               "predictions.csv: No such file");
}

static void missing_columns_are_named(void **state) {
  (void)state;
  assert_refused("", "p.csv:1:1: expected a line with the names of the columns, found an empty file");
  assert_refused("y,a\n0,1\n",
                 "p.csv:1: expected a column with the predictions, such as 'prediction', or 'prob_0', "
                 "'prob_1', ... (or say which: --prediction, --score, --probabilities)");
  assert_refused("a,prediction,x\n",
                 "p.csv:1: expected a column with the labels, such as 'y' or 'label' (or say which: "
                 "--label); there are: 'x'");
  assert_refused("y,prediction,x,z\n",
                 "expected a column that makes groups, such as 'a' or 'group' (or say which: "
                 "--by); there are: 'x', 'z'");
  assert_refused("y,a,predicton\n", "(is it 'predicton'?)");
  assert_refused("y,prediction,atribute\n", "(is it 'atribute'?)");
  assert_refused("# made by x\ny,a,prediction\n0,0,0\n", "(a comment? then --comment '#')");
  assert_refused("y,a,prediction,y\n0,0,0,0\n", "p.csv:1: column 'y' is there twice, as columns 1 and 4");
  assert_refused("y,a,prob_0,prob_0\n0,0,0,1\n", "p.csv:1: column 'prob_0' is there twice");
  assert_refused("y,a,prediction\n", "p.csv: expected predictions below the first line, found none");
  assert_refused_as("y,a,p0\n0,0,1\n", (despur_columns){.probabilities = "p"},
                    "p.csv:1: expected a column 'p...' for each class, found 1 (of one class: see --score)");
}

static void bad_values_are_named_with_their_place(void **state) {
  (void)state;
  assert_refused("y,a,prob_0,prob_1\n2,0,0.5,0.5\n",
                 "p.csv:2: class '2' has no column of probabilities: these are of '0', '1'");
  assert_refused("y,a,prob_0,prob_1\n1,0,1.5,-0.5\n",
                 "p.csv:2: column 'prob_0': expected a probability from 0 to 1, found 1.5");
  assert_refused("y,a,prob_0,prob_1\n1,0,0.5,x\n",
                 "p.csv:2:9: column 'prob_1': expected a number, found 'x'");
  assert_refused("y,a,prob_0,prob_1\n\"1\n\",0,0.5,0.5\n1,0,0.5,0.4\n", "p.csv:2: class '1?' has no column");
  assert_refused("y,a,prob_0,prob_1\n\n1,0,0.500,0.5\n1,0,0.5,0.4\n",
                 "p.csv:4: expected probabilities that add up to 1, found a sum of 0.9");
  assert_refused("y,a,prediction\n0,0,0\n0,0\n",
                 "p.csv:3:1: expected 3 fields as in the first line, found 2");
  assert_refused("y,a,prediction\n0,0,0,7\n", "p.csv:2:7: expected 3 fields as in the first line, found 4");
  assert_refused("y,group,prediction\n0,a\xff,0\n",
                 "p.csv:2:3: column 'group': expected text in UTF-8, found 'a?' (Latin-1?");
  assert_refused("y,a,prediction\n0,0,\"1\n", "p.csv:2:5: this quote is never closed");
  assert_refused("y,a,prediction\n0,0,0\n1,0,0.73\n", "p.csv:3: column 'prediction': expected a class, found "
                                                      "'0.73' (a probability? then --score prediction)");
}

static void other_formats_are_named(void **state) {
  (void)state;
  assert_refused("PK\3\4rest", "p.csv: expected a table as text, found a zip archive or an Excel workbook");
  assert_refused("PAR1rest", "p.csv: expected a table as text, found a Parquet file");
}

static void json_lines_are_tables_too(void **state) {
  (void)state;
  despur_predicted got = read_text("{\"y\":0,\"a\":\"m\",\"probs\":[0.75,0.25],\"note\":{}}\n"
                                   "{\"y\":1.0,\"a\":null,\"probs\":[0.5,0.5]}\n");
  assert_string_equal(got.columns,
                      "label: y, probabilities: probs_0 to probs_1, groups: a within each label");
  assert_names(got.names, got.groups_count, "y=0,a=m", "y=1,a=(missing)");
  assert_true(got.probabilities[0] == 0.75);
  despur_predicted_release(&got);
  assert_refused("{\"y\":0,\"a\":1,\"pred\":0}\n{\"y\":0,\"a\":1}\n",
                 "p.csv: column 'pred': 1 of 2 predictions are missing, the first in line 2");
  assert_refused("{\"y\":0,\"a\":1,\"probs\":[1,0]}\n{\"y\":0,\"a\":1,\"probs\":[1,\"x\"]}\n",
                 "p.csv:2:25: column 'probs_1': expected a number, found 'x'");
  assert_refused("{}\n", "p.csv:1:1: expected a line with the names of the columns, found an empty file");
  assert_refused("[{\"y\":0}]", "p.csv: expected a table as text, found a JSON array (JSON Lines has");
}

static void columns_without_a_part_are_not_looked_at(void **state) {
  (void)state;
  despur_predicted got = read_text("y,note,a,prediction,\n0,\"caf\xe9\n\",0,0,\n1,,1,1,\n");
  assert_int_equal(got.count, 2);
  despur_predicted_release(&got);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_are_found_by_name),
      cmocka_unit_test(usual_names_are_guessed_and_others_can_be_said),
      cmocka_unit_test(probabilities_may_stand_in_any_order_and_for_the_prediction),
      cmocka_unit_test(probabilities_that_float32_cannot_tell_apart_are_compared_as_written),
      cmocka_unit_test(rounding_is_forgiven_on_both_sides_and_said),
      cmocka_unit_test(a_score_is_the_probability_of_one_of_two_classes),
      cmocka_unit_test(a_low_score_is_an_error_where_all_labels_are_positive),
      cmocka_unit_test(groups_are_what_a_column_says_within_each_label),
      cmocka_unit_test(the_name_of_the_column_changes_no_number),
      cmocka_unit_test(only_what_occurs_exists),
      cmocka_unit_test(equal_values_are_one_however_they_are_written),
      cmocka_unit_test(a_column_that_is_the_same_everywhere_makes_no_groups_unasked),
      cmocka_unit_test(names_are_sorted_as_numbers_or_text_whatever_the_order_of_rows),
      cmocka_unit_test(missing_values_make_groups_that_cannot_be_the_worst),
      cmocka_unit_test(ids_are_text_and_tell_examples_apart),
      cmocka_unit_test(thousands_of_groups_keep_their_names_apart),
      cmocka_unit_test(packed_tables_are_told_by_their_content),
      cmocka_unit_test(a_run_directory_stands_for_its_predictions),
      cmocka_unit_test(missing_columns_are_named),
      cmocka_unit_test(bad_values_are_named_with_their_place),
      cmocka_unit_test(other_formats_are_named),
      cmocka_unit_test(json_lines_are_tables_too),
      cmocka_unit_test(columns_without_a_part_are_not_looked_at),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
