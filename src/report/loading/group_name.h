/* Names of groups, "y=1,a=0" and "y=waterbird,a=land" alike: parts of them to show, and what runs of before
 * say in them alone. Labels and attributes of a group are fields of results.jsonl (y, a). */
#ifndef REPORT_GROUP_NAME_H
#define REPORT_GROUP_NAME_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* The text of a label or an attribute in a name, with its "y=" or "a=": where it begins and how long it is;
 * 0: the name says none. */
size_t group_name_label(const char **from, const char *name);
size_t group_name_attribute(const char **from, const char *name);

/* Labels and attributes of groups in results.jsonl that has no fields for them: the numbers in their names
 * or, where not all are numbers, numbers of the texts in the order in which they come; DESPUR_NO_CODE where a
 * name says none. names, labels and attributes: [count]; attributes may be NULL. */
DESPUR_MUST_USE despur_status group_names_read(uint32_t *labels, uint32_t *attributes,
                                               const char *const *names, size_t count, despur_error *error);

#endif
