#include "io/number.h"

#include "base/format.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Digits, a point and an exponent as whole number times power of ten. Digits beyond the nineteenth make it
 * inexact. */
typedef struct decimal {
  uint64_t digits;
  int exponent, used; /* used: significant digits */
  bool negative;
} decimal;

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* fraction: digits behind the point so far, counted on; NULL before the point. */
static const char *read_digits(decimal *d, const char *at, int *fraction) {
  for (; is_digit(*at); at++) {
    if (d->used > 0 || *at != '0') d->used++;
    if (d->used <= 19) d->digits = 10 * d->digits + (uint64_t)(*at - '0');
    if (d->used > 19) d->exponent++;
    if (!fraction) continue;
    d->exponent--;
    ++*fraction;
  }
  return at;
}

static bool read_decimal(decimal *d, const char *at, char point, int *fraction) {
  *d = (decimal){.negative = *at == '-'};
  *fraction = 0;
  if (*at == '-' || *at == '+') at++;
  const char *start = at;
  at = read_digits(d, at, NULL);
  bool any = at > start;
  if (*at == point) {
    start = ++at;
    at = read_digits(d, at, fraction);
    any |= at > start;
  }
  if (!any) return false;
  if (*at == 'e' || *at == 'E') {
    bool negative = at[1] == '-';
    at += at[1] == '-' || at[1] == '+' ? 2 : 1;
    if (!is_digit(*at)) return false;
    int exponent = 0;
    for (; is_digit(*at); at++)
      if (exponent < 100000) exponent = 10 * exponent + (*at - '0');
    exponent = negative ? -exponent : exponent;
    d->exponent += exponent;
    *fraction -= exponent;
  }
  return *at == 0;
}

/* The nearest double, by the C library. False for a number with a comma that is longer than anybody writes.
 */
static bool read_slowly(double *out, const char *text, char point) {
  char copy[1024];
  const char *comma = point == '.' ? NULL : strchr(text, point);
  if (comma) {
    size_t length = strlen(text);
    if (length >= sizeof copy) return false;
    memcpy(copy, text, length + 1);
    copy[comma - text] = '.';
    text = copy;
  }
  *out = format_read(text, NULL);
  return true;
}

bool number_read(double *out, const char *text, char point, number_form *form) {
  static const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  decimal d;
  int fraction;
  if (!read_decimal(&d, text, point, &fraction)) return false;
  /* both factors are exact, so one operation rounds correctly (Clinger 1990) */
  if (d.used <= 19 && d.digits <= (uint64_t)1 << 53 && d.exponent >= -22 && d.exponent <= 22) {
    double value = (double)d.digits;
    value = d.exponent < 0 ? value / POWERS[-d.exponent] : value * POWERS[d.exponent];
    *out = d.negative ? -value : value;
  } else if (!read_slowly(out, text, point)) {
    return false;
  }
  if (form)
    *form = (number_form){.whole = trunc(*out) == *out, .decimals = fraction > 0 ? (size_t)fraction : 0};
  return true;
}
