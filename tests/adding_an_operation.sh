#!/bin/sh
# Usage: adding_an_operation.sh SOURCE: carries out docs/adding-an-operation.md and docs/adding-an-architecture.md on a copy of
# the tree, and trains with what they give.
set -eu
source=$(realpath "$1")
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
. "$source/tests/stranger.sh"

block adding-an-operation 1 >"$room/tree/src/nn/op_leaky_relu.c"
block adding-an-architecture 1 >"$room/tree/src/nn/arch_leaky.c"

header=$room/tree/src/nn/graph.h
sed '$d' "$header" >"$room/header"
block adding-an-operation 2 >>"$room/header"
echo '#endif' >>"$room/header"
mv "$room/header" "$header"

block adding-an-architecture 2 | add_to_list include/despur/net.h DESPUR_ARCHITECTURES
configure
build

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
