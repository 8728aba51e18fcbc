#include "testing.h"

#include "io/csv.h"

static despur_error error;
static char path[160];

static csv_reader *open_bytes(const char *bytes, size_t count) {
  char directory[128];
  csv_reader *reader;
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/a.csv", directory);
  FILE *file = fopen(path, "wb");
  assert_int_equal(fwrite(bytes, 1, count, file), count);
  fclose(file);
  assert_ok(csv_open(&reader, path, (csv_form){.separator = ','}, &error));
  return reader;
}

static csv_reader *open_text(const char *text) {
  return open_bytes(text, strlen(text));
}

/* The next record must have these fields: texts that end with NULL. */
static void assert_record(csv_reader *reader, const char *const *wanted) {
  const csv_field *fields;
  size_t count, i = 0;
  assert_ok(csv_next(reader, &fields, &count, &error));
  for (; wanted[i]; i++) {
    assert_true(i < count);
    assert_string_equal(fields[i].text, wanted[i]);
    assert_int_equal(fields[i].length, strlen(wanted[i]));
  }
  assert_int_equal(count, i);
}

#define assert_fields(reader, ...) assert_record(reader, (const char *const[]){__VA_ARGS__, NULL})

static void assert_end(csv_reader *reader) {
  assert_record(reader, (const char *const[]){NULL});
  assert_record(reader, (const char *const[]){NULL}); /* and it stays there */
  csv_close(reader);
}

/* Reads until something cannot be read, or the end. */
static despur_status read_all(csv_reader *reader) {
  const csv_field *fields;
  size_t count;
  despur_status status;
  do status = csv_next(reader, &fields, &count, &error);
  while (status == DESPUR_OK && count > 0);
  csv_close(reader);
  return status;
}

static void assert_unreadable(csv_reader *reader, const char *text) {
  char wanted[200];
  snprintf(wanted, sizeof wanted, "a.csv:%s", text);
  assert_fails(read_all(reader), DESPUR_BAD_INPUT, wanted);
}

static void every_line_end_ends_a_record(void **state) {
  (void)state;
  csv_reader *reader = open_text("a,b\nc,d\r\ne,f\rg,h");
  assert_fields(reader, "a", "b");
  assert_fields(reader, "c", "d");
  assert_fields(reader, "e", "f");
  assert_fields(reader, "g", "h");
  assert_end(reader);
}

static void empty_files_lines_and_fields(void **state) {
  (void)state;
  assert_end(open_text(""));
  assert_end(open_text("\n\r\n\n"));
  assert_end(open_text("\xef\xbb\xbf"));
  csv_reader *reader = open_text("\n\n,\n\r\n\"\"\na,\n");
  assert_fields(reader, "", "");
  assert_fields(reader, "");
  assert_fields(reader, "a", "");
  assert_end(reader);
}

static void a_byte_order_mark_is_no_part_of_the_first_field(void **state) {
  (void)state;
  csv_reader *reader = open_text("\xef\xbb\xbfy,a\n1,2\n");
  assert_fields(reader, "y", "a");
  assert_fields(reader, "1", "2");
  assert_end(reader);
}

static void quotes_keep_commas_line_ends_and_quotes(void **state) {
  (void)state;
  csv_reader *reader = open_text("\"a,b\",\"c\nd\",\"say \"\"so\"\"\"\r\n\"\r\n\",x\"y\n");
  assert_fields(reader, "a,b", "c\nd", "say \"so\"");
  assert_fields(reader, "\n", "x\"y");
  assert_end(reader);
}

static void fields_know_where_they_begin(void **state) {
  (void)state;
  const csv_field *fields;
  size_t count;
  csv_reader *reader = open_text("a,\"x\ny\",b\n\n cc,d\n");
  assert_ok(csv_next(reader, &fields, &count, &error));
  assert_int_equal(fields[1].line, 1);
  assert_int_equal(fields[1].column, 3);
  assert_int_equal(fields[2].line, 2);
  assert_int_equal(fields[2].column, 4);
  assert_ok(csv_next(reader, &fields, &count, &error));
  assert_int_equal(fields[1].line, 4);
  assert_int_equal(fields[1].column, 5);
  csv_close(reader);
}

/* Chunks are 64 KiB packed and 256 KiB plain: records, quotes and line ends lie across their border. */
static void records_may_lie_across_chunks(void **state) {
  (void)state;
  for (size_t before = 262130; before < 262150; before++) {
    char *text = malloc(270000);
    memset(text, 'x', before);
    strcpy(text + before, ",\"a\"\"b\"\r\nc,d\r\n");
    csv_reader *reader = open_text(text);
    text[before] = 0;
    assert_fields(reader, text, "a\"b");
    assert_fields(reader, "c", "d");
    assert_end(reader);
    free(text);
  }
}

static void what_is_no_csv_is_refused_with_its_place(void **state) {
  (void)state;
  assert_unreadable(open_text("a,b\nc,\"d\ne\n"), "2:3: this quote is never closed");
  assert_unreadable(open_text("\"a\"b\n"),
                    "1:4: expected a separator or the end of the line after a closing quote");
  assert_unreadable(open_bytes("a,b\nc\0,d", 8), "2:2: expected text, found a NUL byte");
  assert_unreadable(open_bytes("y\0,\0", 4),
                    "1:2: expected text, found a NUL byte (a binary file, or UTF-16?)");
  assert_unreadable(open_text("a,b\n\"c\n\n"), "2:1: this quote is never closed");
}

static void utf_16_is_named(void **state) {
  (void)state;
  const char *const files[] = {"\xff\xfey\0,\0a\0", "\xfe\xff\0y\0,\0a"};
  for (size_t i = 0; i < 2; i++) {
    csv_reader *reader;
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(files[i], 1, 8, file), 8);
    fclose(file);
    assert_fails(csv_open(&reader, path, (csv_form){0}, &error), DESPUR_BAD_INPUT,
                 "a.csv: this text is UTF-16");
  }
}

static csv_reader *open_as(const char *text, csv_form form) {
  csv_reader *reader;
  csv_close(open_text(text));
  assert_ok(csv_open(&reader, path, form, &error));
  return reader;
}

static void separators_are_found_from_the_first_lines(void **state) {
  (void)state;
  const struct {
    const char *text;
    char separator;
  } cases[] = {{"a,b\n1,2\n", ','},
               {"a;b\n1,5;2,5\n", ';'},
               {"a\tb\n1\t2\n", '\t'},
               {"a|b\n", '|'},
               {"alone\n1\n", ','},
               {"sep=|\r\na,b|c\n", '|'},
               {"\xef\xbb\xbf\n\nname;b\n\"x, y; z, w\";1\n", ';'},
               {"a (x, y, z);b\n1;2\n3;4\n", ';'}, /* three commas, but in one line only */
               {"y, a, p\n0, 0, 0\n", ','}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    csv_reader *reader = open_as(cases[i].text, (csv_form){0});
    if (csv_separator(reader) != cases[i].separator)
      fail_msg("'%s': '%c'", cases[i].text, csv_separator(reader));
    csv_close(reader);
  }
  csv_reader *reader = open_as("sep=;\ra;b,c\r1;2\r", (csv_form){0});
  assert_fields(reader, "a", "b,c");
  assert_fields(reader, "1", "2");
  assert_end(reader);
  reader = open_as("a,b:c\n", (csv_form){.separator = ':'});
  assert_fields(reader, "a,b", "c");
  assert_end(reader);
}

static void blanks_around_fields_comments_and_a_final_ctrl_z_are_passed_over(void **state) {
  (void)state;
  csv_reader *reader =
      open_as("# made by x\n a , \"b, c\" ,d e\n \t \n#\n\"#\",1, \n\x1a", (csv_form){.comment = '#'});
  assert_fields(reader, "a", "b, c", "d e");
  assert_fields(reader, "#", "1", "");
  assert_end(reader);
  reader = open_as("a\t b\t\t c \n", (csv_form){0}); /* a tab that separates is no blank */
  assert_fields(reader, "a", "b", "", "c");
  assert_end(reader);
  reader = open_as("#a,b\n", (csv_form){0});
  assert_fields(reader, "#a", "b");
  assert_end(reader);
}

static void memory_is_bounded_whatever_comes(void **state) {
  (void)state;
  const size_t most = 10 << 20;
  char *text = malloc(most);
  memset(text, ',', most);
  assert_unreadable(open_bytes(text, most), "1:16385: expected at most 16384 columns, found more");
  memset(text, 'x', most);
  assert_unreadable(open_bytes(text, most), "1:1: expected at most 4 MiB in a record");
  text[0] = '"';
  assert_unreadable(open_bytes(text, most), "1:1: expected at most 4 MiB in a record");
  free(text);
}

static despur_status number_in(double *out, const char *text) {
  const csv_field *fields;
  size_t count;
  csv_reader *reader = open_text(text);
  assert_ok(csv_next(reader, &fields, &count, &error));
  despur_status status = csv_number(out, reader, &fields[0], "column 'p'", &error);
  csv_close(reader);
  return status;
}

/* strtod of the C library rounds correctly. */
static void numbers_are_the_nearest_doubles(void **state) {
  (void)state;
  const char *const texts[] = {"0",
                               "1",
                               "-0",
                               "+1.5",
                               ".5",
                               "5.",
                               "0.1",
                               "1e-07",
                               "1.1920929e-07",
                               "9007199254740993",
                               "0.000000000000000000000000000000000000012345678",
                               "123456789012345678901234567890",
                               "2.2250738585072014e-308",
                               "4.9e-324",
                               "1.7976931348623157e308",
                               "8.98846567431158e307",
                               "3.4028235E+38",
                               "0.333333333333333314829616256247390992939472198486328125",
                               "1E5",
                               "00012.500",
                               "1e-400",
                               "100000000000000000000000"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    double got;
    assert_ok(number_in(&got, texts[i]));
    if (got != strtod(texts[i], NULL)) fail_msg("%s: %.17g", texts[i], got);
  }
}

static void what_is_no_number_is_refused(void **state) {
  (void)state;
  const char *const texts[] = {"x", ".", "-", "1e", "1e+", "0x10", "nan", "inf", "1 2", "1.2.3"};
  double got;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_fails(number_in(&got, texts[i]), DESPUR_BAD_INPUT,
                 "a.csv:1:1: column 'p': expected a number, found '");
  assert_fails(number_in(&got, "\"\""), DESPUR_BAD_INPUT, "expected a number, found ''");
  assert_fails(number_in(&got, "1e309"), DESPUR_BAD_INPUT, "expected a number below 1.8e308");
}

static void whole_numbers_have_bounds(void **state) {
  (void)state;
  const struct {
    const char *text;
    long value; /* -1: refused */
  } cases[] = {
      {"0", 0},   {"7", 7},    {"9", 9},   {"10", -1}, {"007", 7}, {"3.0", 3}, {"3.00", 3},
      {"3.", -1}, {"3.5", -1}, {"-1", -1}, {"", -1},   {" 3", -1}, {"3x", -1}, {"99999999999999999999", -1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint32_t got = 0;
    const csv_field field = {.text = cases[i].text, .line = 3, .column = 5};
    csv_reader *reader = open_text("");
    if (cases[i].value < 0)
      assert_fails(csv_whole(&got, reader, &field, "column 'y'", 9, &error), DESPUR_BAD_INPUT,
                   "a.csv:3:5: column 'y': expected a whole number from 0 to 9, found");
    else
      assert_ok(csv_whole(&got, reader, &field, "column 'y'", 9, &error));
    assert_int_equal(got, cases[i].value < 0 ? 0 : cases[i].value);
    csv_close(reader);
  }
}

static void missing_files_and_directories_are_named(void **state) {
  (void)state;
  csv_reader *reader;
  assert_fails(csv_open(&reader, "/nowhere/x.csv", (csv_form){0}, &error), DESPUR_BAD_INPUT,
               "/nowhere/x.csv: No such file");
  assert_fails(csv_open(&reader, "/tmp", (csv_form){0}, &error), DESPUR_BAD_INPUT,
               "/tmp: expected a file, found a directory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_line_end_ends_a_record),
      cmocka_unit_test(empty_files_lines_and_fields),
      cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_field),
      cmocka_unit_test(quotes_keep_commas_line_ends_and_quotes),
      cmocka_unit_test(fields_know_where_they_begin),
      cmocka_unit_test(records_may_lie_across_chunks),
      cmocka_unit_test(what_is_no_csv_is_refused_with_its_place),
      cmocka_unit_test(utf_16_is_named),
      cmocka_unit_test(separators_are_found_from_the_first_lines),
      cmocka_unit_test(blanks_around_fields_comments_and_a_final_ctrl_z_are_passed_over),
      cmocka_unit_test(memory_is_bounded_whatever_comes),
      cmocka_unit_test(numbers_are_the_nearest_doubles),
      cmocka_unit_test(what_is_no_number_is_refused),
      cmocka_unit_test(whole_numbers_have_bounds),
      cmocka_unit_test(missing_files_and_directories_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
