/* One value of the configuration from and to text. */
#include "config/schema.h"

#include "base/format.h"

#include <math.h>
#include <string.h>

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at) {
  while (is_digit(*at)) at++;
  return at;
}

static const char *skip_sign(const char *at) {
  return *at == '+' || *at == '-' ? at + 1 : at;
}

/* An escape can put a NUL into a scalar; what lies behind it must not be lost. */
static bool is_whole(config_scalar scalar) {
  return strlen(scalar.text) == scalar.length;
}

bool value_is_empty(config_scalar scalar) {
  return scalar.length == 0 ||
         (scalar.plain && (!strcmp(scalar.text, "~") || text_equal_letters(scalar.text, "null")));
}

bool value_read_integer(int64_t *out, const config_row *row, config_scalar scalar) {
  const char *digits = skip_sign(scalar.text), *end = skip_digits(digits);
  if (!scalar.plain || end == digits || *end || !is_whole(scalar)) return false;
  bool negative = scalar.text[0] == '-';
  int64_t value = 0;
  for (; digits < end; digits++) {
    int digit = *digits - '0';
    if (__builtin_mul_overflow(value, 10, &value)) return false;
    if (__builtin_add_overflow(value, negative ? -digit : digit, &value)) return false;
  }
  *out = value;
  return value >= row->low && value <= row->high;
}

/* [sign] digits [. digits] [e [sign] digits], with a digit before or after the point. Leaves out nan, inf and
 * hexadecimal, which strtod would take. */
static bool looks_real(const char *number) {
  const char *at = skip_sign(number), *start = at;
  at = skip_digits(at);
  size_t digits = (size_t)(at - start);
  if (*at == '.') {
    start = ++at;
    at = skip_digits(at);
    digits += (size_t)(at - start);
  }
  if (digits == 0) return false;
  if (*at == 'e' || *at == 'E') {
    start = skip_sign(at + 1);
    at = skip_digits(start);
    if (at == start) return false;
  }
  return *at == 0;
}

static bool parse_real(double *out, const char *number) {
  *out = format_read(number, NULL) + 0.0; /* turns -0 into 0 */
  return isfinite(*out);
}

bool value_read_real(double *out, const config_row *row, config_scalar scalar) {
  if (!scalar.plain || !is_whole(scalar) || !looks_real(scalar.text) || !parse_real(out, scalar.text))
    return false;
  bool high_enough = row->above ? *out > row->minimum : *out >= row->minimum;
  bool low_enough = row->below ? *out < row->maximum : *out <= row->maximum;
  return high_enough && low_enough;
}

bool value_read_boolean(bool *out, config_scalar scalar) {
  if (!scalar.plain || !is_whole(scalar)) return false;
  *out = !strcmp(scalar.text, "true");
  return *out || !strcmp(scalar.text, "false");
}

/* Choices may be written with hyphens, too. */
static bool is_choice(const char *choice, const char *found) {
  for (; *choice && (*choice == *found || (*choice == '_' && *found == '-')); choice++) found++;
  return *choice == *found;
}

bool value_read_choice(int *out, const config_row *row, config_scalar scalar) {
  if (!is_whole(scalar)) return false;
  for (int i = 0; row->choices[i]; i++)
    if (is_choice(row->choices[i], scalar.text)) {
      *out = i;
      return true;
    }
  return false;
}

/* Whether a character of UTF-8 is one that YAML, or a terminal, would not leave as it is: controls, line and
 * paragraph separators, the byte order mark, and the two code points that are none. */
static bool is_printable(const unsigned char *at) {
  if (at[0] < 0x20 || at[0] == 0x7f) return false;
  if (at[0] == 0xc2) return at[1] >= 0xa0;
  if (at[0] == 0xe2 && at[1] == 0x80) return at[2] != 0xa8 && at[2] != 0xa9;
  if (at[0] == 0xef && at[1] == 0xbb) return at[2] != 0xbf;
  if (at[0] == 0xef && at[1] == 0xbf) return at[2] < 0xbe;
  return true;
}

bool value_read_text(char out[CONFIG_TEXT], config_scalar scalar) {
  if (!is_whole(scalar) || scalar.length >= CONFIG_TEXT) return false;
  for (const char *at = scalar.text; *at; at++)
    if (!is_printable((const unsigned char *)at)) return false;
  memcpy(out, scalar.text, scalar.length + 1);
  return true;
}

void value_shortest(char out[VALUE_DIGITS], double number) {
  /* a decimal of up to 15 digits comes back from its double as it was, without zeros at its end */
  for (int precision = 15; precision <= 17; precision++) {
    double back;
    format_text(out, VALUE_DIGITS, "%.*g", precision, number);
    if (parse_real(&back, out) && back == number) return;
  }
}

/* Words and paths that no reader of YAML takes for anything but text. */
static bool needs_no_quotes(const char *value) {
  static const char *const taken[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", NULL};
  static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/",
                    others[] = "0123456789_.-";
  if (!*value || !strchr(first, *value)) return false;
  for (const char *at = value; *at; at++)
    if (!strchr(first, *at) && !strchr(others, *at)) return false;
  for (size_t i = 0; taken[i]; i++)
    if (text_equal_letters(value, taken[i])) return false;
  return true;
}

static despur_status print_text(text *out, const char *value, despur_error *error) {
  if (needs_no_quotes(value)) return text_add(out, error, "%s", value);
  char quoted[2 * CONFIG_TEXT + 2], *to = quoted;
  *to++ = '"';
  for (; *value; value++) {
    if (*value == '"' || *value == '\\') *to++ = '\\';
    *to++ = *value;
  }
  *to++ = '"';
  *to = 0;
  return text_add(out, error, "%s", quoted);
}

/* YAML 1.1, which many still read, takes 1e-08 for a text and 1.0e-08 for a number. */
static despur_status format_real(text *out, double number, despur_error *error) {
  char digits[VALUE_DIGITS];
  value_shortest(digits, number);
  const char *exponent = strchr(digits, 'e');
  if (!exponent || strchr(digits, '.')) return text_add(out, error, "%s", digits);
  return text_add(out, error, "%.*s.0%s", (int)(exponent - digits), digits, exponent);
}

static despur_status format_reals(text *out, const config_row *row, const config_reals *list,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  bool brackets = row->fewest > 1 || list->count > 1;
  for (size_t i = 0; i < list->count; i++) {
    TRY(text_add(out, error, "%s", i ? ", " : brackets ? "[" : ""));
    TRY(format_real(out, list->values[i], error));
  }
  if (brackets) TRY(text_add(out, error, "]"));
cleanup:
  return status;
}

static despur_status format_classes(text *out, const config_classes *classes, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < classes->count; i++)
    for (size_t j = 0; j < classes->sizes[i]; j++) {
      const char *before = j ? ", " : i ? "], [" : "[[";
      TRY(text_add(out, error, "%s%u", before, classes->digits[i][j]));
    }
  TRY(text_add(out, error, "]]"));
cleanup:
  return status;
}

despur_status value_format(text *out, const despur_config *config, const config_row *row,
                           despur_error *error) {
  const void *value = schema_value(config, row);
  switch (row->type) {
  case CONFIG_IS_INTEGER:
    return text_add(out, error, "%lld", (long long)*(const int64_t *)value);
  case CONFIG_IS_REAL:
    return format_real(out, *(const double *)value, error);
  case CONFIG_IS_BOOLEAN:
    return text_add(out, error, "%s", *(const bool *)value ? "true" : "false");
  case CONFIG_IS_CHOICE:
    return text_add(out, error, "%s", row->choices[*(const int *)value]);
  case CONFIG_IS_TEXT:
  case CONFIG_IS_PATH:
    return print_text(out, value, error);
  case CONFIG_IS_REALS:
    return format_reals(out, row, value, error);
  case CONFIG_IS_CLASSES:
    return format_classes(out, value, error);
  }
  return DESPUR_OK;
}
