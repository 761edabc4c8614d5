"""The fixtures of the tests on a real Trino: one server for all, and a database for each history."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from localaws.aws import LocalAws
from localaws.emulator import running as running_aws
from tests.trino import catalog, server, toolchain

FIRST_DAY = date(2026, 1, 1)
"""Of what the tables have."""

Ask = Callable[[str], server.Answer]
"""Asks a history a question in SQL."""

HistoryOf = Callable[[Path], Ask]
"""Puts the objects of a folder into a bucket, under tables of their own."""


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    """An AWS on this machine for all of these tests."""
    with running_aws() as aws:
        yield aws


@pytest.fixture(scope="session")
def history_of(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HistoryOf]:
    """What makes a history in AWS, with a Trino that reads it."""
    tools = toolchain.find()
    if isinstance(tools, str):
        pytest.fail(tools)
    tools.fetch()
    numbers = count(1)
    with server.running(tools, aws, tmp_path_factory.mktemp("trino")) as trino:

        def history_of(folder: Path) -> Ask:
            name = f"history{next(numbers)}"
            catalog.create(aws, name, folder, FIRST_DAY)
            return partial(trino.query, database=name)

        yield history_of
