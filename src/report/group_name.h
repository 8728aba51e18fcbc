/* What the names of groups say: "y=1,a=0" and "y=waterbird,a=land" alike. */
#ifndef REPORT_GROUP_NAME_H
#define REPORT_GROUP_NAME_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct group_said {
  unsigned label, attribute; /* codes: numbers as they stand, names in the order in which they come */
  bool has_label, has_attribute;
} group_said;

/* Numbers and names of labels: where all are numbers they are the codes. names [count]; *out: [count], free
 * with mem_free. */
DESPUR_MUST_USE despur_status group_names_read(group_said **out, const char *const *names, size_t count,
                                               despur_error *error);

/* Whether a name says a label and an attribute and nothing else. */
bool group_name_has_attribute(const char *name);

/* The text of a label or an attribute in a name, with its "y=" or "a=": where it begins and how long it is;
 * 0: the name says none. */
size_t group_name_label(const char **from, const char *name);
size_t group_name_attribute(const char **from, const char *name);

#endif
