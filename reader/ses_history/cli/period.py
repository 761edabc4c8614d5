"""The period before another, to compare it with."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


def before(since: datetime, until: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The period of the same length before one; times are naive and in UTC.

    It begins a week earlier where the period is no longer than the week that it begins, a month earlier likewise, and
    otherwise so many whole days earlier that it ends before the period.
    """
    first, last = (at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) for at in (since, until))
    length = last - first
    is_midnight = first.time() == datetime.min.time()
    if is_midnight and first.weekday() == 0 and _DAY < length <= _WEEK:
        start = first - _WEEK
    elif is_midnight and first.day == 1 and length > _DAY and last <= _month_after(first):
        start = (first - _DAY).replace(day=1)
        length = first - start if last == _month_after(first) else min(length, first - start)
    else:
        start = first - max(_DAY * -(-length // _DAY), length) if is_midnight else first - length
    return _in_utc(start, zone), _in_utc(start + length, zone)


def _month_after(first: datetime) -> datetime:
    return (first + 31 * _DAY).replace(day=1)


def _in_utc(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
