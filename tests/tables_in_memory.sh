#!/bin/sh
# Usage: tables_in_memory.sh DESPUR: a table of 1,000,000 rows and six columns, as compact as they come, is measured by all of its columns with
# less data than three times the file (heap, stacks and what a program writes to; not its code).
set -eu
despur=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk 'BEGIN { print "y,pred,sex,race,site,age"; split("White Black Asian", race); s = 1
  for (i = 0; i < 1000000; i++) { s = (s * 16807) % 2147483647; y = s % 2; r = int(s / 64)
    print y "," (r % 7 ? y : 1 - y) "," (r % 3 ? "Male" : "Fem.") "," race[1 + r % 11 % 3] "," r % 8 "," 18 + r % 61 } }' >"$work/table.csv"
bytes=$(wc -c <"$work/table.csv")
ulimit -d $((3 * bytes / 1024))
"$despur" eval --predictions "$work/table.csv" --by sex,race,site,age:4 >"$work/said"
grep -q '^average over examples  *8[56]\.' "$work/said" || { echo "the accuracy is not 6 of 7:"; head -n 20 "$work/said"; exit 1; }
