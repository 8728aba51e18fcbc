/* Writing JSON: the bytes are those of another library's writer, and memory that runs out is told at every
 * place. */
#include "testing.h"

#include "base/json_write.h"
#include "base/memory.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static despur_error error;

static const double NUMBERS[] = {0,       -0.0,          1,
                                 -1,      0.1,           1.0 / 3,
                                 2.5e-7,  123456789.125, 1e20,
                                 -1e-300, 5e-324,        1e15,
                                 1e16,    1e17,          1e100,
                                 0.0001,  0.00001,       100000,
                                 1000000, 999999.5,      1.7976931348623157e308,
                                 3e-5,    12e10};
static const char *const TEXTS[] = {"",
                                    "y=0,a=1",
                                    "\"quoted\"\\",
                                    "a\nb\tc\rd\be\ff",
                                    "\x01\x1f",
                                    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
                                    "</script>"};

static void put_numbers(json_writer *j, json_t *list) {
  for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
    json_write_real(j, NULL, NUMBERS[i]);
    assert_int_equal(json_array_append_new(list, json_real(NUMBERS[i])), 0);
  }
}

static void put_texts(json_writer *j, json_t *list) {
  for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
    json_write_text(j, NULL, TEXTS[i]);
    assert_int_equal(json_array_append_new(list, json_string(TEXTS[i])), 0);
  }
}

/* The same object twice: written, and made of values. */
static json_t *put_all(json_writer *j) {
  json_t *root = json_object(), *numbers = json_array(), *texts = json_array(), *deep = json_array();
  json_open(j, NULL, '{');
  json_open(j, "numbers", '[');
  put_numbers(j, numbers);
  json_close(j);
  json_open(j, "texts\n", '[');
  put_texts(j, texts);
  json_close(j);
  json_open(j, "empty", '{');
  json_close(j);
  json_open(j, "none", '[');
  json_close(j);
  json_open(j, "deep", '[');
  json_open(j, NULL, '[');
  json_write_count(j, NULL, SIZE_MAX / 2);
  json_close(j);
  json_open(j, NULL, '{');
  json_write_integer(j, "least", INT64_MIN);
  json_close(j);
  json_close(j);
  json_write_flag(j, "yes", true);
  json_write_flag(j, "no", false);
  json_write_text(j, "nothing", NULL);
  json_write_real(j, "not a number", (double)NAN);
  json_write_real(j, "infinite", -(double)INFINITY);
  json_close(j);
  assert_int_equal(json_object_set_new(root, "numbers", numbers), 0);
  assert_int_equal(json_object_set_new(root, "texts\n", texts), 0);
  assert_int_equal(json_object_set_new(root, "empty", json_object()), 0);
  assert_int_equal(json_object_set_new(root, "none", json_array()), 0);
  assert_int_equal(json_object_set_new(root, "deep", deep), 0);
  assert_int_equal(json_array_append_new(deep, json_pack("[I]", (json_int_t)(SIZE_MAX / 2))), 0);
  assert_int_equal(json_array_append_new(deep, json_pack("{s:I}", "least", (json_int_t)INT64_MIN)), 0);
  assert_int_equal(json_object_set_new(root, "yes", json_true()), 0);
  assert_int_equal(json_object_set_new(root, "no", json_false()), 0);
  static const char *const NULLS[] = {"nothing", "not a number", "infinite"};
  for (size_t i = 0; i < 3; i++) assert_int_equal(json_object_set_new(root, NULLS[i], json_null()), 0);
  return root;
}

static void bytes_are_those_of_another_writer(void **state) {
  (void)state;
  static const int DIGITS[] = {0, 1, 6, 12, 17};
  for (size_t i = 0; i < 2 * (sizeof DIGITS / sizeof *DIGITS); i++) {
    json_writer j = {.style = i % 2 ? JSON_PRETTY : JSON_LINE, .digits = DIGITS[i / 2]};
    json_t *root = put_all(&j);
    size_t style = i % 2 ? JSON_INDENT(2) : JSON_COMPACT;
    char *wanted = json_dumps(root, style | JSON_REAL_PRECISION((size_t)DIGITS[i / 2])), *found;
    assert_non_null(wanted);
    assert_ok(json_finish(&found, &j, &error));
    size_t length = strlen(wanted);
    assert_memory_equal(found, wanted, length);
    assert_string_equal(found + length, i % 2 ? "\n" : "");
    mem_free(found);
    free(wanted);
    json_decref(root);
  }
}

static void what_is_no_text_is_replaced(void **state) {
  (void)state;
  static const char *const BROKEN[][2] = {{"a\xff"
                                           "b",
                                           "\"a?b\""},
                                          {"\xc3", "\"?\""},
                                          {"\x7f", "\"?\""},
                                          {"\xed\xa0\x80", "\"???\""},
                                          {"\xe2\x82\xac\x80", "\"\xe2\x82\xac?\""}};
  for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++) {
    json_writer j = {0};
    char *found;
    json_write_text(&j, NULL, BROKEN[i][0]);
    assert_ok(json_finish(&found, &j, &error));
    assert_string_equal(found, BROKEN[i][1]);
    mem_free(found);
  }
}

static void what_could_not_be_made_is_told_at_the_end(void **state) {
  (void)state;
  json_writer j = {0};
  char *found;
  json_open(&j, NULL, '{');
  json_fail(&j, DESPUR_OK);
  json_write_count(&j, "kept", 1);
  json_fail(&j, DESPUR_NO_RESOURCES);
  json_write_count(&j, "lost", 2);
  json_close(&j);
  assert_fails(json_finish(&found, &j, &error), DESPUR_NO_RESOURCES, "out of memory");
  assert_null(found);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_are_those_of_another_writer),
      cmocka_unit_test(what_is_no_text_is_replaced),
      cmocka_unit_test(what_could_not_be_made_is_told_at_the_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
