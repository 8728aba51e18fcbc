#!/bin/sh
# Usage: hostile.sh DESPUR MEMORY SECONDS: files made to take memory or time, too large to be kept as seeds. Each must be refused
# with its exit status and a message that names file and place, by a process of at most MEMORY KB (or unlimited) and SECONDS of
# processor time.
set -eu
despur=$(realpath "$1")
memory=$2
seconds=$3
. "$(pwd)/tests/cli/fixtures.sh"
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
export HOME="$room" LC_ALL=C
unset DESPUR_DATA XDG_CACHE_HOME
failed=0
refused_count=0

# refused STATUS MESSAGE ARGUMENT...: MESSAGE is an extended regular expression.
refused() {
  wanted=$1
  message=$2
  shift 2
  code=0
  (
    ulimit -v "$memory"
    ulimit -t "$seconds"
    exec "$despur" "$@"
  ) >out 2>err || code=$?
  refused_count=$((refused_count + 1))
  if [ $code -ne "$wanted" ] || [ "$(wc -l <err)" -ne 1 ] || ! grep -Eq "^despur: $message" err; then
    echo "despur $*: expected exit status $wanted and '$message', found $code and:"
    head -c 600 err
    failed=1
  fi
}

# repeat TEXT COUNT
repeat() {
  yes -- "$1" | head -n "$2" | tr -d '\n'
}

# ---- IDX: bombs ----

tiny_recipe
printf 'data: {images: mnist}\n' >idx.yaml
idx_directory mnist 20 10
images=mnist/train-images-idx3-ubyte
zeros 8000000 | gzip -9n >member
idx_header() {
  byte 0 0 8 3
  big_endian "$1"
  big_endian 28
  big_endian 28
}
# A gzip file is any number of members: 800 MB in 800 KB.
bomb() {
  idx_header "$1" | gzip -9n
  for member in $(seq 100); do cat member; done
}
rm "$images"
bomb 1000000 >"$images.gz"
refused 3 "mnist/train-images-idx3-ubyte.gz: 784,000,000 bytes of pixels in 7[0-9]+,[0-9]+ compressed ones: .*bomb" \
  run idx.yaml --quiet
bomb 20 >"$images.gz"
refused 3 'mnist/train-images-idx3-ubyte.gz: expected 15,680 bytes of pixels, found more' run idx.yaml --quiet
rm "$images.gz"
{ byte 0 0 8 3 127 255 255 255 127 255 255 255 0 0 0 28; } >"$images"
refused 3 'mnist/train-images-idx3-ubyte: the header asks for 2,147,483,647 x 2,147,483,647 x 28 bytes' run idx.yaml --quiet

# ---- files that are long and empty ----

for name in sparse.npy sparse.safetensors sparse.yaml sparse.csv; do truncate -s 1T $name; done
idx_directory mnist 20 10
zeros 15680 | npy '|u1' '(20, 1, 28, 28)' >images.npy
printf 'data: {source: npy, images: images.npy, labels: sparse.npy}\n' >own.yaml
refused 3 'sparse.npy: not a .npy file' cluster sparse.npy --clusters 2
refused 3 'sparse.npy: not a .npy file' run own.yaml --quiet
refused 3 'sparse.safetensors: 1,099,511,627,776 bytes long, at most 17,179,869,184 are expected' run tiny.yaml model.init=sparse.safetensors --quiet
refused 3 'sparse.yaml: 1,099,511,627,776 bytes long, at most 1,048,576 are expected' run sparse.yaml
refused 3 'sparse.yaml: 1,099,511,627,776 bytes long' sweep sparse.yaml
refused 3 'sparse.csv:1:1: expected text, found a NUL byte' eval --predictions sparse.csv

# ---- npy and safetensors ----

zeros 4 | npy '<f4' '(9223372036854775808, 2)' >bad.npy
refused 3 'bad.npy: its shape asks for more elements than a computer can hold' cluster bad.npy --clusters 2
zeros 4 | npy '<f4' '(1073741824, 4)' >bad.npy
refused 3 'bad.npy: expected 17,179,869,184 bytes of elements, found 4' cluster bad.npy --clusters 2
safetensors '{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}' 4 >bad.safetensors
refused 3 "bad.safetensors: tensor 'a': its shape holds more than 2\^64 numbers" run tiny.yaml model.init=bad.safetensors --quiet
{ byte 0 0 0 0 0 0 0 128; zeros 100; } >bad.safetensors
refused 3 'bad.safetensors: expected safetensors, a state dictionary of PyTorch or ONNX, found none' run tiny.yaml model.init=bad.safetensors --quiet
# as many tensors as a header of that length can name
{ printf '{"a":{}'; seq 100000 187370 | sed 's/.*/,"&":{}/' | tr -d '\n'; printf '%109s' '}'; } >header
{ little_endian 8 "$(wc -c <header)"; cat header; } >bad.safetensors
refused 3 "bad.safetensors: tensor '[a0-9]+': expected dtype, shape and data_offsets within the data" run tiny.yaml model.init=bad.safetensors --quiet

# ---- CSV ----

repeat , 10000000 >wide.csv
refused 3 'wide.csv:1:16385: expected at most 16384 columns, found more' eval --predictions wide.csv
{ printf 'y,a,prediction\n"'; zeros 100000000 | tr '\0' x; } >quote.csv
refused 3 'quote.csv:2:1: expected at most 4 MiB in a record' eval --predictions quote.csv

# ---- YAML, up to the length that is read ----

repeat '[' 1000000 >deep.yaml
refused 3 'deep.yaml:1: ' run deep.yaml
refused 3 'deep.yaml: ' sweep deep.yaml
repeat '{a: ' 200000 >deep.yaml
refused 3 'deep.yaml:1: ' run deep.yaml
repeat '- ' 500000 >deep.yaml
refused 3 'deep.yaml:1: ' run deep.yaml
{ printf 'data: {classes: '; repeat '[' 100000; } >deep.yaml
refused 3 'deep.yaml:1: ' run deep.yaml
{ printf 'recipes: tiny.yaml\nset: {label: '; repeat '[' 60000; } >deep.yaml
refused 3 'deep.yaml:2: more than 8 brackets' sweep deep.yaml
{ printf 'name: "'; repeat x 1000000; } >long.yaml
refused 3 'long.yaml:1: ' run long.yaml
printf 'a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n' >laughs.yaml
refused 3 'laughs.yaml:1: expected plain keys and values, found an anchor' run laughs.yaml
printf 'name: &a x\nlabel: *a\n' >laughs.yaml
refused 3 'laughs.yaml:1: expected plain keys and values, found an anchor' run laughs.yaml
{ printf 'recipes: tiny.yaml\ngrid: {label: ['; seq -s , 20000; printf ']}\n'; } >many.yaml
refused 3 'many.yaml:2: label: expected from 1 to 500 values, found more' sweep many.yaml
{ printf 'recipes: ['; for i in $(seq 300); do printf "'*.yaml', "; done; printf ']\n'; } >many.yaml
refused 3 'many.yaml:1: recipes: expected at most 500, found more' sweep many.yaml
{ printf 'recipes: tiny.yaml\nseeds: 0-9999\nexclude: ['; repeat '{seed: 0},' 10000; printf ']\n'; } >many.yaml
refused 3 'many.yaml:3: exclude: expected at most 1000 combinations' sweep many.yaml
{ printf 'recipes: tiny.yaml\ngrid: {'; repeat 'label: [a],' 10000; printf '}\n'; } >many.yaml
refused 3 "many.yaml:2: key 'label' stands here for the second time" sweep many.yaml

# ---- run directories ----

mkdir bad
run_directory() {
  printf 'name: x\n' >bad/config.yaml
  printf '{"outcome":"complete"}\n' >bad/manifest.json
  : >bad/results.jsonl
}
run_directory
{
  printf 'a: &a {'
  for i in $(seq 10); do printf 'k%d: v, ' "$i"; done
  printf '}\n'
  before=a
  for name in b c d e f g h; do
    printf '%s: &%s {' $name $name
    for i in $(seq 10); do printf 'k%d: *%s, ' "$i" $before; done
    printf '}\n'
    before=$name
  done
} >bad/config.yaml
refused 3 'bad/config.yaml:2: expected plain keys and values, found an alias' report bad
run_directory
repeat '[' 1000000 >bad/config.yaml
refused 3 'bad/config.yaml:1: expected at most 8 levels' report bad
run_directory
{ printf '{"stage":"infer","inferred":['; repeat '0,' 99999; printf '0],"true":['; repeat '0,' 99999; printf '0],"contingency":['; repeat '0,' 99999; printf '0]}\n'; } >bad/results.jsonl
refused 3 'bad/results.jsonl:1: expected a contingency table of 100000 columns, found 0 in row 0' report bad
{ printf '{"stage":"train","groups":['; repeat '{},' 3000000; printf '0]}\n'; } >bad/results.jsonl
refused 3 'bad/results.jsonl:1:1: expected at most 500000 values, found more' report bad
{ printf '{"a":'; repeat '[' 400000; } >bad/results.jsonl
refused 3 'bad/results.jsonl:1:133: expected at most 128 levels' report bad
run_directory
{ printf '{'; repeat 'k: v, ' 170000; printf 'z: *a}\n'; } >bad/config.yaml
refused 3 'bad/config.yaml:1: expected plain keys and values, found an alias' report bad
run_directory
truncate -s 1T bad/results.jsonl
refused 3 'bad/results.jsonl: 1,099,511,627,776 bytes long, at most 268,435,456' report bad
run_directory
truncate -s 1T bad/last.ckpt
refused 3 'bad/last.ckpt: not a checkpoint' run --resume bad
{ printf 'despur checkpoint 6\n'; little_endian 8 4294967296; repeat 0 64; } >bad/last.ckpt
refused 3 'bad/last.ckpt: damaged: ' run --resume bad

echo "$refused_count files refused"
exit $failed
