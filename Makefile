# `make` alone says what there is. Every path is relative and no script of .venv is called by its own name:
# the folder of a clone may be called `My Projects/größe #1 (copy)`.

PYTHON ?= python3
HOST = 127.0.0.1
PORT = 5000

ifeq ($(OS),Windows_NT)
PY = .venv/Scripts/python.exe
else
PY = .venv/bin/python
endif

# Does nothing, and says nothing, where .venv is ready; its stamp is .venv/.ready.
READY = sh scripts/python.sh "$(PYTHON)" scripts/setup_venv.py $(if $(filter file,$(origin PYTHON)),,--asked)

# A process a core, each with whole files, so that what a file sets up is set up once; four, as each has sweeps of its
# own. In the order of the folders: the longest file has few tests, and would come last, alone.
SIDE_BY_SIDE = -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# Not all of the folder: what a user exports or copies here is none of the checks' business.
CODE = src serve experiments scripts tests benchmarks docs

.PHONY: help demo test test-all setup lint ready-to-test ui bench relocate clean lock
.DEFAULT_GOAL = help
# What make does is the same whatever conf/user/local.yaml says.
export SEEDBED_USER = none

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s  %s\n", $$1, $$2 }' Makefile
	@echo "make demo PYTHON=python3.13  chooses the Python of .venv (3.11, 3.12 or 3.13); it works with all of them"

demo: ## set up, sweep, mark the best and serve the page; later on, serve at once
	@$(READY) --plan "The demo sets up .venv (1.3 GB, minutes, once); where no model is marked best, it records a sweep of 300 runs in mlruns/ (about 40 MB, a minute or two) and marks its best; then it serves the page until Ctrl-C."
	@$(PY) scripts/demo.py $(ARGS)

test: ready-to-test ## set up, then lint, types and every test but the slow ones
	@$(PY) -m pytest -m "not slow" $(SIDE_BY_SIDE) $(ARGS)

test-all: ready-to-test ## the same with the slow tests
	@$(PY) -m pytest $(SIDE_BY_SIDE) $(ARGS)

ready-to-test: lint
	@$(PY) scripts/setup_browser.py

setup: ## make .venv ready: locked packages, checked by their hashes, and seedbed
	@$(READY)

lint: setup ## style, formatting, who may import whom, size budgets and types
	@$(PY) -m ruff check $(CODE)
	@$(PY) -m ruff format --check $(CODE)
	@$(PY) -c "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports_command as lint; lint()"
	@$(PY) scripts/check_budgets.py
	@$(PY) -m mypy

ui: setup ## open MLflow's UI on the store; HOST=0.0.0.0 lets other machines in, PORT=5001 takes another port
	@$(PY) scripts/ui.py --host "$(HOST)" --port "$(PORT)" --allow "$(ALLOW)"

bench: setup ## measure every claim about speed and statistics
	@$(PY) benchmarks $(ARGS)

relocate: ## mend .venv and the store after this folder was moved or copied
	@$(READY) --renew
	@$(PY) -m seedbed.relocate

clean: ## remove .venv and caches; never what was recorded in mlruns/ or written to outputs/
	@rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	@find src serve experiments scripts tests benchmarks -name __pycache__ -type d -exec rm -rf {} +

lock: setup ## work out requirements.lock again from pyproject.toml; UPGRADE=--upgrade takes the newest versions
	@$(PY) -m uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --extra dev --group setup pyproject.toml -o requirements.lock
