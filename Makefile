# `make demo` and `make test` are all that a newcomer needs: each sets up what it uses, in .venv and var/.
# Wanted on the machine: make, and Python 3.11 or newer. PYTHON=/path/to/python chooses one; ARGS="..." is passed on.

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
RUNTIME := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
PIP := -m pip install --quiet --disable-pip-version-check --require-hashes
# More than there are cores: many tests wait for a time-out, and it is their time that counts.
WORKERS ?= $(shell $(PY) -c 'import os; print(2 * (os.cpu_count() or 1) + 1)')
PYTEST = $(PY) -m pytest -n $(WORKERS) --dist worksteal -q -rs
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo run test bench lint lock

help: ## this list
	@echo "Snapplatform: pictures out of live streams. Targets:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' Makefile

setup: $(RUNTIME) ## make .venv with what the platform needs; the others call it
	@echo "Ready. Next: make demo, or make run."

demo: $(RUNTIME) ## a synthetic camera, a job, pictures arriving; Ctrl-C ends it (ARGS="--seconds 20 --check")
	@$(PY) manage.py demo $(ARGS)

run: $(RUNTIME) ## the platform for use, on this machine
	@$(PY) manage.py run $(ARGS)

test: $(DEV) ## all tests on SQLite, then on PostgreSQL if SNAP_TEST_DATABASE_URL names one
	@echo "== tests on SQLite"
	@env -u SNAP_TEST_DATABASE_URL $(PYTEST) $(ARGS)
	@if [ -n "$$SNAP_TEST_DATABASE_URL" ]; then \
		echo "== tests on PostgreSQL (tests/unit needs no database)"; \
		$(PYTEST) --ignore=tests/unit $(ARGS); \
	else \
		echo "== PostgreSQL: skipped, because SNAP_TEST_DATABASE_URL is not set"; \
		echo "   (for example SNAP_TEST_DATABASE_URL=postgresql://postgres@127.0.0.1:5432/snap make test)"; \
	fi

bench: $(DEV) ## measure, side by side with ffmpeg; results in docs/benchmarks.md
	@$(PY) -m bench $(ARGS)

# A data directory of its own: looking at the code must not make the site's secrets.
lint: export SNAP_DATA_DIR := $(CURDIR)/$(VENV)/lint
lint: $(DEV) ## ruff, import directions, types, migrations, Django's own checks
	@$(VENV)/bin/ruff check --no-cache --quiet .
	@$(VENV)/bin/ruff format --no-cache --check --quiet . || { echo "Run: $(VENV)/bin/ruff format ."; exit 1; }
	@$(VENV)/bin/lint-imports --no-cache > $(VENV)/lint-imports.txt || { cat $(VENV)/lint-imports.txt; exit 1; }
	@$(VENV)/bin/mypy --no-error-summary
	@$(PY) manage.py makemigrations --check --dry-run
	@$(PY) manage.py check
	@echo "lint: nothing to complain about"

LOCK := pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--python-version 3.11 --custom-compile-command "make lock"

lock: $(DEV) ## renew both lock files from pyproject.toml (needs uv; ARGS="--upgrade" for newer versions)
	@UV=$$(command -v uv || command -v $(VENV)/bin/uv) || { echo "uv is not here: see https://docs.astral.sh/uv/"; exit 1; }; \
	$$UV $(LOCK) $(ARGS) pyproject.toml -o requirements.lock && \
	$$UV $(LOCK) $(ARGS) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock

$(RUNTIME): requirements.lock | $(PY)
	@echo "Installing what the platform needs into $(VENV) ..."
	@$(PY) $(PIP) -r requirements.lock
	@touch $@

$(DEV): requirements-dev.lock | $(PY)
	@echo "Installing what the platform and its tests need into $(VENV) ..."
	@$(PY) $(PIP) -r requirements-dev.lock
	@touch $@ $(RUNTIME)

# Newest first. A name on the PATH may be there and still not run, so each candidate is tried.
$(PY):
	@for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
		"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		found=$$candidate; \
		"$$candidate" -c 'import ensurepip, venv' 2>/dev/null || continue; \
		echo "Making $(VENV) with $$("$$candidate" --version) ..."; \
		rm -rf $(VENV); \
		exec "$$candidate" -m venv $(VENV); \
	done; \
	if [ -n "$$found" ]; then \
		echo "$$found can't make virtual environments: its venv or ensurepip module is missing."; \
		echo "On Debian and Ubuntu: apt-get install python3-venv. Then run make again."; \
	else \
		echo "Python 3.11 or newer is needed, and was not found. This machine has: $$(python3 --version 2>&1)."; \
		echo "Install one (https://www.python.org/downloads/), or say where it is: make PYTHON=/path/to/python3.12"; \
	fi; exit 1
