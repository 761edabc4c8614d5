import os
import stat
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest
from ses_history.errors import StoreBusyError, StoreError, StoreMissingError
from ses_history.history import History
from ses_history.progress import Notice, Rebuilding, Waiting
from ses_history.sources.folder import Folder
from ses_history.store.files import STORE_VERSION, default_store
from ses_history.store.store import opened, query

from tests.contract.support import EVENTS
from tests.reader.support import OTHER, event, held, put, rows, store_of, stored, sync


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one message, in its store."""
    put(tmp_path / "h", [event("send", messageId="one")])
    sync(tmp_path / "h")
    return tmp_path / "h"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ses_history.store.store._WAIT_SECONDS", 0.2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("how", ["read", "write"])
def test_who_waited_for_another_process_is_told_once_and_then_gets_an_error(how: str, folder: Path) -> None:
    put(folder, [event("send", messageId="two")], OTHER)
    notices = list[Notice]()
    with held(store_of(folder), Folder(folder).name, how) as process:
        with pytest.raises(StoreBusyError) as busy:
            History(Folder(folder), store_of(folder), notices.append).sync()
        assert str(busy.value) == (
            f"Process {process.pid} is using the store {store_of(folder)}: try again when it is done"
        )
        waiting = [notice for notice in notices if isinstance(notice, Waiting)]
        assert waiting == [Waiting(store=store_of(folder), process=process.pid)]
    assert [row["message_id"] for row in rows(folder)] == ["one", "two"]


def test_who_waits_goes_on_when_the_other_process_is_done(folder: Path) -> None:
    with held(store_of(folder), Folder(folder).name, "write") as process:

        def let_go(notice: Notice) -> None:
            assert isinstance(notice, Waiting)
            process.communicate("")

        found = History(Folder(folder), store_of(folder), let_go).find("example")
    assert [recipient.message_id for recipient in found.recipients] == ["one"]


@pytest.mark.usefixtures("impatient")
def test_with_nothing_new_a_look_up_shares_the_store_with_other_readers(folder: Path) -> None:
    with held(store_of(folder), Folder(folder).name, "read"):
        history = History(Folder(folder), store_of(folder))
        assert (history.sync().listed, history.find("example").total) == (1, 1)


def test_a_store_that_was_only_begun_is_missing_until_a_sync_makes_it(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    duckdb.connect(store_of(tmp_path / "h")).close()
    with pytest.raises(StoreMissingError, match=r"There is no store .* yet: `ses-history sync` makes it"):
        History(Folder(tmp_path / "h"), store_of(tmp_path / "h")).find("one")
    assert [row["message_id"] for row in rows(tmp_path / "h")] == ["one"]


@pytest.mark.parametrize("version", ["1", "999", "6d1f2a"])
def test_a_store_of_another_version_is_rebuilt_in_place_with_a_word_about_it(version: str, folder: Path) -> None:
    put(folder, [event("send", messageId="one", destination=["gone@example.com"])])
    sync(folder)
    put(folder, [event("send", messageId="two")])
    with duckdb.connect(store_of(folder)) as store:
        store.execute("UPDATE store SET version = $version", {"version": version})
        store.execute("ALTER TABLE entries DROP COLUMN subject CASCADE")
    notices = list[Notice]()
    history = History(Folder(folder), store_of(folder), notices.append)
    with pytest.raises(StoreMissingError):
        history.find("example")
    assert notices == []
    assert history.sync().added == 1
    assert [notice for notice in notices if isinstance(notice, Rebuilding)] == [Rebuilding(store=store_of(folder))]
    assert [row["message_id"] for row in rows(folder)] == ["two"]
    assert b"gone@example.com" not in store_of(folder).read_bytes()
    assert stat.S_IMODE(store_of(folder).stat().st_mode) == 0o600


def test_every_history_has_a_default_store_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("one", "two"):
        put(tmp_path / name, [event("send", messageId=name)])
    histories = {name: History(Folder(tmp_path / name)) for name in ("one", "two")}
    for history in histories.values():
        history.sync()
    for name, history in histories.items():
        assert [recipient.message_id for recipient in history.find("example").recipients] == [name]
    assert {path.name for path in (tmp_path / "cache/ses-history").iterdir()} == {
        f"{sha256(str(tmp_path / name).encode()).hexdigest()[:16]}-v{STORE_VERSION}.duckdb" for name in ("one", "two")
    }


def test_older_default_stores_are_removed_once_nobody_has_them_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    put(tmp_path / "h", [event("send", messageId="one")])
    source = Folder(tmp_path / "h")
    store = default_store(source.name)
    stem = store.stem.removesuffix(f"-v{STORE_VERSION}")
    unversioned, older, newer, broken = (
        store.with_name(f"{name}.duckdb") for name in (stem, f"{stem}-v1", f"{stem}-v99", f"{stem}-v0")
    )
    others = store.with_name(f"{stem[::-1]}.duckdb")
    for path in (unversioned, older, newer, others):
        History(source, path).sync()
    broken.write_text("not a database")
    broken.with_name(f"{broken.name}.wal").touch()
    notices = list[Notice]()
    with held(unversioned, source.name, "read"):
        History(source, watch=notices.append).sync()
        assert set(store.parent.iterdir()) == {store, unversioned, newer, others}
    assert notices[0] == Rebuilding(store=store)
    notices.clear()
    History(source, watch=notices.append).sync()
    assert set(store.parent.iterdir()) == {store, newer, others}
    assert not any(isinstance(notice, Rebuilding) for notice in notices)


def test_a_change_of_the_stores_sql_comes_with_another_version() -> None:
    sql = "".join(
        line for name in ("schema", "rows") for line in query(name).splitlines() if not line.strip().startswith("--")
    )
    # Raise STORE_VERSION with every change: the rows of older stores would differ from what a sync adds.
    assert (STORE_VERSION, sha256(sql.encode()).hexdigest()[:16]) == (2, "026d051ac8f0d8ee")


def test_only_its_owner_can_read_the_store(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["send"]])
    store = tmp_path / "new" / "store.duckdb"
    before = os.umask(0)
    try:
        History(Folder(tmp_path / "h"), store).sync()
        with opened(store, Folder(tmp_path / "h").name) as writing:
            writing.remove(list(writing.objects()))
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in store.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"store.duckdb": 0, "store.duckdb.wal": 0}
    assert stat.S_IMODE(store.parent.stat().st_mode) == 0o700


def test_the_store_of_another_history_is_not_mixed_with_this_one(folder: Path, tmp_path: Path) -> None:
    put(tmp_path / "other", [EVENTS["send"]])
    with duckdb.connect(store_of(folder)) as store:
        store.execute("UPDATE store SET version = '1'")
    with pytest.raises(StoreError, match=r"holds the history of .*/h, not of .*/other: use another file"):
        sync(tmp_path / "other")
    with duckdb.connect(store_of(folder), read_only=True) as store:
        assert store.execute("SELECT message_id FROM entries").fetchall() == [("one",)]


def test_a_database_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["send"]])
    with duckdb.connect(tmp_path / "store.duckdb") as other:
        other.execute("CREATE TABLE customers AS SELECT 1 AS id")
    (tmp_path / "store.duckdb").chmod(0o644)
    with pytest.raises(StoreError, match="is a database of something else, with customers: use another file"):
        sync(tmp_path / "h")
    with duckdb.connect(tmp_path / "store.duckdb") as other:
        assert other.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("customers",)]
    assert stat.S_IMODE((tmp_path / "store.duckdb").stat().st_mode) == 0o644


def test_a_file_that_is_not_a_store_is_left_as_it_is(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["send"]])
    (tmp_path / "store.duckdb").write_text("my thesis " * 1000)
    with pytest.raises(StoreError, match="cannot be used"):
        sync(tmp_path / "h")
    assert (tmp_path / "store.duckdb").read_text() == "my thesis " * 1000


def test_invalid_lines_are_listed_once_whatever_their_recipients(folder: Path) -> None:
    unknown = event("send", destination=["a@example.com", "b@example.com"]) | {"eventType": "Teleport"}
    put(folder, [unknown])
    assert [(line.line_no, line.reason) for line in sync(folder).invalid_lines] == [(1, "unknown event type")]
    with stored(folder) as store:
        assert len(store.rows("SELECT * FROM history")) == 2
