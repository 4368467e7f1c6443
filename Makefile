# Two commands are all a newcomer needs: `make run` and `make test`. Everything else is for those who build kwrest.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
CORPUS ?= ../shared/corpus

.PHONY: run test check format setup corpus bench torture clean

run: setup
	$(BIN)/kwrest serve

test: check
	$(BIN)/pytest -m slow -rs

# Format, types, imports and the fast tests; stays under a minute.
check: setup
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -m "not slow" -n 2 --dist loadfile

format: setup
	$(BIN)/ruff format src tests benchmarks
	$(BIN)/ruff check --fix src tests benchmarks

# Replays recorded SQL against this tree, in process and over HTTP: a report, not a gate.
corpus: setup
	$(BIN)/python -m tests.corpus $(CORPUS)

bench: setup
	$(BIN)/python -m benchmarks

# Long, seeded, resumable: make torture PART=kills|damage|backup|statements [SEED=1] [ROUNDS=60]; each part ends within 40 minutes.
PART ?= kills
SEED ?= 1
torture: setup
	$(BIN)/python -m tests.torture $(PART) --seed $(SEED) $(if $(ROUNDS),--rounds $(ROUNDS))

setup: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "kwrest needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
