#!/bin/sh
# Usage: run.sh SECONDS NAME: lets libFuzzer look for inputs for a target, which `cmake --build --preset fuzz` has built, and prints
# how many it tried. What makes the target fail lies in build-fuzz/found, what was learned in build-fuzz/corpus, so that a later
# run goes on from there.
set -eu
name=$2
room=build-fuzz/fuzz/$name
mkdir -p "build-fuzz/corpus/$name" build-fuzz/found "$room"
# No reader may ask for more than 200 MB at once, however small the file; a picture of 100 million pixels, the most that is read,
# takes four bytes for each.
most=200
[ "$name" != picture ] || most=400
build-fuzz/tests/fuzz_"$name" -max_total_time="$1" -max_len=20000 -malloc_limit_mb=$most -rss_limit_mb=1500 -timeout=60 \
  -print_final_stats=1 -artifact_prefix="$PWD/build-fuzz/found/$name-" "build-fuzz/corpus/$name" "tests/fuzz/seeds/$name" \
  >"$room/log" 2>&1 || {
  echo "fuzz $name: FAILED"
  tail -n 40 "$room/log"
  exit 255 # xargs starts no others
}
sed -n "s/^stat::number_of_executed_units: */fuzz $name: /p" "$room/log"
