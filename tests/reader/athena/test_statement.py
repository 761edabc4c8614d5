"""A question as Athena's SQL: parsed as Athena parses it, with the days that it reads and values that stay values."""

from datetime import date, datetime
from typing import Any

import pytest
import sqlglot
from ses_history.athena.statement import literal, statement
from ses_history.questions.engine import EVER, Reach
from sqlglot import exp


def parsed(sql: str) -> exp.Expr:
    """The only statement of a text; sqlglot raises for what Athena does not understand."""
    [only] = sqlglot.parse(sql, dialect="athena")
    assert only is not None
    return only


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "NULL"),
        (True, "true"),
        (42, "42"),
        ("O'Hara", "'O''Hara'"),
        ("a\\' OR 1 = 1 --", "'a\\'' OR 1 = 1 --'"),
        (datetime.fromisoformat("2026-11-23T08:00:00.120999"), "TIMESTAMP '2026-11-23 08:00:00.120'"),
        (date(2026, 11, 23), "DATE '2026-11-23'"),
        ([], "CAST(ARRAY[] AS array(varchar))"),
        (["a", "b'"], "CAST(ARRAY['a', 'b'''] AS array(varchar))"),
    ],
)
def test_a_value_is_a_literal_of_its_type(value: Any, written: str) -> None:
    assert literal(value) == written


def test_a_value_of_another_type_is_an_error() -> None:
    with pytest.raises(TypeError, match="no literal of b'x'"):
        literal(b"x")


@pytest.mark.parametrize("text", ["' OR true --", "\\", "'; DROP TABLE history; --", "$message_id", "/*", "\n'\n"])
def test_a_text_stays_one_text_whatever_is_in_it(text: str) -> None:
    sql = statement({}, "SELECT * FROM kept WHERE message_id = $message_id", {"message_id": text}, EVER)
    [compared] = parsed(sql).find_all(exp.EQ)
    assert compared.right.this == text


@pytest.mark.parametrize(
    ("reach", "days"),
    [
        (EVER, ""),
        (Reach(since=datetime.fromisoformat("2026-11-23")), " WHERE day >= DATE '2026-11-22'"),
        (Reach(until=datetime.fromisoformat("2026-11-23T23:59")), " WHERE day <= DATE '2026-11-25'"),
        (
            Reach(since=datetime.fromisoformat("2026-01-01"), until=datetime.fromisoformat("2026-01-02")),
            " WHERE day >= DATE '2025-12-31' AND day <= DATE '2026-01-04'",
        ),
    ],
)
def test_only_the_days_are_read_in_which_events_can_be(reach: Reach, days: str) -> None:
    sql = statement({}, "SELECT * FROM kept", {}, reach)
    assert sql == f"WITH kept AS (\nSELECT *, object_key AS object_no FROM history{days}\n)\nSELECT * FROM kept"


def test_maps_are_asked_for_as_json_where_all_columns_are() -> None:
    sql = statement({}, "SELECT * FROM history", {}, EVER)
    assert "json_format(CAST(tags AS json)) AS tags" in sql
    assert "kept" not in sql
