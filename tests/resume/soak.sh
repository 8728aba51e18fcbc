#!/bin/sh
# Usage: soak.sh DESPUR EPOCHS FROM
#
# A run of many epochs takes no more at its end than after FROM epochs: of memory, descriptors, threads, and processor time for an epoch.
# A growing file (results.jsonl) is written on, never again; else the time would show it. What is remembered of each epoch, to judge the choice
# among them, takes 16 bytes for each pair of a true and an inferred group: 64 here, 0.1 MB in all.
set -eu
despur=$(realpath "$1")
epochs=$2
from=$3
room=$(mktemp -d)
run=
trap '[ -z "$run" ] || kill "$run" 2>/dev/null; rm -rf "$room"' EXIT
cd "$room"

cat >recipe.yaml <<END
name: soak
data: {images: digits, digits_train: 60, digits_test: 20, strength: 0.6,
       classes: [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]}
train: {epochs: $epochs, method: groupdro, batch_size: 16}
select: {rule: val_worst_group}
log: {steps: true, tensorboard: true}
END

# epoch: how many epochs are done, by what has been said.
epoch() {
  tr '\r' '\n' <news | sed -n 's/.*epoch \([0-9]*\) of.*/\1/p' | tail -n 1
}

# sample: anonymous memory in kB, descriptors, threads; and the clock ticks of processor time.
sample() {
  rss=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' /proc/$run/status)
  threads=$(sed -n 's/^Threads:[^0-9]*\([0-9]*\).*/\1/p' /proc/$run/status)
  descriptors=$(ls /proc/$run/fd | wc -l)
  ticks=$(sed 's/.*) //' /proc/$run/stat | cut -d ' ' -f 12)
}

"$despur" run recipe.yaml --out run --threads 2 >table 2>news &
run=$!
samples=0
while kill -0 $run 2>/dev/null; do
  done=$(epoch)
  if [ "${done:-0}" -ge "$from" ] && sample 2>/dev/null; then
    [ -n "$rss" ] || break # it has just ended
    echo "$done $rss $descriptors $threads $ticks" >>samples
  fi
  sleep 0.2
done
status=0
wait $run || status=$?
run=
if [ $status -ne 0 ]; then
  cat news
  exit 1
fi

# The middle third and the last of what was sampled; memory and time may jitter, counts may not.
awk -v epochs="$epochs" '
$1 < epochs { n++; e[n] = $1; rss[n] = $2; fd[n] = $3; th[n] = $4; t[n] = $5 } # what comes after the last epoch is another thing
END {
  n-- # the last one may have met the end of training
  if (n < 6 || e[n] < 0.8 * epochs) { print "too few samples: " n ", the last at epoch " e[NR]; exit 1 }
  for (m = 1; e[m] < (e[1] + e[n]) / 2; m++);
  first = (t[m] - t[1]) / (e[m] - e[1]); second = (t[n] - t[m]) / (e[n] - e[m])
  printf "epochs %d to %d, %d samples: memory %d to %d kB, descriptors %d to %d, threads %d to %d, ", e[1], e[n], n, rss[1], rss[n],
    fd[1], fd[n], th[1], th[n]
  printf "processor time of an epoch %.2f ticks in the first half, %.2f in the second\n", first, second
  if (rss[n] > rss[1] + 512) { print "memory grows"; bad = 1 }
  for (i = 2; i <= n; i++) if (th[i] != th[1]) { print "the number of threads changes"; bad = 1; break }
  for (i = 2; i <= n; i++) if (fd[i] > fd[1] + 1) { print "the number of descriptors grows"; bad = 1; break }
  if (second > 1.5 * first + 0.2) { print "epochs become slower"; bad = 1 }
  exit bad
}' samples
