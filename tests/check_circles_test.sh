#!/bin/sh
# Compiles files that call each other: a circle must be found, a tree must pass, and so must not a folder without objects.
set -eu
check=$(cd "$(dirname "$0")" && pwd)/check_circles.sh
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/src"

# calls FILE OTHER: FILE.c defines the function FILE, which calls OTHER.
calls() {
  echo "void $2(void); void $1(void); void $1(void) { $2(); }" >"$root/src/$1.c"
  cc -c -o "$root/src/$1.c.o" "$root/src/$1.c"
}

if sh "$check" "$root" "$root" 2>"$root/said"; then echo "a folder without object files passes"; exit 1; fi
calls low exit
calls middle low
calls high middle
sh "$check" "$root" "$root"
calls low high
if sh "$check" "$root" "$root" 2>"$root/said"; then echo "a circle of three files passes"; exit 1; fi
for file in low middle high; do grep -q "^$file$" "$root/said"; done
rm "$root/src/high.c" # its object is left over
sh "$check" "$root" "$root"
