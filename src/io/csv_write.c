#include "io/csv_write.h"

#include <string.h>

despur_status csv_add_field(text *out, const char *words, const char *end, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (!strpbrk(words, ",\"\n\r")) return text_add(out, error, "%s%s", words, end);
  TRY(text_add(out, error, "\""));
  for (; *words; words++) TRY(text_add(out, error, *words == '"' ? "\"%c" : "%c", *words));
  TRY(text_add(out, error, "\"%s", end));
cleanup:
  return status;
}
