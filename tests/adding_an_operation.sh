#!/bin/sh
# Usage: adding_an_operation.sh SOURCE: carries out docs/adding-an-operation.md and docs/adding-an-architecture.md on a copy of
# the tree, and trains with what they give.
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
block adding-an-operation 1 >"$room/tree/src/nn/op_leaky_relu.c"
block adding-an-architecture 1 >"$room/tree/src/nn/arch_leaky.c"

header=$room/tree/src/nn/graph.h
sed '$d' "$header" >"$room/header"
block adding-an-operation 2 >>"$room/header"
echo '#endif' >>"$room/header"
mv "$room/header" "$header"

block adding-an-architecture 2 >"$room/line"
header=$room/tree/include/despur/net.h
awk -v line_file="$room/line" '
/^#define DESPUR_ARCHITECTURES/ { inside = 1 }
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
model: {arch: leaky}
train: {method: erm, epochs: 2, batch_size: 32}
END
cd "$room"
build/despur run recipe.yaml --print-network >network
grep -q 'leaky relu .* in place of' network || { echo "the plan does not show the operation in place:"; cat network; exit 1; }
build/despur run recipe.yaml --out one --threads 1 --quiet >table
build/despur run recipe.yaml --out three --threads 3 --quiet >table
cmp one/model.safetensors three/model.safetensors
awk '/"stage": *"train"/ && /"loss"/ { seen = 1 } END { exit !seen }' one/results.jsonl ||
  { echo "nothing was trained"; exit 1; }
