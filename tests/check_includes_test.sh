#!/bin/sh
# Plants include lines in an otherwise empty tree: those that point back must be found, the others must pass.
set -eu
check=$(cd "$(dirname "$0")" && pwd)/check_includes.sh
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
failed=0

# verdict WANTED FILE INCLUDED...: WANTED is "passes", or words of the complaint.
verdict() {
  wanted=$1 file=$2
  shift 2
  rm -rf "$root/tree"
  mkdir -p "$root/tree/$(dirname "$file")"
  for included; do echo "#include $included"; done >"$root/tree/$file"
  if said=$(sh "$check" "$root/tree" 2>&1); then said="passes"; fi
  case $said in
  *"$wanted"*) ;;
  *)
    echo "$file includes $*: expected '$wanted', found '$said'" >&2
    failed=1
    ;;
  esac
}

verdict passes src/train/loop.c '"train/loop.h"' '"nn/engine.h"' '"nn/loss.h"' '"base/error.h"' '<stdio.h>' '"despur/groups.h"'
verdict passes cli/main.c '"cli.h"' '"cli/verbs.h"' '"despur/despur.h"' '<stdio.h>'
verdict passes include/despur/despur.h '"despur/infer.h"' '"despur/error.h"'
verdict 'src/base/text.c:2: io/file.h: points back' src/base/text.c '"base/text.h"' '"io/file.h"'
verdict 'src/data/dataset.c:1: despur/infer.h: points back' src/data/dataset.c '"despur/infer.h"'
verdict 'include/despur/groups.h:1: despur/eval.h: points back' include/despur/groups.h '"despur/eval.h"'
verdict passes src/nn/net.c '"nn/net.h"' '"nn/kernels.h"'
verdict passes src/bench/kernel_rows.c '"nn/net.h"'
verdict 'nn/net.h: private to src/nn' src/train/loop.c '"nn/net.h"'
verdict 'nn/graph.h: private to src/nn' src/run/run.c '"nn/graph.h"'
verdict 'are siblings' src/nn/net.c '"data/dataset.h"'
verdict 'are siblings' src/eval/scores.c '"despur/infer.h"'
verdict passes src/eval/rates/rates.c '"eval/rates/spread.h"' '"eval/statistics/range.h"' '"despur/rates.h"'
verdict passes src/eval/scores.c '"eval/rates/spread.h"' '"eval/cells.h"'
verdict 'its room lies above' src/eval/statistics/range.c '"eval/rates/spread.h"'
verdict 'its room lies above' src/eval/statistics/range.c '"eval/cells.h"'
verdict 'not in a known room' src/eval/cellar/range.c '"base/error.h"'
verdict 'the tool may include' cli/main.c '"base/error.h"'
verdict 'public headers only' include/despur/train.h '"base/memory.h"'
verdict 'not a header of a known module' src/run/run.c '"despur/despur.h"'
verdict 'not a header of a known module' src/run/run.c '"../nn/net.h"'
verdict 'not in a known module' src/utils/helpers.c '"base/error.h"'
exit $failed
