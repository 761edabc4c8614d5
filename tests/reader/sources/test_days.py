from datetime import date

import pytest
from ses_history.sources import Object


@pytest.mark.parametrize(
    ("key", "day"),
    [
        ("events/day=2026-11-23/stream-1-2026-11-24-00-00-01-uuid.gz", date(2026, 11, 23)),
        ("day=2026-11-23/a", date(2026, 11, 23)),
        ("2026/11/23/08/stream-1-2026-11-24-00-00-01-uuid", date(2026, 11, 23)),
        ("theirs/2026/11/23/08/a", date(2026, 11, 23)),
        ("theirs/stream-1-2026-11-23-08-15-00-uuid.gz", date(2026, 11, 23)),
        ("events/day=2026-02-30/stream-1-2026-11-23-08-15-00-uuid.gz", date(2026, 11, 23)),
        ("events/day=2026-02-30/a", None),
        ("AWSLogs/123/2026/11/23/a.gz", None),
        ("backup-2026-11-23.gz", None),
        ("a", None),
    ],
)
def test_the_day_is_that_of_the_folder_or_of_firehoses_folder_or_name(key: str, day: date | None) -> None:
    assert Object(key, "", 1).day == day
