#!/bin/sh
# Usage: check_symbols.sh LIBRARY: every name that the shared library exports must begin with despur_.
set -eu
names=$(nm -D --defined-only "$1" | awk '{ print $NF }')
strangers=$(echo "$names" | grep -v '^despur_' || true)
if [ -n "$strangers" ]; then
  echo "$1 exports names of others; make them static or hidden:" >&2
  echo "$strangers" >&2
  exit 1
fi
echo "$(echo "$names" | wc -l) exported names, all begin with despur_"
