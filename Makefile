# `make demo` and `make test` need Python 3.11 or newer, make, and a package registry. Everything else goes into .venv.

PYTHON ?= python3
UV_VERSION := 0.13.9
NEXT_PYTHON := 3.14

# In this order: the docs show what Pulumi.yaml declares.
GENERATED := Pulumi.yaml README.md $(wildcard docs/*.md) components/ses_sending_history/athena/queries/failures.sql
COG := .venv/bin/cog -I .

.PHONY: demo test test-engine test-trino resolve mutants fuzz bench generate man format clean

demo: .venv/installed
	@.venv/bin/python -m localaws

test: .venv/installed .venv-scan/installed
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/pyrefly check --summary=none
	.venv/bin/lint-imports --no-logo
	$(COG) --check --check-fail-msg="Run: make generate" $(GENERATED)
	.venv/bin/python -m docs.generate.schema --check
	.venv/bin/pytest --numprocesses auto --dist worksteal

# A wheel of each locked dependency for the next Python, which need not be installed.
resolve: .venv/installed
	.venv/bin/uv lock --check
	for group in dev scan; do \
		.venv/bin/uv export --quiet --frozen --all-packages --no-emit-workspace --no-hashes --no-default-groups \
			--group $$group --output-file .venv/$$group.txt && \
		.venv/bin/uv pip compile --quiet --python-version $(NEXT_PYTHON) --only-binary :all: .venv/$$group.txt \
			--output-file .venv/$$group-resolved.txt || exit 1; \
	done

# An hour, in a copy under build/. `make mutants MUTANTS=component` for one part; stopped, it goes on where it was.
mutants: .venv/installed
	@.venv/bin/python -m tests.mutants $(MUTANTS)

# Objects that strangers could write, made up for an hour, through every command. `make fuzz FUZZ="-x"` for pytest's options.
fuzz: .venv/installed
	.venv/bin/pytest tests/reader/test_hostile.py tests/reader/store/test_layouts.py --hypothesis-profile fuzz $(FUZZ)

# The real Pulumi engine drives the program. It needs `pulumi` or, to build it, Go; else it says so.
test-engine: .venv/installed
	@.venv/bin/python -m tests.engine

# The view `history` on a real Trino, the engine of Athena. It needs Maven and a JDK; else it says so.
test-trino: .venv/installed
	@.venv/bin/python -m tests.trino

# `make bench BENCH="--events 500000"` for a smaller corpus; `.venv/bin/python -m bench --help` for the rest.
bench: .venv/installed
	@.venv/bin/python -m bench $(BENCH)

# What is between the marks of cog in these files is written by the code between them.
generate: .venv/installed
	$(COG) -r $(GENERATED)
	.venv/bin/python -m docs.generate.schema
	cp LICENSE components/LICENSE
	cp LICENSE reader/LICENSE

# A man page of each command of ses-history, in build/man.
man: .venv/installed
	@.venv/bin/python -m docs.generate.man build/man

format: .venv/installed
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

clean:
	rm -rf .venv .venv-scan build

.venv/installed: uv.lock pyproject.toml components/pyproject.toml reader/pyproject.toml
	@echo "Installing into .venv what uv.lock pins"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV= .venv/bin/uv sync --quiet --frozen --group dev
	@touch $@

.venv-scan/installed: .venv/installed
	@echo "Installing the scanners into .venv-scan"
	@VIRTUAL_ENV= UV_PROJECT_ENVIRONMENT=.venv-scan .venv/bin/uv sync --quiet --frozen --only-group scan --python .venv/bin/python
	@touch $@
