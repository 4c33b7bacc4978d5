# One-word verbs. Nothing but Python 3.11+ and make is assumed: .venv is built from requirements.lock.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help demo test test-quick check bench soak up down clean lock
.DEFAULT_GOAL := help

help:  ## what each verb does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# uv installs in seconds what pip installs in a minute; where it finds no index, pip does the same work.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Rynek needs Python 3.11 or newer; name one: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@awk '/^[a-z]/ { wanted = /^uv==/ } wanted' requirements.lock > .venv/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)  ## the whole market on this machine: servers, sample data, pipelines, pages
	@$(BIN)/rynek demo

up: $(READY)  ## start (or find again) the servers and the apps
	@$(BIN)/rynek up

down: $(READY)  ## stop what `make up` or `make demo` left running
	@$(BIN)/rynek down

test: $(READY)  ## every test, on real servers
	$(BIN)/pytest -n 2 --dist loadfile

test-quick: $(READY)  ## all tests but the slow and those in a browser: six minutes on two cores
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow and not browser"

check: $(READY)  ## format, lint, types, import directions, Dagster definitions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/dg check defs

bench: $(READY)  ## the measured claims, each beside its peer
	$(BIN)/rynek bench load
	$(BIN)/rynek bench live
	$(BIN)/rynek bench orders
	$(BIN)/rynek bench hot-sku
	$(BIN)/rynek bench confirming

soak: $(READY)  ## 1,000 kills and the other harnesses of money and stock, for most of an hour
	$(BIN)/rynek soak all --record
	RYNEK_FUZZ_EXAMPLES=50 $(BIN)/pytest -q tests/transactional/http/test_fuzz.py

lock: $(READY)  ## pin the dependencies of pyproject.toml again
	$(BIN)/uv pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url \
		--no-header --python-version 3.11 --quiet --output-file requirements.lock

clean:  ## stop and forget the local market (.rynek) and the environment
	@if [ -x $(BIN)/rynek ]; then $(BIN)/rynek down; fi
	rm -rf .rynek .venv
