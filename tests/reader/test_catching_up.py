"""What a look-up lists and reads: only what may be new, and of a new store only what is asked for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ses_history import history as history_module
from ses_history.errors import StoreError
from ses_history.history import History
from ses_history.selection import Selection
from ses_history.sources import Object
from ses_history.sources.folder import Folder

from tests.reader.support import Run, answer, event, put

TODAY = date(2026, 11, 25)


@dataclass(frozen=True)
class Counting(Folder):
    """A folder that notes what is asked of it."""

    listed: list[str] = field(default_factory=list[str])
    read_keys: list[str] = field(default_factory=list[str])

    def objects(self, known: Iterable[str] = (), /, *, after: str | None = None) -> Iterator[Object]:
        """The same, noted."""
        for item in super().objects(known, after=after):
            self.listed.append(item.key)
            yield item

    def read(self, key: str, /) -> Iterator[bytes] | None:
        """The same, noted."""
        self.read_keys.append(key)
        return super().read(key)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time it is: its last item."""
    times = [datetime(2026, 11, 25, 12, tzinfo=UTC).replace(tzinfo=None)]
    monkeypatch.setattr(history_module, "_now", lambda: times[-1])
    return times


def key(day: date, name: str = "stream-1", layout: str = "day={0:%Y-%m-%d}/{1}.gz") -> str:
    return layout.format(day, name)


def write(folder: Path, day: date, name: str = "stream-1", **layout: str) -> str:
    sent: dict[str, Any] = event("send", messageId=f"{day}-{name}", timestamp=f"{day}T03:00:00.000Z")
    put(folder, [sent], key(day, name, **layout))
    return key(day, name, **layout)


def days(count: int) -> list[date]:
    """So many days up to today."""
    return [TODAY - timedelta(days=back) for back in reversed(range(count))]


def message_ids(history: History, since: datetime | None = None) -> set[str]:
    return {recipient.message_id for recipient in history.find((), Selection(since=since), limit=1000).recipients}


@pytest.mark.usefixtures("now")
@pytest.mark.parametrize("place", ["stream-0", "stream-1a", "stream-9"], ids=["first", "between", "last"])
@pytest.mark.parametrize("late", [0, 1, 2])
def test_what_arrives_late_is_found_at_every_place_where_firehose_may_write_it(
    late: int, place: str, tmp_path: Path
) -> None:
    folder = tmp_path / "h"
    for day in days(9):
        write(folder, day, "stream-1")
        write(folder, day, "stream-2")
    source = Counting(folder)
    history = History(source, tmp_path / "store.duckdb")
    history.sync()
    source.listed.clear()
    added = write(folder, TODAY - timedelta(days=late), place)
    assert history.catch_up().added == 1
    assert source.listed == sorted([added, *(key(day, name) for day in days(3) for name in ("stream-1", "stream-2"))])
    assert f"{TODAY - timedelta(days=late)}-{place}" in message_ids(history)


def test_everything_is_listed_by_sync_and_once_a_day(tmp_path: Path, now: list[datetime]) -> None:
    folder = tmp_path / "h"
    for day in days(9):
        write(folder, day)
    source = Counting(folder)
    history = History(source, tmp_path / "store.duckdb")
    history.catch_up()
    (folder / key(TODAY - timedelta(days=8))).unlink()

    def listed(synced: int) -> tuple[int, int]:
        count = len(source.listed)
        source.listed.clear()
        return synced, count

    assert listed(0) == (0, 9)
    assert listed(history.catch_up().removed) == (0, 3)
    assert history.catch_up().listed == 9
    now.append(now[-1] + timedelta(hours=25))
    source.listed.clear()
    assert listed(history.catch_up().removed) == (1, 8)
    assert listed(history.catch_up().removed) == (0, 3)
    (folder / key(TODAY - timedelta(days=7))).unlink()
    assert listed(history.sync().removed) == (1, 7)


@pytest.mark.usefixtures("now")
@pytest.mark.parametrize(
    "layout",
    ["{1}/{0:%Y-%m-%d}.gz", "{1}-{0:%d-%m-%Y}.gz", "z/day={0:%Y-%m-%d}/{1}.gz"],
    ids=["by name", "no day", "two"],
)
def test_where_keys_do_not_sort_by_day_all_are_listed(layout: str, tmp_path: Path) -> None:
    folder = tmp_path / "h"
    for day in days(9):
        write(folder, day, layout=layout)
    write(folder, TODAY - timedelta(days=5), layout="zz/day={0:%Y-%m-%d}/{1}.gz")
    source = Counting(folder)
    history = History(source, tmp_path / "store.duckdb")
    history.sync()
    source.listed.clear()
    write(folder, TODAY - timedelta(days=8), "new", layout=layout)
    assert (history.catch_up().added, len(source.listed)) == (1, 11)


@pytest.mark.usefixtures("now")
def test_a_new_store_reads_what_is_asked_for_and_the_rest_when_more_is(tmp_path: Path) -> None:
    folder = tmp_path / "h"
    for day in days(30):
        write(folder, day)
    source = Counting(folder)
    history = History(source, tmp_path / "store.duckdb")
    week = datetime(2026, 11, 19, tzinfo=UTC)
    history.catch_up(week)
    assert sorted(source.read_keys) == [key(day) for day in days(9)]
    assert len(message_ids(history, week)) == 7

    with pytest.raises(StoreError, match="has only what was sent since 2026-11-19: sync, or ask for less"):
        message_ids(history)
    with pytest.raises(StoreError, match="has only what was sent since 2026-11-19"):
        history.show("2026-11-25-stream-1")

    source.read_keys.clear()
    assert history.catch_up(datetime(2026, 11, 20, tzinfo=UTC)).added == 0
    history.catch_up(datetime(2026, 11, 10, tzinfo=UTC))
    assert sorted(source.read_keys) == [key(day) for day in days(18)[:9]]
    history.catch_up()
    assert len(message_ids(history)) == 30
    assert history.catch_up(week).listed == 30


@pytest.mark.usefixtures("now")
def test_a_source_is_not_empty_where_nothing_is_as_new_as_what_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "h"
    write(folder, TODAY - timedelta(days=30))
    history = History(Counting(folder), tmp_path / "store.duckdb")
    assert (
        history.catch_up(datetime(2026, 11, 19, tzinfo=UTC)).listed,
        message_ids(history, datetime(2026, 11, 19, tzinfo=UTC)),
    ) == (1, set())


def test_the_command_reads_no_more_than_the_question_takes(folder: Path, run: Run) -> None:
    for day in days(30):
        write(folder, day)
    assert len(answer(run("find", "--since", "2026-11-24", "--json"))) == 2
    refused = run("find", "--no-sync", "--json")
    assert (refused.exit_code, "has only what was sent since 2026-11-24" in refused.stderr) == (4, True)
    assert len(answer(run("find", "--json"))) == 30
    assert answer(run("stats", "--since", "2026-11-24", "--compare", "--json"))["before"]["total"]["sent"] > 0
