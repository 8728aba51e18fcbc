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

void terminal_put_left(const char *text, int width) {
  int columns = terminal_columns(text);
  bool cut = columns > width;
  int left = cut ? width - 1 : columns;
  for (; *text; text++) {
    if (starts_character(*text) && left-- == 0) break;
    putchar(*text);
  }
  if (cut) putchar('~');
  for (; columns < width; columns++) putchar(' ');
}
