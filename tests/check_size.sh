#!/bin/sh
# Usage: check_size.sh LIMIT FILE...: fails when a file has LIMIT bytes or more.
set -eu
limit=$1
shift
failed=0
for file; do
  bytes=$(wc -c <"$file")
  echo "$file: $bytes bytes"
  if [ "$bytes" -ge "$limit" ]; then
    echo "$file: expected fewer than $limit bytes, found $bytes" >&2
    failed=1
  fi
done
exit $failed
