#include "base/json_read.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
  const char *text, *at, *end;
  json_value *values; /* the next one that is free; as with what follows, there are enough */
  const json_value **pointers;
  char *texts;
  size_t depth;
  json_fault *fault;
} reader;

/* ---- what is wrong ---- */

static void tell_place(reader *r, const char *at) {
  const char *line = r->text;
  r->fault->line = 1;
  r->fault->byte = (size_t)(at - r->text);
  for (const char *c = r->text; c < at; c++) {
    if (*c != '\n') continue;
    r->fault->line++;
    line = c + 1;
  }
  r->fault->column = (size_t)(at - line) + 1;
}

static bool fail(reader *r, const char *at, const char *expected) {
  json_fault *fault = r->fault;
  tell_place(r, at);
  if (at == r->end)
    snprintf(fault->text, sizeof fault->text, "expected %s, found the end", expected);
  else if (*at > ' ' && *at < 0x7f)
    snprintf(fault->text, sizeof fault->text, "expected %s, found '%c'", expected, *at);
  else
    snprintf(fault->text, sizeof fault->text, "expected %s, found byte 0x%02x", expected,
             (unsigned)(unsigned char)*at);
  return false;
}

/* ---- texts ---- */

/* Bytes of the character of UTF-8 at s, of which there are `left`; 0: it is none. */
static size_t utf8_bytes(const unsigned char *s, size_t left) {
  size_t length = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;
  if (length > left) return 0;
  for (size_t i = 1; i < length; i++)
    if ((s[i] & 0xc0) != 0x80) return 0;
  if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f)) return 0; /* overlong; surrogates */
  if ((*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f)) return 0; /* overlong; beyond 10FFFF */
  return length;
}

/* Four hexadecimal digits, or -1. */
static int hexadecimal(const char *at, const char *end) {
  static const char DIGITS[] = "0123456789abcdef0123456789ABCDEF";
  int value = 0;
  if (end - at < 4) return -1;
  for (int i = 0; i < 4; i++) {
    const char *digit = at[i] ? strchr(DIGITS, at[i]) : NULL;
    if (!digit) return -1;
    value = 16 * value + (int)(digit - DIGITS) % 16;
  }
  return value;
}

/* Characters beyond 16 bits are two codes, a high and a low surrogate. NUL would end the text. */
static const char *unescape_code(char **out, const char *at, const char *end) {
  int code = hexadecimal(at, end), low;
  if (code <= 0 || (code >= 0xdc00 && code < 0xe000)) return NULL;
  at += 4;
  if (code >= 0xd800 && code < 0xdc00) {
    if (end - at < 2 || at[0] != '\\' || at[1] != 'u') return NULL;
    low = hexadecimal(at + 2, end);
    if (low < 0xdc00 || low >= 0xe000) return NULL;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    at += 6;
  }
  *out = text_put_utf8(*out, (uint32_t)code);
  return at;
}

const char *json_unescape(char **out, const char *at, const char *end) {
  static const char LETTERS[] = "\"\\/bfnrt", MEANT[] = "\"\\/\b\f\n\r\t";
  if (at == end || !*at) return NULL;
  if (*at == 'u') return unescape_code(out, at + 1, end);
  const char *letter = strchr(LETTERS, *at);
  if (!letter) return NULL;
  *(*out)++ = MEANT[letter - LETTERS];
  return at + 1;
}

/* A text in quotes, decoded to where texts are kept: with its NUL it is no longer than with its quotes. */
static bool read_text(reader *r, const char **out) {
  *out = r->texts;
  r->at++;
  while (r->at < r->end && *r->at != '"') {
    if (*r->at == '\\') {
      const char *behind = json_unescape(&r->texts, r->at + 1, r->end);
      if (!behind) return fail(r, r->at, "an escaped character");
      r->at = behind;
      continue;
    }
    if ((unsigned char)*r->at < 0x20) return fail(r, r->at, "a control character to be escaped");
    size_t length = utf8_bytes((const unsigned char *)r->at, (size_t)(r->end - r->at));
    if (length == 0) return fail(r, r->at, "UTF-8");
    memcpy(r->texts, r->at, length);
    r->texts += length;
    r->at += length;
  }
  if (r->at == r->end) return fail(r, r->at, "a quote at the end of a text");
  r->at++;
  *r->texts++ = 0;
  return true;
}

/* ---- numbers and words ---- */

static bool is_digit(const reader *r, const char *at) {
  return at < r->end && *at >= '0' && *at <= '9';
}

static bool skip_digits(reader *r) {
  if (!is_digit(r, r->at)) return fail(r, r->at, "a digit");
  while (is_digit(r, r->at)) r->at++;
  return true;
}

/* The digits of a whole number from `at`. */
static bool take_whole(reader *r, json_value *value, const char *from, const char *at) {
  const bool negative = *from == '-';
  bool fits = true;
  for (; is_digit(r, at); at++) {
    const int64_t digit = negative ? -(*at - '0') : *at - '0';
    fits = fits && !__builtin_mul_overflow(value->whole, 10, &value->whole) &&
           !__builtin_add_overflow(value->whole, digit, &value->whole);
  }
  value->kind = JSON_KIND_WHOLE;
  value->number = (double)value->whole;
  return fits || fail(r, from, "a whole number of at most 64 bits");
}

static bool read_number(reader *r, json_value *value) {
  const char *from = r->at, *digits = from + (*from == '-');
  r->at = digits;
  if (!skip_digits(r)) return false;
  if (*digits == '0' && r->at > digits + 1) return fail(r, digits, "a number without a leading zero");
  const char *whole_end = r->at;
  if (r->at < r->end && *r->at == '.') {
    r->at++;
    if (!skip_digits(r)) return false;
  }
  if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
    r->at++;
    if (r->at < r->end && (*r->at == '+' || *r->at == '-')) r->at++;
    if (!skip_digits(r)) return false;
  }
  if (r->at == r->end)
    return fail(r, r->at, "what follows a number"); /* for strtod, too, something stands there */
  if (r->at == whole_end) return take_whole(r, value, from, digits);
  value->kind = JSON_KIND_REAL;
  value->number = format_read(from, NULL);
  return isfinite(value->number) || fail(r, from, "a number below 1.8e308");
}

static bool read_word(reader *r, json_value *value) {
  static const struct {
    const char *word;
    json_kind kind;
    bool flag;
  } WORDS[] = {
      {"null", JSON_KIND_NULL, false}, {"true", JSON_KIND_FLAG, true}, {"false", JSON_KIND_FLAG, false}};
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
    const size_t length = strlen(WORDS[i].word);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, WORDS[i].word, length) != 0) continue;
    r->at += length;
    value->kind = WORDS[i].kind;
    value->flag = WORDS[i].flag;
    return true;
  }
  return fail(r, r->at, "a value");
}

/* ---- lists and objects ---- */

static bool read_value(reader *r, json_value *value);

static void skip_blanks(reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || *r->at == '\n')) r->at++;
}

static bool stands(const reader *r, char c) {
  return r->at < r->end && *r->at == c;
}

/* "name": */
static bool read_name(reader *r, json_value *member) {
  if (!stands(r, '"')) return fail(r, r->at, "a name in quotes");
  if (!read_text(r, &member->name)) return false;
  skip_blanks(r);
  if (!stands(r, ':')) return fail(r, r->at, "':'");
  r->at++;
  skip_blanks(r);
  return true;
}

static int compare_names(const void *a, const void *b) {
  const json_value *const *left = a, *const *right = b;
  return strcmp((*left)->name, (*right)->name);
}

/* The items that begin with `first`, as an array, and members in the order of their names as well. */
static bool collect(reader *r, json_value *value, const json_value *first) {
  const json_value **items = r->pointers;
  for (const json_value *item = first; item; item = item->next) *r->pointers++ = item;
  value->items = items;
  value->count = (size_t)(r->pointers - items);
  if (value->kind != JSON_KIND_OBJECT || value->count == 0) return true;
  value->sorted = r->pointers;
  r->pointers += value->count;
  memcpy(value->sorted, items, value->count * sizeof *items);
  qsort(value->sorted, value->count, sizeof *items, compare_names);
  for (size_t i = 1; i < value->count; i++) {
    const char *name = value->sorted[i]->name;
    if (strcmp(name, value->sorted[i - 1]->name) != 0) continue;
    tell_place(r, r->at);
    snprintf(r->fault->text, sizeof r->fault->text,
             "expected members of different names, found '%.60s' twice", name);
    text_repair(r->fault->text); /* where it has been cut */
    return false;
  }
  return true;
}

static bool read_items(reader *r, json_value *value, char end) {
  const json_value *first = NULL, **link = &first;
  r->at++;
  skip_blanks(r);
  for (bool more = !stands(r, end); more;) {
    json_value *item = r->values++;
    if (value->kind == JSON_KIND_OBJECT && !read_name(r, item)) return false;
    if (!read_value(r, item)) return false;
    *link = item;
    link = &item->next;
    skip_blanks(r);
    more = stands(r, ',');
    if (!more && !stands(r, end)) return fail(r, r->at, end == '}' ? "',' or '}'" : "',' or ']'");
    if (!more) break;
    r->at++;
    skip_blanks(r);
  }
  if (!collect(r, value, first)) return false;
  r->at++;
  return true;
}

static bool read_value(reader *r, json_value *value) {
  bool good;
  if (r->at == r->end) return fail(r, r->at, "a value");
  switch (*r->at) {
  case '{':
  case '[':
    if (r->depth == READ_DEEPEST) return fail(r, r->at, "at most 128 levels");
    r->depth++;
    value->kind = *r->at == '{' ? JSON_KIND_OBJECT : JSON_KIND_LIST;
    good = read_items(r, value, *r->at == '{' ? '}' : ']');
    r->depth--;
    return good;
  case '"':
    value->kind = JSON_KIND_TEXT;
    return read_text(r, &value->text);
  case '-':
    return read_number(r, value);
  default:
    return is_digit(r, r->at) ? read_number(r, value) : read_word(r, value);
  }
}

/* ---- the whole ---- */

/* At least as many as there are values, without reading them: the first, and one behind each comma and each
 * bracket that opens, unless it stands in a text. */
static size_t bound_values(const char *content, size_t bytes) {
  size_t count = 1;
  bool quoted = false;
  for (size_t i = 0; i < bytes; i++) {
    if (content[i] == '"') quoted = !quoted;
    if (quoted && content[i] == '\\')
      i++;
    else if (!quoted)
      count += content[i] == ',' || content[i] == '[' || content[i] == '{';
  }
  return count;
}

_Static_assert(READ_DEEPEST == 128, "the message says so");

static bool read_whole(reader *r) {
  skip_blanks(r);
  if (!stands(r, '{')) return fail(r, r->at, "a JSON object");
  if (!read_value(r, r->values++)) return false;
  skip_blanks(r);
  return r->at == r->end || fail(r, r->at, "nothing behind the object");
}

despur_status json_parse(json_value **out, const char *content, size_t bytes, json_fault *fault) {
  const size_t values = bound_values(content, bytes);
  const json_value **pointers;
  reader r = {.text = content, .at = content, .end = content + bytes, .fault = fault};
  *out = NULL;
  if (values > READ_MOST_VALUES) {
    *fault = (json_fault){.line = 1, .column = 1};
    snprintf(fault->text, sizeof fault->text, "expected at most %d values, found more", READ_MOST_VALUES);
    return DESPUR_BAD_INPUT;
  }
  /* each value is an item once, and members are sorted, too */
  despur_status status = mem_alloc(out, values * (sizeof **out + 2 * sizeof *pointers) + bytes + 1, 1, NULL);
  if (status != DESPUR_OK) return status;
  r.values = *out;
  r.pointers = (const json_value **)(void *)(*out + values);
  r.texts = (char *)(r.pointers + 2 * values);
  if (read_whole(&r)) return DESPUR_OK;
  mem_free(*out);
  *out = NULL;
  return DESPUR_BAD_INPUT;
}

despur_status json_read_object(json_value **out, const char *content, size_t bytes, const char *path,
                               size_t line, despur_error *error) {
  json_fault fault = {0};
  despur_status status = json_parse(out, content, bytes, &fault);
  if (status == DESPUR_OK) return DESPUR_OK;
  if (status == DESPUR_NO_RESOURCES) return error_set(error, status, "%s: out of memory", path);
  return error_set(error, status, "%s:%zu:%zu: %s", path, line ? line : fault.line, fault.column, fault.text);
}

/* ---- values ---- */

bool json_is(const json_value *value, json_kind kind) {
  return value && value->kind == kind;
}

static int compare_name(const void *name, const void *member) {
  const json_value *const *of = member;
  return strcmp(name, (*of)->name);
}

const json_value *json_find(const json_value *object, const char *name) {
  if (json_members(object) == 0) return NULL;
  const json_value **found =
      bsearch(name, object->sorted, object->count, sizeof *object->sorted, compare_name);
  return found ? *found : NULL;
}

const json_value *json_at(const json_value *list, size_t i) {
  return i < json_elements(list) ? list->items[i] : NULL;
}

size_t json_elements(const json_value *list) {
  return json_is(list, JSON_KIND_LIST) ? list->count : 0;
}

size_t json_members(const json_value *object) {
  return json_is(object, JSON_KIND_OBJECT) ? object->count : 0;
}

const char *json_text(const json_value *value) {
  return json_is(value, JSON_KIND_TEXT) ? value->text : NULL;
}

double json_number(const json_value *value) {
  const bool is_number = json_is(value, JSON_KIND_WHOLE) || json_is(value, JSON_KIND_REAL);
  return is_number ? value->number : (double)NAN;
}

bool json_flag(const json_value *value) {
  return json_is(value, JSON_KIND_FLAG) && value->flag;
}

bool json_size(size_t *out, const json_value *value) {
  const bool fits = json_is(value, JSON_KIND_WHOLE) && value->whole >= 0;
  *out = fits ? (size_t)value->whole : 0;
  return fits;
}

double json_member_number(const json_value *object, const char *name) {
  return json_number(json_find(object, name));
}

size_t json_member_count(const json_value *object, const char *name, size_t fallback) {
  size_t count;
  return json_size(&count, json_find(object, name)) ? count : fallback;
}

const char *json_member_text(const json_value *object, const char *name, const char *fallback) {
  const char *found = json_text(json_find(object, name));
  return found ? found : fallback;
}

bool json_member_flag(const json_value *object, const char *name) {
  return json_flag(json_find(object, name));
}

void json_member_name(char *out, size_t room, const json_value *object, const char *name) {
  snprintf(out, room, "%s", json_member_text(object, name, ""));
}
