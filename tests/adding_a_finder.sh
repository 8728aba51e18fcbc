#!/bin/sh
# Usage: adding_a_finder.sh SOURCE: carries out docs/adding-a-finder.md on a copy of the tree, and audits with what it gives.
. "$1/tests/stranger.sh"

block adding-a-finder 1 >"$room/tree/src/audit/finder_quarters.c"
block adding-a-finder 2 | add_to_list src/audit/finder.h FINDERS
configure
build

# Features of 400 rows in three columns of bytes, with labels by turns.
cd "$room"
. "$source/tests/cli/fixtures.sh"
numbers() {
  awk -v count="$1" -v kind="$2" 'BEGIN { for (i = 0; i < count; i++) print kind == "y" ? i % 2 : (i * i * 7 + i * 13) % 251 }'
}
byte $(numbers 1200 x) | npy '|u1' '(400, 3)' >x.npy
byte $(numbers 400 y) | npy '|u1' '(400,)' >y.npy
build/despur audit x.npy --labels y.npy --out out >text
grep -q '"name": "quarters of the first component"' out/audit.json || { echo "the finder proposed nothing"; exit 1; }
awk -F, '$2 == "quarters" { n++ } END { exit !(n == 8) }' out/candidates.csv || { echo "not every cell was tested"; cat out/candidates.csv; exit 1; }
