#!/bin/sh
# Usage: killed.sh DESPUR FAULT_LIBRARY operations FIRST STEP
#        killed.sh DESPUR FAULT_LIBRARY moments COUNT
#
# Kills runs with SIGKILL, resumes them, and compares every byte of every file but timing.json with a run that was left alone.
# operations: kills just before the FIRST-th operation on files (in the middle, where it is a write), the (FIRST + STEP)-th,
# and so on until there are no more; the resumed run is killed once as well. moments: kills COUNT times after random times.
set -eu
despur=$(realpath "$1")
fault=$(realpath "$2")
how=$3
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
export ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS-}" # the library stands before the sanitizer's

cat >recipe.yaml <<END
name: killed
data: {images: digits, digits_train: 60, digits_test: 20, strength: 0.6}
reference: {epochs: 2}
infer: {method: cluster, on: features, clusters: 2}
train: {epochs: 3, method: groupdro, optimizer: {name: adam, lr: 0.001}}
repair: {method: erm, l2: 1}
log: {steps: true, tensorboard: true}
END

OPERATIONS=open,write,fsync,rename,unlink,ftruncate,mkdir
kills=0
early=0

# faulty N COMMAND...: kills the command before its N-th operation on files.
faulty() {
  at=$1
  shift
  status=0
  FAULT_CALLS=$OPERATIONS FAULT_AT=$at FAULT_HOW=KILL LD_PRELOAD=$fault "$@" --threads 1 --quiet >table 2>said || status=$?
  if [ $status -eq 137 ]; then kills=$((kills + 1)); fi
}

fail() {
  echo "$1"
  cat said
  exit 1
}

# Before the first checkpoint there is nothing to resume, and nothing lost: such a run begins again.
finish() {
  if [ -e run/last.ckpt ]; then
    "$despur" run --resume run --threads 1 --quiet >table 2>said || fail "$1: cannot be resumed"
  elif ! grep -qs '"outcome": "complete"' run/manifest.json; then
    early=$((early + 1))
    "$despur" run recipe.yaml --out run --force --threads 1 --quiet >table 2>said || fail "$1: cannot be started again"
  fi
}

compare() {
  diff -r -x timing.json whole run >said 2>&1 || fail "$1: differs from the run that was left alone"
}

kill_at_operations() {
  n=$1
  while rm -rf run && faulty "$n" "$despur" run recipe.yaml --out run && [ "$status" -eq 137 ]; do
    # one more kill, somewhere else each time
    if [ -e run/last.ckpt ]; then faulty $((1 + n * 37 % 150)) "$despur" run --resume run; fi
    finish "killed at operation $n"
    compare "killed at operation $n"
    n=$((n + $2))
  done
  [ "$status" -eq 0 ] || fail "without a kill: exit status $status"
  compare "not killed"
}

# The k-th of COUNT random times, between 0 and what a whole run takes.
moment() {
  awk -v k="$1" -v seconds="$seconds" 'BEGIN { srand(k); rand(); printf "%.4f", rand() * seconds }'
}

# once N COMMAND...: kills the command at the N-th random time.
once() {
  at=$(moment "$1")
  shift
  "$@" --threads 1 --quiet >table 2>said &
  sleep "$at"
  kill -KILL $! 2>/dev/null || true
  status=0
  wait $! 2>/dev/null || status=$?
  if [ $status -eq 137 ]; then kills=$((kills + 1)); fi
}

kill_at_moments() {
  began=$(date +%s%N)
  "$despur" run recipe.yaml --out timed --threads 1 --quiet >table 2>said
  seconds=$(awk -v ns=$(($(date +%s%N) - began)) 'BEGIN { print ns / 1e9 }')
  try=1
  while [ "$kills" -lt "$1" ]; do
    rm -rf run
    once $try "$despur" run recipe.yaml --out run
    while [ $((try % 3)) -ne 0 ] && [ -e run/last.ckpt ]; do
      try=$((try + 1))
      once $try "$despur" run --resume run
    done
    finish "killed at a random moment"
    compare "killed at a random moment ($kills kills so far)"
    try=$((try + 1))
  done
}

"$despur" run recipe.yaml --out whole --threads 1 --quiet >table 2>said || fail "the run that is left alone fails"
case $how in
operations) kill_at_operations "$4" "$5" ;;
moments) kill_at_moments "$4" ;;
esac
echo "$kills kills survived, $early of them before the first checkpoint; $(find whole -type f ! -name timing.json -exec cat {} + | wc -c) bytes compared each time"
