#include "base/text.h"

#include "base/format.h"
#include "base/memory.h"
#include "despur/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

despur_status text_add(text *out, despur_error *error, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int needed = format_args(NULL, 0, format, args);
  va_end(args);
  if (needed < 0) return error_set(error, DESPUR_NO_RESOURCES, "cannot format text '%s'", format);
  size_t length = out->length + (size_t)needed;
  if (length + 1 > out->room) {
    size_t room = 2 * length + 64;
    despur_status status = mem_grow(&out->data, out->room, room, 1, error);
    if (status != DESPUR_OK) return status;
    out->room = room;
  }
  va_start(args, format);
  format_args(out->data + out->length, out->room - out->length, format, args);
  va_end(args);
  out->length = length;
  return DESPUR_OK;
}

despur_status text_list_add(text_list *list, const char *item, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = list->count;
  if ((count & (count - 1)) == 0) /* room doubles: it is full at powers of two */
    TRY(mem_grow(&list->items, count, count ? 2 * count : 1, sizeof *list->items, error));
  TRY(mem_copy_text(&list->items[count], item, error));
  list->count++;
cleanup:
  return status;
}

void text_list_release(text_list *list) {
  for (size_t i = 0; i < list->count; i++) mem_free(list->items[i]);
  mem_free(list->items);
  *list = (text_list){0};
}

despur_status text_pairs_add(text_pairs *pairs, const char *name, const char *value, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = pairs->count;
  text_pair pair = {0};
  if ((count & (count - 1)) == 0) /* as above */
    TRY(mem_grow(&pairs->items, count, count ? 2 * count : 1, sizeof *pairs->items, error));
  TRY(mem_copy_text(&pair.name, name, error));
  TRY(mem_copy_text(&pair.value, value, error));
  pairs->items[pairs->count++] = pair;
  pair.name = NULL;
cleanup:
  mem_free(pair.name);
  return status;
}

despur_status text_pairs_set(text_pairs *pairs, const char *name, const char *value, despur_error *error) {
  char *copy;
  for (size_t i = 0; i < pairs->count; i++) {
    if (strcmp(pairs->items[i].name, name) != 0) continue;
    despur_status status = mem_copy_text(&copy, value, error);
    if (status != DESPUR_OK) return status;
    mem_free(pairs->items[i].value);
    pairs->items[i].value = copy;
    return DESPUR_OK;
  }
  return text_pairs_add(pairs, name, value, error);
}

const char *text_pairs_find(const text_pairs *pairs, const char *name) {
  for (size_t i = 0; i < pairs->count; i++)
    if (strcmp(pairs->items[i].name, name) == 0) return pairs->items[i].value;
  return NULL;
}

void text_pairs_release(text_pairs *pairs) {
  for (size_t i = 0; i < pairs->count; i++) {
    mem_free(pairs->items[i].name);
    mem_free(pairs->items[i].value);
  }
  mem_free(pairs->items);
  *pairs = (text_pairs){0};
}

static char to_lower(char c) {
  if (c >= 'A' && c <= 'Z') return (char)(c - 'A' + 'a');
  return c;
}

/* Not strcasecmp: where the locale is Turkish, the small letter of I is not i. */
bool text_equal_letters(const char *a, const char *b) {
  for (; *a && to_lower(*a) == to_lower(*b); a++) b++;
  return !*a && !*b;
}

despur_status text_copy_all(const char ***out, const char *const *items, size_t count, despur_error *error) {
  size_t bytes = count * sizeof **out;
  *out = NULL;
  for (size_t i = 0; i < count; i++) bytes += strlen(items[i]) + 1;
  despur_status status = mem_alloc(out, bytes, 1, error);
  if (status != DESPUR_OK) return status;
  char *at = (char *)(*out + count);
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(items[i]) + 1;
    memcpy(at, items[i], length);
    (*out)[i] = at;
    at += length;
  }
  return DESPUR_OK;
}

bool text_is_utf8(const char *at) {
  for (size_t length; *at; at += length) {
    length = (unsigned char)*at < 0x20 ? 1 : despur_text_character(at);
    if (length == 0) return false;
  }
  return true;
}

void text_repair(char *at) {
  while (*at) {
    size_t length = despur_text_character(at);
    if (length == 0) *at = '?';
    at += length ? length : 1;
  }
}

despur_status text_add_base64(text *out, const void *bytes, size_t count, despur_error *error) {
  static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  despur_status status = DESPUR_OK;
  const uint8_t *b = bytes;
  for (size_t i = 0; status == DESPUR_OK && i < count; i += 3) {
    uint32_t three = (uint32_t)b[i] << 16;
    if (i + 1 < count) three |= (uint32_t)b[i + 1] << 8;
    if (i + 2 < count) three |= b[i + 2];
    char four[5] = {DIGITS[three >> 18], DIGITS[three >> 12 & 63], '=', '=', 0};
    if (i + 1 < count) four[2] = DIGITS[three >> 6 & 63];
    if (i + 2 < count) four[3] = DIGITS[three & 63];
    status = text_add(out, error, "%s", four);
  }
  return status;
}

enum { WORD_MAX = 63 };

static int same_letter(char a, char b) {
  return a == b || (a == '-' && b == '_') || (a == '_' && b == '-');
}

/* Edits (a letter more, less, other, or two neighbours exchanged) from a to b: optimal string alignment, of
 * whose table three rows are kept. '-' and '_' are the same letter. */
static size_t edit_distance(const char *a, const char *b) {
  size_t rows[3][WORD_MAX + 1], columns = strlen(b);
  size_t *before = rows[0], *last = rows[1], *row = rows[2];
  for (size_t j = 0; j <= columns; j++) last[j] = j;
  for (size_t i = 0; a[i]; i++) {
    row[0] = i + 1;
    for (size_t j = 0; j < columns; j++) {
      size_t best = last[j] + !same_letter(a[i], b[j]);
      if (row[j] + 1 < best) best = row[j] + 1;
      if (last[j + 1] + 1 < best) best = last[j + 1] + 1;
      if (i > 0 && j > 0 && same_letter(a[i], b[j - 1]) && same_letter(a[i - 1], b[j]) &&
          before[j - 1] + 1 < best)
        best = before[j - 1] + 1;
      row[j + 1] = best;
    }
    size_t *oldest = before;
    before = last;
    last = row;
    row = oldest;
  }
  return last[columns];
}

const char *despur_nearest_word(const char *word, const char *const *candidates) {
  const char *nearest = NULL;
  size_t length = strlen(word), best = (length + 2) / 3 + 1;
  if (length > WORD_MAX) return NULL;
  for (; *candidates; candidates++) {
    if (strlen(*candidates) > WORD_MAX) continue;
    size_t distance = edit_distance(word, *candidates);
    if (distance < best) {
      best = distance;
      nearest = *candidates;
    }
  }
  return nearest;
}

char *text_put_utf8(char *out, uint32_t code) {
  if (code < 0x80) {
    *out++ = (char)code;
    return out;
  }
  if (code >= 0x10000) {
    *out++ = (char)(0xf0 | code >> 18);
    *out++ = (char)(0x80 | (code >> 12 & 63));
  } else if (code >= 0x800) {
    *out++ = (char)(0xe0 | code >> 12);
  } else {
    *out++ = (char)(0xc0 | code >> 6);
    *out++ = (char)(0x80 | (code & 63));
    return out;
  }
  *out++ = (char)(0x80 | (code >> 6 & 63));
  *out++ = (char)(0x80 | (code & 63));
  return out;
}
