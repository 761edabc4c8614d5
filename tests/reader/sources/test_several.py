import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ses_history.cli import main
from ses_history.errors import QuestionError
from ses_history.history import History
from ses_history.sources.folder import Folder
from ses_history.sources.several import Several

from tests.reader.support import message, put


def find(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["find", "--json", "--store", str(tmp_path / "store.duckdb"), *arguments])


def test_several_places_are_one_history_in_which_an_event_counts_once(tmp_path: Path) -> None:
    sent, delivered = message("m", ["a@example.com"], "send", "delivery")
    put(tmp_path / "old", [sent], "2026/03/01/08/x")
    put(tmp_path / "new", [sent, delivered])
    put(tmp_path / "new", message("n", ["b@example.com"], "send"), "day=2026-03-02/y.gz")
    where = ("--folder", str(tmp_path / "new"), "--folder", str(tmp_path / "old"))
    found = json.loads(find(tmp_path, *where).stdout)
    assert [(each["message_id"], each["status"]) for each in found] == [("m", "delivered"), ("n", "sent")]

    history = History(Several([Folder(tmp_path / "old"), Folder(tmp_path / "new")]), tmp_path / "store.duckdb")
    assert (history.catch_up().added, history.sync().listed) == (0, 3)
    shown = history.show("m")
    assert [event.event_type for event in shown.events] == ["Send", "Delivery"]
    assert shown.events[0].object_key == f"{tmp_path / 'old'}/2026/03/01/08/x"
    assert [json.loads(line) for line in history.raw(shown)] == [sent, delivered]


def test_what_is_gone_from_one_place_is_gone_and_what_is_new_in_another_is_found(tmp_path: Path) -> None:
    one, other = Folder(tmp_path / "one"), Folder(tmp_path / "other")
    put(one.path, message("m", ["a@example.com"], "send"))
    put(other.path, message("n", ["b@example.com"], "send"))
    history = History(Several([one, other]), tmp_path / "store.duckdb")
    history.sync()
    next(one.path.rglob("*.gz")).unlink()
    put(other.path, message("o", ["c@example.com"], "send"), "day=2026-03-02/b.gz")
    synced = history.sync()
    assert (synced.added, synced.removed, synced.listed) == (1, 1, 2)
    assert {found.message_id for found in history.find().recipients} == {"n", "o"}


def test_the_same_place_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="is given twice"):
        Several([Folder(tmp_path), Folder(tmp_path / "." / "x" / "..")])
    put(tmp_path / "h", message("m", ["a@example.com"], "send"))
    refused = find(tmp_path, "--folder", str(tmp_path / "h"), "--folder", str(tmp_path / "h"))
    assert (refused.exit_code, f"{tmp_path / 'h'} is given twice" in refused.stderr) == (2, True)
