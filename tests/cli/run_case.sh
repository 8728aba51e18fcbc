#!/bin/sh
# Usage: run_case.sh FILE.test DESPUR: carries out one test of the command line.
#
# A test file is a list of steps. A line's first character says what it is:
#   #  a comment
#   $  a command, given to sh; `despur` is the tool under test
#   +  one more line of that command (a here-document, say)
#   ?  the exit status that the command must have; without it, 0
#   >  a line that it must print to standard output, in this order
#   !  a line that it must print to standard error, in this order
# After `>` or `!` one space and the exact text. `>~` and `!~` take an extended regular expression that must match the whole
# line instead (no {n,m}: not every awk knows them), and `>...` or `!...` stands for any number of lines, also none.
# What is not announced must not be printed.
#
# All steps of a file share one working directory, empty at first; HOME and the cache lie elsewhere and are empty too.
# $SOURCE is the root of the source tree. Standard input is empty.
set -eu
case_file=$1
SOURCE=$(pwd)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
mkdir "$room/work" "$room/home" "$room/bin" "$room/steps"
ln -s "$(realpath "$2")" "$room/bin/despur"
export SOURCE HOME="$room/home" XDG_CACHE_HOME="$room/home/.cache" PATH="$room/bin:$PATH" LC_ALL=C
unset DESPUR_DATA DESPUR_CPU

# Splits the file into N.command, N.status, N.out and N.err, and prints the number of steps.
steps=$(awk -v folder="$room/steps" '
function fail(reason) {
  printf "%s:%d: %s\n", FILENAME, FNR, reason >"/dev/stderr"
  exit 1
}
/^#/ || /^$/ { next }
/^\$ / {
  step++
  base = folder "/" step
  print FNR >(base ".line")
  printf "" >(base ".out")
  printf "" >(base ".err")
  print substr($0, 3) >(base ".command")
  next
}
!step { fail("expected a command (\"$ ...\") first") }
/^\+/ { print substr($0, 3) >(base ".command"); next }
/^\? [0-9]+$/ { print substr($0, 3) >(base ".status"); next }
/^>/ { print substr($0, 2) >(base ".out"); next }
/^!/ { print substr($0, 2) >(base ".err"); next }
{ fail("expected a line that begins with #, $, +, ?, > or !") }
END { print step + 0 }' "$case_file")
if [ "$steps" -eq 0 ]; then
  echo "$case_file: expected at least one command" >&2
  exit 1
fi

# lines_match PATTERNS FOUND: whether the lines found are those announced.
lines_match() {
  awk '
  FILENAME == ARGV[1] { pattern[++patterns] = $0; next }
  { line[++lines] = $0 }

  function one(p, l) {
    if (substr(pattern[p], 1, 1) == "~") return line[l] ~ ("^(" substr(pattern[p], 3) ")$")
    return line[l] == substr(pattern[p], 2) || (pattern[p] == "" && line[l] == "")
  }
  # Whether patterns p and up match lines l and up.
  function from(p, l) {
    for (; p <= patterns && pattern[p] != "..."; p++)
      if (l > lines || !one(p, l++)) return 0
    if (p > patterns) return l > lines
    for (; l <= lines + 1; l++)
      if (from(p + 1, l)) return 1
    return 0
  }
  END { exit !from(1, 1) }' "$1" "$2"
}

failed=0
# compare WHAT PATTERNS FOUND: prints both when they differ.
compare() {
  lines_match "$2" "$3" && return
  echo "$place: $1 differs; expected:"
  sed 's/^/    /' "$2"
  echo "  found:"
  sed 's/^/     /' "$3"
  failed=1
}

step=1
while [ "$step" -le "$steps" ]; do
  base=$room/steps/$step
  place="$case_file:$(cat "$base.line"): $(head -n 1 "$base.command")"
  wanted=0
  [ -e "$base.status" ] && wanted=$(cat "$base.status")
  status=0
  (cd "$room/work" && sh "$base.command") </dev/null >"$room/out" 2>"$room/err" || status=$?
  if [ "$status" -ne "$wanted" ]; then
    echo "$place: expected exit status $wanted, found $status"
    failed=1
  fi
  compare "standard output" "$base.out" "$room/out"
  compare "standard error" "$base.err" "$room/err"
  step=$((step + 1))
done
exit $failed
