#!/bin/sh
# Usage: inspect.sh PAGE.html...: opens pages in Chromium, 390 and 1280 pixels wide, light and dark, and prints what is wrong:
# overflow, texts that overlap or leave their chart, contrast below 4.5, messages on the console. Fails when there is anything.
# Exit status 77 when there is no Chromium, or it does not finish in time.
set -eu
here=$(realpath "$(dirname "$0")")
command -v chromium >/dev/null || exit 77
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

pages=
for page; do pages="$pages${pages:+|}file://$(realpath "$page")"; done
status=0
timeout 150 chromium --headless --no-sandbox --disable-gpu --disable-extensions --disable-dev-shm-usage --no-first-run \
  --user-data-dir="$room/profile" --allow-file-access-from-files --window-size=1300,900 --virtual-time-budget=10000 \
  --enable-logging=stderr --dump-dom "file://$here/inspect.html#$pages" >"$room/dom" 2>"$room/log" || status=$?
if [ $status -eq 124 ]; then
  echo "Chromium did not finish in time"
  exit 77
fi
if ! grep -q '^\(.*>\)*INSPECTED$' "$room/dom"; then
  echo "the pages were not inspected; Chromium said:"
  tail -n 20 "$room/log"
  exit 1
fi
sed -n 's/^.*<pre id="found">//; s/^FOUND //p' "$room/dom" >"$room/found"
sed -n 's/^.*CONSOLE/CONSOLE/p' "$room/log" >>"$room/found"
head -n 40 "$room/found"
[ ! -s "$room/found" ]
