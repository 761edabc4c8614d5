import os
import stat
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ses_history.errors import SourceError, StoreBusyError, StoreError, StoreMissingError
from ses_history.history import History
from ses_history.progress import Notice, Rebuilding, Waiting
from ses_history.providers import PROVIDERS
from ses_history.sources.folder import Folder
from ses_history.store.files import STORE_VERSION, default_store
from ses_history.store.store import opened, query

from tests.contract.support import EVENTS
from tests.reader.support import KEY, OTHER, event, held, put, rows, store_of, stored, sync


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
    with pytest.raises(StoreMissingError, match=r"There is no store .* yet: run `ses-history sync`"):
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
    lines = [line for name in ("schema", "rows", "mark_duplicates") for line in query(name).splitlines()]
    sql = "".join(line for line in lines if not line.strip().startswith("--"))
    made = (STORE_VERSION, sha256(f"{sql}{PROVIDERS}".encode()).hexdigest()[:16])
    # The rows of older stores would differ from what a sync adds.
    assert made == (3, "f9f71f4f828be3e4"), "raise STORE_VERSION, and write it here with the new hash"


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
    assert sync(folder).invalid_lines == 1
    with stored(folder) as store:
        assert [(line.line_no, line.reason) for line in store.invalid_lines(9)] == [(1, "unknown event type")]
        assert len(store.rows("SELECT * FROM history")) == 2


@pytest.mark.usefixtures("impatient")
def test_a_store_that_this_process_has_open_otherwise_is_busy_too(folder: Path) -> None:
    with (
        opened(store_of(folder), Folder(folder).name),
        pytest.raises(StoreBusyError, match=f"^Process {os.getpid()} is"),
    ):
        History(Folder(folder), store_of(folder)).find("example")


def test_many_threads_ask_at_once_and_leave_the_process_as_it_was(folder: Path) -> None:
    before = os.umask(0o022)
    try:
        history = History(Folder(folder), store_of(folder))
        with ThreadPoolExecutor(8) as pool:
            totals = [found.total for found in pool.map(history.find, ["example"] * 40)]
        assert totals == [1] * 40
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_a_store_that_is_replaced_while_it_is_opened_is_opened_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)
    newer = tmp_path / "newer.duckdb"
    History(Folder(folder), newer).sync()
    connect = duckdb.connect

    def connect_and_replace(path: Path, **options: Any) -> duckdb.DuckDBPyConnection:
        connection = connect(path, **options)
        if newer.exists():
            newer.rename(path)
        return connection

    monkeypatch.setattr(duckdb, "connect", connect_and_replace)
    assert History(Folder(folder), store_of(folder)).find("example").total == 2


@pytest.mark.parametrize("version", ["1", None])
def test_an_older_store_of_a_source_that_is_empty_now_is_rebuilt_too(version: str | None, folder: Path) -> None:
    (folder / KEY).unlink()
    if version:
        with duckdb.connect(store_of(folder)) as store:
            store.execute("UPDATE store SET version = $version", {"version": version})
    else:
        store_of(folder).unlink()
    history = History(Folder(folder), store_of(folder))
    assert history.sync().listed == 0
    assert history.find("example").total == 0
    assert b"reader@example.com" not in store_of(folder).read_bytes()


def test_older_default_stores_stay_when_the_source_cannot_be_read_or_they_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = Folder(tmp_path / "h")
    store = default_store(source.name)
    older, odd = (store.with_name(f"{store.stem.replace(f'v{STORE_VERSION}', name)}.duckdb") for name in ("v1", "v0"))
    put(tmp_path / "h", [event("send", messageId="one")])
    History(source, older).sync()
    odd.mkdir()
    (tmp_path / "h").rename(tmp_path / "elsewhere")
    with pytest.raises(SourceError):
        History(source).sync()
    assert older.exists()
    (tmp_path / "elsewhere").rename(tmp_path / "h")
    History(source).sync()
    assert set(store.parent.iterdir()) == {store, odd}


def test_rows_keep_their_object_when_an_older_object_was_removed_before_a_new_one_came(folder: Path) -> None:
    put(folder, [event("send", messageId="two")], OTHER)
    sync(folder)
    (folder / KEY).unlink()
    third = "events/day=2026-11-25/c.gz"
    put(folder, [event("send", messageId="three")], third)
    assert [(row["message_id"], row["object_key"], str(row["day"])) for row in rows(folder)] == [
        ("two", OTHER, "2026-11-24"),
        ("three", third, "2026-11-25"),
    ]


def test_rows_are_read_in_the_order_they_arrived(folder: Path) -> None:
    ids = [f"{number:06}" for number in range(8_000)]
    put(folder, [{"eventType": "Send", "mail": {"messageId": message_id}} for message_id in ids], OTHER)
    sync(folder)
    with stored(folder) as store:
        read = [row["message_id"] for row in store.each_row("SELECT message_id FROM history WHERE message_id <> 'one'")]
    assert read == ids
