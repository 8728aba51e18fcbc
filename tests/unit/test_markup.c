/* What comes from outside stays text. */
#include "testing.h"

#include "base/memory.h"
#include "report/drawing/markup.h"

static despur_error error;

static void expect(markup *m, const char *wanted) {
  assert_int_equal(m->status, DESPUR_OK);
  assert_string_equal(m->text.data, wanted);
  mem_free(m->text.data);
  *m = (markup){.error = &error};
}

static void strings_are_escaped_and_formats_are_not(void **state) {
  (void)state;
  markup m = {.error = &error};
  markup_print(&m, "<b title=\"%s\">%s</b>", "\"'", "<i>&amp;");
  expect(&m, "<b title=\"&quot;&#39;\">&lt;i&gt;&amp;amp;</b>");
}

static void numbers_follow_printf(void **state) {
  (void)state;
  char wanted[512];
  markup m = {.error = &error};
  markup_print(&m, "%d|%u|%zu|%5.2f|%g|%c|%%|%03d|%.0f", -7, 7U, (size_t)1 << 40, 3.14159, 1e-9, 'x', 5,
               1e300);
  snprintf(wanted, sizeof wanted, "%d|%u|%zu|%5.2f|%g|%c|%%|%03d|%.0f", -7, 7U, (size_t)1 << 40, 3.14159,
           1e-9, 'x', 5, 1e300);
  expect(&m, wanted);
}

/* U+FFFD for every byte that is no part of an allowed character. */
#define BAD "\xef\xbf\xbd"

static void only_valid_text_comes_through(void **state) {
  (void)state;
  markup m = {.error = &error};
  markup_print(&m, "%s", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  expect(&m, "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  markup_print(&m, "%s", "a\x1b[0m\x7f\r");
  expect(&m, "a" BAD "[0m" BAD BAD);
  markup_print(&m, "%s", "\xff\xc0\x80"); /* never a byte of UTF-8; an overlong NUL */
  expect(&m, BAD BAD BAD);
  markup_print(&m, "%s", "\xed\xa0\x80"); /* a surrogate */
  expect(&m, BAD BAD BAD);
  markup_print(&m, "%s", "x\xe2\x82"); /* cut off */
  expect(&m, "x" BAD BAD);
  markup_span(&m, "\xe2\x82\xac", 2); /* cut off by the caller */
  expect(&m, BAD BAD);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(strings_are_escaped_and_formats_are_not),
      cmocka_unit_test(numbers_follow_printf),
      cmocka_unit_test(only_valid_text_comes_through),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
