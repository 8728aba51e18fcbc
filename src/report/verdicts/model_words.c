#include "report/verdicts/model_words.h"
#include "eval/predictions/parts.h"

#include <string.h>

/* The length of "sex=Female" in "sex=Female,race=Black": up to a comma that stands in no quotes. */
static size_t part_length(const char *at) {
  bool quoted = false;
  size_t length = 0;
  for (; at[length]; length++) {
    if (at[length] == '"') quoted = !quoted;
    if (at[length] == ',' && !quoted) break;
  }
  return length;
}

/* Where the value of a part begins; at its start when it has no column. */
static size_t value_start(const char *part, size_t length) {
  const char *equals = memchr(part, '=', length);
  return equals ? (size_t)(equals - part) + 1 : 0;
}

/* Words have a letter; bytes beyond ASCII are taken for some. */
static bool is_word(const char *value, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)value[i];
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80) return true;
  }
  return false;
}

/* A value without the quotes that keep its commas from being taken for others. */
static despur_status add_value(text *out, const char *value, size_t length, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool quoted = length >= 2 && value[0] == '"' && value[length - 1] == '"';
  if (!quoted) return text_add(out, error, "%.*s", (int)length, value);
  for (size_t i = 1; i + 1 < length; i++) {
    TRY(text_add(out, error, "%c", value[i]));
    if (value[i] == '"' && value[i + 1] == '"') i++;
  }
cleanup:
  return status;
}

static bool all_words(const char *attribute) {
  for (size_t length; *attribute; attribute += length + (attribute[length] == ',')) {
    length = part_length(attribute);
    size_t start = value_start(attribute, length);
    if (!is_word(attribute + start, length - start)) return false;
  }
  return true;
}

despur_status words_of_value(text *out, const char *attribute, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool words = all_words(attribute), first = true;
  for (size_t length; *attribute; attribute += length + (attribute[length] == ','), first = false) {
    length = part_length(attribute);
    size_t start = value_start(attribute, length);
    if (!first) TRY(text_add(out, error, words ? " \xc3\x97 " : ", "));
    if (!words) TRY(text_add(out, error, "%.*s", (int)start, attribute));
    TRY(add_value(out, attribute + start, length - start, error));
  }
cleanup:
  return status;
}

despur_status words_of_attribute(text *out, const char *group, despur_error *error) {
  const char *attribute = name_beside_label(group);
  return attribute ? words_of_value(out, attribute, error) : text_add(out, error, "%s", group);
}

despur_status words_of_label(text *out, const char *group, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t length = part_length(group), start = value_start(group, length);
  if (start > 0) TRY(text_add(out, error, "%.*s is ", (int)start - 1, group));
  TRY(add_value(out, group + start, length - start, error));
cleanup:
  return status;
}

despur_status words_of_group(text *out, const char *group, bool within_label, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (!within_label || !name_beside_label(group)) return text_add(out, error, "%s", group);
  TRY(words_of_attribute(out, group, error));
  TRY(text_add(out, error, " where "));
  TRY(words_of_label(out, group, error));
cleanup:
  return status;
}

despur_status words_of_row(text *out, const char *group, bool within_label, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (!within_label) return text_add(out, error, "%s", group);
  size_t length = part_length(group), start = value_start(group, length);
  TRY(add_value(out, group + start, length - start, error));
  if (!name_beside_label(group)) goto cleanup; /* a class */
  TRY(text_add(out, error, ": "));
  TRY(words_of_attribute(out, group, error));
cleanup:
  return status;
}

despur_status words_of_heading(text *out, const char *group, bool within_label, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *attribute = name_beside_label(group);
  size_t label = value_start(group, part_length(group));
  if (!within_label || (!attribute && label == 0)) return text_add(out, error, "Group");
  if (!attribute) return text_add(out, error, "%.*s", (int)label - 1, group);
  if (label > 0) TRY(text_add(out, error, "%.*s: ", (int)label - 1, group));
  for (size_t length; *attribute; attribute += length + (attribute[length] == ',')) {
    length = part_length(attribute);
    size_t start = value_start(attribute, length);
    TRY(text_add(out, error, "%.*s%s", start ? (int)start - 1 : (int)length, attribute,
                 attribute[length] ? " \xc3\x97 " : ""));
  }
cleanup:
  return status;
}
