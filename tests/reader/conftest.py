"""A folder of objects, and the command on it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ses_history.cli import main

from tests.reader.support import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture
def run(tmp_path: Path, folder: Path) -> Run:
    """The command, on the folder unless `where` says otherwise."""

    def invoke(*arguments: str, where: tuple[str, ...] = ("--folder", str(folder))) -> Result:
        command, *rest = arguments
        return CliRunner().invoke(main, [command, *where, "--store", str(tmp_path / "store.duckdb"), *rest])

    return invoke
