#!/bin/sh
# Usage: adding_a_stage.sh SOURCE: carries out docs/adding-a-stage.md on a copy of the tree, and runs with what it gives.
. "$1/tests/stranger.sh"

# put_before FILE PATTERN NUMBER: a block of the page goes before the first line of a file that matches.
put_before() {
  block adding-a-stage "$3" >"$room/line"
  awk -v line_file="$room/line" -v pattern="$2" '
  !done && $0 ~ pattern { while ((getline line <line_file) > 0) print line; done = 1 }
  { print }
  END { exit !done }' "$room/tree/$1" >"$room/changed"
  mv "$room/changed" "$room/tree/$1"
}

block adding-a-stage 1 >"$room/tree/src/run/stages/stage_doubts.c"
block adding-a-stage 2 | add_to_list src/run/state/stage.h STAGE_KINDS
put_before src/config/schema.c 'BOOLEAN.*log\.steps' 3
put_before src/config/config.h 'bool steps, tensorboard;' 4
put_before src/run/files/run_files.c '"cam.json", has_convolution' 5
sed -i 's/"report.html"};/"doubts.csv", "report.html"};/' "$room/tree/src/run/files/run_files.c"
configure
build

cat >"$room/recipe.yaml" <<END
data: {images: digits, digits_train: 400, digits_test: 100, strength: 0.8}
model: {arch: mlp}
train: {method: erm, epochs: 2, batch_size: 32}
END
cd "$room"
build/despur run recipe.yaml --out without --threads 1 --quiet >table
[ ! -e without/doubts.csv ] || { echo "the stage is in a run that does not want it"; exit 1; }
build/despur run recipe.yaml log.doubts=true --out one --threads 1 --quiet >table
build/despur run recipe.yaml log.doubts=true --out three --threads 3 --quiet >table
diff -r -x timing.json one three
build/despur verify one >table 2>&1 || { echo "the run is not repeated:"; cat table; exit 1; }
grep -q '"doubts.csv": "' one/manifest.json || { echo "the manifest does not have the file"; exit 1; }

# The twenty of predictions.csv whose larger probability is the smallest.
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i ~ /^p/ && $i != "prediction") of[i]; next }
  { most = 0; for (i in of) if ($i > most) most = $i; printf "%.4f %s\n", most, $1 }' one/predictions.csv | sort -n | head -20 |
  cut -d' ' -f1 >wanted
awk -F, 'NR > 1 { printf "%.4f\n", $2 }' one/doubts.csv >found
diff wanted found || { echo "not those that the network is least sure of"; exit 1; }

# Stopped before it, a run does not have the file; nor do groups without a network.
rm -rf stopped
: >news
build/despur run recipe.yaml log.doubts=true train.epochs=10000 --out stopped >news 2>&1 &
run=$!
tries=0
until grep -q 'epoch 1 of' news || [ $tries -eq 600 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -INT $run || { echo "the run ended before it could be stopped:"; cat news; exit 1; }
wait $run || true
[ ! -e stopped/doubts.csv ] || { echo "a run that was stopped in training has the file"; exit 1; }
if build/despur infer recipe.yaml log.doubts=true infer.method=cluster reference.epochs=1 --out inferred --quiet >table 2>&1; then
  [ ! -e inferred/doubts.csv ] || { echo "despur infer has the stage"; exit 1; }
fi
