"""History as a program uses it: what it refuses, in a line, with the value and what to use."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ses_history.errors import HistoryError, QuestionError
from ses_history.history import History
from ses_history.selection import EVERYTHING, Selection
from ses_history.sources.folder import Folder

from tests.reader.support import SENT, message, put


@pytest.fixture
def history(tmp_path: Path) -> History:
    """One message, sent at eight in the morning, UTC."""
    put(tmp_path / "h", message("m", ["a@example.com"], "send", "delivery"))
    history = History(Folder(tmp_path / "h"), tmp_path / "store.duckdb")
    history.sync()
    return history


def test_paths_may_be_texts(tmp_path: Path, history: History) -> None:
    path: Any = str(tmp_path / "h")
    assert Folder(path) == history.source
    assert History(Folder(path), str(tmp_path / "store.duckdb")).find("a@").total == 1


@pytest.mark.parametrize(
    ("since", "total"),
    [(SENT, 1), ("2026-03-01T08:00:00.001Z", 0), ("2026-03-01T17:00:00+09:00", 1), ("2026-03-01T08:00:00", 1)],
)
def test_a_time_with_an_offset_means_the_same_moment_wherever_this_runs(
    since: str, total: int, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert history.find("a@", Selection(since=datetime.fromisoformat(since))).total == total


def refusals(history: History, tmp_path: Path) -> dict[str, Any]:
    return {
        "unknown group 'hour': use day, type, domain, set or tag:NAME": lambda: history.stats(by="hour"),
        "unknown group 'tag:': use day, type, domain, set or tag:NAME": lambda: history.stats(by="tag:"),
        "unknown format 'xlsx': use csv, jsonl, parquet, sqlite": lambda: history.export(tmp_path / "new", "xlsx"),
        "invalid limit 0: use 1 to 1000000000": lambda: history.find("a", limit=0),
        "unknown event type 'bounce': use Send, Reject, Bounce, ": lambda: Selection(types=("bounce",)),
        "the text to look for is empty": lambda: history.find(" ", EVERYTHING),
        "since (2026-03-02 00:00:00) must be before until (2026-03-01 00:00:00)": lambda: Selection(
            since=datetime.fromisoformat("2026-03-02"), until=datetime.fromisoformat("2026-03-01")
        ),
    }


def test_a_wrong_question_is_an_error_with_its_value_and_what_to_use(history: History, tmp_path: Path) -> None:
    asked = refusals(history, tmp_path)
    assert len(asked) == 7
    for says, ask in asked.items():
        with pytest.raises(QuestionError) as refused:
            ask()
        assert str(refused.value).startswith(says)
        assert isinstance(refused.value, HistoryError)
    assert not (tmp_path / "new").exists()
