"""The view has the rows of contract/, value by value."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from ses_sending_history import catalog

from tests.contract.support import COLUMNS, EVENTS, LOCAL_ONLY, ROWS
from tests.reader.support import put
from tests.trino.conftest import FIRST_DAY, HistoryOf

DAYS = {name: FIRST_DAY + timedelta(days=number) for number, name in enumerate(EVENTS)}
"""A day for each event: those that share an id are not compared."""


@pytest.fixture(scope="module")
def rows(history_of: HistoryOf, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The rows of all events of contract/."""
    folder = tmp_path_factory.mktemp("history")
    for name, event in EVENTS.items():
        put(folder, [event], f"events/day={DAYS[name]}/a.gz")
    return history_of(folder)("SELECT * FROM history ORDER BY recipient_no").rows


def test_the_view_has_the_columns_in_the_order_and_of_the_types_that_glue_is_told(
    history_of: HistoryOf, tmp_path: Path
) -> None:
    answer = history_of(tmp_path)("SELECT * FROM history")
    assert [(name, kind.replace(", ", ",")) for name, kind in answer.types.items()] == list(catalog.COLUMNS.items())
    assert answer.rows == []


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_becomes_the_rows_of_the_contract(name: str, rows: list[dict[str, Any]]) -> None:
    place = {"day": DAYS[name], "object_key": f"events/day={DAYS[name]}/a.gz"}
    expected = [dict.fromkeys(COLUMNS) | place | _read(row) for row in ROWS[name]]
    found = [row for row in rows if row["day"] == DAYS[name]]
    assert len(found) == len(expected)
    different = [_different(*pair) for pair in zip(found, expected, strict=True)]
    assert different == [dict.fromkeys(LOCAL_ONLY.get(name, []), ANY)] * len(expected)


def _read(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its times as such."""
    return {
        column: datetime.fromisoformat(value.removesuffix("Z")) if COLUMNS[column]["type"] == "timestamp" else value
        for column, value in row.items()
    }


def _different(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The columns that are not as expected, each with both values."""
    return {column: (found[column], expected[column]) for column in COLUMNS if found[column] != expected[column]}
