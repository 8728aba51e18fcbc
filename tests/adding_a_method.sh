#!/bin/sh
# Usage: adding_a_method.sh SOURCE: carries out docs/adding-a-method.md on a copy of the tree, and trains with what it gives.
set -eu
source=$(realpath "$1")
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
page=$source/docs/adding-a-method.md
mkdir "$room/tree"
cp -r "$source/CMakeLists.txt" "$source/cmake" "$source/include" "$source/src" "$source/cli" "$source/bench" \
  "$room/tree"
mkdir "$room/tree/tests" "$room/tree/recipes" "$room/tree/man"
: >"$room/tree/tests/CMakeLists.txt"

# The page's first block of C is the file, its second the line.
block() {
  awk -v wanted="$1" '/^```c$/ { block++; inside = 1; next } /^```$/ { inside = 0; next } inside && block == wanted' "$page"
}
block 1 >"$room/tree/src/train/method_hardest.c"
block 2 >"$room/line"
header=$room/tree/include/despur/train.h
awk -v line_file="$room/line" '
/^#define DESPUR_METHODS/ { inside = 1 }
inside && !/\\$/ {
  print $0 " \\"
  getline line <line_file
  print line
  inside = 0
  next
}
{ print }' "$header" >"$room/header"
mv "$room/header" "$header"

cmake -S "$room/tree" -B "$room/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DDESPUR_WERROR=ON >"$room/log" 2>&1 ||
  { cat "$room/log"; exit 1; }
cmake --build "$room/build" --target despur -j 2 >"$room/log" 2>&1 || { tail -n 30 "$room/log"; exit 1; }

cat >"$room/recipe.yaml" <<END
data: {images: digits, digits_train: 400, digits_test: 100, strength: 0.8}
model: {arch: mlp}
train: {method: hardest, epochs: 2, batch_size: 32}
END
cd "$room"
build/despur run recipe.yaml --out run --threads 1 --quiet >table
grep -q 'hardest half' table || { echo "the table does not name the method:"; cat table; exit 1; }
if build/despur run recipe.yaml train.method=hardst --out other 2>error; then
  echo "a misspelt method was taken"
  exit 1
fi
grep -q "did you mean 'hardest'" error || { cat error; exit 1; }

# The page's sentence on group labels comes from the method's own file.
told='This method was told the attribute of every training picture'
if grep -q "$told" run/report.html; then
  echo "the page says that a method without groups was told the attribute"
  exit 1
fi
sed -i 's/METHOD_NEEDS_NOTHING/METHOD_NEEDS_GROUPS/' "$room/tree/src/train/method_hardest.c"
cmake --build "$room/build" --target despur -j 2 >"$room/log" 2>&1 || { tail -n 30 "$room/log"; exit 1; }
build/despur run recipe.yaml --out told --threads 1 --quiet >table
grep -q "$told" told/report.html || { echo "the page does not say that the method was told the attribute"; exit 1; }
