#!/bin/sh
# Usage: interleaved.sh DESPUR FAULT_LIBRARY: pages that are made while a run ends or begins in the same directory. One process stands still
# before a rename, the other comes in between: nobody fails for it, and what the run leaves is what its manifest says.
set -eu
despur=$(realpath "$1")
fault=$(realpath "$2")
source=$(pwd)
room=$(mktemp -d)
stopped=
trap '[ -z "$stopped" ] || kill -KILL "$stopped"; rm -rf "$room"' EXIT
cd "$room"
. "$source/tests/cli/fixtures.sh"
tiny_recipe
"$despur" run tiny.yaml --out wanted --quiet >/dev/null

failed=0
complain() {
  echo "$case: $*"
  head -n 20 said others
  failed=1
}

# stand_still N ARGUMENT...: despur, until it is about to make its N-th rename. False when it has ended without.
stand_still() {
  at=$1
  shift
  FAULT_CALLS=rename FAULT_AT=$at FAULT_HOW=STOP LD_PRELOAD=$fault "$despur" "$@" >said 2>&1 &
  stopped=$!
  while :; do
    state=$(sed -n 's/^State:.\(.\).*/\1/p' /proc/$stopped/status 2>/dev/null) || state=
    case $state in
    T) return 0 ;;
    Z | '') break ;;
    esac
    sleep 0.02
  done
  wait $stopped || complain "ended with $?"
  stopped=
  return 1
}

# go_on: lets it end, which it does without a fault.
go_on() {
  kill -CONT $stopped
  status=0
  wait $stopped || status=$?
  stopped=
  [ $status -eq 0 ] || complain "ended with $status"
}

is_as_wanted() {
  diff -r -x timing.json wanted run >others 2>&1 || complain "the run is another"
  "$despur" verify run --quick >others 2>&1 || complain "verify: $?"
}

# A page of a run that is about to end: it is the run's to make.
end=0
for rename in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
  case="run, rename $rename"
  rm -rf run
  stand_still $rename run tiny.yaml --out run --quiet || break
  end=$rename
  status=0
  "$despur" report run >others 2>&1 || status=$?
  [ $rename -eq 1 ] && why='there is no run in it' || why='another process is at work in it'
  [ $status -ne 0 ] && grep -q "^despur: run: $why$" others || complain "report: $status"
  go_on
  is_as_wanted
done
case="all renames"
[ $end -ge 6 ] && [ $end -lt 16 ] || complain "a run makes $end"

# The page of a folder leaves such a run out and says why.
case="run in a folder"
mkdir all
cp -r wanted all/other
stand_still "$end" run tiny.yaml seed=1 --out all/run --quiet || complain "it ended"
"$despur" report all >others 2>&1 || complain "report: $?"
grep -q 'another process is at work in it' all/report.html || complain "the page does not say which run it leaves out"
go_on
"$despur" verify all/run --quick >others 2>&1 || complain "verify: $?"
"$despur" report all >others 2>&1 || complain "report: $?"
! grep -q 'another process is at work in it' all/report.html || complain "the page still leaves the run out"

# A run that begins while a page is made waits for it.
case="report, then run"
rm -rf run
cp -r wanted run
stand_still 1 report run
"$despur" run tiny.yaml --out run --force --quiet >others 2>&1 &
beginning=$!
sleep 0.3
[ -e run/results.jsonl ] && kill -0 $beginning || complain "the run did not wait"
go_on
wait $beginning || complain "run: $?"
is_as_wanted

# Pages and tables of one run at once.
case="report, then others"
stand_still 1 report run
for verb in 'report run' 'report run --out page.html' 'eval run' 'table run'; do
  "$despur" $verb >others 2>&1 || complain "$verb: $?"
done
go_on
is_as_wanted
cmp run/report.html page.html || complain "the pages differ"
exit $failed
