#!/bin/sh
# Usage: coverage.sh BUILD LEAST: how many of the lines of src/ a build with --coverage has carried out; fails when that is less
# than LEAST per cent. A line of a file that is compiled several times, for each instruction set, counts once.
set -eu
find "$1" -name '*.gcda' | LC_ALL=C sort | xargs gcov -t -r -s "$(pwd)" 2>/dev/null | awk -F ': *' -v least="$2" '
# COUNT: LINE:TEXT; the count is "-" where there is nothing to carry out, and "#####" where it never was.
$2 == 0 && $3 == "Source" { file = $4; next }
file ~ /^src\// && $1 !~ /-$/ {
  line = file SUBSEP $2
  if (!(line in done)) lines[file]++
  if ($1 ~ /#####|=====/) done[line] += 0
  else if (!done[line]) { done[line] = 1; carried[file]++ }
}
END {
  for (file in lines) {
    all += lines[file]
    some += carried[file]
    printf "%6.1f %% of %5d lines, %4d missing: %s\n", 100 * carried[file] / lines[file], lines[file],
      lines[file] - carried[file], file | "sort -t , -k 2n"
  }
  close("sort -t , -k 2n")
  if (all == 0) { print "nothing was carried out"; exit 1 }
  printf "figure: %.1f %% of %d lines of src/\n", 100 * some / all, all
  exit 100 * some / all < least
}'
