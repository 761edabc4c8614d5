from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from ses_history.cli.values import moment

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
