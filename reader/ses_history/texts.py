"""Texts for a person: times in a zone, durations, and what others wrote without what would steer its reader."""

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_UNITS = ((86400, "day"), (3600, "h"), (60, "min"), (1, "s"))


def clean(value: str | None) -> str:
    """Text without control characters and those that turn the direction of reading."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value or "")


def escaped(json_line: str) -> str:
    """A line of JSON that says the same without those characters."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", json_line.strip())


def local(at: datetime, zone: tzinfo) -> datetime:
    """A time of the history, which is naive and in UTC, in the zone; as it is at the ends of the calendar."""
    try:
        return at.replace(tzinfo=UTC).astimezone(zone)
    except OverflowError:
        return at


def moment(at: datetime | None, zone: tzinfo) -> str:
    """A time in the zone, to the second."""
    return "?" if at is None else f"{local(at, zone):%Y-%m-%d %H:%M:%S}"


def zone_name(zone: ZoneInfo) -> str:
    """What the zone is called in a heading."""
    return "UTC" if zone.key == "Etc/UTC" else zone.key


def duration(seconds: float) -> str:
    """How long something took, in its two largest units: 250 ms, 1.2 s, 35 min, 2 h 5 min, 3 days 4 h."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    rest = round(seconds)
    parts = list[str]()
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count:,} {unit}{'s' if unit == 'day' and count > 1 else ''}")
        elif parts:
            break
        if len(parts) == 2:  # noqa: PLR2004
            break
    return " ".join(parts)
