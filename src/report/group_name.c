#include "report/group_name.h"

#include "base/dictionary.h"
#include "base/memory.h"

#include <stdio.h>
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

bool group_name_has_attribute(const char *name) {
  const char *from;
  const size_t length = group_name_attribute(&from, name);
  return length > 2 && from[length] == 0;
}

/* Codes of one side of all names, of which length says where the text is. */
static despur_status read_side(group_said *out, const char *const *names, size_t count, bool attributes,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  dictionary seen = {0};
  bool numbers = true;
  for (size_t i = 0; i < count; i++) {
    const char *from;
    const size_t length = (attributes ? group_name_attribute : group_name_label)(&from, names[i]);
    uint32_t code;
    unsigned number;
    int end = 0;
    if (length == 0) continue;
    *(attributes ? &out[i].has_attribute : &out[i].has_label) = true;
    TRY(dictionary_add(&code, &seen, from, length, error));
    numbers = numbers && sscanf(from + 2, "%9u%n", &number, &end) == 1 && (size_t)end + 2 == length;
    *(attributes ? &out[i].attribute : &out[i].label) = numbers ? number : code;
  }
  for (size_t i = 0; i < count && !numbers; i++) {
    const char *from;
    uint32_t code;
    const size_t length = (attributes ? group_name_attribute : group_name_label)(&from, names[i]);
    if (length > 0 && dictionary_find(&code, &seen, from, length))
      *(attributes ? &out[i].attribute : &out[i].label) = code;
  }
cleanup:
  dictionary_release(&seen);
  return status;
}

despur_status group_names_read(group_said **out, const char *const *names, size_t count,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(out, count, sizeof **out, error));
  TRY(read_side(*out, names, count, false, error));
  TRY(read_side(*out, names, count, true, error));
cleanup:
  if (status != DESPUR_OK) {
    mem_free(*out);
    *out = NULL;
  }
  return status;
}
