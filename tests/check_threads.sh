#!/bin/sh
# Usage: check_threads.sh HEADER...: every public header says what threads may do with what it declares.
set -eu
failed=0
for header; do
  tr '\n' ' ' <"$header" | sed 's/ *\* */ /g' |
    grep -qiE 'thread-safe|any thread|thread at a time|calling thread|plain structure' ||
    { echo "$header: says nothing of threads" >&2 && failed=1; }
done
exit $failed
