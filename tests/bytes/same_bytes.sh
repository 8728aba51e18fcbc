#!/bin/sh
# Usage: same_bytes.sh FAULT_LIBRARY DESPUR [DESPUR ...]
#
# Carries out a small recipe of each method in many ways, and compares the SHA-256 of every file but timing.json, and what is
# printed, with the first way: one thread of the first DESPUR. The others are 2, 3 and 7 threads; every instruction set of every
# build of the tool; killed and resumed; inside a sweep. With KEEP=DIRECTORY runs that differ are kept there.
set -eu
fault=$(realpath "$1")
shift
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
number=0
for tool; do
  number=$((number + 1))
  ln -s "$(realpath "$tool")" "$room/despur-$number"
done
builds=$number
cd "$room"
export ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS-}" # the library stands before the sanitizer's
unset DESPUR_CPU DESPUR_DATA
mkdir recipes

# recipe NAME: what is peculiar to a method, on standard input.
recipe() {
  {
    echo "name: $1"
    cat
    echo 'log: {steps: true, tensorboard: true}'
  } >"recipes/$1.yaml"
}
data='data: {images: digits, digits_train: 60, digits_test: 20, strength: 0.6, classes: [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]'
adam='optimizer: {name: adam, lr: 0.003}'
reference="reference: {epochs: 2, batch_size: 20, $adam}"

recipe erm <<END
$data, difficulty: variance_high}
train: {method: erm, epochs: 2, batch_size: 20, optimizer: {name: sgd, nesterov: true}, schedule: {name: cosine}, clip: 1}
END
recipe erm-mlp <<END
$data, difficulty: magnitude_small}
model: {arch: mlp}
train: {method: erm, epochs: 2, batch_size: 20, optimizer: {name: adamw, lr: 0.001, weight_decay: 0.1}, schedule: {name: linear}}
select: {rule: val_average}
END
recipe group_balance <<END
$data, core_feature_noise: 0.3}
train: {method: group_balance, epochs: 2, batch_size: 20, $adam}
select: {rule: val_worst_group}
END
recipe class_balance <<END
$data, label_noise: 0.1}
train: {method: class_balance, epochs: 2, batch_size: 20, $adam}
select: {rule: val_worst_class}
END
recipe upsample <<END
$data}
train: {method: upsample, epochs: 2, batch_size: 20, schedule: {name: step, gamma: 0.5}}
END
recipe downsample <<END
$data}
train: {method: downsample, epochs: 2, batch_size: 20, $adam}
END
recipe groupdro <<END
$data}
train: {method: groupdro, epochs: 2, batch_size: 20, $adam, groupdro: {eta: 0.1, adjustment: 1}}
END
recipe groupdro-shuffle <<END
$data}
train: {method: groupdro, sampler: shuffle, epochs: 2, batch_size: 20, $adam, groupdro: {eta: 0.1}}
END
recipe george <<END
$data}
$reference
infer: {method: george}
train: {epochs: 2, batch_size: 20, $adam}
END
recipe george-spuco <<END
$data}
$reference
infer: {method: george, preset: spuco}
train: {epochs: 2, batch_size: 20, $adam}
END
recipe spare <<END
$data}
$reference
infer: {method: spare}
train: {epochs: 2, batch_size: 20, $adam}
END
recipe jtt <<END
$data}
$reference
infer: {method: jtt}
train: {epochs: 2, batch_size: 20, $adam, jtt: {repeats: 3}}
END
recipe eiil <<END
$data}
$reference
infer: {method: eiil, eiil: {steps: 500}}
train: {epochs: 2, batch_size: 20, $adam}
END
recipe cluster-pca <<END
$data}
reference: {epochs: 2, batch_size: 20, select: val_recall, $adam}
infer: {method: cluster, on: features, scale: standard, reduce: {method: pca, components: 3}, algorithm: gmm_diagonal, max_clusters: 3}
train: {method: group_balance, epochs: 2, batch_size: 20, $adam}
END
recipe cluster-hardness <<END
$data}
$reference
infer: {method: cluster, on: features, reduce: {method: hardness}, algorithm: kmedoids, clusters: 2}
train: {method: upsample, epochs: 2, batch_size: 20, $adam}
END
recipes=$(ls recipes | sed 's/\.yaml$//')

# sums DIRECTORY: the SHA-256 and name of every file.
sums() {
  (cd "$1" && find . -type f ! -name timing.json | LC_ALL=C sort | xargs sha256sum)
}

# compare DIRECTORY WAY: with the files of the first way.
compare() {
  sums "$1" >found
  ways=$((ways + 1))
  files=$((files + $(wc -l <found)))
  bytes=$((bytes + $(find "$1" -type f ! -name timing.json -exec cat {} + | wc -c)))
  diff wanted found >differences && return
  failed=1
  echo "$name: not the same bytes ($2): $(sed -n 's/^[<>] [0-9a-f]*  \.\///p' differences | sort -u | tr '\n' ' ')"
  if [ -n "${KEEP-}" ]; then # for a closer look
    mkdir -p "$KEEP" && rm -rf "$KEEP/$name" "$KEEP/$name, $2" && cp -r first "$KEEP/$name" && cp -r "$1" "$KEEP/$name, $2"
  fi
}

# carry_out TOOL DIRECTORY [OPTION ...]: a run; what it prints, but for the name of its directory, becomes one of its files.
carry_out() {
  tool=$1 directory=$2
  shift 2
  rm -rf "$directory"
  "$tool" run "../recipes/$name.yaml" --out "$directory" "$@" >printed 2>news || return
  sed '$d' printed >"$directory/printed.txt"
  cp news "$directory/news.txt"
}

stop() {
  echo "$name: $1"
  cat news
  exit 1
}

all_ways() {
  ways=0 files=0 bytes=0 failed=0
  carry_out ../despur-1 first --threads 1 || stop "cannot be carried out"
  sums first >wanted
  for threads in 2 3 7; do
    carry_out ../despur-1 other --threads $threads || stop "fails with $threads threads"
    compare other "$threads threads"
  done
  build=1
  while [ $build -le $builds ]; do
    for level in $(cat "../levels-$build"); do
      DESPUR_CPU=$level carry_out ../despur-$build other --threads 2 || stop "fails in build $build, $level"
      grep -q "\"kernels\": \"$level\"" other/timing.json || stop "not carried out with $level"
      compare other "build $build, $level"
    done
    build=$((build + 1))
  done
  # Killed before its third rename, when there is a checkpoint. What the killed process printed is lost.
  rm -rf other
  status=0
  FAULT_CALLS=rename FAULT_AT=3 FAULT_HOW=KILL LD_PRELOAD=$fault ../despur-1 run "../recipes/$name.yaml" --out other \
    >printed 2>news || status=$?
  [ $status -eq 137 ] && [ -e other/last.ckpt ] || stop "expected to be killed with a checkpoint, found exit code $status"
  ../despur-1 run --resume other >printed 2>news || stop "cannot be resumed"
  cp first/printed.txt first/news.txt other
  compare other "killed and resumed"
  cp first/printed.txt first/news.txt "../sweep/$name,seed-0"
  compare "../sweep/$name,seed-0" "in a sweep"
  echo "$ways $files $bytes $failed" >counts
}

# The instruction sets that each build has here.
build=1
while [ $build -le $builds ]; do
  for level in baseline v3 v4; do
    if DESPUR_CPU=$level ./despur-$build run recipes/erm.yaml --out probe --force --quiet >printed 2>&1; then
      echo $level
    else
      grep -q 'no kernels of that name' printed || { cat printed >&2; exit 1; }
    fi
  done >levels-$build
  build=$((build + 1))
done
printf 'recipes: [recipes/*.yaml]\nseeds: 0\n' >sweep.yaml
./despur-1 sweep sweep.yaml --out sweep >printed 2>&1 || { cat printed; exit 1; }

# As many recipes at a time as there are processors; with all of these threads at work, some come late.
workers=$(nproc)
worker=0
while [ $worker -lt "$workers" ]; do
  (
    turn=0
    for name in $recipes; do
      if [ $((turn % workers)) -eq $worker ]; then (mkdir "of-$name" && cd "of-$name" && all_ways); fi
      turn=$((turn + 1))
    done
  ) &
  worker=$((worker + 1))
done
wait
[ "$(cat of-*/counts | wc -l)" -eq "$(echo "$recipes" | wc -l)" ] || exit 1
cat of-*/counts | awk -v builds="$builds" -v levels="$(cat levels-* | sort -u | tr '\n' ' ')" '
{ ways += $1; files += $2; bytes += $3; failed += $4 }
END {
  printf "figure: %d recipes, %d runs beside the first ones (%d builds; %s): %d files, %d bytes compared\n",
    NR, ways, builds, levels, files, bytes
  exit failed > 0
}'
