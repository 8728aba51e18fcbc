#!/bin/sh
# Usage: check_circles.sh OBJECTS SOURCE: reads what the object files below a folder define and use, and fails on files that need each
# other in a circle: none of them can be read, tested or moved without the others. SOURCE is the tree: objects of files that are
# not there any more are passed over.
#
# A header says less than the linker: one that declares the functions of ten files hides every circle among them.
set -eu
pairs=$(mktemp)
trap 'rm -f "$pairs"' EXIT
source=$(realpath "$2")
cd "$1"
find . -name '*.c.o' | LC_ALL=C sort | while read -r object; do
  file=${object##*/src/}
  [ ! -e "$source/src/${file%.o}" ] || echo "$object"
done | xargs nm -A | awk '
{
  file = $1
  sub(/:.*/, "", file)
  sub(/\.c\.o$/, "", file)
  sub(/^.*\/src\//, "", file)
  name = $NF
  if ($(NF - 1) == "U") uses[++count] = file SUBSEP name
  else if ($(NF - 1) ~ /^[TDRBV]$/) home[name] = file
}
END {
  for (i = 1; i <= count; i++) {
    split(uses[i], pair, SUBSEP)
    if (pair[2] in home && home[pair[2]] != pair[1]) print pair[1], home[pair[2]]
  }
}' | LC_ALL=C sort -u >"$pairs"
if [ ! -s "$pairs" ]; then
  echo "$1: no object files that use each other" >&2
  exit 1
fi
if circles=$(tsort "$pairs" 2>&1 >/dev/null) && [ -z "$circles" ]; then exit 0; fi
echo "$circles" | sed 's/^tsort: .*: input contains a loop:$/these files need each other:/; s/^tsort: //' >&2
exit 1
