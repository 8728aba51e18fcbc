#!/bin/sh
# Usage: check_symbols.sh LIBRARY LIST: the names that the shared library exports are those of the list, one a line, sorted;
# and all begin with despur_.
set -eu
found=$(mktemp)
trap 'rm -f "$found"' EXIT
nm -D --defined-only "$1" | awk '{ print $NF }' | LC_ALL=C sort >"$found"
if grep -v '^despur_' "$found"; then
  echo "these names are not despur's: make them static or hidden" >&2
  exit 1
fi
if ! diff "$2" "$found"; then
  echo "$1 exports (>) other names than $2 says (<). A name that has gone breaks programs. If this is meant:" >&2
  echo "  nm -D --defined-only $1 | awk '{ print \$NF }' | LC_ALL=C sort >$2" >&2
  exit 1
fi
echo "$(wc -l <"$found") exported names, as listed"
