#!/bin/sh
# The runner of command-line tests must pass what is as announced, and fail on every kind of difference.
set -eu
runner=$(cd "$(dirname "$0")" && pwd)/run_case.sh
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
failed=0

# case_must PASS|FAIL LINE...: runs a test file of these lines, with echo in the place of the tool.
case_must() {
  wanted=$1
  shift
  printf '%s\n' "$@" >"$room/example.test"
  found=PASS
  sh "$runner" "$room/example.test" /bin/echo >"$room/said" 2>&1 || found=FAIL
  if [ "$found" != "$wanted" ]; then
    echo "expected $wanted, found $found:" >&2
    cat "$room/example.test" "$room/said" >&2
    failed=1
  fi
}

case_must PASS '# a comment' '$ despur one' '> one' '$ despur two >&2' '! two'
case_must PASS '$ despur a; despur; exit 3' '? 3' '> a' '>'
case_must PASS '$ cat >file <<END' '+ x  [y]*?' '+ END' '$ cat file' '> x  [y]*?'
case_must PASS '$ despur version 1.2.3' '>~ version [0-9]+\.[0-9]+\.[0-9]+'
case_must PASS '$ printf "a\nb\nc\nd\n"' '> a' '>...' '> d' '>...'
case_must PASS '$ ls; ls "$HOME"; cat'
case_must PASS '$ test -f "$SOURCE/CMakeLists.txt"'
case_must FAIL '$ despur one' '> two'
case_must FAIL '$ despur one'
case_must FAIL '$ despur one >&2'
case_must FAIL '$ despur one' '> one' '> two'
case_must FAIL '$ despur one' '? 1' '> one'
case_must FAIL '$ exit 3'
case_must FAIL '$ despur one' '! one'
case_must FAIL '$ despur axb' '> a.b'
case_must FAIL '$ despur one two' '>~ one'
case_must FAIL '$ printf "a\nb\nc\n"' '> a' '>...' '> b'
case_must FAIL '# nothing'
case_must FAIL '> a'
case_must FAIL '$ despur one' 'one'
exit $failed
