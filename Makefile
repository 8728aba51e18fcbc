# The few words that people expect; CMake does the work (see CMakePresets.json for its other builds).
# On Debian and its kin missing packages are installed first; elsewhere CMake says what is missing.
PREFIX ?= /usr/local
CMAKE_FLAGS ?=
JOBS ?= $(shell nproc)
ROUNDS ?= 7

build: ## build the library and the tool: build/despur
	@tools/setup build
	@cmake --preset release $(CMAKE_FLAGS) --log-level=WARNING
	@cmake --build --preset release --target product

demo: build ## find and remove a shortcut, from start to end
	@tools/demo

demo-predictions: build ## the page of a model of which there is only a table of predictions
	@tools/demo-predictions runs/demo-predictions

demo-pictures: build ## draw a folder of pictures with a shortcut, find it and remove it
	@tools/demo-pictures build/despur runs/demo-pictures

demo-birds: build ## photographed birds before land and water, from Debian's packages (300 MB to load; Python with NumPy and Pillow)
	@tools/demo-birds build/despur runs/demo-birds

test: ## build everything and run the quick tests
	@tools/setup build test
	@cmake --preset release $(CMAKE_FLAGS) --log-level=WARNING
	@cmake --build --preset release
	@ctest --preset quick -j $(JOBS)

reproduce: build ## all methods on all of SpuCoMNIST, five seeds: docs/results.md (hours; goes on where it was stopped)
	@tools/reproduce

reproduce-quick: build ## the same for one difficulty, three seeds, few epochs (minutes)
	@tools/reproduce --quick

reproduce-repair: build ## last layers on CelebA and cats and dogs, ten seeds, where these data are (DATA=DIR; minutes)
	@python3 tools/reproduce-repair $(DATA)

check: ## the slower checks: formatting, clang, sanitizers
	@tools/check

models: ## ONNX Runtime for `despur features`, from PyPI into build/models (28 MB to load, MIT); nothing else is installed
	@tools/models

bench: build ## how fast everything is here, and how near to the machine's limits
	@build/despur bench

# ROUNDS and WHAT (such as lenet) narrow it down.
bench-peers: build ## the same work by PyTorch, scikit-learn, umap-learn and SpuCo; writes docs/performance.md
	@cmake --build --preset release --target peer
	@bench/peers build --rounds $(ROUNDS) $(if $(WHAT),--only $(WHAT),--docs docs/performance.md)

python: build ## the Python module in an environment of the project's: build/python/bin/python, with changes of its Python files seen
	@tools/python editable

wheel: ## a wheel for every CPython from 3.11 on, with the library inside: dist/
	@tools/python wheel

install: build ## install to PREFIX (/usr/local), under DESTDIR if given
	@DESTDIR='$(DESTDIR)' cmake --install build --prefix '$(PREFIX)'

format: ## format all C files in place
	@find include src cli tests examples bench -name '*.[ch]' | xargs clang-format -i

clean: ## remove everything that was built
	@rm -rf build build-* dist

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

.PHONY: build demo demo-predictions demo-pictures demo-birds models test reproduce reproduce-quick reproduce-repair check bench bench-peers python wheel install format clean help
