"""History as a program uses it: what it refuses, in a line, with the value and what to use."""

import json
import os
import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ses_history.cli.exit_codes import exit_code
from ses_history.errors import HistoryError, QuestionError, SourceError
from ses_history.history import History
from ses_history.selection import EVERYTHING, Selection
from ses_history.sources.folder import Folder

from tests.reader.support import KEY, SENT, lines, message, put


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
        "unknown group 'year': use hour, day, week, month, type, ": lambda: history.stats(by="year"),
        "unknown group 'tag:': use hour, day, week, month, type, ": lambda: history.stats(by="tag:"),
        "unknown format 'xls': use csv, xlsx, jsonl, parquet, sqlite": lambda: history.export(tmp_path / "new", "xls"),
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
        "AccountError": "SOURCE",
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


def test_raw_events_are_those_of_the_message_alone_whatever_else_is_on_the_line(tmp_path: Path) -> None:
    first, second = message("one", ["a@example.com"], "send"), message("two", ["a@example.com"], "send")
    both = lines([*first, *second, {"mail": 5}]).replace(b"\n", b"") + b"\n"
    put(tmp_path / "h", both)
    history = History(Folder(tmp_path / "h"), tmp_path / "store.duckdb")
    history.sync()
    for message_id, events in (("one", first), ("two", second)):
        assert [json.loads(event) for event in history.raw(history.show(message_id))] == events


@pytest.mark.parametrize(
    "written", [b"12345678901234567890", b"1.50", b"1e3", b"true", b'{"a": 1}', b'"\xff"', b'"a\\u00e9"', b'"a\\ud800"']
)
def test_raw_events_of_a_message_whose_id_ses_would_never_write_are_told(written: bytes, tmp_path: Path) -> None:
    text = lines(message("the id", ["a@example.com"], "send")).replace(b'"the id"', written)
    put(tmp_path / "h", text)
    history = History(Folder(tmp_path / "h"), tmp_path / "store.duckdb")
    history.sync()
    [found] = history.find("a@").recipients
    assert list(history.raw(history.show(found.message_id))) == [text.rstrip()]


def test_raw_events_of_a_large_object_are_read_once_and_in_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = message("asked", ["a@example.com"], "send", "delivery")
    others = [message(f"{number:09}", ["b@example.com"], "send", x=os.urandom(999).hex())[0] for number in range(5000)]
    put(tmp_path / "h", [*others, asked[1], *others, asked[0], *others])
    assert (tmp_path / "h" / KEY).stat().st_size > 8 << 20
    history = History(Folder(tmp_path / "h"), tmp_path / "store.duckdb")
    history.sync()
    shown = history.show("asked")
    list(history.raw(shown))
    reads, read = list[str](), Folder.read

    def counted(folder: Folder, key: str) -> Iterator[bytes] | None:
        reads.append(key)
        return read(folder, key)

    monkeypatch.setattr(Folder, "read", counted)
    tracemalloc.start()
    events = [json.loads(event) for event in history.raw(shown)]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert events == asked
    assert reads == [KEY]
    assert most < 6 << 20


def test_raw_events_of_an_object_that_is_gone_or_changed_are_an_error(tmp_path: Path) -> None:
    put(tmp_path / "h", message("one", ["a@example.com"], "send"))
    history = History(Folder(tmp_path / "h"), tmp_path / "store.duckdb")
    history.sync()
    shown = history.show("one")
    put(tmp_path / "h", message("two", ["a@example.com"], "send"))
    with pytest.raises(SourceError, match=r"was deleted from .* or changed, since the last sync: sync again"):
        list(history.raw(shown))
    (tmp_path / "h" / KEY).unlink()
    with pytest.raises(SourceError, match="was deleted from"):
        list(history.raw(shown))
    (tmp_path / "h" / KEY).symlink_to("loop")
    (tmp_path / "h" / KEY).with_name("loop").symlink_to("loop")
    with pytest.raises(SourceError, match=r"cannot be read \(Too many levels"):
        list(history.raw(shown))


def test_invalid_lines_are_counted_by_a_sync_and_listed_when_asked_for(tmp_path: Path) -> None:
    put(tmp_path / "h", [*message("one", ["a@example.com"], "send"), {}, {}, {}])
    history = History(Folder(tmp_path / "h"), tmp_path / "store.duckdb")
    assert [history.sync().invalid_lines for _ in range(2)] == [3, 3]
    assert [(line.line_no, line.reason, line.lines) for line in history.invalid_lines(2)] == [
        (2, "not an event", 1),
        (3, "not an event", 1),
    ]
