#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int terminal_width(int descriptor) {
  struct winsize size;
  if (isatty(descriptor) && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char *columns = getenv("COLUMNS");
  long width = columns ? strtol(columns, NULL, 10) : 0;
  return width > 0 && width < 10000 ? (int)width : 80;
}

bool terminal_colours(void) {
  const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
  return isatty(STDOUT_FILENO) && !(none && *none) && !(term && strcmp(term, "dumb") == 0);
}

void terminal_set(terminal_style style) {
  static const char *const CODES[] = {"\033[0m", "\033[1m", "\033[2m", "\033[34m"};
  if (terminal_colours()) fputs(CODES[style], stdout);
}

static bool starts_character(char byte) {
  return ((unsigned char)byte & 0xc0) != 0x80;
}

int terminal_columns(const char *text) {
  int columns = 0;
  for (; *text; text++) columns += starts_character(*text);
  return columns;
}

/* A byte of a text, the next one known; returns how many were used. */
static int put_byte(const char *at) {
  unsigned char byte = (unsigned char)*at, next = (unsigned char)at[1];
  if (byte < 0x20 || byte == 0x7f)
    printf("\xe2\x90%c", byte == 0x7f ? 0xa1 : 0x80 + byte); /* U+2400 to U+2421 */
  else if (byte == 0xc2 && next >= 0x80 && next < 0xa0)
    fputs("\xef\xbf\xbd", stdout); /* C1: U+FFFD */
  else
    putchar(byte);
  return byte == 0xc2 && next >= 0x80 && next < 0xa0 ? 2 : 1;
}

void terminal_put(const char *text) {
  while (*text) text += put_byte(text);
}

void terminal_put_left(const char *text, int width) {
  int columns = terminal_columns(text);
  bool cut = columns > width;
  int left = cut ? width - 1 : columns;
  while (*text) {
    if (starts_character(*text) && left-- == 0) break;
    text += put_byte(text);
  }
  if (cut) putchar('~');
  for (; columns < width; columns++) putchar(' ');
}
