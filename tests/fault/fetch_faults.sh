#!/bin/sh
# Usage: fetch_faults.sh FAULT_FETCH FAULT_LIBRARY STRIDE
#
# Lets calls to the system fail while two files are downloaded from a server on this machine: allocations from every place that asks
# for memory (with a STRIDE above 1 every so many-th), and every operation on files. An attempt succeeds, or says why; a file under its
# final name is whole; and the next attempt, without a fault, completes both. Exit code 77 without python3, which is the server.
set -eu
fetch=$(realpath "$1")
fault=$(realpath "$2")
stride=$3
python=$(command -v python3) || exit 77
room=$(mktemp -d)
cd "$room"
mkdir served
seq 20000 | head -c 100000 >served/big
printf abc >served/small
"$python" -u -m http.server --bind 127.0.0.1 --directory served 0 >port 2>requests &
server=$!
trap 'kill $server; rm -rf "$room"' EXIT
for _ in $(seq 100); do
  port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' port)
  [ -z "$port" ] || break
  sleep 0.1
done
[ -n "$port" ] || { echo "the server does not start"; cat requests; exit 1; }
export DESPUR_MIRROR="http://127.0.0.1:$port"
sum=$(sha256sum served/big | cut -d ' ' -f 1)

complain() {
  echo "$*"
  cat said
  failed=1
}

failed=0 attempts=0 failures=0
# attempt CALLS AT HOW
attempt() {
  attempts=$((attempts + 1))
  rm -rf out
  status=0
  FAULT_CALLS=$1 FAULT_AT=$2 FAULT_HOW=$3 FAULT_COUNT=count LD_PRELOAD=$fault "$fetch" out "$sum" >said 2>&1 || status=$?
  case $status in
  0) diff -r served out >differences || complain "$*: succeeds without the files" ;;
  3 | 4)
    failures=$((failures + 1))
    tail -n 1 said | grep -q '...' || complain "$*: does not say why"
    for name in big small; do
      [ ! -e out/$name ] || cmp -s served/$name out/$name || complain "$*: $name is not whole"
    done
    "$fetch" out "$sum" >said 2>&1 || complain "$*: does not go on"
    diff -r served out >differences || complain "$*: goes on without the files"
    ;;
  *) complain "$*: exit status $status" ;;
  esac
}

FAULT_PLACES=places attempt alloc 0 ENOMEM
awk -v stride="$stride" 'NR % stride == 0' places >chosen
while read -r n; do attempt alloc "$n" ENOMEM; done <chosen
for way in create,write,fsync,ftruncate,mkdir,rename:ENOSPC open,read,write,fsync,rename,close,mkdir,ftruncate:EIO; do
  attempt "${way%:*}" 0 EIO
  read -r calls _ <count
  for n in $(seq "$calls"); do attempt "${way%:*}" "$n" "${way#*:}"; done
done
echo "$attempts attempts, $failures of them failed as they should"
[ "$failures" -gt 0 ] || failed=1
exit $failed
