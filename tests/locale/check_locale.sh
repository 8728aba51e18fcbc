#!/bin/sh
# Usage: check_locale.sh ROOT: reads the library's sources and fails on a function of the C library that asks the
# caller's locale, but in src/base/format.c. snprintf may write text and whole numbers.
set -eu
cd "$1"
find src -name '*.[ch]' ! -path src/base/format.c | LC_ALL=C sort | xargs awk '
BEGIN {
  start = "(^|[^A-Za-z0-9_])"
  asking = start "(v?f?printf|v?sprintf|v?dprintf|v?asprintf|vsnprintf|v?f?scanf|vsscanf|strto(d|f|ld|l|ul|ll|ull|imax|umax)(_l)?|ato(f|i|l|ll)|strerror(_r|_l)?|perror|psignal|strsignal|strn?casecmp(_l)?|strcoll|strxfrm|strftime|is(alpha|digit|alnum|space|upper|lower|print|punct|xdigit|graph|cntrl|blank)|to(upper|lower)|mbs?r?towcs?|wcs?r?tombs?|setlocale|newlocale|duplocale|uselocale|localeconv|nl_langinfo)[ \t]*[(]"
  real = "%[-+#0-9.*]*l?L?[aefgAEFG]"
}
function complain(reason) {
  printf "%s:%d: %s\n", FILENAME, FNR, reason
  failed = 1
}
FNR == 1 { statement = "" }
{
  line = $0
  gsub(/\/\*.*\*\//, "", line)
  if (line ~ /^ \* / || line ~ /^\/\*/) next # a comment of several lines
  if (line ~ asking) complain("asks the locale: use base/format.h, or text_equal_letters")
  statement = statement line
  if (line ~ /[;{}][ \t]*$/) {
    if (statement ~ start "(snprintf|sscanf)[ \t]*[(]" && statement ~ real)
      complain("a number with a fraction: use format_text or format_read")
    statement = ""
  }
}
END { exit failed }' >&2
