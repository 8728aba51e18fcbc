#include "report/loading/group_name.h"

#include "base/dictionary.h"
#include "despur/groups.h"

#include <stdbool.h>
#include <string.h>

size_t group_name_label(const char **from, const char *name) {
  *from = name;
  return strncmp(name, "y=", 2) == 0 ? strcspn(name, ",") : 0;
}

size_t group_name_attribute(const char **from, const char *name) {
  const size_t label = group_name_label(from, name);
  if (label == 0 || strncmp(name + label, ",a=", 3) != 0) return 0;
  *from = name + label + 1;
  return strcspn(*from, ",");
}

/* Names that say an attribute say nothing else behind it. */
static size_t attribute_at_end(const char **from, const char *name) {
  const size_t length = group_name_attribute(from, name);
  return length > 2 && (*from)[length] == 0 ? length : 0;
}

/* At most nine digits and nothing else. */
static bool read_digits(uint32_t *out, const char *from, size_t length) {
  *out = 0;
  for (size_t i = 0; i < length; i++) {
    if (from[i] < '0' || from[i] > '9') return false;
    *out = 10 * *out + (uint32_t)(from[i] - '0');
  }
  return length > 0 && length <= 9;
}

typedef size_t side(const char **from, const char *name);

/* Codes of one side of all names. */
static despur_status read_side(uint32_t *out, const char *const *names, size_t count, side *side_of,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  dictionary seen = {0};
  const char *from;
  bool numbers = true;
  for (size_t i = 0; i < count; i++) {
    const size_t length = side_of(&from, names[i]);
    out[i] = DESPUR_NO_CODE;
    numbers &= length == 0 || read_digits(&out[i], from + 2, length - 2);
  }
  for (size_t i = 0; i < count && !numbers; i++) {
    const size_t length = side_of(&from, names[i]);
    out[i] = DESPUR_NO_CODE;
    if (length > 0) TRY(dictionary_add(&out[i], &seen, from, length, error));
  }
cleanup:
  dictionary_release(&seen);
  return status;
}

despur_status group_names_read(uint32_t *labels, uint32_t *attributes, const char *const *names, size_t count,
                               despur_error *error) {
  despur_status status = read_side(labels, names, count, group_name_label, error);
  if (status != DESPUR_OK || !attributes) return status;
  return read_side(attributes, names, count, attribute_at_end, error);
}
