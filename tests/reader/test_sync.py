import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from ses_history.cli import main
from ses_history.failures import NoStoreError, SourceError, StoreError
from ses_history.source import Folder, Object
from ses_history.store import opened
from ses_history.sync import Progress, listed, sync

from tests.localaws.support import EVENTS
from tests.reader.support import event, full_disk, history, put, synced

OTHER = "events/day=2026-11-24/stream-1-2026-11-24-10-00-00-b.gz"


def message_ids(folder: Path) -> list[str]:
    return [row["message_id"] for row in history(folder)]


def test_a_second_sync_reads_only_what_is_new(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    with synced(tmp_path / "h") as (_, first):
        pass
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)
    with synced(tmp_path / "h") as (store, second):
        assert store.rows("SELECT message_id FROM history ORDER BY ALL") == [
            {"message_id": "one"},
            {"message_id": "two"},
        ]
        third = sync(Folder(tmp_path / "h"), listed(Folder(tmp_path / "h")), store)
    assert [(s.listed, s.added, s.removed, s.lines) for s in (first, second, third)] == [
        (1, 1, 0, 1),
        (2, 1, 0, 1),
        (2, 0, 0, 0),
    ]


def test_what_left_the_source_leaves_the_store(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)
    assert message_ids(tmp_path / "h") == ["one", "two"]
    (tmp_path / "h" / OTHER).unlink()
    assert message_ids(tmp_path / "h") == ["one"]


def test_an_object_written_anew_without_a_person_replaces_what_it_was(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one"), event("send", messageId="two")])
    assert message_ids(tmp_path / "h") == ["one", "two"]
    put(tmp_path / "h", [event("send", messageId="two")])
    assert message_ids(tmp_path / "h") == ["two"]


def test_a_file_written_anew_is_seen_by_its_time_or_its_size(tmp_path: Path) -> None:
    def write(*ids: str, at: int) -> int:
        put(tmp_path / "h", [event("send", messageId=message_id) for message_id in ids], "plain.gz")
        os.utime(tmp_path / "h/plain.gz", (at, at))
        return (tmp_path / "h/plain.gz").stat().st_size

    first = write("one", at=1)
    assert message_ids(tmp_path / "h") == ["one"]
    assert write("eno", at=2) == first
    assert message_ids(tmp_path / "h") == ["eno"]
    assert write("eno", "other", at=2) > first
    assert message_ids(tmp_path / "h") == ["eno", "other"]


def test_an_event_that_firehose_delivered_twice_counts_once(tmp_path: Path) -> None:
    delivery = EVENTS["delivery"]
    put(tmp_path / "h", [delivery, EVENTS["send"], delivery])
    assert [row["line_no"] for row in history(tmp_path / "h")] == [1, 1, 2]
    put(tmp_path / "h", [EVENTS["send"], EVENTS["bounce"]], OTHER)
    assert [row["event_type"] for row in history(tmp_path / "h")] == ["Delivery", "Delivery", "Send", "Bounce"]


def test_of_an_event_in_two_objects_the_other_counts_when_one_is_gone(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["delivery"]])
    history(tmp_path / "h")
    put(tmp_path / "h", [EVENTS["delivery"], EVENTS["delivery"]], OTHER)
    first, again = history(tmp_path / "h")
    assert first["object_key"] == again["object_key"] != OTHER
    (tmp_path / "h" / first["object_key"]).unlink()
    assert [(row["object_key"], row["line_no"]) for row in history(tmp_path / "h")] == [(OTHER, 1), (OTHER, 1)]


@pytest.mark.parametrize(
    ("name", "section", "field", "value"),
    [
        ("click", "click", "link", "https://shop.example.com/another"),
        ("click", "click", "ipAddress", "192.0.2.99"),
        ("open", "open", "userAgent", "Another/1.0"),
        ("open", "open", "timestamp", "2026-03-01T08:09:19.653Z"),
        ("complaint", "complaint", "feedbackId", "another"),
        ("delivery", "delivery", "smtpResponse", "250 another"),
        ("bounce", "bounce", "bouncedRecipients", [{"emailAddress": "another@example.com"}]),
        ("send", "mail", "messageId", "another"),
    ],
)
def test_events_that_differ_in_one_thing_all_count_each_with_a_key_of_its_own(
    name: str, section: str, field: str, value: Any, tmp_path: Path
) -> None:
    other = event(name)
    other[section][field] = value
    put(tmp_path / "h", [EVENTS[name], EVENTS[name], other])
    rows = history(tmp_path / "h")
    assert {row["line_no"] for row in rows} == {1, 3}
    assert len({row["event_key"] for row in rows}) == len(rows)


def test_an_event_keeps_its_key_whichever_object_tells_it(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["delivery"]])
    (tmp_path / "h").rename(tmp_path / "first")
    put(tmp_path / "other", [EVENTS["send"], EVENTS["delivery"]], OTHER)
    keys = []
    for folder in ("first", "other"):
        with opened(tmp_path / f"{folder}.duckdb", Folder(tmp_path / folder).name) as store:
            sync(Folder(tmp_path / folder), listed(Folder(tmp_path / folder)), store)
            deliveries = "SELECT event_key FROM history WHERE event_type = 'Delivery' ORDER BY recipient"
            keys.append([row["event_key"] for row in store.rows(deliveries)])
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 2


def test_a_batch_that_fails_after_its_rows_were_written_leaves_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "h", [event("send", messageId="one", commonHeaders={"subject": "=?UTF-8?Q?Caf=C3=A9?="})])

    def fail(_: str) -> str:
        raise ValueError

    with monkeypatch.context() as patched:
        patched.setattr("ses_history.records.decoded_words", fail)
        with pytest.raises(ValueError, match=r"^$"):
            history(tmp_path / "h")
    with opened(tmp_path / "store.duckdb", Folder(tmp_path / "h").name, read_only=True) as store:
        assert store.rows("SELECT * FROM entries") == []
    assert message_ids(tmp_path / "h") == ["one"]


class _Losing(Folder):
    """A source that loses its objects between the listing and the reading."""

    def objects(self, known: Iterable[str] = (), /) -> Iterator[Object]:
        for item in list(super().objects(known)):
            yield item
            if item.key == OTHER:
                (self.path / item.key).unlink()


def test_objects_that_vanish_after_they_were_listed_are_left_out(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)
    last = "events/day=2026-11-25/stream-1-2026-11-25-10-00-00-c.gz"
    put(tmp_path / "h", [event("send", messageId="three")], last)
    source = _Losing(tmp_path / "h")
    with opened(tmp_path / "store.duckdb", source.name) as store:
        result = sync(source, listed(source), store)
        rows = store.rows("SELECT message_id, object_key FROM history ORDER BY object_key")
        known = store.objects()
    assert (result.added, [row["message_id"] for row in rows], rows[1]["object_key"]) == (2, ["one", "three"], last)
    assert OTHER not in known


def test_a_source_that_fails_leaves_what_was_committed_and_its_error(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])

    class Failing(Folder):
        def read(self, key: str) -> bytes | None:
            raise PermissionError(key)

    history(tmp_path / "h")
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)
    failing = Failing(tmp_path / "h")
    with opened(tmp_path / "store.duckdb", failing.name) as store:
        with pytest.raises(PermissionError):
            sync(failing, listed(failing), store)
        assert store.rows("SELECT message_id FROM history") == [{"message_id": "one"}]
    assert message_ids(tmp_path / "h") == ["one", "two"]


def test_on_a_full_disk_a_sync_fails_in_a_line_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    history(tmp_path / "h")
    many = [str(number) for number in range(3000)]
    put(tmp_path / "h", [event("send", messageId=message_id) for message_id in many], OTHER)
    size = (tmp_path / "store.duckdb").stat().st_size
    with full_disk(size), pytest.raises(StoreError, match=r"^The store .* cannot be used: .*File too large"):
        history(tmp_path / "h")
    with opened(tmp_path / "store.duckdb", Folder(tmp_path / "h").name, read_only=True) as store:
        assert store.rows("SELECT message_id FROM history") == [{"message_id": "one"}]
    assert message_ids(tmp_path / "h") == ["one", *many]


def test_a_store_that_was_only_begun_is_none_yet(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    store, source = tmp_path / "store.duckdb", Folder(tmp_path / "h")
    duckdb.connect(store).close()
    with pytest.raises(NoStoreError, match="There is no store"), opened(store, source.name, read_only=True):
        pass
    where = ["--folder", str(tmp_path / "h"), "--store", str(store)]
    assert CliRunner().invoke(main, ["find", "one", *where]).exit_code == 0


def test_an_interrupted_sync_keeps_what_was_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ses_history.sync._BATCH_OBJECTS", 1)
    put(tmp_path / "h", [event("send", messageId="one")])
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)
    source = Folder(tmp_path / "h")

    def interrupt(progress: Progress) -> None:
        if progress.lines_done == 2:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), opened(tmp_path / "store.duckdb", source.name) as store:
            sync(source, listed(source), store, interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    with opened(tmp_path / "store.duckdb", source.name, read_only=True) as store:
        assert store.rows("SELECT message_id FROM history") == [{"message_id": "one"}]
    assert message_ids(tmp_path / "h") == ["one", "two"]


def test_a_file_whose_name_is_no_text_is_told(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    Path(os.fsdecode(bytes(tmp_path / "h") + b"/a\xff.gz")).touch()
    with pytest.raises(SourceError, match=r"has a name that is no text: rename 'a.udcff.gz'$"):
        history(tmp_path / "h")


def test_what_is_no_file_is_no_object(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    os.mkfifo(tmp_path / "h/pipe")
    assert message_ids(tmp_path / "h") == ["one"]


def test_a_file_that_cannot_be_read_is_named_and_its_rows_are_kept(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    history(tmp_path / "h")
    (tmp_path / "h/loop").symlink_to("loop")
    with pytest.raises(SourceError, match=r"/h/loop cannot be read: Too many levels of symbolic links$"):
        history(tmp_path / "h")
    (tmp_path / "h/loop").unlink()
    assert message_ids(tmp_path / "h") == ["one"]


_SYNC = """
import sys
from pathlib import Path
import ses_history.sync
from ses_history.source import Folder
from ses_history.store import opened
ses_history.sync._BATCH_OBJECTS = 3
source = Folder(Path(sys.argv[1]))
with opened(Path(sys.argv[2]), source.name) as store:
    print("begun", flush=True)
    ses_history.sync.sync(source, ses_history.sync.listed(source), store)
    print("done", flush=True)
    sys.stdin.read()
"""


def _sync_process(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _SYNC, str(folder), str(folder.parent / "store.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_sync_killed_at_any_moment_loses_nothing_and_counts_nothing_twice(tmp_path: Path) -> None:
    folder = tmp_path / "h"
    for number in range(30):
        put(
            folder,
            [event("send", messageId=f"{number}-{i}") for i in range(200)],
            f"events/day=2026-11-23/{number:02}.gz",
        )
    moments = random.Random(7)  # noqa: S311
    seen: list[int] = []
    for _ in range(8):
        process = _sync_process(folder)
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        until = time.monotonic() + moments.uniform(0, 0.4)
        while time.monotonic() < until:
            pass
        process.send_signal(signal.SIGKILL)
        process.communicate()
        source = Folder(folder)
        with opened(tmp_path / "store.duckdb", source.name) as store:
            ((rows, objects),) = [tuple(row.values()) for row in store.rows(_COUNTS)]
        assert rows == 200 * objects
        seen.append(objects)
    assert len(message_ids(folder)) == len(set(message_ids(folder))) == 6000


_COUNTS = "SELECT (SELECT count(*) FROM entries) AS rows, (SELECT count(*) FROM objects) AS objects"


def test_the_second_of_two_syncs_at_once_says_who_has_the_store(tmp_path: Path) -> None:
    folder = tmp_path / "h"
    put(folder, [EVENTS["send"]])
    process = _sync_process(folder)
    try:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        with pytest.raises(StoreError, match=rf"^Process {process.pid} is using the store .*: try again when"):
            history(folder)
    finally:
        process.communicate("")
    assert len(history(folder)) == 1


def test_a_look_up_with_nothing_new_shares_the_store_with_other_readers(tmp_path: Path) -> None:
    folder, store = tmp_path / "h", tmp_path / "store.duckdb"
    put(folder, [EVENTS["send"]])
    history(folder)
    where = ["--folder", str(folder), "--store", str(store)]
    look_up = [Path(sys.executable).with_name("ses-history"), "find", "reader@example.com", *where]
    with opened(store, Folder(folder).name, read_only=True):
        assert subprocess.run(look_up, check=False, capture_output=True).returncode == 0
        put(folder, [EVENTS["delivery"]], OTHER)
        assert subprocess.run(look_up, check=False, capture_output=True).returncode == 4


def test_a_sync_keeps_what_another_took_in_since_it_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "h"
    put(folder, [event("send", messageId="one")])
    listing = Folder.objects

    def objects(self: Folder, known: Iterable[str] = (), /) -> Iterator[Object]:
        there = list(listing(self, known))
        if not (folder / OTHER).exists():
            put(folder, [event("send", messageId="two")], OTHER)
            assert message_ids(folder) == ["one", "two"]
        yield from there

    monkeypatch.setattr(Folder, "objects", objects)
    where = ["--folder", str(folder), "--store", str(tmp_path / "store.duckdb")]
    told = json.loads(CliRunner().invoke(main, ["sync", "--json", *where]).stdout)
    assert (told["listed"], told["added"], told["removed"]) == (2, 0, 0)
    assert message_ids(folder) == ["one", "two"]


def test_only_its_owner_can_read_the_store(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["send"]])
    store = tmp_path / "new" / "store.duckdb"
    source = Folder(tmp_path / "h")
    before = os.umask(0)
    try:
        with opened(store, source.name) as history_store:
            sync(source, listed(source), history_store)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in store.parent.iterdir()}
    finally:
        os.umask(before)
    assert "store.duckdb" in modes
    assert set(modes.values()) == {0}
    assert stat.S_IMODE(store.parent.stat().st_mode) == 0o700


def test_the_store_of_another_history_is_not_mixed_with_this_one(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["send"]])
    put(tmp_path / "other", [EVENTS["send"]])
    history(tmp_path / "h")
    with pytest.raises(StoreError, match=r"holds the history of .*/h, not of .*/other: give another --store"):
        history(tmp_path / "other")


def test_a_database_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["send"]])
    with duckdb.connect(tmp_path / "store.duckdb") as other:
        other.execute("CREATE TABLE customers AS SELECT 1 AS id")
    (tmp_path / "store.duckdb").chmod(0o644)
    with pytest.raises(StoreError, match="is a database of something else, with customers: give another --store"):
        history(tmp_path / "h")
    with duckdb.connect(tmp_path / "store.duckdb") as other:
        assert other.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("customers",)]
    assert stat.S_IMODE((tmp_path / "store.duckdb").stat().st_mode) == 0o644


def test_the_store_of_another_version_is_not_mixed_with_this_one(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["send"]])
    history(tmp_path / "h")
    with duckdb.connect(tmp_path / "store.duckdb") as store:
        store.execute("UPDATE store SET version = 'older'")
    with pytest.raises(
        StoreError, match=r"^Another version of ses-history made the store .*: delete it to begin anew$"
    ):
        history(tmp_path / "h")


def test_a_file_that_is_no_store_is_left_as_it_is(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["send"]])
    (tmp_path / "store.duckdb").write_text("my thesis " * 1000)
    with pytest.raises(StoreError, match="cannot be used"):
        history(tmp_path / "h")
    assert (tmp_path / "store.duckdb").read_text() == "my thesis " * 1000
