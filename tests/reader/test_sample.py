"""The made-up history: the same every time, as SES publishes it, and with an answer to every question."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ses_history.errors import ExportError
from ses_history.history import History
from ses_history.sample import events, write
from ses_history.selection import Selection
from ses_history.sources.folder import Folder

from tests.contract.support import EVENT_TYPES, EVENTS, STATUSES

ENDS = date(2026, 11, 25)
END = datetime(2026, 11, 25, tzinfo=UTC)
SAMPLE = {"days": 23, "messages_a_day": 120}


@pytest.fixture(scope="module")
def sample() -> list[dict[str, Any]]:
    """The events of a small sample."""
    return list(events(ENDS, **SAMPLE))


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """The same sample, synced."""
    folder = tmp_path_factory.mktemp("sample")
    write(folder / "history", ENDS, **SAMPLE)
    history = History(Folder(folder / "history"), folder / "store.duckdb")
    synced = history.sync()
    assert (synced.invalid_lines, synced.unread) == (0, ())
    return history


def objects(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.gz")}


def happened(event: dict[str, Any]) -> datetime:
    (section,) = (event[name] for name in event if name not in {"eventType", "mail"})
    return datetime.fromisoformat(section.get("timestamp", event["mail"]["timestamp"]))


def test_the_same_day_and_seed_make_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        write(tmp_path / name, ENDS, days=3, messages_a_day=20, seed=seed)
    assert objects(tmp_path / "one") == objects(tmp_path / "same")
    assert objects(tmp_path / "one").keys() != objects(tmp_path / "other").keys()


def test_all_types_of_events_and_all_statuses_occur(sample: list[dict[str, Any]], history: History) -> None:
    assert {event["eventType"] for event in sample} == set(EVENT_TYPES)
    assert {who.status for who in history.find(limit=100_000).recipients} == set(STATUSES)


def test_events_have_no_field_that_the_contract_does_not_know(sample: list[dict[str, Any]]) -> None:
    known = {(event["eventType"], path) for event in EVENTS.values() for path in fields(event)}
    of_mail = {path for _, path in known if path.startswith(".mail")} | {".mail.commonHeaders.date"}
    unknown = {(event["eventType"], path) for event in sample for path in fields(event) if path not in of_mail} - known
    assert unknown == set()


def fields(value: Any, path: str = "") -> set[str]:
    """The paths of the fields in an event, without the names of tags."""
    if isinstance(value, dict) and not path.endswith(("tags", "linkTags")):
        return {
            found for name, inner in value.items() for found in {f"{path}.{name}", *fields(inner, f"{path}.{name}")}
        }
    if isinstance(value, list):
        return {found for inner in value for found in fields(inner, path)}
    return set()


def test_nothing_happens_before_it_was_sent_or_after_the_end(sample: list[dict[str, Any]]) -> None:
    for event in sample:
        assert datetime.fromisoformat(event["mail"]["timestamp"]) <= happened(event) < END


def test_an_event_is_in_an_object_of_the_hour_it_arrived_in(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    write(folder, ENDS, days=2, messages_a_day=20)
    for key in objects(folder):
        assert key.startswith(("day=2026-11-23/ses-history-1-2026-11-23-", "day=2026-11-24/ses-history-1-2026-11-24-"))
    hours = Counter(path.name[:27] for path in folder.rglob("*.gz"))
    assert set(hours.values()) == {1}


def test_a_few_events_come_twice(sample: list[dict[str, Any]]) -> None:
    times = Counter(map(str, sample))
    assert set(times.values()) == {1, 2}


def test_the_newsletter_of_3_november_is_sent_at_eight_in_japan_and_does_not_reach_all(
    sample: list[dict[str, Any]], history: History
) -> None:
    issue = [
        datetime.fromisoformat(event["mail"]["timestamp"])
        for event in sample
        if event["eventType"] == "Send" and event["mail"]["tags"]["campaign"] == ["weekly-2026-11-03"]
    ]
    first = datetime(2026, 11, 2, 23, tzinfo=UTC)
    assert first == min(issue) <= max(issue) < first + timedelta(minutes=10)
    arrived = {"delivered", "opened", "clicked", "complained"}
    found = history.find((), Selection(tag_name="campaign", tag_value="weekly-2026-11-03"), limit=1000).recipients
    assert len([who for who in found if who.status in arrived]) < len(found)


def test_ada_has_many_fates_and_is_not_those_whose_addresses_are_like_hers(history: History) -> None:
    statuses = {
        address: {who.status for who in history.find(address).recipients if (who.recipient or "").lower() == address}
        for address in ("ada@example.com", "yamada@example.com", "ada@example.com.au")
    }
    assert statuses == {
        "ada@example.com": {"sent", "delivered", "opened", "clicked", "bounced:soft"},
        "yamada@example.com": {"bounced:hard", "suppressed"},
        "ada@example.com.au": {"opened", "clicked"},
    }


def test_complaints_are_those_of_the_providers_that_tell_of_them(history: History) -> None:
    complained = history.find(statuses=("complained",), limit=1000).recipients
    domains = {(who.recipient or "").partition("@")[2] for who in complained}
    assert {"yahoo.co.jp", "outlook.jp"} <= domains <= {"yahoo.co.jp", "outlook.jp", "hotmail.co.jp"}


def test_gmail_refused_the_campaign_yesterday(sample: list[dict[str, Any]]) -> None:
    refused = [event for event in sample if "bounce" in event and "gsmtp" in str(event) and "7.2" in str(event)]
    assert len(refused) >= 6
    assert {happened(event).date() for event in refused} == {date(2026, 11, 24)}


def test_more_bounces_this_week_than_in_the_last_and_too_few_to_be_paused(history: History) -> None:
    last, this = (
        history.stats(Selection(since=since, until=since + timedelta(days=7)), by="set")
        for since in (datetime(2026, 11, 15, 15, tzinfo=UTC), datetime(2026, 11, 22, 15, tzinfo=UTC))
    )
    last_rate, this_rate = (week.total.hard_bounced / week.total.sent for week in (last, this) if week.total)
    assert 0 < last_rate < this_rate / 1.5
    assert this_rate < 0.05


def test_mail_to_example_co_jp_is_slow(history: History) -> None:
    slowest = max(history.stats(by="domain").groups, key=lambda counts: counts.p95_seconds or 0)
    assert slowest.group == "example.co.jp"
    assert slowest.p95_seconds is not None
    assert slowest.p95_seconds > 20 * 60


def test_a_folder_that_holds_something_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"is not empty: name a new folder for the sample"):
        write(tmp_path, ENDS, days=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match=r"file cannot be written \(File exists\): name another folder"):
        write(tmp_path / "file", ENDS, days=1)


@pytest.mark.parametrize("ends", [date(2026, 11, 23) + timedelta(days=days) for days in range(7)])
def test_a_sample_can_end_on_any_day_of_the_week_and_be_small(ends: date) -> None:
    assert next(events(ends, days=8, messages_a_day=1))["eventType"] == "Send"
