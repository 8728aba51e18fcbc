#!/bin/sh
# Usage: locale_test.sh HOST DESPUR: a program in a locale of other decimal points gets the same bytes from the library, and
# the same texts. The locales are made here from a few lines, so none need be installed. Skipped (exit 77) without localedef.
set -eu
host=$(realpath "$1")
despur=$(realpath "$2")
command -v localedef >/dev/null || { echo "no localedef (Debian: libc-bin)"; exit 77; }
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"

# ASCII, and the Arabic decimal separator, which takes two bytes.
charmap() {
  printf '<code_set_name> UTF-8\n<mb_cur_max> 2\n<mb_cur_min> 1\n<comment_char> %%\n<escape_char> /\nCHARMAP\n'
  for code in $(seq 0 127); do printf '<U%04X> /x%02x\n' "$code" "$code"; done
  printf '<U066B> /xd9/xab\nEND CHARMAP\n'
}
# make_locale NAME POINT: the small letter of I is not i, as in Turkish.
make_locale() {
  cat >"$1.source" <<END
comment_char %
escape_char /
LC_CTYPE
upper <U0041>..<U005A>
lower <U0061>..<U007A>
digit <U0030>..<U0039>
tolower (<U0041>,<U0061>);(<U004C>,<U006C>);(<U004E>,<U006E>);(<U0055>,<U0075>)
END LC_CTYPE
LC_NUMERIC
decimal_point "$2"
thousands_sep "<U002E>"
grouping 3;3
END LC_NUMERIC
END
  localedef -c -i "./$1.source" -f ./charmap "./$1" 2>messages || [ -e "$1/LC_NUMERIC" ] || { cat messages >&2; exit 1; }
}
charmap >charmap
make_locale comma '<U002C>'
make_locale arabic '<U066B>'

cat >tiny.yaml <<END
name: tiny
data: {images: digits, digits_train: 200, digits_test: 60, strength: 0.9}
reference: {epochs: 2}
infer: {method: cluster, on: probabilities, clusters: 2}
train: {method: group_balance, epochs: 2}
log: {steps: true, tensorboard: true}
END

"$despur" run tiny.yaml seed=1 --threads 2 --out other --quiet >/dev/null

# go NAME HALF: in a folder of its own, with the same names in it.
go() {
  mkdir "work_$1"
  cp -r other "work_$1"
  code=0
  (cd "work_$1" && LOCPATH=$room LC_ALL=$1 "$host" ../tiny.yaml run other "$2" >said) || code=$?
  [ "$code" -eq 0 ] || { echo "locale $1: the program ended with $code" >&2; exit "$code"; }
  find "work_$1" -name timing.json -delete
}
go C 0.5
go comma 0,5
go arabic "$(printf '0\331\2535')"
diff -r work_C work_comma >&2
diff -r work_C work_arabic >&2
