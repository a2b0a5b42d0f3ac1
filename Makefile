# Every target sets up what it needs. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STEP   := $(BIN)/python scripts/progress.py
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup lock demo dev test test-lowest test-pythons test-tools generate check lint commits hooks workflows types contract contract-client spec-lint spec-diff renderings docs docs-test faults mutants clients generators bench build ci clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv with everything pinned in requirements/dev.lock

$(STAMP): requirements/dev.lock pyproject.toml scripts/setup.py
	@$(PYTHON) scripts/setup.py $(VENV)

lock: $(STAMP) ## pin the dependencies of pyproject.toml anew (with hashes)
	$(BIN)/python scripts/lock.py

demo: $(STAMP) ## the seed page, call by call, against a local control plane
	@$(BIN)/helmr-local run --tasks examples.tasks -- $(BIN)/python -m examples.session_start

dev: $(STAMP) ## helmr_local with its page and the examples; starts anew when a source changes
	@$(BIN)/python scripts/dev.py

test: $(STAMP) ## unit, typing, contract, end-to-end and fault tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup -q -m "not tool and not slow"

test-lowest: $(STAMP) ## the tests with the lowest versions of the dependencies that pyproject.toml allows
	$(BIN)/python scripts/test_lowest.py

test-pythons: $(STAMP) ## the unit tests on every other supported Python of this machine
	$(BIN)/python scripts/test_pythons.py

test-tools: $(STAMP) ## the tests of chores that take long or run tools of other languages (Node.js, Go)
	$(BIN)/python -m pytest -n 2 -q -m "tool or slow"

generate: $(STAMP) ## derive the generated client and the sync layer anew
	$(BIN)/python scripts/generate.py
	$(BIN)/python scripts/derive_sync.py

check: $(STAMP) ## fail when anything derived differs from what is committed
	$(BIN)/python scripts/check_drift.py

lint: $(STAMP) ## style, spelling and words, and which package may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python scripts/import_circles.py
	@git ls-files -z | xargs -0 $(BIN)/codespell
	@$(BIN)/python scripts/words.py

commits: $(STAMP) ## the form of the commit messages since BASE=<git ref> (default: main)
	$(BIN)/cz --no-raise NO_COMMITS_FOUND check --rev-range "$(or $(BASE),main)..HEAD"

hooks: $(STAMP) ## git hooks: make lint before a commit, and the form of its message
	$(BIN)/pre-commit install

workflows: $(STAMP) ## .github and .ci/run: actionlint (needs Go), zizmor, shellcheck
	@$(BIN)/python scripts/workflows.py

types: $(STAMP) ## mypy --strict and pyright on all of it, and completeness of the public types
	@$(STEP) mypy -- $(BIN)/mypy
	@$(STEP) pyright -- $(BIN)/pyright
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(STEP) "public types" -- $(BIN)/pyright --verifytypes helmr_ergonomic --ignoreexternal
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(STEP) "public types of helmr" -- $(BIN)/pyright --verifytypes helmr --ignoreexternal

build: $(STAMP) ## sdist and wheel, the wheel tried in an environment of its own
	$(BIN)/python scripts/build.py

spec-lint: $(STAMP) ## the rules for openapi.yaml: this project's own, then Redocly's (needs Node.js)
	@$(BIN)/python scripts/spec_lint.py

spec-diff: $(STAMP) ## what changed in openapi.yaml since BASE=<git ref>, and what that asks for (needs Go)
	@$(BIN)/python scripts/spec_diff.py $(BASE)

renderings: $(STAMP) ## openapi.yaml as JSON, as OpenAPI 3.0, and for generators of clients: build/openapi*
	@$(BIN)/python scripts/renderings.py

docs: $(STAMP) ## the documentation site in build/docs; its API reference needs Node.js
	@$(BIN)/python scripts/docs/build_docs.py

docs-test: $(STAMP) ## the documentation: every example run, every link followed, the site opened in Chromium
	$(BIN)/python -m pytest -q tests/docs

mutants: $(STAMP) ## plant faults into server and client, one at a time: the contract tests must catch each (ONLY=name: one of them)
	@$(BIN)/python scripts/mutants.py $(if $(ONLY),$(ONLY),--seeds 5)

faults: $(STAMP) ## a thousand rounds of broken connections under sessions, execs and PTYs (ROUNDS=30: fewer)
	HELMR_FAULT_ROUNDS=$(or $(ROUNDS),1000) $(BIN)/python -m pytest -q -p no:cacheprovider tests/faults

clients: $(STAMP) ## clients in TypeScript, Go, Java, Rust and curl, made and run (ONLY=go: one of them)
	@$(BIN)/python scripts/other_languages.py $(ONLY)

generators: $(STAMP) ## generators of clients, and a program with each client (ONLY=ogen: one of them; ARGS=--page: docs)
	@$(BIN)/python scripts/generators.py $(ONLY) $(ARGS)

contract: $(STAMP) ## does a control plane keep the contract? helmr-local, or URL= KEY= [TASK= STREAMS= ONLY= SEED= EXAMPLES= BASELINE= NO_WORKER=1 ARGS=]
	@$(if $(KEY),HELMR_CONTRACT_KEY="$$KEY") $(BIN)/helmr-contract --report build/contract \
		$(if $(URL),--url "$(URL)") $(if $(TASK),--task "$(TASK)") $(if $(STREAMS),--streams "$(STREAMS)") \
		$(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed $(SEED)) $(if $(EXAMPLES),--max-examples $(EXAMPLES)) \
		$(if $(BASELINE),--baseline "$(BASELINE)") $(if $(NO_WORKER),--no-worker) $(ARGS)

contract-client: $(STAMP) ## does the Python client keep the contract? sync and async, in every scenario (ARGS=--must: …)
	$(BIN)/helmr-contract client --report build/client $(ARGS) -- $(BIN)/python -m helmr_contract.client.python_driver
	$(BIN)/helmr-contract client --report build/client-async $(ARGS) -- \
		$(BIN)/python -m helmr_contract.client.python_driver --asyncio

bench: $(STAMP) ## measure what all this costs, against what one would write by hand (ARGS=--write: docs/performance.md)
	@$(BIN)/python scripts/bench.py $(ARGS)

ci: ## everything: .ci/run, then the tests of the tools, the contract, all faults, the clients in other languages and the generators
	bash .ci/run
	$(MAKE) --no-print-directory test-tools contract contract-client faults mutants clients generators
