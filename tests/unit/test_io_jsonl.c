#include "testing.h"

#include "io/table.h"

static despur_error error;
static char path[160];

static void write_bytes(const char *bytes, size_t count) {
  char directory[128];
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/a.json", directory);
  FILE *file = fopen(path, "wb");
  assert_int_equal(fwrite(bytes, 1, count, file), count);
  fclose(file);
}

static jsonl_reader *open_text(const char *text) {
  byte_source *source;
  jsonl_reader *reader;
  write_bytes(text, strlen(text));
  assert_ok(source_open(&source, path, &error));
  assert_ok(jsonl_open(&reader, source, &error));
  return reader;
}

/* Texts that end with NULL. */
static void assert_row(jsonl_reader *reader, const char *const *wanted) {
  const csv_field *fields;
  size_t count;
  jsonl_names(reader, &count);
  assert_ok(jsonl_next(reader, &fields, &error));
  assert_non_null(fields);
  for (size_t i = 0; i < count; i++) {
    assert_string_equal(fields[i].text, wanted[i]);
    assert_int_equal(fields[i].length, strlen(wanted[i]));
  }
  assert_null(wanted[count]);
}

#define assert_values(reader, ...) assert_row(reader, (const char *const[]){__VA_ARGS__, NULL})

static void assert_end(jsonl_reader *reader) {
  const csv_field *fields;
  for (int i = 0; i < 2; i++) { /* and it stays there */
    assert_ok(jsonl_next(reader, &fields, &error));
    assert_null(fields);
  }
  jsonl_close(reader);
}

static void members_are_found_by_name_whatever_their_order(void **state) {
  (void)state;
  size_t count;
  jsonl_reader *reader =
      open_text("\xef\xbb\xbf{\"a\":1,\"b\": \"x\", \"c\":true}\r\n\n  \n"
                " { \"c\" : null , \"new\":[{}], \"a\":-1.5E3 }\n{}\n{\"b\":\"\",\"a\":NaN}");
  const char *const *names = jsonl_names(reader, &count);
  assert_int_equal(count, 3);
  assert_string_equal(names[2], "c");
  assert_values(reader, "1", "x", "true");
  assert_values(reader, "-1.5E3", "", "");
  assert_values(reader, "", "", "");
  assert_values(reader, "NaN", "", "");
  assert_end(reader);
  assert_end(open_text(""));
}

static void lists_are_columns_and_what_is_nested_is_text(void **state) {
  (void)state;
  size_t count;
  jsonl_reader *reader =
      open_text("{\"p\":[0.25, 0.75,[1]],\"o\":{\"x\":\"}\\\"\"},\"e\":[]}\n{\"p\":[1],\"o\":[2]}\n");
  const char *const *names = jsonl_names(reader, &count);
  assert_int_equal(count, 4);
  assert_string_equal(names[0], "p_0");
  assert_string_equal(names[2], "p_2");
  assert_values(reader, "0.25", "0.75", "[1]", "{\"x\":\"}\\\"\"}");
  assert_values(reader, "1", "", "", "");
  assert_end(reader);
}

static void escapes_are_resolved(void **state) {
  (void)state;
  jsonl_reader *reader =
      open_text("{\"\\u0061\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"b\":\"\\u00e9\\u4e2D\\ud83d\\ude00\"}");
  size_t count;
  assert_string_equal(jsonl_names(reader, &count)[0], "a");
  assert_values(reader, "\"\\/\b\f\n\r\t", "\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80");
  assert_end(reader);
}

static void lines_may_lie_across_chunks(void **state) {
  (void)state;
  for (size_t before = 262120; before < 262150; before++) {
    char *text = malloc(270000), *at = text + sprintf(text, "{\"a\":\"");
    memset(at, 'x', before);
    strcpy(at + before, "\",\"b\":1}\n{\"a\":\"y\",\"b\":2}\n");
    jsonl_reader *reader = open_text(text);
    at[before] = 0;
    assert_values(reader, at, "1");
    assert_values(reader, "y", "2");
    assert_end(reader);
    free(text);
  }
}

/* Reads until something cannot be read, or the end. */
static despur_status read_all(void) {
  byte_source *source;
  jsonl_reader *reader;
  const csv_field *fields;
  assert_ok(source_open(&source, path, &error));
  despur_status status = jsonl_open(&reader, source, &error);
  do
    if (status == DESPUR_OK) status = jsonl_next(reader, &fields, &error);
  while (status == DESPUR_OK && fields);
  jsonl_close(reader);
  return status;
}

static void assert_unreadable(const char *bytes, size_t count, const char *message) {
  char wanted[200];
  write_bytes(bytes, count);
  snprintf(wanted, sizeof wanted, "a.json:%s", message);
  assert_fails(read_all(), DESPUR_BAD_INPUT, wanted);
}

static void what_is_no_json_is_refused_with_its_place(void **state) {
  (void)state;
  const char *const cases[][2] = {
      {"{\"a\":1}\n[1]\n", "2:1: expected an object in a line of its own, found '[1]'"},
      {"{\"a\":1\n,\"b\":2}", "1:7: expected ',' or '}', found ''"},
      {"{\"a\" 1}", "1:6: expected ':', found '1}'"},
      {"{a:1}", "1:2: expected a name in quotes, found 'a:1}'"},
      {"{\"a\":}", "1:6: expected a value, found '}'"},
      {"{\"a\":\"x}", "1:9: expected a quote at the end of a text"},
      {"{\"a\":\"\\x\"}", "1:7: expected a character, found '\\x\"}'"},
      {"{\"a\":\"\\u0000\"}", "1:7: expected a character"},
      {"{\"a\":\"\\ud800x\"}", "1:7: expected a character"},
      {"{\"a\":\"\\u12", "1:7: expected a character"},
      {"{\"a\":[1 2]}", "1:9: expected ',' or ']'"},
      {"{\"a\":{\"b\":[}", "1:13: expected a bracket that closes"},
      {"{\"a\":1} x", "1:9: expected the end of the line, found 'x'"},
      {"{\"a\":1,}", "1:8: expected a name in quotes, found '}'"},
      {"{\"a\":[1,]}", "1:9: expected a value, found ']}'"},
      {"{\"a\":1,\"a\":2}", "1: member 'a' is there twice"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_unreadable(cases[i][0], strlen(cases[i][0]), cases[i][1]);
  assert_unreadable("{\"a\":1}\n{\"a\":\0}", 15, "2:6: expected text without a NUL byte");
}

static void memory_is_bounded_whatever_comes(void **state) {
  (void)state;
  const size_t most = 10 << 20;
  char *text = malloc(most);
  memset(text, '[', most);
  memcpy(text, "{\"a\":", 5);
  assert_unreadable(text, most, "1:1: expected at most 4 MiB in a line");
  for (size_t i = 5; i + 1 < most; i += 2) memcpy(text + i, i == 5 ? "[0" : ",0", 2);
  memcpy(text + 60005, "]}\n{\"a\":1}", 10);
  assert_unreadable(text, 60015, "1:32775: expected at most 16384 columns, found more");
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(members_are_found_by_name_whatever_their_order),
      cmocka_unit_test(lists_are_columns_and_what_is_nested_is_text),
      cmocka_unit_test(escapes_are_resolved),
      cmocka_unit_test(lines_may_lie_across_chunks),
      cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
      cmocka_unit_test(memory_is_bounded_whatever_comes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
