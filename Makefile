# Everything a developer types. `make help` lists it.

PYTHON ?= python3
WORKERS ?= 2
BENCH_CALLS ?= 1000000
BIN := .venv/bin
# Modules are compiled when they are first imported: most of what the packages hold never is.
PIP_INSTALL := $(BIN)/pip --disable-pip-version-check --quiet install --no-compile
# Whatever the shell says: a test starts dozens of processes, and each would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard portal/locale/*/LC_MESSAGES/*.po))
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install install-dev run lint format test test-fast test-postgresql test-browser test-asterisk test-schedules \
        test-copies bench bench-pages bench-log bench-asterisk bench-book bench-webhooks translations lock clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/runtime.stamp $(CATALOGUES) ## .venv with the locked dependencies and .venv/bin/portal

install-dev: .venv/dev.stamp $(CATALOGUES) ## The same with the tools that tests and checks need

run: install ## The demo on http://127.0.0.1:8000, everything embedded
	$(BIN)/portal demo

lint: install-dev ## Style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev ## Put the code in order where a tool can
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

test: install-dev ## All that CI checks, in that order; a red part does not hide what the next ones say
	@$(MAKE) --no-print-directory --keep-going lint test-fast test-postgresql test-browser

test-fast: install-dev ## SQLite only, no browser: for the next minute of work
	$(PYTEST) -m "not browser"

test-postgresql: install-dev ## What asks for a database, on a PostgreSQL server of its own
	$(PYTEST) -m "not browser" --database postgresql

test-browser: install-dev ## The journeys, in a real Chromium
	$(PYTEST) -m browser

# A network of its own, where the kernel allows it: no port can clash, and nothing can leave the machine.
ALONE := $(shell unshare -rn true 2>/dev/null && echo "unshare -rn sh -c 'ip link set lo up && exec \"\$$@\"' sh")
ASTERISK_TREE ?= $(CURDIR)/.asterisk

test-asterisk: install-dev $(ASTERISK_TREE) ## Calls through a real Asterisk and real SIP phones, unpacked into .asterisk and not installed
	ASTERISK_TREE=$(ASTERISK_TREE) $(ALONE) $(BIN)/python -m pytest -o python_files="prove_*.py" \
	    tests/telephony/asterisk/real

test-schedules: install-dev ## Ten thousand seeded days of two companies: every call has one true story, and rehearsals come true
	SCHEDULES=10000 $(BIN)/python -m pytest tests/telephony/sandbox/test_thousands_of_schedules.py \
	    tests/routing/test_rehearsal_is_what_happens.py

test-copies: install-dev ## The guide's commands for copies on a working installation, on both databases: ten minutes
	$(BIN)/python -m pytest -o python_files="prove_*.py" tests/server
	$(BIN)/python -m pytest -o python_files="prove_*.py" tests/server --database postgresql

bench: bench-pages bench-log bench-book bench-asterisk ## All figures, with the machine named; each part has a target of its own

bench-pages: install-dev .venv/bench.stamp ## Pages and API with a million calls, and webhooks
	$(BIN)/python -m tests.bench

bench-log: install-dev .venv/bench.stamp ## The log with BENCH_CALLS calls beside 100,000, and its peers' lists on the same rows
	$(BIN)/python -m tests.bench.log --calls $(BENCH_CALLS) --beside 100000 --peer-visits 1
	$(BIN)/python -m tests.bench.log --calls $(BENCH_CALLS) --beside 100000 --peer-visits 1 --postgresql

bench-book: install-dev ## The figures of an address book of 200,000 contacts
	$(BIN)/python -m tests.bench.book

bench-asterisk: install-dev $(ASTERISK_TREE) ## How soon the first phone rings, at few calls a second and at fifty, through a real Asterisk
	$(BIN)/python -m tests.bench.asterisk $(ASTERISK_TREE)

bench-webhooks: install-dev ## The figures of webhooks alone
	$(BIN)/python -m tests.bench webhooks

translations: install-dev ## Gather the texts of code and templates into the catalogues
	$(BIN)/pybabel -q extract --mapping-file pyproject.toml --keywords "_l lazy_gettext lazy_ngettext:1,2" \
	    --no-location --sort-output --no-wrap --output-file messages.pot .
	$(BIN)/pybabel -q update --input-file messages.pot --output-dir portal/locale --locale ru --init-missing \
	    --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap
	rm messages.pot
	$(MAKE) install

lock: install-dev ## Pin anew what pyproject.toml asks for, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --custom-compile-command "make lock" --group build pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --custom-compile-command "make lock" --constraint requirements.lock --group build --group dev \
	    pyproject.toml --output-file requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --custom-compile-command "make lock" --constraint requirements-dev.lock \
	    --group pyproject.toml:bench --output-file requirements-bench.lock

clean: ## Forget .venv and every cache; data in var/ stays
	rm -rf .venv *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -f $(CATALOGUES)

$(ASTERISK_TREE): | .venv/dev.stamp
	$(BIN)/python -m tests.telephony.asterisk.real.tree $@

# A stamp is older than its lock exactly when something must be installed.

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or newer is needed; name it with: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

.venv/runtime.stamp: requirements.lock pyproject.toml | .venv/bin/python
	$(PIP_INSTALL) --require-hashes --requirement requirements.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/runtime.stamp
	$(PIP_INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@

.venv/bench.stamp: requirements-bench.lock .venv/dev.stamp
	$(PIP_INSTALL) --require-hashes --requirement requirements-bench.lock
	@touch $@

%.mo: %.po .venv/runtime.stamp
	$(BIN)/pybabel -q compile --input-file $< --output-file $@
