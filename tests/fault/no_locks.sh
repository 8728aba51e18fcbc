#!/bin/sh
# Usage: no_locks.sh DESPUR FAULT_LIBRARY: on file systems that know no locks (NFS without lockd, Lustre without -o flock), what needs a
# lock only as a convenience goes on and leaves the same bytes; what depends on one says why it cannot. Nobody is told that another
# process is at work where there is none.
set -eu
despur=$(realpath "$1")
fault=$(realpath "$2")
source=$(pwd)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
. "$source/tests/cli/fixtures.sh"
tiny_recipe
printf 'name: s\nrecipes: tiny.yaml\nseeds: 0-1\n' >s.yaml
"$despur" run tiny.yaml --out wanted --quiet >/dev/null

failed=0
# without_locks WANTED ARGUMENT...
without_locks() {
  wanted=$1
  shift
  status=0
  FAULT_CALLS=flock FAULT_AT=1 FAULT_EVERY=1 FAULT_HOW=$how LD_PRELOAD=$fault "$despur" "$@" >said 2>&1 || status=$?
  if [ $status -ne "$wanted" ] || grep -q 'another process' said; then
    echo "$how: despur $*: expected status $wanted, found $status"
    cat said
    failed=1
  fi
}

for how in ENOLCK ENOSYS EBADF; do
  rm -rf run s fetched
  without_locks 0 run tiny.yaml --out run --quiet
  diff -r -x timing.json wanted run || failed=1
  touch page.html.partial # nobody can say whose it is
  rm -f page.html
  without_locks 0 report run --out page.html
  [ -e page.html ] && [ -e page.html.partial ] && [ ! -e page.html.1.partial ] || { ls; failed=1; }
  without_locks 4 sweep s.yaml --out s --quiet
  grep -q 'cannot lock: .*needs a file system that has them' said || { cat said; failed=1; }
  if "$despur" version | grep -q libcurl; then
    DESPUR_MIRROR=http://127.0.0.1:1 without_locks 3 data fetch mnist --out fetched --quiet
  fi
done
exit $failed
