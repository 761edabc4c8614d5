"""Every statement that the reader asks Athena is one that Athena parses, of functions that it documents."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
import sqlglot
from ses_history.athena.statement import DIALECT, statement
from ses_history.errors import NothingFoundError
from ses_history.questions import ask
from ses_history.questions.engine import EVER, Dialect, Engine, Parameters, Reach
from ses_history.questions.health import health
from ses_history.selection import GROUPS, Selection
from ses_history.statuses import STATUSES
from sqlglot import exp

from tests.components.test_catalog import FUNCTIONS, called

TIME = datetime.fromisoformat("2026-11-23T08:00")
LATER = datetime.fromisoformat("2026-11-24")
ID = "010001924b2c7d1e-5a0c3f6e-8f1d-4b7a-9c2e-0d6b8a4f1e23-000000"
SELECTION = Selection(
    since=TIME,
    until=LATER,
    happened_since=TIME,
    happened_until=LATER,
    types=("Send",),
    domain="example.com",
    provider="gmail",
    set="mail",
    tag_name="team",
    tag_value="it's",
)
FOUND = {
    "count(*) OVER () AS total": {"message_id": ID, "total": 1} | dict.fromkeys(STATUSES, 0),
    "AS newest": {"newest": TIME},
    "AS since": {"since": TIME, "first": TIME},
    "count(DISTINCT": {"count": 0, "message_id": None, "recipient": None},
    "AS by_machines": {"by_people": 0, "unknown": 0, "by_machines": 0},
}
"""Answers without which a question would not go on to its next statement, by what is in the SQL."""


class Recorded:
    """An engine that keeps the statements."""

    dialect: Dialect = DIALECT

    def __init__(self) -> None:
        self.statements = list[str]()

    def ask(
        self, tables: Mapping[str, str], sql: str, parameters: Parameters, reach: Reach = EVER
    ) -> Iterator[dict[str, Any]]:
        """One row, or none."""
        self.statements.append(statement(tables, sql, parameters, reach))
        return iter([row for text, row in FOUND.items() if text in sql])


def find(*texts: str, exact: bool | None = None, selection: Selection = SELECTION) -> Callable[[Engine], object]:
    asked = ask.question(texts, (), selection, ("delivered",), exact=exact)
    return lambda engine: ask.find(engine, asked, 50)


def stats(by: str, zone: str) -> Callable[[Engine], object]:
    return lambda engine: ask.stats(engine, SELECTION, by, zone)


QUESTIONS: dict[str, tuple[Callable[[Engine], object], int]] = {
    "find by nothing": (find(), 2),
    "find by time": (find(selection=Selection(since=TIME)), 2),
    "find by subdomains": (find(selection=Selection(domain=".example.com")), 2),
    "find by address": (find("ada@example.com"), 2),
    "find by id": (find(ID), 2),
    "find by words": (find("order", "it's"), 2),
    "find exactly": (find("Your order", exact=True), 2),
    "show": (lambda engine: ask.show(engine, ID), 1),
    "show by the beginning": (lambda engine: ask.show(engine, ID[:20]), 1),
    "health": (lambda engine: health(engine, TIME), 9),
    "export of statuses": (lambda engine: list(ask.selected_recipients(engine, ask.question(()))), 1),
    "export of events": (lambda engine: list(ask.selected_events(engine, ask.question((), (), SELECTION))), 1),
    **{
        f"stats by {by} in {zone}": (stats(by, zone), 1)
        for by in (*GROUPS, "tag:it's")
        for zone in ("UTC", "Asia/Tokyo")
    },
}
"""What is asked, and in how many statements."""


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_parsed_by_athena_and_calls_only_its_functions(question: str) -> None:
    asked, count = QUESTIONS[question]
    engine = Recorded()
    with suppress(NothingFoundError):
        asked(engine)
    assert len(engine.statements) == count
    for sql in engine.statements:
        [parsed] = sqlglot.parse(sql, dialect="athena")
        assert isinstance(parsed, exp.Query)
        assert called(sql) - FUNCTIONS == set()
