# What a stranger does with a page of the documentation, on a copy of the tree: sourced by a script whose first argument is the tree.
# It makes $source, that tree, and $room, a directory that is removed at the end. The copy is $room/tree, its build $room/build.
set -eu
source=$(realpath "$1")
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

mkdir "$room/tree"
cp -r "$source/CMakeLists.txt" "$source/cmake" "$source/include" "$source/src" "$source/cli" "$source/bench" \
  "$room/tree"
mkdir "$room/tree/tests" "$room/tree/recipes" "$room/tree/man"
: >"$room/tree/tests/CMakeLists.txt"

# block PAGE NUMBER: a page's first block of C is the file, its second the line.
block() {
  awk -v wanted="$2" '/^```c$/ { block++; inside = 1; next } /^```$/ { inside = 0; next } inside && block == wanted' \
    "$source/docs/$1.md"
}

# add_to_list HEADER MACRO: the line on standard input becomes the last of a macro that lists things.
add_to_list() {
  cat >"$room/line"
  awk -v line_file="$room/line" -v macro="^#define $2" '
  $0 ~ macro { inside = 1 }
  inside && !/\\$/ {
    print $0 " \\"
    getline line <line_file
    print line
    inside = 0
    next
  }
  { print }' "$room/tree/$1" >"$room/header"
  mv "$room/header" "$room/tree/$1"
}

configure() {
  cmake -S "$room/tree" -B "$room/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DDESPUR_WERROR=ON >"$room/log" 2>&1 ||
    { cat "$room/log"; exit 1; }
}

build() {
  cmake --build "$room/build" --target despur -j 2 >"$room/log" 2>&1 || { tail -n 30 "$room/log"; exit 1; }
}
