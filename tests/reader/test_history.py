"""History as a program uses it: what it refuses, in a line, with the value and what to use."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ses_history.cli.exit_codes import exit_code
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


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet", "sqlite", "xlsx"])
def test_an_export_touches_no_file_that_is_there(file_format: str, history: History, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    with pytest.raises(HistoryError, match=r"already exists: choose another name|unknown format"):
        history.export(mine, file_format)
    assert mine.read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"h", "store.duckdb", "mine"}


def test_every_error_has_an_exit_code() -> None:
    assert {kind.__name__: exit_code(kind()).name for kind in HistoryError.__subclasses__()} == {
        "QuestionError": "USAGE",
        "NothingFoundError": "NOTHING_FOUND",
        "SourceError": "SOURCE",
        "StoreError": "STORE",
        "ExportError": "EXPORT",
    }


def test_an_id_that_begins_others_shows_its_own_message(tmp_path: Path) -> None:
    begins = "010001a20da6d722-5d01b729"
    ids = [f"{begins}-2", f"{begins}-1", begins]
    put(tmp_path / "h", [item for message_id in ids for item in message(message_id, ["a@example.com"], "send")])
    history = History(Folder(tmp_path / "h"), tmp_path / "store.duckdb")
    history.sync()
    assert [row.message_id for row in history.show(begins).events] == [begins]


def test_a_send_comes_before_what_happened_at_the_same_time(tmp_path: Path) -> None:
    delivery, send = message("m", ["a@example.com"], "delivery", "send")
    delivery["delivery"]["timestamp"] = SENT
    put(tmp_path / "h", [delivery, send])
    history = History(Folder(tmp_path / "h"), tmp_path / "store.duckdb")
    history.sync()
    assert [row.event_type for row in history.show("m").events] == ["Send", "Delivery"]
