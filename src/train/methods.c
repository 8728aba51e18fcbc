/* The table of methods. */
#include "train/method.h"

#include <stdbool.h>

#define DECLARE(NAME, name) extern const method method_##name;
DESPUR_METHODS(DECLARE)
#undef DECLARE

#define ENTRY(NAME, name) [DESPUR_##NAME] = &method_##name,
static const method *const METHODS[] = {DESPUR_METHODS(ENTRY)};
#undef ENTRY

#define NAME_OF(NAME, name) #name,
const char *const despur_method_names[] = {DESPUR_METHODS(NAME_OF) 0};
#undef NAME_OF

static bool is_one(despur_method name) {
  return (unsigned)name < sizeof METHODS / sizeof *METHODS;
}

const method *method_of(despur_method name) {
  return is_one(name) ? METHODS[name] : NULL;
}

const char *despur_method_label(despur_method name) {
  return is_one(name) ? METHODS[name]->label : "";
}

int despur_method_needs_groups(despur_method name) {
  return is_one(name) && METHODS[name]->needs >= METHOD_NEEDS_GROUPS;
}
