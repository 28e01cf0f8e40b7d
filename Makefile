# Every target works alone from a fresh checkout: what it needs is installed first, once.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Which Python makes the virtual environment: python3 if it is new enough, else the newest named one that runs.
PYTHON ?=
# How many processes run the tests.
WORKERS ?= auto
# What else pytest is told, for example ARGS="tests/step -x".
ARGS ?=
# Which room's code is changed by `make mutants`, how many times, and how the draw begins.
ROOM ?= step
MOST ?= 100
SEED ?= 1
# What else the lock is told, for example LOCK_ARGS=--upgrade, or LOCK_ARGS="--upgrade-package pydantic".
LOCK_ARGS ?=
UV_VERSION := 0.13.9

VENV := .venv
BIN := $(VENV)/bin
TOOLS := .tools

# Stamps: they live inside the environment, so that removing it removes them too.
CREATED := $(VENV)/.created
RUNTIME := $(VENV)/.runtime
DEVELOP := $(VENV)/.develop

# A virtual environment whose Python has gone (upgraded or removed) is made anew.
ifneq ($(shell test -x $(BIN)/python && echo usable),usable)
.PHONY: $(CREATED)
endif

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help
help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PYTHON=python3.12 make setup   uses that Python (3.11 or newer) for a new .venv"

.PHONY: setup
setup: $(DEVELOP) ## install everything for development into .venv, with locked versions

.PHONY: demo
demo: $(RUNTIME) ## show the engine at work on the example lifecycle
	@$(BIN)/gaita demo

.PHONY: test
test: $(DEVELOP) ## run the tests, but for the long ones
	@$(BIN)/pytest --quiet --numprocesses $(WORKERS) $(ARGS)

.PHONY: soak
soak: $(DEVELOP) ## run the long tests only
	@$(BIN)/pytest --quiet -m soak --numprocesses $(WORKERS) $(ARGS)

.PHONY: check
check: $(DEVELOP) ## lint, formatting, types (two checkers) and the layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-logo --no-cache

.PHONY: format
format: $(DEVELOP) ## format the code and mend what the linter can
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

.PHONY: bench
bench: $(DEVELOP) ## measure
	@$(BIN)/python -m benchmarks

.PHONY: mutants
mutants: $(DEVELOP) ## change the code of one room, and see whether its tests notice: ROOM=step MOST=100 SEED=1
	@$(BIN)/python tests/mutants/mutants.py $(ROOM) --most $(MOST) --seed $(SEED)

.PHONY: texts
texts: $(DEVELOP) ## gather the texts of the code and the templates into the catalogues of all languages
	@$(BIN)/python tests/gaita/texts/catalogues.py $(LANGUAGE)

.PHONY: lock
lock: $(TOOLS)/uv-$(UV_VERSION) ## lock the dependencies anew after pyproject.toml has changed
	$(TOOLS)/bin/uv $(LOCK) --group build pyproject.toml --output-file requirements/runtime.txt
	$(TOOLS)/bin/uv $(LOCK) --group build --group dev --constraints requirements/runtime.txt pyproject.toml \
		--output-file requirements/develop.txt

.PHONY: clean
clean: ## remove what was made here: environments, caches, builds
	rm -rf $(VENV) $(TOOLS) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find engine adapters workflows tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# The lock names no index: whoever installs uses their own. The build tools are locked in both files, because
# the package itself is built without isolation.
LOCK = pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(LOCK_ARGS)

$(CREATED):
	@python="$(PYTHON)"; \
	new_enough='import sys; sys.exit(sys.version_info < (3, 11))'; \
	if [ -z "$$python" ]; then \
		for candidate in python3 python3.13 python3.12 python3.11; do \
			if "$$candidate" -c "$$new_enough" 2>/dev/null; then python=$$candidate; break; fi; \
		done; \
		if [ -z "$$python" ]; then \
			echo "gaita needs Python 3.11 or newer; python3 here is: $$(python3 --version 2>&1 || true)" >&2; \
			echo "Install one, or name it: make setup PYTHON=/path/to/python3.12" >&2; \
			exit 1; \
		fi; \
	elif ! "$$python" -c "$$new_enough" 2>/dev/null; then \
		echo "gaita needs Python 3.11 or newer; PYTHON=$$python is: $$("$$python" --version 2>&1 || true)" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV)
	@touch $@

$(RUNTIME): $(CREATED) requirements/runtime.txt pyproject.toml
	@echo "Installing what gaita runs on"
	@$(PIP) install --require-hashes --requirement requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEVELOP): $(RUNTIME) requirements/develop.txt
	@echo "Installing what gaita is developed with"
	@$(PIP) install --require-hashes --requirement requirements/develop.txt
	@touch $@

$(TOOLS)/uv-$(UV_VERSION): $(CREATED)
	@$(BIN)/python -m venv --clear $(TOOLS)
	@$(TOOLS)/bin/python -m pip --disable-pip-version-check --quiet install uv==$(UV_VERSION)
	@touch $@
