# Every target installs its requirements. `make help` lists the targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STEP   := $(BIN)/python scripts/progress.py
STAMP  := $(VENV)/.installed
# Processes of `make test`, two per core: half of a test's time is spent waiting for timers and other processes.
WORKERS ?= 4

# Python programs that a target starts, hundreds in `make test`, compile each module once and not at each start.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup lock demo dev test test-lowest test-pythons test-tools generate check lint commits hooks workflows types types-mypy types-pyright contract contract-client spec-lint spec-diff renderings docs docs-test faults mutants clients generators bench build ci clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## create .venv with the packages pinned in requirements/dev.lock

$(STAMP): requirements/dev.lock pyproject.toml scripts/setup.py
	@$(PYTHON) scripts/setup.py $(VENV)

lock: $(STAMP) ## pin the dependencies of pyproject.toml (with hashes)
	$(BIN)/python scripts/lock.py

demo: $(STAMP) ## run the seed page, call by call, against a local control plane
	@$(BIN)/helmr-local run --tasks examples.tasks -- $(BIN)/python -m examples.session_start

dev: $(STAMP) ## run helmr_local with its page and the examples; restart on source changes
	@$(BIN)/python scripts/dev.py

test: $(STAMP) ## run the unit, typing, contract, end-to-end and fault tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -q -m "not tool and not slow"

test-lowest: $(STAMP) ## run the tests with the lowest versions of the dependencies that pyproject.toml allows
	$(BIN)/python scripts/test_lowest.py

test-pythons: $(STAMP) ## run the unit tests on every other supported Python on this machine
	$(BIN)/python scripts/test_pythons.py

test-tools: $(STAMP) ## run the slow tests and those that need tools of other languages (Node.js, Go)
	$(BIN)/python -m pytest -n 2 -q -m "tool or slow"

generate: $(STAMP) ## regenerate the client and the sync layer
	$(BIN)/python scripts/generate.py
	$(BIN)/python scripts/derive_sync.py

check: $(STAMP) ## check that the committed derived files are up to date
	$(BIN)/python scripts/check_drift.py

lint: $(STAMP) ## check style, spelling, wording and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python scripts/import_circles.py
	@git ls-files -z | xargs -0 $(BIN)/codespell
	@$(BIN)/python scripts/words.py

commits: $(STAMP) ## check the commit messages since BASE=<git ref> (default: main)
	$(BIN)/cz --no-raise NO_COMMITS_FOUND check --rev-range "$(or $(BASE),main)..HEAD"

hooks: $(STAMP) ## install git hooks that run make lint and check the commit message
	$(BIN)/pre-commit install

workflows: $(STAMP) ## check .github and .ci/run with actionlint (needs Go), zizmor and shellcheck
	@$(BIN)/python scripts/workflows.py

types: types-mypy types-pyright ## run mypy --strict and pyright, and check that the public types are complete

types-mypy: $(STAMP)
	@$(STEP) mypy -- $(BIN)/mypy

types-pyright: $(STAMP)
	@$(STEP) pyright -- $(BIN)/pyright
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(STEP) "public types" -- $(BIN)/pyright --verifytypes helmr_ergonomic --ignoreexternal
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(STEP) "public types of helmr" -- $(BIN)/pyright --verifytypes helmr --ignoreexternal

build: $(STAMP) ## build sdist and wheel, and test the wheel in a separate environment
	$(BIN)/python scripts/build.py

spec-lint: $(STAMP) ## check openapi.yaml with this project's rules, then with Redocly (needs Node.js)
	@$(BIN)/python scripts/spec_lint.py

spec-diff: $(STAMP) ## show the changes in openapi.yaml since BASE=<git ref> and the version they require (needs Go)
	@$(BIN)/python scripts/spec_diff.py $(BASE)

renderings: $(STAMP) ## render openapi.yaml as JSON, as OpenAPI 3.0 and for client generators: build/openapi*
	@$(BIN)/python scripts/renderings.py

docs: $(STAMP) ## build the documentation site in build/docs; its API reference needs Node.js
	@$(BIN)/python scripts/docs/build_docs.py

docs-test: $(STAMP) ## test the documentation: run every example, follow every link, open the site in Chromium
	$(BIN)/python -m pytest -q tests/docs

mutants: $(STAMP) ## plant faults into server and client, one at a time, and check that the contract tests catch each (ONLY=name: only this one)
	@$(BIN)/python scripts/mutants.py $(if $(ONLY),$(ONLY),--seeds 5)

faults: $(STAMP) ## run sessions, execs and PTYs over connections that break, a thousand rounds (ROUNDS=30: fewer)
	HELMR_FAULT_ROUNDS=$(or $(ROUNDS),1000) $(BIN)/python -m pytest -q -p no:cacheprovider tests/faults

clients: $(STAMP) ## generate and run clients in TypeScript, Go, Java, Rust and curl (ONLY=go: only this one)
	@$(BIN)/python scripts/other_languages.py $(ONLY)

generators: $(STAMP) ## run client generators, and a program with each client (ONLY=ogen: only this one; ARGS=--page: update the docs)
	@$(BIN)/python scripts/generators.py $(ONLY) $(ARGS)

contract: $(STAMP) ## test a control plane against the contract: helmr-local, or URL= KEY= [TASK= STREAMS= ONLY= SEED= EXAMPLES= BASELINE= NO_WORKER=1 ARGS=]
	@$(if $(KEY),HELMR_CONTRACT_KEY="$$KEY") $(BIN)/helmr-contract --report build/contract \
		$(if $(URL),--url "$(URL)") $(if $(TASK),--task "$(TASK)") $(if $(STREAMS),--streams "$(STREAMS)") \
		$(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed $(SEED)) $(if $(EXAMPLES),--max-examples $(EXAMPLES)) \
		$(if $(BASELINE),--baseline "$(BASELINE)") $(if $(NO_WORKER),--no-worker) $(ARGS)

contract-client: $(STAMP) ## test the Python client against the contract, sync and async (ARGS=--must: …)
	$(BIN)/helmr-contract client --report build/client $(ARGS) -- $(BIN)/python -m helmr_contract.client.python_driver
	$(BIN)/helmr-contract client --report build/client-async $(ARGS) -- \
		$(BIN)/python -m helmr_contract.client.python_driver --asyncio

bench: $(STAMP) ## measure the overhead compared with hand-written code (ARGS=--write: update docs/performance.md)
	@$(BIN)/python scripts/bench.py $(ARGS)

ci: ## run everything: .ci/run, then the tests of the tools, the contract, all faults, the clients in other languages and the generators
	bash .ci/run
	$(MAKE) --no-print-directory test-tools contract contract-client faults mutants clients generators
