/* Reading JSON: what is told of a damaged text, and what becomes of it when memory runs out. */
#include "testing.h"

#include "base/json.h"

#include <errno.h>
#include <stdlib.h>

static json_error_t why;

/* ---- memory that runs out ---- */

static size_t calls, fail_at, fail_until, living;

static void *scarce_malloc(size_t bytes) {
  calls++;
  void *memory = calls >= fail_at && calls < fail_until ? NULL : malloc(bytes);
  if (memory)
    living++;
  else
    errno = ENOMEM;
  return memory;
}

static void scarce_free(void *memory) {
  if (memory) living--;
  free(memory);
}

/* An object of a name, a string, an integer and a real number, each of about so many bytes, with an escaped
 * quote and a backslash before a closing quote. */
static char *text_of(size_t length) {
  char *text, *run = malloc(length + 1);
  assert_non_null(run);
  memset(run, '7', length);
  run[length] = 0;
  assert_true(asprintf(&text, "{\"%s\": \"\\\"%s\\\\\", \"a\":[%.17s , %.17s,0.%s],\"b\" :{}}", run, run, run,
                       run, run) > 0);
  free(run);
  return text;
}

static void wants_memory(const char *text, size_t at, size_t until) {
  json_t *json;
  calls = 0, fail_at = at, fail_until = until;
  despur_status status = json_parse(&json, text, strlen(text), &why);
  assert_true(calls >= at);
  assert_int_equal(status, DESPUR_NO_RESOURCES);
  assert_null(json);
  assert_int_equal(living, 0);
}

static void memory_that_runs_out_is_told_at_every_place(void **state) {
  (void)state;
  json_set_alloc_funcs(scarce_malloc, scarce_free);
  for (size_t length = 1; length < 140; length++) {
    char *text = text_of(length);
    json_t *json;
    calls = 0, fail_at = SIZE_MAX;
    assert_int_equal(json_parse(&json, text, strlen(text), &why), DESPUR_OK);
    size_t all = calls;
    assert_int_equal(strlen(json_object_iter_key(json_object_iter(json))), length);
    json_decref(json);
    assert_int_equal(living, 0);
    assert_true(all > 10);
    for (size_t at = 1; at <= all; at++) {
      wants_memory(text, at, at + 1);
      wants_memory(text, at, SIZE_MAX);
    }
    free(text);
  }
  json_set_alloc_funcs(malloc, free);
}

/* ---- text that is not what it should be ---- */

static void what_is_wrong_is_told_with_its_place(void **state) {
  (void)state;
  static const struct {
    const char *text, *says;
    int line, position;
  } WRONG[] = {
      {"", "premature end of input", 1, 0},
      {"{\"a\": ", "premature end of input", 1, 6},
      {"{\"a\": [1, 2", "premature end of input", 1, 11},
      {"{\"a\": \"b", "premature end of input", 1, 8},
      {"{\n\"a\" 1}", "':' expected near '1'", 2, 7},
      {"{\"a\": 1, \"a\": 2}", "duplicate object key", 1, 12},
      {"{\"a\": [1 2]}", "']' expected near '2'", 1, 10},
      {"{\n\n}}", "end of file expected near '}'", 3, 5},
      {"{}]", "end of file expected near ']'", 1, 3},
      {"{\"\\\\\": \"}\\\"{\"} {", "end of file expected near '{'", 1, 16},
      {"[] 1", "end of file expected near '1'", 1, 4},
      {"{}, {}", "found several values", 1, 6},
      {"[1]", "found an array", 1, 3},
      {"12", "found a number", 1, 2},
      {"\"{}\"", "found a string", 1, 4},
      {"null", "found true, false or null", 1, 4},
      {"{\"a\": 1e999}", "real number overflow", 1, 11},
      {"{\"a\": \x80}", "unable to decode byte", 1, 6},
  };
  for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
    json_t *json;
    assert_int_equal(json_parse(&json, WRONG[i].text, strlen(WRONG[i].text), &why), DESPUR_BAD_INPUT);
    assert_null(json);
    if (!strstr(why.text, WRONG[i].says)) assert_string_equal(why.text, WRONG[i].says);
    if (why.line != WRONG[i].line || why.position != WRONG[i].position)
      fail_msg("%s: line %d, byte %d", WRONG[i].text, why.line, why.position);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_that_runs_out_is_told_at_every_place),
      cmocka_unit_test(what_is_wrong_is_told_with_its_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
