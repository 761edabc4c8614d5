import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from ses_history.errors import SourceError, StoreError, UnreadableError
from ses_history.history import History
from ses_history.progress import Listing, Notice, Reading
from ses_history.sources import Object
from ses_history.sources.folder import Folder
from ses_history.store.changes import changes
from ses_history.store.store import _READABLE, opened

from tests.contract.support import EVENTS
from tests.reader.support import KEY, OTHER, event, full_disk, lines, put, rows, store_of, stored, sync


def message_ids(folder: Path) -> list[str]:
    return [row["message_id"] for row in rows(folder)]


def test_a_second_sync_reads_only_what_is_new(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    first = sync(tmp_path / "h")
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)
    second, third = sync(tmp_path / "h"), sync(tmp_path / "h")
    assert [(s.listed, s.added, s.removed, s.lines) for s in (first, second, third)] == [
        (1, 1, 0, 1),
        (2, 1, 0, 1),
        (2, 0, 0, 0),
    ]
    assert message_ids(tmp_path / "h") == ["one", "two"]


def test_what_is_deleted_from_the_source_is_removed_from_the_store(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)
    assert message_ids(tmp_path / "h") == ["one", "two"]
    (tmp_path / "h" / OTHER).unlink()
    result = sync(tmp_path / "h")
    assert (result.listed, result.added, result.removed) == (1, 0, 1)
    assert message_ids(tmp_path / "h") == ["one"]


def test_a_changed_object_replaces_what_it_was(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one"), event("send", messageId="two")])
    assert message_ids(tmp_path / "h") == ["one", "two"]
    put(tmp_path / "h", [event("send", messageId="two")])
    result = sync(tmp_path / "h")
    assert (result.listed, result.added, result.removed, result.lines) == (1, 1, 1, 1)
    assert message_ids(tmp_path / "h") == ["two"]


def test_a_changed_file_is_known_by_its_time_or_its_size(tmp_path: Path) -> None:
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
    assert [row["line_no"] for row in rows(tmp_path / "h")] == [1, 1, 2]
    put(tmp_path / "h", [EVENTS["send"], EVENTS["bounce"]], OTHER)
    assert [row["event_type"] for row in rows(tmp_path / "h")] == ["Delivery", "Delivery", "Send", "Bounce"]


def test_of_an_event_in_two_objects_the_other_counts_when_one_is_gone(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["delivery"]])
    sync(tmp_path / "h")
    put(tmp_path / "h", [EVENTS["delivery"], EVENTS["delivery"]], OTHER)
    first, again = rows(tmp_path / "h")
    assert first["object_key"] == again["object_key"] != OTHER
    (tmp_path / "h" / first["object_key"]).unlink()
    assert [(row["object_key"], row["line_no"]) for row in rows(tmp_path / "h")] == [(OTHER, 1), (OTHER, 1)]


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
    found = rows(tmp_path / "h")
    assert {row["line_no"] for row in found} == {1, 3}
    assert len({row["event_key"] for row in found}) == len(found)


def test_an_event_has_the_same_key_whichever_object_it_is_in(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["delivery"]])
    (tmp_path / "h").rename(tmp_path / "first")
    put(tmp_path / "other", [EVENTS["send"], EVENTS["delivery"]], OTHER)
    keys = []
    for folder in ("first", "other"):
        source, store = Folder(tmp_path / folder), tmp_path / f"{folder}.duckdb"
        History(source, store).sync()
        deliveries = "SELECT event_key FROM history WHERE event_type = 'Delivery' ORDER BY recipient"
        with opened(store, source.name, read_only=True) as reading:
            keys.append([row["event_key"] for row in reading.rows(deliveries)])
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 2


def test_a_batch_that_fails_after_its_rows_were_written_leaves_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "h", [event("send", messageId="one", commonHeaders={"subject": "=?UTF-8?Q?Caf=C3=A9?="})])

    def fail(_: str) -> str:
        raise ValueError

    with monkeypatch.context() as patched:
        patched.setitem(_READABLE, "subject", fail)
        with pytest.raises(ValueError, match=r"^$"):
            sync(tmp_path / "h")
    with stored(tmp_path / "h") as store:
        assert store.rows("SELECT * FROM entries") == []
    assert message_ids(tmp_path / "h") == ["one"]


class _Losing(Folder):
    """A source that loses its objects between the listing and the reading."""

    def objects(self, known: Iterable[str] = (), /, *, after: str | None = None) -> Iterator[Object]:
        for item in list(super().objects(known, after=after)):
            yield item
            if item.key == OTHER:
                (self.path / item.key).unlink()


def test_objects_that_vanish_after_they_were_listed_are_left_out(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)
    last = "events/day=2026-11-25/stream-1-2026-11-25-10-00-00-c.gz"
    put(tmp_path / "h", [event("send", messageId="three")], last)
    result = History(_Losing(tmp_path / "h"), store_of(tmp_path / "h")).sync()
    with stored(tmp_path / "h") as store:
        found = store.rows("SELECT message_id, object_key FROM history ORDER BY object_key")
        known = store.objects()
    assert (result.added, [row["message_id"] for row in found], found[1]["object_key"]) == (2, ["one", "three"], last)
    assert OTHER not in known


def test_a_source_that_fails_leaves_what_was_committed_and_its_error(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])

    class Failing(Folder):
        def read(self, key: str, /) -> Iterator[bytes] | None:
            raise PermissionError(key)

    sync(tmp_path / "h")
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)
    with pytest.raises(PermissionError):
        History(Failing(tmp_path / "h"), store_of(tmp_path / "h")).sync()
    with stored(tmp_path / "h") as store:
        assert store.rows("SELECT message_id FROM history") == [{"message_id": "one"}]
    assert message_ids(tmp_path / "h") == ["one", "two"]


def test_on_a_full_disk_a_sync_fails_with_one_error_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    sync(tmp_path / "h")
    many = [str(number) for number in range(3000)]
    put(tmp_path / "h", [event("send", messageId=message_id) for message_id in many], OTHER)
    size = (tmp_path / "store.duckdb").stat().st_size
    with full_disk(size), pytest.raises(StoreError, match=r"^The store .* cannot be used: .*File too large"):
        sync(tmp_path / "h")
    with stored(tmp_path / "h") as store:
        assert store.rows("SELECT message_id FROM history") == [{"message_id": "one"}]
    assert message_ids(tmp_path / "h") == ["one", *many]


def test_an_interrupted_sync_keeps_what_was_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ses_history.store.sync._BATCH_OBJECTS", 1)
    put(tmp_path / "h", [event("send", messageId="one")])
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)

    def interrupt(notice: Notice) -> None:
        if isinstance(notice, Reading) and notice.lines_done == 2:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        History(Folder(tmp_path / "h"), store_of(tmp_path / "h"), interrupt).sync()
    with stored(tmp_path / "h") as store:
        assert store.rows("SELECT message_id FROM history") == [{"message_id": "one"}]
    assert message_ids(tmp_path / "h") == ["one", "two"]


def test_files_whose_names_are_no_text_are_named_and_the_others_read(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    for name in (b"a\xff.gz", b"b\n.gz"):
        Path(os.fsdecode(bytes(tmp_path / "h") + b"/" + name)).write_bytes(b"x")
    synced = sync(tmp_path / "h")
    assert (synced.listed, synced.added) == (3, 1)
    reason = "has a name that is no text: rename it"
    assert {unread.object_key: unread.reason for unread in synced.unread} == {
        r"a\udcff.gz": reason,
        r"b\n.gz": reason,
    }


def test_an_empty_file_is_no_object_nor_is_one_of_what_firehose_could_not_deliver(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    put(tmp_path / "h", [event("send", messageId="two")], "error/format/a")
    (tmp_path / "h/empty").touch()
    synced = sync(tmp_path / "h")
    assert (synced.listed, message_ids(tmp_path / "h")) == (1, ["one"])
    assert message_ids(tmp_path / "h/error") == ["two"]


def test_a_pipe_is_not_an_object(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    os.mkfifo(tmp_path / "h/pipe")
    assert message_ids(tmp_path / "h") == ["one"]


def test_a_file_that_cannot_be_read_is_named_and_its_rows_are_kept(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    sync(tmp_path / "h")
    file = tmp_path / "h" / KEY
    file.rename(tmp_path / "there")
    file.symlink_to(file.name)
    put(tmp_path / "h", [event("send", messageId="two")], OTHER)
    synced = sync(tmp_path / "h")
    assert (synced.listed, synced.added, synced.removed) == (2, 1, 0)
    assert [(unread.object_key, unread.reason) for unread in synced.unread] == [
        (KEY, "cannot be read (Too many levels of symbolic links): mend that, and sync again")
    ]
    assert message_ids(tmp_path / "h") == ["one", "two"]
    file.unlink()
    assert message_ids(tmp_path / "h") == ["two"]


def test_what_was_read_of_a_folder_that_cannot_be_read_any_more_is_kept() -> None:
    known = {"a": "1", "closed/a": "1", "closed/b/c": "1", "closed-too": "1"}
    found = changes(known, {"a": Object("a", "1", 1), "closed/": Object("closed/", "", 0, "is closed")})
    assert (found.removed, found.new, [unread.object_key for unread in found.unread]) == (
        ["closed-too"],
        [],
        ["closed/"],
    )


_NOBODY = 65534

_AS_NOBODY = f"""
import os, sys
from ses_history.sources.folder import Folder
os.setgid({_NOBODY})
os.setuid({_NOBODY})
print(*((item.key, item.unreadable or "") for item in Folder(sys.argv[1]).objects()), sep="\\n")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody who may not read")
def test_a_subfolder_that_may_not_be_read_is_named_and_the_rest_is_listed() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        put(path, [EVENTS["send"]], "a")
        put(path, [EVENTS["send"]], "closed/b")
        (path / "closed").chmod(0o700)
        command = [sys.executable, "-c", _AS_NOBODY, folder]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    reason = "cannot be read (Permission denied): mend that, and sync again"
    assert listed.splitlines() == [str(("a", "")), str(("closed/", reason))]


def test_when_nothing_can_be_read_it_is_an_error_of_the_source(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    file = tmp_path / "h" / KEY
    file.unlink()
    file.symlink_to(file.name)
    for _ in range(2):
        with pytest.raises(SourceError, match=r"^Nothing in .*/h can be read: .* cannot be read \(Too many levels"):
            sync(tmp_path / "h")


class _Breaking(Folder):
    """A source of which one object breaks off, after its first lines."""

    asked: ClassVar[list[str]] = []

    def read(self, key: str, /) -> Iterator[bytes] | None:
        self.asked.append(key)
        chunks = super().read(key)
        return self._broken(key, chunks) if chunks and key == OTHER else chunks

    def _broken(self, key: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield gzip.decompress(b"".join(chunks))
        raise UnreadableError(key, "breaks off")


@pytest.mark.parametrize("ahead", [1 << 20, 0])
def test_of_an_object_that_breaks_off_nothing_is_kept_whether_downloaded_ahead_or_streamed(
    ahead: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ses_history.store.sync._AHEAD_BYTES", ahead)
    _Breaking.asked.clear()
    put(tmp_path / "h", [event("send", messageId="one")])
    put(tmp_path / "h", [event("send", messageId="two"), {}], OTHER)
    put(tmp_path / "h", [event("send", messageId="three")], "z")
    synced = History(_Breaking(tmp_path / "h"), store_of(tmp_path / "h")).sync()
    assert (synced.listed, synced.added, synced.lines, synced.invalid_lines) == (3, 2, 2, 0)
    assert [(unread.object_key, unread.reason) for unread in synced.unread] == [(OTHER, "breaks off")]
    assert sorted(_Breaking.asked) == [KEY, OTHER, "z"]
    with stored(tmp_path / "h") as store:
        assert set(store.objects()) == {KEY, "z"}
        assert len(store.rows("SELECT DISTINCT object_no FROM entries")) == 2
    assert message_ids(tmp_path / "h") == ["one", "two", "three"]


def test_an_object_that_has_to_be_read_with_care_is_counted_once(tmp_path: Path) -> None:
    put(tmp_path / "h", [event("send", messageId="one")])
    put(tmp_path / "h", lines([event("send", messageId="two"), {}]) + lines([event("send", messageId="three")]), OTHER)
    synced = sync(tmp_path / "h")
    assert (synced.added, synced.lines, synced.invalid_lines) == (2, 4, 1)
    assert message_ids(tmp_path / "h") == ["one", "two", "three"]


def test_a_large_object_is_streamed_its_first_lines_are_read_before_its_last_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"".join(lines([event("send", messageId=f"{number:06}")]) for number in range(6000))
    put(tmp_path / "h", [event("send", messageId="before")], "a")
    (tmp_path / "h/b").write_bytes(text)
    put(tmp_path / "h", [event("send", messageId="after")], "c")
    monkeypatch.setattr("ses_history.store.sync._AHEAD_BYTES", 1 << 20)
    lines_before_chunk = list[int]()
    progress = list[int]([0])

    class Told(Folder):
        def read(self, key: str, /) -> Iterator[bytes] | None:
            chunks = super().read(key)
            return self._told(chunks) if chunks and key == "b" else chunks

        def _told(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
            for chunk in chunks:
                lines_before_chunk.append(progress[-1])
                yield chunk

    def watch(notice: Notice) -> None:
        if isinstance(notice, Reading):
            progress.append(notice.lines_done)

    synced = History(Told(tmp_path / "h"), store_of(tmp_path / "h"), watch).sync()
    assert len(text) > 4 << 20
    assert synced.lines == 6002
    assert lines_before_chunk[0] == 1
    assert lines_before_chunk[-1] > 1000


_KILLED = """
import os, signal, sys
from pathlib import Path
import ses_history.store.sync
from ses_history.history import History
from ses_history.progress import Reading
from ses_history.sources.folder import Folder

ses_history.store.sync._BATCH_OBJECTS = 3
folder, store, objects = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def kill(notice):
    if isinstance(notice, Reading) and notice.objects_done == objects:
        os.kill(os.getpid(), signal.SIGKILL)

History(Folder(folder), store, kill).sync()
"""


def test_a_sync_that_is_killed_keeps_every_batch_before_and_nothing_of_the_one_it_was_in(tmp_path: Path) -> None:
    folder = tmp_path / "h"
    for number in range(12):
        put(folder, [event("send", messageId=f"{number:02}-{i:03}") for i in range(200)], f"{number:02}.gz")
    kept = 0
    seen = list[int]()
    for object_of_the_new in (1, 3, 4, 6, 3):
        killed = subprocess.run(
            [sys.executable, "-c", _KILLED, str(folder), str(store_of(folder)), str(object_of_the_new)], check=False
        )
        assert killed.returncode == -signal.SIGKILL
        kept += (object_of_the_new - 1) // 3 * 3
        with opened(store_of(folder), Folder(folder).name) as store:  # as the next sync opens it, to go on
            objects, entries = len(store.objects()), len(store.rows("SELECT 1 FROM entries"))
        assert (objects, entries) == (kept, 200 * kept)
        seen.append(kept)
    assert seen == [0, 0, 3, 6, 6]
    assert message_ids(folder) == [f"{number:02}-{i:03}" for number in range(12) for i in range(200)]


def test_a_sync_keeps_what_another_added_since_it_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "h"
    put(folder, [event("send", messageId="one")])
    listing = Folder.objects

    def objects(self: Folder, known: Iterable[str] = (), /, *, after: str | None = None) -> Iterator[Object]:
        there = list(listing(self, known, after=after))
        if not (folder / OTHER).exists():
            put(folder, [event("send", messageId="two")], OTHER)
            assert message_ids(folder) == ["one", "two"]
        yield from there

    monkeypatch.setattr(Folder, "objects", objects)
    result = sync(folder)
    assert (result.listed, result.added, result.removed) == (2, 0, 0)
    assert message_ids(folder) == ["one", "two"]


def test_who_watches_a_sync_sees_the_listing_and_each_object_that_is_read(tmp_path: Path) -> None:
    put(tmp_path / "h", [EVENTS["send"], EVENTS["bounce"]], "a.gz")
    put(tmp_path / "h", [EVENTS["open"]], "b.gz")
    sizes = [(tmp_path / "h" / name).stat().st_size for name in ("a.gz", "b.gz")]
    notices = list[Notice]()
    History(Folder(tmp_path / "h"), store_of(tmp_path / "h"), notices.append).sync()
    listing, *reading = notices
    assert listing == Listing(source=str(tmp_path / "h"), objects=0)
    steps = [(0, 0, 2), (1, sizes[0], 2), (1, sizes[0], 3), (2, sum(sizes), 3)]
    assert reading == [
        Reading(objects=2, bytes=sum(sizes), objects_done=objects, bytes_done=size, lines_done=lines)
        for objects, size, lines in steps
    ]


def test_a_batch_ends_at_its_size_and_no_more_is_downloaded_ahead_than_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        put(tmp_path / "h", [event("send", messageId=f"{number}")], f"{number}.gz")
    size = max(path.stat().st_size for path in (tmp_path / "h").iterdir())
    monkeypatch.setattr("ses_history.store.sync._BATCH_BYTES", 4 * size)
    monkeypatch.setattr("ses_history.store.sync._AHEAD_BYTES", 2 * size)
    read = list[str]()
    read_when_told = list[tuple[int, int]]()

    class Counting(Folder):
        def read(self, key: str, /) -> Iterator[bytes] | None:
            read.append(key)
            return super().read(key)

    def watch(notice: Notice) -> None:
        if isinstance(notice, Reading):
            read_when_told.append((notice.objects_done, len(read)))

    History(Counting(tmp_path / "h"), store_of(tmp_path / "h"), watch).sync()
    # Of the first batch, of four objects, none of the second is read; nor more than three at once: one, and two ahead.
    assert len(read) == 6
    assert max(ahead - done for done, ahead in read_when_told) <= 3
    assert all(ahead <= 4 for done, ahead in read_when_told if done < 4)


def test_folders_behind_links_are_read_once_and_a_circle_ends(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "h", tmp_path / "elsewhere"
    put(folder, [event("send", messageId="one")])
    put(elsewhere, [event("send", messageId="two")], "a.gz")
    (folder / "link").symlink_to(elsewhere)
    (folder / "same").symlink_to(elsewhere)
    (elsewhere / "round").symlink_to(folder)
    assert (sync(folder).listed, message_ids(folder)) == (2, ["one", "two"])
