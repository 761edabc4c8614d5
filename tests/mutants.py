"""Mutation tests of the modules that matter most. Run as `make mutants`, or `python -m tests.mutants component`.

Each part is copied into build/mutants and mutated there by mutmut: the work tree stays as it is, a run that is stopped
goes on where it was, and after a change only the changed functions are tried again.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mutmut.state import state

_ROOT = Path(__file__).parent.parent
_BUILD = _ROOT / "build" / "mutants"
_MUTMUT = Path(sys.executable).with_name("mutmut")

# Hypothesis is imported before pytest can rewrite its assertions, which it has none of.
_PYTEST = ("-p", "tests.mutants", "--hypothesis-profile", "mutants", "-W", "ignore::pytest.PytestAssertRewriteWarning")

_called_by_import: dict[str, set[str]] = {}
"""The mutated functions that a test module calls when it is imported, by its node id."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Modules of a package, and the tests that must fail when one of them is wrong."""

    package: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    options: tuple[str, ...]
    """Options of pytest that leave out tests which take seconds and find nothing that the others do not."""


_PARTS = {
    "component": Part(
        package="components/ses_sending_history",
        modules=("policies.py", "validation.py", "publisher.py", "archive.py"),
        # The rest of tests/components runs scanners, installs the package, or deploys: slow, and not about one module.
        tests=tuple(
            f"tests/components/test_{name}.py"
            for name in ("args", "policies", "validation", "event_publisher", "sending_history")
        ),
        options=("-k", "not fifty_sets"),
    ),
    "reader": Part(
        package="reader/ses_history",
        modules=("store/records.py", "store/sync.py", "questions/ask.py"),
        tests=("tests/reader/store", "tests/reader/cli", "tests/reader/test_history.py", "tests/contract"),
        options=("-k", "not killed and not full_disk and not no_record_is_lost"),
    ),
}


def main(names: list[str]) -> None:
    """Run the parts, and print a diff for each mutant that no test notices."""
    for name in names or _PARTS:
        part = _PARTS[name]
        folder = _BUILD / name
        _copy(part, folder)
        environment = os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": str(folder / ".hypothesis")}
        subprocess.run([_MUTMUT, "run"], cwd=folder, env=environment, check=True)
        survivors = _survivors(folder)
        print(f"\n{name}: {len(survivors)} mutants survive", flush=True)  # noqa: T201
        for survivor in survivors:
            subprocess.run([_MUTMUT, "show", survivor], cwd=folder, check=True)


def _copy(part: Part, folder: Path) -> None:
    """Copy the work tree into the folder, with the package under src/; what mutmut found before stays."""
    if missing := [module for module in part.modules if not (_ROOT / part.package / module).exists()]:
        sys.exit(f"no such module in {part.package} ({', '.join(missing)}): change _PARTS in tests/mutants.py")
    found = folder / "mutants"
    for old in folder.iterdir() if folder.exists() else ():
        if old != found:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    ignored = shutil.ignore_patterns(".git", ".venv*", "build", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(_ROOT, folder, ignore=ignored, dirs_exist_ok=True)
    package = Path(part.package)
    # Mutmut names a mutant by the module's path, and knows only src/ as a folder that is no package.
    shutil.copytree(folder / package, folder / "src" / package.name)
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/{package.name}/{module}" for module in part.modules],
        "also_copy": sorted(path.name for path in folder.iterdir() if path not in (found, folder / "src")),
        "pytest_add_cli_args_test_selection": [*part.tests],
        "pytest_add_cli_args": [*_PYTEST, *part.options],
        # DuckDB and Pulumi have threads: a fork of the process that ran the tests would hang.
        "process_isolation": "forkserver",
        # On a busy machine a process takes seconds to start.
        "timeout_constant": 10.0,
        "timeout_multiplier": 10.0,
        # Test modules are imported anew for each mutant: they call what is mutated.
        "forkserver_warmup": "import",
        "preload_modules_file": "preload.txt",
    }
    (folder / "preload.txt").write_text("tests.mutants_preloaded\n")
    with (folder / "pyproject.toml").open("a") as file:
        file.write("\n[tool.mutmut]\n")
        # A list of texts is the same in JSON and TOML.
        file.writelines(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())


def _survivors(folder: Path) -> list[str]:
    """The mutants that no test noticed, that no test ran, or whose tests did not end."""
    ran = subprocess.run([_MUTMUT, "results"], cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    return re.findall(r"^\s*(\S+): (?:survived|no tests|timeout)$", ran.stdout, re.MULTILINE)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Note what the import of a test module calls."""
    state()._stats.clear()  # noqa: SLF001  mutmut counts calls in tests only, and a constant's would be nobody's
    report = yield
    _called_by_import[collector.nodeid] = set(state()._stats)  # noqa: SLF001
    return report


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Count what the import of its module called as called by each test of it."""
    module = item.getparent(pytest.Module)
    state()._stats.update(_called_by_import[module.nodeid] if module else ())  # noqa: SLF001


if __name__ == "__main__":
    main(sys.argv[1:])
