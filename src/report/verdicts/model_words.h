/* How groups of a table are spoken of: their values as they are in the file, without the punctuation of
 * names. */
#ifndef REPORT_MODEL_WORDS_H
#define REPORT_MODEL_WORDS_H

#include "base/text.h"

/* "Female x Black" (with a multiplication sign) of the group "income=>50K,sex=Female,race=Black"; where a
 * value is no word, as in "y=1,a=1,b=0", the columns stay: "a=1, b=0". */
DESPUR_MUST_USE despur_status words_of_attribute(text *out, const char *group, despur_error *error);

/* The same of "sex=Female,race=Black", where there is no label. */
DESPUR_MUST_USE despur_status words_of_value(text *out, const char *attribute, despur_error *error);

/* "income is >50K" of that group. */
DESPUR_MUST_USE despur_status words_of_label(text *out, const char *group, despur_error *error);

/* "Female x Black where income is >50K"; the name as it is of a group that is not within a label. */
DESPUR_MUST_USE despur_status words_of_group(text *out, const char *group, bool within_label,
                                             despur_error *error);

/* ">50K: Female x Black", a name for tables under the heading "income: sex x race"; the name as it is, under
 * "Group", of a group that is not within a label. */
DESPUR_MUST_USE despur_status words_of_row(text *out, const char *group, bool within_label,
                                           despur_error *error);
DESPUR_MUST_USE despur_status words_of_heading(text *out, const char *group, bool within_label,
                                               despur_error *error);

#endif
