#!/bin/sh
# Usage: check_arguments.sh SYMBOLS GUARANTEED TEST.c...: every exported name is called with what cannot be in one of the tests, or
# stands in GUARANTEED with what its caller guarantees ("NAME: what"). So nobody adds a function without thinking of either.
set -eu
symbols=$1
guaranteed=$2
shift 2
failed=0
while read -r name; do
  listed=0
  grep -q "^$name: ." "$guaranteed" && listed=1
  called=0
  grep -q "[^a-z_]$name[(,]" "$@" && called=1
  case $called$listed in
  00) echo "$name: neither called in $* nor in $guaranteed" && failed=1 ;;
  11) echo "$name: in $guaranteed, although a test calls it" && failed=1 ;;
  esac
done <"$symbols"
while IFS=: read -r name rest; do
  grep -qx "$name" "$symbols" || { echo "$guaranteed: no name '$name' is exported" && failed=1; }
done <"$guaranteed"
exit $failed
