from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from ses_history.cli.period import before


@pytest.mark.parametrize(
    ("period", "earlier", "zone"),
    [
        ("2026-11-22T15:00 2026-11-25T03:00", "2026-11-15T15:00 2026-11-18T03:00", "Asia/Tokyo"),
        ("2026-11-15T15:00 2026-11-22T15:00", "2026-11-08T15:00 2026-11-15T15:00", "Asia/Tokyo"),
        ("2026-09-30T15:00 2026-10-31T15:00", "2026-08-31T15:00 2026-09-30T15:00", "Asia/Tokyo"),
        ("2026-10-31T15:00 2026-11-25T03:00", "2026-09-30T15:00 2026-10-25T03:00", "Asia/Tokyo"),
        ("2026-11-23T15:00 2026-11-24T15:00", "2026-11-22T15:00 2026-11-23T15:00", "Asia/Tokyo"),
        ("2026-11-24T15:00 2026-11-25T03:00", "2026-11-23T15:00 2026-11-24T03:00", "Asia/Tokyo"),
        ("2026-11-25T03:00 2026-11-25T04:30", "2026-11-25T01:30 2026-11-25T03:00", "Asia/Tokyo"),
        ("2026-10-25T23:00 2026-11-01T23:00", "2026-10-18T22:00 2026-10-25T23:00", "Europe/Berlin"),
    ],
    ids=["a week so far", "a week", "a month", "a month so far", "a day", "a day so far", "hours", "summer time ends"],
)
def test_the_period_before_begins_on_the_same_day_and_is_as_long(period: str, earlier: str, zone: str) -> None:
    since, until = map(datetime.fromisoformat, period.split())
    assert before(since, until, ZoneInfo(zone)) == tuple(map(datetime.fromisoformat, earlier.split()))
