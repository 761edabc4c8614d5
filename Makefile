# `make demo` and `make test` need Python 3.11 or newer, make, and a package registry. Everything else goes into .venv.

PYTHON ?= python3
UV_VERSION := 0.13.9

.PHONY: demo test mutants bench format clean

demo: .venv/installed
	@.venv/bin/python -m localaws

test: .venv/installed .venv-scan/installed
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/pyrefly check --summary=none
	.venv/bin/pytest --numprocesses auto --dist worksteal

# An hour, in a copy under build/. `make mutants MUTANTS=component` for one part; stopped, it goes on where it was.
mutants: .venv/installed
	@.venv/bin/python -m tests.mutants $(MUTANTS)

# `make bench BENCH="--events 500000"` for a smaller corpus; `.venv/bin/python -m bench --help` for the rest.
bench: .venv/installed
	@.venv/bin/python -m bench $(BENCH)

format: .venv/installed
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

clean:
	rm -rf .venv .venv-scan build

.venv/installed: uv.lock pyproject.toml components/pyproject.toml reader/pyproject.toml
	@echo "Installing into .venv what uv.lock pins"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV= .venv/bin/uv sync --quiet --frozen
	@touch $@

.venv-scan/installed: .venv/installed
	@echo "Installing the scanners into .venv-scan"
	@VIRTUAL_ENV= UV_PROJECT_ENVIRONMENT=.venv-scan .venv/bin/uv sync --quiet --frozen --only-group scan --python .venv/bin/python
	@touch $@
