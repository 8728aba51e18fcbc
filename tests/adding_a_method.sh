#!/bin/sh
# Usage: adding_a_method.sh SOURCE: carries out docs/adding-a-method.md on a copy of the tree, and trains with what it gives.
. "$1/tests/stranger.sh"

block adding-a-method 1 >"$room/tree/src/train/method_hardest.c"
block adding-a-method 2 | add_to_list include/despur/train.h DESPUR_METHODS
configure
build

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
told='This method was told the attribute of every training example'
if grep -q "$told" run/report.html; then
  echo "the page says that a method without groups was told the attribute"
  exit 1
fi
sed -i 's/METHOD_NEEDS_NOTHING/METHOD_NEEDS_GROUPS/' "$room/tree/src/train/method_hardest.c"
build
build/despur run recipe.yaml --out told --threads 1 --quiet >table
grep -q "$told" told/report.html || { echo "the page does not say that the method was told the attribute"; exit 1; }
