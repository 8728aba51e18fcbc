#include "base/error.h"

#include "base/format.h"
#include "despur/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Messages quote file contents: a line break or escape code in them must not reach a terminal, nor what is no
 * UTF-8, which a quotation also is when it is cut within a character. */
static void make_printable(char *at) {
  while (*at) {
    size_t length = despur_text_character(at);
    if (length == 0 || *at == '\n' || *at == '\t') *at = '?';
    at += length ? length : 1;
  }
}

/* ---- messages that are too long ---- */

enum {
  WORD_LEAST = 80, /* what is left of a word that is shortened */
  DOTS = 3,
  STACK_ROOM = 4096
};

/* The longest run of bytes without spaces. */
static char *longest_word(char *at, size_t *length) {
  char *longest = at;
  *length = 0;
  while (*at) {
    size_t word = strcspn(at, " ");
    if (word > *length) {
      *length = word;
      longest = at;
    }
    at += word + (at[word] == ' ');
  }
  return longest;
}

/* Takes `excess` bytes out of the middle of a word, where dots are put, and up to six more: whole characters.
 */
static void cut_word(char *word, size_t length, size_t excess) {
  size_t from = (length - excess - DOTS) / 2, to = from + excess + DOTS;
  while (from > 0 && ((unsigned char)word[from] & 0xc0) == 0x80) from--;
  while (to < length && ((unsigned char)word[to] & 0xc0) == 0x80) to++;
  memcpy(word + from, "...", DOTS);
  memmove(word + from + DOTS, word + to, strlen(word + to) + 1);
}

/* Shortens long words (paths, as a rule) in their middle, so that what is wrong still stands behind them. */
static void shorten(char *message, size_t most) {
  for (size_t length; (length = strlen(message)) > most;) {
    size_t word_length, excess = length - most;
    char *word = longest_word(message, &word_length);
    if (word_length <= WORD_LEAST + 2 * DOTS) break;
    if (excess > word_length - WORD_LEAST - DOTS) excess = word_length - WORD_LEAST - DOTS;
    cut_word(word, word_length, excess);
  }
}

/* Formats text and what stands behind it into the message, all of it, however long the parts are. */
__attribute__((format(printf, 4, 0))) static void fill(despur_error *error, const char *before,
                                                       const char *behind, const char *format, va_list args) {
  char room[STACK_ROOM], *whole = room;
  va_list again;
  va_copy(again, args);
  int middle = format_args(NULL, 0, format, again);
  va_end(again);
  size_t front = strlen(before), needed = front + (middle < 0 ? 0 : (size_t)middle) + strlen(behind) + 1;
  if (needed > sizeof room) whole = malloc(needed);
  if (!whole) { /* then the end is lost */
    whole = room;
    needed = sizeof room;
  }
  format_text(whole, needed, "%s", before);
  if (front < needed) format_args(whole + front, needed - front, format, args);
  front = strlen(whole);
  format_text(whole + front, needed - front, "%s", behind);
  shorten(whole, sizeof error->message - 1);
  format_text(error->message, sizeof error->message, "%s", whole);
  make_printable(error->message);
  if (whole != room) free(whole);
}

void despur_error_fill(despur_error *error, despur_status code, const char *format, va_list args) {
  if (!error) return;
  fill(error, "", "", format, args);
  error->status = code;
}

void error_fill(despur_error *error, despur_status code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  despur_error_fill(error, code, format, args);
  va_end(args);
}

void error_prefix(despur_error *error, const char *format, ...) {
  if (!error) return;
  char rest[sizeof error->message];
  memcpy(rest, error->message, sizeof rest);
  va_list args;
  va_start(args, format);
  fill(error, "", rest, format, args);
  va_end(args);
}

void error_add(despur_error *error, const char *format, ...) {
  if (!error) return;
  char start[sizeof error->message];
  memcpy(start, error->message, sizeof start);
  va_list args;
  va_start(args, format);
  fill(error, start, "", format, args);
  va_end(args);
}
