#include "testing.h"

#include "base/dictionary.h"

static despur_error error;

static void keys_are_numbered_in_the_order_in_which_they_come(void **state) {
  (void)state;
  enum { KEYS = 100000 };
  dictionary d = {0};
  uint32_t index;
  char key[32];
  assert_false(dictionary_find(&index, &d, "0", 1));
  for (int round = 0; round < 2; round++)
    for (uint32_t i = 0; i < KEYS; i++) {
      int length = snprintf(key, sizeof key, "%x", i * 2654435761U);
      assert_ok(dictionary_add(&index, &d, key, (size_t)length, &error));
      assert_int_equal(index, i);
      assert_string_equal(dictionary_key(&d, i), key);
    }
  assert_int_equal(d.count, KEYS);
  assert_true(dictionary_find(&index, &d, "0", 1));
  assert_int_equal(index, 0);
  assert_false(dictionary_find(&index, &d, "no key", 6));
  dictionary_release(&d);
  assert_int_equal(d.count, 0);
}

static void keys_are_bytes_of_any_number(void **state) {
  (void)state;
  dictionary d = {0};
  uint32_t index, expected = 0;
  char key[20] = {0}; /* NUL bytes: only the length tells them apart */
  for (size_t length = 0; length <= sizeof key; length++) {
    assert_ok(dictionary_add(&index, &d, key, length, &error));
    assert_int_equal(index, expected++);
  }
  for (size_t i = 0; i < sizeof key; i++) { /* and every byte counts */
    key[i] = 1;
    assert_ok(dictionary_add(&index, &d, key, sizeof key, &error));
    assert_int_equal(index, expected++);
    key[i] = 0;
  }
  dictionary_release(&d);
}

/* Names with one FNV-1a hash, found by going backwards, made the table before this one a list. With a key
 * that is drawn anew nobody can find any: equal keys of two dictionaries have different hashes. */
static void hashes_are_not_the_same_twice(void **state) {
  (void)state;
  dictionary a = {0}, b = {0};
  uint32_t index;
  assert_ok(dictionary_add(&index, &a, "name", 4, &error));
  assert_ok(dictionary_add(&index, &b, "name", 4, &error));
  assert_true(a.entries[0].hash != b.entries[0].hash);
  dictionary_release(&a);
  dictionary_release(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_are_numbered_in_the_order_in_which_they_come),
      cmocka_unit_test(keys_are_bytes_of_any_number),
      cmocka_unit_test(hashes_are_not_the_same_twice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
