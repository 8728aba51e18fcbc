#!/bin/sh
# Usage: wheel.sh BUILD TOOL LIBRARY NETWORK: builds the Python module around LIBRARY, installs it with its peers into an empty virtual
# environment, and runs python/tests there. 77: there is no Python to build for, or no PyPI, which it says.
set -eu
golden=$(realpath -m ../shared/golden) models=$(realpath tests/golden/models)
export ADULT=$(realpath -m ../shared/data/adult)
build=$1 tool=$(realpath "$2") library=$(realpath "$3") network=$(realpath "$4")
skip() {
  echo "left out: the Python module and its tests ($1)"
  exit 77
}
python=$(tools/python find) || skip "no CPython from 3.11 on with its headers"
work=$(realpath "$build")/python-test
rm -rf "$work"
"$python" -m venv "$work" 2>/dev/null || skip "$python cannot make virtual environments"
pip="$work/bin/pip --disable-pip-version-check --quiet --retries 1 --timeout 20"
$pip install scikit-build-core >"$work/log" 2>&1 || skip "PyPI cannot be reached: $(tail -n 1 "$work/log")"
$pip wheel --no-deps --no-build-isolation --wheel-dir "$work/wheels" -C cmake.define.DESPUR_LIBRARY="$library" .
# what people without a wheel get: nothing of the library may be missing in it, and it can be configured
"$work/bin/python" -c 'import sys; from scikit_build_core.build import build_sdist; build_sdist(sys.argv[1])' "$work/sdist" >"$work/log"
mkdir "$work/source"
tar -xzf "$work"/sdist/despur-*.tar.gz -C "$work/source" --strip-components 1
for part in src include cmake recipes python/core python/despur; do
  find "$part" -type f ! -name '*.pyc' | sort
done >"$work/wanted"
(cd "$work/source" && while read -r file; do [ -f "$file" ] || { echo "the sdist lacks $file"; exit 1; }; done <"$work/wanted")
cmake -S "$work/source/python" -B "$work/configured" -DPython_EXECUTABLE="$work/bin/python" >"$work/log" || { tail "$work/log"; exit 1; }
$pip uninstall -y scikit-build-core
$pip install "$work"/wheels/despur-*-cp311-abi3-*.whl scikit-learn pandas polars pyarrow ml_dtypes fairlearn hypothesis pytest pytest-xdist mypy
$pip install pillow onnxruntime >"$work/log" 2>&1 || echo "left out: features of pictures (no ONNX Runtime)"
"$work/bin/mypy" --config-file pyproject.toml --python-executable "$work/bin/python" \
  --cache-dir "$work/mypy" -p despur
# from elsewhere, so that the module that was installed is the one that is tested
cp -R python/tests "$work/tests"
cp -R examples/python "$work/examples"
cp docs/predictions.md docs/python.md "$work"
cp tools/notebook "$work"
cd "$work"
installed=$(bin/python -c 'import despur, os; print(os.path.dirname(despur.__file__))')
export DESPUR_TOOL="$tool" DESPUR_GOLDEN="$golden" DESPUR_NETWORK="$network" DESPUR_MODELS="$models"
# the notebooks are carried out meanwhile; a fresh clone has no census data
(bin/python notebook examples/shortcut.py --check && { [ ! -d "$ADULT" ] || bin/python notebook examples/adult.py --check; }) &
notebooks=$!
bin/python -m pytest -q -n 2 -p no:cacheprovider --doctest-modules --doctest-ignore-import-errors tests examples/gate_test.py "$installed"
wait $notebooks

# PyTorch is large: what needs it runs where the system's Python has it.
if /usr/bin/python3 -c 'import sys, torch; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  bin/pip --quiet install --no-deps --target torch wheels/despur-*.whl pytest pluggy iniconfig packaging
  PYTHONPATH=torch /usr/bin/python3 -m pytest -q -p no:cacheprovider --rootdir . --doctest-modules tests/test_torch.py \
    torch/despur/torch.py
  PYTHONPATH=torch /usr/bin/python3 -m pytest -q -p no:cacheprovider --rootdir . tests/test_snippets.py -k 'PyTorch or Hugging'
  PYTHONPATH=torch /usr/bin/python3 -m pytest -q -p no:cacheprovider --rootdir . tests/test_story.py -k 'PyTorch or last'
  PYTHONPATH=torch /usr/bin/python3 examples/groupdro_torch.py
else
  echo "left out: tests/test_torch.py (no PyTorch)"
fi
