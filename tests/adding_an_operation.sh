#!/bin/sh
# Usage: adding_an_operation.sh SOURCE: carries out docs/adding-an-operation.md, docs/adding-an-architecture.md and
# docs/adding-a-source.md on a copy of the tree, and trains with what they give.
. "$1/tests/stranger.sh"

block adding-an-operation 1 >"$room/tree/src/nn/op_leaky_relu.c"
block adding-an-architecture 1 >"$room/tree/src/nn/arch_leaky.c"

header=$room/tree/src/nn/graph.h
sed '$d' "$header" >"$room/header"
block adding-an-operation 2 >>"$room/header"
echo '#endif' >>"$room/header"
mv "$room/header" "$header"

block adding-an-architecture 2 | add_to_list include/despur/net.h DESPUR_ARCHITECTURES

block adding-a-source 1 >"$room/tree/src/config/source_stripes.c"
block adding-a-source 2 | add_to_list src/config/source.h DATA_SOURCES
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

# The source: its keys are known, and those of others are idle; half of its test examples are unusual, and ERM follows brightness.
build/despur help config data.source | grep -q stripes || { echo "help does not know the source"; exit 1; }
if build/despur run recipe.yaml data='{source: stripes, labels: y.npy}' 2>said; then echo "a key of another source passes"; exit 1; fi
grep -q 'data.labels: has no effect unless data.source is npy or features (it is stripes)' said || { cat said; exit 1; }
build/despur run recipe.yaml data='{source: stripes, digits_train: 2000, digits_test: 400, strength: 0.999}' --out stripes \
  --quiet >table
grep -q '"data": "2400 images of 1 x 28 x 28 in memory"' stripes/manifest.json
awk -F, 'NR > 1 { n[$2 $3]++ } END { exit !(n["00"] == 100 && n["01"] == 100 && n["10"] == 100 && n["11"] == 100) }' \
  stripes/predictions.csv || { echo "the test groups are not 100 each"; exit 1; }
