# Two commands do everything on a machine with Python >= 3.11 and make: `make up` and `make test`.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .uv/bin/uv
BIN := .venv/bin
STACK ?= dev
export UV_PYTHON_DOWNLOADS := never
# Compiled modules are kept in .venv and beside the sources: without them every start compiles Pulumi's SDK anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# uv comes from PyPI into the checkout; the system's Python is never written to.
$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "mlinfra needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "setting up: uv $(UV_VERSION)"
	@$(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.ready: $(UV) pyproject.toml uv.lock
	@echo "setting up: the locked environment in .venv"
	@$(UV) sync --frozen --quiet --all-extras --python $(PYTHON)
	@touch $@

.PHONY: setup
setup: .venv/.ready ## install uv and the locked environment into this checkout

.PHONY: up
up: setup ## deploy the default stack into the sandbox (STACK=dev)
	@$(BIN)/mlinfra up --yes --stack $(STACK)

.PHONY: down
down: setup ## destroy the default stack in the sandbox
	@$(BIN)/mlinfra destroy --yes --stack $(STACK)

.PHONY: test
test: setup ## every default test (under five minutes on two cores)
	@$(BIN)/python -m pytest -n 2 --dist worksteal -q -m "not conformance and not e2e and not mutation and not training"

.PHONY: conformance
conformance: setup ## the engine against everything recorded of the real one
	@$(BIN)/python -m pytest -n 2 -q -m conformance

.PHONY: mutation
mutation: setup ## change every security-relevant input of our stack, one at a time: the rules must notice
	@$(BIN)/python -m pytest -q -m mutation tests/mutation

.PHONY: e2e
e2e: setup ## whole stacks, kills, wheels, and the real pulumi CLI where it is on PATH
	@$(BIN)/python -m pytest -q -m e2e

# The frameworks are gigabytes, so each has an environment of its own that only this tier makes. One that cannot be had
# (or is not asked for: TRAIN="torch spark") is skipped, and the tier says so.
TRAIN ?= torch tensorflow spark ray

.venv-train-%/.ready: $(UV) pyproject.toml uv.lock
	@echo "setting up: the locked environment of $* in .venv-train-$* (once; the four take eight gigabytes)"
	@UV_PROJECT_ENVIRONMENT=.venv-train-$* $(UV) sync --frozen --quiet --only-group train-$* --python $(PYTHON) && touch $@ || echo "$* cannot be installed; its examples are skipped" >&2

.PHONY: e2e-training
e2e-training: setup $(TRAIN:%=.venv-train-%/.ready) ## train the examples for real: PyTorch, TensorFlow, Spark, Ray (TRAIN="torch ray")
	@$(BIN)/python -m pytest -v -rs -m training tests/training

.PHONY: lint
lint: setup ## formatting, lint, types and the import contracts
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/pyright && $(BIN)/lint-imports

.PHONY: format
format: setup ## format and fix what can be fixed
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

.PHONY: schema
schema: setup ## write the JSON Schemas of the stacks' settings
	@$(BIN)/python -m mlinfra.settings.schema

.PHONY: bench
bench: setup ## ratios measured side by side
	@$(BIN)/python -m bench

.PHONY: clean
clean: ## remove the environment and every cache
	rm -rf .venv .venv-train-* .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
