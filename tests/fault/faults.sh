#!/bin/sh
# Usage: faults.sh DESPUR FAULT_LIBRARY memory|files STRIDE [NAME...]
#
# Lets calls to the system fail, one in each attempt, in every command of the tool (or the named ones only), and looks what comes of it.
# memory: allocations, from every place (an allocation and its nearest callers) that asks for memory, and from a spread of those that follow; pools of threads.
# files: reads, writes, syncs, renames and the like, by several errors; and short or interrupted ones, all over, which must not be noticed.
# A STRIDE above 1 takes only every so many-th of the calls that could fail, and three in any case.
#
# An attempt either succeeds and leaves the same bytes as one without a fault, or it ends with status 4 and one sentence. It leaks nothing
# and leaves no half file under a final name; a run that failed goes on, or starts again, to the same bytes.
set -eu
despur=$(realpath "$1")
fault=$(realpath "$2")
what=$3
stride=$4
shift 4
only=" $* "
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
. "$OLDPWD/tests/cli/fixtures.sh"
export TMPDIR="$room" HOME="$room" LC_ALL=C
# The library stands before the sanitizer's, and memory that cannot be had is a NULL there as well.
export ASAN_OPTIONS="verify_asan_link_order=0:allocator_may_return_null=1:${ASAN_OPTIONS-}"
unset DESPUR_DATA DESPUR_CPU

attempts=0
failures=0
failed=0

complain() {
  echo "$name: $*"
  head -n 30 complaint
  failed=$((failed + 1))
  [ "$failed" -lt 20 ] || exit 1
}

# faulty CALLS AT HOW EVERY: the command of this scenario under the fault.
faulty() {
  status=0
  FAULT_CALLS=$1 FAULT_AT=$2 FAULT_HOW=$3 FAULT_EVERY=$4 FAULT_COUNT=count LD_PRELOAD=$fault $command >said 2>complaint ||
    status=$?
}

# Files under their final names are whole. Those that grow may end early; a manifest knows what it saw.
look_for_halves() {
  for file in out/*; do
    base=${file#out/}
    case $base in
    manifest.json)
      sed -n 's/^ *"\(.*\)": "\([0-9a-f]\{64\}\)".*/\2  out\/\1/p' "$file" >sums
      sha256sum --status -c sums || complain "$1: $base does not know what is there"
      ;;
    '*' | *.partial | last.ckpt | report.html | timing.json | model.safetensors) ;;
    results.jsonl | steps.csv | events.*) cmp -s -n "$(wc -c <"$file")" "$file" "whole/$base" || complain "$1: $base is not a beginning" ;;
    *) if [ -f "$file" ]; then cmp -s "$file" "whole/$base" || complain "$1: $base is not whole"; fi ;;
    esac
  done
}

go_on() {
  if [ "$name" = sweep ]; then
    $command >heard 2>complaint || complain "$1: the sweep does not go on"
  elif [ -e out/last.ckpt ]; then
    "$despur" run --resume out --threads 1 --quiet >heard 2>complaint || complain "$1: cannot be resumed"
  elif ! grep -qs '"outcome": "complete"' out/manifest.json; then
    $command --force >heard 2>complaint || complain "$1: cannot be started again"
  fi
  diff -r -x timing.json -x last.ckpt -x .locks whole out >complaint 2>&1 || complain "$1: goes on to other bytes"
}

# attempt CALLS AT HOW EVERY
attempt() {
  place="$1 $2 $3"
  attempts=$((attempts + 1))
  rm -rf out
  faulty "$@"
  read -r made left <count
  case $status in
  0)
    [ -e out ] || mkdir out
    cmp -s said wanted || complain "$place: says something else"
    diff -r -x timing.json whole out >complaint 2>&1 || complain "$place: succeeds and leaves other bytes"
    ;;
  4 | $also)
    failures=$((failures + 1))
    tail -n 1 complaint | grep -q '^despur: ...*' || complain "$place: does not say why"
    if [ "$left" -gt "$living" ]; then complain "$place: $((left - living)) allocations are not freed"; fi
    case $command in
    *" sweep "*) go_on "$place" ;;
    *" run "* | *" infer recipe"*)
      look_for_halves "$place"
      go_on "$place"
      ;;
    *) if find out -name '*.partial' 2>/dev/null | grep -q .; then complain "$place: leaves a temporary file"; fi ;;
    esac
    ;;
  *) complain "$place: exit status $status" ;;
  esac
}

# Which calls fail: of memory the new places and, between them, one of 150; of files all. Every STRIDE-th of these.
choose() {
  if [ "$what" = memory ] && [ "$calls" -gt 300 ]; then
    seq 75 150 "$calls" | cat - places | sort -n -u
  else
    seq "$calls"
  fi | awk -v stride="$stride" '{ line[NR] = $0 }
    END {
      wanted = stride == 1 || NR < 3 ? NR : int(3 + NR / stride)
      for (i = 0; i < wanted; i++) print line[1 + int((i + 0.5) * NR / wanted)]
    }'
}

# Keeps what the command has done without a fault.
keep() {
  [ $status -eq 0 ] || complain "without a fault: exit status $status"
  read -r calls living <count
  cp said wanted
  rm -rf whole
  if [ -e out ]; then mv out whole; else mkdir whole; fi
}

memory() {
  rm -f places
  FAULT_PLACES=places faulty alloc 0 ENOMEM 0
  keep
  choose >chosen
  while read -r n; do attempt alloc "$n" ENOMEM 0; done <chosen
}

threads() {
  faulty thread 0 EAGAIN 0
  keep
  for n in $(seq "$calls"); do attempt thread "$n" EAGAIN 0; done
}

# Errors that a call can report, and where.
files() {
  faulty write 0 EIO 0
  keep
  for fault_of in create,write,fsync,ftruncate,mkdir,rename:ENOSPC open,read,write,fsync,rename,close,mkdir,ftruncate:EIO open:EMFILE; do
    rm -rf out
    faulty "${fault_of%:*}" 0 EIO 0
    read -r calls left <count
    choose >chosen
    while read -r n; do attempt "${fault_of%:*}" "$n" "${fault_of#*:}" 0; done <chosen
  done
  for fault_of in read,write:SHORT open,read,write,fsync,ftruncate:EINTR; do
    way=${fault_of#*:}
    attempt "${fault_of%:*}" 1 "$way" 2
    [ $status -eq 0 ] || complain "$way is not survived"
  done
}

# scenario NAME COMMAND: the tool is $despur; what it makes is in out.
scenario() {
  name=$1
  command="$despur $2"
  also=4
  if [ "$name" = sweep ]; then also=1; fi # some of its runs have failed, and it says which
  case $only in
  "  " | *" $name "*) ;;
  *) return ;;
  esac
  : >complaint
  rm -rf out
  before=$attempts
  "$what"
  echo "$name: $((attempts - before)) attempts"
}

# ---- what there is to work on ----

cat >recipe.yaml <<END
name: faults
data: {images: digits, digits_train: 40, digits_test: 20, strength: 0.6}
train: {epochs: 1, batch_size: 16}
END
cat >all.yaml <<END
name: faults
data: {images: digits, digits_train: 60, digits_test: 20, strength: 0.6}
reference: {epochs: 1}
infer: {method: cluster, on: features, clusters: 2}
train: {epochs: 2, method: groupdro, optimizer: {name: adam, lr: 0.001}}
select: {rule: val_worst_group}
log: {steps: true, tensorboard: true}
END
cat >sweep.yaml <<END
recipes: [recipe.yaml]
seeds: [0, 1]
END
quiet="--threads 1 --quiet"
"$despur" run all.yaml --out done $quiet >wanted
"$despur" run recipe.yaml --out runs/a $quiet >wanted
"$despur" run recipe.yaml seeds.init=1 --out runs/b $quiet >wanted
for i in $(seq 20); do byte $((i % 7)) $((i * 3 % 8)) $((200 + i % 5)) $((i * 5 % 9)); done | npy '|u1' '(40, 2)' >points.npy

# ---- what is done with it ----

scenario run "run all.yaml --out out $quiet"
for method in erm group_balance class_balance upsample downsample; do
  scenario $method "run recipe.yaml train.method=$method --out out $quiet"
done
scenario spare "run recipe.yaml reference.epochs=1 infer.method=cluster infer.clusters=2 train.method=spare --out out $quiet"
scenario jtt "run recipe.yaml reference.epochs=1 infer.method=jtt train.method=jtt --out out $quiet"
scenario eiil "infer recipe.yaml reference.epochs=1 infer.method=eiil --out out $quiet"
scenario apply "infer --apply done --threads 1 --out out"
scenario eval "eval runs/a"
scenario predictions "eval --predictions runs/a/predictions.csv"
scenario cam "cam done --threads 1 --out out"
scenario report "report done --out out"
scenario reports "report runs --plots out --out page.html"
scenario table "table runs --measure seconds --format csv"
scenario cluster "cluster points.npy --max-clusters 3 --algorithm gmm --labels-out out $quiet"
scenario umap "cluster points.npy --clusters 2 --reduce umap $quiet"
scenario medoids "cluster points.npy --clusters 2 --algorithm kmedoids $quiet"
scenario compare "compare runs/a runs/b"
scenario check "check runs/a --min-average 0.01 --junit out"
scenario plan "plan --accuracy 0.75"
scenario export "data export data.images=digits data.digits_train=60 data.digits_test=20 data.strength=0.6 --out out"
scenario help "help config"
scenario verify "verify done $quiet"
scenario sweep "sweep sweep.yaml --out out --jobs 1 $quiet"
if [ "$what" = memory ]; then
  what=threads
  scenario threads "run recipe.yaml --threads 3 --out out --quiet"
fi

echo "$attempts attempts, $failures of them failed as they should, $failed otherwise"
[ $failed -eq 0 ]
