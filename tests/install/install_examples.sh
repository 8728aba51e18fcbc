#!/bin/sh
# Usage: install_examples.sh BUILD CC, from the root of the source tree.
#
# Installs a build under a temporary DESTDIR and uses it as somebody else's project would: every public header by itself, in
# C and in C++; every example through pkg-config, with the shared and with the static library, both of which must print the
# same. Run from a copy of the examples, so that nothing of the source tree can help.
set -eu
build=$1 cc=$2
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

fail() {
  echo "install: $*" >&2
  exit 1
}

DESTDIR=$room/stage cmake --install "$build" --prefix /opt/despur >"$room/install.log" || fail "cmake --install failed"
# Moving the tree must do no harm either.
mv "$room/stage/opt/despur" "$room/prefix"
cp -r examples "$room/examples"
recipes=$(ls recipes)
cd "$room/examples"

library=$(dirname "$(find "$room/prefix" -name libdespur.so)")
export PKG_CONFIG_PATH="$library/pkgconfig" LD_LIBRARY_PATH="$library"
for file in "$library/libdespur.a" "$library/libdespur.so" "$room/prefix/include/despur/error.h"; do
  [ -e "$file" ] || fail "expected ${file#"$room/"}"
done
for recipe in $recipes; do
  [ -e "$room/prefix/share/despur/recipes/$recipe" ] || fail "expected recipes/$recipe in share/despur"
done
"$room/prefix/bin/despur" version >/dev/null || fail "the installed tool does not run"
for script in bash-completion/completions/despur zsh/site-functions/_despur fish/vendor_completions.d/despur.fish; do
  [ -s "$room/prefix/share/$script" ] || fail "expected share/$script"
done
# Recipes are found by name, by a tool that cannot see the source tree.
(cd "$room" && prefix/bin/despur run demo --print-config >config.yaml) || fail "the installed tool does not find the recipe 'demo'"
grep -qx 'name: demo' "$room/config.yaml" || fail "'demo' is another recipe"

cflags=$(pkg-config --cflags despur)
strict="-Wall -Wextra -Wpedantic -Werror -fsyntax-only"
for header in "$room"/prefix/include/despur/*.h; do
  echo "#include <despur/$(basename "$header")>" >one.c
  $cc -std=c11 $strict $cflags one.c || fail "$(basename "$header") is not complete C by itself"
  command -v c++ >/dev/null || continue
  c++ -std=c++11 -x c++ $strict $cflags one.c || fail "$(basename "$header") is not complete C++ by itself"
done
rm -f one.c

shared=$(pkg-config --libs despur)
static=$(pkg-config --static --libs despur | sed 's/-ldespur/-l:libdespur.a/')
for source in *.c; do
  name=${source%.c}
  $cc -std=gnu17 -Wall -Werror $cflags "$source" $shared -o "$name-shared" || fail "$source: not with the shared library"
  $cc -std=gnu17 -Wall -Werror $cflags "$source" $static -o "$name-static" || fail "$source: not with the static library"
  "./$name-shared" >shared.out </dev/null || fail "$name fails with the shared library"
  LD_LIBRARY_PATH= "./$name-static" >static.out </dev/null || fail "$name fails with the static library"
  cmp shared.out static.out || fail "$name prints different things with the shared and the static library"
  [ -s shared.out ] || fail "$name prints nothing"
done
