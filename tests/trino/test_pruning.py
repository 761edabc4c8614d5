"""A question about some days reads the objects of these days and no others."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.reader.support import message, put
from tests.trino.conftest import FIRST_DAY, Ask, HistoryOf

DAYS = [FIRST_DAY + timedelta(days=number) for number in range(4)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four days with an object each, of a thousand events."""
    folder = tmp_path_factory.mktemp("history")
    for number, day in enumerate(DAYS):
        messages = [message(f"m{number}-{each}", ["a@example.com"], "send", "open") for each in range(500)]
        put(folder, [event for events in messages for event in events], f"events/day={day}/a.gz")
    return folder


@pytest.fixture(scope="module")
def ask(folder: Path, history_of: HistoryOf) -> Ask:
    return history_of(folder)


QUESTIONS = {
    "a day": ("SELECT * FROM history WHERE day = DATE '2026-01-02'", [1], 1000),
    "several days": ("SELECT * FROM history WHERE day BETWEEN DATE '2026-01-02' AND DATE '2026-01-03'", [1, 2], 2000),
    "a message": ("SELECT * FROM history WHERE message_id = 'm3-7' AND day >= DATE '2026-01-04'", [3], 2),
    "a type": ("SELECT * FROM history WHERE event_type = 'Open' AND day = DATE '2026-01-01'", [0], 500),
    "no day": ("SELECT * FROM history", [0, 1, 2, 3], 4000),
}
"""Questions, each with the days whose objects it reads, and how many rows it finds."""


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_reads_the_objects_of_its_days(question: str, folder: Path, ask: Ask) -> None:
    sql, days, count = QUESTIONS[question]
    answer = ask(sql)
    assert len(answer.rows) == count
    assert answer.bytes_read == _size(folder, days)


def test_the_plan_of_a_question_about_a_day_has_this_partition_alone(ask: Ask) -> None:
    [plan] = ask("EXPLAIN SELECT event_type, count(*) FROM history WHERE day = DATE '2026-01-02' GROUP BY 1").rows
    [text] = plan.values()
    assert "day:string:PARTITION_KEY" in text
    assert ":: [[2026-01-02]]" in text
    assert "2026-01-01" not in text


def test_a_message_is_looked_for_in_lines_before_they_are_parsed(ask: Ask) -> None:
    [plan] = ask("EXPLAIN SELECT * FROM history WHERE message_id = 'm'").rows
    [text] = plan.values()
    [scan] = [line for line in text.splitlines() if "ScanFilter" in line]
    assert "$.mail.messageId" in scan
    assert "json_parse" not in scan


def _size(folder: Path, days: Sequence[int]) -> int:
    """The bytes of the objects of these days."""
    return sum((folder / f"events/day={DAYS[number]}/a.gz").stat().st_size for number in days)
