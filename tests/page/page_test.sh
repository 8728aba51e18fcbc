#!/bin/sh
# Usage: page_test.sh DESPUR: makes pages of small runs; tidy and, where there is one, Chromium must find nothing wrong with them.
set -eu
despur=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
failed=0

complain() {
  echo "$*"
  failed=1
}

# A page is valid HTML of less than 2 MB that needs nothing but itself.
check() {
  page=$1
  [ "$(wc -c <"$page")" -lt 2000000 ] || complain "$page has 2 MB or more"
  tidy -q -e --show-body-only no "$page" || complain "$page: tidy has complaints"
  if grep -n -i -o -E '<(script|link|iframe|object|embed)|(src|href)="?(http|//)|@import|url\(' "$page"; then
    complain "$page wants something from elsewhere"
  fi
  if grep -n -o -E '<[^>]*=&quot;' "$page"; then complain "$page: markup was escaped that should not be"; fi
}

cd "$room"
cat >whole.yaml <<END
name: whole
label: GEORGE
data: {images: digits, digits_train: 1500, digits_test: 400, strength: 0.95}
reference: {epochs: 2}
infer: {method: cluster, on: probabilities, clusters: 5}
train: {method: group_balance, epochs: 4}
select: {rule: val_worst_group}
END
"$despur" run whole.yaml --out whole --quiet >table
check whole/report.html

# An audit of a network that can be looked into: pictures beside their maps, and what exchanging a region does.
printf 'data: {images: digits, digits_train: 2500, digits_test: 300, strength: 0.95}\nmodel: {arch: lenet}\ntrain: {method: erm, epochs: 2, batch_size: 32}\n' >seen.yaml
"$despur" run seen.yaml --out seen --quiet >table
"$despur" audit seen --out looked >table
check looked/report.html
grep -q 'alt="where the model looked for' looked/report.html || complain "looked/report.html shows no maps"

# What comes from outside stays text, also where it looks like markup or is far too long.
evil='<img src=x onerror=alert(1)>'
long=$(printf '%047d' 0 | tr 0 W)
cp -r whole evil
sed -i "s|^name: .*|name: \"</title><script>alert(1)</script>\"|; s|^label: .*|label: \"\&amp;$evil\"|" evil/config.yaml
echo "# </pre></details>$evil" >>evil/config.yaml
sed -i "s|y=0,a=0|$evil|g; s|y=0,a=1|$long|g; s|y=1,k=1|$evil|g; s|y=1,k=2|$long|g; s|\"GEORGE\"|\"\&amp;$evil\"|g" evil/results.jsonl
sed -i "s|\"data\": \".*\"|\"data\": \"$evil\"|; s|\"config.yaml\"|\"$evil'\"|; s|\"0.1.0\"|\"$evil\"|" evil/manifest.json
sed -i "s|y=0,a=0|$evil|; s|y=0,a=1|$long|; s|\"conv2\"|\"$evil\"|" evil/cam.json
sed -i "0,/png/s|\"png\": \"|&\\\\\"><script>alert(1)</script>|" evil/cam.json
sed -i "s|\"y=1,k=1\"|\"$evil\"|" evil/embedding.csv
"$despur" report evil --plots plots >out
grep -q '&lt;img' evil/report.html || complain "the page of the evil run does not show what is evil"
if grep -n -i -o -E '<(img src=x|script)' evil/report.html; then complain "markup from outside went through"; fi
check evil/report.html
if command -v python3 >/dev/null; then
  for plot in plots/*.svg; do
    python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$plot" || complain "$plot is not XML"
  done
fi

# So do names of input files and the reason why a run failed.
cp -r evil ended
sed -i "s|\"inputs\": {}|\"inputs\": {\"$evil'\": \"$evil\"}|; s|\"outcome\": \"complete\"|\"outcome\": \"$evil\", \"message\": \"$evil\"|" ended/manifest.json
"$despur" report ended >out
check ended/report.html
if grep -n -i -o -E '<(img src=x|script)' ended/report.html; then complain "markup from a manifest went through"; fi
shown=$(grep -o '&lt;img' ended/report.html | wc -l)
[ "$shown" -gt "$(grep -o '&lt;img' evil/report.html | wc -l)" ] || complain "the page shows neither inputs nor the reason of a failure"

# Several runs; one lies in a directory with such a name, and one has failed.
grep -v -e '^reference' -e '^infer' -e '^label' whole.yaml >plain.yaml
for seed in 1 2; do
  for method in erm group_balance; do
    "$despur" run plain.yaml seed=$seed train.method=$method --out compared/$method-$seed --quiet >table
  done
done
cp -r evil "compared/$evil"
cp -r ended compared/ended
"$despur" report compared --plots compared/plots >out
check compared/report.html
if grep -n -i -o -E '<(img src=x|script)' compared/report.html; then complain "markup from outside went through"; fi

# A sweep over several keys of recipes with long names, where one run has failed and says why at length.
cat >tiny.yaml <<END
name: tiny
data: {images: digits, digits_train: 200, digits_test: 50, strength: 0.9}
train: {epochs: 1}
END
sed 's/^name: .*/name: a-recipe-of-somebody-who-likes-long-names\nlabel: "ERM with a label that is longer than a phone is wide"/' tiny.yaml >long.yaml
cat >sweep.yaml <<END
recipes: [tiny.yaml, long.yaml]
seeds: 0-1
grid: {data.difficulty: [magnitude_large, variance_high], train.optimizer.weight_decay: [0.000012345, 0.5], train.method: [erm, group_balance]}
END
"$despur" sweep sweep.yaml --out a_sweep --quiet >table
cp -r "a_sweep/$(ls a_sweep | head -n 1)" a_sweep/copied_to_another_name_without_a_place_where_it_could_be_broken
cp -r "a_sweep/$(ls a_sweep | tail -n 1)" a_sweep/failed
sed -i "s/\"complete\"/\"failed\", \"message\": \"$long$long$long\"/" a_sweep/failed/manifest.json
"$despur" report a_sweep >out
check a_sweep/report.html
grep -q "$long$long" a_sweep/report.html || complain "the page of the sweep does not say why a run failed"

# Models of which there is but a table: with probabilities; with many classes and groups, some of missing values; and with names of
# columns, classes and values that look like markup.
awk 'BEGIN {
  print "y,sex,race,prob_0,prob_1"
  for (i = 0; i < 900; i++)
    print (i % 2) "," (i % 3 ? "Male" : "Female") "," (i % 7 ? "White" : "Asian-Pac-Islander") "," (i % 9) / 9 "," 1 - (i % 9) / 9
}' >sure.csv
awk 'BEGIN {
  print "label,prediction,hospital,sex"
  for (i = 0; i < 6000; i++)
    print "class " i % 15 ",class " (i % 4 ? i % 15 : (i + 1) % 15) ",hospital " (i * 7) % 31 "," (i % 11 ? (i % 2 ? "f" : "m") : "")
}' >many.csv
awk -v evil="$evil" -v long="$long$long" 'BEGIN {
  print "\"<b>y</b>\",prediction,\"a&b=\""
  for (i = 0; i < 400; i++)
    print (i % 2 ? evil : long) "," (i % 5 && i % 2 ? evil : long) "," (i % 3 ? "</h1></title>" evil : long)
}' >evil.csv
"$despur" eval --predictions sure.csv --out sure >out
"$despur" eval --predictions many.csv --by hospital,sex --out many >out
"$despur" eval --predictions evil.csv --label '<b>y</b>' --by 'a&b=' --out marked >out
awk 'BEGIN { print "y,a,one,two,three"; for (i = 0; i < 900; i++) print i % 2 "," i % 3 "," (i % 5 > 0) "," (i % 7 > 2) "," i % 2 }' >several.csv
"$despur" eval --predictions several.csv --prediction one --prediction two --out several-two >out
"$despur" eval --predictions several.csv --prediction one --prediction two --prediction three --out several-three >out
for page in sure many marked several-two several-three; do check $page/report.html; done
grep -q '&lt;img' marked/report.html || complain "the page of a model does not show what is evil"
if grep -n -i -o -E '<(img src=x|script|b>y)' marked/report.html; then complain "markup from a table went through"; fi

# In a browser nothing may be wrong with these pages, and each kind of fault must be noticed in a page that has all.
status=0
sh "$here/inspect.sh" whole/report.html looked/report.html evil/report.html compared/report.html a_sweep/report.html sure/report.html many/report.html \
  marked/report.html several-two/report.html several-three/report.html || status=$?
[ $status -eq 0 ] || [ $status -eq 77 ] || complain "see above"
status=0
sh "$here/inspect.sh" "$here/broken.html" >noticed || status=$?
if [ $status -eq 77 ]; then
  echo "no browser: pages were not opened"
else
  for fault in 'leaves the page' 'is 5[0-9]* pixels wide' 'overlap' 'leaves its chart' 'dark, .*contrast 1' 'CONSOLE.*a message'; do
    grep -q "$fault" noticed || complain "inspect.sh did not notice: $fault"
  done
fi
exit $failed
