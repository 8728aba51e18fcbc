#!/bin/sh
# Usage: check_math.sh PROGRAM: of the mathematics library it calls exact functions only. The last bit of the others (exp, log, pow,
# sin, ...) depends on the library's version and on the processor; base/math.h has them.
set -eu
exact='(sqrt|fma|fmax|fmin|fmod|fabs|floor|ceil|trunc|round|rint|nearbyint|ldexp|frexp|scalbn|modf|copysign)f?'
library=$(ldd "$1" | awk '/libm\.so/ { print $3 }')
names=$(mktemp)
trap 'rm -f "$names"' EXIT
nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $NF); print $NF }' | LC_ALL=C sort -u >"$names"
called=$(nm -D --undefined-only "$1" | awk '{ sub(/@.*/, "", $NF); print $NF }' | LC_ALL=C sort -u | LC_ALL=C comm -12 - "$names")
if echo "$called" | grep -vxE "$exact"; then
  echo "$1 calls these, whose results differ between machines; base/math.h has the same" >&2
  exit 1
fi
echo "exact functions only:" $called
