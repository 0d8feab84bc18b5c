# What `make help` lists is supported; nothing else is.
# Every path is relative to this folder, so the folder's own name may hold spaces.

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
SOURCES := x07bundle tests bench

# The first Python on PATH that is new enough; `make PYTHON=/path/to/python3 …` takes another one.
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$name" && break; done)

.DEFAULT_GOAL := help
.PHONY: help demo test check bench engines fmt toolchain launcher vm-smoke
.PHONY: guest-image guest-image-again guest-image-smoke guest-image-push guest-image-sign \
	guest-image-verify
.NOTPARALLEL:

help:
	@echo "make demo     bundle examples/greet into dist/greet and run it"
	@echo "make test     run the tests"
	@echo "make check    lint and types: what a change has to pass before the tests"
	@echo "make bench    measure, each figure as a ratio within one run, beside its target"
	@echo "make engines  install what live tests use (as root, with the system's package manager)"
	@echo "make fmt      format the sources"
	@echo "make vm-smoke runs and bundles in the guests of this machine (docs/guides/vm-backends.md)"
	@echo "make launcher            what starts VM bundles, frozen into the user's cache"
	@echo "make toolchain           what full guest images bring, frozen into build/toolchain"
	@echo "make guest-image         a guest image in dist (FLAVOUR=full|run ARCH=amd64|arm64)"
	@echo "make guest-image-STEP    again, smoke, push, sign, verify: docs/publishing.md"

# Written last, so that an environment that was interrupted half way is made again.
$(VENV)/made:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer on PATH" >&2; \
		echo "hint: install one, or name it: make PYTHON=/path/to/python3 ..." >&2; exit 2; }
	@"$(PYTHON)" -m venv --clear $(VENV) || { rm -rf $(VENV); \
		echo "hint: Debian and Ubuntu keep venv in a package of its own, python3-venv" >&2; exit 2; }
	@touch $@

$(VENV)/installed: $(VENV)/made pyproject.toml
	@$(PIP) install -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/made pyproject.toml
	@$(PIP) install -e '.[dev]'
	@touch $(VENV)/installed $@

# Only a machine without a C compiler gets the one that comes as a Python package.
$(VENV)/compiler: $(VENV)/made pyproject.toml
	@for name in "$$X07_CC" cc gcc clang; do \
		test -n "$$name" && command -v "$$name" >/dev/null 2>&1 && exec touch $@; done; \
	$(PIP) install -e '.[zig]' && touch $@

demo: $(VENV)/installed $(VENV)/compiler
	@mkdir -p dist
	@$(VENV)/bin/x07 bundle --project examples/greet/x07.json --profile os --out dist/greet \
		>dist/greet.report.json || { cat dist/greet.report.json; exit 1; }
	@echo dist/greet
	@dist/greet --name Ada

test: $(VENV)/installed-dev $(VENV)/compiler
	@$(PY) -m pytest -q -n auto

check: $(VENV)/installed-dev
	@$(PY) -m ruff check --quiet $(SOURCES)
	@$(PY) -m ruff format --check --quiet $(SOURCES)
	@$(PY) -m mypy --no-error-summary $(SOURCES)

bench: $(VENV)/installed $(VENV)/compiler
	@$(PY) -m bench

engines:
	@sh .ci/engines

fmt: $(VENV)/installed-dev
	@$(PY) -m ruff check --fix --quiet $(SOURCES)
	@$(PY) -m ruff format --quiet $(SOURCES)

toolchain: $(VENV)/installed
	@$(VENV)/bin/x07 image toolchain --out build/toolchain

vm-smoke: $(VENV)/installed $(VENV)/compiler
	@X07="$${X07:-$(CURDIR)/$(VENV)/bin/x07}" bash scripts/ci/check_vm_sandbox_smoke.sh

# The machine's own, unless another is named: make guest-image FLAVOUR=run ARCH=arm64
FLAVOUR ?= full
ARCH ?= $(shell uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
guest = X07="$${X07:-$(VENV)/bin/x07}" FLAVOUR='$(FLAVOUR)' ARCH='$(ARCH)' sh scripts/ci/guest_images.sh

guest-image: $(VENV)/installed
	@$(guest) build

guest-image-again: $(VENV)/installed
	@$(guest) again

guest-image-smoke: $(VENV)/installed
	@$(guest) smoke

guest-image-push: $(VENV)/installed
	@$(guest) push

guest-image-sign: $(VENV)/installed
	@$(guest) sign

guest-image-verify: $(VENV)/installed
	@$(guest) verify

launcher: $(VENV)/installed $(VENV)/compiler
	@$(PY) -m x07bundle.cli.launcher
