# Small inputs for tests of the command line, made with printf and head. A step reads them in with
# `. "$SOURCE/tests/cli/fixtures.sh"`.

# byte N...: the bytes themselves.
byte() {
  for value in "$@"; do printf "\\$(printf %03o "$value")"; done
}

# big_endian N and little_endian BYTES N: an unsigned number.
big_endian() {
  byte $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255))
}
little_endian() {
  rest=$2
  for place in $(seq "$1"); do
    byte $((rest & 255))
    rest=$((rest >> 8))
  done
}

zeros() {
  head -c "$1" /dev/zero
}

# digits COUNT: the labels 0, 1, ..., 9, 0, 1, ...
digits() {
  for number in $(seq 0 $(($1 - 1))); do byte $((number % 10)); done
}

# idx_images COUNT: black images. idx_labels COUNT.
idx_images() {
  byte 0 0 8 3
  big_endian "$1"
  big_endian 28
  big_endian 28
  zeros $(($1 * 784))
}
idx_labels() {
  byte 0 0 8 1
  big_endian "$1"
  digits "$1"
}

# idx_directory DIRECTORY TRAIN TEST: the four files of a data set of that many images.
idx_directory() {
  mkdir -p "$1"
  idx_images "$2" >"$1/train-images-idx3-ubyte"
  idx_labels "$2" >"$1/train-labels-idx1-ubyte"
  idx_images "$3" >"$1/t10k-images-idx3-ubyte"
  idx_labels "$3" >"$1/t10k-labels-idx1-ubyte"
}

# npy TYPE SHAPE [ORDER]: an array with the bytes on standard input; ORDER True is Fortran's.
npy() {
  header="{'descr': '$1', 'fortran_order': ${3:-False}, 'shape': $2, }"
  byte 147
  printf NUMPY
  byte 1 0
  little_endian 2 118
  printf '%-117s\n' "$header"
  cat
}

# safetensors HEADER BYTES: a file with that much data, all zero; the header is filled up to 120 bytes.
safetensors() {
  little_endian 8 120
  printf '%-120s' "$1"
  zeros "$2"
}

# tiny_recipe: writes tiny.yaml, which takes a moment.
tiny_recipe() {
  cat >tiny.yaml <<END
name: tiny
data: {images: digits, digits_train: 200, digits_test: 50, strength: 0.9}
train: {epochs: 1}
END
}

# wait_for TEXT FILE: until the file has the text, at most half a minute. Remove a file of that name first: a program that is only
# starting has not emptied it yet.
wait_for() {
  for attempt in $(seq 300); do
    if grep -q "$1" "$2" 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "no '$1' in $2" >&2
}
