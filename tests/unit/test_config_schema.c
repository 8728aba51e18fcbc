/* The schema's rows, and single values from and to text. */
#include "config_testing.h"

#include "base/random.h"

#include <float.h>
#include <locale.h>

static void texts_that_look_like_something_else_are_quoted(void **state) {
  (void)state;
  static const char *const values[] = {"null",
                                       "~",
                                       "true",
                                       "1",
                                       "-1",
                                       "1e3",
                                       " a",
                                       "a ",
                                       "- a",
                                       "a: b",
                                       "a #b",
                                       "[a]",
                                       "{a}",
                                       "&a",
                                       "*a",
                                       "!a",
                                       "|",
                                       ">",
                                       "'a'",
                                       "\"",
                                       "\\",
                                       "%a",
                                       "@a",
                                       "`a",
                                       "a  b",
                                       "?",
                                       ":",
                                       ".",
                                       ".inf",
                                       "---",
                                       "...",
                                       "yes",
                                       "NO",
                                       "0x1f",
                                       "12:30",
                                       "a,b",
                                       "=",
                                       "<<",
                                       "a\\nb",
                                       "/a/b",
                                       "../x",
                                       "Off",
                                       "nUlL",
                                       "1_0",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80",
                                       NULL};
  for (size_t i = 0; values[i]; i++) {
    despur_config *config = new_config(), *back = new_config();
    snprintf(config->name, CONFIG_TEXT, "%s", values[i]);
    char *yaml = formatted(config);
    assert_ok(parse_file(back, yaml, strlen(yaml)));
    assert_string_equal(back->name, values[i]);
    free(yaml);
    despur_config_free(back);
    despur_config_free(config);
  }
}

/* Without zeros that only hold a place. */
static int significant_digits(const char *number) {
  int count = 0, zeros = 0;
  for (; *number && *number != 'e'; number++) {
    if (*number < '0' || *number > '9') continue;
    zeros = *number == '0' ? zeros + (count > 0) : 0;
    if (count > 0 || *number != '0') count++;
  }
  return count - zeros;
}

static int fewest_digits(double number) {
  for (int count = 1;; count++) {
    char digits[VALUE_DIGITS];
    snprintf(digits, sizeof digits, "%.*e", count - 1, number);
    if (strtod(digits, NULL) == number) return count;
  }
}

static void printed_numbers_are_the_shortest_that_read_back(void **state) {
  (void)state;
  const config_row row = {.type = CONFIG_IS_REAL, .minimum = -DBL_MAX, .maximum = DBL_MAX};
  random_stream stream = random_open(1, "test", 0);
  char digits[VALUE_DIGITS];
  for (int i = 0; i < 20000; i++) {
    uint64_t bits = random_u64(&stream);
    double number, back;
    memcpy(&number, &bits, sizeof number);
    if (i % 2) number = (double)(1 + bits % 100000) / 1000; /* short ones too */
    if (!isfinite(number)) continue;
    value_shortest(digits, number);
    assert_true(value_read_real(&back, &row, (config_scalar){digits, strlen(digits), true}));
    assert_true(back == number);
    if (isnormal(number)) assert_int_equal(significant_digits(digits), fewest_digits(number));
  }
  static const struct {
    double number;
    const char *digits;
  } known[] = {{0, "0"},         {0.1, "0.1"},    {10, "10"},
               {1e6, "1000000"}, {1e-8, "1e-08"}, {0.1 + 0.2, "0.30000000000000004"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    value_shortest(digits, known[i].number);
    assert_string_equal(digits, known[i].digits);
  }
}

static void numbers_do_not_depend_on_the_locale(void **state) {
  (void)state;
  static const char *const commas[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "ru_RU.UTF-8", NULL};
  const char *found = NULL;
  for (size_t i = 0; commas[i] && !found; i++) found = setlocale(LC_ALL, commas[i]);
  if (!found) skip();
  despur_config *config = new_config();
  assert_true(config->data.strength.values[0] == 0.995);
  char *yaml = formatted(config);
  assert_non_null(strstr(yaml, "strength: 0.995\n"));
  free(yaml);
  despur_config_free(config);
  setlocale(LC_ALL, "C");
}

/* ---- the schema ---- */

static void rows_lie_inside_the_structure_and_apart(void **state) {
  (void)state;
  static const size_t sizes[] = {
      [CONFIG_IS_INTEGER] = sizeof(int64_t),    [CONFIG_IS_REAL] = sizeof(double),
      [CONFIG_IS_BOOLEAN] = sizeof(bool),       [CONFIG_IS_CHOICE] = sizeof(int),
      [CONFIG_IS_TEXT] = CONFIG_TEXT,           [CONFIG_IS_PATH] = CONFIG_TEXT,
      [CONFIG_IS_REALS] = sizeof(config_reals), [CONFIG_IS_CLASSES] = sizeof(config_classes)};
  for (size_t i = 0; i < schema_count; i++) {
    const config_row *row = &schema_rows[i];
    assert_true(row->offset + sizes[row->type] <= offsetof(despur_config, set));
    assert_true(strlen(row->key) < CONFIG_KEY && *row->help && row->initial);
    assert_null(strpbrk(row->help, "\n"));
    assert_int_equal(schema_find(row->key), i); /* no key twice, none is a section */
    assert_int_equal(schema_find_section(row->key), CONFIG_NO_ROW);
    for (size_t j = 0; j < i; j++) {
      const config_row *other = &schema_rows[j];
      assert_true(other->offset + sizes[other->type] <= row->offset ||
                  row->offset + sizes[row->type] <= other->offset);
    }
  }
}

/* The reader marks a section as seen by its first row, so no section may begin with a section. */
static void sections_begin_with_a_key_and_stand_together(void **state) {
  (void)state;
  for (size_t i = 0; i < schema_count; i++) {
    for (const char *dot = strchr(schema_rows[i].key, '.'); dot; dot = strchr(dot + 1, '.')) {
      char section[CONFIG_KEY];
      snprintf(section, sizeof section, "%.*s", (int)(dot - schema_rows[i].key), schema_rows[i].key);
      size_t first = (size_t)schema_find_section(section), length = strlen(section) + 1;
      assert_null(strchr(schema_rows[first].key + length, '.'));
      for (size_t j = first; j < i; j++) assert_true(schema_in_section(&schema_rows[j], section));
    }
  }
}

static bool takes(despur_config *config, const config_row *row, const char *value) {
  char override[CONFIG_KEY + 64];
  snprintf(override, sizeof override, "%s=%s", row->key, value);
  despur_status status = despur_config_set(config, override, &error);
  if (status == DESPUR_OK) return true;
  assert_int_equal(status, DESPUR_BAD_USAGE);
  char wanted[CONFIG_EXPECTED + CONFIG_KEY], expected[CONFIG_EXPECTED];
  schema_expected(row, expected);
  snprintf(wanted, sizeof wanted, "%s: expected %s", row->key, expected);
  if (!strstr(error.message, wanted) || strncmp(error.message, override, strlen(override)) != 0)
    fail_msg("'%s' should begin with '%s' and say '%s'", error.message, override, wanted);
  return false;
}

static bool takes_integer(despur_config *config, const config_row *row, int64_t value) {
  char digits[32];
  snprintf(digits, sizeof digits, "%lld", (long long)value);
  return takes(config, row, digits);
}

/* Lists of several get as many values as they need, of which this is the last. */
static bool takes_real(despur_config *config, const config_row *row, double value) {
  const bool alone = row->type == CONFIG_IS_REAL || row->fewest == 1;
  char digits[128];
  size_t used = (size_t)snprintf(digits, sizeof digits, "%s", alone ? "" : "[");
  for (size_t i = 1; !alone && i < row->fewest; i++)
    used += (size_t)snprintf(digits + used, sizeof digits - used, "0.5, ");
  snprintf(digits + used, sizeof digits - used, "%.17g%s", value, alone ? "" : "]");
  return takes(config, row, digits);
}

static void check_bounds(despur_config *config, const config_row *row) {
  switch (row->type) {
  case CONFIG_IS_INTEGER:
    assert_true(takes_integer(config, row, row->low));
    assert_true(*(const int64_t *)schema_value(config, row) == row->low);
    assert_true(takes_integer(config, row, row->high));
    assert_true(*(const int64_t *)schema_value(config, row) == row->high);
    assert_false(takes_integer(config, row, row->low - 1));
    if (row->high < INT64_MAX)
      assert_false(takes_integer(config, row, row->high + 1));
    else
      assert_false(takes(config, row, "9223372036854775808"));
    assert_false(takes(config, row, "2.5"));
    assert_false(takes(config, row, "true"));
    assert_false(takes(config, row, "\"2\""));
    break;
  case CONFIG_IS_REAL:
  case CONFIG_IS_REALS:
    assert_int_equal(takes_real(config, row, row->minimum), !row->above);
    assert_int_equal(takes_real(config, row, row->maximum), !row->below);
    assert_true(takes_real(config, row, nextafter(row->minimum, 2e6)));
    assert_true(takes_real(config, row, nextafter(row->maximum, -2)));
    assert_false(takes_real(config, row, nextafter(row->minimum, -HUGE_VAL)));
    assert_false(takes_real(config, row, nextafter(row->maximum, 2e6)));
    static const char *const wrong[] = {"nan",    ".nan",  "inf",     "-inf",  ".inf", "NaN", "infinity",
                                        "0x1p-1", "0.5.5", "1e",      "0,5",   "e1",   ".",   "+",
                                        "0.5x",   "''",    "0.5 0.5", "1e400", "[[]]", NULL};
    for (size_t i = 0; wrong[i]; i++) assert_false(takes(config, row, wrong[i]));
    break;
  case CONFIG_IS_BOOLEAN:
    assert_true(takes(config, row, "true"));
    assert_true(*(const bool *)schema_value(config, row));
    assert_true(takes(config, row, "false"));
    assert_false(*(const bool *)schema_value(config, row));
    assert_false(takes(config, row, "1"));
    assert_false(takes(config, row, "True"));
    break;
  case CONFIG_IS_CHOICE:
    for (int i = 0; row->choices[i]; i++) {
      assert_true(takes(config, row, row->choices[i]));
      assert_int_equal(*(const int *)schema_value(config, row), i);
    }
    assert_false(takes(config, row, "something"));
    assert_false(takes(config, row, "0"));
    break;
  case CONFIG_IS_TEXT:
  case CONFIG_IS_PATH:
    assert_true(takes(config, row, "a/b.npy"));
    assert_string_equal(schema_value(config, row), "a/b.npy");
    assert_true(takes(config, row, "1"));
    assert_string_equal(schema_value(config, row), "1");
    assert_false(takes(config, row, "\"\\t\""));
    assert_true(takes(config, row, "[a], {b}: c #2"));
    assert_string_equal(schema_value(config, row), "[a], {b}: c #2");
    assert_true(takes(config, row, ""));
    assert_string_equal(schema_value(config, row), row->initial);
    return;
  case CONFIG_IS_CLASSES:
    assert_true(takes(config, row, "[[0], [9]]"));
    assert_false(takes(config, row, "[[0], [10]]"));
    assert_false(takes(config, row, "[[0], [-1]]"));
    break;
  }
  assert_false(takes(config, row, ""));
  assert_false(takes(config, row, "~"));
  assert_false(takes(config, row, "{a: 1}"));
}

static void every_row_takes_its_range_and_nothing_else(void **state) {
  (void)state;
  for (size_t i = 0; i < schema_count; i++) {
    despur_config *config = new_config();
    check_bounds(config, &schema_rows[i]);
    assert_round_trip(config);
    despur_config_free(config);
  }
}

static void every_row_can_be_read_from_its_own_default(void **state) {
  (void)state;
  despur_config *config = new_config();
  char *before = formatted(config);
  for (size_t i = 0; i < schema_count; i++) {
    char override[256];
    snprintf(override, sizeof override, "%s=%s", schema_rows[i].key, schema_rows[i].initial);
    set(config, override);
    assert_int_equal(config->set[i], *schema_rows[i].initial != 0);
    config->set[i] = false;
  }
  char *after = formatted(config);
  assert_string_equal(before, after);
  free(after);
  free(before);
  despur_config_free(config);
}

static void the_list_of_keys_names_all_of_them(void **state) {
  (void)state;
  char *list;
  assert_ok(despur_config_describe(&list, NULL, &error));
  for (size_t i = 0; i < schema_count; i++) {
    char line[CONFIG_KEY + 2];
    snprintf(line, sizeof line, "%s\n", schema_rows[i].key);
    assert_non_null(strstr(list, line));
    assert_non_null(strstr(list, schema_rows[i].help));
  }
  assert_non_null(strstr(
      list, "train.batch_size\n    examples in one step\n    an integer from 1 to 4096; default: 64\n"));
  free(list);
}

static void one_key_or_section_is_described_by_itself(void **state) {
  (void)state;
  char *list;
  assert_ok(despur_config_describe(&list, "train.batch_size", &error));
  assert_string_equal(
      list, "train.batch_size\n    examples in one step\n    an integer from 1 to 4096; default: 64\n");
  free(list);
  assert_ok(despur_config_describe(&list, "train.schedule", &error));
  assert_non_null(strstr(list, "train.schedule.name\n"));
  assert_non_null(strstr(list, "train.schedule.every\n"));
  assert_null(strstr(list, "train.batch_size"));
  free(list);
  assert_fails(despur_config_describe(&list, "train.bach_size", &error), DESPUR_BAD_USAGE,
               "did you mean 'train.batch_size'?");
  assert_null(list);
}

static void keys_are_listed_with_the_values_that_they_take(void **state) {
  (void)state;
  size_t count = 0;
  while (despur_config_key(count)) count++;
  assert_int_equal(count, schema_count);
  assert_string_equal(despur_config_choices("model.arch")[0], "lenet");
  assert_string_equal(despur_config_choices("log.steps")[1], "false");
  assert_null(despur_config_choices("train.epochs"));
  assert_null(despur_config_choices("train"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_that_look_like_something_else_are_quoted),
      cmocka_unit_test(printed_numbers_are_the_shortest_that_read_back),
      cmocka_unit_test(numbers_do_not_depend_on_the_locale),
      cmocka_unit_test(rows_lie_inside_the_structure_and_apart),
      cmocka_unit_test(sections_begin_with_a_key_and_stand_together),
      cmocka_unit_test(every_row_takes_its_range_and_nothing_else),
      cmocka_unit_test(every_row_can_be_read_from_its_own_default),
      cmocka_unit_test(the_list_of_keys_names_all_of_them),
      cmocka_unit_test(one_key_or_section_is_described_by_itself),
      cmocka_unit_test(keys_are_listed_with_the_values_that_they_take),
  };
  return cmocka_run_group_tests_name("config_schema", tests, NULL, NULL);
}
