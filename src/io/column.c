#include "io/column.h"

#include "base/memory.h"
#include "base/text.h"
#include "despur/text.h"
#include "io/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024, KEY_ROOM = 32 };

/* pandas' list. */
static const char *const MISSING[] = {"",     "#N/A",   "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN",
                                      "-nan", "1.#IND", "1.#QNAN",  "<NA>", "N/A",     "NA",       "NULL",
                                      "NaN",  "None",   "n/a",      "nan",  "null",    NULL};

bool column_is_missing(const char *given, size_t length) {
  if (length > 9) return false;
  for (const char *const *word = MISSING; *word; word++)
    if (strlen(*word) == length && memcmp(*word, given, length) == 0) return true;
  return false;
}

/* ---- spellings ---- */

/* What a spelling stands for. key: made of numbers so that equal ones have the same; others are their own. */
typedef struct meaning {
  char key[KEY_ROOM], name[KEY_ROOM]; /* name: "" when it is the spelling */
  size_t key_length;                  /* 0: the spelling */
  column_category about;
} meaning;

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* "01234" is a code of five digits. */
static bool has_leading_zero(const char *given) {
  if (*given == '-' || *given == '+') given++;
  return given[0] == '0' && is_digit(given[1]);
}

static void of_number(meaning *m, const char *given, double value, bool whole) {
  m->about.number = value;
  size_t digits = strspn(given, "0123456789");
  if (digits > 0 && given[digits] == 0) return; /* as it stands, also beyond what doubles tell apart */
  if (whole && fabs(value) < 9007199254740992.0) {
    m->key_length = (size_t)snprintf(m->key, sizeof m->key, "%lld", (long long)value);
    memcpy(m->name, m->key, sizeof m->name);
  } else {
    m->key[0] = 0; /* no text begins so */
    memcpy(m->key + 1, &value, sizeof value);
    m->key_length = 1 + sizeof value;
  }
}

/* Where there are decimal commas, points are understood, too. */
static bool is_number(double *value, number_form *form, const char *given, char point) {
  bool read =
      number_read(value, given, point, form) || (point != '.' && number_read(value, given, '.', form));
  return read && isfinite(*value);
}

static meaning meaning_of(const char *given, size_t line, char point) {
  meaning m = {.about = {.number = (double)NAN, .line = line}};
  double value;
  number_form form;
  bool truth = text_equal_letters(given, "true"), untruth = text_equal_letters(given, "false");
  if (truth || untruth) {
    m.about.number = truth;
    m.about.truth = true;
    memcpy(m.key, truth ? "\0t" : "\0f", 2);
    m.key_length = 2;
  } else if (!has_leading_zero(given) && is_number(&value, &form, given, point)) {
    of_number(&m, given, value, form.whole);
  }
  return m;
}

/* UTF-8, control characters included. */
static bool is_utf8(const char *given, size_t length) {
  for (size_t i = 0, step; i < length; i += step) {
    step = despur_text_character(given + i);
    uint8_t byte = (uint8_t)given[i];
    if (step == 0 && byte < 0x80) step = 1;
    if (step == 0 && byte == 0xc2 && ((uint8_t)given[i + 1] & 0xc0) == 0x80) step = 2; /* C1 controls */
    if (step == 0) return false;
  }
  return true;
}

static despur_status add_category(uint32_t *category, value_column *c, const char *given, size_t length,
                                  size_t line, char point, despur_error *error) {
  despur_status status = DESPUR_OK;
  meaning m = meaning_of(given, line, point);
  size_t before = c->keys.count;
  if (c->as_spelled) m.key_length = 0, *m.name = 0;
  if (m.key_length > 0)
    TRY(dictionary_add(category, &c->keys, m.key, m.key_length, error));
  else
    TRY(dictionary_add(category, &c->keys, given, length, error));
  if (*category < before) return DESPUR_OK;
  if (before == c->about_room) {
    size_t room = before ? 2 * before : FIRST_ROOM / 16;
    TRY(mem_grow(&c->about, before, room, sizeof *c->about, error));
    c->about_room = room;
  }
  c->about[before] = m.about;
  const char *name = *m.name ? m.name : given;
  uint32_t same;
  TRY(dictionary_add(&same, &c->names, name, strlen(name), error));
cleanup:
  return status;
}

static despur_status add_spelling(uint32_t spelling, value_column *c, const char *given, size_t length,
                                  size_t line, char point, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t category = COLUMN_MISSING;
  if (spelling >= c->category_room) {
    size_t room = c->category_room ? 2 * c->category_room : FIRST_ROOM / 16;
    TRY(mem_grow(&c->category_of, c->category_room, room, sizeof *c->category_of, error));
    c->category_room = room;
  }
  if (!is_utf8(given, length))
    FAIL(error, DESPUR_BAD_INPUT, "expected text in UTF-8, found '%.60s' (Latin-1? save the file as UTF-8)",
         given);
  if (!column_is_missing(given, length)) TRY(add_category(&category, c, given, length, line, point, error));
  c->category_of[spelling] = category;
cleanup:
  return status;
}

/* ---- rows ---- */

despur_status column_reserve(value_column *c, size_t rows, despur_error *error) {
  if (rows <= c->room) return DESPUR_OK;
  despur_status status = mem_grow(&c->codes, c->rows, rows, sizeof *c->codes, error);
  if (status == DESPUR_OK) c->room = rows;
  return status;
}

despur_status column_add(value_column *c, const char *given, size_t length, size_t line, char point,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t before = c->spellings.count;
  uint32_t spelling;
  if (c->rows == c->room) TRY(column_reserve(c, c->room ? 2 * c->room : FIRST_ROOM, error));
  TRY(dictionary_add(&spelling, &c->spellings, given, length, error));
  if (spelling == before) TRY(add_spelling(spelling, c, given, length, line, point, error));
  uint32_t category = c->category_of[spelling];
  if (category == COLUMN_MISSING && c->missing++ == 0) c->first_missing = line;
  c->codes[c->rows++] = category;
cleanup:
  return status;
}

void column_release(value_column *c) {
  mem_free(c->codes);
  mem_free(c->about);
  mem_free(c->category_of);
  dictionary_release(&c->keys);
  dictionary_release(&c->names);
  dictionary_release(&c->spellings);
  *c = (value_column){0};
}

size_t column_categories(const value_column *c) {
  return c->keys.count;
}

const char *column_name(const value_column *c, uint32_t category) {
  return dictionary_key(&c->names, category);
}

column_type column_type_of(const value_column *c) {
  size_t numbers = 0, whole = 0, truths = 0, all = c->keys.count;
  for (size_t i = 0; i < all; i++) {
    double value = c->about[i].number;
    truths += c->about[i].truth;
    numbers += !isnan(value) && !c->about[i].truth;
    whole += !c->about[i].truth && trunc(value) == value;
  }
  if (whole == all) return COLUMN_WHOLE;
  if (numbers == all) return COLUMN_NUMBERS;
  return truths == all ? COLUMN_TRUTH : COLUMN_TEXT;
}

/* ---- order ---- */

typedef struct sorted_category {
  double number;
  const char *name;
  uint32_t category;
} sorted_category;

static int by_value(const void *a, const void *b) {
  const sorted_category *x = a, *y = b;
  bool is_text = isnan(x->number), other = isnan(y->number);
  if (is_text != other) return is_text ? 1 : -1;
  if (!is_text && x->number != y->number) return x->number < y->number ? -1 : 1;
  return strcmp(x->name, y->name);
}

despur_status column_order(uint32_t **order, uint32_t **rank, const value_column *c, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = c->keys.count;
  sorted_category *sorted = NULL;
  TRY(mem_alloc(order, 2 * count, sizeof **order, error));
  *rank = *order + count;
  TRY(mem_alloc(&sorted, count, sizeof *sorted, error));
  for (uint32_t i = 0; i < count; i++)
    sorted[i] = (sorted_category){c->about[i].number, column_name(c, i), i};
  qsort(sorted, count, sizeof *sorted, by_value);
  for (uint32_t i = 0; i < count; i++) {
    (*order)[i] = sorted[i].category;
    (*rank)[sorted[i].category] = i;
  }
cleanup:
  mem_free(sorted);
  return status;
}
