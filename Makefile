# Two commands do all: `make run` and `make test`. Each sets up what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What a server needs, and what a developer needs besides.
INSTALLED := $(VENV)/.installed
DEVELOPED := $(VENV)/.developed
# And what holds the models to another engine.
SPARKED := $(VENV)/.sparked
# The same dialect without Java; its client cannot share a place with Spark's.
SAILED := $(VENV)/sail
# Older DuckDBs, to prove that their users can read what is published: the oldest, the long-term
# one, and 1.5, which the flow itself runs on too.
OLDER_DUCKDB := $(foreach each,oldest lts 1.5,$(VENV)/duckdb-$(each))

PARSE := $(BIN)/python -c 'from orchestration.flow.dbt_project import ensure_manifest; \
  from orchestration.settings import Settings; ensure_manifest(Settings())'

export DO_NOT_TRACK := 1

.PHONY: run test lint types dbt serve bench spark sail truths mutants kills pictures lock audit clean manifest

run: $(INSTALLED)
	$(BIN)/avvik run

test: $(DEVELOPED) $(OLDER_DUCKDB) manifest
	$(BIN)/pytest --numprocesses auto --dist loadscope --no-loadscope-reorder --durations=25

lint: $(DEVELOPED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/yamllint --strict .
	cd dbt_project && ../$(BIN)/sqlfluff lint --processes 2 models tests
	$(BIN)/python -m tests.portability.sql_lint

types: $(DEVELOPED)
	$(BIN)/mypy

# Every model, seed, data test and unit test, on the warehouse of the latest run.
dbt: $(INSTALLED)
	AVVIK_WAREHOUSE=$(abspath $(or $(AVVIK_HOME),var))/warehouse.duckdb \
	  $(BIN)/dbt build --project-dir dbt_project --profiles-dir dbt_project

# dbt's manifest draws the asset graph; made here once, so that parallel tests only read it.
manifest: $(INSTALLED)
	$(PARSE)

serve: $(INSTALLED)
	$(BIN)/avvik serve

bench: $(DEVELOPED) $(SPARKED) $(SAILED)
	$(BIN)/pytest -o addopts= -o 'python_files=bench_*.py' --import-mode=importlib -ra -s \
	  tests/benchmarks

# Bias and coverage of what the analyses estimate, in worlds whose truths are known.
truths: $(DEVELOPED)
	$(BIN)/python -m tests.truths.functions

# Every table on a Spark cluster of this machine against DuckDB's, of a small city or, with
# WAREHOUSE=var/warehouse.duckdb, of what was run last. Java 17 is needed.
spark: $(SPARKED)
	$(BIN)/python -m tests.portability $(if $(WAREHOUSE),--warehouse $(WAREHOUSE))

# The same on Sail, which is one process and needs no Java.
sail: $(SAILED)
	PYTHONPATH=$(abspath $(SAILED)) $(BIN)/python -m tests.portability --engine sail \
	  $(if $(WAREHOUSE),--warehouse $(WAREHOUSE))

# Lines that a wrong number could be born in, changed one at a time: some test must fall for each.
mutants: $(DEVELOPED)
	$(BIN)/python -m tests.mutants

# `avvik run` killed at thirty points of its work: what readers see is whole, and nothing is lost.
kills: $(DEVELOPED)
	$(BIN)/python -m tests.kills

# The guides' pictures of what was published last; Chromium is needed.
pictures: $(DEVELOPED)
	$(BIN)/python -m tests.pictures

# One for a server, and one for developers that has all of the first.
COMPILE := uv pip compile --universal --generate-hashes --no-header --no-emit-index-url \
  --no-annotate --python-version 3.11
LOCK := $(COMPILE) --extra build pyproject.toml
lock:
	$(LOCK) -o requirements.lock
	$(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --extra dev --extra spark -c requirements-dev.lock -o requirements-spark.lock
	$(COMPILE) --no-deps tests/fixtures/sail.in -o tests/fixtures/sail.lock

# The licence of each package that a server installs. Known vulnerabilities are not looked up: no
# list of them ships with a package, and nothing here asks the network.
audit: $(DEVELOPED)
	$(BIN)/pip-licenses --from=mixed --with-urls --order=license --packages \
	  $$(sed -n 's/^\([A-Za-z0-9_.-]*\)==.*/\1/p' requirements.lock)
	@echo "Kända sårbarheter är inte prövade: ingen sådan lista följer med, och inget frågas över nätet."

clean:
	rm -rf $(VENV) var dbt_project/target dbt_project/logs
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The lock holds every package, so pip resolves nothing. It compiles what it installs; the package
# itself and dbt's manifest are made ready here too, so that no start pays for them.
$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11+ behövs" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q orchestration
	$(PARSE)
	touch $@

$(DEVELOPED): requirements-dev.lock $(INSTALLED)
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements-dev.lock
	touch $@

$(SPARKED): requirements-spark.lock $(DEVELOPED)
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements-spark.lock
	touch $@

$(SAILED): tests/fixtures/sail.lock | $(DEVELOPED)
	rm -rf $@
	$(BIN)/pip install --quiet --no-deps --require-hashes --target $@ --requirement $<
	touch $@

$(OLDER_DUCKDB): $(VENV)/duckdb-%: tests/fixtures/duckdb-%.lock | $(DEVELOPED)
	$(BIN)/pip install --quiet --no-deps --require-hashes --target $@ --requirement $<
	touch $@
