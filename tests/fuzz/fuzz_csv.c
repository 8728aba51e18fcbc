/* Sheets of CSV, their numbers compared with strtod's. */
#include "fuzz.h"

#include "io/csv.h"

#include <math.h>

static void read_field(const csv_reader *reader, const csv_field *field) {
  double number;
  uint32_t whole;
  FUZZ_REQUIRE(strlen(field->text) == field->length && field->line > 0 && field->column > 0);
  if (fuzz_good(csv_number(&number, reader, field, "a number", &fuzz_error))) {
    char *end;
    double wanted = strtod(field->text, &end);
    FUZZ_REQUIRE(*end == 0 && isfinite(number) && number == wanted);
  }
  if (fuzz_good(csv_whole(&whole, reader, field, "a whole number", 1000, &fuzz_error)))
    FUZZ_REQUIRE(whole <= 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  csv_reader *reader;
  const csv_field *fields;
  size_t columns;
  if (!fuzz_good(csv_open(&reader, fuzz_file("file.csv", bytes, count), (csv_form){0}, &fuzz_error)))
    return 0;
  while (fuzz_good(csv_next(reader, &fields, &columns, &fuzz_error)) && columns > 0)
    for (size_t i = 0; i < columns; i++) read_field(reader, &fields[i]);
  csv_close(reader);
  return 0;
}
