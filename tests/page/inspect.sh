#!/bin/sh
# Usage: inspect.sh PAGE.html: opens a page in Chromium, 390 and 1280 pixels wide, light and dark, and prints what is wrong: overflow,
# texts that overlap or leave their chart, contrast below 4.5, messages on the console. Fails when there is anything.
# Exit status 77 when there is no Chromium.
set -eu
page=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
command -v chromium >/dev/null || exit 77
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
failed=0

# Chromium's own setting for what a page's prefers-color-scheme says: 0 dark, 1 light.
for scheme in light dark; do
  case $scheme in light) preferred=1 ;; dark) preferred=0 ;; esac
  timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$room/profile" --allow-file-access-from-files \
    --blink-settings=preferredColorScheme=$preferred --window-size=1300,900 --virtual-time-budget=10000 \
    --enable-logging=stderr --dump-dom "file://$here/inspect.html#file://$page" >"$room/dom" 2>"$room/log" || true
  if ! grep -q "INSPECTED $scheme" "$room/dom"; then
    echo "$scheme: the page was not inspected; Chromium said:"
    tail -n 20 "$room/log"
    failed=1
  fi
  sed -n "s/^.*<pre id=\"found\">//; s/^FOUND /$scheme: /p" "$room/dom" >"$room/found"
  sed -n "s/^.*CONSOLE/$scheme: CONSOLE/p" "$room/log" >>"$room/found"
  cat "$room/found"
  if [ -s "$room/found" ]; then failed=1; fi
done
exit $failed
