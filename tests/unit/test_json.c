/* Reading JSON: trees are those of another library's reader, for what it takes and what it refuses; what is
 * wrong is told with its place. */
#include "testing.h"

#include "base/json_read.h"
#include "base/memory.h"
#include "base/random.h"

#include <jansson.h>

static json_fault fault;

/* ---- the same as jansson ---- */

static void compare(const json_value *found, const json_t *wanted);

static void compare_list(const json_value *found, const json_t *wanted) {
  assert_int_equal(json_elements(found), json_array_size(wanted));
  for (size_t i = 0; i < json_elements(found); i++) {
    assert_null(json_at(found, i)->name);
    compare(json_at(found, i), json_array_get(wanted, i));
  }
  assert_null(json_at(found, json_elements(found)));
}

static void compare_object(const json_value *found, json_t *wanted) {
  const char *name;
  json_t *value;
  size_t i = 0;
  assert_int_equal(json_members(found), json_object_size(wanted));
  json_object_foreach(wanted, name, value) {
    const json_value *member = found->items[i++];
    assert_string_equal(member->name, name);
    assert_ptr_equal(json_find(found, name), member);
    compare(member, value);
  }
  assert_null(json_find(found, "no such name"));
}

static void compare(const json_value *found, const json_t *wanted) {
  switch (json_typeof(wanted)) {
  case JSON_OBJECT:
    assert_true(json_is(found, JSON_KIND_OBJECT));
    compare_object(found, (json_t *)(uintptr_t)wanted);
    break;
  case JSON_ARRAY:
    assert_true(json_is(found, JSON_KIND_LIST));
    compare_list(found, wanted);
    break;
  case JSON_STRING:
    assert_string_equal(json_text(found), json_string_value(wanted));
    break;
  case JSON_INTEGER:
    assert_true(json_is(found, JSON_KIND_WHOLE));
    assert_true(found->whole == json_integer_value(wanted));
    assert_true(json_number(found) == json_number_value(wanted));
    break;
  case JSON_REAL:
    assert_true(json_is(found, JSON_KIND_REAL));
    assert_memory_equal(&found->number, &(double){json_real_value(wanted)}, sizeof found->number);
    break;
  case JSON_NULL:
    assert_true(json_is(found, JSON_KIND_NULL));
    break;
  default:
    assert_true(json_is(found, JSON_KIND_FLAG));
    assert_int_equal(json_flag(found), json_is_true(wanted));
  }
}

/* Reads bytes that nothing stands behind. Returns whether they are an object. */
static bool reads_as_jansson(const char *content, size_t bytes) {
  json_error_t why;
  json_value *found;
  char *exact = malloc(bytes > 0 ? bytes : 1);
  assert_non_null(exact);
  memcpy(exact, content, bytes);
  json_t *wanted = json_loadb(exact, bytes, JSON_REJECT_DUPLICATES, &why);
  despur_status status = json_parse(&found, exact, bytes, &fault);
  free(exact);
  if (status != (json_is_object(wanted) ? DESPUR_OK : DESPUR_BAD_INPUT))
    fail_msg("%.*s: status %d, '%s'; jansson: '%s'", (int)bytes, content, (int)status, fault.text,
             wanted ? "good" : why.text);
  if (found) compare(found, wanted);
  json_decref(wanted);
  mem_free(found);
  return status == DESPUR_OK;
}

static const char *const GOOD[] = {
    "{}",
    " \t\r\n{ } \n",
    "{\"a\":1,\"b\":-2,\"c\":0,\"d\":-0,\"e\":9223372036854775807,\"f\":-9223372036854775808}",
    "{\"a\":0.5,\"b\":-1e3,\"c\":1E+2,\"d\":0e-1,\"e\":-0.0,\"f\":1e-400,\"g\":1.7976931348623157e308,\"h\":"
    "5e-324}",
    "{\"a\":[true,false,null,[],{},[[[{\"b\":[]}]]]],\"\":\"\"}",
    "{\"\\u00e9\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\xc3\xa9 \":\"\\ud83d\\ude00\\uFFFF\\u0001\x7f\"}",
    "{\"a\":\"\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\xc2\x80\xef\xbf\xbe\"}",
    "{\"b\":{\"a\":1,\"b\":2},\"a\":{\"a\":1,\"b\":2},\"c\":[{\"a\":1},{\"a\":1}]}",
    "{\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},\"__metadata__\":{\"format\":\"pt\"}"
    "}"};

static const char *const BAD[] = {"",
                                  " ",
                                  "{",
                                  "}",
                                  "[]",
                                  "[1]",
                                  "1",
                                  "\"{}\"",
                                  "null",
                                  "{}{}",
                                  "{},",
                                  "{} x",
                                  "{\"a\"}",
                                  "{\"a\":}",
                                  "{a:1}",
                                  "{'a':1}",
                                  "{\"a\":1,}",
                                  "{,}",
                                  "{\"a\":[1,]}",
                                  "{\"a\":[,1]}",
                                  "{\"a\":[1 2]}",
                                  "{\"a\":[1}",
                                  "{\"a\":1]",
                                  "{\"a\":1 \"b\":2}",
                                  "{\"a\":1,\"a\":2}",
                                  "{\"a\":{\"b\":1,\"c\":1,\"b\":1}}",
                                  "{\"a\":1,\"\\u0061\":1}",
                                  "{\"a\":01}",
                                  "{\"a\":-}",
                                  "{\"a\":+1}",
                                  "{\"a\":.5}",
                                  "{\"a\":5.}",
                                  "{\"a\":1e}",
                                  "{\"a\":1e+}",
                                  "{\"a\":0x10}",
                                  "{\"a\":1.5f}",
                                  "{\"a\":NaN}",
                                  "{\"a\":Infinity}",
                                  "{\"a\":-Infinity}",
                                  "{\"a\":9223372036854775808}",
                                  "{\"a\":-9223372036854775809}",
                                  "{\"a\":1e309}",
                                  "{\"a\":tru}",
                                  "{\"a\":True}",
                                  "{\"a\":nul",
                                  "{\"a\":truee}",
                                  "{\"a\":\"b",
                                  "{\"a\":\"b\n\"}",
                                  "{\"a\":\"\t\"}",
                                  "{\"a\":\"\\x\"}",
                                  "{\"a\":\"\\",
                                  "{\"a\":\"\\u12\"}",
                                  "{\"a\":\"\\u00g0\"}",
                                  "{\"a\":\"\\u0000\"}",
                                  "{\"\\u0000\":1}",
                                  "{\"a\":\"\\ud83d\"}",
                                  "{\"a\":\"\\ude00\"}",
                                  "{\"a\":\"\\ud83d\\u0041\"}",
                                  "{\"a\":\"\\ud83dx\"}",
                                  "{\"a\":\"\x80\"}",
                                  "{\"a\":\"\xc3\"}",
                                  "{\"a\":\"\xc0\xaf\"}",
                                  "{\"a\":\"\xe0\x80\xaf\"}",
                                  "{\"a\":\"\xed\xa0\x80\"}",
                                  "{\"a\":\"\xf4\x90\x80\x80\"}",
                                  "{\"a\":\"\xf8\x88\x80\x80\x80\"}",
                                  "{\"a\":\"\xff\"}",
                                  "\xef\xbb\xbf{}",
                                  "{/**/}",
                                  "{\"a\":1}//",
                                  "{\"a\":\"\xf0\x9f\x98"};

static void texts_are_taken_and_refused_as_by_another_reader(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++)
    assert_true(reads_as_jansson(GOOD[i], strlen(GOOD[i])));
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
    assert_false(reads_as_jansson(BAD[i], strlen(BAD[i])));
  assert_false(reads_as_jansson("{\"a\":\"b\0\"}", 10));
  assert_false(reads_as_jansson("{}\0", 3));
}

/* Good texts with up to four bytes changed, put in, or taken out, and cut. */
static size_t damage(char *out, size_t bytes, random_stream *rng) {
  static const char LIKELY[] =
      "{}[]\",:\\u0123456789eE+-. \nabtfn\x80\xc3\xed\xf0"; /* no NUL: jansson takes one behind a word */
  for (uint64_t changes = 1 + random_below(rng, 4); changes > 0; changes--) {
    size_t at = (size_t)random_below(rng, (uint32_t)bytes + 1);
    char put = LIKELY[random_below(rng, sizeof LIKELY - 1)];
    switch (random_below(rng, 8)) {
    case 0:
    case 1:
    case 2:
      if (at < bytes) out[at] = put;
      break;
    case 3:
    case 4:
      memmove(out + at + 1, out + at, bytes - at);
      out[at] = put;
      bytes++;
      break;
    case 5:
      bytes = at;
      break;
    default:
      if (at == bytes) break;
      memmove(out + at, out + at + 1, bytes - at - 1);
      bytes--;
    }
  }
  return bytes;
}

static void damaged_texts_are_read_as_by_another_reader(void **state) {
  (void)state;
  enum { TEXTS = 60000 };
  size_t good = 0;
  for (uint64_t i = 0; i < TEXTS; i++) {
    char content[600];
    random_stream rng = random_open(7, "json", i);
    const char *from = GOOD[i % (sizeof GOOD / sizeof *GOOD)];
    memcpy(content, from, strlen(from));
    good += reads_as_jansson(content, damage(content, strlen(from), &rng));
  }
  assert_in_range(good, TEXTS / 50, TEXTS / 2); /* both happen often */
}

/* ---- what is told ---- */

static void what_is_wrong_is_told_with_its_place(void **state) {
  (void)state;
  static const struct {
    const char *content, *says;
    size_t line, column, byte;
  } WRONG[] = {
      {"", "expected a JSON object, found the end", 1, 1, 0},
      {"{\"a\": ", "expected a value, found the end", 1, 7, 6},
      {"{\"a\": [1, 2", "expected what follows a number, found the end", 1, 12, 11},
      {"{\"a\": \"b", "expected a quote at the end of a text, found the end", 1, 9, 8},
      {"{\n\"a\" 1}", "expected ':', found '1'", 2, 5, 6},
      {"{\"a\": 1, \"a\": 2}", "expected members of different names, found 'a' twice", 1, 16, 15},
      {"{\"a\": [1 2]}", "expected ',' or ']', found '2'", 1, 10, 9},
      {"{\"a\": 1 2}", "expected ',' or '}', found '2'", 1, 9, 8},
      {"{\n\n}}", "expected nothing behind the object, found '}'", 3, 2, 4},
      {"[1]", "expected a JSON object, found '['", 1, 1, 0},
      {"{\"a\": 1e999}", "expected a number below 1.8e308, found '1'", 1, 7, 6},
      {"{\"a\": 01}", "expected a number without a leading zero, found '0'", 1, 7, 6},
      {"{\"a\": 9223372036854775808}", "expected a whole number of at most 64 bits, found '9'", 1, 7, 6},
      {"{\"a\": \x80}", "expected a value, found byte 0x80", 1, 7, 6},
      {"{\"a\": \"\xc3(\"}", "expected UTF-8, found byte 0xc3", 1, 8, 7},
      {"{\"a\": \"\n\"}", "expected a control character to be escaped, found byte 0x0a", 1, 8, 7},
      {"{\"a\": \"\\ud800\"}", "expected an escaped character, found '\\'", 1, 8, 7},
      {"{a: 1}", "expected a name in quotes, found 'a'", 1, 2, 1},
  };
  for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
    json_value *value;
    assert_int_equal(json_parse(&value, WRONG[i].content, strlen(WRONG[i].content), &fault),
                     DESPUR_BAD_INPUT);
    assert_null(value);
    assert_string_equal(fault.text, WRONG[i].says);
    if (fault.line != WRONG[i].line || fault.column != WRONG[i].column || fault.byte != WRONG[i].byte)
      fail_msg("%s: line %zu, column %zu, byte %zu", WRONG[i].content, fault.line, fault.column, fault.byte);
  }
}

/* A list in a list, and so on. */
static despur_status nest(size_t levels) {
  char content[2 * READ_DEEPEST + 100] = "{\"a\":";
  json_value *value;
  const size_t lists = levels - 1, begin = strlen(content);
  memset(content + begin, '[', lists);
  memset(content + begin + lists, ']', lists);
  content[begin + 2 * lists] = '}';
  despur_status status = json_parse(&value, content, begin + 2 * lists + 1, &fault);
  mem_free(value);
  return status;
}

static void depth_and_number_of_values_have_a_limit(void **state) {
  (void)state;
  json_value *value;
  despur_error error;
  assert_int_equal(nest(READ_DEEPEST), DESPUR_OK);
  assert_int_equal(nest(READ_DEEPEST + 1), DESPUR_BAD_INPUT);
  assert_string_equal(fault.text, "expected at most 128 levels, found '['");
  const size_t bytes = 2 * READ_MOST_VALUES + 20; /* {"a":[0,0, ... ,0]} */
  char *many = malloc(bytes);
  assert_non_null(many);
  size_t at = (size_t)sprintf(many, "{\"a\":[0");
  for (size_t i = 0; i < READ_MOST_VALUES - 3; i++) many[at++] = ',', many[at++] = '0';
  memcpy(many + at, "]}", 2);
  assert_ok(json_read_object(&value, many, at + 2, "x.json", 0, &error));
  assert_int_equal(json_elements(json_find(value, "a")), READ_MOST_VALUES - 2);
  mem_free(value);
  memcpy(many + at, ",0]}", 4);
  assert_fails(json_read_object(&value, many, at + 4, "x.json", 0, &error), DESPUR_BAD_INPUT,
               "x.json:1:1: expected at most 500000 values, found more");
  free(many);
  assert_fails(json_read_object(&value, "{\n1", 3, "x.json", 0, &error), DESPUR_BAD_INPUT,
               "x.json:2:1: expected a name in quotes, found '1'");
  assert_fails(json_read_object(&value, "{1", 2, "x.jsonl", 7, &error), DESPUR_BAD_INPUT,
               "x.jsonl:7:2: expected a name in quotes, found '1'");
}

/* ---- members that may be absent ---- */

static void what_is_absent_or_of_another_kind_has_a_fallback(void **state) {
  (void)state;
  static const char CONTENT[] =
      "{\"n\": 2.5, \"c\": 3, \"negative\": -1, \"t\": \"long text\", \"f\": true, \"null\": null}";
  json_value *object;
  char name[5];
  size_t size;
  assert_int_equal(json_parse(&object, CONTENT, strlen(CONTENT), &fault), DESPUR_OK);
  assert_true(json_member_number(object, "n") == 2.5 && json_member_number(object, "c") == 3);
  assert_true(isnan(json_member_number(object, "t")) && isnan(json_member_number(object, "null")));
  assert_true(isnan(json_member_number(NULL, "n")));
  assert_int_equal(json_member_count(object, "c", 9), 3);
  assert_int_equal(json_member_count(object, "n", 9), 9);
  assert_int_equal(json_member_count(object, "negative", 9), 9);
  assert_false(json_size(&size, json_find(object, "negative")));
  assert_int_equal(size, 0);
  assert_string_equal(json_member_text(object, "t", ""), "long text");
  assert_string_equal(json_member_text(object, "n", "none"), "none");
  assert_true(json_member_flag(object, "f"));
  assert_false(json_member_flag(object, "n") || json_member_flag(object, "absent"));
  json_member_name(name, sizeof name, object, "t");
  assert_string_equal(name, "long");
  assert_null(json_find(json_find(object, "n"), "a"));
  assert_null(json_at(object, 0));
  assert_int_equal(json_elements(object) + json_members(NULL), 0);
  mem_free(object);
}

/* ---- memory ---- */

despur_status __real_mem_alloc(void *out, size_t count, size_t size, despur_error *error);
despur_status __wrap_mem_alloc(void *out, size_t count, size_t size, despur_error *error);

static size_t calls;
static bool starving;

despur_status __wrap_mem_alloc(void *out, size_t count, size_t size, despur_error *error) {
  calls++;
  return __real_mem_alloc(out, starving ? SIZE_MAX : count, size, error);
}

static void memory_is_asked_for_once_and_its_end_is_told(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
    json_value *value;
    calls = 0;
    assert_int_equal(json_parse(&value, GOOD[i], strlen(GOOD[i]), &fault), DESPUR_OK);
    assert_int_equal(calls, 1);
    mem_free(value);
    starving = true;
    assert_int_equal(json_parse(&value, GOOD[i], strlen(GOOD[i]), &fault), DESPUR_NO_RESOURCES);
    starving = false;
    assert_null(value);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_are_taken_and_refused_as_by_another_reader),
      cmocka_unit_test(damaged_texts_are_read_as_by_another_reader),
      cmocka_unit_test(what_is_wrong_is_told_with_its_place),
      cmocka_unit_test(depth_and_number_of_values_have_a_limit),
      cmocka_unit_test(what_is_absent_or_of_another_kind_has_a_fallback),
      cmocka_unit_test(memory_is_asked_for_once_and_its_end_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
