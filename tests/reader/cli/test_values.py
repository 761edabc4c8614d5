from datetime import datetime

import pytest
from ses_history.cli.values import moment

NOW = datetime.fromisoformat("2026-11-25T03:24:00")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("90m", "2026-11-25T01:54:00"),
        ("12h", "2026-11-24T15:24:00"),
        ("7d", "2026-11-18T03:24:00"),
        ("2w", "2026-11-11T03:24:00"),
        ("2026-11-23", "2026-11-23T00:00:00"),
        ("2026-11-23T08:00", "2026-11-23T08:00:00"),
        ("2026-11-23T08:00:01+09:00", "2026-11-22T23:00:01"),
        ("2026-11-23T08:00Z", "2026-11-23T08:00:00"),
    ],
)
def test_a_time_is_a_date_a_time_in_utc_or_with_an_offset_or_how_long_ago(text: str, means: str) -> None:
    assert moment(text, NOW).isoformat() == means
