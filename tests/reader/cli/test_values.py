from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ses_history.cli import clock
from ses_history.cli.values import moment

from tests.reader.support import Run, answer, message, put

NOW = datetime.fromisoformat("2026-11-25T03:24:00Z")
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("90m", "2026-11-25T01:54:00"),
        ("12h", "2026-11-24T15:24:00"),
        ("7d", "2026-11-18T03:24:00"),
        ("2w", "2026-11-11T03:24:00"),
        ("2026-11-23", "2026-11-22T15:00:00"),
        ("2026/11/23", "2026-11-22T15:00:00"),
        ("2026-11-23T08:00", "2026-11-22T23:00:00"),
        ("today", "2026-11-24T15:00:00"),
        ("yesterday", "2026-11-23T15:00:00"),
        ("this week", "2026-11-22T15:00:00"),
        ("Last-Week", "2026-11-15T15:00:00"),
        ("this month", "2026-10-31T15:00:00"),
        ("last month", "2026-09-30T15:00:00"),
        ("2026-11-23T08:00:01+09:00", "2026-11-22T23:00:01"),
        ("2026-11-23T08:00Z", "2026-11-23T08:00:00"),
    ],
)
def test_a_time_is_a_day_or_a_time_in_the_zone_or_with_an_offset_or_how_long_ago(text: str, means: str) -> None:
    assert moment(text, NOW, TOKYO).isoformat() == means


@pytest.mark.parametrize(
    ("now", "text", "zone", "means"),
    [
        # On the days that clocks change, a day begins at its own midnight: 25 hours, then 23.
        ("2026-10-25T22:30:00Z", "today", "Europe/Berlin", "2026-10-24T22:00:00"),
        ("2026-10-26T12:00:00Z", "yesterday", "Europe/Berlin", "2026-10-24T22:00:00"),
        ("2026-03-30T12:00:00Z", "yesterday", "Europe/Berlin", "2026-03-28T23:00:00"),
        # Japan has tomorrow already, and another week, month and year.
        ("2025-12-31T15:00:00Z", "today", "Asia/Tokyo", "2025-12-31T15:00:00"),
        ("2025-12-31T15:00:00Z", "last month", "Asia/Tokyo", "2025-11-30T15:00:00"),
        ("2025-12-31T14:59:59Z", "last month", "Asia/Tokyo", "2025-10-31T15:00:00"),
        ("2026-11-22T15:00:00Z", "this week", "Asia/Tokyo", "2026-11-22T15:00:00"),
        ("2026-11-22T14:59:59Z", "this week", "Asia/Tokyo", "2026-11-15T15:00:00"),
        ("2026-11-22T14:59:59Z", "LAST WEEK", "Asia/Tokyo", "2026-11-08T15:00:00"),
        ("2026-03-31T12:00:00Z", "last-month", "UTC", "2026-02-01T00:00:00"),
    ],
)
def test_days_weeks_and_months_are_those_of_the_zone(now: str, text: str, zone: str, means: str) -> None:
    assert moment(text, datetime.fromisoformat(now), ZoneInfo(zone)).isoformat() == means


@pytest.mark.parametrize("text", ["", "tomorrow", "7", "7y", "-7d", "2026-13-01", "2026-11-23 25:00", "9999999d", "x"])
def test_what_is_no_time_is_refused_with_those_there_are(text: str, run: Run) -> None:
    refused = run("find", "--since", text)
    assert refused.exit_code == 2
    assert f"invalid time {text!r}: use today, yesterday, this week" in refused.stderr


def test_the_time_it_is_is_asked_of_the_clock(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    [old, new] = (message(name, ["a@example.com"], "send")[0] for name in ("old", "new"))
    old["mail"]["timestamp"], new["mail"]["timestamp"] = "2026-11-23T14:59:59.000Z", "2026-11-23T15:00:00.000Z"
    put(folder, [old, new])
    monkeypatch.setattr(clock, "now", lambda: NOW)
    found = answer(run("find", "--since", "yesterday", "--tz", "Asia/Tokyo", "--json"))
    assert [each["message_id"] for each in found] == ["new"]


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (("find", "--status", "bounce"), "perhaps bounced: use bounced, arrived, complained, "),
        (("find", "--not-status", "recieved"), "unknown 'recieved'"),
        (("find", "--provider", "g-mail"), "perhaps gmail: use gmail, outlook, "),
        (("find", "--type", "bounced"), "perhaps bounce: use send, reject, bounce, "),
        (("stats", "--sort", "hardbounces"), "perhaps hard-bounces: use name, "),
        (("stats", "--by", "days"), "invalid group 'days': use hour, day, "),
        (("stats", "--by", "tag:"), "invalid group 'tag:': use hour, day, "),
        (("find", "--tag", "campaign"), "invalid 'campaign': use NAME=VALUE"),
        (("find", "--tag", "=x"), "invalid '=x': use NAME=VALUE"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_and_those_there_are(
    arguments: tuple[str, ...], near: str, run: Run
) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert near in " ".join(refused.stderr.split())


@pytest.mark.parametrize("status", ["Bounced:HARD", "BOUNCED", "bounced:hard"])
def test_a_status_may_be_in_any_case(status: str, folder: Path, run: Run) -> None:
    put(folder, message("m", ["a@example.com"], "send", "bounce"))
    assert [each["message_id"] for each in answer(run("find", "--status", status, "--json"))] == ["m"]
