/* Groups of numbers that are cut, of one split, and of enough examples. Expected groups are pandas': cut with
 * right=False for edges, and qcut's counts where its edges are values that occur. */
#include "testing.h"

#include "despur/measures.h"

static despur_error error;
static char path[160];

/* Ages 0 to 99, of which every fifth is missing where asked for; the first half is training. */
static const char *write_ages(bool missing) {
  char directory[128];
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/p.csv", directory);
  FILE *file = fopen(path, "w");
  fprintf(file, "y,prediction,age,fold,id,half,one\n");
  for (int i = 0; i < 100; i++) {
    int age = i * 37 % 100; /* in no order */
    fprintf(file, "%d,1,", i % 2);
    if (!missing || i % 5 > 0) fprintf(file, "%d", age);
    fprintf(file, ",%s,%d,%d,1\n", i < 60 ? "train" : "test", i % 60, i % 2);
  }
  fclose(file);
  return path;
}

static despur_predicted read_as(bool missing, despur_columns columns) {
  despur_predicted got;
  columns.whole_groups = true;
  assert_ok(despur_predicted_read(&got, write_ages(missing), &columns, &error));
  return got;
}

static void assert_refused(despur_columns columns, despur_status wanted, const char *message) {
  despur_predicted got;
  const char *file = write_ages(false);
  assert_fails(despur_predicted_read(&got, file, &columns, &error), wanted, message);
  assert_null(got.labels);
}

/* names and counts of all groups; a name of NULL ends them. */
static void assert_groups(const despur_predicted *got, const char *const *names, const size_t *counts) {
  size_t found[16] = {0}, g = 0;
  for (size_t i = 0; i < got->count; i++) found[got->groups[i]]++;
  for (; names[g]; g++) {
    assert_true(g < got->groups_count);
    assert_string_equal(got->names[g], names[g]);
    assert_int_equal(found[g], counts[g]);
  }
  assert_int_equal(got->groups_count, g);
}

static void numbers_are_cut_where_it_is_said(void **state) {
  (void)state;
  despur_predicted got = read_as(false, (despur_columns){.by = "age:18,35,65"});
  assert_groups(&got,
                (const char *const[]){"under 18", "18 to under 35", "35 to under 65", "65 and over", NULL},
                (const size_t[]){18, 17, 30, 35});
  assert_non_null(strstr(got.columns, "groups: age cut at 18, 35, 65"));
  assert_int_equal(got.groups_aside, 0);
  despur_predicted_release(&got);
  got = read_as(false, (despur_columns){.by = "age:50"});
  assert_groups(&got, (const char *const[]){"under 50", "50 and over", NULL}, (const size_t[]){50, 50});
  despur_predicted_release(&got);
  got = read_as(false, (despur_columns){.by = "age:10.0,fold"}); /* ten parts would be "10" */
  assert_int_equal(got.groups_count, 4);
  assert_string_equal(got.names[0], "age=under 10,fold=test");
  despur_predicted_release(&got);
  got = read_as(false, (despur_columns){.by = "age:-5,200"}); /* parts that nobody is in are not there */
  assert_groups(&got, (const char *const[]){"-5 to under 200", NULL}, (const size_t[]){100});
  despur_predicted_release(&got);
}

static void numbers_are_cut_into_parts_of_nearly_equal_size(void **state) {
  (void)state;
  despur_predicted got = read_as(false, (despur_columns){.by = "age:4"});
  assert_groups(&got,
                (const char *const[]){"under 25", "25 to under 50", "50 to under 75", "75 and over", NULL},
                (const size_t[]){25, 25, 25, 25});
  assert_non_null(strstr(got.columns, "groups: age in 4 parts"));
  despur_predicted_release(&got);
  got = read_as(false, (despur_columns){.by = "age:3"});
  assert_groups(&got, (const char *const[]){"under 34", "34 to under 67", "67 and over", NULL},
                (const size_t[]){34, 33, 33});
  despur_predicted_release(&got);
  got = read_as(false, (despur_columns){.by = "half:4"}); /* two values make two parts */
  assert_groups(&got, (const char *const[]){"under 1", "1 and over", NULL}, (const size_t[]){50, 50});
  despur_predicted_release(&got);
  got = read_as(false, (despur_columns){.by = "one:4"});
  assert_groups(&got, (const char *const[]){"any number", NULL}, (const size_t[]){100});
  despur_predicted_release(&got);
}

static void missing_numbers_stay_missing(void **state) {
  (void)state;
  despur_predicted got = read_as(true, (despur_columns){.by = "age:2"});
  assert_groups(&got, (const char *const[]){"under 51", "51 and over", "(missing)", NULL},
                (const size_t[]){40, 40, 20});
  assert_int_equal(got.groups_aside, 1);
  despur_predicted_release(&got);
}

static void rows_of_one_split_are_as_if_there_were_no_others(void **state) {
  (void)state;
  despur_predicted got =
      read_as(false, (despur_columns){.by = "age:4", .split = "fold=test", .id = "id", .ids = true});
  assert_int_equal(got.count, 40);
  assert_groups(&got,
                (const char *const[]){"under 26", "26 to under 52", "52 to under 75", "75 and over", NULL},
                (const size_t[]){10, 10, 10, 10});
  assert_string_equal(got.ids[0], "0"); /* in training, too */
  assert_int_equal(got.notes_count, 0);
  despur_predicted_release(&got);
  got = read_as(false, (despur_columns){.by = "age:4"});
  assert_string_equal(got.notes[0],
                      "rows of several splits are measured together, column 'fold': 'test' (40), "
                      "'train' (60) (--split fold=VALUE takes one)");
  despur_predicted_release(&got);
  assert_refused((despur_columns){.by = "age:4", .id = "id", .ids = true}, DESPUR_BAD_INPUT,
                 "column 'id': '0' is there twice");
}

static void small_groups_are_there_and_cannot_be_the_worst(void **state) {
  (void)state;
  despur_predicted got = read_as(false, (despur_columns){.by = "age:2,18,35", .min_count = 17});
  assert_groups(&got,
                (const char *const[]){"18 to under 35", "35 and over", "under 2", "2 to under 18", NULL},
                (const size_t[]){17, 65, 2, 16});
  assert_int_equal(got.groups_aside, 2);
  assert_int_equal(got.attributes_aside, 2);
  assert_string_equal(got.notes[0],
                      "2 of 4 groups have fewer than 17 examples: too small to say, they cannot be "
                      "the worst");
  despur_predicted_release(&got);
  got = read_as(true, (despur_columns){.by = "age:2,50", .min_count = 20, .with_missing = true});
  assert_groups(&got, (const char *const[]){"2 to under 50", "50 and over", "(missing)", "under 2", NULL},
                (const size_t[]){39, 40, 20, 1});
  assert_int_equal(got.groups_aside, 1); /* not those with missing values */
  despur_predicted_release(&got);
  assert_refused((despur_columns){.by = "age:4", .min_count = 26}, DESPUR_BAD_INPUT,
                 "no group has 26 examples, the least that was asked for");
}

static void what_cannot_be_cut_is_named(void **state) {
  (void)state;
  assert_refused((despur_columns){.by = "fold:3"}, DESPUR_BAD_INPUT,
                 "p.csv: column 'fold': expected numbers to cut, found 'train' in line 2");
  assert_refused((despur_columns){.by = "age:18,18"}, DESPUR_BAD_USAGE,
                 "column 'age': expected numbers that increase, found 18 after 18");
  assert_refused((despur_columns){.by = "age:"}, DESPUR_BAD_USAGE,
                 "column 'age': expected a number to cut at, found ''");
  assert_refused((despur_columns){.by = "old:4"}, DESPUR_BAD_INPUT, "there is no column 'old:4'");
  assert_refused(
      (despur_columns){.by = "age:4", .split = "fold"}, DESPUR_BAD_USAGE,
      "column 'fold': expected a value of it, --split COL=VALUE; there are: 'test' (40), 'train' (60)");
  assert_refused(
      (despur_columns){.by = "age:4", .split = "fold=val"}, DESPUR_BAD_INPUT,
      "column 'fold': expected a value of it, --split COL=VALUE, found 'val'; there are: 'test' (40), "
      "'train' (60)");
  assert_refused((despur_columns){.by = "age:4", .split = "sets=val"}, DESPUR_BAD_INPUT,
                 "there is no column 'sets'");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_cut_where_it_is_said),
      cmocka_unit_test(numbers_are_cut_into_parts_of_nearly_equal_size),
      cmocka_unit_test(missing_numbers_stay_missing),
      cmocka_unit_test(rows_of_one_split_are_as_if_there_were_no_others),
      cmocka_unit_test(small_groups_are_there_and_cannot_be_the_worst),
      cmocka_unit_test(what_cannot_be_cut_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
